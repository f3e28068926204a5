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

/** Seconds of processor time that a process has used, all its threads; with `family` its living children's as well. */
export function cpuSeconds(pid: number, family = false): number {
  const processes = family ? [pid, ...childrenOf(pid)] : [pid]
  return processes.reduce((sum, one) => sum + ownSeconds(one), 0)
}

/** From schedstat, which counts nanoseconds; a thread that has ended since is no longer counted. */
function ownSeconds(pid: number): number {
  let threads: string[]
  try {
    threads = readdirSync(`/proc/${pid}/task`)
  } catch {
    return 0
  }
  const spent = threads.map((thread) => Number(readProc(`${pid}/task/${thread}/schedstat`)?.split(' ')[0] ?? 0))
  return spent.reduce((sum, nanoseconds) => sum + nanoseconds, 0) / 1e9
}
