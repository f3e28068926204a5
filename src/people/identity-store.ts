/** Identities: who can prove something, across all sites of the installation. */
import { sql } from 'kysely'
import type { Database } from '../database/connect.ts'
import { newId } from '../database/ids.ts'
import type { Addresses } from './addresses.ts'

type Credential = { provider: string; subject: string }
type Proven = { address: string | null; credential: Credential | null }

/** Whose proof it is: the credential's before the address's.
 *  @returns the identity's id */
export async function findIdentity(
  db: Database,
  addresses: Addresses,
  { address, credential }: Proven,
): Promise<string | undefined> {
  const byCredential = credential && (await findIdentityOf(db, credential))
  if (byCredential) return byCredential
  return address === null ? undefined : findIdentityByAddress(db, addresses, address)
}

async function findIdentityOf(db: Database, { provider, subject }: Credential): Promise<string | undefined> {
  const found = await db
    .selectFrom('credential')
    .select('identityId')
    .where('provider', '=', provider)
    .where('subject', '=', subject)
    .executeTakeFirst()
  return found?.identityId
}

/** @param address lower case (`readEmail`)
 *  @returns the identity's id */
export async function findIdentityByAddress(
  db: Database,
  addresses: Addresses,
  address: string,
): Promise<string | undefined> {
  const found = await db
    .selectFrom('identity')
    .select('id')
    .where('addressHash', '=', addresses.hash(address))
    .executeTakeFirst()
  return found?.id
}

/** @returns the identity's id */
export async function insertIdentity(
  db: Database,
  addresses: Addresses,
  { address, contact }: { address: string | null; contact: string | null },
  now: Date,
): Promise<string> {
  const id = newId()
  const told = address ?? contact
  await db
    .insertInto('identity')
    .values({
      id,
      addressHash: address === null ? null : addresses.hash(address),
      addressSealed: told === null ? null : addresses.seal(told),
      provenAt: address === null ? null : now,
      password: null,
      createdAt: now,
    })
    .execute()
  return id
}

/** The identity's address from now on.
 *  @throws the database's unique violation when it is another's: see `isTaken` (database/connect.ts) */
export async function proveAddress(
  db: Database,
  addresses: Addresses,
  id: string,
  address: string,
  now: Date,
): Promise<void> {
  await db
    .updateTable('identity')
    .set({ addressHash: addresses.hash(address), addressSealed: addresses.seal(address), provenAt: now })
    .where('id', '=', id)
    .execute()
}

/** @returns false when the credential is another's already */
export async function bindCredential(
  db: Database,
  identityId: string,
  credential: Credential,
  now: Date,
): Promise<boolean> {
  const bound = await db
    .insertInto('credential')
    .values({ id: newId(), identityId, ...credential, createdAt: now, usedAt: now })
    .onConflict((conflict) =>
      conflict
        .columns(['provider', 'subject'])
        .doUpdateSet({ usedAt: now })
        .whereRef('credential.identityId', '=', 'excluded.identityId'),
    )
    .returning('id')
    .executeTakeFirst()
  return bound !== undefined
}

/** Whether there is a way in that somebody could come by again. */
export async function hasWayIn(db: Database, identityId: string): Promise<boolean> {
  const { rows } = await sql<{ has: boolean }>`
    select address_hash is not null or password is not null
      or exists (select from passkey where identity_id = identity.id)
      or exists (select from credential where identity_id = identity.id and provider like 'provider:%') as has
    from identity where id = ${identityId}`.execute(db)
  return rows[0]?.has === true
}

export async function isAddressProven(db: Database, identityId: string): Promise<boolean> {
  const found = await db
    .selectFrom('identity')
    .select('addressHash')
    .where('id', '=', identityId)
    .executeTakeFirst()
  return (found?.addressHash ?? null) !== null
}

/** The proven address, or the one that was told; null when there is none. */
export async function readAddress(
  db: Database,
  addresses: Addresses,
  identityId: string,
): Promise<{ address: string; isProven: boolean } | null> {
  const found = await db
    .selectFrom('identity')
    .select(['addressSealed', 'addressHash'])
    .where('id', '=', identityId)
    .executeTakeFirst()
  if (!found?.addressSealed) return null
  return { address: addresses.open(found.addressSealed), isProven: found.addressHash !== null }
}

/** An identity that no person of any site has any more goes, with all its ways in. */
export async function forgetIdentity(db: Database, id: string): Promise<void> {
  await db
    .deleteFrom('identity')
    .where('id', '=', id)
    .where((when) =>
      when.not(
        when.exists(when.selectFrom('person').select('person.id').where('person.identityId', '=', id)),
      ),
    )
    .execute()
}
