import type { Database } from '../database/connect.ts'

/** The password of whoever has proven this address, as it is kept; null when there is none, or nobody.
 *  @param hash of the address (`Addresses.hash`) */
export async function findPassword(db: Database, hash: Buffer): Promise<string | null> {
  const found = await db
    .selectFrom('identity')
    .select('password')
    .where('addressHash', '=', hash)
    .executeTakeFirst()
  return found?.password ?? null
}

export async function readPasswordOf(
  db: Database,
  identityId: string,
): Promise<{ password: string | null; isProven: boolean } | undefined> {
  const found = await db
    .selectFrom('identity')
    .select(['password', 'addressHash'])
    .where('id', '=', identityId)
    .executeTakeFirst()
  return found && { password: found.password, isProven: found.addressHash !== null }
}

/** @param password null removes it
 *  @returns false when the identity has no proven address, without which it can have none */
export async function writePassword(
  tx: Database,
  identityId: string,
  password: string | null,
): Promise<boolean> {
  const written = await tx
    .updateTable('identity')
    .set({ password })
    .where('id', '=', identityId)
    .$if(password !== null, (query) => query.where('addressHash', 'is not', null))
    .returning('id')
    .executeTakeFirst()
  return written !== undefined
}
