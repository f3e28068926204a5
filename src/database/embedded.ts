/**
 * The embedded database: a real PostgreSQL under the data folder, for those who bring none.
 *
 *   data/detente.lock    one server at a time (data-folder.ts)
 *   data/postgres/       the cluster; made in `postgres.new-…` and renamed when complete
 *   data/run             the socket's folder, or a link to it
 *   data/postgres.log    what the database says
 *   data/postgres-bin/   the programs, where the installed ones can't be used in place (binaries.ts)
 *
 * It listens on a Unix socket only, in a folder that nobody but its user may enter; that is its access
 * control. It runs in a session of its own, so that a terminal's Ctrl-C reaches the server alone, which
 * stops the database when the last request is done. Should the database die, it is started again. Should
 * the server be killed, the database lives on until the next start, which stops it in order first.
 */
import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync, statSync } from 'node:fs'
import { mkdir, mkdtemp, open, readdir, readFile, realpath, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import {
  type Binaries,
  endLeftovers,
  endProcess,
  findProcesses,
  prepareBinaries,
  readPidFile,
  runInitdb,
  sendSignal,
  spawnProgram,
} from './binaries.ts'
import {
  canReach,
  checkCluster,
  chooseRunner,
  chooseSocketFolder,
  clearSocketFolder,
  codeOf,
  type DatabaseRefusal,
  type DataFolderBusy,
  findHolder,
  giveTree,
  type Home,
  lockDataFolder,
  logFile,
  readLogEnd,
  removeSocketFolder,
  trimLog,
  unlessMissing,
} from './data-folder.ts'

/** `host` is the socket's folder. */
export type EmbeddedConnection = { host: string; port: number; user: string; database: string }

/** `pid` changes when the database had to be started again; `connection` never does. */
export type EmbeddedPostgres = {
  connection: EmbeddedConnection
  readonly pid: number
  /** Ends the database in order and frees the folder. May be called again. */
  stop(): Promise<void>
}

type Log = (line: string) => void

/** `ended` tells how; `logStart` is where in the log this run begins, in bytes. */
type Server = { child: ChildProcess; ended: Promise<string>; logStart: number }

type Tending = {
  launch: () => Promise<Server>
  connection: EmbeddedConnection
  home: Home
  log: Log
  release: () => Promise<void>
}

const PORT = 5432
const NAME = 'detente'
const JOIN_MS = 30_000
/** A new cluster, and one found after a crash, is synced as a whole: in one call where the system has it, as a
 *  thousand files take seconds on a busy disk. */
const SYNC_METHOD = process.platform === 'linux' ? 'syncfs' : 'fsync'

/** Written into postgresql.conf once: a small machine's values, for the operator to change there. */
const tuning = {
  shared_buffers: '128MB',
  max_connections: '60',
  max_wal_size: '1GB',
  checkpoint_timeout: '15min',
  wal_compression: 'pglz', // the programs are built without lz4 and zstd
  random_page_cost: '1.1',
  jit: 'off', // compiling costs more than our short queries take
  max_parallel_workers_per_gather: '0', // requests share the cores already; /dev/shm is small in containers
  max_parallel_maintenance_workers: '0',
  autovacuum_naptime: '20s', // tables that mostly grow: freeze and analyse early, in small steps
  autovacuum_vacuum_insert_scale_factor: '0.1',
  autovacuum_analyze_scale_factor: '0.05',
}

/** Given at every start, so that no file can undo it: what an acknowledged write relies on, the socket as the
 *  only door, and a log of the database's own life without the errors of queries, which quote readers' text. */
const guarantees = {
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  listen_addresses: '',
  port: String(PORT),
  unix_socket_permissions: '0700',
  timezone: 'UTC',
  log_timezone: 'UTC',
  logging_collector: 'off',
  log_destination: 'stderr',
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_checkpoints: 'off',
  recovery_init_sync_method: SYNC_METHOD,
}

/**
 * Starts the database in a folder, which is made if it isn't there, and waits until it answers.
 * @param data the data folder
 * @param log receives a line when something happens that an operator should know
 * @returns the running database, or why there is none: a message for a person
 */
export async function startEmbedded({
  data,
  log,
}: {
  data: string
  log: Log
}): Promise<EmbeddedPostgres | DataFolderBusy | DatabaseRefusal> {
  try {
    await mkdir(data, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 })
    const folder = await realpath(data)
    const lock = await lockDataFolder(folder)
    if ('refused' in lock) return lock
    const started = await startLocked(folder, log, lock.release).catch(async (error: unknown) => {
      await lock.release()
      throw error
    })
    if ('refused' in started) await lock.release()
    return started
  } catch (error) {
    return explainError(error, data)
  }
}

