/** What the desk decides about people, and what comes of it: for whoever it is about, on every door, at once. */
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { inForce, type Measure, readWish, type Sanction, stateOf } from '../../src/people/sanction.ts'
import { isProblem } from '../../src/problem.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { type Mailbox, startMailbox } from './mailbox.ts'
import { Visitor } from './visitor.ts'

let news: Newsroom
let mailbox: Mailbox
let story: string
let moderator: string
let admin: string

const moveClock = (ahead: number) => {
  news.app.now = () => new Date(Date.now() + ahead)
}
const HOUR = 3600_000
const DAY = 24 * HOUR

beforeAll(async () => {
  mailbox = await startMailbox()
  news = await startNewsroom({ smtpUrl: mailbox.url, origins: ['https://news.example'] })
  story = await news.putStory()
  moderator = await news.tokenOf('Mo Weir', 'moderator')
  admin = await news.tokenOf('Ines Marsh', 'admin')
})
afterAll(async () => {
  await news?.close()
  await mailbox?.stop()
})
beforeEach(() => moveClock(0))

let count = 0
/** Somebody new, by a token that says nothing of a role. */
async function someone(): Promise<{ name: string; id: string; token: string }> {
  count += 1
  const name = `Reader ${String.fromCharCode(64 + count)}${count}x`
  const token = await news.tokenOf(name)
  const me = await news.call('GET', '/api/me', { token })
  return { name, token, id: me.json<{ id: string }>().id }
}

const impose = (id: string, body: object, token = moderator) =>
  news.call('POST', `/api/people/${id}/sanctions`, { token, body })
const lift = (id: string, body: object = { reason: 'enough' }, token = moderator) =>
  news.call('POST', `/api/sanctions/${id}/lift`, { token, body })
const taken = async (id: string, body: object, token = moderator): Promise<string> => {
  const answer = await impose(id, body, token)
  expect(answer.status, answer.text).toBe(201)
  return answer.json<{ id: string }>().id
}
const inDays = (days: number) => new Date(Date.now() + days * DAY).toISOString()
const write = (token: string, text = 'Low water is at four.', parent: string | null = null) =>
  news.call('POST', `/api/stories/${story}/comments`, { token, body: { text, parent } })
const sanctionRows = () => news.app.db.selectFrom('sanction').selectAll().execute()

test.each<[string, object, number, string | undefined]>([
  ['no reason', { kind: 'warn' }, 422, 'reason-missing'],
  ['a reason that is none', { kind: 'ban', reason: null }, 422, 'reason-missing'],
  ['a reason of no list', { kind: 'ban', reason: 'dislike' }, 422, 'body-invalid'],
  ['“other” without words', { kind: 'ban', reason: 'other', note: '  ' }, 422, 'reason-missing'],
  ['a suspension without an end', { kind: 'suspend', reason: 'spam' }, 422, 'body-invalid'],
  ['an end that has passed', { kind: 'suspend', reason: 'spam', until: inDays(-1) }, 422, 'body-invalid'],
  ['an end in twenty years', { kind: 'suspend', reason: 'spam', until: inDays(7300) }, 422, 'body-invalid'],
  ['an end that is no time', { kind: 'suspend', reason: 'spam', until: 'Friday' }, 422, 'body-invalid'],
  ['a ban with an end', { kind: 'ban', reason: 'spam', until: inDays(1) }, 422, 'body-invalid'],
  ['a kind that is none', { kind: 'lift', reason: 'spam' }, 422, 'body-invalid'],
])('a measure with %s is refused, and nothing is in force', async (_, body, status, type) => {
  const { id, token } = await someone()
  const answer = await impose(id, body)
  expect([answer.status, answer.json().type]).toEqual([status, `/problems/${type}`])
  expect((await write(token)).status).toBe(201)
})

