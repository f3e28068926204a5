/** Pages that are open hear of everything once and in order, whatever becomes of their connection. */

import { connect as connectSocket, type Socket } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { appendEvents } from '../../src/live/store.ts'
import { setGate } from '../../src/stories/actions.ts'
import { changeSite } from '../../src/stories/site-actions.ts'
import { makeDatabase, type Newsroom, startNewsroom } from '../newsroom.ts'
import { type Event, Listener, until } from './listener.ts'

let news: Newsroom
let second: Newsroom
let drop: () => Promise<void>

beforeAll(async () => {
  const database = await makeDatabase()
  drop = database.drop
  news = await startNewsroom({}, database)
  second = await startNewsroom({}, database)
})
afterAll(async () => {
  await second?.close()
  await news?.close()
  await drop?.()
})

const listOf = async (story: string, after = 0): Promise<{ items: Event[]; next: number }> =>
  (await news.call('GET', `/api/stories/${story}/events?after=${after}`)).json<{
    items: Event[]
    next: number
  }>()

test('a comment, an edit, respect and a removal arrive in that order, with what they are about', async () => {
  const story = await news.putStory('order')
  const listener = await Listener.open(story, { to: news })
  const id = await news.comment(story, 'Ada Quay', 'High water.')
  const reply = await news.comment(story, 'Bo Harbour', 'Low water.', id)
  const path = `/api/stories/${story}/comments/${id}`
  await news.call('PATCH', path, { token: await news.tokenOf('Ada Quay'), body: { text: 'Low water.' } })
  await news.call('PUT', `${path}/ballot`, { token: await news.tokenOf('Bo Harbour'), body: { value: 1 } })
  await news.call('POST', `${path}/decisions`, {
    token: await news.tokenOf('Mo Tide', 'moderator'),
    body: { action: 'remove', reason: 'spam' },
  })
  await until(() => listener.events.length === 5)
  expect(listener.events.map(({ kind, comment, parent }) => [kind, comment, parent])).toEqual([
    ['comment.published', id, null],
    ['comment.published', reply, id],
    ['comment.changed', id, null],
    ['respect.changed', id, null],
    ['comment.hidden', id, null],
  ])
  expect(listener.events.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5])
  expect(listener.events.at(-1)!.comments).toBe(1)
  expect(await listOf(story)).toMatchObject({
    items: listener.events.map(({ number, kind }) => ({ number, kind })),
    next: 5,
  })
  listener.close()
})

test('events carry no words and no names', async () => {
  const story = await news.putStory('wordless')
  const listener = await Listener.open(story, { to: news })
  await news.comment(story, 'Ada Quay', 'Xylophones at dawn.')
  await until(() => listener.events.length === 1)
  expect(listener.text).not.toMatch(/xylophones|ada/i)
  expect(Object.keys(listener.events[0]!).sort()).toEqual([
    'author',
    'comment',
    'comments',
    'kind',
    'number',
    'parent',
  ])
  listener.close()
})

test('nobody hears of a comment that waits; of one that is let through everybody does', async () => {
  const story = await news.putStory('waiting')
  const listener = await Listener.open(story, { to: news })
  await setGate(news.app, { storyId: story }, { mode: 'premoderated', reason: null, closeAfterDays: null })
  const id = await news.comment(story, 'Ada Quay', 'May I?')
  await news.call('PATCH', `/api/stories/${story}/comments/${id}`, {
    token: await news.tokenOf('Ada Quay'),
    body: { text: 'May I, please?' },
  })
  await news.call('POST', `/api/stories/${story}/comments/${id}/decisions`, {
    token: await news.tokenOf('Mo Tide', 'moderator'),
    body: { action: 'approve' },
  })
  await until(() => listener.events.some(({ kind }) => kind === 'comment.published'))
  expect(listener.events.filter(({ comment }) => comment === id).map(({ kind }) => kind)).toEqual([
    'comment.published',
  ])
  expect((await listOf(story)).items.filter(({ comment }) => comment === id)).toHaveLength(1)
  listener.close()
})

test('one who comes back hears what happened meanwhile, by the browser’s header or by the address', async () => {
  const story = await news.putStory('back')
  const ids: string[] = []
  for (let n = 0; n < 6; n++) ids.push(await news.comment(story, 'Ada Quay', `Word ${n}.`))
  for (const how of [{ after: 2 }, { lastId: 2 }, { after: 1, lastId: 2 }, { after: 2, lastId: 1 }]) {
    const listener = await Listener.open(story, { to: news, ...how })
    await until(() => listener.events.length === 4)
    expect(listener.events.map(({ comment }) => comment)).toEqual(ids.slice(2))
    listener.close()
  }
})

