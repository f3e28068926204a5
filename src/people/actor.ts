/** Who makes a request, as its token says: no look-up. What they may do is asked of `can`, with `roleOf`. */
import type { App } from '../context.ts'
import type { Role } from '../database/tables.ts'
import { checkSameOrigin } from '../http/origins.ts'
import { type Problem, refuse } from '../problem.ts'
import type { Person } from './person.ts'

export type Actor = {
  personId: string
  siteId: string
  /** The session that the token came from; null for a script's. */
  sessionId: string | null
  /** A page of ours (cookie), a newsroom's page (bearer), or a script of whoever keeps the server. */
  via: 'cookie' | 'bearer' | 'script'
  /** The page's origin that a bearer token is for, otherwise null. */
  origin: string | null
  /** The role a script's token was made with; null: the person's own. */
  role: Role | null
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

/** The role that counts in this request. A newsroom's page is not ours, so what it holds carries no staff rights. */
export function roleOf(actor: Actor, person: Person): Role {
  if (actor.via === 'bearer') return 'reader'
  return actor.role ?? person.role
}
