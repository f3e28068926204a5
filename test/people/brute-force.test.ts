/** Guessing, asking and flooding at the door. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { makeLimits } from '../../src/http/limits.ts'
import { usualDoor } from '../../src/settings/door.ts'
import { changeDoor } from '../../src/stories/site-actions.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { linkIn, type Mailbox, startMailbox } from './mailbox.ts'
import { Visitor } from './visitor.ts'

/** The hashes that a password was held against. */
const work: string[] = []
vi.mock('@node-rs/argon2', async (original) => {
  const real = await original<typeof import('@node-rs/argon2')>()
  const verify: typeof real.verify = (hash, ...rest) => {
    work.push(String(hash))
    return real.verify(hash, ...rest)
  }
  return { ...real, verify }
})

const good = 'blue lamp under the stairs'
let newsroom: Newsroom
let mailbox: Mailbox
let opened: string
beforeAll(async () => {
  mailbox = await startMailbox()
  newsroom = await startNewsroom({ smtpUrl: mailbox.url, rateLimits: true, trustedProxies: 1 })
  await changeDoor(newsroom.app, { ...usualDoor, passwords: true })
  moveClock(0)
  const form = await (await newVisitor().get('/sign-in')).text()
  opened = /name="opened" value="([^"]+)"/.exec(form)![1]!
  for (const [email, name] of [
    ['ada@quill.example', 'Ada Quill'],
    ['bo@quill.example', 'Bo Quill'],
    ['cy@quill.example', 'Cy Quill'],
  ] as const) {
    const owner = newVisitor()
    await comeByMail(owner, email, name)
    if (name !== 'Cy Quill') expect((await owner.post('/me/password', { password: good })).status).toBe(303)
  }
})
afterAll(async () => {
  await newsroom?.close()
  await mailbox?.stop()
})
const start = Date.now()
/** The product’s clock stands still, so many seconds after the beginning. */
const moveClock = (seconds: number) => {
  newsroom.app.now = () => new Date(start + seconds * 1000)
}
beforeEach(() => {
  moveClock(5)
  work.length = 0
})
const newVisitor = () => new Visitor(newsroom, mailbox)

let networks = 0
const anywhere = () => {
  networks += 1
  return { 'x-forwarded-for': `2001:db8:0:${networks.toString(16)}::1` }
}

async function comeByMail(who: Visitor, email: string, name?: string): Promise<void> {
  moveClock(5)
  const asked = await who.post('/sign-in', { email, to: '/', opened }, anywhere())
  expect(asked.status).toBe(200)
  const token = linkIn(mailbox.mails.at(-1)).searchParams.get('token')!
  expect((await who.post('/sign-in/link', { token, ...(name ? { name } : {}) })).status).toBe(303)
}
const enter = (email: string, password: string, from = anywhere()) =>
  newVisitor().post('/sign-in/password', { email, password, to: '/' }, from)
const waitOf = (answer: Response) => Number(answer.headers.get('retry-after'))

test('brute force with slow-down: after five wrong passwords each must wait longer, from wherever they come', async () => {
  for (let n = 0; n < 5; n++) expect((await enter('ada@quill.example', `wrong ${n}`)).status).toBe(403)
  let ahead = 5
  const waits: number[] = []
  for (let n = 0; n < 12; n++) {
    const early = await enter('ada@quill.example', good)
    expect(early.status).toBe(429)
    waits.push(waitOf(early))
    ahead += waitOf(early)
    moveClock(ahead)
    expect((await enter('ada@quill.example', `wrong again ${n}`)).status).toBe(403)
  }
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900])
})

test('brute force with slow-down: its owner is never locked out: the mailed link is good all the while', async () => {
  const owner = newVisitor()
  await comeByMail(owner, 'ada@quill.example')
  expect((await owner.whoAmI()).name).toBe('Ada Quill')
})

test('brute force with slow-down: whoever waits it out and knows the password is in, and the count begins anew', async () => {
  moveClock(100_000)
  expect((await enter('ada@quill.example', good)).status).toBe(303)
  for (let n = 0; n < 5; n++) expect((await enter('ada@quill.example', `wrong ${n}`)).status).toBe(403)
})

test('brute force with slow-down: of fifty at once, five are tried', async () => {
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, n) => enter('bo@quill.example', `guess number ${n}`)),
  )
  expect(answers.filter(({ status }) => status === 403)).toHaveLength(5)
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(45)
  expect(work).toHaveLength(5)
})

test('brute force with slow-down: one network that tries many addresses waits too, a right one between them or not', async () => {
  moveClock(200_000)
  const from = { 'x-forwarded-for': '203.0.113.9' }
  const statuses: number[] = []
  for (let n = 0; n < 34; n++) statuses.push((await enter(`reader${n}@quill.example`, good, from)).status)
  expect(statuses.slice(0, 30).every((status) => status === 403)).toBe(true)
  expect(statuses.slice(30).every((status) => status === 429)).toBe(true)
  expect((await enter('reader1@quill.example', good)).status).toBe(403)
})

test('brute force with slow-down: whoever signs in rightly from a network is not counted against it', () => {
  const limits = makeLimits(true)
  const now = new Date()
  for (let n = 0; n < 100; n++) {
    expect(limits.attempt('password-network', 'school', now)).toBeUndefined()
    limits.forgive('password-network', 'school', false)
  }
})