/**
 * The database that another process, a server, runs in this folder; undefined if none does.
 * Waits up to half a minute for one that is still starting.
 */
export async function joinEmbedded(data: string): Promise<EmbeddedConnection | undefined> {
  for (let waited = 0; waited < JOIN_MS && (await findHolder(data)) !== undefined; waited += 50) {
    const lines = await readPidFile(join(data, 'postgres'))
    const connection = { host: lines[4] ?? '', port: Number(lines[3]), user: NAME, database: NAME }
    if (isReady(lines) && (await ask(connection, 'select 1')) === undefined) return connection
    await sleep(50)
  }
  return undefined
}

async function startLocked(data: string, log: Log, release: () => Promise<void>) {
  const cluster = join(data, 'postgres')
  const runner = await chooseRunner(cluster)
  const home: Home = { data, cluster, runner, reachable: canReach(data, runner) }
  const binaries = await prepareBinaries(home.reachable ? join(data, 'postgres-bin') : undefined, runner)
  if ('refused' in binaries) return binaries
  const refusal = (await checkCluster(home, binaries.major)) ?? (await createCluster(home, binaries, log))
  if (refusal) return refusal

  const host = await chooseSocketFolder(home)
  const connection = { host, port: PORT, user: NAME, database: NAME }
  const launch = async () => {
    await endLeftovers(cluster, log)
    await clearSocketFolder(host, runner)
    return launchServer(home, binaries, host)
  }
  for (let tries = 1; ; tries++) {
    const server = await launch()
    const failure = await waitUntilReady(server, { connection, home, log })
    if (!failure) return tendServer(server, { launch, connection, home, log, release })
    await endServer(server)
    // sessions of a killed database hold its shared memory until they notice
    if (tries > 10 || !/shared memory block .* in use/.test(failure)) {
      await removeSocketFolder(data)
      return explainFailure(`The database did not start: ${failure}`)
    }
    await sleep(500)
  }
}

/** Makes the cluster unless it is there. Whatever a killed attempt left is removed first. */
async function createCluster(home: Home, binaries: Binaries, log: Log): Promise<DatabaseRefusal | undefined> {
  const { data, cluster, runner } = home
  for (const name of await readdir(data)) {
    if (!name.startsWith('postgres.new-')) continue
    for (const pid of findProcesses(join(data, name))) sendSignal(pid, 'SIGKILL')
    await rm(join(data, name), { recursive: true, force: true, maxRetries: 10 })
  }
  if ((await readFile(join(cluster, 'PG_VERSION')).catch(unlessMissing)) !== undefined) return undefined
  log(`Making a new database in ${cluster}.`)
  const draft = await mkdtemp(join(data, 'postgres.new-'))
  if (runner) await giveTree(draft, runner)
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  const access = [`--username=${NAME}`, '--auth-local=trust', '--auth-host=reject']
  const settings = Object.entries(tuning).map(([name, value]) => `--set=${name}=${value}`)
  const options = [...locale, ...access, ...settings, `--sync-method=${SYNC_METHOD}`]
  const failure = await runInitdb(draft, home, binaries, options)
  if (failure !== undefined) {
    await rm(draft, { recursive: true, force: true, maxRetries: 10 })
    return explainFailure(`The database could not be made: ${pickReason(failure)}`)
  }
  await rename(draft, cluster)
  const folder = await open(data)
  await folder.sync()
  await folder.close()
  return undefined
}

async function launchServer(home: Home, binaries: Binaries, host: string): Promise<Server> {
  await trimLog(home.data)
  const log = openSync(logFile(home.data), 'a', 0o600)
  try {
    const settings = Object.entries({ ...guarantees, unix_socket_directories: host })
    const child = spawnProgram(binaries.postgres, home.cluster, home, {
      args: settings.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      stdio: ['ignore', log, log],
      detached: true,
    })
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message))
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
    })
    return { child, ended, logStart: statSync(logFile(home.data)).size }
  } finally {
    closeSync(log)
  }
}