test('whoever is suspended writes nothing with the token they hold, is told why and until when, and may take back what they wrote', async () => {
  const { id, token } = await someone()
  const own = (await write(token)).json<{ id: string }>().id
  const other = await news.comment(story, 'Bo Harbour', 'High water is at ten.')
  const until = inDays(3)
  const sanction = await taken(id, { kind: 'suspend', reason: 'personal-attack', note: 'Again.', until })
  const at = `/api/stories/${story}/comments`
  const refused = await Promise.all([
    write(token),
    write(token, 'And yet.', other),
    news.call('PATCH', `${at}/${own}`, { token, body: { text: 'Changed.' } }),
    news.call('PUT', `${at}/${other}/ballot`, { token, body: { value: 1 } }),
    news.call('POST', `${at}/${other}/reports`, { token, body: { reason: 'spam' } }),
  ])
  for (const answer of refused)
    expect(answer.json()).toMatchObject({
      type: '/problems/suspended',
      status: 403,
      sanction: { id: sanction, reason: 'personal-attack', until },
    })
  expect((await news.call('DELETE', `${at}/${own}`, { token })).status).toBe(200)
  expect((await news.call('PUT', `/api/people/${id}/mute`, { token: moderator })).status).toBe(200)
})

test('a suspension ends by the clock', async () => {
  const { id, name } = await someone()
  await taken(id, { kind: 'suspend', reason: 'spam', until: inDays(3) })
  for (const [ahead, status] of [
    [3 * DAY - 60_000, 403],
    [3 * DAY + 1_000, 201],
  ] as const) {
    moveClock(ahead)
    const cookie = `detente=${await news.sessionTokenOf(name, undefined, null)}`
    const body = { text: 'Low water is at four.' }
    const answer = await news.call('POST', `/api/stories/${story}/comments`, { headers: { cookie }, body })
    expect(answer.status).toBe(status)
  }
})

test('nothing that is sent while a suspension is taken is written after it', async () => {
  const { id, token } = await someone()
  const sent = Array.from({ length: 12 }, (_, n) => write(token, `One more, number ${n}.`))
  const decided = impose(id, { kind: 'suspend', reason: 'spam', until: inDays(1) })
  const statuses = (await Promise.all(sent)).map(({ status }) => status)
  expect((await decided).status).toBe(201)
  for (const status of statuses) expect([201, 403]).toContain(status)
  const written = await news.app.db.selectFrom('comment').select('id').where('authorId', '=', id).execute()
  expect(written.length).toBe(statuses.filter((status) => status === 201).length)
  expect((await write(token)).status).toBe(403)
})

test('the form without script gives the text back beneath the words', async () => {
  const visitor = new Visitor(news, mailbox)
  await visitor.signIn('quill@form.example', 'Quill Form')
  const { id } = await visitor.whoAmI()
  const until = new Date(Date.now() + 3 * DAY)
  await taken(id!, { kind: 'suspend', reason: 'hate', until: until.toISOString() })
  const answer = await visitor.post(`/s/${story}/comments`, { text: 'My long thought.' })
  const page = await answer.text()
  expect(answer.status).toBe(403)
  expect(page).toContain('My long thought.')
  expect(page).toContain('Reason: hatred of a group.')
  expect(page).toContain('href="/me#restrictions"')
  expect(page).toMatch(/Until \w+ \d+, \d{4}/)
  const name = await visitor.post('/me/name', { name: 'Rude Name' })
  expect(name.status).toBe(403)
})

