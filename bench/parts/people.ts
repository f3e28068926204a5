/** People: what it costs to know who asks. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Actor } from '../../src/people/actor.ts'
import { can } from '../../src/people/can.ts'
import { EndedSessions } from '../../src/people/ended.ts'
import { deriveKey, readSecret } from '../../src/people/secret.ts'
import { makeTokenReader, mintToken } from '../../src/people/token.ts'
import type { Bench } from '../bench.ts'
import { clock, median, percentile, round } from '../measures.ts'
import { atMost, type Part } from '../report.ts'

const TOKENS = 2_000
const REQUESTS = 2_000
const MOST_MICROSECONDS = 60
/** The list of ended sessions is filled as after a busy quarter of an hour. */
const ENDED = 5_000

export async function people(bench: Bench): Promise<Part> {
  const { port, sql } = await bench.server()
  const key = deriveKey(await readSecret({ secret: null, data: bench.data }), 'access token')
  const siteId = (await sql.query<{ id: string }>('select id from site order by id limit 1')).rows[0]!.id
  const now = new Date()
  const tokens = await Promise.all(
    Array.from({ length: TOKENS }, async (_, n) => {
      const holder = {
        personId: `person-${n}`,
        siteId,
        sessionId: `session-${n}`,
        isStrong: false,
        origin: null,
      }
      return (await mintToken(key, holder, now)).token
    }),
  )
  const ended = new EndedSessions()
  ended.add(Array.from({ length: ENDED }, (_, n) => `ended-${n}`))
  const authorise = authoriserOf(key, ended)
  const first: number[] = []
  const again: number[] = []
  for (const times of [first, ...Array.from({ length: bench.scale.rounds }, () => again)])
    for (const token of tokens) {
      const began = clock()
      if (!(await authorise(token, now))) throw new Error('A good token was refused.')
      times.push((clock() - began) * 1_000)
    }
  const lookUps = await countLookUps(sql, port, tokens)
  return {
    title: 'People',
    how: [
      `Authorising: reading an access token, asking whether its session has ended (${round(ENDED)} have), asking \`can\`. ${round(TOKENS)} readers’`,
      'tokens, each for the first time (its signature is checked) and then again, as a reader’s next requests are. Database look-ups:',
      `transactions that the database counted during ${round(REQUESTS)} requests with a token, less those that it counted in as long a time without.`,
    ],
    checks: [
      atMost('authorising a request with a valid token, median', median(again), MOST_MICROSECONDS, 'µs'),
      atMost('the same at the token’s first request', median(first), MOST_MICROSECONDS, 'µs'),
      atMost('database look-ups a request with a valid token', lookUps, 0, ''),
    ],
    tables: [
      {
        title: 'Authorising, µs',
        head: ['', 'median', 'p90', 'p99'],
        rows: [
          ['first request of a token', first],
          ['each after it', again],
        ].map(([name, times]) => [
          name as string,
          ...[0.5, 0.9, 0.99].map((share) => round(percentile(times as number[], share), 1)),
        ]),
      },
    ],
    notes: [],
  }
}

/** What the server does with a request's token before anything else (people/recognise.ts, `can`). */
function authoriserOf(key: Uint8Array, ended: EndedSessions) {
  const readToken = makeTokenReader(key)
  return async (token: string, now: Date): Promise<boolean> => {
    const actor: Actor | undefined = await readToken(token, now)
    return actor !== undefined && !ended.has(actor.sessionId) && can('reader', 'comment.write')
  }
}

type Sql = { query: (text: string) => Promise<{ rows: unknown[] }> }

async function countLookUps(sql: Sql, port: number, tokens: string[]): Promise<number> {
  const ask = async () => {
    for (const token of tokens.slice(0, REQUESTS))
      await fetch(`http://127.0.0.1:${port}/health/live`, {
        headers: { authorization: `Bearer ${token}` },
      }).then((response) => response.arrayBuffer())
  }
  const began = clock()
  const withRequests = await countTransactions(sql, ask)
  const lasted = clock() - began
  const without = await countTransactions(sql, () => sleep(Math.max(0, lasted - 2 * SETTLE)))
  return Math.max(0, Math.round((withRequests - without) / REQUESTS))
}

/** The database writes its counters a second late, at most. */
const SETTLE = 1_500

async function countTransactions(sql: Sql, work: () => Promise<unknown>): Promise<number> {
  const read = async () => {
    await sleep(SETTLE)
    const { rows } = await sql.query(
      'select sum(xact_commit)::bigint as count from pg_stat_database where datname = current_database()',
    )
    return Number((rows[0] as { count: string }).count)
  }
  const before = await read()
  await work()
  return (await read()) - before
}
