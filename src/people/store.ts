import { sql } from 'kysely'
import type { Database } from '../database/connect.ts'
import { newId } from '../database/ids.ts'
import type { Claim, Role } from '../database/tables.ts'
import { namesLookAlike } from '../language/names.ts'
import type { Name, Person } from './person.ts'

const columns = [
  'person.id',
  'person.siteId',
  'person.identityId',
  'person.name',
  'person.role',
  'person.badge',
  'person.claim',
  'person.barredUntil',
  'person.sanctionId',
  'person.lookFirst',
  'person.isMuted',
  'person.renamedAt',
] as const

/* People */

export const readPerson = (db: Database, id: string): Promise<Person | undefined> =>
  db.selectFrom('person').select(columns).where('id', '=', id).executeTakeFirst()

/** People by id who are about to write: an erasure that is under way is waited for, and one that comes later waits
 *  for their transaction. */
export async function lockAuthors(tx: Database, ids: string[]): Promise<Map<string, Person>> {
  if (ids.length === 0) return new Map()
  const people = await tx.selectFrom('person').select(columns).where('id', 'in', ids).forKeyShare().execute()
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

/** The one who goes by this name and answers to it: no guest, no imported name. */
export const findClaimedPerson = async (
  db: Database,
  siteId: string,
  name: Name,
): Promise<Person | undefined> => {
  const alike = await listAlike(db, siteId, name)
  return alike.find((person) => person.claim === 'claimed')
}

/** Whose names are theirs: guests own none, and those who were erased have none. */
const OWNERS = new Set<Claim>(['claimed', 'unclaimed'])

/** Whether somebody's name on the site could be mistaken for this one: of those who signed in, of the staff, or of those
 *  who came with an import and may claim theirs one day.
 *  @param exceptPersonId whose own name does not stand in the way */
export async function isNameTaken(
  db: Database,
  siteId: string,
  name: Name,
  exceptPersonId: string | null = null,
): Promise<boolean> {
  const alike = await listAlike(db, siteId, name)
  return alike.some((person) => OWNERS.has(person.claim) && person.id !== exceptPersonId)
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
  claim: Claim
}

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

/** The name before goes into the history that moderators can read.
 *  @throws as `insertPerson` */
export async function renamePerson(
  db: Database,
  id: string,
  { name, skeleton }: Name,
  now: Date,
): Promise<void> {
  await db
    .insertInto('nameChange')
    .columns(['personId', 'changedAt', 'name', 'skeleton'])
    .expression((from) =>
      from
        .selectFrom('person')
        .select(['id', sql<Date>`${now}::timestamptz`.as('changedAt'), 'name', 'skeleton'])
        .where('id', '=', id),
    )
    .execute()
  await db.updateTable('person').set({ name, skeleton, renamedAt: now }).where('id', '=', id).execute()
}

export async function setRole(db: Database, id: string, role: Role, badge: string | null): Promise<void> {
  await db.updateTable('person').set({ role, badge, roleFrom: 'desk' }).where('id', '=', id).execute()
}

/** A guest of this device becomes a newcomer: the same person, now with an identity and a name of their own. */
export async function claimGuest(
  tx: Database,
  claim: { siteId: string; guestId: string; identityId: string; name: Name },
): Promise<void> {
  await tx
    .updateTable('person')
    .set({ claim: 'claimed', identityId: claim.identityId, ...claim.name })
    .where('id', '=', claim.guestId)
    .where('siteId', '=', claim.siteId)
    .where('claim', '=', 'guest')
    .execute()
}

/** Whether somebody can come in on our own pages, as a token of the newsroom's does not let them: by a mailbox, a passkey
 *  or a provider, or because they are in. (Whoever has a password has a mailbox.) In a query about `person`. */
export const canComeIn = (now: Date) => sql<boolean>`(
  exists (select from identity where identity.id = person.identity_id and identity.address_hash is not null)
  or exists (select from passkey where passkey.identity_id = person.identity_id)
  or exists (
    select from credential join provider on credential.provider = 'provider:' || provider.id
    where credential.identity_id = person.identity_id and provider.site_id = person.site_id
      and provider.retired_at is null)
  or exists (
    select from session where session.person_id = person.id and session.origin is null and session.way <> 'sso'
      and session.expires_at > ${now}))`

/** Whether there is an admin who can come in. */
export async function hasAdmin(db: Database, siteId: string, now: Date): Promise<boolean> {
  const found = await db
    .selectFrom('person')
    .select('id')
    .where('siteId', '=', siteId)
    .where('role', '=', 'admin')
    .where(canComeIn(now))
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}
