import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { newId } from '../../src/database/ids.ts'
import { nameSkeleton } from '../../src/language/names.ts'
import { hashSecret } from '../../src/people/one-time.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { linkIn, type Mailbox, startMailbox } from './mailbox.ts'
import { Visitor } from './visitor.ts'

let newsroom: Newsroom
let mailbox: Mailbox
let visitor: Visitor
beforeAll(async () => {
  mailbox = await startMailbox()
  newsroom = await startNewsroom({ smtpUrl: mailbox.url, logLevel: 'silent' })
  const { db, site } = newsroom.app
  const people = [
    makePerson(site.id, 'Taken Already', 'claimed'),
    makePerson(site.id, 'Imported Reader', 'unclaimed'),
    makePerson(site.id, 'Passing Guest', 'guest'),
  ]
  await db.insertInto('person').values(people).execute()
})
afterAll(async () => {
  await newsroom?.close()
  await mailbox?.stop()
})
/** The product’s clock, so many milliseconds ahead. */
const moveClock = (ahead: number) => {
  newsroom.app.now = () => new Date(Date.now() + ahead)
}

beforeEach(() => {
  visitor = new Visitor(newsroom, mailbox)
  moveClock(0)
})

const makePerson = (siteId: string, name: string, claim: 'claimed' | 'unclaimed' | 'guest') => ({
  id: newId(),
  siteId,
  name,
  skeleton: nameSkeleton(name),
  claim,
  identityId: null,
  badge: null,
  batchId: null,
  createdAt: new Date(),
})

const readPeople = () => newsroom.app.db.selectFrom('person').selectAll().orderBy('id').execute()

test('a mailed link signs in, with a name at the first time and without one later', async () => {
  const asked = await visitor.get('/sign-in?to=/s/ferry')
  expect(await asked.text()).toContain('<input type="hidden" name="to" value="/s/ferry"/>')
  const token = await visitor.askForLink('ada@quill.example', '/s/ferry')
  const shown = await (await visitor.get(`/sign-in/link?token=${token}`)).text()
  expect(shown).toContain('You are signing in as ada@quill.example.')
  expect(shown).toContain('name="name"')
  const opened = await visitor.post('/sign-in/link', { token, to: '/s/ferry', name: ' Ada  Quill ' })
  expect([opened.status, opened.headers.get('location')]).toEqual([303, '/s/ferry'])
  const me = await visitor.whoAmI()
  expect(me).toMatchObject({ name: 'Ada Quill', role: 'reader' })

  const elsewhere = new Visitor(newsroom, mailbox)
  const again = await elsewhere.askForLink('Ada@Quill.example')
  expect(await (await elsewhere.get(`/sign-in/link?token=${again}`)).text()).not.toContain('name="name"')
  await elsewhere.post('/sign-in/link', { token: again })
  expect(await elsewhere.whoAmI()).toEqual(me)
})

test('a mail scanner that follows the link twice does not use it up; the button does, once', async () => {
  const token = await visitor.askForLink('scanned@quill.example')
  for (const _ of [1, 2])
    expect((await new Visitor(newsroom, mailbox).get(`/sign-in/link?token=${token}`)).status).toBe(200)
  expect((await visitor.post('/sign-in/link', { token, name: 'Scanned' })).status).toBe(303)
  const second = await new Visitor(newsroom, mailbox).post('/sign-in/link', {
    token,
    to: '/s/ferry',
    name: 'Scanned Again',
  })
  expect(second.status).toBe(410)
  expect(second.headers.getSetCookie()).toEqual([])
  const page = await second.text()
  expect(page).toContain('This link no longer works')
  expect(page).toContain('<input type="hidden" name="to" value="/s/ferry"/>')
})

test('of many who use a link at once, one is signed in', async () => {
  const token = await visitor.askForLink('crowd@quill.example')
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, n) =>
      new Visitor(newsroom, mailbox).post('/sign-in/link', { token, name: `Crowd ${'abcdefgh'[n]}` }),
    ),
  )
  expect(answers.map((answer) => answer.status).sort()).toEqual([303, ...Array(7).fill(410)])
})

test('a link is good for 15 minutes', async () => {
  const token = await visitor.askForLink('late@quill.example')
  moveClock(14.9 * 60_000)
  expect((await visitor.get(`/sign-in/link?token=${token}`)).status).toBe(200)
  moveClock(15 * 60_000)
  expect((await visitor.get(`/sign-in/link?token=${token}`)).status).toBe(410)
  expect((await visitor.post('/sign-in/link', { token, name: 'Late' })).status).toBe(410)
})

