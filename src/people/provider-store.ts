import type { Database } from '../database/connect.ts'
import type { NewProvider, Provider } from './provider.ts'

const columns = [
  'id',
  'kind',
  'name',
  'issuer',
  'authorizeUrl',
  'tokenUrl',
  'profileUrl',
  'clientId',
  'secretSealed',
  'scopes',
  'fields',
  'isTrusted',
] as const

/** A provider that lets people in on this site. */
export const readLiveProvider = (db: Database, siteId: string, id: string): Promise<Provider | undefined> =>
  db
    .selectFrom('provider')
    .select(columns)
    .where('id', '=', id)
    .where('siteId', '=', siteId)
    .where('retiredAt', 'is', null)
    .executeTakeFirst()

/** Providers that let people in on this site, the first one added first. */
export const listLiveProviders = (db: Database, siteId: string): Promise<Provider[]> =>
  db
    .selectFrom('provider')
    .select(columns)
    .where('siteId', '=', siteId)
    .where('retiredAt', 'is', null)
    .orderBy('createdAt')
    .orderBy('id')
    .execute()

/** @returns false when there is one of this id: the form was sent twice */
export async function insertProvider(
  db: Database,
  siteId: string,
  provider: Omit<NewProvider, 'secret'> & { id: string; secretSealed: Buffer | null },
  now: Date,
): Promise<boolean> {
  const inserted = await db
    .insertInto('provider')
    .values({
      ...provider,
      siteId,
      fields: JSON.stringify(provider.fields),
      createdAt: now,
      retiredAt: null,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returning('id')
    .executeTakeFirst()
  return inserted !== undefined
}

/** Nobody comes in by it any more; what it proved of people stays theirs.
 *  @returns whether there was such a provider */
export async function retireProvider(db: Database, siteId: string, id: string, now: Date): Promise<boolean> {
  const retired = await db
    .updateTable('provider')
    .set({ retiredAt: now, secretSealed: null })
    .where('id', '=', id)
    .where('siteId', '=', siteId)
    .where('retiredAt', 'is', null)
    .returning('id')
    .executeTakeFirst()
  return retired !== undefined
}

/** @returns whether there was such a provider */
export async function setProviderSecret(
  db: Database,
  siteId: string,
  id: string,
  secretSealed: Buffer | null,
): Promise<boolean> {
  const set = await db
    .updateTable('provider')
    .set({ secretSealed })
    .where('id', '=', id)
    .where('siteId', '=', siteId)
    .where('retiredAt', 'is', null)
    .returning('id')
    .executeTakeFirst()
  return set !== undefined
}