/** Undefined once our database answers, otherwise why it won't. Recovery after a crash takes its time. */
async function waitUntilReady(
  server: Server,
  { connection, home, log }: Omit<Tending, 'launch' | 'release'>,
) {
  let how: string | undefined
  void server.ended.then((end) => {
    how = end
  })
  for (let tries = 1; how === undefined; tries++) {
    if (tries % 500 === 0) log('The database is still recovering.')
    await sleep(20)
    if (!isReady(await readPidFile(home.cluster))) continue
    const error = await ask(connection, 'select 1')
    if (error === undefined) return undefined
    const other = codeOf(error) === '3D000' ? await nameDatabase(connection) : error
    if (other instanceof pg.DatabaseError && !isPassing(other)) return other.message
  }
  return `${pickReason(await readLogEnd(home.data, server.logStart))} (${how})`
}

/** initdb leaves an empty database `postgres`: it becomes ours, which is quicker than copying another one. */
const nameDatabase = (connection: EmbeddedConnection) =>
  ask({ ...connection, database: 'template1' }, `alter database postgres rename to ${NAME}`)

/** PostgreSQL's own word for it, cheaper than knocking. */
const isReady = (pidFile: string[]) => pidFile[7]?.startsWith('ready') === true

/** Runs a statement on a connection of its own. Returns the error, if any. */
async function ask(connection: EmbeddedConnection, statement: string): Promise<Error | undefined> {
  const client = new pg.Client({ ...connection, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {}) // connect() and query() tell as well
  try {
    await client.connect()
    await client.query(statement)
    return undefined
  } catch (error) {
    return error as Error
  } finally {
    await client.end().catch(() => {})
  }
}

/** Starting up or shutting down (57P…), no connection free (53300): worth another try. */
const isPassing = (error: pg.DatabaseError) => /^(57P|53300|08)/.test(error.code ?? '')

/** Keeps the database running until `stop`. */
function tendServer(first: Server, { launch, connection, home, log, release }: Tending): EmbeddedPostgres {
  let server = first
  const stopping = new AbortController()

  const restart = async () => {
    try {
      server = await launch()
      if (stopping.signal.aborted) return await endServer(server)
      const failure = await waitUntilReady(server, { connection, home, log })
      if (!stopping.signal.aborted)
        log(failure ? `The database did not start: ${failure}` : 'The database is back.')
    } catch (error) {
      log(`The database can't be started: ${(error as Error).message}`)
    }
  }
  const keepRunning = async () => {
    for (let pause = 0; ; pause = Math.min(5_000, pause * 2 + 100)) {
      const started = Date.now()
      const how = await server.ended
      if (stopping.signal.aborted) return
      log(`The database ended (${how}); starting it again.`)
      if (Date.now() - started > 60_000) pause = 0
      await sleep(pause, undefined, { signal: stopping.signal }).catch(() => {})
      if (stopping.signal.aborted) return
      await restart()
    }
  }

  const running = keepRunning()
  const trimming = setInterval(() => void trimLog(home.data).catch(() => {}), 60_000).unref()
  const endWithUs = () => void server.child.kill('SIGINT')
  process.once('exit', endWithUs)

  const stop = async () => {
    stopping.abort()
    await endServer(server)
    await running
    clearInterval(trimming)
    process.off('exit', endWithUs)
    await removeSocketFolder(home.data)
    await release()
  }
  let stopped: Promise<void> | undefined
  return {
    connection,
    get pid() {
      return server.child.pid ?? 0
    },
    stop() {
      stopped ??= stop()
      return stopped
    },
  }
}

/** A child that was waited for has given its id back: it may be another program's by now. */
async function endServer({ child, ended }: Server): Promise<void> {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
    await endProcess(child.pid)
  await ended
}

/** The line of a program's output that says why it failed, else its last one. */
function pickReason(output: string): string {
  const lines = output.trim().split('\n')
  const reasons = lines.filter((line) => /(FATAL|PANIC|error):(?! +the database system is)/.test(line))
  return (reasons.at(-1) ?? lines.at(-1) ?? '').trim()
}

/** What a program said when it failed, as a refusal. */
const explainFailure = (message: string): DatabaseRefusal => ({
  refused: /no space left|quota exceeded/i.test(message) ? 'disk-full' : 'database-failed',
  message,
})

/** A system error about the data folder, as a refusal; anything else is a bug and thrown on. */
function explainError(error: unknown, data: string): DatabaseRefusal {
  const reason = error instanceof Error ? error.message : ''
  switch (codeOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return {
        refused: 'disk-full',
        message: `There is no space left for the data folder ${data} (${reason}).`,
      }
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'EEXIST':
    case 'ENOTDIR':
    case 'ENAMETOOLONG':
    case 'ENOTSUP':
      return { refused: 'data-folder-unusable', message: `The data folder ${data} can't be used: ${reason}.` }
    default:
      throw error
  }
}
