/**
 * The data folder: who holds it, which user runs the database in it, where its socket is.
 *
 * The lock. `detente.lock` names its holder: process id, that process's start time (an id is used again by
 * other programs), the place it lives in (boot and pid namespace) and a token of its own. It is made by
 * link(2), which never replaces a file, so one of two starters gets it. A dead holder's lock can't just be
 * deleted: a slow starter would delete its faster rival's new lock. Instead the successor of the holder
 * with token T is whoever links `detente.lock.T`, again one only; it then checks that the lock still is
 * T's (otherwise it came too late and starts over), renames its own record over the lock, and only then
 * deletes the successor file. Should a successor die in between, its own successor is chosen likewise.
 *
 * Processes of another place (a second container on the same volume) can't be looked up. Holders therefore
 * touch the lock every second, and a foreign lock is only taken over when nobody does.
 */
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync, readlinkSync, statSync } from 'node:fs'
import {
  chmod,
  chown,
  copyFile,
  lchown,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  rmdir,
  stat,
  symlink,
  truncate,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Another process has this folder; `pid` is its id, in its own pid namespace. */
export type DataFolderBusy = { refused: 'data-folder-busy'; pid: number; message: string }

/** Why there is no embedded database, for the person who started it. */
export type DatabaseRefusal = {
  refused: 'no-binaries' | 'data-folder-unusable' | 'disk-full' | 'other-version' | 'database-failed'
  message: string
}

/** The user that runs PostgreSQL, which refuses to be root. */
export type Runner = { uid: number; gid: number }

/** The folder in use. `reachable`: the runner may enter it by its path. */
export type Home = { data: string; cluster: string; runner: Runner | undefined; reachable: boolean }

type FolderLock = { release(): Promise<void> }

type Holder = { pid: number; started: string; place: string; token: string }

const HEARTBEAT_MS = 1_000
/** How long a foreign holder is watched for a sign of life; five beats. */
const WATCH_MS = 5_000

/** The lock on the data folder, or who has it. */
export async function lockDataFolder(data: string): Promise<FolderLock | DataFolderBusy> {
  const mine: Holder = {
    pid: process.pid,
    started: startTime(process.pid) ?? '',
    place: thisPlace(),
    token: randomUUID(),
  }
  const draft = join(data, `detente.lock.${mine.token}.draft`)
  await writeFile(draft, JSON.stringify(mine), { flag: 'wx', mode: 0o644 })
  try {
    for (;;) {
      const outcome = await contend(lockFile(data), draft)
      if (outcome === 'held') return holdLock(lockFile(data), mine)
      if (outcome !== 'again') return explainBusy(data, outcome)
    }
  } finally {
    await rm(draft, { force: true })
  }
}

/** Id of the living process on this machine that holds the folder. */
export async function findHolder(data: string): Promise<number | undefined> {
  const holder = await readHolder(lockFile(data)).catch(() => undefined)
  const alive = holder && holder.place === thisPlace() && startTime(holder.pid) === holder.started
  return alive ? holder.pid : undefined
}

/** When a process began, in whatever unit the system has; undefined if it is gone (or only a zombie). */
export function startTime(pid: number): string | undefined {
  try {
    if (process.platform !== 'linux') {
      const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' } // the same words whoever asks
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', env }).trim()
    }
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // proc(5): the second field, the name in parentheses, may itself contain both; state is 3, start 22
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
    return /[ZXx]/.test(fields[0] ?? '') ? undefined : fields[19]
  } catch {
    return undefined
  }
}

/** A system error's code, undefined for any other value. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** For `catch`: undefined where there is no such file. */
export function unlessMissing(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error
}

/**
 * Who runs the database: undefined is this process's own user. As root it is the owner of the cluster that
 * is there, otherwise `nobody` (65534 on Linux; macOS numbers it out of range, there it is `daemon`).
 * initdb needs a user that has a name, which rules out a number of our own.
 */
export async function chooseRunner(cluster: string): Promise<Runner | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const owner = await stat(cluster).catch(() => undefined)
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid }
  return process.platform === 'darwin' ? { uid: 1, gid: 1 } : { uid: 65534, gid: 65534 }
}

