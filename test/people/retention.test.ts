import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { App } from '../../src/context.ts'
import { destroyNetworkKeys, listSameNetwork } from '../../src/people/network-store.ts'
import { countPasskeys, insertPasskey } from '../../src/people/passkey-store.ts'
import { personCommand } from '../../src/people/rights-command.ts'
import { siteOption } from '../../src/stories/command.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { linkIn, type Mailbox, startMailbox } from './mailbox.ts'
import { Visitor } from './visitor.ts'

const DAY = 86_400_000

let newsroom: Newsroom
let mailbox: Mailbox
let db: Newsroom['app']['db']
let story: string
const log: string[] = []
beforeAll(async () => {
  mailbox = await startMailbox()
  newsroom = await startNewsroom({ smtpUrl: mailbox.url, trustedProxies: 1 })
  newsroom.app.log = pino({ level: 'trace' }, { write: (line: string) => void log.push(line) })
  db = newsroom.app.db
  story = await newsroom.putStory()
})
afterAll(async () => {
  await newsroom?.close()
  await mailbox?.stop()
})

/** Each test has a day to itself: a key that is destroyed on its own day is not drawn again. */
let days = 0
const today = (ahead = 0) => new Date(Date.now() + (days + ahead) * DAY)
beforeEach(async () => {
  days += 40
  newsroom.app.now = () => today()
  await db.deleteFrom('networkKey').execute()
})

let people = 0

/** Somebody who reads from an address, as the proxy before us says. */
async function arrive(): Promise<{
  id: string
  write: (address: string) => Promise<string>
  visitor: Visitor
  email: string
}> {
  const visitor = new Visitor(newsroom, mailbox)
  const email = `neighbour${++people}@quill.example`
  await visitor.signIn(email, `Neighbour ${'abcdefghijklmnopqrstuvwxyz'[people]}`)
  return {
    id: (await visitor.whoAmI()).id!,
    visitor,
    email,
    write: async (address) => {
      const answer = await visitor.call(
        `/api/stories/${story}/comments`,
        { text: 'Words.' },
        { 'x-forwarded-for': address },
      )
      expect(answer.status).toBe(201)
      return ((await answer.json()) as { id: string }).id
    },
  }
}

const listUses = () =>
  sql<{ comment: string; day: string; hash: string }>`
    select comment_id as comment, day::text, encode(hash, 'hex') as hash from network_use order by comment_id`
    .execute(db)
    .then(({ rows }) => rows)

/** Every table's every row, as text. */
async function dump(): Promise<string> {
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE'`.execute(db)
  const texts: string[] = []
  for (const { name } of rows)
    for (const { row } of (
      await sql<{ row: string }>`select to_jsonb(t)::text as row from ${sql.table(name)} t`.execute(db)
    ).rows)
      texts.push(row)
  return texts.join('\n')
}

test('neither network nor mail address nor any token stands in the database or the log, in the open or merely coded', async () => {
  const [v4, v6] = ['203.0.113.77', '2001:db8:77:1234::9']
  const secrets: string[] = []
  const visitor = new Visitor(newsroom, mailbox)
  const email = 'guarded.heron@quill.example'
  const headers = { 'x-forwarded-for': v4 }
  await visitor.post('/sign-in', { email, to: '/' }, headers)
  const mail = mailbox.mails.findLast(({ to }) => to[0] === email)
  secrets.push(linkIn(mail).searchParams.get('token')!)
  await visitor.post('/sign-in/link', { token: secrets[0]!, name: 'Guarded' }, headers)
  secrets.push(...visitor.cookies.values())
  for (const address of [v4, v6]) {
    const from = { 'x-forwarded-for': address }
    await visitor.call(`/api/stories/${story}/comments`, { text: 'By the interface.' }, from)
    await visitor.post(`/s/${story}/reply`, { text: 'By the form.', parent: '', ask: 'x' }, from)
    await visitor.get(`/s/${story}`, from)
    await visitor.get('/me/download/me.json', from)
    await visitor.get('/no/such/page', from)
    await visitor.call('/api/me', { odd: true }, from)
  }
  const code = await visitor.call('/api/session/code', { origin: newsroom.origin }, headers)
  secrets.push(((await code.json()) as { code: string }).code)
  const exchanged = await newsroom.call('POST', '/api/session/exchange', {
    body: { code: secrets.at(-1) },
    headers: { origin: newsroom.origin, 'x-forwarded-for': v4 },
  })
  secrets.push(exchanged.json<{ token: string }>().token)
  expect(secrets.filter((secret) => secret.length > 20)).toHaveLength(5)
  expect(await listUses()).not.toHaveLength(0)

  const left = `${await dump()}\n${log.join('\n')}`
  expect(left).toContain('By the interface.')
  const hidden = [v4, v6, '2001:db8:77:1234', '2001:0db8', email, 'guarded.heron', ...secrets]
  for (const text of hidden)
    for (const coded of [
      text,
      Buffer.from(text).toString('hex'),
      Buffer.from(text)
        .toString('base64')
        .replace(/.{0,2}=*$/, ''),
    ])
      expect(left.toLowerCase().includes(coded.toLowerCase()), text).toBe(false)
})

