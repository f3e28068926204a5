/** Writing: comments accepted by the second while pages are read, and whether each is there afterwards. */
import type { Bench } from '../bench.ts'
import { type Child, startChild } from '../child.ts'
import type { LoadReport, Reads, Writes } from '../load.ts'
import { readSpent, spentBetween } from '../machine.ts'
import { median, round } from '../measures.ts'
import { writeRequest } from '../pages.ts'
import { atLeast, type Part } from '../report.ts'
import type { BenchServer } from '../server.ts'

const WRITERS = 16
const READERS = 4
const LEAST_WRITES = 2_000

type Scenario = { name: string; stories: string[]; pages: string[] }
type Cost = { server: number; database: number }
type Round = { alone: LoadReport; writesAlone: LoadReport; cost: Cost; reads: LoadReport; writes: LoadReport }

let seed = 0

/** Writes for some seconds, and what processor time they took. */
export async function measureWrites(
  server: BenchServer,
  load: Child,
  run: { tokens: string[]; stories: string[]; seconds: number },
): Promise<{ report: LoadReport; cost: Cost }> {
  const before = { server: readSpent(server.pid), database: readSpent(server.databasePid, true) }
  const report = await load.ask<LoadReport>({
    port: server.port,
    connections: WRITERS,
    seconds: run.seconds,
    writes: { tokens: run.tokens, stories: run.stories, seed: ++seed },
  } satisfies Writes)
  if (report.odd) throw new Error(`A comment was not accepted: ${report.odd}`)
  return {
    report,
    cost: {
      server: spentBetween(before.server, readSpent(server.pid)) / report.answers,
      database: spentBetween(before.database, readSpent(server.databasePid, true)) / report.answers,
    },
  }
}

export async function writing(bench: Bench): Promise<Part> {
  await bench.fill('threads')
  const server = await bench.server()
  const { hot, spread } = bench.written
  const scenarios: Scenario[] = [
    { name: 'one story written, that page read', stories: [hot], pages: [hot] },
    { name: 'one story written, another page read', stories: [hot], pages: [bench.threads.thousand] },
    { name: '50 stories written, their pages read', stories: spread, pages: spread },
  ]
  const tokens = await bench.tokens(200)
  const writer = startChild('load')
  const reader = startChild('load')
  try {
    const there = await countComments(server)
    await measureWrites(server, writer, { tokens, stories: [hot, ...spread], seconds: 2 })
    const warmed = await countComments(server)
    const results: { scenario: Scenario; rounds: Round[] }[] = scenarios.map((scenario) => ({
      scenario,
      rounds: [],
    }))
    for (let n = 0; n < Math.min(3, bench.scale.rounds); n++)
      for (const { scenario, rounds } of results)
        rounds.push(await measureRound(bench, server, { writer, reader, tokens, scenario }))
    const accepted = results
      .flatMap(({ rounds }) => rounds)
      .reduce((sum, one) => sum + (one.writesAlone.statuses[201] ?? 0) + (one.writes.statuses[201] ?? 0), 0)
    const found = await countComments(server)
    return describe(results, {
      accepted,
      kept: found.rows - warmed.rows,
      miscounted: found.miscounted,
      before: there.rows,
    })
  } finally {
    await Promise.all([writer.stop(), reader.stop()])
  }
}

async function measureRound(
  bench: Bench,
  server: BenchServer,
  {
    writer,
    reader,
    tokens,
    scenario,
  }: { writer: Child; reader: Child; tokens: string[]; scenario: Scenario },
): Promise<Round> {
  const seconds = bench.scale.slot * 3.5
  const requests = scenario.pages.map((story) => writeRequest(server.port, `/s/${story}`, 'br'))
  const read = () =>
    reader.ask<LoadReport>({ port: server.port, connections: READERS, seconds, requests } satisfies Reads)
  const alone = await read()
  const { report: writesAlone, cost } = await measureWrites(server, writer, {
    tokens,
    stories: scenario.stories,
    seconds,
  })
  const [reads, { report: writes }] = await Promise.all([
    read(),
    measureWrites(server, writer, { tokens, stories: scenario.stories, seconds }),
  ])
  return { alone, writesAlone, cost, reads, writes }
}

async function countComments(server: BenchServer): Promise<{ rows: number; miscounted: number }> {
  const { rows } = await server.sql.query<{ rows: string; miscounted: string }>(
    `select (select count(*) from comment) as rows, (select count(*) from story where comments <>
       (select count(*) from comment where comment.story_id = story.id and status = 'published')) as miscounted`,
  )
  return { rows: Number(rows[0]!.rows), miscounted: Number(rows[0]!.miscounted) }
}

function describe(
  results: { scenario: Scenario; rounds: Round[] }[],
  count: { accepted: number; kept: number; miscounted: number; before: number },
): Part {
  const rows = results.map(({ scenario, rounds }) => {
    const of = (pick: (one: Round) => number) => median(rounds.map(pick))
    return {
      scenario,
      writesAlone: of((one) => one.writesAlone.rate),
      writes: of((one) => one.writes.rate),
      alone: of((one) => one.alone.rate),
      reads: of((one) => one.reads.rate),
      share: of((one) => one.reads.rate / one.alone.rate),
      p50: of((one) => one.writes.p50),
      p99: of((one) => one.writes.p99),
      readP99: of((one) => one.reads.p99),
      server: of((one) => one.cost.server),
      database: of((one) => one.cost.database),
    }
  })
  const checks = rows.flatMap((row) => [
    atLeast(`comments a second, ${row.scenario.name}`, row.writes, LEAST_WRITES, '/s'),
    atLeast(`reads while writing, ${row.scenario.name}`, row.share, 0.5, '×'),
  ])
  checks.push({
    what: 'each comment answered with 201 is in the database, and each story counts right',
    target: `${round(count.accepted)} and 0 wrong`,
    measured: `${round(count.kept)} and ${round(count.miscounted)} wrong`,
    met: count.accepted === count.kept && count.miscounted === 0,
  })
  return {
    title: 'Writing',
    how: [
      `POST /api/stories/:story/comments from ${WRITERS} connections, each comment of 200 to 400 characters in English, Japanese or Korean,`,
      `with its own Idempotency-Key and one of 200 readers' tokens; answered only after the commit. At the same time ${READERS} connections`,
      'read pages as fast as they get them. Medians of the rounds; server, database and both clients share the cores.',
    ],
    checks,
    tables: [
      {
        title: '',
        head: [
          '',
          'comments/s alone',
          'with readers',
          'p50, ms',
          'p99, ms',
          'reads/s alone',
          'with writers',
          'reads p99, ms',
          'CPU a comment: server, µs',
          'database, µs',
        ],
        rows: rows.map((row) => [
          row.scenario.name,
          round(row.writesAlone),
          round(row.writes),
          round(row.p50, 1),
          round(row.p99, 1),
          round(row.alone),
          round(row.reads),
          round(row.readP99, 1),
          round(row.server),
          round(row.database),
        ]),
      },
    ],
    notes: checks.every((check) => check.met)
      ? []
      : [
          'Reads and writes meet in one event loop: what a comment costs there (CPU a comment) is taken from the reads, which go as fast as they can.',
        ],
  }
}
