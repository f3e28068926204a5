/** What the figures were taken on, and what processes take of it: from /proc, where there is one. */
import { readdirSync, readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem, type } from 'node:os'

const MB = 1024 * 1024

/** Lines for the head of the report. */
export function describeMachine(postgres: string): string[] {
  const list = cpus()
  return [
    `Processor: ${list[0]?.model.trim()}, ${list.length} ${list.length === 1 ? 'core' : 'cores'}, shared by server, database and clients`,
    `Memory: ${Math.round(totalmem() / MB / 1024)} GB`,
    `System: ${type()} ${release()}`,
    `Node.js: ${process.version}`,
    `PostgreSQL: ${postgres}, embedded, data on disk, synchronous_commit on`,
  ]
}

/** How busy the machine was, all in all: processes that ran or waited, over the last minute. */
export const loadNow = (): number => loadavg()[0] ?? Number.NaN

const readProc = (path: string): string | undefined => {
  try {
    return readFileSync(`/proc/${path}`, 'utf8')
  } catch {
    return undefined
  }
}

const kilobytes = (text: string | undefined, name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text ?? '')?.[1] ?? Number.NaN)

/** Resident memory of a process in MB. */
export const residentMB = (pid: number): number => kilobytes(readProc(`${pid}/status`), 'VmRSS') / 1024

/** The most that was resident since the process began, in MB. */
export const peakMB = (pid: number): number => kilobytes(readProc(`${pid}/status`), 'VmHWM') / 1024

/** Memory of a process and its children in MB, shared pages counted once. */
export function familyMB(pid: number): number {
  const shares = [pid, ...childrenOf(pid)].map((one) => kilobytes(readProc(`${one}/smaps_rollup`), 'Pss'))
  return shares.reduce((sum, share) => sum + share, 0) / 1024
}

function childrenOf(pid: number): number[] {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return all
    .filter((name) => Number(/^PPid:\s+(\d+)/m.exec(readProc(`${name}/status`) ?? '')?.[1]) === pid)
    .map(Number)
}

/** Microseconds of processor time by thread. */
export type Spent = Map<string, number>

/** What the threads of a process have used so far; with `family` those of its children as well. From schedstat, which
 *  counts nanoseconds. */
export function readSpent(pid: number, family = false): Spent {
  const spent: Spent = new Map()
  for (const one of family ? [pid, ...childrenOf(pid)] : [pid])
    for (const thread of listThreads(one)) {
      const used = readProc(`${one}/task/${thread}/schedstat`)?.split(' ')[0]
      if (used) spent.set(thread, Number(used) / 1_000)
    }
  return spent
}

/** Microseconds used between two readings, by threads that are there at the end. */
export const spentBetween = (before: Spent, after: Spent): number =>
  [...after].reduce((sum, [thread, used]) => sum + used - (before.get(thread) ?? 0), 0)

function listThreads(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}