test.each(['999999999999999', '99999999999999999999', '-1', '1e3', 'nonsense', '7'])(
  'one who comes back with the number %s, which was never given out, hears from now on',
  async (lastId) => {
    const story = await news.putStory(`future-${lastId}`)
    await news.comment(story, 'Ada Quay', 'Before.')
    const listener = await Listener.open(story, { to: news, lastId })
    const id = await news.comment(story, 'Ada Quay', 'After.')
    await until(() => listener.events.length === 1)
    expect(listener.events[0]!.comment).toBe(id)
    listener.close()
  },
)

test('listeners of another server hear of what was written here, and its pages are new', async () => {
  const story = await news.putStory('far')
  const listener = await Listener.open(story, { to: second })
  expect((await second.call('GET', `/s/${story}`)).text).not.toContain('From afar.')
  const id = await news.comment(story, 'Ada Quay', 'From afar.')
  await until(() => listener.events.length === 1)
  expect(listener.events[0]).toMatchObject({ comment: id, kind: 'comment.published' })
  expect((await second.call('GET', `/s/${story}`)).text).toContain('From afar.')
  listener.close()
})

test('what was taken out of sight here is out of the other server’s pages', async () => {
  const story = await news.putStory('far-hidden')
  const id = await news.comment(story, 'Ada Quay', 'Unspeakable.')
  const listener = await Listener.open(story, { to: second })
  expect((await second.call('GET', `/s/${story}`)).text).toContain('Unspeakable.')
  await news.call('POST', `/api/stories/${story}/comments/${id}/decisions`, {
    token: await news.tokenOf('Mo Tide', 'moderator'),
    body: { action: 'remove', reason: 'hate' },
  })
  await until(() => listener.events.length === 1)
  expect((await second.call('GET', `/s/${story}`)).text).not.toContain('Unspeakable.')
  listener.close()
})

test('none is missed and none comes twice, however often connections break while many write', async () => {
  let n = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          listeners: fc.integer({ min: 1, max: 4 }),
          breaks: fc.array(fc.nat({ max: 12 }), { maxLength: 5 }),
        }),
        { minLength: 1, maxLength: 2 },
      ),
      async (groups) => {
        const story = await news.putStory(`broken-${n++}`)
        const writers = ['Ada Quay', 'Bo Harbour', 'Cy Strand'].map(async (name, w) => {
          for (let k = 0; k < 6; k++) await (w % 2 ? second : news).comment(story, name, `${name} ${k}.`)
        })
        const readers = groups.flatMap(({ listeners, breaks }, g) =>
          Array.from({ length: listeners }, async () => {
            const to = g % 2 ? second : news
            const heard: Event[] = []
            let last = 0
            for (const patience of [...breaks, 18]) {
              const listener: Listener = await Listener.open(story, { to, after: 0, lastId: last })
              const enough =
                patience === 18
                  ? () => heard.length + listener.events.length >= 18
                  : () => listener.events.length >= patience || heard.length + listener.events.length >= 18
              await until(enough)
              listener.close()
              heard.push(...listener.events)
              last = listener.events.at(-1)?.number ?? last
            }
            return heard.map(({ number }) => number)
          }),
        )
        await Promise.all(writers)
        const numbers = Array.from({ length: 18 }, (_, k) => k + 1)
        for (const heard of await Promise.all(readers)) expect(heard).toEqual(numbers)
      },
    ),
    { numRuns: 6, endOnFailure: true },
  )
})

test('one who was away for a thousand events hears all of them, while others are served', async () => {
  const story = await news.putStory('long')
  const id = await news.comment(story, 'Ada Quay', 'Vote.')
  const token = await news.tokenOf('Bo Harbour')
  await news.app.db.transaction().execute((tx) =>
    appendEvents(
      tx,
      Array.from({ length: 1_200 }, () => ({
        storyId: story,
        kind: 'respect.changed' as const,
        commentId: id,
      })),
      new Date(),
    ),
  )
  const [late, current] = [
    await Listener.open(story, { to: news, after: 0 }),
    await Listener.open(story, { to: news }),
  ]
  await news.call('PUT', `/api/stories/${story}/comments/${id}/ballot`, { token, body: { value: 1 } })
  await until(() => late.events.length === 1_202 && current.events.length === 1)
  expect(late.events.map(({ number }) => number)).toEqual(Array.from({ length: 1_202 }, (_, n) => n + 1))
  for (const listener of [late, current]) listener.close()
  const list = await listOf(story)
  expect([list.items.length, list.next]).toEqual([500, 500])
  expect((await listOf(story, list.next)).next).toBe(1_000)
})

