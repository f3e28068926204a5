/** What the server does around every answer: caches, conditions, headers, origins. */
import { request as ask } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listRoutes, type Newsroom, startNewsroom } from '../newsroom.ts'

let news: Newsroom
let story: string
let comment: string

beforeAll(async () => {
  news = await startNewsroom({ origins: ['https://news.example'] })
  story = await news.putStory()
  comment = await news.comment(story, 'Ada Quay', 'Low water at four.')
})
afterAll(() => news?.close())

/** A request with headers that fetch would not let through: Host among them. */
function raw(
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ status: number; headers: Record<string, string | string[] | undefined>; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const request = ask(
      new URL(path, news.origin),
      { method, headers, setHost: !('host' in headers) },
      (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('end', () =>
          resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(parts) }),
        )
      },
    )
    request.on('error', reject)
    request.end()
  })
}

/* Shared pages */

test('a page that has not changed is not sent again, in each encoding by its own tag', async () => {
  for (const encoding of ['identity', 'gzip', 'br']) {
    const first = await raw(`/s/${story}`, { 'accept-encoding': encoding })
    const etag = String(first.headers.etag)
    const again = await raw(`/s/${story}`, {
      'accept-encoding': encoding,
      'if-none-match': `"other", W/${etag}`,
    })
    expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, etag])
    const other = await raw(`/s/${story}`, {
      'accept-encoding': encoding === 'br' ? 'gzip' : 'br',
      'if-none-match': etag,
    })
    expect(other.status).toBe(200)
  }
})

test('after a write the tag is another', async () => {
  const before = await raw(`/s/${story}`)
  await news.comment(story, 'Ada Quay', 'Low water at five.')
  const after = await raw(`/s/${story}`, { 'if-none-match': String(before.headers.etag) })
  expect(after.status).toBe(200)
  expect(after.body.toString()).toContain('Low water at five.')
})

test('a page is the same words in every encoding, and says what it depends on', async () => {
  const plain = await raw(`/s/${story}`, { 'accept-encoding': 'identity' })
  const zipped = await raw(`/s/${story}`, { 'accept-encoding': 'gzip' })
  expect(gunzipSync(zipped.body).toString()).toBe(plain.body.toString())
  expect([plain.headers['content-encoding'], zipped.headers['content-encoding']]).toEqual([undefined, 'gzip'])
  expect(plain.headers.vary).toBe('Accept-Encoding, Accept-Language, Origin')
  expect(plain.headers['cache-tag']).toBe(story)
  expect(plain.headers['cache-control']).toBe('public, max-age=0, must-revalidate, s-maxage=2')
})

test.each([
  '/s/:story',
  '/s/:story/c/:comment',
  '/fragment?story=:story',
  '/counts?story=:story',
  '/api/stories/:story/comments',
  '/search?q=low',
  '/embed.js',
  '/s/nowhere',
])('the head of %s is that of the page, without a body', async (path) => {
  const address = path.replace(':story', story).replace(':comment', comment)
  const [get, head] = [await raw(address), await raw(address, {}, 'HEAD')]
  expect([head.status, head.body.length]).toEqual([get.status, 0])
  for (const name of ['content-type', 'content-length', 'etag', 'cache-control', 'content-security-policy'])
    expect(head.headers[name], name).toBe(get.headers[name])
})

test('a comment is on the page after it was accepted, however many are reading', async () => {
  let reading = true
  const readers = Array.from({ length: 6 }, async () => {
    while (reading) await news.call('GET', `/s/${story}?sort=newest`)
  })
  for (let n = 0; n < 12; n++) {
    const id = await news.comment(story, 'Bo Harbour', `In the midst ${n}.`)
    expect((await news.call('GET', `/s/${story}?sort=newest`)).text).toContain(`c-${id}`)
    await new Promise((resolve) => setTimeout(resolve, 60))
  }
  reading = false
  await Promise.all(readers)
})

