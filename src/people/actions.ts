/** What people do about themselves: come in, choose a name, leave. */
import type { App } from '../context.ts'
import { type Database, inTransaction, isTaken } from '../database/connect.ts'
import { isId } from '../database/ids.ts'
import type { Role } from '../database/tables.ts'
import { networkOf } from '../http/limits.ts'
import type { Wording } from '../language/messages.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import { type Actor, roleOf } from './actor.ts'
import { MailNotSent, writeLinkMail } from './mail.ts'
import { hashSecret, LINK_MINUTES, later, linkKey, newSecret } from './one-time.ts'
import type { People } from './people.ts'
import { type Name, type Person, readEmail, readName, refuseTaken } from './person.ts'
import { refuseReserved } from './reserved.ts'
import {
  deleteSession,
  findClaimedPerson,
  findPersonByEmail,
  findPersonOfIdentity,
  findSession,
  insertPerson,
  isNameTaken,
  keepOnce,
  lockName,
  peekOnce,
  readPerson,
  renamePerson,
  sealSession,
} from './store.ts'
import { type AccessToken, mintScriptToken, mintToken } from './token.ts'

/** Mails a link. What comes back, and when, is the same whether the address is known here or not. */
export async function requestLink(
  app: App,
  people: People,
  wish: { email: string; to: string; ip: string; wording: Wording },
): Promise<Problem | undefined> {
  const email = readEmail(wish.email)
  if (isProblem(email)) return email
  const limited =
    (await people.limits.take('mail-network', networkOf(wish.ip))) ??
    (await people.limits.take('mail', email))
  if (limited) return limited
  try {
    await people.links.makeLink(email, (token) =>
      people.mail(writeLinkMail(wish.wording, app.site, email, linkAddress(app, token, wish))),
    )
    return undefined
  } catch (error) {
    if (!(error instanceof MailNotSent)) throw error
    app.log.error({ err: error.cause }, 'a mail could not be sent')
    return refuse('mail-not-sent', 'The mail could not be sent. Please try again in a few minutes.', {
      retryAfter: 120,
    })
  }
}

function linkAddress(app: App, token: string, wish: { to: string; wording: Wording }): string {
  const query = new URLSearchParams({ token, to: wish.to, lang: wish.wording.language })
  return `${app.origin}/sign-in/link?${query}`
}

/** What a link is good for, without using it up. */
type Link = { email: string; person: Person | undefined }

export async function readLink(app: App, token: string): Promise<Link | Problem> {
  const kept = await peekOnce(app.db, linkKey(token), app.now())
  if (!kept) return refuse('link-expired', 'Ask for a new link.')
  const { email } = JSON.parse(kept.value) as { email: string }
  return { email, person: await findPersonByEmail(app.db, app.site.id, email) }
}

/** What signing in sets: the access token and the session's secret, for the two cookies. */
export type SignedIn = { access: string; session: string }

/** Uses a link up. One who comes for the first time gives a name with it; a name that is refused leaves the link good. */
export async function openLink(
  app: App,
  people: People,
  given: { token: string; name: string },
): Promise<SignedIn | Problem> {
  const link = await readLink(app, given.token)
  if (isProblem(link)) return link
  const name = link.person ? undefined : await chooseName(app, given.name, newcomer.role, null)
  if (isProblem(name)) return name
  const opened = await people.links.useLink(given.token)
  if (!opened) return refuse('link-expired', 'Ask for a new link.')
  const secret = newSecret()
  const personId = await settleIn(app, { ...opened, hash: hashSecret(secret) }, name)
  if (isProblem(personId)) {
    // Somebody took the name between the look and the leap: the mailbox is proven all the same, so the link is given back.
    await deleteSession(app.db, opened.sessionId)
    const value = JSON.stringify({ type: 'magic-link', email: link.email })
    await keepOnce(app.db, linkKey(given.token), { value, expiresAt: later(app.now(), LINK_MINUTES * 60) })
    return personId
  }
  if (personId === undefined) return refuse('link-expired', 'Ask for a new link.')
  return signIn(app, people, { personId, sessionId: opened.sessionId, secret })
}

/** Seals the session and finds whose it is, or makes a person of this name.
 *  @returns the person's id; undefined for someone unknown who brought no name */
async function settleIn(
  app: App,
  session: { sessionId: string; identityId: string; hash: string },
  name: Name | undefined,
): Promise<string | undefined | Problem> {
  const { identityId, hash } = session
  return takeName(app, name, async (tx) => {
    await sealSession(tx, { id: session.sessionId, identityId, hash }, app.now())
    const known = await findPersonOfIdentity(tx, app.site.id, identityId)
    if (known || !name) return known?.id
    return (
      (await claimName(tx, app.site.id, name, null)) ??
      insertPerson(tx, { ...name, ...newcomer, siteId: app.site.id, identityId }, app.now())
    )
  })
}

const newcomer = { role: 'reader', claim: 'claimed', badge: null, batchId: null } as const

export async function signIn(
  app: App,
  people: People,
  session: { personId: string; sessionId: string; secret: string },
): Promise<SignedIn> {
  const { token } = await mintToken(
    people.tokenKey,
    { ...session, siteId: app.site.id, origin: null },
    app.now(),
  )
  return { access: token, session: session.secret }
}

