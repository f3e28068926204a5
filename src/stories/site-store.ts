/** Sites and the keys of their newsrooms. */
import { sql } from 'kysely'
import type { Gate, Site } from '../context.ts'
import type { Database } from '../database/connect.ts'
import { newId } from '../database/ids.ts'
import { type Door, readDoor } from '../settings/door.ts'

const selectSites = (db: Database) =>
  db
    .selectFrom('site')
    .select(['id', 'name', 'address', 'language', 'languages', 'timeZone', 'rules', 'origins', 'door'])
    .select(['mode', 'modeReason', 'modeSince', 'closeAfterDays'])
    .select(
      sql<Site['domainRules']>`coalesce((
        select jsonb_agg(jsonb_build_object('domain', domain, 'effect', effect) order by domain)
        from domain_rule where site_id = site.id), '[]')`.as('domainRules'),
    )

/** All sites, the oldest first: the first of them is the installation's own. */
export async function readSites(db: Database): Promise<Site[]> {
  const rows = await selectSites(db).orderBy('id').execute()
  return rows.map((row) => ({ ...row, door: readDoor(row.door) }))
}

export async function readSite(db: Database, siteId: string): Promise<Site> {
  const row = await selectSites(db).where('id', '=', siteId).executeTakeFirstOrThrow()
  return { ...row, door: readDoor(row.door) }
}

/** Makes the site that a new database begins with, unless there is one: of two processes that start at once, one does. */
export async function insertFirstSite(tx: Database, name: string, now: Date): Promise<void> {
  await sql`lock table site in exclusive mode`.execute(tx)
  if ((await readSites(tx)).length > 0) return
  await insertSite(tx, { name, address: null, language: 'en', timeZone: 'UTC' }, now)
}

/** @returns the site's id
 *  @throws the database's unique violation when the address was taken meanwhile: see `isTaken` (database/connect.ts) */
export async function insertSite(
  tx: Database,
  site: Pick<Site, 'name' | 'address' | 'language' | 'timeZone'>,
  now: Date,
): Promise<string> {
  const id = newId(now.getTime())
  await tx
    .insertInto('site')
    .values({
      id,
      ...site,
      rules: '',
      origins: [],
      modeReason: null,
      modeSince: null,
      closeAfterDays: null,
      createdAt: now,
    })
    .execute()
  return id
}

export type SiteFields = Pick<Site, 'name' | 'language' | 'languages' | 'timeZone' | 'rules' | 'origins'>

export async function updateSite(tx: Database, siteId: string, fields: Partial<SiteFields>): Promise<void> {
  await tx.updateTable('site').set(fields).where('id', '=', siteId).execute()
}

export async function setDoor(tx: Database, siteId: string, door: Door): Promise<void> {
  await tx
    .updateTable('site')
    .set({ door: JSON.stringify(door) })
    .where('id', '=', siteId)
    .execute()
}

export async function setSiteGate(tx: Database, siteId: string, gate: Gate): Promise<void> {
  await tx
    .updateTable('site')
    .set({ ...gate, mode: gate.mode ?? 'open' })
    .where('id', '=', siteId)
    .execute()
}

/** Tells all processes, once this transaction is committed, that something which the site's pages say has changed. A
 *  notice may be lost: `Sites` looks every two seconds too. */
export async function tellOfSite(tx: Database, siteId: string): Promise<void> {
  await sql`select pg_notify('detente', ${`site ${siteId}`})`.execute(tx)
}

/** A key for the newsroom's CMS is kept as its hash only. */
export async function insertSiteKey(
  tx: Database,
  key: { siteId: string; label: string; hash: Buffer },
  now: Date,
): Promise<void> {
  await tx
    .insertInto('siteKey')
    .values({ id: newId(), ...key, createdAt: now })
    .execute()
}

export const findSiteKey = (
  db: Database,
  hash: Buffer,
): Promise<{ id: string; siteId: string; siteName: string } | undefined> =>
  db
    .selectFrom('siteKey')
    .innerJoin('site', 'site.id', 'siteKey.siteId')
    .select(['siteKey.id', 'siteKey.siteId', 'site.name as siteName'])
    .where('siteKey.hash', '=', hash)
    .executeTakeFirst()
