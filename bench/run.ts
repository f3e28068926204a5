/** `npm run bench`: measures the built server and writes bench/REPORT.md. `-- --quick`: the developers' two minutes, on
 *  the terminal only; `-- reading writing …`: those parts only, on the terminal. Everything runs on this machine's
 *  loopback, on data that is made for it and removed afterwards. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildPages, buildServer } from '../scripts/build.js'
import { packageRoot } from '../src/settings/settings.ts'
import { Bench, makeFolder, quick, whole } from './bench.ts'
import { describeMachine, loadNow } from './machine.ts'
import { clock, round } from './measures.ts'
import { bytes } from './parts/bytes.ts'
import { growth, measureDatabase } from './parts/growth.ts'
import { live } from './parts/live.ts'
import { memory } from './parts/memory.ts'
import { people } from './parts/people.ts'
import { reading } from './parts/reading.ts'
import { writing } from './parts/writing.ts'
import { type Part, writeReport } from './report.ts'

const names = ['reading', 'bytes', 'people', 'writing', 'live', 'memory', 'growth'] as const
type Name = (typeof names)[number]

const say = (line: string) => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`)

/** @returns the parts in the order of the report */
async function measure(bench: Bench, chosen: Set<Name>): Promise<Part[]> {
  const parts: Part[] = []
  const run = async (name: Name, work: () => Promise<Part>) => {
    if (!chosen.has(name)) return
    const began = clock()
    const part = await work()
    parts.push(part)
    say(`${name}: ${round((clock() - began) / 1000)} s`)
    for (const check of part.checks)
      say(`  ${check.met ? 'met   ' : 'missed'} ${check.what}: ${check.measured}`)
  }
  await bench.fill('small')
  const small = chosen.has('growth') ? await measureDatabase(bench) : new Map<string, number>()
  await run('reading', () => reading(bench))
  await run('bytes', () => bytes(bench))
  await run('people', () => people(bench))
  await run('writing', () => writing(bench))
  await run('live', () => live(bench))
  await run('memory', () => memory(bench))
  await run('growth', () => growth(bench, small))
  return parts
}

async function main(args: string[]): Promise<number> {
  const wanted = args.filter((arg) => !arg.startsWith('--'))
  const wrong = [
    ...wanted.filter((name) => !(names as readonly string[]).includes(name)),
    ...args.filter((arg) => arg.startsWith('--') && arg !== '--quick'),
  ]
  if (wrong.length > 0) {
    process.stderr.write(`${wrong.join(', ')}? Parts are ${names.join(', ')}; the one option is --quick.\n`)
    return 2
  }
  const isQuick = args.includes('--quick')
  const chosen = new Set<Name>(wanted.length > 0 ? (wanted as Name[]) : names)
  const began = clock()
  const load = loadNow()
  await Promise.all([buildPages(), buildServer()])
  const { folder, remove } = await makeFolder()
  const bench = new Bench(isQuick ? quick : whole, folder, say)
  const clean = async () => {
    await bench.stop()
    await remove()
  }
  let interrupted = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      interrupted = true
      void clean().finally(() => process.exit(1))
    })
  try {
    const { sql } = await bench.server()
    const version = (await sql.query<{ server_version: string }>('show server_version')).rows[0]!
      .server_version
    const parts = await measure(bench, chosen)
    const lines = [
      ...describeMachine(version),
      `Date: ${new Date().toISOString().slice(0, 10)}; the run took ${round((clock() - began) / 60_000, 1)} minutes; processes that ran or waited when it began: ${round(load, 1)}`,
      'Every figure below was measured and written by `npm run bench`.',
    ]
    const report = writeReport({ title: isQuick ? 'Benchmark, quick' : 'Benchmark', lines }, parts)
    if (isQuick || wanted.length > 0) process.stdout.write(report)
    else await writeFile(join(packageRoot, 'bench/REPORT.md'), report)
    return 0
  } catch (error) {
    if (!interrupted) throw error
    return 1
  } finally {
    await clean()
  }
}

process.exitCode = await main(process.argv.slice(2))