test('one network on one day has one hash, on the next another; a street of IPv6 is one network', async () => {
  const { write } = await arrive()
  const addresses = [
    '198.51.100.7',
    '198.51.100.7',
    '198.51.100.8',
    '2001:db8:1:2::1',
    '2001:db8:1:2:ffff::9',
  ]
  for (const address of addresses) await write(address)
  newsroom.app.now = () => today(1)
  await write('198.51.100.7')
  const [a, b, c, d, e, f] = (await listUses()).map(({ hash }) => hash)
  expect(a).toBe(b)
  expect(c).not.toBe(a)
  expect(d).toBe(e)
  expect(new Set([a, c, d, f]).size).toBe(4)
})

test('a day’s key is destroyed after thirty days, and its hashes with it; the comments stay', async () => {
  const { write } = await arrive()
  const comment = await write('198.51.100.7')
  await destroyNetworkKeys(db, today(29), 30)
  expect(await listUses()).toHaveLength(1)
  await destroyNetworkKeys(db, today(30), 30)
  expect(await listUses()).toEqual([])
  expect(await db.selectFrom('networkKey').selectAll().execute()).toEqual([])
  expect(await db.selectFrom('comment').select('id').where('id', '=', comment).execute()).toHaveLength(1)
})

test('where the setting is 0 no hash is ever kept, and those there are go', async () => {
  const { write } = await arrive()
  await write('198.51.100.7')
  await destroyNetworkKeys(db, today(), 0)
  const none = await startNewsroom({ smtpUrl: mailbox.url, networkDays: 0 }, newsroom.database)
  try {
    const reader = new Visitor(none, mailbox)
    await reader.signIn('nowhere@quill.example', 'From Nowhere')
    expect((await reader.call(`/api/stories/${story}/comments`, { text: 'Words.' })).status).toBe(201)
    expect(await listUses()).toEqual([])
    expect(await db.selectFrom('networkKey').selectAll().execute()).toEqual([])
  } finally {
    await none.close()
  }
})

test('what a script writes comes from no network', async () => {
  await newsroom.comment(story, 'Ferryman', 'It sails at six.')
  expect(await listUses()).toEqual([])
})

test('two processes draw one key a day between them', async () => {
  const next = await startNewsroom({ smtpUrl: mailbox.url, trustedProxies: 1 }, newsroom.database)
  try {
    next.app.now = () => today()
    const [here, there] = [await arrive(), new Visitor(next, mailbox)]
    await there.signIn('across@quill.example', 'From Across')
    const headers = { 'x-forwarded-for': '198.51.100.7' }
    await Promise.all([
      here.write('198.51.100.7'),
      there.call(`/api/stories/${story}/comments`, { text: 'Words.' }, headers),
    ])
    expect(new Set((await listUses()).map(({ hash }) => hash)).size).toBe(1)
    expect(await listUses()).toHaveLength(2)
  } finally {
    await next.close()
  }
})

