/** A newsroom's token becomes a token of ours, for one page's origin and a quarter of an hour. What it says of name, role
 *  and badge is followed as long as nobody decided otherwise here. */
import { randomInt } from 'node:crypto'
import type { App } from '../context.ts'
import { type Database, inTransaction, isTaken } from '../database/connect.ts'
import type { Role } from '../database/tables.ts'
import { networkOf } from '../http/limits.ts'
import { isRegistered } from '../http/origins.ts'
import type { Wording } from '../language/messages.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import { can, outranks } from './can.ts'
import { lockAdmins } from './erase-store.ts'
import { makePageToken, type PageToken } from './handover.ts'
import { bindCredential, findIdentity, insertIdentity } from './identity-store.ts'
import { chooseName, claimName, newcomer } from './naming.ts'
import { hashSecret, keepOnce, later } from './one-time.ts'
import type { People } from './people.ts'
import { type Name, type Person, refuseTaken } from './person.ts'
import { refuseLast } from './roles.ts'
import { followBans } from './sanction-store.ts'
import { beginSession, endSessionsOf, shortenSessions } from './sessions.ts'
import { checkSsoToken, type SsoClaims } from './sso.ts'
import { type KeySets, makeKeySets } from './sso-key-sets.ts'
import { keyFetcher, siteKeys } from './sso-keys.ts'
import { refuseSso, type SsoRefusal } from './sso-refusals.ts'
import {
  extendSsoSession,
  followName,
  isRoleFromSso,
  keepChosenName,
  lockSubject,
  setSsoRole,
  ssoProvider,
} from './sso-store.ts'
import { SKEW_SECONDS } from './sso-times.ts'
import { findPersonOfIdentity, insertPerson } from './store.ts'
import { TOKEN_SECONDS } from './token.ts'

/** `note`: what the reader is to be told, in words: that the name in the token could not be theirs. */
type SsoToken = PageToken & { note: string | null }

type Page = { origin: string | undefined; ip: string; device: string | null; wording: Wording }

export type SsoExchange = (token: string, page: Page) => Promise<SsoToken | Problem>

/** No longer than the token that is given: who goes on has to be vouched for again. */
const SESSION_SECONDS = TOKEN_SECONDS

export function makeSsoExchange(app: App, people: People): SsoExchange {
  const keySets = makeKeySets(keyFetcher(app))
  return (token, page) => exchange(app, people, keySets, token, page)
}

async function exchange(
  app: App,
  people: People,
  keySets: KeySets,
  token: string,
  { origin, ip, device, wording }: Page,
): Promise<SsoToken | Problem> {
  if (origin === undefined || !isRegistered(app, origin))
    return refuse('origin-foreign', 'A newsroom’s token is taken from its registered pages only.')
  const limited = await people.limits.take('sign-in-network', networkOf(ip))
  if (limited) return limited
  const now = app.now()
  const check = await checkSsoToken(token, await siteKeys(app, people.addresses), { now, keySets })
  if ('refusal' in check) return toProblem(check.refusal)
  const settled = await settle(app, people, check.claims, { origin, device }, now)
  if (isProblem(settled)) return settled
  people.ended.add(settled.ended)
  const made = await makePageToken(app, people, { ...settled, origin })
  if (isProblem(made)) return made
  const { asked } = settled
  const note = asked === null ? null : wording.say('sign-in-renamed', { asked, name: made.person.name })
  return { ...made, note }
}

/** The name of the refusal stands in front: the guide has it. */
const toProblem = ({ refused, why }: SsoRefusal): Problem => refuse('sign-in-refused', `${refused}: ${why}`)

type Settled = { personId: string; sessionId: string; asked: string | null; ended: string[] }

/** All that a good token changes, in one transaction. A name that somebody takes meanwhile is chosen anew. */
async function settle(
  app: App,
  people: People,
  claims: SsoClaims,
  page: { origin: string; device: string | null },
  now: Date,
): Promise<Settled | Problem> {
  for (let attempt = 1; ; attempt++)
    try {
      return await inTransaction(app.db, (tx) => settleOnce(tx, app, people, claims, page, now))
    } catch (error) {
      if (!isTaken(error)) throw error
      if (attempt === 3) return refuseTaken(claims.name)
    }
}

