/** What somebody settles on their own page, and what they were called before. */
import { sql } from 'kysely'
import type { Database } from '../database/connect.ts'
import { type Notify, readNotify } from './notify.ts'

export type Preferences = { language: string | null; notify: Notify; created: Date }

export async function readPreferences(db: Database, personId: string): Promise<Preferences | undefined> {
  const found = await db
    .selectFrom('person')
    .select(['language', 'notify', 'createdAt as created'])
    .where('id', '=', personId)
    .executeTakeFirst()
  return found && { ...found, notify: readNotify(found.notify) }
}

export async function writeLanguage(db: Database, personId: string, language: string | null): Promise<void> {
  await db.updateTable('person').set({ language }).where('id', '=', personId).execute()
}

export async function writeNotify(db: Database, personId: string, notify: Notify): Promise<void> {
  await db
    .updateTable('person')
    .set({ notify: JSON.stringify(notify) })
    .where('id', '=', personId)
    .execute()
}

export type PastName = { name: string; until: Date }

/** What a person was called before, the latest first: for moderators, and for themselves. */
export const listNames = (db: Database, personId: string): Promise<PastName[]> =>
  db
    .selectFrom('nameChange')
    .select(['name', 'changedAt as until'])
    .where('personId', '=', personId)
    .orderBy('changedAt', 'desc')
    .limit(200)
    .execute()

/** A way in through others. `name` is the provider's, or the newsroom's for its own sign-in; null when it is no more. */
export type Way = { id: string; name: string | null; used: Date }

/** Where somebody's ways in are looked at. What leads to other sites is not to be seen or touched from one: it would tell
 *  this newsroom of another, whose reader would be locked out.
 *  @param host that the site's passkeys are for, if it can have any */
export type WaysHere = { identityId: string; siteId: string; host: string | undefined }

/** Of a credential: whether it leads to the site, by the newsroom's sign-in or a provider of its own. */
export const isOfSite = (siteId: string) => sql<boolean>`(credential.provider = ${`sso:${siteId}`}
  or credential.provider in (select 'provider:' || id from provider where site_id = ${siteId}))`

/** An identity's ways in beside its mailbox and its passkeys, the one used last first. */
export const listCredentials = (db: Database, { identityId, siteId }: WaysHere): Promise<Way[]> =>
  db
    .selectFrom('credential')
    .leftJoin('provider', (join) => join.on(sql<boolean>`credential.provider = 'provider:' || provider.id`))
    .leftJoin('site', (join) => join.on(sql<boolean>`credential.provider = 'sso:' || site.id`))
    .select(['credential.id', 'credential.usedAt as used'])
    .select(sql<string | null>`coalesce(provider.name, site.name)`.as('name'))
    .where('credential.identityId', '=', identityId)
    .where(isOfSite(siteId))
    .orderBy('credential.usedAt', 'desc')
    .limit(100)
    .execute()

/** How many ways in an identity has here: its proven mailbox, passkeys, credentials of others. Its row stays locked, so
 *  that of two ways that are removed at once, one finds itself the last. */
export async function countWays(tx: Database, { identityId, siteId, host }: WaysHere): Promise<number> {
  // A statement of its own: what one that waits for a lock counts is as old as its beginning.
  const identity = await tx
    .selectFrom('identity')
    .select('addressHash')
    .where('id', '=', identityId)
    .forUpdate()
    .executeTakeFirst()
  const { rows } = await sql<{ ways: number }>`
    select (select count(*) from passkey where identity_id = ${identityId} and rp_id = ${host ?? ''})::int
      + (select count(*) from credential where identity_id = ${identityId} and ${isOfSite(siteId)})::int as ways`.execute(
    tx,
  )
  return (identity?.addressHash ? 1 : 0) + (rows[0]?.ways ?? 0)
}

/** @returns whether there was such a one */
export async function deleteCredential(
  tx: Database,
  { identityId, siteId }: WaysHere,
  id: string,
): Promise<boolean> {
  const gone = await tx
    .deleteFrom('credential')
    .where('id', '=', id)
    .where('identityId', '=', identityId)
    .where(isOfSite(siteId))
    .returning('id')
    .executeTakeFirst()
  return gone !== undefined
}

/** Who an identity is, on all sites of the installation. */
export async function listPersonsOf(db: Database, identityId: string): Promise<string[]> {
  const found = await db.selectFrom('person').select('id').where('identityId', '=', identityId).execute()
  return found.map(({ id }) => id)
}