test('neither the link’s token nor the session’s secret stands in the database', async () => {
  const token = await visitor.askForLink('secret@quill.example')
  const kept = await newsroom.app.db.selectFrom('once').select(['key', 'value']).execute()
  expect(JSON.stringify(kept)).not.toContain(token)
  expect(JSON.stringify(kept)).toContain(hashSecret(token))
  await visitor.post('/sign-in/link', { token, name: 'Secret Reader' })
  const secret = visitor.cookies.get('detente-session')!
  const sessions = await newsroom.app.db.selectFrom('session').selectAll().execute()
  expect(JSON.stringify(sessions)).not.toContain(secret)
})

test('the answer is the same whether an address is known here or not', async () => {
  await visitor.signIn('known@quill.example', 'Known')
  const answers = []
  for (const email of ['known@quill.example', 'nobody@quill.example']) {
    const answer = await new Visitor(newsroom, mailbox).post('/sign-in', { email, to: '/' })
    const page = (await answer.text()).replaceAll(email, '…').replace(/(name="ask" value=")[^"]+/, '$1…')
    answers.push({ status: answer.status, page })
  }
  expect(answers[0]).toEqual(answers[1])
  expect(answers[0]!.page).toContain('Look into your mailbox')
})

const names = ['Brine', 'Cormorant', 'Dulse', 'Eelgrass', 'Fulmar']

test.each([
  ['', 'name-invalid', 422, 'Please use 1 to 40 characters'],
  ['…', 'name-invalid', 422, 'Please use 1 to 40 characters'],
  ['Taken Already', 'name-taken', 409, 'This name is taken'],
  ['Tаken alreаdy', 'name-taken', 409, 'This name is taken'],
  ['Imported Reader', 'name-taken', 409, 'This name is taken'],
])('the name “%s” is refused (%s), given back, and the link stays good', async (name, _, status, words) => {
  const own = names.pop()!
  const token = await visitor.askForLink(`${own}@quill.example`)
  const refused = await visitor.post('/sign-in/link', { token, to: '/s/ferry', name })
  const page = await refused.text()
  expect(refused.status).toBe(status)
  expect(page).toContain(words)
  expect(page).toContain(name === '' ? 'id="name" name="name" value' : `value="${name}"`)
  expect(page).toContain('aria-invalid="true" aria-describedby="name-hint refusal"')
  expect((await visitor.post('/sign-in/link', { token, to: '/', name: own })).status).toBe(303)
})
test('a guest’s name is free', async () => {
  await visitor.signIn('guestlike@quill.example', 'Passing Guest')
  expect(await visitor.whoAmI()).toMatchObject({ name: 'Passing Guest' })
})

test('one whose name is taken between the look and the leap may choose again with the same link', async () => {
  const { db, site } = newsroom.app
  const token = await visitor.askForLink('slower@quill.example')
  const quicker = await db.startTransaction().execute()
  await quicker
    .insertInto('person')
    .values(makePerson(site.id, 'The Twin', 'claimed'))
    .execute()
  const leap = visitor.post('/sign-in/link', { token, to: '/s/ferry', name: 'The Twin' })
  const waiting = sql`select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like 'insert into "person"%'`
  await vi.waitUntil(async () => (await waiting.execute(db)).rows.length === 1, 10_000)
  await quicker.commit().execute()
  const refused = await leap
  expect(refused.status).toBe(409)
  expect(refused.headers.getSetCookie()).toEqual([])
  expect(await refused.text()).toContain('value="The Twin"')
  expect((await visitor.post('/sign-in/link', { token, name: 'The Slower Twin' })).status).toBe(303)
  expect(await visitor.whoAmI()).toMatchObject({ name: 'The Slower Twin' })
  expect((await visitor.post('/sign-in/link', { token, name: 'The Third Twin' })).status).toBe(410)
})

test.each(['ada', 'ada@quill.example\r\nBcc: eve@quill.example', ''])(
  '“%s” gets no mail, and is given back',
  async (email) => {
    const before = mailbox.mails.length
    const refused = await visitor.post('/sign-in', { email, to: '/s/ferry' })
    expect(refused.status).toBe(422)
    expect(await refused.text()).toContain('This is not an e-mail address')
    expect(mailbox.mails).toHaveLength(before)
  },
)

test('a mail that cannot be sent is said so, and the address is given back', async () => {
  const refused = await visitor.post('/sign-in', { email: 'bounce@quill.example', to: '/' })
  expect(refused.status).toBe(503)
  expect(refused.headers.get('retry-after')).toBe('120')
  const page = await refused.text()
  expect(page).toContain('The mail could not be sent')
  expect(page).toContain('value="bounce@quill.example"')
})

