/** The forms of a discussion, as a browser without script sends them. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { setGate } from '../../src/stories/actions.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'

let news: Newsroom
let story: string
let stories = 0

beforeAll(async () => {
  news = await startNewsroom()
  for (const name of ['Ada Quay', 'Bo Harbour', 'Cy Strand']) await news.tokenOf(name)
})
afterAll(() => news?.close())
const clock = () => new Date()
afterEach(() => {
  news.app.now = clock
})

const makeStory = () => news.putStory(`forms-${++stories}`)

/** A form of our page, sent by who is signed in there. */
async function send(
  path: string,
  fields: Record<string, string>,
  { name = 'Ada Quay', headers = {} }: { name?: string | null; headers?: Record<string, string> } = {},
) {
  const token = name === null ? undefined : await news.sessionTokenOf(name, undefined, null)
  return news.call('POST', path, {
    body: new URLSearchParams(fields).toString(),
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'text/html',
      ...(token ? { cookie: `detente=${token}` } : {}),
      ...headers,
    },
  })
}

async function open(path: string, name?: string) {
  const cookie = name ? { cookie: `detente=${await news.sessionTokenOf(name, undefined, null)}` } : {}
  return news.call('GET', path, { headers: { accept: 'text/html', ...cookie } })
}

const textsOf = async (of: string): Promise<string[]> => {
  const answer = await news.call('GET', `/api/stories/${of}/comments`)
  return answer.json<{ items: { text: string | null }[] }>().items.flatMap(({ text }) => text ?? [])
}

const commentIn = (location: string | null): string => /#c-(.+)$/.exec(location ?? '')?.[1] ?? ''
const fieldIn = (html: string, name: string): string | undefined =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1]

test.each(['from the page that all share', 'from a page of their own'])(
  'a double click %s posts once, and after taking it back the same words are posted anew',
  async (from) => {
    story = await makeStory()
    const page = `/s/${story}/comments`
    const once = async (): Promise<Record<string, string>> => {
      if (from === 'from the page that all share') return {}
      const preview = await send(page, { text: 'The tide turns.', preview: '1' })
      return { once: fieldIn(preview.text, 'once') ?? '' }
    }
    const fields = { text: 'The tide turns.', ...(await once()) }
    const [first, second] = await Promise.all([send(page, fields), send(page, fields)])
    expect([first.status, second.status]).toEqual([303, 303])
    expect(second.headers.get('location')).toBe(first.headers.get('location'))
    expect(await textsOf(story)).toEqual(['The tide turns.'])

    const id = commentIn(first.headers.get('location'))
    expect((await send(`/s/${story}/c/${id}/delete`, {})).status).toBe(303)
    expect(await textsOf(story)).toEqual([])
    const anew = await send(page, { text: 'The tide turns.', ...(await once()) })
    expect(anew.status).toBe(303)
    expect(commentIn(anew.headers.get('location'))).not.toBe(id)
    expect(await textsOf(story)).toEqual(['The tide turns.'])
  },
)

test('a form of one’s own page counts by itself: the same words from the next one are a second comment', async () => {
  story = await makeStory()
  const keys: string[] = []
  for (const _ of [1, 2]) {
    const page = await send(`/s/${story}/comments`, { text: 'Yes.', preview: '1' })
    keys.push(fieldIn(page.text, 'once') ?? '')
  }
  expect(new Set(keys).size).toBe(2)
  for (const once of keys) await send(`/s/${story}/comments`, { text: 'Yes.', once })
  expect(await textsOf(story)).toEqual(['Yes.', 'Yes.'])
})

test('a second click is the first one’s whatever the clock says in between', async () => {
  story = await makeStory()
  const start = Math.ceil(Date.now() / 600_000) * 600_000
  news.app.now = () => new Date(start - 1)
  const first = await send(`/s/${story}/comments`, { text: 'At the edge.' })
  news.app.now = () => new Date(start + 1)
  const second = await send(`/s/${story}/comments`, { text: 'At the edge.' })
  expect(second.headers.get('location')).toBe(first.headers.get('location'))
  expect(await textsOf(story)).toEqual(['At the edge.'])
})

test('words that do not stand in a comment are never shown as quoted from it', async () => {
  story = await makeStory()
  const id = await news.comment(story, 'Bo Harbour', 'The pier is closed.')
  const path = `/s/${story}/c/${id}/quote`
  const forged = await send(path, { exact: 'I hate this town.' })
  expect(forged.status).toBe(422)
  expect(forged.text).not.toContain('I hate this town.')
  const true_ = await send(path, { exact: 'The pier is closed.' })
  expect(true_.status).toBe(200)
  expect(true_.text).toContain('<q>The pier is closed.</q>')
  for (const outcome of [{ preview: '1' }, {}]) {
    const page = await send(
      `/s/${story}/comments`,
      { text: 'See?', parent: id, quoteComment: id, quoteExact: 'I hate this town.', ...outcome },
      { headers: { 'sec-fetch-site': 'cross-site' } },
    )
    expect(page.text).not.toContain('I hate this town.')
    expect(page.text).toContain('See?')
  }
})

