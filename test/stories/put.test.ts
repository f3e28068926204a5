/** A newsroom's CMS puts its stories here. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Mode } from '../../src/database/tables.ts'
import { type MessageKey, wordingFor } from '../../src/language/messages.ts'
import { makeSiteKey, setGate } from '../../src/stories/actions.ts'
import { type Answer, type Newsroom, startNewsroom } from '../newsroom.ts'

type Story = {
  id: string
  external: string | null
  title: string | null
  url: string | null
  version: number
  state: Mode
  stateReason: string | null
  stateSince: string | null
  closes: string | null
  comments: number
  event: number
  passages: { id: string; text: string }[]
}

const DAY = 86_400_000

let news: Newsroom

beforeAll(async () => {
  news = await startNewsroom({ origins: ['https://news.example'] })
})
afterAll(() => news?.close())

const ferry = { title: 'The ferry that will not wait', body: ['It leaves at six.', 'It does not wait.'] }

const put = (external: string, body: unknown, token: string | undefined = news.siteKey): Promise<Answer> =>
  news.call('PUT', `/api/stories/ext:${external}`, { body, ...(token ? { token } : {}) })
const get = async (name: string): Promise<Story> =>
  (await news.call('GET', `/api/stories/${name}`)).json<Story>()

test('a story that is new is created, one that is known is changed', async () => {
  const created = await put('flow', ferry)
  expect(created.status).toBe(201)
  const story = created.json<Story>()
  expect(story).toMatchObject({
    external: 'flow',
    title: ferry.title,
    version: 1,
    comments: 0,
    state: 'open',
    url: null,
  })
  expect(story.passages).toEqual([
    { id: 'p1', text: 'It leaves at six.' },
    { id: 'p2', text: 'It does not wait.' },
  ])
  const changed = await put('flow', { ...ferry, body: ['It leaves at six.', 'It waits for nobody.'] })
  expect(changed.status).toBe(200)
  expect(changed.json<Story>()).toMatchObject({
    id: story.id,
    version: 2,
    passages: [{ id: 'p1' }, { id: 'p3' }],
  })
  const back = await put('flow', ferry)
  expect(back.json<Story>()).toMatchObject({ version: 3, passages: story.passages })
})

test('an earlier version can still be read, at its own address', async () => {
  const { id } = (await put('versions', ferry)).json<Story>()
  await put('versions', { ...ferry, body: ['It left.'] })
  expect((await news.call('GET', `/s/${id}/versions/1`)).text).toContain('It does not wait.')
  expect((await news.call('GET', `/s/${id}/versions/2`)).text).not.toContain('It does not wait.')
  expect((await news.call('GET', `/s/${id}`)).text).toContain('It left.')
  expect((await news.call('GET', `/s/${id}/versions/3`)).status).toBe(404)
})

test('the same again is no new version, tells nobody, and leaves the pages as they are', async () => {
  const first = (await put('same', ferry)).json<Story>()
  await news.call('GET', `/s/${first.id}`)
  const again = await put('same', ferry)
  expect([again.status, again.json<Story>()]).toEqual([200, first])
})

test('a new section or address is no new version, but is told', async () => {
  const first = (await put('facts', ferry)).json<Story>()
  const moved = (
    await put('facts', { ...ferry, section: 'Coast', url: 'https://news.example/facts' })
  ).json<Story>()
  expect(moved).toMatchObject({
    version: 1,
    section: 'Coast',
    url: 'https://news.example/facts',
    event: first.event + 1,
  })
})

test.each(['title', 'byline', 'credit'])('a changed %s is a new version', async (field) => {
  await put(`line-${field}`, ferry)
  expect((await put(`line-${field}`, { ...ferry, [field]: 'Corrected' })).json<Story>().version).toBe(2)
})

test('paragraphs come as a list or as HTML, and are the same passages', async () => {
  const list = (await put('html', ferry)).json<Story>()
  const html = await put('html', {
    ...ferry,
    body: '<p>It leaves <b>at six</b>.</p><script>alert(1)</script><p>It does not wait.</p>',
  })
  expect(html.json<Story>()).toMatchObject({ version: 1, passages: list.passages })
})

test('what is not known is null on the way out, and said on the page', async () => {
  const story = (await put('unknown', { body: ['Only this.'] })).json<Story>()
  expect(story).toMatchObject({
    title: null,
    byline: null,
    credit: null,
    published: null,
    url: null,
    language: null,
    section: null,
  })
  const page = (await news.call('GET', `/s/${story.id}`)).text
  for (const key of ['story-byline-unknown', 'story-published-unknown'] as const)
    expect(page).toContain(say(key))
})

test('a story that was known by its address alone is taken on by the newsroom’s own id', async () => {
  const old = (
    await put('old-name', { ...ferry, url: 'https://news.example/adopted?utm_source=x' })
  ).json<Story>()
  await news.app.db.updateTable('story').set({ external: null }).where('id', '=', old.id).execute()
  const adopted = await put('new-name', { ...ferry, url: 'http://news.example/adopted/#talk' })
  expect(adopted.status).toBe(200)
  expect(adopted.json<Story>()).toMatchObject({ id: old.id, external: 'new-name', version: 1 })
})

test('an address that is another story’s is refused, whichever way it is written', async () => {
  await put('owner', { ...ferry, url: 'https://news.example/owned' })
  await put('rival', ferry)
  for (const external of ['rival', 'stranger']) {
    const refused = await put(external, { ...ferry, url: 'http://news.example/owned/?fbclid=1' })
    expect(refused.json()).toMatchObject({ type: '/problems/story-taken', status: 409, at: '/url' })
  }
})

test('an address of a site that is not ours is refused', async () => {
  for (const url of [
    'https://other.example/a',
    'https://news.example.evil.example/a',
    'https://news.example:8443/a',
    'https://xn--nws-bma.example/a',
  ])
    expect((await put('foreign', { ...ferry, url })).json(), url).toMatchObject({
      type: '/problems/story-invalid',
      status: 422,
      at: '/url',
    })
  expect((await news.call('GET', '/api/stories/ext:foreign')).status).toBe(404)
})

test('without a key, with a wrong one, with a reader’s or an admin’s token nothing is put', async () => {
  const wrong = `dtk_${'a'.repeat(43)}`
  for (const token of [
    '',
    wrong,
    await news.tokenOf('Ada Quay'),
    await news.tokenOf('Ines Marsh', 'admin'),
    news.siteKey.slice(0, -1),
    `${news.siteKey}a`,
  ]) {
    const refused = await put('locked', ferry, token)
    expect(refused.json()).toMatchObject({ type: '/problems/key-unknown', status: 401 })
    expect(refused.headers.get('www-authenticate')).toBe('Bearer')
  }
  expect((await news.call('GET', '/api/stories/ext:locked')).status).toBe(404)
  expect((await put('locked', ferry, await makeSiteKey(news.app, 'another'))).status).toBe(201)
})

test('a site key writes no comment', async () => {
  const { id } = (await put('keyed', ferry)).json<Story>()
  expect(
    (
      await news.call('POST', `/api/stories/${id}/comments`, {
        token: news.siteKey,
        body: { text: 'From the machine.' },
      })
    ).status,
  ).toBe(401)
})

test('of many who put the same new story at once one creates it and the others change it', async () => {
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => put('race', { ...ferry, url: 'https://news.example/race' })),
  )
  expect(answers.map((answer) => answer.status).sort()).toEqual([...Array(11).fill(200), 201])
  expect(new Set(answers.map((answer) => answer.json<Story>().id)).size).toBe(1)
  expect((await get('ext:race')).version).toBe(1)
})

test('of many who claim one address for stories of their own at once one gets it', async () => {
  for (let n = 0; n < 6; n++) await put(`claim-${n}`, ferry)
  for (const names of [(n: number) => `claim-${n}`, (n: number) => `fresh-${n}`]) {
    const url = `https://news.example/${names(0)}`
    const answers = await Promise.all(Array.from({ length: 6 }, (_, n) => put(names(n), { ...ferry, url })))
    expect(answers.map((answer) => (answer.status < 300 ? 'got it' : answer.status)).sort()).toEqual([
      409,
      409,
      409,
      409,
      409,
      'got it',
    ])
  }
})

test('of many changes at once each is a version, numbered without a gap', async () => {
  await put('versioned', ferry)
  await Promise.all(Array.from({ length: 8 }, (_, n) => put('versioned', { ...ferry, body: [`Take ${n}.`] })))
  const story = await get('ext:versioned')
  expect(story.version).toBe(9)
  const versions = await news.app.db
    .selectFrom('storyVersion')
    .select('number')
    .where('storyId', '=', story.id)
    .orderBy('number')
    .execute()
  expect(versions.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
})

test.each([
  ['neither title nor paragraph', { body: [] }, '/body'],
  ['paragraphs of white space', { body: [' ', '\u3000\n'] }, '/body'],
  ['1,001 paragraphs', { body: Array.from({ length: 1_001 }, (_, n) => `P ${n}`) }, '/body'],
  ['a paragraph of 20,001 characters', { body: ['a', 'b'.repeat(20_001)] }, '/body/1'],
  ['a NUL in its second paragraph', { body: ['a', 'b\0'] }, '/body/1'],
  ['a NUL in its HTML', { body: '<p>a</p><p>b\0</p>' }, '/body'],
  ['a time without a zone', { ...ferry, published: '2026-05-04T09:30:00' }, '/published'],
  ['a time in words', { ...ferry, published: 'yesterday' }, '/published'],
  ['a number for a time', { ...ferry, published: '5' }, '/published'],
  ['a day that is not in the calendar', { ...ferry, published: '2026-02-31T00:00:00Z' }, '/published'],
  ['a time before Christ', { ...ferry, published: '-200000-01-01T00:00:00Z' }, '/published'],
  ['a language in words', { ...ferry, language: 'English' }, '/language'],
  ['a relative address', { ...ferry, url: '/coast/ferry' }, '/url'],
  ['an address that runs scripts', { ...ferry, url: 'javascript:alert(1)' }, '/url'],
  ['an address with a password', { ...ferry, url: 'https://me:secret@news.example/' }, '/url'],
  [
    'an address that is long when escaped',
    { ...ferry, url: `https://news.example/${'竹'.repeat(600)}` },
    '/url',
  ],
  ['a title of 501 characters', { ...ferry, title: 'a'.repeat(501) }, '/title'],
])('a story with %s is refused, and the answer says where', async (_, body, at) => {
  const refused = await put('refused', body)
  expect(refused.json(), refused.text).toMatchObject({ status: 422, at })
  expect((await news.call('GET', '/api/stories/ext:refused')).status).toBe(404)
})

test.each([
  ['our own id', 'nonsense'],
  ['nothing', 'ext:'],
  ['a blank', 'ext:%20'],
  ['blanks around it', 'ext:%20a%20'],
  ['a line break', 'ext:a%0Ab'],
  ['two ids', 'ext:a,b'],
  ['two ids, escaped', 'ext:a%2Cb'],
])('a story under %s is refused', async (_, name) => {
  const refused = await news.call('PUT', `/api/stories/${name}`, { body: ferry, token: news.siteKey })
  expect(refused.json()).toMatchObject({ type: '/problems/story-invalid', status: 422 })
})

const putWithKey = (external: string, key: string, body: unknown, token = news.siteKey) =>
  news.call('PUT', `/api/stories/ext:${external}`, { body, token, headers: { 'idempotency-key': key } })

test('a put that is sent again with its key gets the same answer and writes nothing, whatever came between', async () => {
  const first = await putWithKey('kept', 'k1', ferry)
  expect(first.status).toBe(201)
  await put('kept', { ...ferry, body: ['It left.'] })
  const again = await putWithKey('kept', 'k1', ferry)
  expect([again.status, again.json()]).toEqual([201, first.json()])
  expect(await get('ext:kept')).toMatchObject({ version: 2, passages: [{ text: 'It left.' }] })
})

test('a key counts for one request of one site key', async () => {
  await putWithKey('keyed', 'k2', ferry)
  for (const [external, body] of [
    ['keyed', { ...ferry, title: 'Another' }],
    ['other', ferry],
  ] as const) {
    const refused = await putWithKey(external, 'k2', body)
    expect(refused.json()).toMatchObject({ type: '/problems/key-reused', status: 422 })
  }
  expect(await get('ext:keyed')).toMatchObject({ version: 1, title: ferry.title })
  const other = await makeSiteKey(news.app, 'other')
  expect((await putWithKey('other', 'k2', ferry, other)).status).toBe(201)
  expect((await putWithKey('bad-key', 'two words', ferry)).json()).toMatchObject({
    type: '/problems/body-invalid',
    at: '/headers/idempotency-key',
  })
})

test('of many puts with one key at once one is done, and all get its answer; a refused one uses no key up', async () => {
  for (const bodies of [Array(8).fill(ferry), Array(8).fill({ ...ferry, title: 'Changed at once' })]) {
    const key = bodies[0].title
    const answers = await Promise.all(
      bodies.map((body) => putWithKey('at-once', encodeURIComponent(key), body)),
    )
    expect(new Set(answers.map(({ status, text }) => `${status} ${JSON.stringify(sorted(text))}`)).size).toBe(
      1,
    )
  }
  expect((await get('ext:at-once')).version).toBe(2)
  expect((await putWithKey('mended', 'k3', { ...ferry, url: 'https://evil.example/' })).status).toBe(422)
  expect((await putWithKey('mended', 'k3', ferry)).status).toBe(201)
})

/** An object's members in one order: a kept answer need not come in the order of the first. */
const sorted = (json: string) =>
  Object.entries(JSON.parse(json) as object).sort(([a], [b]) => (a < b ? -1 : 1))

