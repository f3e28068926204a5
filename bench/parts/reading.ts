/** Reading: cached pages against bare node:http sending the same bytes, and pages rendered anew. */
import type { Bench } from '../bench.ts'
import { startChild } from '../child.ts'
import type { FloorPage } from '../floor.ts'
import type { LoadReport, Reads } from '../load.ts'
import { readSpent, spentBetween } from '../machine.ts'
import { inTurns, median, percentile, round } from '../measures.ts'
import { type Encoding, readPage, timeUncached, writeRequest } from '../pages.ts'
import { atLeast, atMost, type Check, type Part } from '../report.ts'
import type { BenchServer } from '../server.ts'

const CONNECTIONS = 16
const MOST_RENDER_MS = 15

export type Target = { name: string; story: string; path: string }

/** The pages of a reader's way through a discussion. */
export async function listTargets(bench: Bench): Promise<Target[]> {
  const { port } = await bench.server()
  const { ten, thousand, many } = bench.threads
  return [
    { name: 'thread of 10', story: ten, path: `/s/${ten}` },
    { name: 'thread of 1,000', story: thousand, path: `/s/${thousand}` },
    { name: 'thread of 33,000', story: many, path: `/s/${many}` },
    { name: 'its next page', story: many, path: await findNext(port, many) },
    { name: 'a permalink in it', story: many, path: await findPermalink(port, many) },
    { name: 'its fragment', story: many, path: `/fragment?story=${many}` },
  ]
}

export async function findNext(port: number, story: string): Promise<string> {
  const { body } = await readPage(port, `/s/${story}`, 'identity')
  const href = /<a class="next"[^>]* href="([^"#]+)/.exec(body.toString())?.[1]
  if (!href) throw new Error(`The page of story ${story} has no next one.`)
  return href.replaceAll('&amp;', '&')
}

/** The first comment's own page: the story's most answered one. */
export async function findPermalink(port: number, story: string): Promise<string> {
  const { body } = await readPage(port, `/s/${story}?sort=replied`, 'identity')
  const id = /data-comment="([^"]+)"/.exec(body.toString())?.[1]
  if (!id) throw new Error(`The page of story ${story} has no comment.`)
  return `/s/${story}/c/${id}`
}

export async function reading(bench: Bench): Promise<Part> {
  await bench.fill('threads')
  const server = await bench.server()
  const targets = await listTargets(bench)
  const cached = await measureCached(bench, server, targets)
  const anew = await measureAnew(bench, server, targets)
  const thread = (name: string, encoding: Encoding) =>
    cached.find((one) => one.target.name === name && one.encoding === encoding)!
  const many = thread('thread of 33,000', 'br')
  const short = thread('thread of 10', 'br')

  const withinTenth = (name: string): Check => {
    const one = thread(name, 'br')
    const ratio = median(one.rates.map((rate, n) => rate / short.rates[n]!))
    return atLeast(`req/s of ${name}, against the thread of 10`, ratio, 0.9, '×')
  }
  const checks = [
    atLeast('thread page against bare node:http', many.ratio, 0.8, '×'),
    atLeast(
      'thread page, not compressed, against bare node:http',
      thread('thread of 33,000', 'identity').ratio,
      0.8,
      '×',
    ),
    atLeast('fragment against bare node:http', thread('its fragment', 'br').ratio, 0.8, '×'),
    ...['thread of 33,000', 'its next page', 'a permalink in it'].map(withinTenth),
    ...anew.map(({ target, times }) =>
      atMost(`rendered anew: ${target.name}`, median(times), MOST_RENDER_MS, 'ms'),
    ),
  ]
  return {
    title: 'Reading',
    how: [
      `${CONNECTIONS} connections, one process of plain sockets for both servers, ${bench.scale.rounds} rounds in which each page is asked of`,
      'the floor and of us in turn; rates are medians, ratios the median of the ratios within a round. The processor time a request',
      'takes is the server’s alone, and the steadier figure on a machine that others use as well. "Rendered anew" is one request',
      `after the story was written to (${bench.scale.renders} times): looked up in the database, rendered, compressed with Brotli, sent.`,
    ],
    checks,
    tables: [
      {
        title: 'Pages that are in the cache',
        head: [
          'page',
          'sent as',
          'bytes',
          'bare node:http, req/s',
          'ours, req/s',
          'ratio',
          'CPU a request: bare, µs',
          'ours, µs',
          'ratio of these',
        ],
        rows: cached.map((one) => [
          one.target.name,
          one.encoding,
          round(one.bytes),
          round(one.floor),
          round(median(one.rates)),
          round(one.ratio, 2),
          round(one.floorCost, 1),
          round(one.cost, 1),
          round(one.floorCost / one.cost, 2),
        ]),
      },
      {
        title: 'Pages rendered anew, ms',
        head: ['page', 'median', 'p90', 'least', 'CPU of the server'],
        rows: anew.map(({ target, times, cost }) => [
          target.name,
          round(median(times), 1),
          round(percentile(times, 0.9), 1),
          round(percentile(times, 0), 1),
          round(cost / 1_000, 1),
        ]),
      },
    ],
    notes: explain(checks, many.bytes, short.bytes),
  }
}