async function settleOnce(
  tx: Database,
  app: App,
  people: People,
  claims: SsoClaims,
  { origin, device }: { origin: string; device: string | null },
  now: Date,
): Promise<Settled | Problem> {
  const replayed = await useJti(tx, app.site.id, claims)
  if (replayed) return toProblem(replayed)
  await lockSubject(tx, app.site.id, claims.subject)
  const identityId = await findOrMakeIdentity(tx, app, people, claims, now)
  const known = await findPersonOfIdentity(tx, app.site.id, identityId)
  const settled = known
    ? await follow(tx, app, known, claims, now)
    : await makePerson(tx, app, identityId, claims, now)
  if (isProblem(settled)) return settled
  const { person, ended } = settled
  const sessionId = await keepSession(tx, people, person, { origin, device }, now)
  return { personId: person.id, sessionId, ended, asked: settled.isOther ? claims.name : null }
}

/** One session for a person on a page's origin, however many tokens come: a list of sessions is there to be read. */
async function keepSession(
  tx: Database,
  people: People,
  { id, role }: Pick<Person, 'id' | 'role'>,
  { origin, device }: { origin: string; device: string | null },
  now: Date,
): Promise<string> {
  const expiresAt = later(now, SESSION_SECONDS)
  const kept = await extendSsoSession(tx, { personId: id, origin, expiresAt }, now)
  if (kept !== undefined) return kept
  const beginning = { personId: id, role, way: 'sso', isStrong: false, device, origin } as const
  const { sessionId } = await beginSession(tx, people, beginning, now)
  await extendSsoSession(tx, { personId: id, origin, expiresAt }, now)
  return sessionId
}

/** Whoever copied a token, out of a log or a page kept somewhere, comes too late. */
async function useJti(
  tx: Database,
  siteId: string,
  { jti, expires }: SsoClaims,
): Promise<SsoRefusal | undefined> {
  if (jti === null) return undefined
  const key = `sso-jti:${siteId}:${hashSecret(jti)}`
  const isNew = await keepOnce(tx, key, { value: '', expiresAt: later(expires, SKEW_SECONDS) })
  return isNew ? undefined : refuseSso('replayed', 'A token with this “jti” was used before.')
}

/** Whose the token is: the newsroom's own word for them, else a mail address, if the newsroom verified it and somebody
 *  proved it here. One that was only told would hand an account to whoever registers at the newsroom under its address,
 *  or the other way round. */
async function findOrMakeIdentity(
  tx: Database,
  app: App,
  people: People,
  { subject, email, isEmailVerified }: SsoClaims,
  now: Date,
): Promise<string> {
  const { addresses } = people
  const credential = { provider: ssoProvider(app.site.id), subject }
  const address = isEmailVerified ? email : null
  const found = await findIdentity(tx, addresses, { address, credential })
  const told = { address, contact: email }
  const id = found ?? (await insertIdentity(tx, addresses, told, now))
  const isBound = await isBoundAlready(tx, addresses, credential)
  await bindCredential(tx, id, credential, now)
  if (isBound) return id
  const person = await findPersonOfIdentity(tx, app.site.id, id)
  if (person) await keepChosenName(tx, person.id)
  return id
}

const isBoundAlready = async (
  tx: Database,
  addresses: People['addresses'],
  credential: { provider: string; subject: string },
): Promise<boolean> => (await findIdentity(tx, addresses, { address: null, credential })) !== undefined

/** A badge says "newsroom", so that readers have none. */
const badgeOf = (role: Role, badge: string | null): string | null =>
  can(role, 'name.reserved') ? badge : null

type Came = { person: Pick<Person, 'id' | 'role'>; ended: string[]; isOther: boolean }

