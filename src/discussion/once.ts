import type { App } from '../context.ts'
import { type Database, inTransaction } from '../database/connect.ts'

/** Runs a write in one transaction whose answer may be kept under an Idempotency-Key. Writes under one story wait for
 *  each other and find the answer; when a write under another story, in this process or the next, took the key
 *  meanwhile, the work is done anew and finds that one's answer. */
export async function writeOnce<T>(app: App, work: (tx: Database) => Promise<T>): Promise<T> {
  try {
    return await inTransaction(app.db, work)
  } catch (error) {
    if (!isKeyTaken(error)) throw error
    return inTransaction(app.db, work)
  }
}

const isKeyTaken = (error: unknown): boolean =>
  error instanceof Error && 'constraint' in error && error.constraint === 'idempotency_pkey'
