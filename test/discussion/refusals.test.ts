/** What may stand in a comment, and where one may be written. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Mode } from '../../src/database/tables.ts'
import { setGate } from '../../src/stories/actions.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { expectRefusal, fill, makePlace, nobody, type Place, routes, send } from '../product/write-routes.ts'

let news: Newsroom
let place: Place
let other: string

beforeAll(async () => {
  news = await startNewsroom()
  place = await makePlace(news)
  other = await news.putStory('tide-table')
})
afterAll(() => news?.close())

test.each([
  ['empty', '', 'text-empty'],
  ['white space', ' \n\t\u00a0\u3000\u2003 ', 'text-empty'],
  ['invisible characters', '\u200b\u2060\ufeff\u00ad\u202e', 'text-empty'],
  ['marks without a letter', '\u0301\u0302', 'text-empty'],
  ['10,001 graphemes', 'e\u0301'.repeat(10_001).slice(0, 20_002), 'text-too-long'],
  ['40,001 bytes', '字'.repeat(13_334), 'text-too-long'],
])('a comment of %s is refused, new and edited, by the API and by the form', async (_, text, problem) => {
  for (const [method, path] of [
    ['POST', '/api/stories/:story/comments'],
    ['PATCH', '/api/stories/:story/comments/:comment'],
  ] as const) {
    const answer = await send(place, { method, path }, { text })
    expect(answer.json()).toMatchObject({ type: `/problems/${problem}`, at: '/text', status: 422 })
  }
  for (const path of ['/s/:story/comments', '/s/:story/c/:comment/edit']) {
    const form = new URLSearchParams({ text }).toString()
    const answer = await send(place, { method: 'POST', path }, form, {
      type: 'application/x-www-form-urlencoded',
    })
    expect([answer.status, answer.headers.get('content-type')]).toEqual([422, 'text/html; charset=utf-8'])
  }
})

test.each<[string, () => Record<string, unknown>, string, string]>([
  ['an unknown parent', () => ({ parent: nobody }), 'parent-unknown', '/parent'],
  ['a parent that is no id', () => ({ parent: 'p1' }), 'parent-unknown', '/parent'],
  ['a parent in capitals', () => ({ parent: place.comment.toUpperCase() }), 'parent-unknown', '/parent'],
  ['an empty parent', () => ({ parent: '' }), 'parent-unknown', '/parent'],
  ['an unknown kind', () => ({ kind: 'rumour' }), 'body-invalid', '/kind'],
  [
    'a quote of an unknown comment',
    () => ({ quotes: [{ comment: nobody, exact: 'Low' }] }),
    'quote-unknown',
    '/quotes/0',
  ],
  [
    'a quote of a comment that is no id',
    () => ({ quotes: [{ comment: 'x', exact: 'Low' }] }),
    'quote-unknown',
    '/quotes/0',
  ],
  [
    'a quote of words that do not stand there',
    () => ({ quotes: [{ comment: place.comment, exact: 'High' }] }),
    'quote-unknown',
    '/quotes/0',
  ],
  [
    'a quote of a passage that is not there',
    () => ({ quotes: [{ passage: 'p99', exact: 'ferry' }] }),
    'quote-unknown',
    '/quotes/0',
  ],
  ['a quote of nothing', () => ({ quotes: [{ exact: 'ferry' }] }), 'quote-unknown', '/quotes/0'],
  [
    'a quote of white space',
    () => ({ quotes: [{ passage: 'p1', exact: ' ' }] }),
    'quote-unknown',
    '/quotes/0',
  ],
  [
    'a quote of no words',
    () => ({ quotes: [{ passage: 'p1', exact: '' }] }),
    'body-invalid',
    '/quotes/0/exact',
  ],
  [
    'six quotes',
    () => ({ quotes: Array(6).fill({ passage: 'p1', exact: 'ferry' }) }),
    'body-invalid',
    '/quotes',
  ],
  [
    'an unknown field in a quote',
    () => ({ quotes: [{ passage: 'p1', exact: 'ferry', html: '<b>' }] }),
    'body-invalid',
    '/quotes/0/html',
  ],
])('a new comment with %s is refused, and the answer says where', async (_, fields, problem, at) => {
  const answer = await send(place, routes[0]!, { text: 'Low water is at four.', ...fields() })
  expect(answer.json()).toMatchObject({ type: `/problems/${problem}`, at })
  expect(answer.status).toBe(422)
})

test('half of an emoji is no quote of the passage that holds it', async () => {
  await news.putStory('emoji', { body: ['The crew sang 🎶 all night.'] })
  const answer = await send(
    place,
    routes[0]!,
    { text: 'They did.', quotes: [{ passage: 'p1', exact: 'sang \ud83c' }] },
    { path: '/api/stories/ext:emoji/comments' },
  )
  expect(answer.json()).toMatchObject({ type: '/problems/quote-unknown', at: '/quotes/0' })
})

test('a comment of another story is no parent, no quote, and cannot be changed from here', async () => {
  const path = `/api/stories/${other}/comments`
  const parent = await send(
    place,
    routes[0]!,
    { text: 'Under the wrong story.', parent: place.comment },
    { path },
  )
  expect(parent.json()).toMatchObject({ type: '/problems/parent-unknown', at: '/parent' })
  const quote = await send(
    place,
    routes[0]!,
    { text: 'A quote.', quotes: [{ comment: place.comment, exact: 'Low water' }] },
    { path },
  )
  expect(quote.json()).toMatchObject({ type: '/problems/quote-unknown', at: '/quotes/0' })
  for (const route of routes.filter((one) => one.path.includes(':comment') && !one.path.endsWith('/quote')))
    expectRefusal(
      await send(place, route, route.body, { path: fill(route.path, { ...place, story: other }) }),
      route.path,
      true,
    )
})

test('nor is it one when both stories are written to at the same moment', async () => {
  const token = await news.tokenOf('Ada Quay')
  const post = (story: string, body: Record<string, unknown>) =>
    news.call('POST', `/api/stories/${story}/comments`, { token, body })
  const quotes = [{ comment: place.comment, exact: 'Low water' }]
  for (let n = 0; n < 5; n++) {
    const [, right, wrong, wrongQuote] = await Promise.all([
      post(place.story, { text: 'First of a batch.' }),
      post(place.story, { text: 'Under its own story.', parent: place.comment }),
      post(other, { text: 'Under the wrong story.', parent: place.comment }),
      post(other, { text: 'Quoted under the wrong story.', quotes }),
    ])
    expect(right.status).toBe(201)
    expect(wrong.json()).toMatchObject({ type: '/problems/parent-unknown', at: '/parent' })
    expect(wrongQuote.json()).toMatchObject({ type: '/problems/quote-unknown', at: '/quotes/0' })
  }
})

test.each<[Mode]>([['closed'], ['off']])(
  'a thread that is %s takes no comment, by the API or the form',
  async (mode) => {
    await setGate(news.app, { storyId: other }, { mode, reason: null, closeAfterDays: null })
    const answer = await send(
      place,
      routes[0]!,
      { text: 'Am I late?' },
      { path: `/api/stories/${other}/comments` },
    )
    expect(answer.json()).toMatchObject({ type: '/problems/discussion-closed', status: 409 })
    const form = await news.call('POST', `/s/${other}/comments`, {
      token: place.admin,
      body: new URLSearchParams({ text: 'Am I <late>?' }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' },
    })
    expect(form.status).toBe(409)
    expect(form.text).toContain('Am I &lt;late>?')
    await setGate(news.app, { storyId: other }, { mode: null, reason: null, closeAfterDays: null })
  },
)
