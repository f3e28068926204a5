/** The built server as a process of its own, on the embedded database, and a connection beside it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { joinEmbedded } from '../src/database/embedded.ts'
import { packageRoot } from '../src/settings/settings.ts'
import { clock } from './measures.ts'

export type BenchServer = {
  port: number
  pid: number
  /** Process id of the database's first process. */
  databasePid: number
  /** Milliseconds from the start of the process to its line "Detente is at …". */
  startedIn: number
  /** A connection to the server's database. */
  sql: pg.Client
  /** Memory of the Node process in MB, after a garbage collection. */
  memory: () => Promise<{ rss: number; heap: number; external: number }>
  stop: () => Promise<void>
}

const START_MS = 60_000
const STOP_MS = 30_000

/** Starts `detente start` as an operator would, on any free port of the loopback, without limits and sample. */
export async function startServer(data: string, env: Record<string, string> = {}): Promise<BenchServer> {
  const began = clock()
  const child = spawn(
    process.execPath,
    [
      '--expose-gc',
      '--import',
      join(packageRoot, 'bench/probe.js'),
      join(packageRoot, 'bin/detente.js'),
      'start',
      '--port',
      '0',
      '--data',
      data,
    ],
    {
      cwd: packageRoot,
      env: {
        ...process.env,
        DETENTE_RATE_LIMITS: 'off',
        DETENTE_SAMPLE: 'off',
        DETENTE_LOG: 'warn',
        DATABASE_URL: undefined,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    },
  )
  const endWithUs = () => void child.kill('SIGKILL')
  process.once('exit', endWithUs)
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const port = await readPort(child)
  const startedIn = clock() - began

  const connection = await joinEmbedded(data)
  if (!connection) throw new Error('The server runs, its database does not.')
  const sql = new pg.Client(connection)
  await sql.connect()
  return {
    port,
    pid: child.pid!,
    databasePid: Number(readFileSync(join(data, 'postgres/postmaster.pid'), 'utf8').split('\n')[0]),
    startedIn,
    sql,
    memory: () => askMemory(child),
    stop: async () => {
      await sql.end()
      child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
      await ended
      clearTimeout(late)
      process.off('exit', endWithUs)
    },
  }
}

/** The port from the line that the server prints when it is ready. */
function readPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let printed = ''
    const late = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`The server did not start within ${START_MS / 1000} s. It printed: ${printed}`))
    }, START_MS)
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      printed += text
      const port = /Detente is at http:\/\/[^\s]+:(\d+)/.exec(printed)?.[1]
      if (!port) return
      clearTimeout(late)
      resolve(Number(port))
    })
    child.once('exit', (code) => {
      clearTimeout(late)
      reject(new Error(`The server ended (${code}) before it was ready. It printed: ${printed}`))
    })
  })
}

function askMemory(child: ChildProcess): Promise<{ rss: number; heap: number; external: number }> {
  return new Promise((resolve) => {
    child.once('message', (usage: NodeJS.MemoryUsage) => {
      const MB = 1024 * 1024
      resolve({ rss: usage.rss / MB, heap: usage.heapUsed / MB, external: usage.external / MB })
    })
    child.send('memory')
  })
}
