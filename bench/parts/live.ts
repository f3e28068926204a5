/** Live: how long a comment takes from its 201 to every open page, and what an open page costs the server. */
import type { Bench } from '../bench.ts'
import { startChild } from '../child.ts'
import type { Arrivals, ListenersMessage } from '../listeners.ts'
import { residentMB } from '../machine.ts'
import { clock, percentile, round, seeded } from '../measures.ts'
import { atMost, type Part } from '../report.ts'
import type { BenchServer } from '../server.ts'
import { writeText } from '../texts.ts'

type Posted = { id: string; sent: number; answered: number }
type Wave = {
  name: string
  lags: number[]
  fromSent: number[]
  posted: number
  missed: number
  doubled: number
}

export async function live(bench: Bench): Promise<Part> {
  await bench.fill('threads')
  const server = await bench.restart()
  const { listeners: count } = bench.scale
  const story = bench.written.hot
  const tokens = await bench.tokens(20)
  await post(server, story, { token: tokens[0]!, text: writeText('en', seeded(7)) })
  const before = { ...(await server.memory()), resident: residentMB(server.pid) }
  const listeners = startChild('listeners')
  try {
    await listeners.ask({ open: { port: server.port, story, count } } satisfies ListenersMessage)
    await pause(1_000)
    const after = { ...(await server.memory()), resident: residentMB(server.pid) }
    const waves: Wave[] = []
    for (const [name, gap, seconds] of [
      ['10 comments a second', 100, 8],
      ['100 comments a second', 10, 3],
    ] as const) {
      const posted = await postPaced(server, story, {
        tokens,
        gap,
        count: Math.round((seconds * 1000) / gap),
      })
      await pause(1_500)
      waves.push(
        describeWave(
          name,
          posted,
          await listeners.ask<Arrivals>({ report: true } satisfies ListenersMessage),
          count,
        ),
      )
    }
    return describe(count, { before, after }, waves)
  } finally {
    await listeners.stop()
  }
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

async function post(
  server: BenchServer,
  story: string,
  comment: { token: string; text: string },
): Promise<Posted> {
  const sent = clock()
  const answer = await fetch(`http://127.0.0.1:${server.port}/api/stories/${story}/comments`, {
    method: 'POST',
    headers: { authorization: `Bearer ${comment.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ text: comment.text }),
  })
  const { id } = (await answer.json()) as { id: string }
  if (answer.status !== 201) throw new Error(`A comment was answered with ${answer.status}.`)
  return { id, sent, answered: clock() }
}

/** Posts at a steady pace, whether the answers are there or not. */
async function postPaced(
  server: BenchServer,
  story: string,
  run: { tokens: string[]; gap: number; count: number },
): Promise<Posted[]> {
  const random = seeded(run.count)
  const began = clock()
  const posted: Promise<Posted>[] = []
  for (let n = 0; n < run.count; n++) {
    await pause(Math.max(0, began + n * run.gap - clock()))
    posted.push(
      post(server, story, { token: run.tokens[n % run.tokens.length]!, text: writeText('en', random) }),
    )
  }
  return Promise.all(posted)
}

function describeWave(name: string, posted: Posted[], { arrivals }: Arrivals, count: number): Wave {
  const wave: Wave = { name, lags: [], fromSent: [], posted: posted.length, missed: 0, doubled: 0 }
  for (const { id, sent, answered } of posted) {
    const times = arrivals.get(id) ?? new Float64Array()
    wave.missed += Math.max(0, count - times.length)
    wave.doubled += Math.max(0, times.length - count)
    for (const time of times) {
      wave.lags.push(Math.max(0, time - answered))
      wave.fromSent.push(time - sent)
    }
  }
  return wave
}

type Memory = { rss: number; heap: number; external: number; resident: number }

function describe(count: number, memory: { before: Memory; after: Memory }, waves: Wave[]): Part {
  const each = (pick: (one: Memory) => number) => ((pick(memory.after) - pick(memory.before)) / count) * 1024
  return {
    title: 'Live',
    how: [
      `${round(count)} streams of server-sent events on one story, in a process of their own. Measured from the moment the writer had its 201`,
      'to the arrival at each stream (0 where the stream was first).',
    ],
    checks: [
      ...waves.map((wave) =>
        atMost(`from commit to arrival, p99, ${wave.name}`, percentile(wave.lags, 0.99), 1_000, 'ms'),
      ),
      {
        what: 'each comment reached each stream once',
        target: '0 missed, 0 doubled',
        measured: `${round(sum(waves.map((wave) => wave.missed)))} missed, ${round(sum(waves.map((wave) => wave.doubled)))} doubled`,
        met: waves.every((wave) => wave.missed === 0 && wave.doubled === 0),
      },
    ],
    tables: [
      {
        title: '',
        head: [
          '',
          'comments',
          'arrivals',
          'p50, ms',
          'p99, ms',
          'slowest, ms',
          'from sending to arrival, p99, ms',
        ],
        rows: waves.map((wave) => [
          wave.name,
          round(wave.posted),
          round(wave.lags.length),
          round(percentile(wave.lags, 0.5), 1),
          round(percentile(wave.lags, 0.99), 1),
          round(percentile(wave.lags, 1), 1),
          round(percentile(wave.fromSent, 0.99), 1),
        ]),
      },
      {
        title: 'Memory a listener in the server, kB',
        head: ['resident', 'JavaScript heap', 'buffers'],
        rows: [
          [
            round(
              each((one) => one.resident),
              1,
            ),
            round(
              each((one) => one.heap),
              1,
            ),
            round(
              each((one) => one.external),
              1,
            ),
          ],
        ],
      },
    ],
    notes: [],
  }
}

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0)
