/** Answers already given, by actor and Idempotency-Key (IETF draft "The Idempotency-Key HTTP Header Field"): stored in
 *  the write's own transaction, so that a repeated request gets the same answer and writes nothing. */
import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { type Problem, refuse } from '../problem.ts'
import type { Database } from './connect.ts'

/** Identifies a request: who, which key, which body. */
export type RequestKey = { actorId: string; key: string; bodyHash: Buffer }

/** Hours an answer is kept. */
const HOURS_KEPT = 24

/** @param body what was asked, as a plain value; its members' order counts as little as its key does elsewhere */
export const makeRequestKey = (actorId: string, key: string, body: unknown): RequestKey => ({
  actorId,
  key,
  bodyHash: createHash('sha256').update(JSON.stringify(body)).digest(),
})

/** The stored answers of several requests, in their order; undefined where there is none. A key used for another body
 *  is refused. */
export async function readAnswers<T>(
  tx: Database,
  keys: (RequestKey | undefined)[],
): Promise<(T | Problem | undefined)[]> {
  const given = keys.filter((key) => key !== undefined)
  if (given.length === 0) return keys.map(() => undefined)
  const { rows } = await sql<{ actorId: string; key: string; bodyHash: Buffer; answer: T }>`
    select i.actor_id, i.key, i.body_hash, i.answer
    from unnest(${given.map((key) => key.actorId)}::uuid[], ${given.map((key) => key.key)}::text[]) as w (actor_id, key)
    join idempotency i on i.actor_id = w.actor_id and i.key = w.key`.execute(tx)
  const stored = new Map(rows.map((row) => [`${row.actorId} ${row.key}`, row]))
  return keys.map((key) => {
    const found = key && stored.get(`${key.actorId} ${key.key}`)
    if (!found) return undefined
    return found.bodyHash.equals(key.bodyHash) ? found.answer : refuseReuse(key.key)
  })
}

export const refuseReuse = (key: string): Problem =>
  refuse('key-reused', `The key ${key.slice(0, 80)} was used for a request with another body.`)

export async function keepAnswers(
  tx: Database,
  answers: { key: RequestKey; answer: unknown }[],
  now: Date,
): Promise<void> {
  if (answers.length === 0) return
  const rows = answers.map(({ key, answer }) => ({
    actorId: key.actorId,
    key: key.key,
    hash: key.bodyHash.toString('hex'),
    answer,
  }))
  await sql`
    insert into idempotency (actor_id, key, body_hash, answer, created_at)
    select "actorId", key, decode(hash, 'hex'), answer, ${now}
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as a ("actorId" uuid, key text, hash text, answer jsonb)`.execute(
    tx,
  )
}

/** Drops what was answered to an actor about an object that is gone: its words stand in the answers, and the same words
 *  sent again are a new wish. */
export async function dropAnswersAbout(tx: Database, actorId: string, id: string): Promise<void> {
  await sql`delete from idempotency where actor_id = ${actorId} and answer ->> 'id' = ${id}`.execute(tx)
}

/** Drops answers older than a day, some at a time. */
export async function dropOldAnswers(db: Database, now: Date): Promise<void> {
  const before = new Date(now.getTime() - HOURS_KEPT * 3_600_000)
  await sql`
    delete from idempotency where ctid in (select ctid from idempotency where created_at < ${before} limit 10000)`.execute(
    db,
  )
}
