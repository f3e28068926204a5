/** Memory and starts: an idle server, one that serves a million comments, and how soon either is there. */
import { type Bench, makeFolder } from '../bench.ts'
import { startChild } from '../child.ts'
import type { LoadReport, Reads } from '../load.ts'
import { familyMB, peakMB, residentMB } from '../machine.ts'
import { clock, median, round, seeded } from '../measures.ts'
import { readPage, writeRequest } from '../pages.ts'
import { atMost, type Part } from '../report.ts'
import { startServer } from '../server.ts'

const MOST_IDLE = 150
const MOST_FULL = 300
const MOST_START = 2_000
const READERS = 8

export async function memory(bench: Bench): Promise<Part> {
  const idle = await measureIdle()
  await bench.fill('million')
  const starts = await measureStarts(bench)
  const full = await measureFull(bench)
  const size = `${round(bench.scale.comments)} comments in ${round(bench.scale.stories)} stories`
  return {
    title: 'Memory and starts',
    how: [
      `Resident memory of the Node process: of a fresh server that nobody asks anything, five seconds after its start, and with ${size}`,
      `after ${bench.scale.mixedSeconds} s of mixed reading from ${READERS} connections (pages, next pages, fragments, permalinks, searches, API, counts, all over`,
      'the stories). A cold start is the time from the start of the process to the first whole story page, on an existing data folder',
      'that was closed in order; the files are in the system’s cache. "Nothing there" makes the database first.',
    ],
    checks: [
      atMost('idle server, Node process', idle.node, MOST_IDLE, 'MB'),
      atMost(`with ${size}, Node process, while reading`, full.peak, MOST_FULL, 'MB'),
      atMost('cold start to first page', median(starts), MOST_START, 'ms'),
    ],
    tables: [
      {
        title: 'Memory, MB',
        head: ['', 'Node process', 'its JavaScript heap', 'PostgreSQL, all processes'],
        rows: [
          ['idle', round(idle.node), round(idle.heap), round(idle.database)],
          ['full, after reading', round(full.node), round(full.heap), round(full.database)],
        ],
      },
      {
        title: 'Starts, ms',
        head: ['', 'measured'],
        rows: [
          ['nothing there, to ready', round(idle.startedIn)],
          [`${size}, to first page`, starts.map((ms) => round(ms)).join(', ')],
        ],
      },
      {
        title: `Mixed reading, ${round(full.reads.answers)} requests`,
        head: ['req/s', 'p50, ms', 'p99, ms', 'slowest, ms'],
        rows: [
          [full.reads.rate, full.reads.p50, full.reads.p99, full.reads.slowest].map((value) =>
            round(value, 1),
          ),
        ],
      },
    ],
    notes: [
      `The database of ${size} was filled in ${round(bench.fillSeconds)} s and takes ${round(full.databaseSize)} MB.`,
    ],
  }
}

async function measureIdle(): Promise<{ node: number; heap: number; database: number; startedIn: number }> {
  const { folder, remove } = await makeFolder()
  try {
    const server = await startServer(folder)
    await new Promise((resolve) => setTimeout(resolve, 5_000))
    const node = residentMB(server.pid)
    const database = familyMB(server.databasePid)
    const { heap } = await server.memory()
    await server.stop()
    return { node, heap, database, startedIn: server.startedIn }
  } finally {
    await remove()
  }
}

async function measureStarts(bench: Bench): Promise<number[]> {
  const times: number[] = []
  for (let n = 0; n < 3; n++) {
    await bench.stop()
    const began = clock()
    const server = await bench.server()
    const joined = clock()
    await readPage(server.port, `/s/${bench.threads.many}`, 'br')
    times.push(server.startedIn + (clock() - joined))
    if (joined - began > 30_000) break
  }
  return times
}

/** Reads of all kinds, over all stories. */
async function measureFull(bench: Bench) {
  const server = await bench.restart()
  const random = seeded(11)
  const stories = [...bench.stories.values()]
  const requests: string[] = []
  const { rows } = await server.sql.query<{ story_id: string; id: string }>(
    'select story_id, id from comment tablesample system (0.5) limit 2000',
  )
  for (let n = 0; n < 6_000; n++) {
    const story = stories[Math.floor(random() ** 3 * stories.length)]!
    const comment = rows[Math.floor(random() * rows.length)]!
    const paths = [
      `/s/${story}`,
      `/s/${story}?sort=newest`,
      `/s/${story}?sort=oldest&lang=ja`,
      `/fragment?story=${story}`,
      `/s/${comment.story_id}/c/${comment.id}`,
      `/api/stories/${story}/comments`,
      `/counts?story=${story}`,
      n % 40 === 0 ? '/search?q=lighthouse%20orrin' : `/s/${story}`,
    ]
    requests.push(writeRequest(server.port, paths[n % paths.length]!, n % 5 === 0 ? 'gzip' : 'br'))
  }
  const load = startChild('load')
  try {
    const reads = await load.ask<LoadReport>({
      port: server.port,
      connections: READERS,
      seconds: bench.scale.mixedSeconds,
      requests,
    } satisfies Reads)
    if (reads.odd) throw new Error(`Not 200: ${reads.odd}`)
    const node = residentMB(server.pid)
    const peak = peakMB(server.pid)
    const database = familyMB(server.databasePid)
    const { heap } = await server.memory()
    const size = await server.sql.query<{ bytes: string }>(
      'select pg_database_size(current_database()) as bytes',
    )
    return { reads, node, peak, heap, database, databaseSize: Number(size.rows[0]!.bytes) / 1024 / 1024 }
  } finally {
    await load.stop()
  }
}
