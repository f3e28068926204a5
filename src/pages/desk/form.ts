/** What the desk's forms have in common: who may send them, and that nothing typed is lost when one is refused. */
import type { App } from '../../context.ts'
import { redirect, type sendPersonal } from '../../http/answer.ts'
import { checkSameOrigin } from '../../http/origins.ts'
import { wantsPage } from '../../http/server.ts'
import { actorOf, refuseRole, roleOf } from '../../people/actor.ts'
import { type Action, can } from '../../people/can.ts'
import { confirmPath } from '../../people/passkey.view.tsx'
import { readPerson } from '../../people/store.ts'
import { type Problem, refuse } from '../../problem.ts'
import { sendProblemPage } from '../problem/problem-page.ts'

export type Request = Parameters<typeof checkSameOrigin>[1]
export type Reply = Parameters<typeof sendPersonal>[0]

/** A form that was refused: its fields as they came, and why. */
export type Refused<Name extends string> = { typed: Record<Name, string>; problem: Problem }

/** Fields of a form as they came, whatever they were refused for. */
export function typedIn<Name extends string>(request: Request, ...names: Name[]): Record<Name, string> {
  const body = (request.body ?? {}) as Record<string, unknown>
  const typed = names.map((name) => [name, typeof body[name] === 'string' ? body[name] : ''])
  return Object.fromEntries(typed) as Record<Name, string>
}

/** What the schema refused: for a reader in the form itself (attachValidation), so that what was typed stands there.
 *  @throws for a program, which is answered as everywhere */
export function refuseUnfit(request: Request): Problem | undefined {
  const { validationError } = request
  if (!validationError) return undefined
  if (!wantsPage(request)) throw validationError
  const [first] = validationError.validation ?? []
  return refuse('body-invalid', `${first?.instancePath ?? ''} ${first?.message ?? 'is not valid'}.`, {
    at: first?.instancePath ?? '',
  })
}

/** Lets in who may do this, by cookie on our own pages only; others are answered here.
 *  @returns whether to go on */
export async function admit(app: App, request: Request, reply: Reply, action: Action): Promise<boolean> {
  const forged = request.method === 'GET' ? undefined : checkSameOrigin(app, request)
  const actor = actorOf(request)
  if (forged) sendProblemPage(app, request, reply, forged)
  else if (!actor && request.method !== 'GET')
    // Not sent on to sign in: what was typed would be gone.
    sendProblemPage(app, request, reply, refuse('sign-in-needed', 'Sign in, then send the form again.'))
  else if (!actor) redirect(reply, '/sign-in?to=/desk')
  else {
    const person = await readPerson(app.db, actor.personId)
    if (person && can(roleOf(app, actor, person), action)) return true
    const refused = refuseRole(app, actor, person, action, 'This page is for the newsroom.')
    if (refused.problem === 'passkey-needed' && request.method === 'GET' && wantsPage(request))
      redirect(reply, confirmPath(request.url))
    else sendProblemPage(app, request, reply, refused)
  }
  return false
}
