/** What was taken out of sight is out of sight: words of a held, waiting, removed or withdrawn comment stand in nothing
 *  that the server sends to those whom they are not for. The routes come from the router, so that a new one is in. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { setGate } from '../../src/stories/actions.ts'
import { type Answer, listRoutes, type Newsroom, startNewsroom } from '../newsroom.ts'

const states = ['held', 'pending', 'removed', 'withdrawn'] as const
type State = (typeof states)[number]

/** A comment that went out of sight, with words that stand nowhere else: those it ended with, and all it ever had. */
type Hidden = {
  state: State
  answered: boolean
  id: string
  reply: string | null
  quotes: string[]
  last: string
  words: string[]
}

let news: Newsroom
let story: string
let hidden: Hidden[]
let visible: string[]
let author: string
const tokens: Record<string, string> = {}

beforeAll(async () => {
  news = await startNewsroom()
  await news.app.db
    .updateTable('site')
    .set({ origins: ['https://news.example'] })
    .execute()
  news.app.site = { ...news.app.site, origins: ['https://news.example'] }
  story = await news.putStory('ferry', { url: 'https://news.example/ferry' })
  tokens.author = await news.tokenOf('Ada Quay')
  author = (await news.call('GET', '/api/me', { token: tokens.author })).json<{ id: string }>().id
  tokens.reader = await news.tokenOf('Bo Harbour')
  tokens.other = await news.tokenOf('Cy Strand')
  tokens.moderator = await news.tokenOf('Mo Tide', 'moderator')
  tokens.embed = await news.sessionTokenOf('Mo Tide', undefined, 'https://news.example')
  visible = [await news.comment(story, 'Bo Harbour', 'Nothing to hide here.')]
  hidden = []
  for (const state of states) for (const answered of [true, false]) hidden.push(await hide(state, answered))
})
afterAll(() => news?.close())