async function makePerson(
  tx: Database,
  app: App,
  identityId: string,
  { name: asked, role, badge }: SsoClaims,
  now: Date,
): Promise<Came | Problem> {
  const name = await findFreeName(tx, app, asked, { role, personId: null })
  if (isProblem(name)) return name
  const person = { ...newcomer, ...name, siteId: app.site.id, identityId }
  const id = await insertPerson(tx, person, now)
  await followBans(tx, id, now)
  await setSsoRole(tx, id, { role, badge: badgeOf(role, badge) })
  return { person: { id, role }, ended: [], isOther: name.name !== asked }
}

/** What the token says now, against what it said before. */
async function follow(
  tx: Database,
  app: App,
  known: Person,
  claims: SsoClaims,
  now: Date,
): Promise<Came | Problem> {
  const isFromSso = await isRoleFromSso(tx, known.id)
  const role = isFromSso ? await keepLastAdmin(tx, app, known, claims.role, now) : known.role
  const badge = badgeOf(role, claims.badge)
  if (isFromSso && (role !== known.role || badge !== known.badge))
    await setSsoRole(tx, known.id, { role, badge })
  if (outranks(role, known.role)) await shortenSessions(tx, known.id, role, now)
  // A lowered role counts from the next request on: what was opened with the higher one is closed, here and on the desk.
  const ended = outranks(known.role, role) ? await endSessionsOf(tx, known.id) : []
  const isOther = await followTheName(tx, app, known, { ...claims, role }, now)
  return { person: { id: known.id, role }, ended, isOther }
}

/** A site keeps an admin, whatever a token says: somebody has to be there to mend it. */
async function keepLastAdmin(
  tx: Database,
  app: App,
  { id, role }: Person,
  told: Role,
  now: Date,
): Promise<Role> {
  if (role !== 'admin' || told === 'admin') return told
  if (!refuseLast(id, await lockAdmins(tx, app.site.id, now))) return told
  app.log.warn({ person: id, told }, 'a token would have left the site without an admin')
  return role
}

/** @returns whether the name is a new one, and not the one that was asked for */
async function followTheName(
  tx: Database,
  app: App,
  known: Person,
  { name: asked, role }: SsoClaims,
  now: Date,
): Promise<boolean> {
  if (known.renamedAt !== null || known.name === asked) return false
  const name = await findFreeName(tx, app, asked, { role, personId: known.id })
  if (isProblem(name) || name.name === known.name) return false
  if (isVariant(known.name, asked) && name.name !== asked) return false
  await followName(tx, known.id, name, now)
  return name.name !== asked
}

/** Numbers tried behind a name that is taken: the next one up, and where many share a name, any. */
const numbers = (): number[] => [
  ...[2, 3, 4, 5, 6, 7, 8, 9],
  ...[100, 1_000, 10_000, 100_000, 1_000_000].map((size) => randomInt(size / 10, size)),
]

/** Graphemes that leave room for a number. */
const STEM = 33

const isVariant = (name: string, asked: string): boolean =>
  /^ \d+$/.test(name.slice(stemOf(asked).length)) && name.startsWith(stemOf(asked))

const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' })
const stemOf = (asked: string): string =>
  [...segmenter.segment(asked)]
    .slice(0, STEM)
    .map(({ segment }) => segment)
    .join('')
    .trim()

/** The name, or with a number behind it; or a reader's, when there is nothing in it that can be one's name. */
async function findFreeName(
  tx: Database,
  app: App,
  asked: string,
  { role, personId }: { role: Person['role']; personId: string | null },
): Promise<Name | Problem> {
  const first = await takeFree(tx, app, asked, role, personId)
  if (!isProblem(first)) return first
  for (const stem of first.problem === 'name-reserved' ? ['Reader'] : [stemOf(asked), 'Reader'])
    for (const n of numbers()) {
      const name = await takeFree(tx, app, `${stem} ${n}`, role, personId)
      if (!isProblem(name)) return name
      if (name.problem !== 'name-taken') break
    }
  return first
}

async function takeFree(
  tx: Database,
  app: App,
  text: string,
  role: Person['role'],
  personId: string | null,
): Promise<Name | Problem> {
  const name = await chooseName({ ...app, db: tx }, text, role, personId)
  if (isProblem(name)) return name
  return (await claimName(tx, app.site.id, name, personId)) ?? name
}
