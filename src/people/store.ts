import { sql } from 'kysely'
import type { Database } from '../database/connect.ts'
import { newId } from '../database/ids.ts'
import type { Role } from '../database/tables.ts'
import { namesLookAlike } from '../language/names.ts'
import { INVITATION } from './one-time.ts'
import type { Name, Person } from './person.ts'

const columns = ['person.id', 'person.name', 'person.role', 'person.badge', 'person.claim'] as const

/* People */

export const readPerson = (db: Database, id: string): Promise<Person | undefined> =>
  db.selectFrom('person').select(columns).where('id', '=', id).executeTakeFirst()

/** Those of the ids that are people, by id. */
export async function readPersons(db: Database, ids: string[]): Promise<Map<string, Person>> {
  if (ids.length === 0) return new Map()
  const people = await db.selectFrom('person').select(columns).where('id', 'in', ids).execute()
  return new Map(people.map((person) => [person.id, person]))
}

export const findPersonOfIdentity = (
  db: Database,
  siteId: string,
  identityId: string,
): Promise<Person | undefined> =>
  db
    .selectFrom('person')
    .select(columns)
    .where('siteId', '=', siteId)
    .where('identityId', '=', identityId)
    .executeTakeFirst()

/** @param email lower case */
export const findPersonByEmail = (db: Database, siteId: string, email: string): Promise<Person | undefined> =>
  db
    .selectFrom('person')
    .innerJoin('identity', 'identity.id', 'person.identityId')
    .select(columns)
    .where('person.siteId', '=', siteId)
    .where('identity.email', '=', email)
    .executeTakeFirst()

/** The one who goes by this name and answers to it: no guest, no imported name. */
export const findClaimedPerson = async (
  db: Database,
  siteId: string,
  name: Name,
): Promise<Person | undefined> => {
  const alike = await listAlike(db, siteId, name)
  return alike.find((person) => person.claim === 'claimed')
}

/** Whether somebody's name on the site could be mistaken for this one: of those who signed in, of the staff, or of those
 *  who came with an import and may claim theirs one day. Guests own no name.
 *  @param exceptPersonId whose own name does not stand in the way */
export async function isNameTaken(
  db: Database,
  siteId: string,
  name: Name,
  exceptPersonId: string | null = null,
): Promise<boolean> {
  const alike = await listAlike(db, siteId, name)
  return alike.some((person) => person.claim !== 'guest' && person.id !== exceptPersonId)
}

