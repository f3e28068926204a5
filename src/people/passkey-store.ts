/** Passkeys: public keys, each tied to an identity and to the host it was made for. */
import type { Database } from '../database/connect.ts'
import { newId } from '../database/ids.ts'

export type Passkey = {
  id: string
  identityId: string
  credentialId: Buffer
  /** COSE (RFC 9052). */
  publicKey: Buffer
  /** How often its authenticator says it was used; 0 for ever where that does not count. */
  counter: number
  /** How a browser reaches it: internal, hybrid, usb … */
  transports: string[]
  name: string
  created: Date
  used: Date | null
}

/** An identity's on one host. */
type PasskeysOf = { identityId: string; host: string }

const columns = [
  'id',
  'identityId',
  'credentialId',
  'publicKey',
  'counter',
  'transports',
  'name',
  'createdAt as created',
  'usedAt as used',
] as const

/** @param host that they are for (the RP id) */
export const listPasskeys = (db: Database, identityId: string, host: string): Promise<Passkey[]> =>
  db
    .selectFrom('passkey')
    .select(columns)
    .where('identityId', '=', identityId)
    .where('rpId', '=', host)
    .orderBy('createdAt')
    .orderBy('id')
    .limit(100)
    .execute()

export const findPasskey = (db: Database, host: string, credentialId: Buffer): Promise<Passkey | undefined> =>
  db
    .selectFrom('passkey')
    .select(columns)
    .where('credentialId', '=', credentialId)
    .where('rpId', '=', host)
    .executeTakeFirst()

/** @returns false when there is one by this id already, whoever's */
export async function insertPasskey(
  db: Database,
  host: string,
  passkey: Omit<Passkey, 'id' | 'created' | 'used'>,
  now: Date,
): Promise<boolean> {
  const inserted = await db
    .insertInto('passkey')
    .values({ id: newId(), rpId: host, ...passkey, createdAt: now, usedAt: null })
    .onConflict((conflict) => conflict.column('credentialId').doNothing())
    .returning('id')
    .executeTakeFirst()
  return inserted !== undefined
}

/** Notes a use.
 *  @returns false when the passkey has gone, or was used since it was read: of two that show the same count, one is a copy */
export async function notePasskeyUse(
  db: Database,
  { id, counter }: Pick<Passkey, 'id' | 'counter'>,
  next: number,
  now: Date,
): Promise<boolean> {
  const noted = await db
    .updateTable('passkey')
    .set({ counter: next, usedAt: now })
    .where('id', '=', id)
    .where('counter', '=', counter)
    .returning('id')
    .executeTakeFirst()
  return noted !== undefined
}

/** @returns whether the identity has such a one */
export async function renamePasskey(
  db: Database,
  { identityId, host }: PasskeysOf,
  id: string,
  name: string,
): Promise<boolean> {
  const renamed = await db
    .updateTable('passkey')
    .set({ name })
    .where('id', '=', id)
    .where('identityId', '=', identityId)
    .where('rpId', '=', host)
    .returning('id')
    .executeTakeFirst()
  return renamed !== undefined
}

/** @returns whether the identity had such a one */
export async function deletePasskey(
  tx: Database,
  { identityId, host }: PasskeysOf,
  id: string,
): Promise<boolean> {
  const gone = await tx
    .deleteFrom('passkey')
    .where('id', '=', id)
    .where('identityId', '=', identityId)
    .where('rpId', '=', host)
    .returning('id')
    .executeTakeFirst()
  return gone !== undefined
}

export async function countPasskeys(db: Database, identityId: string): Promise<number> {
  const found = await db.selectFrom('passkey').select('id').where('identityId', '=', identityId).execute()
  return found.length
}

/** All of them, on every host. @returns how many there were */
export async function deletePasskeys(tx: Database, identityId: string): Promise<number> {
  const gone = await tx.deleteFrom('passkey').where('identityId', '=', identityId).returning('id').execute()
  return gone.length
}