test('a moderator’s question, who else wrote from there, is answered with names and days, of the same site alone', async () => {
  const [one, two, three] = [await arrive(), await arrive(), await arrive()]
  await one.write('198.51.100.7')
  await two.write('198.51.100.7')
  await two.write('198.51.100.7')
  await three.write('198.51.100.9')
  const last = today().toISOString().slice(0, 10)
  expect(await listSameNetwork(db, one.id)).toMatchObject([{ id: two.id, claim: 'claimed', days: 1, last }])
  expect(await listSameNetwork(db, three.id)).toEqual([])
})

/* By letter */

const run = async (args: string[]): Promise<{ out: string; code: number }> => {
  const written: string[] = []
  const take = (text: string | Uint8Array) => {
    written.push(String(text))
    return true
  }
  const spies = [vi.spyOn(process.stdout, 'write'), vi.spyOn(process.stderr, 'write')].map((spy) =>
    spy.mockImplementation(take),
  )
  process.exitCode = 0
  try {
    const withApp = <T>(work: (app: App) => Promise<T>) => work(newsroom.app)
    await personCommand(withApp, siteOption).parseAsync(args, { from: 'user' })
    return { out: written.join(''), code: Number(process.exitCode) }
  } finally {
    process.exitCode = 0
    for (const spy of spies) spy.mockRestore()
  }
}

test('detente person export writes both files, readable by whoever runs it alone; a dry run writes none', async () => {
  const { id, email, write } = await arrive()
  await write('198.51.100.7')
  const folder = await mkdtemp(join(tmpdir(), 'letter-'))
  try {
    const dry = await run(['export', email, '--to', folder, '--dry-run'])
    expect(dry.out).toContain(`${id}: 1 comments (1 public)`)
    expect(await readdir(folder)).toEqual([])
    expect((await run(['export', email, '--to', folder])).code).toBe(0)
    expect((await readdir(folder)).sort()).toEqual([`${id}.html`, `${id}.json`])
    const file = join(folder, `${id}.json`)
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
      person: { id },
      comments: [{ text: 'Words.' }],
    })
    expect((await stat(file)).mode & 0o077).toBe(0)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('detente person forget-passkeys: whoever lost theirs comes in by mail and makes another; other sites’ sessions end too', async () => {
  const { id, email, visitor } = await arrive()
  const { db } = newsroom.app
  const { identityId } = await db
    .selectFrom('person')
    .select('identityId')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  const passkey = (byte: number) => ({
    identityId: identityId!,
    credentialId: Buffer.alloc(16, byte),
    publicKey: Buffer.alloc(8),
    counter: 0,
    transports: [],
    name: 'A lost telephone',
  })
  for (const [n, host] of ['talk.example', 'talk.quay.example'].entries())
    await insertPasskey(db, host, passkey(n + 1), new Date())
  expect((await run(['forget-passkeys', email, '--dry-run'])).out).toContain('2 passkeys. Nothing was')
  expect((await visitor.whoAmI()).id).toBe(id)
  const done = JSON.parse((await run(['forget-passkeys', email, '--json'])).out)
  expect(done).toMatchObject({ items: [{ person: id, passkeys: 2, done: true }] })
  await expect.poll(async () => (await visitor.whoAmI()).status).toBe(401)
  expect(await countPasskeys(db, identityId!)).toBe(0)
  expect((await run(['forget-passkeys', 'nobody@quill.example'])).code).toBe(1)
})

test('detente person erase erases by address or id, once; a dry run erases nobody', async () => {
  const { id, email, visitor, write } = await arrive()
  await write('198.51.100.7')
  expect((await run(['erase', id, '--dry-run'])).out).toContain('Nothing was erased: a dry run.')
  expect((await visitor.whoAmI()).id).toBe(id)
  const done = await run(['erase', email, '--remove-text', '--json'])
  expect(JSON.parse(done.out)).toMatchObject({
    items: [{ person: id, report: { withdrawn: 1, kept: 0, identity: 'gone' } }],
  })
  await expect.poll(async () => (await visitor.whoAmI()).status).toBe(401)
  for (const who of [email, id, 'not an address']) expect((await run(['erase', who])).code).toBe(1)
})