test('a quote sent from another site’s page is not taken', async () => {
  story = await makeStory()
  const id = await news.comment(story, 'Bo Harbour', 'The pier is closed.')
  const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
  expect(
    (await send(`/s/${story}/c/${id}/quote`, { exact: 'The pier is closed.' }, { headers })).status,
  ).toBe(403)
})

test('when the quoted words were edited away, the text is posted without the quote', async () => {
  story = await makeStory()
  const id = await news.comment(story, 'Bo Harbour', 'The pier is closed.')
  const fields = { text: 'Since when?', parent: id, quoteComment: id, quoteExact: 'The pier is closed.' }
  await send(`/s/${story}/c/${id}/edit`, { text: 'The pier is open.' }, { name: 'Bo Harbour' })
  const refused = await send(`/s/${story}/comments`, fields)
  expect(refused.status).toBe(422)
  expect(refused.text).toContain('Post without the quote')
  expect(refused.text).toContain('Since when?')
  expect(fieldIn(refused.text, 'quoteExact')).toBeUndefined()
  const once = fieldIn(refused.text, 'once')!
  const parent = fieldIn(refused.text, 'parent')!
  expect(parent).toBe(id)
  expect((await send(`/s/${story}/comments`, { text: 'Since when?', parent, once })).status).toBe(303)
  expect(await textsOf(story)).toContain('Since when?')
})

test('when the comment replied to is gone, the button says that the text will stand by itself', async () => {
  story = await makeStory()
  const id = await news.comment(story, 'Bo Harbour', 'The pier is closed.')
  await news.call('DELETE', `/api/stories/${story}/comments/${id}`, {
    token: await news.tokenOf('Bo Harbour'),
  })
  const refused = await send(`/s/${story}/comments`, { text: 'Since when?', parent: id })
  expect(refused.status).toBe(422)
  expect(refused.text).toContain('Post as a comment of its own')
  expect(fieldIn(refused.text, 'parent')).toBeUndefined()
})

test.each([
  ['Latin', 'ferry '],
  ['Han', '船は六時に出る。'],
  ['Arabic', 'العبّارة '],
  ['emoji', '⛴️🌊'],
])('a text as long as the field takes (%s) comes back with what is wrong with it', async (_, words) => {
  story = await makeStory()
  const text = words.repeat(Math.floor(40_000 / words.length))
  const page = await send(`/s/${story}/comments`, { text })
  expect(page.status).toBe(422)
  expect(page.text).toContain(text.trim().slice(-500))
  const id = await news.comment(story, 'Ada Quay', 'Short.')
  const edited = await send(`/s/${story}/c/${id}/edit`, { text })
  expect(edited.status).toBe(422)
  expect(edited.text).toContain(text.trim().slice(-500))
  expect((await open(`/s/${story}`)).text).toContain('maxlength="40000"')
})

