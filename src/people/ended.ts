/** Sessions that ended before their access tokens did: by sign-out, sanction, erasure, theft. A token is read without a
 *  look-up, so each process keeps this short list in memory, and asks the database twice a second what others ended. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { App } from '../context.ts'
import { type Database, isDatabaseDown } from '../database/connect.ts'
import { TOKEN_SECONDS } from './token.ts'

const EVERY = 500
/** Each look goes back this far: a transaction may commit after a later one. Milliseconds. */
const OVERLAP = 10_000
/** No token is good for longer, even by a clock that goes wrong by as much. Milliseconds. */
const KEPT = 2 * TOKEN_SECONDS * 1000

type Needs = Pick<App, 'db' | 'now' | 'log'>

export class EndedSessions {
  readonly #ended = new Map<string, number>()
  #seen: number | undefined
  readonly #stopping = new AbortController()
  #looking: Promise<void> | undefined

  has(sessionId: string | null): boolean {
    return sessionId !== null && this.#ended.has(sessionId)
  }

  add(sessionIds: string[], now: Date): void {
    for (const id of sessionIds) this.#ended.set(id, now.getTime())
  }

  /** Reads what ended, here and elsewhere, and forgets what no token outlives. */
  async look({ db, now }: Pick<Needs, 'db' | 'now'>): Promise<void> {
    const began = now().getTime()
    const since = new Date(this.#seen === undefined ? began - KEPT : this.#seen - OVERLAP)
    const rows = await db.selectFrom('endedSession').selectAll().where('endedAt', '>=', since).execute()
    for (const { id, endedAt } of rows) this.#ended.set(id, endedAt.getTime())
    this.#seen = began
    for (const [id, ended] of this.#ended) if (ended < began - KEPT) this.#ended.delete(id)
  }

  /** Looks once, then again and again until `stop`. While the database is away nothing can be written either, so what is
   *  known has to do. */
  async start(needs: Needs): Promise<void> {
    await this.look(needs)
    this.#looking = this.#lookOn(needs)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#looking
  }

  async #lookOn(needs: Needs): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      await sleep(EVERY, undefined, { signal, ref: false }).catch(() => undefined)
      if (signal.aborted) return
      try {
        await this.look(needs)
      } catch (error) {
        if (!isDatabaseDown(error)) needs.log.error({ err: error }, 'ended sessions could not be read')
      }
    }
  }
}

/** Ends sessions for all processes, in the transaction that ends them; `EndedSessions.add` after it, for this one. */
export async function writeEnded(tx: Database, sessionIds: string[], now: Date): Promise<void> {
  if (sessionIds.length === 0) return
  await tx
    .insertInto('endedSession')
    .values(sessionIds.map((id) => ({ id, endedAt: now })))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** A chore of the server's. */
export async function forgetEnded(db: Database, now: Date): Promise<void> {
  await db
    .deleteFrom('endedSession')
    .where('endedAt', '<', new Date(now.getTime() - 2 * KEPT))
    .execute()
}
