/** What was acknowledged is there, once, whatever was killed meanwhile: real processes, real files, kill -9.
 *
 *  The disk is made full in two ways that need no privileges. The log of PostgreSQL (pg_wal) is let run into /dev/full,
 *  where every write fails with ENOSPC: the database then panics and cannot start until there is room, as on a full
 *  disk. And where only a table cannot grow, PostgreSQL reports SQLSTATE 53100 and lives on: a trigger reports the same. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdtemp, rename, rm, symlink, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { joinEmbedded } from '../../src/database/embedded.ts'

const CONNECTIONS = 16

let data: string
let server: ChildProcess | undefined
let origin: string
let token: string
let story: string
let key: string

const environment = {
  ...process.env,
  DETENTE_SAMPLE: 'off',
  DETENTE_RATE_LIMITS: 'off',
  DETENTE_LOG: 'silent',
  DATABASE_URL: undefined,
}
const run = (...args: string[]) =>
  spawn(process.execPath, ['bin/detente.js', '--data', data, ...args], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  })

/** Starts the server; resolves when it says where it is. */
async function start(): Promise<void> {
  const child = run('start', '--port', '0')
  server = child
  let said = ''
  origin = await new Promise((resolve, reject) => {
    child.stdout!.on('data', (part) => {
      said += part
      const found = /Detente is at (\S+)/.exec(said)?.[1]
      if (found) resolve(found)
    })
    child.once('exit', (code) => reject(new Error(`The server ended with ${code}: ${said}`)))
  })
}

/** What a command prints, as JSON. */
async function ask<T>(...args: string[]): Promise<T> {
  const child = run(...args, '--json')
  let said = ''
  child.stdout!.on('data', (part) => {
    said += part
  })
  await once(child, 'close')
  return JSON.parse(said) as T
}

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'detente-lost-'))
  await chmod(data, 0o755)
  await start()
  token = (await ask<{ token: string }>('token', 'Ada Quay')).token
  key = (await ask<{ key: string }>('key')).key
  const put = await fetch(`${origin}/api/stories/ext:ferry`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ title: 'The ferry', body: ['It leaves at six.'] }),
  })
  story = ((await put.json()) as { id: string }).id
})

afterAll(async () => {
  if (server && server.exitCode === null && server.signalCode === null) {
    server.kill('SIGTERM')
    await once(server, 'exit')
  }
  await rm(data, { recursive: true, force: true, maxRetries: 10 })
})

async function until(condition: () => unknown): Promise<void> {
  for (let tries = 0; !(await condition()); tries++) {
    if (tries > 3_000) throw new Error('It did not come.')
    await sleep(20)
  }
}

const databasePid = (): number =>
  Number(readFileSync(join(data, 'postgres/postmaster.pid'), 'utf8').split('\n')[0])

type Letter = { text: string; key: string }

/** Undefined when there was no answer. */
async function send({ text, key }: Letter): Promise<Response | undefined> {
  try {
    return await fetch(`${origin}/api/stories/${story}/comments`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'idempotency-key': key,
      },
      body: JSON.stringify({ text }),
      signal: AbortSignal.timeout(30_000),
    })
  } catch {
    return undefined
  }
}

/** All that was ever sent, and what was acknowledged of it. */
const sent: Letter[] = []
const acknowledged = new Map<string, string>()
/** Answers that no writer should ever get. */
const strange: unknown[] = []

/** One letter; what is known of it is kept. @returns whether it was acknowledged */
async function deliver(letter: Letter): Promise<boolean> {
  const answer = await send(letter)
  const body = (await answer?.json().catch(() => undefined)) as { id?: string; type?: string } | undefined
  if (answer?.status === 201 && body?.id) {
    const before = acknowledged.get(letter.text)
    if (before !== undefined && before !== body.id) strange.push({ letter, ids: [before, body.id] })
    acknowledged.set(letter.text, body.id)
    return true
  }
  // Without an answer nothing is known. With one it is that nothing was saved, and when to try again.
  const isRefusal =
    answer?.status === 503 &&
    body?.type === '/problems/not-saved' &&
    Number(answer.headers.get('retry-after')) > 0
  if (answer && body && !isRefusal) strange.push({ letter, status: answer.status, body })
  return false
}