test('a body of tags in tags is refused at once, and says why', async () => {
  const refused = await put('deep', { ...ferry, body: '<div>'.repeat(600_000) })
  expect(refused.json()).toMatchObject({ type: '/problems/story-invalid', at: '/body', status: 422 })
})

test.each(['2026/05/04 #7?x=1&y=é', '竹島-12', '__proto__', "'; drop table story; --", 'a'.repeat(250)])(
  'the newsroom’s own id may be %s',
  async (external) => {
    const answer = await news.call('PUT', `/api/stories/ext:${encodeURIComponent(external)}`, {
      body: ferry,
      token: news.siteKey,
    })
    expect([answer.status, answer.json<Story>().external]).toEqual([201, external])
    const { id } = answer.json<Story>()
    expect((await get(`ext:${encodeURIComponent(external)}`)).id).toBe(id)
    const page = await news.call('GET', `/s/ext:${encodeURIComponent(external)}?sort=newest`)
    expect([page.status, page.headers.get('location')]).toEqual([301, `/s/${id}?sort=newest`])
  },
)

test('counts come for many stories in one request, by either name; unknown ones are null', async () => {
  const first = (await put('counted', ferry)).json<Story>()
  const second = (await put('empty', ferry)).json<Story>()
  await news.comment(first.id, 'Ada Quay', 'One.')
  await news.comment(first.id, 'Bo Harbour', 'Two.')
  const answer = await news.call(
    'GET',
    `/counts?story=${first.id},ext:counted,counted,${second.id},ext:nowhere,%20,constructor`,
  )
  expect(answer.text).toBe(
    JSON.stringify(
      Object.fromEntries([
        [first.id, 2],
        ['ext:counted', 2],
        ['counted', 2],
        [second.id, 0],
        ['ext:nowhere', null],
        ['constructor', null],
      ]),
    ),
  )
  expect(answer.headers.get('cache-control')).toContain('max-age=5')
  const many = Array.from({ length: 100 }, (_, n) => `ext:none-${n}`).join(',')
  expect(Object.keys((await news.call('GET', `/counts?story=${many}`)).json())).toHaveLength(100)
  expect((await news.call('GET', `/counts?story=${many},one-more`)).status).toBe(422)
})