test('brute force of the code: a network types only so many, whichever mails they are of', async () => {
  const from = { 'x-forwarded-for': '203.0.113.10' }
  const statuses: number[] = []
  for (let n = 0; n < 45; n++) {
    const fields = {
      to: '/',
      ask: 'a'.repeat(43),
      code: String(n).padStart(6, '0'),
      email: 'ada@quill.example',
    }
    const answer = await newVisitor().post('/sign-in/code', fields, from)
    statuses.push(answer.status)
    if (answer.status === 429) expect(await answer.text()).toContain('value="000')
  }
  expect(statuses.filter((status) => status === 410)).toHaveLength(40)
  expect(statuses.slice(40).every((status) => status === 429)).toBe(true)
})

test('address enumeration: with a password, known or not, with one or without, is the same answer and the same work', async () => {
  moveClock(400_000)
  const cases = { known: 'ada@quill.example', without: 'cy@quill.example', unknown: 'nobody@quill.example' }
  const seen = new Set<string>()
  for (const email of Object.values(cases)) {
    work.length = 0
    const answer = await enter(email, 'not the right words')
    const page = (await answer.text()).replaceAll(email, '…')
    seen.add(`${answer.status} ${[...answer.headers.keys()].join()} ${page}`)
    expect(work).toHaveLength(1)
    expect(work[0]).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  }
  expect(seen.size).toBe(1)
})

test('address enumeration: whether it is known is not told by who must wait either', async () => {
  moveClock(500_000)
  const waits = async (email: string) => {
    for (let n = 0; n < 5; n++) await enter(email, 'not the right words')
    return waitOf(await enter(email, 'not the right words'))
  }
  expect(await waits('nobody-at-all@quill.example')).toBe(await waits('cy@quill.example'))
})

test('address enumeration: asking for a mail is answered the same for all, but for the address itself', async () => {
  moveClock(600_000)
  const pages = new Set<string>()
  for (const email of ['cy@quill.example', 'stranger@quill.example']) {
    const answer = await newVisitor().post('/sign-in', { email, to: '/', opened }, anywhere())
    const page = (await answer.text()).replaceAll(email, '…').replace(/name="ask" value="[^"]+"/, '')
    pages.add(`${answer.status} ${page}`)
  }
  expect(pages.size).toBe(1)
})

/** The statements that the database is asked in the course of `work`, and by nothing else that goes on meanwhile. */
async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const { app } = newsroom
  const { db } = app
  const texts: string[] = []
  const course = new AsyncLocalStorage<true>()
  app.db = db.withPlugin({
    transformQuery: ({ node, queryId }) => {
      if (course.getStore()) texts.push(db.getExecutor().compileQuery(node, queryId).sql)
      return node
    },
    transformResult: async ({ result }) => result,
  })
  await course.run(true, work).finally(() => {
    app.db = db
  })
  return texts
}

/** Asks within the test's own course of events, as no request through a socket would. */
async function askWithin(
  url: string,
  fields: Record<string, string>,
): Promise<{ status: number; page: string }> {
  const answer = await newsroom.running.server.inject({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html', ...anywhere() },
    payload: new URLSearchParams(fields).toString(),
  })
  return { status: answer.statusCode, page: answer.body }
}

test('address enumeration by time: a mailed link and a code are the same work for an address with a password, one without, and an unknown one', async () => {
  await comeByMail(newVisitor(), 'dee@quill.example', 'Dee Quill')
  moveClock(700_000)
  const seen: { statements: string[]; mails: string[]; statuses: number[] }[] = []
  for (const email of ['ada@quill.example', 'dee@quill.example', 'no-one@quill.example']) {
    const before = mailbox.mails.length
    const statuses: number[] = []
    const statements = await statementsOf(async () => {
      const asked = await askWithin('/sign-in', { email, to: '/', opened })
      const ask = /name="ask" value="([^"]+)"/.exec(asked.page)![1]!
      const tried = await askWithin('/sign-in/code', { ask, email, to: '/', code: 'wrong' })
      statuses.push(asked.status, tried.status)
    })
    const mails = mailbox.mails.slice(before).map(({ source }) => /^Subject: .*$/m.exec(source)![0])
    seen.push({ statements, mails, statuses })
    expect(work).toEqual([])
  }
  const [first, ...others] = seen
  expect(first).toEqual({
    statements: expect.arrayContaining([expect.stringContaining('insert into "once"')]),
    mails: [expect.stringContaining('Subject')],
    statuses: [200, 422],
  })
  for (const other of others) expect(other).toEqual(first)
})

test('mail flood: however often a password is changed, five mails an hour tell of it', async () => {
  const owner = newVisitor()
  await comeByMail(owner, 'cy@quill.example')
  const before = mailbox.mails.length
  const statuses: number[] = []
  for (let n = 0; n < 7; n++)
    statuses.push((await owner.post('/me/password', { password: `${good}, ${n} times` })).status)
  expect(statuses).toEqual([303, 303, 303, 303, 303, 429, 429])
  expect(mailbox.mails.slice(before)).toHaveLength(5)
})

test('mail flood: a thousand calls for one address, from everywhere, are three mails', async () => {
  moveClock(5)
  const before = mailbox.mails.length
  for (let turn = 0; turn < 20; turn++)
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        const fields = { email: 'flooded@quill.example', to: '/', opened }
        expect([200, 429]).toContain((await newVisitor().post('/sign-in', fields, anywhere())).status)
      }),
    )
  expect(mailbox.mails.slice(before)).toHaveLength(3)
})
