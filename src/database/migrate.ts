/** Migrations: numbered SQL files, each run once, in order, in one transaction, by one process at a time. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Kysely, sql } from 'kysely'
import { packageRoot } from '../settings/settings.ts'
import type { Tables } from './tables.ts'

/** Brings the schema up to date. Safe when several processes start at once: the table's lock lets one in.
 *  @returns names of the files run now
 *  @throws when the database holds a migration this version does not know (it is newer) */
export async function migrate(db: Kysely<Tables>): Promise<string[]> {
  const folder = join(packageRoot, 'migrations')
  const files = (await readdir(folder)).filter((name) => /^\d{4}-.+\.sql$/.test(name)).sort()
  return db.transaction().execute(async (tx) => {
    await sql`create table if not exists migration (name text primary key, run_at timestamptz not null default now())`.execute(
      tx,
    )
    await sql`lock table migration in exclusive mode`.execute(tx)
    const done = new Set(
      (await sql<{ name: string }>`select name from migration`.execute(tx)).rows.map((row) => row.name),
    )
    const unknown = [...done].filter((name) => !files.includes(name))
    if (unknown.length > 0)
      throw new Error(`The database is newer than this program (it has ${unknown.join(', ')}).`)
    const fresh = files.filter((name) => !done.has(name))
    for (const name of fresh) {
      await sql.raw(await readFile(join(folder, name), 'utf8')).execute(tx)
      await sql`insert into migration (name) values (${name})`.execute(tx)
    }
    return fresh
  })
}