test('without a stream the same is had as JSON; asking for the head is no stream', async () => {
  const story = await news.putStory('json')
  await news.comment(story, 'Ada Quay', 'Polled.')
  expect(await listOf(story)).toMatchObject({
    items: [{ number: 1, kind: 'comment.published', comments: 1 }],
    next: 1,
  })
  expect(await listOf(story, 1)).toEqual({ items: [], next: 1 })
  const head = await news.call('HEAD', `/api/stories/${story}/events`, {
    headers: { accept: 'text/event-stream' },
  })
  expect([head.status, head.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8'])
  expect(
    (await news.call('GET', '/api/stories/ext:nowhere/events', { headers: { accept: 'text/event-stream' } }))
      .status,
  ).toBe(404)
})

test('the first bytes get past a proxy that holds back, and no one in between keeps the stream', async () => {
  const story = await news.putStory('proxy')
  const stop = new AbortController()
  const response = await fetch(`${news.origin}/api/stories/${story}/events`, {
    headers: { accept: 'text/event-stream' },
    signal: stop.signal,
  })
  expect(response.headers.get('cache-control')).toBe('no-store, no-transform')
  expect(response.headers.get('x-accel-buffering')).toBe('no')
  expect(response.headers.get('content-encoding')).toBeNull()
  const first = await response.body!.getReader().read()
  expect(first.value!.length).toBeGreaterThan(2_048)
  stop.abort()
})

test('a registered page of the newsroom may listen, another may not read', async () => {
  const story = await news.putStory('cors')
  await changeSite(news.app, { ...news.app.site, origins: ['https://news.example'] })
  for (const [origin, allowed] of [
    ['https://news.example', 'https://news.example'],
    ['https://evil.example', null],
  ] as const) {
    const stop = new AbortController()
    const response = await fetch(`${news.origin}/api/stories/${story}/events`, {
      headers: { accept: 'text/event-stream', origin },
      signal: stop.signal,
    })
    expect(response.headers.get('access-control-allow-origin')).toBe(allowed)
    expect(response.headers.get('access-control-allow-credentials')).toBeNull()
    stop.abort()
  }
})

/** A stream whose reader reads nothing. */
async function openMute(to: Newsroom, story: string): Promise<Socket> {
  const { hostname, port } = new URL(to.origin)
  const socket = connectSocket(Number(port), hostname)
  socket.on('error', () => undefined)
  socket.write(`GET /api/stories/${story}/events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n`)
  await new Promise((resolve) => socket.once('readable', resolve))
  return socket
}

test('a reader who reads nothing is let go, and the others hear on', async () => {
  const story = await news.putStory('slow')
  const id = await news.comment(story, 'Ada Quay', 'Count.')
  const before = news.app.live.count
  const mute = await openMute(news, story)
  await until(() => news.app.live.count === before + 1)
  const flood = () =>
    news.app.db.transaction().execute((tx) =>
      appendEvents(
        tx,
        Array.from({ length: 5_000 }, () => ({
          storyId: story,
          kind: 'respect.changed' as const,
          commentId: id,
        })),
        new Date(),
      ),
    )
  await until(async () => {
    await flood()
    news.app.live.wake(story)
    return news.app.live.count === before
  })
  mute.destroy()
  const listener = await Listener.open(story, { to: news })
  await news.comment(story, 'Ada Quay', 'Still heard.')
  await until(() => listener.events.length === 1)
  listener.close()
})

test('a listener that leaves is forgotten', async () => {
  const story = await news.putStory('leaving')
  const before = news.app.live.count
  const listeners = await Promise.all(Array.from({ length: 10 }, () => Listener.open(story, { to: news })))
  await until(() => news.app.live.count === before + 10)
  for (const listener of listeners) listener.close()
  await until(() => news.app.live.count === before)
})

test('an address has six streams at a time, however fast it asks; one that ends makes room', async () => {
  const strict = await startNewsroom({ rateLimits: true })
  const story = await strict.putStory()
  const open = () => {
    const stop = new AbortController()
    return fetch(`${strict.origin}/api/stories/${story}/events`, {
      headers: { accept: 'text/event-stream' },
      signal: stop.signal,
    }).then((response) => ({ response, stop }))
  }
  const streams = await Promise.all(Array.from({ length: 15 }, open))
  const refused = streams.filter(({ response }) => response.status === 429)
  expect(refused).toHaveLength(9)
  expect(await refused[0]!.response.json()).toMatchObject({ type: '/problems/rate-limited', status: 429 })
  expect(Number(refused[0]!.response.headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await strict.call('GET', `/api/stories/${story}/events`)).status).toBe(200)
  streams.find(({ response }) => response.status === 200)!.stop.abort()
  await until(async () => {
    const { response, stop } = await open()
    stop.abort()
    return response.status === 200
  })
  for (const { stop } of streams) stop.abort()
  await strict.close()
})

test('a server that stops ends its streams', async () => {
  const short = await startNewsroom()
  const story = await short.putStory()
  const listener = await Listener.open(story, { to: short })
  await short.close()
  await until(() => listener.ended)
})