/** Writes from sixteen connections until told to stop. */
function write(round: string): { stop: () => Promise<void> } {
  let writing = true
  const writers = Array.from({ length: CONNECTIONS }, async (_, w) => {
    for (let n = 0; writing; n++) {
      const letter = { text: `${round}, writer ${w}, letter ${n}.`, key: randomUUID() }
      sent.push(letter)
      if (!(await deliver(letter))) await sleep(10)
    }
  })
  return {
    stop: async () => {
      writing = false
      await Promise.all(writers)
    },
  }
}

/** Sends again what got no acknowledgement, and some of what did, as a browser does that missed the answer. */
async function sendAgain(round: string): Promise<void> {
  const letters = sent.filter(
    ({ text }, n) => text.startsWith(`${round},`) && (!acknowledged.has(text) || n % 10 === 0),
  )
  const waiting = [...letters]
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      for (let letter = waiting.pop(); letter; letter = waiting.pop()) await until(() => deliver(letter!))
    }),
  )
}

async function query<T extends object>(text: string): Promise<T[]> {
  const connection = await joinEmbedded(data)
  const client = new pg.Client(connection)
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query<T>(text)).rows
  } finally {
    await client.end()
  }
}

/** Each acknowledged letter is there once; after `sendAgain` that is every letter. */
async function countOnce(round: string): Promise<void> {
  expect(strange).toEqual([])
  const rows = await query<{ id: string; text: string }>(
    `select id, text from comment where text like '${round},%'`,
  )
  const there = new Map(rows.map(({ id, text }) => [text, id]))
  expect(there.size).toBe(rows.length)
  for (const [text, id] of acknowledged)
    if (text.startsWith(`${round},`)) expect(there.get(text), text).toBe(id)
}

const rounds = Array.from(
  { length: 20 },
  (_, n) => [n, (['server', 'database', 'both'] as const)[n % 3]!] as const,
)

test.each(rounds)('round %i: kill -9 of the %s loses nothing', async (n, what) => {
  const round = `Round ${n}`
  const before = acknowledged.size
  const writing = write(round)
  await until(() => acknowledged.size > before + 10 + ((n * 37) % 80))
  const child = server!
  const pid = databasePid()
  const ended = what === 'database' ? undefined : once(child, 'exit')
  if (what !== 'server') process.kill(pid, 'SIGKILL')
  if (what !== 'database') child.kill('SIGKILL')
  await ended
  await writing.stop()
  if (what === 'database') {
    await until(() => existsSync(join(data, 'postgres/postmaster.pid')) && databasePid() !== pid)
    expect([child.exitCode, child.signalCode]).toEqual([null, null])
  } else await start()
  await until(async () => (await fetch(`${origin}/health/ready`)).ok)
  await countOnce(round)
  await sendAgain(round)
  await countOnce(round)
})

test('after all rounds every letter is there once, on the pages and in the counts', async () => {
  expect(acknowledged.size).toBe(sent.length)
  const seen: string[] = []
  for (let after = ''; ; ) {
    const page = (await (
      await fetch(`${origin}/api/stories/${story}/comments?limit=100${after}`)
    ).json()) as { items: { text: string }[]; next: string | null }
    seen.push(...page.items.map(({ text }) => text))
    if (page.next === null) break
    after = `&after=${page.next}`
  }
  expect(seen.sort()).toEqual(sent.map(({ text }) => text).sort())
  expect(await (await fetch(`${origin}/counts?story=${story}`)).json()).toEqual({ [story]: sent.length })
  const [events] = await query<{ events: number; last: number; highest: number }>(
    `select count(*)::int as events, max(number)::int as highest, (select event_number::int from story where id = '${story}') as last from event where story_id = '${story}'`,
  )
  expect(events).toEqual({ events: sent.length, highest: sent.length, last: sent.length })
})

