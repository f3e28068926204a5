/** Before all tests: the pages' scripts built, one PostgreSQL started, a migrated database to copy. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { buildPages } from '../scripts/build.js'
import { connect } from '../src/database/connect.ts'
import { startEmbedded } from '../src/database/embedded.ts'
import { migrate } from '../src/database/migrate.ts'

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await buildPages()
  const data = await mkdtemp(join(tmpdir(), 'detente-test-'))
  const server = await startEmbedded({ data, log: () => undefined })
  if ('refused' in server) throw new Error(server.message)
  const admin = new pg.Client(server.connection)
  await admin.connect()
  await admin.query('create database detente_template')
  const { db, pool } = connect({ ...server.connection, database: 'detente_template' }, 2, () => undefined)
  await migrate(db)
  await db.destroy()
  if (!pool.ended) await pool.end()
  await admin.end()
  project.provide('database', server.connection)
  project.provide('data', data)
  return async () => {
    await server.stop()
    await rm(data, { recursive: true, force: true })
  }
}