test('a ban ends every session; whoever is banned signs in again to read why, to download and to go', async () => {
  const visitor = new Visitor(news, mailbox)
  await visitor.signIn('ban@quill.example', 'Banned Quill')
  const phone = new Visitor(news, mailbox)
  await phone.signIn('ban@quill.example', '')
  const { id } = await visitor.whoAmI()
  const sanction = await taken(id!, { kind: 'ban', reason: 'other', note: 'Sold boats for a year.' })
  for (const browser of [visitor, phone]) expect((await browser.whoAmI()).status).toBe(401)
  await visitor.signIn('ban@quill.example', '')
  const page = await (await visitor.get('/me')).text()
  for (const words of [
    'You can no longer comment',
    'Sold boats for a year.',
    sanction.slice(-12),
    'news.example',
  ])
    expect(page).toContain(words)
  expect((await visitor.post(`/s/${story}/comments`, { text: 'Let me.' })).status).toBe(403)
  const download = await visitor.get('/me/download/me.json')
  expect([download.status, await download.text()]).toEqual([200, expect.stringContaining('Banned Quill')])
  expect((await visitor.get('/me/erase')).status).toBe(200)
})

test('a note is the desk’s own, unless it is the reason', async () => {
  const { id, token } = await someone()
  await taken(id, { kind: 'warn', reason: 'spam', note: 'Third time.' })
  await taken(id, { kind: 'warn', reason: 'other', note: 'Please use one name.' })
  const list = async (as: string) =>
    (await news.call('GET', `/api/people/${id}/sanctions`, { token: as })).json<{
      items: { note: string | null; moderator?: { name: string } }[]
    }>().items
  expect((await list(token)).map(({ note }) => note)).toEqual([null, 'Please use one name.'])
  expect((await list(token))[0]).not.toHaveProperty('moderator')
  expect((await list(moderator)).map(({ note }) => note)).toEqual(['Third time.', 'Please use one name.'])
  expect((await list(moderator))[0]?.moderator?.name).toBe('Mo Weir')
  const curious = await someone()
  expect((await news.call('GET', `/api/people/${id}/sanctions`, { token: curious.token })).status).toBe(403)
  expect((await write(token)).status).toBe(201)
})

test('of whoever is looked at first every comment waits, an edit too, until it is lifted', async () => {
  const { id, token } = await someone()
  const before = (await write(token)).json<{ id: string }>().id
  const sanction = await taken(id, { kind: 'look-first', reason: 'off-topic' })
  expect((await write(token)).json().status).toBe('pending')
  const edited = await news.call('PATCH', `/api/stories/${story}/comments/${before}`, {
    token,
    body: { text: 'Changed my mind.' },
  })
  expect(edited.json().status).toBe('pending')
  expect((await lift(sanction)).status).toBe(201)
  expect((await write(token)).json().status).toBe('published')
})

test('what a folded person wrote is folded for everyone on the next request, from the cache too', async () => {
  const { id, name, token } = await someone()
  await write(token, 'Fold me, if you like.')
  const read = async () => (await news.call('GET', `/s/${story}`)).text
  await read()
  const isFolded = (page: string) => /<details class="muted[^>]*>(?:(?!<\/details>).)*Fold me/s.test(page)
  expect(isFolded(await read())).toBe(false)
  const sanction = await taken(id, { kind: 'mute', reason: 'personal-attack' })
  expect(isFolded(await read()), name).toBe(true)
  await lift(sanction)
  expect(isFolded(await read())).toBe(false)
})

test('open pages hear that what they show is folded', async () => {
  const { id, token } = await someone()
  const comment = (await write(token)).json<{ id: string }>().id
  const heard = async () =>
    (
      await news.app.db
        .selectFrom('event')
        .select('kind')
        .where('storyId', '=', story)
        .where('commentId', '=', comment)
        .orderBy('number')
        .execute()
    ).map(({ kind }) => kind)
  const sanction = await taken(id, { kind: 'mute', reason: 'spam' })
  expect(await heard()).toEqual(['comment.published', 'comment.changed'])
  await lift(sanction)
  expect(await heard()).toEqual(['comment.published', 'comment.changed', 'comment.changed'])
})