function explain(checks: Check[], manyBytes: number, shortBytes: number): string[] {
  const missed = checks.some((check) => check.what.includes('thread of 10') && !check.met)
  return [
    ...(missed
      ? [
          `A page of a long thread shows twenty branches and weighs ${round(manyBytes / shortBytes, 1)} times the page of the thread of 10; the ratio to bare node:http with the same bytes shows what is ours of the difference.`,
        ]
      : []),
  ]
}

type Cached = {
  target: Target
  encoding: Encoding
  bytes: number
  floor: number
  rates: number[]
  ratio: number
  floorCost: number
  cost: number
}

async function measureCached(bench: Bench, server: BenchServer, targets: Target[]): Promise<Cached[]> {
  const floor = startChild('floor')
  const load = startChild('load')
  try {
    const kinds = targets.flatMap((target) =>
      (['br', 'identity'] as const)
        .filter((encoding) => encoding === 'br' || /33,000|fragment/.test(target.name))
        .map((encoding) => ({ target, encoding })),
    )
    const floorPort = await fillFloor(floor, server.port, targets)
    const ask = (port: number, { target, encoding }: (typeof kinds)[number], seconds: number) =>
      load.ask<LoadReport>({
        port,
        connections: CONNECTIONS,
        seconds,
        requests: [writeRequest(port, target.path, encoding)],
      } satisfies Reads)
    for (const kind of kinds) for (const port of [floorPort, server.port]) await ask(port, kind, 0.3)
    const rounds = await inTurns(bench.scale.rounds, kinds, async (kind) => {
      const bare = await costOf(floor.pid, () => ask(floorPort, kind, bench.scale.slot))
      const ours = await costOf(server.pid, () => ask(server.port, kind, bench.scale.slot))
      return { bare, ours, bytes: ours.report.bytes / ours.report.answers }
    })
    return kinds.map((kind, n) => {
      const all = rounds[n]!
      return {
        ...kind,
        bytes: all[0]!.bytes,
        floor: median(all.map((one) => one.bare.report.rate)),
        rates: all.map((one) => one.ours.report.rate),
        ratio: median(all.map((one) => one.ours.report.rate / one.bare.report.rate)),
        floorCost: median(all.map((one) => one.bare.each)),
        cost: median(all.map((one) => one.ours.each)),
      }
    })
  } finally {
    await Promise.all([floor.stop(), load.stop()])
  }
}

/** A load, and the processor time in microseconds that the server used for each answer. */
async function costOf(
  pid: number,
  work: () => Promise<LoadReport>,
): Promise<{ report: LoadReport; each: number }> {
  const before = readSpent(pid)
  const report = await work()
  if (report.odd) throw new Error(`Not 200: ${report.odd}`)
  return { report, each: spentBetween(before, readSpent(pid)) / report.answers }
}

/** Gives the floor our pages, with the headers that we send. @returns its port */
async function fillFloor(
  floor: ReturnType<typeof startChild>,
  port: number,
  targets: Target[],
): Promise<number> {
  const pages: Record<string, FloorPage> = {}
  for (const { path } of targets) {
    const identity = await readPage(port, path, 'identity')
    const br = await readPage(port, path, 'br')
    const own = Object.entries(identity.headers).filter(
      ([name]) => !['date', 'connection', 'keep-alive', 'content-length'].includes(name),
    )
    pages[path] = {
      headers: Object.fromEntries(own.map(([name, value]) => [name, String(value)])),
      identity: identity.body,
      br: br.body,
    }
  }
  return (await floor.ask<{ port: number }>(pages)).port
}

type Anew = { target: Target; times: number[]; cost: number }

/** Times of pages rendered anew in milliseconds, and the server's processor time for one in microseconds. */
export async function measureAnew(bench: Bench, server: BenchServer, targets: Target[]): Promise<Anew[]> {
  for (const target of targets) for (let n = 0; n < 5; n++) await timeUncached(server, target)
  const rounds = await inTurns(bench.scale.renders, targets, async (target) => {
    const before = readSpent(server.pid)
    const time = await timeUncached(server, target)
    return { time, cost: spentBetween(before, readSpent(server.pid)) }
  })
  return targets.map((target, n) => ({
    target,
    times: rounds[n]!.map((one) => one.time),
    cost: median(rounds[n]!.map((one) => one.cost)),
  }))
}