/** Whether that user may enter a folder: every folder above it has to let it through. */
export function canReach(folder: string, runner: Runner | undefined): boolean {
  if (!runner) return true
  const { uid, gid, mode } = statSync(folder)
  const bit = uid === runner.uid ? 0o100 : gid === runner.gid ? 0o010 : 0o001
  return (mode & bit) !== 0 && (dirname(folder) === folder || canReach(dirname(folder), runner))
}

/** Whether the cluster can be run by us: its owner, its version, its mode. Undefined also if there is none yet.
 *  @param major our PostgreSQL's version as in PG_VERSION */
export async function checkCluster(
  { cluster, runner }: Home,
  major: string,
): Promise<DatabaseRefusal | undefined> {
  const found = await stat(cluster).catch(unlessMissing)
  if (!found) return undefined
  const user = process.getuid?.()
  if (!runner && found.uid !== user) {
    const message = `${cluster} belongs to user ${found.uid} and this is user ${user}: start as that user or as root.`
    return { refused: 'data-folder-unusable', message }
  }
  const version = (await readFile(join(cluster, 'PG_VERSION'), 'utf8').catch(unlessMissing))?.trim()
  if (version !== undefined && version !== major) {
    const message =
      `${cluster} holds a database of PostgreSQL ${version}, this is PostgreSQL ${major}. Start the version of ` +
      'Detente that made it, take a backup there, and restore that into a new data folder.'
    return { refused: 'other-version', message }
  }
  if (version === undefined && (await readdir(cluster)).length > 0) {
    return {
      refused: 'data-folder-unusable',
      message: `${cluster} is there but holds no database: move it away.`,
    }
  }
  if (runner && found.uid === 0) await giveTree(cluster, runner) // as after copying a backup back
  if ((found.mode & 0o077) !== 0) await chmod(cluster, 0o700)
  return undefined
}

/** Makes a folder and all that is in it the runner's. */
export async function giveTree(path: string, runner: Runner): Promise<void> {
  await lchown(path, runner.uid, runner.gid)
  const entries = await readdir(path, { withFileTypes: true, recursive: true })
  for (const entry of entries) await lchown(join(entry.parentPath, entry.name), runner.uid, runner.gid)
}

/**
 * The folder of the database's socket. It is `run` in the data folder, or, where that path would be too long
 * for a socket address or can't be entered by the runner, a temporary one that `run` links to, so that the
 * next start finds the same.
 */
export async function chooseSocketFolder({ data, runner, reachable }: Home): Promise<string> {
  const run = join(data, 'run')
  const linked = await readlink(run).catch(() => '')
  if (holdsSocket(run) && reachable) {
    if (linked) await unlink(run) // from when the data folder was elsewhere
    return run
  }
  const found = await lstat(linked).catch(() => undefined)
  // a temporary folder is everybody's: who made the one of that name?
  const owner = runner?.uid ?? process.getuid?.()
  if (found?.isDirectory() && found.uid === owner && holdsSocket(linked)) return linked
  const base = [tmpdir(), '/tmp'].find(
    (folder) => holdsSocket(join(folder, 'detente-xxxxxx')) && canReach(folder, runner),
  )
  const folder = await mkdtemp(join(base ?? '/tmp', 'detente-'))
  await removeSocketFolder(data)
  await symlink(folder, run)
  return folder
}

/** Makes the folder ready: there, the runner's, mode 0700, without the socket of a killed database. */
export async function clearSocketFolder(folder: string, runner: Runner | undefined): Promise<void> {
  await mkdir(folder, { recursive: true })
  await chmod(folder, 0o700)
  if (runner) await chown(folder, runner.uid, runner.gid)
  await removeSocket(folder)
}

/** Leaves nothing behind, but deletes nothing of anybody else's. */
export async function removeSocketFolder(data: string): Promise<void> {
  const run = join(data, 'run')
  const linked = await readlink(run).catch(() => undefined)
  await removeSocket(linked ?? run)
  await rmdir(linked ?? run).catch(() => {})
  if (linked !== undefined) await unlink(run)
}

async function removeSocket(folder: string): Promise<void> {
  for (const name of [SOCKET, `${SOCKET}.lock`]) await rm(join(folder, name), { force: true })
}

