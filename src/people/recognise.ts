/** Finds out who makes each request. One with neither cookie nor token, as most are, costs nothing; one with a good
 *  access token costs no look-up. */
import type { App } from '../context.ts'
import { isDatabaseDown } from '../database/connect.ts'
import type { Server } from '../http/fastify.ts'
import type { Actor } from './actor.ts'
import { accessCookie, clearedCookies, readCookies, sessionCookie } from './cookies.ts'
import type { People } from './people.ts'
import { renewSession, SESSION_DAYS } from './sessions.ts'
import { mintToken } from './token.ts'

/** Sets `request.actor`; when the access cookie is gone and the session lives, the answer brings new ones. A request
 *  with a Bearer token is that token's, whatever cookies came along. */
export function recognise(server: Server, app: App, people: People): void {
  server.decorateRequest('actor', undefined)
  const unrecognised = new WeakMap<object, unknown>()
  server.addHook('onRequest', async (request, reply) => {
    const { authorization, cookie, origin } = request.headers
    if (authorization?.startsWith('Bearer ')) {
      request.actor = await readBearer(app, people, authorization.slice('Bearer '.length), origin)
    } else if (cookie !== undefined) {
      const { access, session } = readCookies(cookie, app.origin)
      request.actor = access === undefined ? undefined : await readCookie(app, people, access)
      if (request.actor || session === undefined) return
      const resumed = await resumeIfPossible(app, people, session)
      if ('failed' in resumed) {
        if (request.method !== 'GET' && request.method !== 'HEAD') unrecognised.set(request, resumed.failed)
        return
      }
      request.actor = resumed.actor
      reply.header('set-cookie', resumed.cookies)
    }
  })
  // Only once the body has been read: the page that says "not saved" gives the writer's text back.
  server.addHook('preHandler', async (request) => {
    if (unrecognised.has(request)) throw unrecognised.get(request)
  })
}

/** The session that a cookie's secret belongs to, with new cookies for it, or cookies cleared when it has ended. */
async function resume(
  app: App,
  people: People,
  secret: string,
): Promise<{ actor: Actor | undefined; cookies: string[] }> {
  const renewed = await renewSession(app, people, secret)
  if (!renewed) return { actor: undefined, cookies: clearedCookies(app.origin) }
  const { secret: next, ...session } = renewed
  const holder = { ...session, siteId: app.site.id, origin: null }
  const { token } = await mintToken(people.tokenKey, holder, app.now())
  const actor = { ...holder, via: 'cookie' } as const
  const cookies = [accessCookie(app.origin, token)]
  // The browser keeps it a month; when the session ends before, the server knows.
  if (next !== undefined) cookies.push(sessionCookie(app.origin, next, SESSION_DAYS * 24 * 3600))
  return { actor, cookies }
}

/** With the database away, a reader is a stranger rather than refused: what is kept in memory can still be read. */
async function resumeIfPossible(app: App, people: People, session: string) {
  try {
    return await resume(app, people, session)
  } catch (error) {
    if (isDatabaseDown(error)) return { failed: error }
    throw error
  }
}

async function readCookie(app: App, people: People, token: string): Promise<Actor | undefined> {
  const actor = await readHere(app, people, token)
  return actor?.via === 'cookie' ? actor : undefined
}

/** A page's token counts from that page only: browsers send Origin with every request to another origin. */
async function readBearer(
  app: App,
  people: People,
  token: string,
  origin: string | undefined,
): Promise<Actor | undefined> {
  const actor = await readHere(app, people, token)
  if (actor?.via === 'script') return actor
  return actor?.via === 'bearer' && (origin === undefined || origin === actor.origin) ? actor : undefined
}

async function readHere(app: App, people: People, token: string): Promise<Actor | undefined> {
  const actor = await people.readToken(token, app.now())
  if (!actor || actor.siteId !== app.site.id || people.ended.has(actor.sessionId)) return undefined
  return actor
}