test('many wishes for one address bring three mails, and twenty from one network, whoever it says it is', async () => {
  const limited = await startNewsroom({ smtpUrl: mailbox.url, rateLimits: true, trustedProxies: 1 })
  const form = await (await new Visitor(limited, mailbox).get('/sign-in')).text()
  const opened = /name="opened" value="([^"]+)"/.exec(form)![1]!
  limited.app.now = () => new Date(Date.now() + 2_000)
  const ask = (email: string, network: string) =>
    new Visitor(limited, mailbox).post(
      '/sign-in',
      { email, to: '/', opened },
      { 'x-forwarded-for': `198.51.100.7, ${network}` },
    )
  const count = async (wishes: Promise<Response>[]) => {
    const before = mailbox.mails.length
    const refused = (await Promise.all(wishes)).filter((answer) => answer.status !== 200)
    for (const answer of refused) {
      expect(answer.status).toBe(429)
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(await answer.text()).toContain('Please try again in 15 minutes.')
    }
    return mailbox.mails.length - before
  }
  const each = Array.from({ length: 60 }, (_, n) => n.toString(16))
  expect(await count(each.map((n) => ask('victim@quill.example', `2001:db8:0:${n}::1`)))).toBe(3)
  expect(await count(each.map((n) => ask(`v${n}@quill.example`, `2001:db8:f:f::${n}`)))).toBe(20)
  await limited.close()
})

test.each([
  'https://evil.example/',
  '//evil.example',
  '/\\evil.example',
  'javascript:alert(1)',
  '/\t/evil.example',
  '',
])('signing in never leads to “%s”', async (to) => {
  expect(await (await visitor.get(`/sign-in?to=${encodeURIComponent(to)}`)).text()).toContain(
    'name="to" value="/"',
  )
  const token = await visitor.askForLink('ada@quill.example', to)
  expect(linkIn(mailbox.mails.at(-1)).search).toMatch(/&to=%2F&lang=en$/)
  expect(
    await (await visitor.get(`/sign-in/link?token=${token}&to=${encodeURIComponent(to)}`)).text(),
  ).toContain('name="to" value="/"')
  const opened = await visitor.post('/sign-in/link', { token, to, name: 'Ada Quill' })
  expect(opened.headers.get('location')).toBe('/')
})

test.each(['/sign-in', '/sign-in/link', '/sign-in/invitation', '/sign-out', '/me/name'])(
  'a form that another site sends to %s is refused and changes nothing',
  async (path) => {
    await visitor.signIn('careful@quill.example', 'Careful Quill')
    const before = [mailbox.mails.length, await readPeople()]
    const token = 'x'.repeat(43)
    const fields = {
      '/sign-in': { email: 'eve@quill.example' },
      '/sign-in/link': { token },
      '/sign-in/invitation': { token },
      '/sign-out': {},
      '/me/name': { name: 'Eve' },
    }[path]!
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ]) {
      const refused = await visitor.post(
        path,
        fields as Record<string, string>,
        headers as Record<string, string>,
      )
      expect(refused.status).toBe(403)
    }
    expect([mailbox.mails.length, await readPeople()]).toEqual(before)
    expect(await visitor.whoAmI()).toMatchObject({ name: 'Careful Quill' })
  },
)

test('the pages are nobody else’s to keep, and their address, which may hold a token, goes to no other site', async () => {
  const token = await visitor.askForLink('careful@quill.example')
  for (const path of ['/sign-in', `/sign-in/link?token=${token}`]) {
    const { headers } = await visitor.get(path)
    expect(headers.get('cache-control')).toBe('private, no-store')
    expect(headers.get('referrer-policy')).toBe('same-origin')
  }
})

test('a field that is not asked for is refused', async () => {
  const token = await visitor.askForLink('superset@quill.example')
  for (const extra of ['role', 'badge', 'personId', '__proto__']) {
    const refused = await visitor.post('/sign-in/link', { token, name: 'Superset', [extra]: 'admin' })
    expect(refused.status).toBe(422)
  }
})

test('a new name is shown from then on, unless it is another’s', async () => {
  await visitor.signIn('renamed@quill.example', 'Old Name')
  const refused = await visitor.post('/me/name', { name: 'Taken Already' })
  expect(refused.status).toBe(409)
  expect(await refused.text()).toContain('value="Taken Already"')
  const changed = await visitor.post('/me/name', { name: '新しい名前' })
  expect([changed.status, changed.headers.get('location')]).toEqual([303, '/me/account?changed=name&lang=en'])
  expect(await visitor.whoAmI()).toMatchObject({ name: '新しい名前' })
  expect((await visitor.post('/me/name', { name: '新しい名前' })).status).toBe(303)
  expect(
    (await new Visitor(newsroom, mailbox).post('/me/name', { name: 'Nobody' })).headers.get('location'),
  ).toBe('/sign-in?to=/me/account')
})