test('of several measures the one that ends last bars, and lifting it leaves the other in force', async () => {
  const { id, token } = await someone()
  const long = await taken(id, { kind: 'suspend', reason: 'spam', until: inDays(9) })
  const short = await taken(id, { kind: 'suspend', reason: 'hate', until: inDays(2) })
  expect((await write(token)).json()).toMatchObject({ sanction: { id: long } })
  expect((await lift(long)).status).toBe(201)
  expect((await write(token)).json()).toMatchObject({ sanction: { id: short } })
  expect((await lift(short)).status).toBe(201)
  expect((await write(token)).status).toBe(201)
  expect((await lift(short)).json()).toMatchObject({ type: '/problems/status-conflict' })
})

test('a measure that is sent twice is one', async () => {
  const { id } = await someone()
  const body = { kind: 'suspend', reason: 'spam', until: inDays(2) }
  const [one, two] = await Promise.all([taken(id, body), taken(id, body)])
  expect(one).toBe(two)
})

test('whoever is neither moderator nor above takes and lifts no measure, and nobody about themselves', async () => {
  const { id, token } = await someone()
  const sanction = await taken(id, { kind: 'mute', reason: 'spam' })
  const staff = await news.tokenOf('Sten Pier', 'staff')
  const before = await sanctionRows()
  for (const as of [token, staff]) {
    expect((await impose(id, { kind: 'ban', reason: 'spam' }, as)).status).toBe(403)
    expect((await lift(sanction, { reason: 'mistake' }, as)).status).toBe(403)
  }
  const self = (await news.call('GET', '/api/me', { token: moderator })).json<{ id: string }>().id
  expect((await impose(self, { kind: 'mute', reason: 'spam' })).status).toBe(403)
  expect((await impose(id, { kind: 'ban', reason: 'spam', everywhere: true })).status).toBe(403)
  expect(await sanctionRows()).toEqual(before)
})

test('the log of measures can only be added to', async () => {
  const { id } = await someone()
  const sanction = await taken(id, { kind: 'warn', reason: 'spam' })
  const { db } = news.app
  await expect(
    db.updateTable('sanction').set({ reason: 'hate' }).where('id', '=', sanction).execute(),
  ).rejects.toThrow()
  await expect(db.deleteFrom('sanction').where('id', '=', sanction).execute()).rejects.toThrow()
})

test('a suspended moderator decides nothing', async () => {
  const token = await news.tokenOf('Wim Lock', 'moderator')
  const { id } = (await news.call('GET', '/api/me', { token })).json<{ id: string }>()
  expect((await news.call('GET', '/api/queue', { token })).status).toBe(200)
  const sanction = await taken(id, { kind: 'suspend', reason: 'spam', until: inDays(1) }, admin)
  expect((await news.call('GET', '/api/queue', { token })).status).toBe(403)
  await lift(sanction, { reason: 'mistake' }, admin)
  expect((await news.call('GET', '/api/queue', { token })).status).toBe(200)
})

/* Being told */

const LINE = 'The newsroom has sent you a message.'
const untold = async (token: string) =>
  (await news.call('GET', `/api/stories/${story}/mine`, { token })).json<{ told: number }>().told

test.each<[string, object]>([
  ['a warning', { kind: 'warn' }],
  ['a look before each comment', { kind: 'look-first' }],
  ['a fold for everyone', { kind: 'mute' }],
  ['a suspension', { kind: 'suspend', until: inDays(2) }],
])(
  'of %s whoever it is about hears beside every thread until it is lifted, and nobody else does',
  async (_, measure) => {
    const { id, token } = await someone()
    expect(await untold(token)).toBe(0)
    const sanction = await taken(id, { ...measure, reason: 'spam' })
    expect(await untold(token)).toBe(1)
    expect(await untold((await someone()).token)).toBe(0)
    await lift(sanction)
    expect(await untold(token)).toBe(0)
  },
)

