/** How a newsroom's page comes to a token without a cookie: its popup, on our origin, is given a code that is good once,
 *  for a minute and for that page's origin; the page exchanges it. The token never passes through a window. */
import type { App } from '../context.ts'
import { isRegistered } from '../http/origins.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import { type Me, readMe } from './actions.ts'
import type { Actor } from './actor.ts'
import { CODE_SECONDS, codeKey, later, newSecret } from './one-time.ts'
import type { People } from './people.ts'
import { isSessionLive, keepOnce, takeOnce } from './store.ts'
import { mintToken } from './token.ts'

type CodeHolder = { personId: string; sessionId: string; origin: string }

/** What a newsroom's page gets: `expires` in ISO 8601. */
type PageToken = { token: string; expires: string; person: Me }

/** @param origin of the page that opened the popup */
export async function makeCode(app: App, actor: Actor, origin: string): Promise<{ code: string } | Problem> {
  if (!isRegistered(app, origin))
    return refuse('origin-foreign', `${origin} is not a page of this site.`, { at: '/origin' })
  if (actor.via !== 'cookie' || actor.sessionId === null)
    return refuse('sign-in-needed', 'Codes are made on our own pages.')
  const code = newSecret()
  const holder: CodeHolder = { personId: actor.personId, sessionId: actor.sessionId, origin }
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
  const holder = kept && (JSON.parse(kept.value) as CodeHolder)
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

async function makePageToken(app: App, people: People, holder: CodeHolder): Promise<PageToken | Problem> {
  if (!(await isSessionLive(app.db, holder.sessionId, app.now())))
    return refuse('sign-in-needed', 'The session has ended.')
  const siteId = app.site.id
  const person = await readMe(app, { ...holder, siteId, via: 'bearer', role: null })
  if (isProblem(person)) return person
  const { token, expires } = await mintToken(people.tokenKey, { ...holder, siteId }, app.now())
  return { token, expires: expires.toISOString(), person }
}