/** From here until the transaction ends, nobody else on the site can look for, and take, a name with this skeleton. */
export async function lockName(tx: Database, siteId: string, { skeleton }: Name): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`${siteId} ${skeleton}`}, 0))`.execute(tx)
}

/** The badges in use on the site. */
export async function listBadges(db: Database, siteId: string): Promise<string[]> {
  const found = await db
    .selectFrom('person')
    .select('badge')
    .distinct()
    .where('siteId', '=', siteId)
    .where('badge', 'is not', null)
    .execute()
  return found.flatMap(({ badge }) => badge ?? [])
}

/** People whose names a reader could take for this one. The skeleton finds them by index; it is coarse, so that Ian and
 *  Lan have the same, and namesLookAlike decides. */
async function listAlike(db: Database, siteId: string, { name, skeleton }: Name): Promise<Person[]> {
  const found = await db
    .selectFrom('person')
    .select(columns)
    .where('siteId', '=', siteId)
    .where('skeleton', '=', skeleton)
    .execute()
  return found.filter((person) => namesLookAlike(person.name, name))
}

type NewPerson = Name & {
  siteId: string
  identityId: string | null
  role: Role
  badge: string | null
  batchId: string | null
} & Pick<Person, 'claim'>

/** @returns the person's id
 *  @throws the database's unique violation when the name was taken meanwhile: see `isTaken` (database/connect.ts) */
export async function insertPerson(db: Database, person: NewPerson, now: Date): Promise<string> {
  const id = newId()
  await db
    .insertInto('person')
    .values({ ...person, id, createdAt: now })
    .execute()
  return id
}

/** @throws as `insertPerson` */
export async function renamePerson(db: Database, id: string, { name, skeleton }: Name): Promise<void> {
  await db.updateTable('person').set({ name, skeleton }).where('id', '=', id).execute()
}

export async function setRole(db: Database, id: string, role: Role): Promise<void> {
  await db.updateTable('person').set({ role }).where('id', '=', id).execute()
}

/** Whether an admin can still come in: with a mailbox, or with a session that has not ended. */
export async function hasAdmin(db: Database, siteId: string, now: Date): Promise<boolean> {
  const found = await db
    .selectFrom('person')
    .innerJoin('identity', 'identity.id', 'person.identityId')
    .leftJoin('session', (join) =>
      join.onRef('session.identityId', '=', 'identity.id').on('session.expiresAt', '>', now),
    )
    .select('person.id')
    .where('person.siteId', '=', siteId)
    .where('person.role', '=', 'admin')
    .where((when) =>
      when.or([when('identity.email', 'not like', `%@${NO_MAILBOX}`), when('session.id', 'is not', null)]),
    )
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}

/* Identities: better-auth makes those that proved a mailbox by a link */

/** Reserved by RFC 2606: no mail is ever delivered there. */
const NO_MAILBOX = 'no-mailbox.invalid'

export async function hasIdentity(db: Database, email: string): Promise<boolean> {
  return (
    (await db.selectFrom('identity').select('id').where('email', '=', email).executeTakeFirst()) !== undefined
  )
}

/** @param email not proven yet; null for someone without a mailbox
 *  @returns the identity's id */
export async function insertIdentity(db: Database, email: string | null, now: Date): Promise<string> {
  const id = newId()
  await db
    .insertInto('identity')
    .values({
      id,
      email: email ?? `${id}@${NO_MAILBOX}`,
      emailVerified: false,
      name: '',
      createdAt: now,
      updatedAt: now,
    })
    .execute()
  return id
}

/* Sessions: only the hash of what the cookie holds */

export async function insertSession(
  db: Database,
  session: { identityId: string; hash: string; expiresAt: Date },
  now: Date,
): Promise<string> {
  const id = newId()
  await db
    .insertInto('session')
    .values({
      id,
      identityId: session.identityId,
      token: session.hash,
      expiresAt: session.expiresAt,
      createdAt: now,
      updatedAt: now,
    })
    .execute()
  return id
}

/** Puts the hash of our own secret in the place of better-auth's token, and clears away the identity's ended sessions. */
export async function sealSession(
  db: Database,
  session: { id: string; identityId: string; hash: string },
  now: Date,
): Promise<void> {
  await db.updateTable('session').set({ token: session.hash }).where('id', '=', session.id).execute()
  await db
    .deleteFrom('session')
    .where('identityId', '=', session.identityId)
    .where('expiresAt', '<=', now)
    .execute()
}

export const findSession = (
  db: Database,
  siteId: string,
  hash: string,
  now: Date,
): Promise<{ sessionId: string; personId: string } | undefined> =>
  db
    .selectFrom('session')
    .innerJoin('person', 'person.identityId', 'session.identityId')
    .select(['session.id as sessionId', 'person.id as personId'])
    .where('session.token', '=', hash)
    .where('session.expiresAt', '>', now)
    .where('person.siteId', '=', siteId)
    .executeTakeFirst()

export async function isSessionLive(db: Database, id: string, now: Date): Promise<boolean> {
  const found = await db
    .selectFrom('session')
    .select('id')
    .where('id', '=', id)
    .where('expiresAt', '>', now)
    .executeTakeFirst()
  return found !== undefined
}

export async function deleteSession(db: Database, id: string): Promise<void> {
  await db.deleteFrom('session').where('id', '=', id).execute()
}

/* What is kept until it is used once: links, codes, invitations */

type Kept = { value: string; expiresAt: Date }

export async function keepOnce(db: Database, key: string, { value, expiresAt }: Kept): Promise<void> {
  await db.insertInto('verification').values({ id: newId(), identifier: key, value, expiresAt }).execute()
}

export const peekOnce = (db: Database, key: string, now: Date): Promise<Kept | undefined> =>
  db
    .selectFrom('verification')
    .select(['value', 'expiresAt'])
    .where('identifier', '=', key)
    .where('expiresAt', '>', now)
    .executeTakeFirst()

/** Takes it away; of several who ask at once, one gets it. */
export async function takeOnce(db: Database, key: string, now: Date): Promise<Kept | undefined> {
  const kept = await db
    .deleteFrom('verification')
    .where('identifier', '=', key)
    .returning(['value', 'expiresAt'])
    .executeTakeFirst()
  return kept && kept.expiresAt > now ? kept : undefined
}

export async function forgetInvitations(db: Database): Promise<void> {
  await db.deleteFrom('verification').where('identifier', 'like', `${INVITATION}%`).execute()
}
