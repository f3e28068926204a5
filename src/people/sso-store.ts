import { sql } from 'kysely'
import type { Database } from '../database/connect.ts'
import { newId } from '../database/ids.ts'
import type { Role, SsoAlgorithm } from '../database/tables.ts'
import type { Addresses } from './addresses.ts'
import { findIdentity } from './identity-store.ts'
import type { Name, Person } from './person.ts'
import type { SsoPerson } from './sso-claims.ts'
import type { SsoKey } from './sso-key.ts'
import { findPersonOfIdentity, renamePerson } from './store.ts'

/* Keys */

const columns = [
  'id',
  'label',
  'kid',
  'algorithm',
  'secretSealed',
  'publicKey',
  'jwksUrl',
  'issuer',
  'audience',
  'roles',
] as const

type Row = {
  id: string
  label: string
  kid: string | null
  algorithm: SsoAlgorithm
  secretSealed: Buffer | null
  publicKey: string | null
  jwksUrl: string | null
  issuer: string | null
  audience: string | null
  roles: Role[]
}

/** The site's live keys, the oldest first. */
export async function listSsoKeys(db: Database, addresses: Addresses, siteId: string): Promise<SsoKey[]> {
  const rows = await db
    .selectFrom('ssoKey')
    .select(columns)
    .where('siteId', '=', siteId)
    .where('retiredAt', 'is', null)
    .orderBy('createdAt')
    .execute()
  return rows.map((row) => readKey(addresses, row))
}

function readKey(addresses: Addresses, { secretSealed, publicKey, jwksUrl, ...rest }: Row): SsoKey {
  if (secretSealed) return { ...rest, material: { secret: Buffer.from(addresses.open(secretSealed)) } }
  return { ...rest, material: publicKey === null ? { setUrl: jwksUrl! } : { publicKey } }
}

export async function insertSsoKey(
  db: Database,
  addresses: Addresses,
  siteId: string,
  { material, ...key }: Omit<SsoKey, 'id'>,
  now: Date,
): Promise<void> {
  const text = 'secret' in material ? Buffer.from(material.secret).toString() : null
  await db
    .insertInto('ssoKey')
    .values({
      ...key,
      id: newId(),
      siteId,
      secretSealed: text === null ? null : addresses.seal(text),
      publicKey: 'publicKey' in material ? material.publicKey : null,
      jwksUrl: 'setUrl' in material ? material.setUrl : null,
      createdAt: now,
      retiredAt: null,
    })
    .execute()
}

/** @returns whether there was such a live key on the site */
export async function retireSsoKey(db: Database, siteId: string, id: string, now: Date): Promise<boolean> {
  const retired = await db
    .updateTable('ssoKey')
    .set({ retiredAt: now })
    .where('id', '=', id)
    .where('siteId', '=', siteId)
    .where('retiredAt', 'is', null)
    .returning('id')
    .executeTakeFirst()
  return retired !== undefined
}

/* People */

/** How the credential of a site's newsroom is called. */
export const ssoProvider = (siteId: string): string => `sso:${siteId}`

/** Whom a token's claims lead to: by what the newsroom calls them, else by a mail address that both sides verified. */
export async function findSsoPerson(
  db: Database,
  addresses: Addresses,
  siteId: string,
  { subject, email, isEmailVerified }: Pick<SsoPerson, 'subject' | 'email' | 'isEmailVerified'>,
): Promise<Person | undefined> {
  const credential = { provider: ssoProvider(siteId), subject }
  const address = isEmailVerified ? email : null
  const identityId = await findIdentity(db, addresses, { address, credential })
  return identityId === undefined ? undefined : findPersonOfIdentity(db, siteId, identityId)
}

/** From here until the transaction ends, nobody else signs the same person in: of two tokens for someone new, one makes
 *  the person and the other finds them. */
export async function lockSubject(tx: Database, siteId: string, subject: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`${ssoProvider(siteId)} ${subject}`}, 1))`.execute(
    tx,
  )
}

/** Whose word a person's role is, the desk's or the newsroom's tokens'. */
export async function isRoleFromSso(db: Database, personId: string): Promise<boolean> {
  const found = await db.selectFrom('person').select('roleFrom').where('id', '=', personId).executeTakeFirst()
  return found?.roleFrom === 'sso'
}

/** A role by the newsroom's word: the desk can put its own in its place, for good. */
export async function setSsoRole(
  db: Database,
  personId: string,
  { role, badge }: { role: Role; badge: string | null },
): Promise<void> {
  await db.updateTable('person').set({ role, badge, roleFrom: 'sso' }).where('id', '=', personId).execute()
}

/** A name that follows the newsroom's: it is not a change of the person's own, which would end the following.
 *  @throws as `insertPerson` */
export async function followName(db: Database, personId: string, name: Name, now: Date): Promise<void> {
  await renamePerson(db, personId, name, now)
  await db.updateTable('person').set({ renamedAt: null }).where('id', '=', personId).execute()
}

/** Someone who chose their name here before the newsroom's tokens led to them keeps it. */
export async function keepChosenName(db: Database, personId: string): Promise<void> {
  await db
    .updateTable('person')
    .set((is) => ({ renamedAt: is.ref('createdAt') }))
    .where('id', '=', personId)
    .where('renamedAt', 'is', null)
    .execute()
}

/** The person's one session on a newsroom's page, made longer, or begun again under its id when its time was over; one
 *  that somebody ended is gone.
 *  @returns its id, undefined when there is none */
export async function extendSsoSession(
  db: Database,
  { personId, origin, expiresAt }: { personId: string; origin: string; expiresAt: Date },
  now: Date,
): Promise<string | undefined> {
  const found = await db
    .updateTable('session')
    .set({ seenAt: now, expiresAt })
    .where('personId', '=', personId)
    .where('origin', '=', origin)
    .where('way', '=', 'sso')
    .returning('id')
    .executeTakeFirst()
  return found?.id
}