const { say, date } = wordingFor('en')
const page = async (id: string, language = 'en') => (await news.call('GET', `/s/${id}?lang=${language}`)).text
const write = (id: string) =>
  news
    .tokenOf('Ada Quay')
    .then((token) => news.call('POST', `/api/stories/${id}/comments`, { token, body: { text: 'A word.' } }))

test.each<[Mode, number, MessageKey]>([
  ['open', 201, 'state-open'],
  ['premoderated', 201, 'state-premoderated'],
  ['closed', 409, 'state-closed-since'],
  ['off', 409, 'state-off-since'],
])(
  'a story, a section or the site that is %s says so, since when and why, and answers writers so',
  async (mode, status, key) => {
    const words = say(key, { date: date(new Date()).slice(0, 11) })
    const { id } = (await put(`state-${mode}`, { ...ferry, section: `Coast ${mode}` })).json<Story>()
    await page(id)
    for (const what of [{ storyId: id }, { section: `Coast ${mode}` }, 'site'] as const) {
      await setGate(news.app, what, { mode, reason: 'The inquiry <sits> today.', closeAfterDays: null })
      const story = await get(id)
      expect(story).toMatchObject({ state: mode, stateReason: 'The inquiry <sits> today.' })
      expect(Date.parse(story.stateSince!)).toBeGreaterThan(Date.now() - 60_000)
      const html = await page(id)
      expect(html).toContain(words)
      expect(html).toContain('The inquiry &lt;sits> today.')
      expect(html.includes('<textarea id="write-text"')).toBe(status === 201)
      const answer = await write(id)
      expect(answer.status).toBe(status)
      if (status === 201)
        expect(answer.json()).toMatchObject({ status: mode === 'open' ? 'published' : 'pending' })
      else
        expect(answer.json()).toMatchObject({
          type: '/problems/discussion-closed',
          detail: 'The inquiry <sits> today.',
        })
      await setGate(news.app, what, {
        mode: what === 'site' ? 'open' : null,
        reason: null,
        closeAfterDays: null,
      })
    }
    expect(await get(id)).toMatchObject({ state: 'open', stateReason: null })
  },
)

test('the clock closes a discussion, on the page that is kept in memory too', async () => {
  const { id } = (
    await put('clock', { ...ferry, published: new Date(Date.now() - 3 * DAY + 600_000).toISOString() })
  ).json<Story>()
  await setGate(news.app, { storyId: id }, { mode: null, reason: null, closeAfterDays: 3 })
  const { closes } = await get(id)
  expect(Math.round((Date.parse(closes!) - Date.now()) / 60_000)).toBe(10)
  expect(await page(id)).toContain('<textarea id="write-text"')
  try {
    news.app.now = () => new Date(Date.parse(closes!) - 1)
    expect((await write(id)).status).toBe(201)
    expect(await page(id)).toContain('<textarea id="write-text"')
    news.app.now = () => new Date(closes!)
    expect((await write(id)).json()).toMatchObject({ type: '/problems/discussion-closed' })
    expect(await page(id)).not.toContain('<textarea id="write-text"')
    expect(await get(id)).toMatchObject({ state: 'closed', stateReason: null, stateSince: closes })
  } finally {
    news.app.now = () => new Date()
  }
})
