/** The desk's forms for stories, gates and the site: what they show is what is kept, and what is refused is given back. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { wordingFor } from '../../src/language/messages.ts'
import { listEvents } from '../../src/live/store.ts'
import { setGate } from '../../src/stories/actions.ts'
import { readStoryGate } from '../../src/stories/store.ts'
import { type Answer, type Newsroom, startNewsroom } from '../newsroom.ts'

let news: Newsroom
let story: string
let admin: string

beforeAll(async () => {
  news = await startNewsroom()
  story = await news.putStory('ferry', { section: 'Coast' })
  admin = await news.tokenOf('Ines Marsh', 'admin')
})
afterAll(() => news?.close())
const unset = { mode: null, reason: null, closeAfterDays: null }
beforeEach(async () => {
  await setGate(news.app, { storyId: story }, unset)
  await setGate(news.app, { section: 'Coast' }, unset)
})

const { say } = wordingFor('en')
const show = (path: string): Promise<Answer> =>
  news.call('GET', path, { token: admin, headers: { accept: 'text/html' } })
const post = (path: string, fields: Record<string, string>, token: string | undefined = admin) =>
  news.call('POST', path, {
    ...(token ? { token } : {}),
    body: new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' },
  })
/** The gate's form that has this hidden field. */
const gateForm = (page: Answer, hidden: string): string =>
  page.text.match(/<form[^>]*gate-form.*?<\/form>/gs)?.find((form) => form.includes(hidden)) ?? ''
const modeIn = (form: string) =>
  /<option(?=[^>]* selected)[^>]*value="([^"]*)"/.exec(form.split('name="mode"')[1] ?? '')?.[1] ?? ''
const valueIn = (form: string, name: string) =>
  new RegExp(`name="${name}"[^>]*? value="([^"]*)"`).exec(form)?.[1] ?? ''

test('a story’s gate form shows the story’s own gate, not what it inherits, and saving it as it stands changes nothing', async () => {
  await setGate(news.app, { section: 'Coast' }, { mode: 'closed', reason: 'In court.', closeAfterDays: 9 })
  await setGate(news.app, { storyId: story }, { mode: null, reason: null, closeAfterDays: 30 })
  const form = gateForm(await show(`/desk/stories/edit?story=${story}`), story)
  expect([modeIn(form), valueIn(form, 'reason'), valueIn(form, 'days')]).toEqual(['', '', '30'])
  expect((await post('/desk/gate', { story, mode: '', reason: '', days: '30' })).status).toBe(303)
  expect(await readStoryGate(news.app.db, story)).toMatchObject({
    mode: null,
    modeReason: null,
    closeAfterDays: 30,
  })
})

test('a story’s gate form shows mode, reason and days that are its own', async () => {
  await setGate(news.app, { storyId: story }, { mode: 'premoderated', reason: 'Heated.', closeAfterDays: 3 })
  const form = gateForm(await show(`/desk/stories/edit?story=${story}`), story)
  expect([modeIn(form), valueIn(form, 'reason'), valueIn(form, 'days')]).toEqual([
    'premoderated',
    'Heated.',
    '3',
  ])
})

test.each<[string, () => Record<string, string>, string]>([
  ['story', () => ({ story }), ''],
  ['section', () => ({ section: 'Coast' }), ''],
  ['site', () => ({ site: '1' }), 'open'],
])('a gate of a %s that is refused gives back what was typed', async (_, what, kept) => {
  const hidden = Object.keys(what())[0]!
  const days = await post('/desk/gate', { ...what(), mode: 'closed', reason: 'In court.', days: '99999' })
  expect(days.status).toBe(422)
  const form = gateForm(days, `name="${hidden}"`)
  expect([modeIn(form), valueIn(form, 'reason'), valueIn(form, 'days')]).toEqual([
    'closed',
    'In court.',
    '99999',
  ])
  expect(form).toContain(say('desk-gate-days-wrong'))
  const now = gateForm(
    await show(hidden === 'story' ? `/desk/stories/edit?story=${story}` : '/desk/site'),
    `name="${hidden}"`,
  )
  expect(modeIn(now)).toBe(kept)
})

test('a reason without a setting of its own is refused, not dropped', async () => {
  const refused = await post('/desk/gate', { story, mode: '', reason: 'In court.', days: '5' })
  expect(refused.status).toBe(422)
  const form = gateForm(refused, story)
  expect(form).toContain(say('desk-gate-reason-alone'))
  expect([valueIn(form, 'reason'), valueIn(form, 'days')]).toEqual(['In court.', '5'])
})