async function act(method: string, path: string, token: string, body?: unknown): Promise<Answer> {
  const answer = await news.call(method, path, { token, ...(body === undefined ? {} : { body }) })
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.text}`)
  return answer
}

/** Ada writes; Cy quotes it; she edits; Cy quotes that; Bo replies or nobody does; then it goes. */
async function hide(state: State, answered: boolean): Promise<Hidden> {
  const word = (when: string) => `xq${state}${answered ? 'with' : 'sans'}${when}`
  const comments = `/api/stories/${story}/comments`
  const first = await act('POST', comments, tokens.author!, { text: `At first it said ${word('first')}.` })
  const { id } = first.json<{ id: string }>()
  const quote = async (exact: string) =>
    (
      await act('POST', comments, tokens.other!, {
        text: 'Listen to this.',
        quotes: [{ comment: id, exact }],
      })
    ).json<{ id: string }>().id
  const quotes = [await quote(word('first'))]
  await act('PATCH', `${comments}/${id}`, tokens.author!, { text: `Then it said ${word('then')}.` })
  quotes.push(await quote(word('then')))
  const reply = answered ? await news.comment(story, 'Bo Harbour', 'I see.', id) : null
  // Everything is on its page, and in the caches, before it goes.
  for (const path of [
    `/s/${story}`,
    `/s/${story}/c/${id}`,
    `/s/${story}/c/${id}/history`,
    `/fragment?story=${story}`,
  ])
    expect((await news.call('GET', path)).text).toContain(word('then'))
  if (state === 'withdrawn') await act('DELETE', `${comments}/${id}`, tokens.author!)
  else if (state === 'pending') {
    await setGate(news.app, { storyId: story }, { mode: 'premoderated', reason: null, closeAfterDays: null })
    await act('PATCH', `${comments}/${id}`, tokens.author!, { text: `At last it says ${word('last')}.` })
    await setGate(news.app, { storyId: story }, { mode: null, reason: null, closeAfterDays: null })
  } else {
    const action = state === 'held' ? 'hold' : 'remove'
    await act('POST', `${comments}/${id}/decisions`, tokens.moderator!, {
      action,
      reason: 'spam',
      note: word('note'),
    })
  }
  visible.push(...quotes, ...(reply ? [reply] : []))
  const last = word(state === 'pending' ? 'last' : 'then')
  return { state, answered, id, reply, quotes, last, words: ['first', 'then', 'last', 'note'].map(word) }
}

/** What each route is asked with; a route that is not here is asked as it stands. */
const queries: Record<string, () => string[]> = {
  '/s/:story': () => [
    '',
    '?sort=newest',
    '?sort=oldest',
    '?sort=replied',
    '?sort=respected',
    '?lang=ja',
    `?sort=oldest&after=${hidden[0]!.id}`,
  ],
  '/fragment': () => [
    `?story=${story}`,
    '?story=ext:ferry',
    '?url=https://news.example/ferry',
    `?story=${story}&sort=newest`,
  ],
  '/fragment/items': () => [
    `?story=${story}&ids=${hidden.map(({ id }) => id)}`,
    `?story=${story}&ids=${hidden.flatMap(({ quotes }) => quotes)}&base=1`,
  ],
  '/counts': () => [`?story=${story}`],
  '/api/stories/:story/comments': () => [
    '',
    '?limit=100',
    '?sort=newest',
    '?sort=respected&limit=100',
    '?sort=replied',
    ...hidden.flatMap(({ id }) => [`?parent=${id}`, `?after=${id}&limit=3`]),
  ],
  '/api/stories/:story/events': () => ['', '?after=0'],
  '/search': () =>
    hidden.flatMap(({ words, last }) => [
      `?q=${words[0]!.slice(0, -1)}`,
      `?q=${last}`,
      `?q=${last}&story=${story}`,
      '?q=listen',
    ]),
  '/s/:story/versions/:number': () => [''],
  '/sign-in/link': () => ['?token=x'],
  '/sign-in/invitation': () => ['?token=x'],
  '/sign-in/popup': () => ['?origin=https://news.example'],
  '/desk/stories/edit': () => ['', `?story=${story}`],
}

function listAddresses(): string[] {
  return listRoutes(news.running)
    .filter((route) => route.startsWith('GET '))
    .map((route) => route.slice(4))
    .flatMap((path) => (queries[path]?.() ?? ['']).map((query) => path + query))
    .flatMap((path) =>
      path.includes(':comment') ? listComments().map((id) => path.replace(':comment', id)) : [path],
    )
    .map((path) =>
      path.replace(':story', story).replace(':number', '1').replace(':hash', 'x').replace(':person', author),
    )
}

const listComments = () =>
  hidden.flatMap(({ id, reply, quotes }) => [id, quotes[0]!, ...(reply ? [reply] : [])])

const found = (text: string): string[] =>
  hidden.flatMap(({ words }) => words).filter((word) => text.toLowerCase().includes(word))

/** A search page gives back what was searched for; that is the reader's own word. */
const withoutEcho = (path: string, text: string): string => {
  const asked = new URLSearchParams(path.split('?')[1]).get('q')
  return asked ? text.toLowerCase().replaceAll(asked, '') : text
}

test.each(['nobody', 'reader', 'other', 'embed'])('no route shows any of it to %s', async (role) => {
  const addresses = listAddresses()
  expect(addresses.length).toBeGreaterThan(120)
  const token = tokens[role]
  const origin = role === 'embed' ? { origin: 'https://news.example' } : {}
  for (const path of addresses) {
    const answer = await news.call('GET', path, {
      ...(token ? { token } : {}),
      headers: { accept: 'text/html, */*', ...origin },
    })
    expect(found(withoutEcho(path, answer.text)), `${role} ${path}`).toEqual([])
    expect([200, 302, 303, 401, 403, 404, 410, 422], `${path}: ${answer.status}`).toContain(answer.status)
  }
})

test('no route shows it in a header', async () => {
  for (const path of listAddresses().filter((path) => !path.startsWith('/search'))) {
    const { headers } = await news.call('GET', path)
    expect(found(JSON.stringify([...headers])), path).toEqual([])
  }
})

test('no stream of events carries any of it', async () => {
  const stop = new AbortController()
  const response = await fetch(`${news.origin}/api/stories/${story}/events?after=0`, {
    headers: { accept: 'text/event-stream' },
    signal: stop.signal,
  })
  const last = (await news.call('GET', `/api/stories/${story}/events`)).json<{ next: number }>().next
  let text = ''
  for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
    text += part
    const numbers = [...text.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]))
    if (numbers.length > 0 && numbers.at(-1)! >= last) break
  }
  stop.abort()
  expect(found(text)).toEqual([])
})

test.each(['nobody', 'reader', 'other', 'embed'])('%s cannot see the queue or the desk', async (role) => {
  const token = tokens[role]
  const options = token ? { token } : {}
  expect([401, 403]).toContain((await news.call('GET', '/api/queue', options)).status)
  for (const path of ['/desk', '/desk/stories', '/desk/site', '/desk/stories/edit'])
    expect([303, 403], path).toContain((await news.call('GET', path, options)).status)
})

test.each(['nobody', 'reader', 'other', 'embed'])(
  '%s can do nothing with a comment that is out of sight, and learns nothing from trying',
  async (role) => {
    const token = tokens[role]
    for (const { id, words } of hidden) {
      const api = `/api/stories/${story}/comments`
      const attempts: [string, string, unknown][] = [
        ['POST', api, { text: 'A reply.', parent: id }],
        ['POST', api, { text: 'A quote.', quotes: [{ comment: id, exact: words[1] }] }],
        ['PATCH', `${api}/${id}`, { text: 'Not mine.' }],
        ['DELETE', `${api}/${id}`, undefined],
        ['PUT', `${api}/${id}/ballot`, { value: 1 }],
        ['POST', `${api}/${id}/reports`, { reason: 'spam' }],
        ['POST', `${api}/${id}/decisions`, { action: 'restore' }],
      ]
      for (const [method, path, body] of attempts) {
        const answer = await news.call(method, path, {
          ...(token ? { token } : {}),
          ...(body ? { body } : {}),
        })
        expect([401, 403, 404, 422], `${method} ${path} ${answer.text}`).toContain(answer.status)
        expect(found(answer.text)).toEqual([])
      }
    }
  },
)

test('a form that answers or quotes a comment that is out of sight shows nothing of it', async () => {
  for (const { id, words } of hidden) {
    const form = (fields: Record<string, string>) => ({
      token: tokens.reader!,
      body: new URLSearchParams(fields).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    const preview = await news.call(
      'POST',
      `/s/${story}/comments`,
      form({ text: 'A reply.', parent: id, preview: '1' }),
    )
    const refused = await news.call('POST', `/s/${story}/comments`, form({ text: 'A reply.', parent: id }))
    const quoting = await news.call('POST', `/s/${story}/c/${id}/quote`, form({ exact: 'guess' }))
    for (const answer of [preview, refused, quoting]) expect(found(answer.text), words[0]).toEqual([])
    expect(refused.status).toBe(422)
  }
})

test('counts and lists are of what is to be seen', async () => {
  const { comments } = (await news.call('GET', `/api/stories/${story}`)).json<{ comments: number }>()
  expect(comments).toBe(visible.length)
  expect((await news.call('GET', `/counts?story=${story}`)).json()).toEqual({ [story]: visible.length })
  const { items } = (await news.call('GET', `/api/stories/${story}/comments?limit=100`)).json<{
    items: { id: string; text: string | null; author: unknown }[]
  }>()
  const texts = items.filter((item) => item.text !== null).map((item) => item.id)
  expect(texts.sort()).toEqual([...visible].sort())
  const tombstones = items.filter((item) => item.text === null)
  expect(tombstones.map((item) => item.id).sort()).toEqual(
    hidden
      .filter(({ state, answered }) => answered || state === 'removed')
      .map(({ id }) => id)
      .sort(),
  )
  for (const item of tombstones)
    expect(item).toMatchObject({ author: null, html: null, language: null, kind: null, quotes: [] })
})

test('a quote of words that went is a mark that they went', async () => {
  for (const { quotes } of hidden)
    for (const id of quotes) {
      const answer = await news.call('GET', `/api/stories/${story}/comments/${id}`)
      expect(answer.json<{ quotes: { exact: string | null }[] }>().quotes[0]!.exact).toBeNull()
    }
})

test('its author sees on pages of her own what waits, what was held and what was removed; what she withdrew is gone', async () => {
  const pages = new Map<string, string>()
  const read = async (path: string) => {
    if (!pages.has(path)) pages.set(path, (await news.call('GET', path, { token: tokens.author! })).text)
    return pages.get(path)!
  }
  for (const { state, id, last, words } of hidden) {
    const more = await read(`/s/${story}/c/${id}/more`)
    const me = await read('/me')
    if (state === 'withdrawn')
      for (const page of [more, me]) expect(words.filter((word) => page.includes(word))).toEqual([])
    else for (const page of [more, me]) expect(page, `${state} ${last}`).toContain(last)
    const mine = await read(`/api/stories/${story}/mine`)
    expect(mine.includes(last)).toBe(state === 'held' || state === 'pending')
  }
  expect(found([...pages.values()].join()).filter((word) => word.endsWith('note'))).toEqual([])
})

test('an author’s own page is kept by nobody in between', async () => {
  for (const { id, answered, state } of hidden.filter((one) => !one.answered)) {
    if (answered || state === 'removed') continue
    const answer = await news.call('GET', `/s/${story}/c/${id}`, { token: tokens.author! })
    expect(answer.headers.get('cache-control')).toBe('private, no-store')
    expect((await news.call('GET', `/s/${story}/c/${id}`)).status).toBe(404)
  }
})

test('a moderator sees at the desk what waits and what is held, and the words that were decided about', async () => {
  const desk = (await news.call('GET', '/desk', { token: tokens.moderator! })).text
  const queue = (await news.call('GET', '/api/queue', { token: tokens.moderator! })).text
  for (const { state, id, last, words } of hidden) {
    const waits = state === 'held' || state === 'pending'
    expect([desk.includes(last), queue.includes(last)], state).toEqual([waits, waits])
    const more = (await news.call('GET', `/s/${story}/c/${id}/more`, { token: tokens.moderator! })).text
    expect(more.includes(last), state).toBe(state !== 'withdrawn')
    expect(more.includes(words[3]!), state).toBe(state === 'held' || state === 'removed')
  }
})

test('restored, it is back where it was, with its history and its quotes', async () => {
  const removed = hidden.find(({ state, answered }) => state === 'removed' && answered)!
  await act('POST', `/api/stories/${story}/comments/${removed.id}/decisions`, tokens.moderator!, {
    action: 'restore',
  })
  const page = await news.call('GET', `/s/${story}/c/${removed.id}`)
  expect(page.text).toContain(removed.last)
  expect((await news.call('GET', `/s/${story}/c/${removed.id}/history`)).text).toContain(removed.words[0])
  const quote = await news.call('GET', `/api/stories/${story}/comments/${removed.quotes[0]}`)
  expect(quote.json<{ quotes: unknown[] }>().quotes[0]).toMatchObject({
    exact: removed.words[0],
    changed: true,
  })
})