test('who reports without being signed in is asked to, and comes back to the report', async () => {
  story = await makeStory()
  const id = await news.comment(story, 'Bo Harbour', 'Buy a boat.')
  const path = `/s/${story}/c/${id}`
  const sent = await send(`${path}/report`, { reason: 'spam', text: '' }, { name: null })
  expect(sent.status).toBe(303)
  expect(sent.headers.get('location')).toBe(`/sign-in?to=${encodeURIComponent(`${path}/more#report`)}`)
  const typed = await send(`${path}/report`, { reason: 'spam', text: 'Third time.' }, { name: null })
  expect(typed.status).toBe(401)
  expect(typed.text).toContain('Third time.</textarea>')
  expect(typed.text).toMatch(/value="spam"[^>]* checked/)
  expect(typed.text).toContain('/sign-in?')
})

test('a report that cannot be kept stands in its form again', async () => {
  story = await makeStory()
  const id = await news.comment(story, 'Bo Harbour', 'Buy a boat.')
  const page = await send(`/s/${story}/c/${id}/report`, { reason: 'spam', text: 'Third\0 time.' })
  expect(page.status).toBe(422)
  expect(page.text).toMatch(/Third\S* time\.<\/textarea>/)
  expect(page.text).toMatch(/value="spam"[^>]* checked/)
})

test('thanks for a report go to who made one', async () => {
  story = await makeStory()
  const id = await news.comment(story, 'Bo Harbour', 'Buy a boat.')
  const sent = await send(`/s/${story}/c/${id}/report`, { reason: 'spam' })
  const thanks = 'The desk has been told.'
  const page = sent.headers.get('location')!
  expect((await open(page, 'Ada Quay')).text).toContain(thanks)
  expect((await open(page, 'Cy Strand')).text).not.toContain(thanks)
  expect((await open(page)).text).not.toContain(thanks)
})

test('one’s own comment is not offered for quoting', async () => {
  story = await makeStory()
  const id = await news.comment(story, 'Ada Quay', 'The pier is closed.')
  expect((await open(`/s/${story}/c/${id}/more`, 'Ada Quay')).text).not.toContain('Quote a paragraph')
  expect((await open(`/s/${story}/c/${id}/more`, 'Bo Harbour')).text).toContain('Quote a paragraph')
})

test('what one respects is said on the comment’s page and on one’s own, and can be taken back there', async () => {
  story = await makeStory()
  const id = await news.comment(story, 'Bo Harbour', 'The pier is closed.')
  const path = `/s/${story}/c/${id}`
  await send(`${path}/respect`, {})
  expect((await open(`${path}/more`, 'Ada Quay')).text).toContain('You have shown respect for this comment.')
  expect((await open(`${path}/more`, 'Bo Harbour')).text).not.toContain('You have shown respect')
  expect((await open('/me', 'Ada Quay')).text).toContain('What you respect')
  expect((await open('/me', 'Ada Quay')).text).toContain(path)
  await send(`${path}/respect`, {})
  expect((await open(`${path}/more`, 'Ada Quay')).text).not.toContain('You have shown respect')
  expect((await open('/me', 'Ada Quay')).text).not.toContain(path)
})

test.each([
  ['waits', undefined, 'Only you can see this until an editor has looked.'],
  ['is held', 'hold', 'The desk holds this comment: only you can see it. Rule: advertising or spam.'],
  ['was taken back', 'withdraw', 'You took this comment back. Its words are erased.'],
] as const)('to its author, a comment that %s says so', async (_, done, told) => {
  story = await makeStory()
  if (done === undefined)
    await setGate(news.app, { storyId: story }, { mode: 'premoderated', reason: null, closeAfterDays: null })
  const token = await news.tokenOf('Ada Quay')
  const written = await news.call('POST', `/api/stories/${story}/comments`, {
    token,
    body: { text: 'A boat.' },
  })
  const { id } = written.json<{ id: string }>()
  if (done === 'withdraw') await news.call('DELETE', `/api/stories/${story}/comments/${id}`, { token })
  if (done === 'hold')
    await news.call('POST', `/api/stories/${story}/comments/${id}/decisions`, {
      token: await news.tokenOf('Ed Desk', 'moderator'),
      body: { action: 'hold', reason: 'spam' },
    })
  const page = await open(`/s/${story}/c/${id}`, 'Ada Quay')
  expect(page.status).toBe(200)
  expect(page.text).toContain(told)
  const mine = await news.call('GET', `/api/stories/${story}/mine`, { token })
  const { waiting } = mine.json<{ waiting: { id: string; status: string; reason: string | null }[] }>()
  expect(waiting.map(({ status, reason }) => [status, reason])).toEqual(
    done === 'withdraw' ? [] : done === 'hold' ? [['held', 'spam']] : [['pending', null]],
  )
})

test('nothing is a stranger’s own: that is no mistake, but a token that does not hold is', async () => {
  story = await makeStory()
  const mine = await news.call('GET', `/api/stories/${story}/mine`)
  expect(mine.status).toBe(200)
  expect(mine.json()).toEqual({
    person: null,
    own: [],
    respected: [],
    muted: [],
    mutedComments: 0,
    told: 0,
    waiting: [],
  })
  expect((await news.call('GET', `/api/stories/${story}/mine`, { token: 'not-one' })).status).toBe(401)
})

test('an empty place in an exchange is its beginning', async () => {
  story = await makeStory()
  const id = await news.comment(story, 'Bo Harbour', 'The pier is closed.')
  const path = `/s/${story}/c/${id}`
  expect((await open(`${path}?after=`)).text).not.toContain('noindex')
  expect((await open(path)).text).not.toContain('noindex')
})

test.each([
  [
    'comments',
    { text: 'A boat.', kind: 'poem' },
    /kind.*claim\|question\|experience\|correction\|about-coverage/,
  ],
  ['reports', { reason: 'boring' }, /reason.*personal-attack\|hate.*\|other/],
])('a word that %s do not know is refused with those that they do', async (what, body, told) => {
  story = await makeStory()
  const id = await news.comment(story, 'Bo Harbour', 'The pier is closed.')
  const path = what === 'comments' ? 'comments' : `comments/${id}/reports`
  const token = await news.tokenOf('Ada Quay')
  const answer = await news.call('POST', `/api/stories/${story}/${path}`, { token, body })
  expect(answer.status).toBe(422)
  expect(answer.json<{ detail: string }>().detail).toMatch(told)
})

test('a comment may have a kind, and need not', async () => {
  story = await makeStory()
  for (const kind of ['question', null]) {
    const body = { text: 'Since when?', kind }
    const answer = await news.call('POST', `/api/stories/${story}/comments`, {
      token: await news.tokenOf('Ada Quay'),
      body,
    })
    expect(answer.json()).toMatchObject({ kind })
  }
})

test('the front page names stories without a headline by their first words', async () => {
  for (const words of ['The harbour freezes over.', 'The mayor swims to work.'])
    await news.putStory(`untitled-${++stories}`, { title: null, body: [words, 'Nobody knows why.'] })
  const { text } = await open('/?lang=en')
  expect(text).toContain('The harbour freezes over.')
  expect(text).toContain('The mayor swims to work.')
  expect(text).not.toContain('Nobody knows why.')
})