test.each([
  ['host', 'evil.example'],
  ['x-forwarded-host', 'evil.example'],
  ['x-forwarded-proto', 'https'],
  ['forwarded', 'host=evil.example;proto=https'],
  ['x-original-url', '/desk'],
  ['x-rewrite-url', '/desk'],
  ['x-forwarded-prefix', '/evil'],
  ['origin', 'https://evil.example'],
  ['referer', 'https://evil.example/'],
  ['accept', 'text/evil'],
])(
  'a forged %s changes nothing in a page, for the one who sends it and for the next',
  async (name, value) => {
    const fresh = await news.putStory(`forged-${name}`, { title: name })
    const poisoned = await raw(`/s/${fresh}`, { [name]: value })
    const clean = await raw(`/s/${fresh}`)
    expect(poisoned.status).toBe(200)
    expect(poisoned.body.toString()).toBe(clean.body.toString())
    expect(clean.body.toString()).not.toContain('evil')
    expect(clean.headers['access-control-allow-origin']).toBeUndefined()
  },
)

test('parameters that mean nothing to a page share its place in the cache', async () => {
  await news.call('GET', `/s/${story}`)
  const before = news.app.pages.bytes
  for (let n = 0; n < 30; n++) {
    const answer = await news.call('GET', `/s/${story}?cachebuster=${n}&utm_source=x`)
    expect(answer.text).not.toContain('cachebuster')
  }
  expect(news.app.pages.bytes).toBe(before)
})

test('what is shared is the same for everybody, and sets no cookie', async () => {
  const token = await news.tokenOf('Ada Quay')
  const cookie = {
    cookie: `detente=${await news.sessionTokenOf('Ada Quay', undefined, null)}; detente-session=x`,
  }
  for (const path of [
    `/s/${story}`,
    `/s/${story}/c/${comment}`,
    `/fragment?story=${story}`,
    `/s/${story}/versions/1`,
    `/s/${story}/c/${comment}/history`,
  ]) {
    const [nobody, reader, withCookie] = [
      await raw(path),
      await raw(path, { authorization: `Bearer ${token}` }),
      await raw(path, cookie),
    ]
    for (const answer of [reader, withCookie]) {
      expect(answer.body.toString()).toBe(nobody.body.toString())
      expect(answer.headers['set-cookie']).toBeUndefined()
      expect(answer.headers.etag).toBe(nobody.headers.etag)
    }
  }
})

test('pages for one reader are kept by nobody; every answer says how long it may be kept', async () => {
  const shared = /^\/(s\/|fragment$|counts$|assets\/|embed(-sso)?\.(js|css)$|$)/
  for (const [path, answer] of await askEveryRoute(await news.tokenOf('Ines Marsh', 'admin'))) {
    const kept = answer.headers.get('cache-control')
    if (!shared.test(path.split('?')[0]!) || path.includes('/more'))
      expect(kept ?? '', path).toMatch(/no-store/)
    else expect(kept, path).not.toBeNull()
  }
})

/* Headers of every answer */

async function askEveryRoute(
  token?: string,
  to = news,
): Promise<[string, Awaited<ReturnType<Newsroom['call']>>][]> {
  const queries: Record<string, string> = {
    '/fragment': `?story=${story}`,
    '/fragment/items': `?story=${story}&ids=${comment}`,
    '/counts': `?story=${story}`,
    '/sign-in/link': '?token=x',
    '/sign-in/invitation': '?token=x',
    '/sign-in/popup': '?origin=https://news.example',
  }
  const answers: [string, Awaited<ReturnType<Newsroom['call']>>][] = []
  for (const route of listRoutes(to.running)) {
    const [method, path = ''] = route.split(' ')
    if (method !== 'GET') continue
    const address = (path + (queries[path] ?? ''))
      .replace(':story', story)
      .replace(':comment', comment)
      .replace(':number', '1')
      .replace(':hash', 'x')
    answers.push([
      address,
      await to.call('GET', address, { ...(token ? { token } : {}), headers: { accept: 'text/html, */*' } }),
    ])
  }
  return answers
}

