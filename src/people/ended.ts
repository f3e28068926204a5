/** Sessions that ended before their access tokens did: by sign-out, sanction, erasure, theft. A token is read without a
 *  look-up, so each process keeps this short list in memory, and asks the database twice a second what others ended. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { App } from '../context.ts'
import { type Database, isDatabaseDown } from '../database/connect.ts'
import { KEPT_SECONDS, readEnded } from './ended-store.ts'

const EVERY = 500

type Needs = Pick<App, 'db' | 'log'>

export class EndedSessions {
  /** When it became known here, by a clock that nobody sets: `performance.now()`. */
  readonly #ended = new Map<string, number>()
  /** By the database's clock. */
  #looked: Date | null = null
  readonly #stopping = new AbortController()
  #looking: Promise<void> | undefined

  has(sessionId: string | null): boolean {
    return sessionId !== null && this.#ended.has(sessionId)
  }

  add(sessionIds: string[]): void {
    for (const id of sessionIds) this.#ended.set(id, performance.now())
  }

  /** Reads what ended, here and elsewhere, and forgets what no token outlives. */
  async #look(db: Database): Promise<void> {
    const { at, ids } = await readEnded(db, this.#looked)
    this.#looked = at
    this.add(ids.filter((id) => !this.#ended.has(id)))
    const old = performance.now() - KEPT_SECONDS * 1000
    for (const [id, known] of this.#ended) if (known < old) this.#ended.delete(id)
  }

  /** Looks once, then again and again until `stop`. While the database is away nothing can be written either, so what is
   *  known has to do. */
  async start(needs: Needs): Promise<void> {
    await this.#look(needs.db)
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
        await this.#look(needs.db)
      } catch (error) {
        if (!isDatabaseDown(error)) needs.log.error({ err: error }, 'ended sessions could not be read')
      }
    }
  }
}
