/** Who makes a request, as its token says: no look-up. What they may do is asked of `can`, with `roleOf`. */
import type { App, Site } from '../context.ts'
import type { Role } from '../database/tables.ts'
import { checkSameOrigin } from '../http/origins.ts'
import { type Problem, refuse } from '../problem.ts'
import { type Action, can } from './can.ts'
import type { Person } from './person.ts'
import { isBarred } from './sanction.ts'

export type Actor = {
  personId: string
  siteId: string
  /** The session that the token came from; null for a script's. */
  sessionId: string | null
  /** A page of ours (cookie), a newsroom's page (bearer), or a script of whoever keeps the server. */
  via: 'cookie' | 'bearer' | 'script'
  /** The page's origin that a bearer token is for, otherwise null. */
  origin: string | null
  /** The role that a token was made with, by a script's maker or for a newsroom's word; null: the person's own. */
  role: Role | null
  /** Whether the session was begun, or confirmed, with a passkey. */
  isStrong: boolean
}

declare module 'fastify' {
  interface FastifyRequest {
    actor: Actor | undefined
  }
}

type Request = Parameters<typeof checkSameOrigin>[1]

export const actorOf = (request: Request): Actor | undefined => request.actor

/** The actor, or why nothing can be done: not signed in, or a form that another site sent with our cookie. */
export function needActor(app: App, request: Request): Actor | Problem {
  const { actor } = request
  if (!actor) return refuse('sign-in-needed', 'Sign in, then try again.')
  const reads = request.method === 'GET' || request.method === 'HEAD'
  if (actor.via === 'cookie' && !reads) return checkSameOrigin(app, request) ?? actor
  return actor
}

/** The role that counts in this request. A newsroom's page is not ours, so what it holds carries no staff rights; nor has
 *  staff any before they used their passkey, where the site asks for that, nor while they are suspended or banned. */
export function roleOf(
  app: { site: Pick<Site, 'door'>; now: () => Date },
  actor: Actor,
  person: Pick<Person, 'role' | 'barredUntil'>,
): Role {
  if (actor.via === 'bearer' || isBarred(person, app.now()) || lacksPasskey(app, actor, person))
    return 'reader'
  return actor.role ?? person.role
}

/** Whether somebody of the staff has yet to use their passkey for their rights to count. */
export const lacksPasskey = (
  { site }: { site: Pick<Site, 'door'> },
  actor: Actor,
  person: Pick<Person, 'role'>,
): boolean =>
  site.door.staffPasskey &&
  actor.via === 'cookie' &&
  !actor.isStrong &&
  can(actor.role ?? person.role, 'name.reserved')

/** Why somebody whose role does not count for an action may not do it: for want of their passkey alone, or as `detail` says. */
export function refuseRole(
  app: { site: Pick<Site, 'door'>; now: () => Date },
  actor: Actor,
  person: Pick<Person, 'role' | 'barredUntil'> | undefined,
  action: Action,
  detail: string,
): Problem {
  const isMissing = person && lacksPasskey(app, actor, person) && !isBarred(person, app.now())
  return isMissing && can(person.role, action)
    ? refuse('passkey-needed', 'Confirm with your passkey, then try again.')
    : refuse('not-allowed', detail)
}
