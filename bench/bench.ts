/** What all parts of a run share: one data folder, the server on it, and how full it is by now. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deriveKey, readSecret } from '../src/people/secret.ts'
import { mintScriptToken } from '../src/people/token.ts'
import { fillMany, fillTexts, fillThreads, PEOPLE, personId, type ThreadPlan } from './fill.ts'
import { clock, round } from './measures.ts'
import { type BenchServer, startServer } from './server.ts'

/** How much of everything: the whole benchmark, or the developers' two minutes. */
export type Scale = {
  rounds: number
  /** Seconds of one measurement. */
  slot: number
  renders: number
  listeners: number
  comments: number
  stories: number
  mixedSeconds: number
}

export const whole: Scale = {
  rounds: 5,
  slot: 0.8,
  renders: 41,
  listeners: 1_000,
  comments: 1_000_000,
  stories: 10_000,
  mixedSeconds: 25,
}
export const quick: Scale = {
  rounds: 3,
  slot: 0.4,
  renders: 15,
  listeners: 300,
  comments: 100_000,
  stories: 1_000,
  mixedSeconds: 5,
}

/** Stories by number: 1 to 100 are the small database, then the threads that are read and those that are written. */
const SMALL = { stories: 100, each: 100 }
const READ = { ten: 101, thousand: 102, many: 103 }
export const MANY_COMMENTS = 33_000
const WRITTEN = { first: 104, count: 51 }

export type Stage = 'empty' | 'small' | 'threads' | 'million'
const stages: Stage[] = ['empty', 'small', 'threads', 'million']

export class Bench {
  readonly scale: Scale
  readonly data: string
  readonly say: (line: string) => void
  #server: BenchServer | undefined
  #stage: Stage = 'empty'
  /** Ids of stories that were filled, by number. */
  readonly stories = new Map<number, string>()
  /** Milliseconds from nothing to the first server that answers, with a new database made on the way. */
  firstStart = Number.NaN
  fillSeconds = Number.NaN

  constructor(scale: Scale, data: string, say: (line: string) => void) {
    this.scale = scale
    this.data = data
    this.say = say
  }

  /** The running server; started when there is none. */
  async server(): Promise<BenchServer> {
    if (!this.#server) {
      this.#server = await startServer(this.data)
      if (Number.isNaN(this.firstStart)) this.firstStart = this.#server.startedIn
    }
    return this.#server
  }

  async stop(): Promise<void> {
    await this.#server?.stop()
    this.#server = undefined
  }

  async restart(): Promise<BenchServer> {
    await this.stop()
    return this.server()
  }

  /** Fills the database up to a stage; what is there already stays. */
  async fill(stage: Stage): Promise<void> {
    while (stages.indexOf(this.#stage) < stages.indexOf(stage)) {
      const next = stages[stages.indexOf(this.#stage) + 1]!
      const { sql } = await this.server()
      const began = clock()
      await fillTexts(sql)
      const plans = this.#plan(next)
      const ids = await (next === 'million' ? fillMany : fillThreads)(sql, plans)
      for (const [n, plan] of plans.entries()) this.stories.set(plan.story, ids[n]!)
      if (next !== 'million') await sql.query('analyze')
      await sql.query('drop table bench_text; checkpoint')
      this.#stage = next
      this.fillSeconds = (clock() - began) / 1000
      this.say(
        `filled: ${next} (${round(plans.reduce((sum, plan) => sum + plan.size, 0))} comments in ${round(this.fillSeconds, 1)} s)`,
      )
    }
  }

  #plan(stage: Stage): ThreadPlan[] {
    if (stage === 'small')
      return Array.from({ length: SMALL.stories }, (_, n) => ({ story: n + 1, size: SMALL.each }))
    const written = Array.from({ length: WRITTEN.count }, (_, n) => ({ story: WRITTEN.first + n, size: 20 }))
    const read = [
      { story: READ.ten, size: 10 },
      { story: READ.thousand, size: 1_000 },
      { story: READ.many, size: MANY_COMMENTS },
    ]
    if (stage === 'threads') return [...read, ...written]
    return this.#planRest(
      [...this.stories.keys()].length,
      SMALL.stories * SMALL.each + MANY_COMMENTS + 1_010 + written.length * 20,
    )
  }

  /** The rest of the million: one story in a hundred has 2,000 comments, the others share what is left. */
  #planRest(storiesThere: number, commentsThere: number): ThreadPlan[] {
    const stories = this.scale.stories - storiesThere
    const busy = Math.floor(this.scale.stories / 100)
    let left = this.scale.comments - commentsThere
    return Array.from({ length: stories }, (_, n) => {
      const share = Math.round(left / (stories - n) / 10) * 10
      const size = Math.min(left, n < busy && this.scale.comments > 500_000 ? 2_000 : share)
      left -= size
      return { story: 1_000 + n, size }
    })
  }

  /** Threads of 10, 1,000 and 33,000 comments. */
  get threads(): { ten: string; thousand: string; many: string } {
    const id = (number: number) => this.stories.get(number)!
    return { ten: id(READ.ten), thousand: id(READ.thousand), many: id(READ.many) }
  }

  /** One story for everyone to write under, and fifty. */
  get written(): { hot: string; spread: string[] } {
    const [hot, ...spread] = Array.from(
      { length: WRITTEN.count },
      (_, n) => this.stories.get(WRITTEN.first + n)!,
    )
    return { hot: hot!, spread }
  }

  /** Script tokens of readers, minted as `detente token` does. */
  async tokens(count: number): Promise<string[]> {
    const { sql } = await this.server()
    const { rows } = await sql.query<{ id: string }>('select id from site')
    const key = deriveKey(await readSecret({ secret: null, data: this.data }), 'access token')
    const holders = Array.from({ length: count }, (_, n) => ({
      personId: personId(n % PEOPLE),
      siteId: rows[0]!.id,
      role: null,
    }))
    return Promise.all(holders.map(async (holder) => (await mintScriptToken(key, holder, new Date())).token))
  }
}

/** A folder under the system's temporary one. @returns what removes it as well */
export async function makeFolder(): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'detente-bench-'))
  return { folder, remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }) }
}
