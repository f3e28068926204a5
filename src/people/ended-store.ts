/** When sessions ended and how far back to look, by the database's clock alone: those of the processes may differ. */
import { sql } from 'kysely'
import type { Database } from '../database/connect.ts'
import { TOKEN_SECONDS } from './token.ts'

/** No token is good for longer, even by a clock that goes wrong by as much. Seconds. */
export const KEPT_SECONDS = 2 * TOKEN_SECONDS
/** Each look goes back this far behind the one before: a transaction commits some statements after it wrote, and none of
 *  them lasts longer than 15 seconds (database/connect.ts). Seconds. */
const OVERLAP = 60

/** Ends sessions for all processes, in the transaction that ends them; `EndedSessions.add` after it, for this one. */
export async function writeEnded(tx: Database, sessionIds: string[]): Promise<void> {
  if (sessionIds.length === 0) return
  await tx
    .insertInto('endedSession')
    .values(sessionIds.map((id) => ({ id, endedAt: sql<Date>`clock_timestamp()` })))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** @param looked when the look before was, as it was told; null: all that a token may still be good for is read
 *  @returns when this look was: not later than `looked` where the database's clock was set back, and so is the look */
export async function readEnded(db: Database, looked: Date | null): Promise<{ at: Date; ids: string[] }> {
  const { rows } = await sql<{ at: Date; id: string | null }>`
    select clock.at, ended.id from (select now() as at) clock
    left join ended_session ended on ended.ended_at >= coalesce(
      least(${looked}::timestamptz, clock.at) - make_interval(secs => ${OVERLAP}),
      clock.at - make_interval(secs => ${KEPT_SECONDS}))`.execute(db)
  return { at: rows[0]!.at, ids: rows.flatMap(({ id }) => id ?? []) }
}

/** A chore of the server's. */
export async function forgetEnded(db: Database): Promise<void> {
  await db
    .deleteFrom('endedSession')
    .where('endedAt', '<', sql<Date>`now() - make_interval(secs => ${2 * KEPT_SECONDS})`)
    .execute()
}