/** What a reader and a writer meet while nothing can be saved. */
async function expectReadOnly(): Promise<void> {
  const page = await fetch(`${origin}/s/${story}`)
  expect([page.status, (await page.text()).includes('It leaves at six.')]).toEqual([200, true])
  const answer = await send({ text: 'Not now.', key: 'not-now' })
  expect(answer!.status).toBe(503)
  expect(Number(answer!.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await answer!.json()).toMatchObject({
    type: '/problems/not-saved',
    detail: expect.stringContaining('not saved'),
  })
  const form = await fetch(`${origin}/s/${story}/comments`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, accept: 'text/html' },
    body: new URLSearchParams({ text: 'An hour of typing.' }),
  })
  expect([form.status, (await form.text()).includes('An hour of typing.')]).toEqual([503, true])
}

async function expectAllBack(): Promise<void> {
  await until(async () => (await fetch(`${origin}/health/ready`)).ok)
  const rows = await query<{ id: string; text: string }>('select id, text from comment')
  const there = new Map(rows.map(({ id, text }) => [text, id]))
  for (const [text, id] of acknowledged) expect(there.get(text), text).toBe(id)
  const letter = { text: `Back again ${randomUUID()}.`, key: randomUUID() }
  sent.push(letter)
  await until(() => deliver(letter))
  expect(await (await fetch(`${origin}/s/${story}?sort=newest`)).text()).toContain(letter.text)
}

test('with the database gone for longer, pages are read on and a writer is told to come back', async () => {
  await fetch(`${origin}/s/${story}`)
  const cluster = join(data, 'postgres')
  const pid = databasePid()
  await rename(cluster, `${cluster}-away`)
  process.kill(pid, 'SIGKILL')
  await until(async () => !(await fetch(`${origin}/health/ready`)).ok)
  await expectReadOnly()
  await rename(`${cluster}-away`, cluster)
  await expectAllBack()
})

test.skipIf(!existsSync('/dev/full'))(
  'with a full disk under the database’s log the same, and nothing acknowledged is lost',
  async () => {
    await fetch(`${origin}/s/${story}`)
    const wal = join(data, 'postgres/pg_wal')
    const [{ current } = { current: '' }] = await query<{ current: string }>(
      'select pg_walfile_name(pg_current_wal_insert_lsn()) as current',
    )
    const segments = () => readdirSync(wal).filter((name) => /^[0-9A-F]{24}$/.test(name) && name > current)
    for (const name of segments()) await unlink(join(wal, name))
    const next =
      current.slice(0, 16) +
      (Number.parseInt(current.slice(16), 16) + 1).toString(16).toUpperCase().padStart(8, '0')
    await symlink('/dev/full', join(wal, next))
    const writing = write('Full disk')
    await query('select pg_switch_wal()').catch(() => undefined)
    await until(async () => !(await fetch(`${origin}/health/ready`)).ok)
    await writing.stop()
    await expectReadOnly()
    expect(readFileSync(join(data, 'postgres.log'), 'utf8')).toContain('No space left on device')
    await unlink(join(wal, next))
    await until(async () => (await fetch(`${origin}/health/ready`)).ok)
    await countOnce('Full disk')
    await sendAgain('Full disk')
    await countOnce('Full disk')
    await expectAllBack()
  },
)

test('where only a table cannot grow, the same', async () => {
  await fetch(`${origin}/s/${story}`)
  await query(`
    create function refuse_room() returns trigger language plpgsql as $$
    begin raise exception 'could not extend file: No space left on device' using errcode = 'disk_full'; end $$;
    create trigger no_room before insert on comment for each row execute function refuse_room()`)
  await expectReadOnly()
  await query('drop trigger no_room on comment; drop function refuse_room')
  await expectAllBack()
})

test('a server that is asked to stop finishes what it took, ends its database, and the next start finds all', async () => {
  const writing = write('Last call')
  await until(() => [...acknowledged.keys()].some((text) => text.startsWith('Last call')))
  const child = server!
  const pid = databasePid()
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const [code] = await ended
  await writing.stop()
  expect(code).toBe(0)
  expect(existsSync(join(data, 'postgres/postmaster.pid'))).toBe(false)
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  await start()
  await countOnce('Last call')
  await sendAgain('Last call')
  await countOnce('Last call')
})