const SOCKET = '.s.PGSQL.5432'
/** sun_path holds 108 bytes on Linux and 104 on macOS, one of them the final zero. */
const SOCKET_BYTES = process.platform === 'darwin' ? 103 : 107

/** PostgreSQL takes a list here, with commas between and double quotes around. */
const holdsSocket = (folder: string) =>
  Buffer.byteLength(join(folder, SOCKET)) <= SOCKET_BYTES && !/[,"]/.test(folder)

const LOG_BYTES = 10 * 1024 * 1024

/** What the database says, across its runs. */
export const logFile = (data: string) => join(data, 'postgres.log')

/** Keeps one older part beside the log. The database appends, so it goes on at the start of the emptied file. */
export async function trimLog(data: string): Promise<void> {
  const size = statSync(logFile(data), { throwIfNoEntry: false })?.size ?? 0
  if (size < LOG_BYTES) return
  await copyFile(logFile(data), `${logFile(data)}.1`)
  await truncate(logFile(data))
}

/** @param from in bytes */
export async function readLogEnd(data: string, from: number): Promise<string> {
  return (await readFile(logFile(data))).subarray(from).toString()
}

const lockFile = (data: string) => join(data, 'detente.lock')

function holdLock(lock: string, mine: Holder): FolderLock {
  const beat = () => {
    const now = new Date()
    utimes(lock, now, now).catch(() => {}) // the folder may have been deleted; the database notices too
  }
  const heart = setInterval(beat, HEARTBEAT_MS).unref()
  return {
    async release() {
      clearInterval(heart)
      if ((await readHolder(lock))?.token === mine.token) await rm(lock, { force: true })
    },
  }
}

/** One attempt: 'held', 'again' when the lock changed under our eyes, or the living holder. */
async function contend(lock: string, draft: string): Promise<'held' | 'again' | Holder> {
  let first: Holder | undefined
  const passed: string[] = []
  for (let file = lock; ; ) {
    if (await linkNew(draft, file)) {
      if (!first) return 'held'
      passed.push(file)
      break
    }
    const holder = await readHolder(file)
    if (!holder) return 'again'
    if (await isAlive(holder, file)) return holder
    if (first) passed.push(file)
    first ??= holder
    file = `${lock}.${holder.token}`
  }
  const current = await readHolder(lock)
  if (current?.token === first.token) await rename(draft, lock)
  for (const file of passed) await rm(file, { force: true })
  return current?.token === first.token ? 'held' : 'again'
}

async function linkNew(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

async function readHolder(file: string): Promise<Holder | undefined> {
  const text = await readFile(file, 'utf8').catch(unlessMissing)
  const found = await stat(file).catch(unlessMissing)
  if (text === undefined || !found) return undefined
  try {
    return JSON.parse(text) as Holder
  } catch {
    // Records are whole before they are linked, so only a power cut leaves a torn one: nobody lives there.
    return { pid: 0, started: '', place: thisPlace(), token: `torn-${found.ino}` }
  }
}

async function isAlive(holder: Holder, file: string): Promise<boolean> {
  if (holder.place === thisPlace()) return startTime(holder.pid) === holder.started
  const touched = async () => (await stat(file).catch(() => undefined))?.mtimeMs
  const before = await touched()
  const longAgo = before === undefined || Date.now() - before > 12 * WATCH_MS
  for (let waited = 0; !longAgo && waited < WATCH_MS; waited += HEARTBEAT_MS / 4) {
    await sleep(HEARTBEAT_MS / 4)
    if ((await touched()) !== before) return true
  }
  return false
}

/** Process ids mean the same thing within one boot of one machine and one pid namespace. */
function thisPlace(): string {
  if (process.platform !== 'linux') return process.platform
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return 'linux'
  }
}

function explainBusy(data: string, { pid, place }: Holder): DataFolderBusy {
  const where = place === thisPlace() ? '' : ' on another machine or in another container'
  const message =
    `The data folder ${data} is in use by process ${pid}${where}. ` +
    'Stop that process first, or give this one a folder of its own with --data.'
  return { refused: 'data-folder-busy', pid, message }
}