test('what has ended by the clock is told to nobody', async () => {
  const { id, name } = await someone()
  await taken(id, { kind: 'warn', reason: 'spam' })
  await taken(id, { kind: 'suspend', reason: 'spam', until: inDays(2) })
  for (const [ahead, told] of [
    [0, 2],
    [3 * DAY, 1],
    [190 * DAY, 0],
  ] as const) {
    moveClock(ahead)
    expect(await untold(await news.sessionTokenOf(name, undefined, 'https://news.example'))).toBe(told)
  }
})

test('looking at one’s own page ends the message; the next measure brings it back', async () => {
  const visitor = new Visitor(news, mailbox)
  await visitor.signIn('looks@quill.example', 'Looking Quill')
  const { id } = await visitor.whoAmI()
  const told = async () => (await (await visitor.get(`/api/stories/${story}/mine`)).json()).told
  await taken(id!, { kind: 'warn', reason: 'spam' })
  await taken(id!, { kind: 'look-first', reason: 'spam' })
  for (const elsewhere of ['/me/account', '/me/reading', `/s/${story}`, '/me/download/me.json'])
    expect((await visitor.get(elsewhere)).status, elsewhere).toBe(200)
  expect(await told()).toBe(2)
  expect(await (await visitor.get('/me')).text()).toContain('The newsroom warns you.')
  expect(await told()).toBe(0)
  moveClock(1_000)
  await taken(id!, { kind: 'warn', reason: 'hate' })
  expect(await told()).toBe(1)
  await visitor.get('/me')
  expect(await told()).toBe(0)
})

test('whoever keeps a script’s token has not looked for the person', async () => {
  const { id, token } = await someone()
  await taken(id, { kind: 'warn', reason: 'spam' })
  expect((await news.call('GET', '/me', { token })).text).toContain('The newsroom warns you.')
  expect(await untold(token)).toBe(1)
})

test('without script the pages that are one reader’s alone say so, and the thread that all share does not', async () => {
  const visitor = new Visitor(news, mailbox)
  await visitor.signIn('still@quill.example', 'Still Quill')
  const { id } = await visitor.whoAmI()
  const comment = await news.comment(story, 'Bo Harbour', 'High water is at ten.')
  const more = async () => (await visitor.get(`/s/${story}/c/${comment}/more`)).text()
  const fromElsewhere = async () => {
    const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://news.example' }
    return (await visitor.post(`/s/${story}/comments`, { text: 'My long thought.' }, headers)).text()
  }
  const emptied = async () => (await visitor.post(`/s/${story}/comments`, { text: ' ' })).text()
  const pages = [more, fromElsewhere, emptied]
  for (const page of pages) expect(await page()).not.toContain(`>${LINE}<`)
  await taken(id!, { kind: 'warn', reason: 'spam' })
  for (const page of pages) expect(await page()).toContain(`<a href="/me#restrictions">${LINE}</a>`)
  for (const shared of [`/s/${story}`, `/s/${story}/c/${comment}`])
    expect(await (await visitor.get(shared)).text()).not.toContain(`>${LINE}<`)
  await visitor.get('/me')
  for (const page of pages) expect(await page()).not.toContain(`>${LINE}<`)
})

test('a stranger’s pages say nothing of messages', async () => {
  const comment = await news.comment(story, 'Bo Harbour', 'Slack water is at one.')
  const page = await news.call('GET', `/s/${story}/c/${comment}/more`)
  expect([page.status, page.text.includes(LINE)]).toEqual([200, false])
})

/* The desk's forms */

const form = (path: string, fields: Record<string, string>, token = moderator) =>
  news.call('POST', path, {
    token,
    body: new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' },
  })

