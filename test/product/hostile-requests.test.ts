/** Addresses, headers and bytes that no browser would send: the server answers or refuses, and goes on. */
import { connect as connectSocket } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { expectProblem, fill, makePlace, nobody, type Place } from './write-routes.ts'

let news: Newsroom
let place: Place

beforeAll(async () => {
  news = await startNewsroom()
  place = await makePlace(news)
})
afterAll(() => news?.close())

test.each([
  '/s/:story?after=',
  '/s/:story?after=%00',
  '/s/:story?after=%zz',
  '/s/:story?after=%F0%9F',
  `/s/:story?after=${'9'.repeat(61)}`,
  `/s/:story?after=0~${nobody}`,
  '/s/:story?after=99999999999999999999~x',
  '/s/:story?after=1&after=2',
  '/s/:story?sort=nonsense',
  '/s/:story?sort=newest&sort=oldest',
  '/s/:story?lang=xx',
  '/s/:story?lang=en&lang=ja',
  '/s/:story?__proto__=1',
  '/s/:story/c/:comment?after=nonsense',
  '/s/:story/versions/0',
  '/s/:story/versions/1e9',
  '/s/:story/versions/-1',
  '/s/:story/versions/99',
  '/s/:story/versions/one',
  '/s/:story/c/%zz',
  '/s/:story/c/:comment/history?after=x',
  '/fragment',
  '/fragment?story=',
  '/fragment?url=',
  '/fragment?url=javascript:alert(1)',
  '/fragment?url=http://%00',
  `/fragment?url=https://x.example/${'竹'.repeat(300)}`,
  '/fragment?story=a&story=b',
  '/fragment/items',
  '/fragment/items?story=:story&ids=',
  '/fragment/items?story=x&ids=y',
  '/fragment/items?story=:story&ids=,,,%00',
  '/counts',
  '/counts?story=',
  '/counts?story=%00',
  '/counts?story=a&story=b',
  `/counts?story=${'a,'.repeat(150)}`,
  '/counts?story=__proto__,constructor',
  `/counts?story=${Array.from({ length: 101 }, (_, n) => n)}`,
  '/api/stories/:story/comments?after=nonsense',
  '/api/stories/:story/comments?limit=0',
  '/api/stories/:story/comments?limit=101',
  '/api/stories/:story/comments?limit=1e1',
  '/api/stories/:story/comments?limit=x',
  '/api/stories/:story/comments?parent=x',
  `/api/stories/:story/comments?parent=${nobody}`,
  '/api/stories/:story/comments?sort=best',
  '/api/stories/:story/comments?sort=newest&after=1~2',
  '/api/stories/:story/comments?limit=1&limit=2',
  '/api/stories/:story/events?after=-1',
  '/api/stories/:story/events?after=x',
  '/api/stories/:story/events?after=99999999999999999999',
  '/api/stories/:story/events?after=1&after=2',
  '/api/queue?after=x',
  '/api/queue?after=------------------------------------',
  '/search?q=%00',
  '/search?q=%27%22%5C%3A*%26%7C!()%3C%3E',
  `/search?q=${'a'.repeat(201)}`,
  '/search?q=a&after=x&story=y',
  '/search?q=a&q=b',
  '/search?q=%F0%9F%98%80',
  '/me?after=x',
  '/?after=x',
  '/?after=1&after=2',
  '/sign-in?to=//evil.example',
  '/sign-in/link',
  '/sign-in/link?token=x',
  '/sign-in/popup',
  '/sign-in/popup?origin=javascript:',
  '/sign-in/invitation?token=x',
  '/desk?after=x',
  '/desk/stories?after=x',
  '/desk/stories/edit?story=x',
  '/assets/../page.css',
  '/assets/%zz/page.css',
  '/%zz',
  '//',
  '//evil.example/s/:story',
  '/s//c',
  '/.env',
])('the address %s is answered or refused, and never a fault', async (path) => {
  for (const accept of ['application/json', 'text/html']) {
    const answer = await news.call('GET', fill(path, place), { token: place.admin, headers: { accept } })
    expect(answer.status, answer.text).toBeLessThan(500)
    if (answer.headers.get('content-type')?.includes('json') && answer.status >= 400)
      expectProblem(answer, path)
  }
})