test('every answer tells browsers to trust nothing it does not say, refusals too', async () => {
  const secure = await startNewsroom({ publicUrl: 'https://talk.example' }, news.database)
  const refusals = await Promise.all(
    [
      '/nowhere',
      '/%zz',
      '/s/%00',
      `/s/${'a'.repeat(700)}`,
      '/s/nowhere',
      '/api/stories/nowhere',
      '/search?q=a&q=b',
      '/api/me',
      '/me',
    ].map(async (path) => [path, await secure.call('GET', path)] as const),
  )
  const written = [
    [
      'POST a form',
      await secure.call('POST', `/s/${story}/comments`, {
        body: 'x',
        headers: { 'content-type': 'text/plain' },
      }),
    ],
    ['POST a comment', await secure.call('POST', `/api/stories/${story}/comments`, { body: {} })],
  ] as const
  const answers = [
    ...(await askEveryRoute(undefined, secure)),
    ...(await askEveryRoute(await news.tokenOf('Ines Marsh', 'admin'), secure)),
    ...refusals,
    ...written,
  ]
  expect(answers.length).toBeGreaterThan(60)
  for (const [path, { headers }] of answers) {
    expect(headers.get('x-content-type-options'), path).toBe('nosniff')
    expect(headers.get('content-security-policy'), path).toMatch(
      /^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'; require-trusted-types-for 'script'/,
    )
    expect(headers.get('content-security-policy'), path).not.toMatch(/unsafe|\*|http:/)
    expect(headers.get('referrer-policy'), path).toMatch(/^(strict-origin-when-cross-origin|same-origin)$/)
    expect(headers.get('permissions-policy'), path).toContain('camera=()')
    expect(headers.get('strict-transport-security'), path).toBe('max-age=63072000; includeSubDomains')
    expect(headers.get('content-type') ?? 'no body', path).toMatch(
      /^(no body|text\/html|text\/css|text\/javascript|application\/json|application\/problem\+json)/,
    )
    expect(headers.get('server') ?? headers.get('x-powered-by'), path).toBeNull()
    if (!path.startsWith('/sign-in/popup'))
      expect(headers.get('cross-origin-opener-policy'), path).toBe('same-origin')
  }
  await secure.close()
})

test('a registered page may read what is public and call the API, without cookies; another may not', async () => {
  const paths = [
    `/fragment?story=${story}`,
    `/counts?story=${story}`,
    `/api/stories/${story}/comments`,
    `/s/${story}`,
    '/api/me',
    '/nowhere',
    '/%zz',
  ]
  for (const path of paths) {
    const [ours, theirs] = [
      await raw(path, { origin: 'https://news.example' }),
      await raw(path, { origin: 'https://evil.example' }),
    ]
    expect(ours.headers['access-control-allow-origin'], path).toBe('https://news.example')
    expect(theirs.headers['access-control-allow-origin'], path).toBeUndefined()
    expect(theirs.headers.vary, path).toMatch(/Origin/)
    expect(ours.headers['access-control-allow-credentials'], path).toBeUndefined()
  }
  const preflight = await raw(
    `/api/stories/${story}/comments`,
    { origin: 'https://news.example', 'access-control-request-method': 'POST' },
    'OPTIONS',
  )
  expect([preflight.status, preflight.headers['access-control-allow-headers']]).toEqual([
    204,
    'authorization, content-type, idempotency-key',
  ])
  const foreign = await raw(
    `/api/stories/${story}/comments`,
    { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    'OPTIONS',
  )
  expect(foreign.headers['access-control-allow-methods']).toBeUndefined()
})

test('no GET changes anything', async () => {
  const token = await news.tokenOf('Ines Marsh', 'admin')
  const snapshot = async () =>
    JSON.stringify([
      await tableOf('comment'),
      await tableOf('ballot'),
      await tableOf('site'),
      await tableOf('siteKey'),
      await tableOf('story'),
      await tableOf('person'),
    ])
  const before = await snapshot()
  await askEveryRoute(token)
  expect(await snapshot()).toBe(before)
})

const tableOf = (table: 'comment' | 'ballot' | 'site' | 'siteKey' | 'story' | 'person') =>
  news.app.db.selectFrom(table).selectAll().execute()
