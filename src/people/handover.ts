/** How a newsroom's page comes to a token without a cookie: its popup, on our origin, is given a code that is good once,
 *  for a minute and for that page's origin; the page exchanges it. The token never passes through a window. */
import type { App } from '../context.ts'
import { isRegistered } from '../http/origins.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import { type Me, readMe } from './actions.ts'
import type { Actor } from './actor.ts'
import { CODE_SECONDS, codeKey, keepOnce, later, newSecret, takeOnce } from './one-time.ts'
import type { People } from './people.ts'
import { seeSession } from './sessions.ts'
import { mintToken } from './token.ts'

type PageHolder = { personId: string; sessionId: string; origin: string }

/** What a newsroom's page gets: `expires` in ISO 8601. */
export type PageToken = { token: string; expires: string; person: Me }

/** @param origin of the page that opened the popup */
export async function makeCode(app: App, actor: Actor, origin: string): Promise<{ code: string } | Problem> {
  if (!isRegistered(app, origin))
    return refuse('origin-foreign', `${origin} is not a page of this site.`, { at: '/origin' })
  if (actor.via !== 'cookie' || actor.sessionId === null)
    return refuse('sign-in-needed', 'Codes are made on our own pages.')
  const code = newSecret()
  const holder: PageHolder = { personId: actor.personId, sessionId: actor.sessionId, origin }
  await keepOnce(app.db, codeKey(code), {
    value: JSON.stringify(holder),
    expiresAt: later(app.now(), CODE_SECONDS),
  })
  return { code }
}

/** @param origin the Origin header: a page cannot choose it */
export async function exchangeCode(
  app: App,
  people: People,
  code: string,
  origin: string | undefined,
): Promise<PageToken | Problem> {
  const kept = await takeOnce(app.db, codeKey(code), app.now())
  const holder = kept && (JSON.parse(kept.value) as PageHolder)
  if (!holder) return refuse('link-expired', 'This code has been used or is too old.')
  if (holder.origin !== origin || !isRegistered(app, origin))
    return refuse('origin-foreign', 'This code is for another page.')
  return makePageToken(app, people, holder)
}

/** A new token before the old one ends, as long as the session lives. */
export async function renewToken(app: App, people: People, actor: Actor): Promise<PageToken | Problem> {
  const { personId, sessionId, origin } = actor
  if (actor.via !== 'bearer' || sessionId === null || origin === null)
    return refuse('sign-in-needed', 'Only a page’s token can be renewed.')
  return makePageToken(app, people, { personId, sessionId, origin })
}

/** A newsroom's page on the same site as ours (www.news.example beside talk.news.example) may have a token by our own
 *  cookie, without a window: browsers send it there, being `SameSite=Lax`, and on https say themselves that the page is a
 *  neighbour (Sec-Fetch-Site goes to trustworthy addresses only). One from another site gets here without a cookie. */
export async function makeNeighbourToken(
  app: App,
  people: People,
  actor: Actor | undefined,
  from: { origin: string | undefined; site: string | undefined },
): Promise<PageToken | Problem> {
  const { origin, site } = from
  if (origin === undefined || !isRegistered(app, origin) || (site ?? 'same-site') !== 'same-site')
    return refuse('origin-foreign', 'This is for registered pages of the same site.')
  if (actor?.via !== 'cookie' || actor.sessionId === null)
    return refuse('sign-in-needed', 'Nobody is signed in here.')
  return makePageToken(app, people, { personId: actor.personId, sessionId: actor.sessionId, origin })
}

/** A token of a live session for one origin. It carries no staff rights, whatever the session has. */
export async function makePageToken(
  app: App,
  people: People,
  { personId, sessionId, origin }: PageHolder,
): Promise<PageToken | Problem> {
  const live = await seeSession(app, sessionId)
  if (live?.personId !== personId) return refuse('sign-in-needed', 'The session has ended.')
  const siteId = app.site.id
  const holder = { personId, sessionId, origin, siteId, isStrong: false }
  const person = await readMe(app, { ...holder, via: 'bearer', role: null })
  if (isProblem(person)) return person
  const { token, expires } = await mintToken(people.tokenKey, holder, app.now())
  return { token, expires: expires.toISOString(), person }
}