test('the desk sees what the person will be told, in their language, before anything is taken', async () => {
  const { id, token } = await someone()
  await news.app.db.updateTable('person').set({ language: 'ja' }).where('id', '=', id).execute()
  const fields = { kind: 'suspend', reason: 'spam', days: '3', note: 'Boats.' }
  const shown = await form(`/desk/people/${id}/sanctions`, { ...fields, step: 'look' })
  expect(shown.status).toBe(200)
  expect(shown.text).toContain('<div class="told" lang="ja"')
  expect(shown.text).toContain('<html lang="en"')
  expect((await write(token)).status).toBe(201)
  const changed = await form(`/desk/people/${id}/sanctions`, { ...fields, step: 'change' })
  expect(changed.text).toContain('Boats.</textarea>')
  const done = await form(`/desk/people/${id}/sanctions`, { ...fields, step: 'take' })
  expect([done.status, done.headers.get('location')]).toEqual([303, `/desk/people/${id}#measures`])
  expect((await write(token)).status).toBe(403)
  const [sanction] = await news.app.db
    .selectFrom('sanction')
    .select('id')
    .where('personId', '=', id)
    .execute()
  const lifted = await form(`/desk/sanctions/${sanction!.id}/lift`, {
    person: id,
    reason: 'new-facts',
    note: '',
  })
  expect(lifted.status).toBe(303)
  expect((await write(token)).status).toBe(201)
})

test('a form of the desk that is refused stands open with what was typed', async () => {
  const { id } = await someone()
  const refused = await form(`/desk/people/${id}/sanctions`, {
    kind: 'ban',
    reason: '',
    note: 'Kept words.',
    step: 'look',
  })
  expect(refused.status).toBe(422)
  expect(refused.text).toContain('Kept words.</textarea>')
  expect(refused.text).toContain('A restriction needs a reason')
})

test('the desk finds somebody by the number that they were told', async () => {
  const { id } = await someone()
  const sanction = await taken(id, { kind: 'warn', reason: 'spam' })
  const found = await news.call('GET', `/desk/people?q=${sanction.slice(-12)}`, { token: moderator })
  expect(found.headers.get('location')).toBe(`/desk/people/${id}`)
})

/* What is in force: pure */

const now = new Date('2026-05-04T09:30:00Z')
const at = (id: number, kind: Measure, hours: number): Sanction => ({
  id: `s${id}`,
  siteId: 'site',
  personId: 'p',
  kind,
  lifts: null,
  reason: 'spam',
  note: null,
  until: kind === 'suspend' ? new Date(now.getTime() + hours * HOUR) : null,
  moderatorId: 'm',
  decidedAt: now,
})
const logs = fc
  .array(
    fc.tuple(
      fc.constantFrom<Measure>('warn', 'suspend', 'ban', 'look-first', 'mute'),
      fc.integer({ min: -9, max: 9 }),
    ),
  )
  .map((all) => all.map(([kind, hours], id) => at(id, kind, hours)))
const lifting = ({ id }: Sanction): Sanction => ({
  ...at(0, 'warn', 0),
  id: `lift ${id}`,
  kind: 'lift',
  lifts: id,
})

test('the order of measures does not matter to what is in force', () =>
  fc.assert(
    fc.property(logs, (log) => {
      const { sanctionId: _, ...state } = stateOf(log, now)
      const { sanctionId: __, ...reversed } = stateOf(log.toReversed(), now)
      expect(reversed).toEqual(state)
    }),
  ))

test('when all are lifted nothing is in force, and lifting what has ended changes nothing', () =>
  fc.assert(
    fc.property(logs, (log) => {
      expect(inForce([...log, ...log.map(lifting)], now)).toEqual([])
      const ended = log.filter(({ until }) => until !== null && until <= now)
      expect(stateOf([...log, ...ended.map(lifting)], now)).toEqual(stateOf(log, now))
    }),
  ))

test('a ban on all sites is the only measure for all of them', () => {
  const wish = { reason: 'spam', note: null, until: null, everywhere: true }
  expect(isProblem(readWish({ ...wish, kind: 'ban' }, now))).toBe(false)
  for (const kind of ['warn', 'look-first', 'mute'] as const)
    expect(readWish({ ...wish, kind }, now)).toMatchObject({ at: '/everywhere' })
})
