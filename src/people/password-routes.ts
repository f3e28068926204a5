import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../context.ts'
import { ownPath, redirect } from '../http/answer.ts'
import type { Server } from '../http/fastify.ts'
import { checkSameOrigin } from '../http/origins.ts'
import { wordingOf } from '../http/wording.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import { findOwner, refuseOwner, sendAccount } from './me-routes.ts'
import { browserOf, keepOpener, sendPeoplePage, welcome } from './page.ts'
import { removePassword, setPassword, signInByPassword } from './password.ts'
import { PasswordSignInView } from './password.view.tsx'
import type { People } from './people.ts'

const typed = Type.String({ maxLength: 2_000 })
const to = Type.Optional(typed)
const form = { additionalProperties: false } as const

/** Coming in by password, where the site allows it; setting one and removing it. */
export function passwordRoutes(server: Server, app: App, people: People): void {
  const show = (
    request: FastifyRequest,
    reply: FastifyReply,
    given: { back: string; email?: string; problem?: Problem },
  ) => {
    if (!app.site.door.passwords) return reply.refuse(refuse('not-found', 'Passwords are not in use here.'))
    const { back, problem } = given
    const wording = wordingOf(app, request)
    const view = PasswordSignInView({ ...given, wording, to: back })
    const path = `/sign-in/password?${new URLSearchParams({ to: back })}`
    return sendPeoplePage(app, request, reply, view, {
      back,
      path,
      problem,
      title: wording.say('password-way'),
    })
  }

  server.get(
    '/sign-in/password',
    { schema: { hide: true, querystring: Type.Object({ to, lang: Type.Optional(Type.String()) }) } },
    (request, reply) => show(request, reply, { back: ownPath(request.query.to) }),
  )

  // No trap: a password's own keeper fills it in and sends it at once, and nobody becomes anybody here.
  server.post(
    '/sign-in/password',
    { schema: { hide: true, body: Type.Object({ to, email: typed, password: typed }, form) } },
    async (request, reply) => {
      const forged = checkSameOrigin(app, request)
      if (forged) return reply.refuse(forged)
      const { email, password, to } = request.body
      const back = ownPath(to)
      const browser = await browserOf(app, request)
      const outcome = await signInByPassword(app, people, { email, password, ip: request.ip, ...browser })
      if (isProblem(outcome)) return show(request, reply, { back, email, problem: outcome })
      if (!('newcomer' in outcome)) return welcome(app, reply, outcome, back)
      const query = new URLSearchParams({ token: outcome.newcomer, to: back })
      return redirect(keepOpener(reply, back), `/sign-in/link?${query}`)
    },
  )

  const answerOwner = async (
    request: FastifyRequest,
    reply: FastifyReply,
    change: (owner: Exclude<Awaited<ReturnType<typeof findOwner>>, Problem>) => Promise<Problem | undefined>,
  ) => {
    const owner = await findOwner(app, request)
    if (isProblem(owner)) return refuseOwner(reply, owner)
    const problem = await change(owner)
    if (problem)
      return sendAccount(app, people, request, reply, { refused: { form: 'password', typed: '', problem } })
    return redirect(reply, `/me/account?changed=password&lang=${wordingOf(app, request).language}`)
  }
  const current = Type.Optional(typed)

  server.post(
    '/me/password',
    { schema: { hide: true, body: Type.Object({ password: typed, current }, form) } },
    (request, reply) => {
      const { password, current = '' } = request.body
      const wish = { password, current, ip: request.ip, wording: wordingOf(app, request) }
      return answerOwner(request, reply, (owner) => setPassword(app, people, owner, wish))
    },
  )

  server.post(
    '/me/password/remove',
    { schema: { hide: true, body: Type.Object({ remove: Type.Literal('yes'), current }, form) } },
    (request, reply) => {
      const { current = '' } = request.body
      const wish = { current, ip: request.ip, wording: wordingOf(app, request) }
      return answerOwner(request, reply, (owner) => removePassword(app, people, owner, wish))
    },
  )
}