test.each(['section', 'site'] as const)(
  'open pages of the stories of a %s hear of its gate, and others do not',
  async (kind) => {
    const other = await news.putStory('tide', { section: 'Inland' })
    const last = async (id: string) => (await listEvents(news.app.db, id, 0, 500)).at(-1)?.number ?? 0
    const [here, there] = [await last(story), await last(other)]
    const abort = new AbortController()
    const stream = await fetch(`${news.origin}/api/stories/${story}/events?after=${here}`, {
      headers: { accept: 'text/event-stream' },
      signal: abort.signal,
    })
    const heard = (async () => {
      let text = ''
      for await (const chunk of stream.body!.pipeThrough(new TextDecoderStream())) {
        text += chunk
        if (text.includes('story.changed')) break
      }
      return text
    })()
    const what = kind === 'site' ? 'site' : { section: 'Coast' }
    await setGate(news.app, what, { mode: 'closed', reason: null, closeAfterDays: null })
    expect(await heard).toContain('story.changed')
    abort.abort()
    expect((await listEvents(news.app.db, other, there, 500)).length).toBe(kind === 'site' ? 1 : 0)
    await setGate(news.app, what, {
      mode: kind === 'site' ? 'open' : null,
      reason: null,
      closeAfterDays: null,
    })
  },
)

test.each([
  ['a headline that is too long', { title: 'Long '.repeat(101) }],
  ['an address that is none', { url: 'ferry' }],
])('a story with %s is refused, and all that was typed stands there', async (_, wrong) => {
  const typed = {
    external: 'own-7',
    title: 'A <headline>',
    body: 'First.\n\nSecond.',
    byline: 'Ada Quay',
    credit: 'Sound Wire',
    published: '2026-05-04T09:30:00Z',
    url: '',
    language: 'en',
    section: 'Coast',
    ...wrong,
  }
  const refused = await post('/desk/stories/edit', typed)
  expect(refused.status).toBe(422)
  for (const [name, value] of Object.entries(typed))
    if (name !== 'body') expect(valueIn(refused.text, name), name).toBe(value.replace('<', '&lt;'))
  expect(refused.text).toContain('First.\n\nSecond.</textarea>')
})

test('a story that is edited and refused stays the story that is edited', async () => {
  const refused = await post('/desk/stories/edit', {
    story,
    external: 'ferry',
    title: 'T'.repeat(501),
    body: 'It leaves.',
  })
  expect(valueIn(refused.text, 'story')).toBe(story)
  expect(refused.text).toContain(`<h1>${say('desk-story-edit')}</h1>`)
})

test('the fields of a story’s form take no more than is kept', async () => {
  const { text } = await show('/desk/stories/edit')
  for (const [name, most] of Object.entries({
    title: 500,
    byline: 500,
    url: 2000,
    language: 35,
    section: 100,
  }))
    expect(text).toMatch(new RegExp(`<input[^>]*name="${name}"[^>]*maxlength="${most}"`, 'i'))
})

test.each([
  ['a time zone that is none', { timeZone: 'Mars/Olympus' }],
  ['a language that has no words here', { language: 'xx' }],
  ['a name that is too long', { name: 'The Sound '.repeat(20) }],
  ['an origin that is none', { origins: 'news.example' }],
])('a site with %s is refused, and all that was typed stands there', async (_, wrong) => {
  const before = news.app.site
  const typed = {
    name: 'The Sound',
    language: 'ja',
    timeZone: 'UTC',
    rules: 'Be <kind>.',
    origins: 'https://news.example',
    ...wrong,
  }
  const refused = await post('/desk/site', typed)
  expect(refused.status).toBe(422)
  expect(valueIn(refused.text, 'name')).toBe(typed.name)
  expect(valueIn(refused.text, 'timeZone')).toBe(typed.timeZone)
  expect(refused.text).toContain('Be &lt;kind>.</textarea>')
  expect(refused.text).toContain(`${typed.origins}</textarea>`)
  if (typed.language === 'ja') expect(refused.text).toMatch(/<option(?=[^>]* selected)[^>]*value="ja"/)
  expect(news.app.site).toEqual(before)
})

test('a form that somebody sends who is signed out is not lost on the way to sign in', async () => {
  const answer = await post('/desk/stories/edit', { external: 'x', title: 'Typed.', body: 'All of it.' }, '')
  expect(answer.status).toBe(401)
  expect(answer.headers.get('location')).toBeNull()
  expect(answer.text).toContain('All of it.')
})

test('headlines and sections stand apart from the sentences of the desk', async () => {
  const crossing = await news.putStory('rtl', { title: 'المعبر', section: 'الساحل' })
  const id = await news.comment(crossing, 'Ada Quay', 'First.')
  await news.call('POST', `/api/stories/${crossing}/comments/${id}/decisions`, {
    token: admin,
    body: { action: 'hold', reason: 'spam' },
  })
  expect((await show('/desk')).text).toContain('on “<bdi>المعبر</bdi>”')
  expect((await show('/desk/site')).text).toContain('<h3><bdi>الساحل</bdi></h3>')
})