test('one who came from a page with Korean in its address is signed in and brought back there', async () => {
  const token = await visitor.askForLink('haenyeo@quill.example', '/search?q=독도')
  const opened = await visitor.post('/sign-in/link', { token, to: '/search?q=독도', name: 'Haenyeo' })
  expect([opened.status, opened.headers.get('location')]).toEqual([303, '/search?q=%EB%8F%85%EB%8F%84'])
})

const lookAlikes: [string, string][] = [
  ['Paypal1', 'P\u0430ypal1'],
  ['Sea Glass', 'seaglass'],
  ['Dune Grass', 'DUNE GR\u0391SS'],
]

test.each(lookAlikes)('of two who come at once as %s and %s, one is let in under it', async (one, other) => {
  const visitors = [one, other].map((name) => ({ name, visitor: new Visitor(newsroom, mailbox) }))
  const links = []
  for (const [n, { visitor, name }] of visitors.entries())
    links.push({
      visitor,
      name,
      token: await visitor.askForLink(
        `twin-${lookAlikes.findIndex((pair) => pair[0] === one)}-${n}@quill.example`,
      ),
    })
  const answers = await Promise.all(
    links.map(({ visitor, name, token }) => visitor.post('/sign-in/link', { token, name })),
  )
  expect(answers.map(({ status }) => status).sort()).toEqual([303, 409])
  const refused = links[answers.findIndex(({ status }) => status === 409)]!
  const again = await refused.visitor.post('/sign-in/link', {
    token: refused.token,
    name: `${one} the Second`,
  })
  expect(again.status).toBe(303)
})

test('of many who rename themselves at once to names that look alike, one has it', async () => {
  const visitors = ['Kelp', 'Wrack', 'Dabberlocks'].map((name) => ({
    name,
    one: new Visitor(newsroom, mailbox),
  }))
  for (const { one, name } of visitors) await one.signIn(`${name}@quill.example`, name)
  const names = ['Oarweed', '\u041earweed', 'o\u0430rweed']
  const answers = await Promise.all(visitors.map(({ one }, n) => one.post('/me/name', { name: names[n]! })))
  expect(answers.map(({ status }) => status).sort()).toEqual([303, 409, 409])
  const skeleton = nameSkeleton('Oarweed')
  expect((await readPeople()).filter((person) => person.skeleton === skeleton)).toHaveLength(1)
})

test.each(['Stafford Reed', 'Editha Orr', 'Adminah Stone', 'Moderata', 'New Room', '2nd Thoughts'])(
  'a reader may be called %s',
  async (name) => {
    const token = await visitor.askForLink(`${hashSecret(name).slice(0, 20)}@quill.example`)
    expect((await visitor.post('/sign-in/link', { token, name })).status).toBe(303)
  },
)

test.each([
  'Moderator',
  'Ed1t\u043er',
  'Newsroom',
  'Admin',
  '편집국',
  '編集部',
  'غرفة الأخبار',
  'Detente',
  'readers’ desk',
  'Readers’ Desk 2',
  'Detente 7',
  'Detente Moderator',
  'Chief Editor 2',
  '김편집자',
  '編集部より',
])('no reader is called %s, staff may be', async (name) => {
  const { db, site } = newsroom.app
  const desk = {
    ...makePerson(site.id, `Desk of ${name}`, 'claimed'),
    badge: 'Readers’ desk',
    role: 'editor' as const,
  }
  await db.insertInto('person').values(desk).execute()
  const email = `${hashSecret(name).slice(0, 20)}@quill.example`
  const token = await visitor.askForLink(email)
  const refused = await visitor.post('/sign-in/link', { token, name })
  expect(refused.status).toBe(422)
  expect(await refused.text()).toContain('This name is kept for the newsroom.')
  const own = `Reader ${hashSecret(name).slice(0, 12)}`
  expect((await visitor.post('/sign-in/link', { token, name: own })).status).toBe(303)
  expect((await visitor.post('/me/name', { name })).status).toBe(422)
  await db.updateTable('person').set({ role: 'staff' }).where('name', '=', own).execute()
  expect((await visitor.post('/me/name', { name })).status).toBe(303)
})
