/** A reader whom the newsroom vouches for, on our own pages: their page, their sessions, what is kept about them. The
 *  newsroom's page sends its token with a form; what comes back is a question with a code in it, and only the answer,
 *  from our own page, begins a session. So nobody is made somebody by a form that another page sent (login CSRF).
 *
 *  The session is the newsroom's word and no more: an hour long, and a reader's, whatever the person is. */
import type { App } from '../context.ts'
import { inTransaction } from '../database/connect.ts'
import { type Problem, refuse } from '../problem.ts'
import { CODE_SECONDS, hashSecret, keepOnce, later, newSecret, takeOnce } from './one-time.ts'
import type { People } from './people.ts'
import { readBeginning, seeSession } from './sessions.ts'
import { type SignedIn, signIn } from './signed-in.ts'
import { readPerson } from './store.ts'

const visitKey = (code: string): string => `visit:${hashSecret(code)}`

const expired = () =>
  refuse('link-expired', 'Go back to the newsroom’s page, and open yours from there once more.')

type Visitor = { site: string; personId: string; sessionId: string }

/** @param token of a newsroom's page
 *  @param origin the Origin header: a page cannot choose it
 *  @returns `code: null` when they are signed in on our pages by themselves: by the popup */
export async function askVisitor(
  app: App,
  people: People,
  token: string,
  origin: string | undefined,
): Promise<{ code: string | null; name: string } | Problem> {
  const actor = await people.readToken(token, app.now())
  const isGood = actor?.via === 'bearer' && actor.siteId === app.site.id && actor.origin === origin
  if (!isGood || actor.sessionId === null || people.ended.has(actor.sessionId)) return expired()
  const { personId, sessionId } = actor
  const person = await readPerson(app.db, personId)
  const begun = await readBeginning(app.db, sessionId, personId)
  if (!person || !begun) return expired()
  if (begun.way !== 'sso') return { code: null, name: person.name }
  const code = newSecret()
  const visitor: Visitor = { site: app.site.id, personId, sessionId }
  await keepOnce(app.db, visitKey(code), {
    value: JSON.stringify(visitor),
    expiresAt: later(app.now(), 5 * CODE_SECONDS),
  })
  return { code, name: person.name }
}

/** @param code as the page that asked has it, good once and for five minutes */
export async function welcomeVisitor(
  app: App,
  people: People,
  code: string,
  device: string | null,
): Promise<SignedIn | Problem> {
  const now = app.now()
  return inTransaction(app.db, async (tx) => {
    const kept = await takeOnce(tx, visitKey(code), now)
    const visitor = kept && (JSON.parse(kept.value) as Visitor)
    if (visitor?.site !== app.site.id) return expired()
    const live = await seeSession({ ...app, db: tx }, visitor.sessionId)
    const person = await readPerson(tx, visitor.personId)
    if (live?.personId !== visitor.personId || !person) return expired()
    const who = { personId: person.id, role: person.role, way: 'sso', isStrong: false, device } as const
    return signIn(tx, app, people, who, now)
  })
}