/** The session that a cookie's secret belongs to, and a new access token for it; undefined when it has ended. */
export async function resume(
  app: App,
  people: People,
  secret: string,
): Promise<{ actor: Actor; access: string } | undefined> {
  const found = await findSession(app.db, app.site.id, hashSecret(secret), app.now())
  if (!found) return undefined
  const holder = { ...found, siteId: app.site.id, origin: null }
  const { token } = await mintToken(people.tokenKey, holder, app.now())
  return { actor: { ...holder, via: 'cookie', role: null }, access: token }
}

/** Ends the session here and now; nothing happens to one that has ended. */
export async function signOut(app: App, people: People, secret: string): Promise<void> {
  const found = await findSession(app.db, app.site.id, hashSecret(secret), app.now())
  if (!found) return
  await deleteSession(app.db, found.sessionId)
  people.ended.add(found.sessionId, app.now())
}

/** A name for someone on this site, or why it cannot be had. It is looked at only: `claimName` takes it.
 *  @param role of whoever will have it
 *  @param personId whose name it replaces */
export async function chooseName(
  app: App,
  typed: string,
  role: Role,
  personId: string | null,
): Promise<Name | Problem> {
  const name = readName(typed)
  if (isProblem(name)) return name
  const reserved = await refuseReserved(app, name, role)
  if (reserved) return reserved
  return (await isNameTaken(app.db, app.site.id, name, personId)) ? refuseTaken(name.name) : name
}

/** Makes sure of a name that is written in the same transaction: of several who want names that look alike, one gets
 *  theirs. */
export async function claimName(
  tx: Database,
  siteId: string,
  name: Name,
  personId: string | null,
): Promise<Problem | undefined> {
  await lockName(tx, siteId, name)
  return (await isNameTaken(tx, siteId, name, personId)) ? refuseTaken(name.name) : undefined
}

/** A write that takes a name; one that something else than these actions took meanwhile is refused by the index. */
async function takeName<T>(app: App, name: Name | undefined, work: (tx: Database) => Promise<T | Problem>) {
  try {
    return await inTransaction(app.db, work)
  } catch (error) {
    if (!isTaken(error) || !name) throw error
    return refuseTaken(name.name)
  }
}

/** The new name stands beside all that the person ever wrote; pages that are kept show it within half a minute. */
export async function changeName(
  app: App,
  people: People,
  actor: Actor,
  typed: string,
): Promise<Problem | undefined> {
  const limited = await people.limits.take('change', actor.personId)
  if (limited) return limited
  const person = await readPerson(app.db, actor.personId)
  if (!person) return refuse('sign-in-needed', 'This person is no longer here.')
  const name = await chooseName(app, typed, person.role, person.id)
  if (isProblem(name)) return name
  return takeName(app, name, async (tx) => {
    const taken = await claimName(tx, app.site.id, name, person.id)
    if (!taken) await renamePerson(tx, person.id, name)
    return taken
  })
}

export type Me = { id: string; name: string; role: Role; badge: string | null }

/** The actor's person, with the role that counts in this request. */
export async function readMe(app: App, actor: Actor): Promise<Me | Problem> {
  const person = await readPerson(app.db, actor.personId)
  if (!person) return refuse('sign-in-needed', 'This person is no longer here.')
  return { id: person.id, name: person.name, role: roleOf(actor, person), badge: person.badge }
}

/** A token for scripts, for `detente token`: of the person with this id or name; a name that nobody goes by becomes a
 *  person without a mailbox.
 *  @param role what the token carries; null: the person's own */
export async function makeScriptToken(
  app: App,
  tokenKey: Uint8Array,
  who: string,
  role: Role | null,
): Promise<(AccessToken & { person: Person; isNew: boolean }) | Problem> {
  const found = await findOrMake(app, who, role)
  if (isProblem(found)) return found
  const { person } = found
  const made = await mintScriptToken(tokenKey, { personId: person.id, siteId: app.site.id, role }, app.now())
  return { ...made, ...found }
}

async function findOrMake(
  app: App,
  who: string,
  role: Role | null,
): Promise<{ person: Person; isNew: boolean } | Problem> {
  if (isId(who)) {
    const person = await readPerson(app.db, who)
    return person ? { person, isNew: false } : refuse('not-found', `There is no person ${who}.`)
  }
  const name = readName(who)
  if (isProblem(name)) return name
  const known = await findClaimedPerson(app.db, app.site.id, name)
  if (known) return known.name === name.name ? { person: known, isNew: false } : refuseTaken(name.name)
  const person = { ...newcomer, role: role ?? newcomer.role }
  const reserved = await refuseReserved(app, name, person.role)
  if (reserved) return reserved
  const id = await takeName(
    app,
    name,
    async (tx) =>
      (await claimName(tx, app.site.id, name, null)) ??
      insertPerson(tx, { ...name, ...person, siteId: app.site.id, identityId: null }, app.now()),
  )
  if (isProblem(id)) return id
  return { person: { id, name: name.name, role: person.role, badge: null, claim: 'claimed' }, isNew: true }
}