test.each(
  [
    ['range', 'bytes=9999999-99999999'],
    ['range', 'bytes=0-0,0-0,0-0,0-0'],
    ['range', 'nonsense'],
    ['accept', 'image/png'],
    ['accept', '*'.repeat(4000)],
    ['accept', 'text/html;q=NaN,text/*;q=1e99'],
    ['accept-encoding', 'br;q=0, gzip;q=0, identity;q=0'],
    ['accept-encoding', 'nonsense'],
    ['accept-encoding', ','.repeat(3000)],
    ['accept-language', ';q=,;;=,q=;ja-ja-ja;q=9e999'],
    ['accept-language', '-'.repeat(3000)],
    ['accept-language', '*;q=0'],
    ['if-none-match', '*'.repeat(3000)],
    ['if-modified-since', 'yesterday'],
    ['cookie', '=;=;;;detente=;detente-session=%00;__proto__=x'],
    ['cookie', `detente=${'a.'.repeat(2000)}`],
    ['authorization', 'Bearer'],
    ['authorization', 'Bearer a.b.c'],
    ['authorization', `Bearer ${'a'.repeat(6000)}`],
    ['authorization', 'Basic Og=='],
    ['last-event-id', '9'.repeat(400)],
    ['last-event-id', '-1'],
    ['last-event-id', 'nonsense'],
    ['origin', 'null'],
    ['origin', 'javascript:alert(1)'],
    ['origin', 'https://evil.example\\@x'],
    ['referer', 'not an address'],
    ['sec-fetch-site', 'nonsense'],
    ['x-forwarded-for', '1.2.3.4, , :::, 999.999.999.999'],
    ['x-forwarded-host', 'evil.example'],
    ['forwarded', 'for=";;'],
    ['expect', 'nonsense'],
    ['x-http-method-override', 'DELETE'],
    ['content-encoding', 'gzip'],
    ['transfer-encoding', 'gzip'],
  ].map(([name, value]) => [name!, value!.slice(0, 40), value!] as const),
)('the header %s: %s does no harm', async (name, _, value) => {
  for (const path of [
    '/s/:story',
    '/s/:story/c/:comment',
    '/fragment?story=:story',
    '/api/stories/:story/comments',
    '/api/stories/:story/events',
    '/search?q=low',
    '/me',
    '/assets/x/page.css',
  ]) {
    const answer = await sendRaw(
      `GET ${fill(path, place)} HTTP/1.1\r\nHost: x\r\n${name}: ${value}\r\nConnection: close\r\n\r\n`,
    )
    expect(
      Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 499),
      `${path}: ${answer.slice(0, 200)}`,
    ).toBeLessThan(500)
  }
})

/** Bytes as they are, for what no HTTP client would send. Resolves when the server closes. */
function sendRaw(bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(news.origin)
    const socket = connectSocket(Number(port), hostname)
    const received: Buffer[] = []
    socket.setTimeout(20_000, () => socket.destroy(new Error('no answer')))
    socket.on('data', (part) => received.push(part))
    socket.on('error', reject)
    socket.on('close', () => resolve(Buffer.concat(received).toString('latin1')))
    socket.write(bytes)
  })
}

const nonsense: [string, string | Buffer][] = [
  ['an unknown method', 'BREW / HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['no HTTP at all', 'hello\r\n\r\n'],
  [
    'bytes beyond ASCII in the address',
    Buffer.from('GET /s/\xff\xfe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 'latin1'),
  ],
  ['a NUL in the address', 'GET /s/\0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
  [
    'an absolute address of another host',
    'GET http://evil.example/s/x HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
  ],
  [
    'a header of 20 kB',
    `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(20_000)}\r\nConnection: close\r\n\r\n`,
  ],
  ['an address of 20 kB', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`],
  ['an address of 9 kB', `GET /s/${'a'.repeat(9_000)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`],
  ['two lengths', 'POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc'],
  [
    'a length and chunks',
    'POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['a negative length', 'POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n'],
]

test.each(nonsense)('%s is refused by a 4xx', async (_, bytes) => {
  expect(await sendRaw(bytes)).toMatch(/^HTTP\/1\.1 4\d\d/)
})

test('whatever stands in an address, no route faults', async () => {
  const part = fc.oneof(
    fc
      .string({ unit: 'binary', maxLength: 30 })
      .map((text) => encodeURIComponent(Buffer.from(text).toString())),
    fc.string({ maxLength: 20 }),
    fc.constantFrom('%', '%2', '..', ';', nobody),
  )
  const gets = [
    '/s/:story',
    '/s/:story/c/:comment',
    '/s/:story/c/:comment/history',
    '/s/:story/c/:comment/more',
    '/api/stories/:story',
    '/api/stories/:story/comments',
    '/api/stories/:story/comments/:comment',
    '/api/stories/:story/events',
    '/fragment',
    '/fragment/items',
    '/counts',
    '/search',
    '/api/queue',
  ]
  const query = fc.array(
    fc.tuple(
      fc.constantFrom('after', 'sort', 'lang', 'q', 'story', 'ids', 'url', 'limit', 'parent', 'base'),
      part,
    ),
    { maxLength: 4 },
  )
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...gets), part, part, query, async (path, a, b, pairs) => {
      const filled = fc.sample(fc.boolean(), { numRuns: 1, seed: a.length })[0]
        ? fill(path, place)
        : fill(path, { story: a || 'x', comment: b || 'x' })
      const address = `${filled}?${pairs.map(([name, value]) => `${name}=${value}`).join('&')}`
      const answer = await news.call('GET', address.replaceAll('#', '%23').replaceAll('\\', '%5C'))
      expect(answer.status, `${address}: ${answer.text.slice(0, 300)}`).toBeLessThan(500)
    }),
    { numRuns: 200 },
  )
})
