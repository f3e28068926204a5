/** What the server says to input that no page of ours would send: a refusal that names what is wrong, never a crash,
 *  never silence. Every write route is in the table; one that is added without a line here fails the first test. */
import { connect as connectSocket } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Mode } from '../../src/database/tables.ts'
import { problems } from '../../src/problem.ts'
import { setGate } from '../../src/stories/actions.ts'
import { type Answer, listRoutes, type Newsroom, startNewsroom } from '../newsroom.ts'

/** A write route, a body that it takes, and fields of it that may hold anything: they only say where to go next. */
type Route = { method: string; path: string; body?: Record<string, unknown>; free?: string[]; form?: boolean }

const nobody = '01890000-0000-7000-8000-000000000000'
const secret = 'a'.repeat(43)

const routes: Route[] = [
  {
    method: 'POST',
    path: '/api/stories/:story/comments',
    body: { text: 'Low water is at four.', parent: null, kind: null, quotes: [{ passage: 'p1', exact: 'ferry' }] },
  },
  { method: 'PATCH', path: '/api/stories/:story/comments/:comment', body: { text: 'Low water is at five.' } },
  { method: 'DELETE', path: '/api/stories/:story/comments/:comment' },
  { method: 'PUT', path: '/api/stories/:story/comments/:comment/ballot', body: { value: 1 } },
  { method: 'POST', path: '/api/stories/:story/comments/:comment/reports', body: { reason: 'spam', text: 'It sells boats.' } },
  {
    method: 'POST',
    path: '/api/stories/:story/comments/:comment/decisions',
    body: { action: 'hold', reason: 'spam', note: 'The same boat again.' },
  },
  {
    method: 'PUT',
    path: '/api/stories/:story',
    body: {
      title: 'The ferry', body: ['It leaves at six.'], byline: 'Ines Marsh', credit: 'Sound Wire', published: '2026-05-04T09:30:00Z',
      url: null, language: 'en', section: 'Coast',
    },
  },
  { method: 'POST', path: '/api/session/code', body: { origin: 'https://news.example' } },
  { method: 'POST', path: '/api/session/exchange', body: { code: secret } },
  { method: 'POST', path: '/api/session/renew' },
  { method: 'POST', path: '/s/:story/comments', body: { text: 'Low water is at four.', parent: nobody }, form: true },
  { method: 'POST', path: '/s/:story/c/:comment/respect', form: true },
  { method: 'POST', path: '/s/:story/c/:comment/quote', body: { exact: 'Low water' }, form: true, free: ['exact'] },
  { method: 'POST', path: '/s/:story/c/:comment/edit', body: { text: 'Low water is at five.' }, form: true },
  { method: 'POST', path: '/s/:story/c/:comment/delete', form: true },
  { method: 'POST', path: '/s/:story/c/:comment/report', body: { reason: 'spam', text: 'It sells boats.' }, form: true },
  {
    method: 'POST',
    path: '/s/:story/c/:comment/decide',
    body: { action: 'hold', reason: 'spam', note: 'The same boat again.', to: '/desk' },
    form: true,
    free: ['to'],
  },
  { method: 'POST', path: '/sign-in', body: { email: 'ada@quay.example', to: '/' }, form: true, free: ['to'] },
  { method: 'POST', path: '/sign-in/link', body: { token: secret, to: '/', name: 'Ada' }, form: true, free: ['to', 'name'] },
  { method: 'POST', path: '/sign-in/admin', body: { token: secret, name: 'Ada', email: '' }, form: true },
  { method: 'POST', path: '/sign-out', form: true },
  { method: 'POST', path: '/me/name', body: { name: 'Ada Harbour' }, form: true },
  {
    method: 'POST',
    path: '/desk/stories/edit',
    body: { external: 'tide', title: 'The tide', body: 'It turns.', byline: '', credit: '', published: '', url: '', language: 'en', section: '' },
    form: true,
  },
  { method: 'POST', path: '/desk/gate', body: { mode: 'open', reason: 'Be kind.', days: '3', section: 'Coast' }, form: true },
  {
    method: 'POST',
    path: '/desk/site',
    body: { name: 'The Sound', language: 'en', timeZone: 'UTC', rules: 'Be kind.', origins: '' },
    form: true,
  },
  { method: 'POST', path: '/desk/key', form: true },
]
const withBody = routes.filter((route) => route.body)

let news: Newsroom
let admin: string
let key: string
let story: string
let other: string
let comment: string

beforeAll(async () => {
  news = await startNewsroom()
  admin = await news.tokenOf('Ines Marsh', 'admin')
  key = news.siteKey
  story = await news.putStory('ferry')
  other = await news.putStory('tide-table')
  comment = await news.comment(story, 'Ines Marsh', 'Low water is at three.')
})
afterAll(() => news?.close())

/** A request with all rights, so that what is refused is refused for its content. */
async function send(
  route: Route,
  body: unknown,
  { path, type = 'application/json', headers = {} }: { path?: string; type?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const place = path ?? (route.method === 'PUT' && route.path.endsWith('/:story') ? route.path.replace(':story', 'ext:ferry') : fill(route.path))
  const token = route.path === '/api/stories/:story' ? key : admin
  return news.call(route.method, place, {
    token,
    ...(body === undefined ? {} : { body }),
    headers: { ...(body === undefined ? {} : { 'content-type': type }), ...headers },
  })
}

const fill = (path: string, of: { story?: string; comment?: string } = {}) =>
  path.replace(':story', of.story ?? story).replace(':comment', of.comment ?? comment)

/** RFC 9457 on the API, for scripts, and wherever no page was asked for; a page where a form's own refusal is one. */
function expectRefusal(answer: Answer, what: string, mayBePage = false): void {
  expect(answer.status, `${what}: ${answer.text.slice(0, 300)}`).toBeGreaterThanOrEqual(400)
  expect(answer.status, `${what}: ${answer.text.slice(0, 300)}`).toBeLessThan(500)
  const type = answer.headers.get('content-type')
  if (mayBePage && type?.startsWith('text/html')) return
  expect(type, what).toBe('application/problem+json; charset=utf-8')
  expectProblem(answer, what)
}

function expectProblem(answer: Answer, what: string): void {
  const problem = answer.json<{ type: string; title: string; status: number; detail: string; at?: string }>()
  const name = problem.type.replace('/problems/', '') as keyof typeof problems
  expect(problems[name], what).toMatchObject({ status: problem.status, title: problem.title })
  expect(problem.status, what).toBe(answer.status)
  expect(problem.detail.length, what).toBeGreaterThan(5)
  expect(JSON.stringify(problem), what).not.toMatch(/\\n\s+at |node_modules|violates|syntax for type/)
}

test('every write route of the server is in the table', () => {
  const written = listRoutes(news.running).filter((route) => /^(POST|PUT|PATCH|DELETE) /.test(route))
  expect(written.sort()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort())
})

test('every write route takes the body that the table has for it, so that what follows is refused for what it changes', async () => {
  for (const route of withBody) {
    const answer = await send(route, route.body)
    expect(answer.text, `${route.method} ${route.path}`).not.toContain('"/problems/body-')
  }
})

const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
const wholeBodies: [string, (good: Record<string, unknown>) => string | Uint8Array | undefined][] = [
  ['no body', () => undefined],
  ['nothing in the body', () => ''],
  ['null', () => 'null'],
  ['a number', () => '5'],
  ['a text', () => '"text"'],
  ['a list', () => '[]'],
  ['an empty object', () => '{}'],
  ['a truncated object', (good) => JSON.stringify(good).slice(0, -1)],
  ['two objects', (good) => JSON.stringify(good) + JSON.stringify(good)],
  ['an unknown field', (good) => JSON.stringify({ ...good, status: 'published' })],
  ['the author set by the body', (good) => JSON.stringify({ ...good, authorId: nobody, role: 'admin' })],
  ['__proto__', (good) => JSON.stringify(good).replace('{', '{"__proto__":{"role":"admin"},')],
  ['constructor.prototype', (good) => JSON.stringify({ ...good, constructor: { prototype: { role: 'admin' } } })],
  ['10,000 lists in each other', () => deep(10_000)],
  ['10,000 lists in a field', (good) => JSON.stringify(good).replace('{', `{"deep":${deep(10_000)},`)],
  ['bytes that are not UTF-8', (good) => spoil(JSON.stringify(good))],
  ['an overlong form of a slash', (good) => spoil(JSON.stringify(good), [0xc0, 0xaf])],
  ['a surrogate in UTF-8', (good) => spoil(JSON.stringify(good), [0xed, 0xa0, 0x80])],
]

/** Puts bytes within the first text of some JSON. */
function spoil(json: string, bytes: number[] = [0xff]): Uint8Array {
  const at = json.indexOf(':"') + 2
  return Buffer.concat([Buffer.from(json.slice(0, at)), Buffer.from(bytes), Buffer.from(json.slice(at))])
}

test.each(wholeBodies)('refused on every route: %s', async (what, make) => {
  for (const route of withBody) expectRefusal(await send(route, make(route.body!)), `${what} to ${route.method} ${route.path}`)
})

test('a body of more than 64 kB is refused on every route but a story’s own, and more than 4 MB there', async () => {
  for (const route of withBody) {
    const most = route.path === '/api/stories/:story' || route.path === '/desk/stories/edit' ? 4 * 1024 * 1024 : 64 * 1024
    const answer = await send(route, `{"text":"${'a'.repeat(most)}"}`)
    expect([answer.status, answer.json().type], route.path).toEqual([413, '/problems/body-too-large'])
  }
})

test.each(['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'application/jsonp', 'nonsense', ';'])(
  'a body of type %s is refused on every route',
  async (type) => {
    for (const route of routes) {
      const answer = await send(route, JSON.stringify(route.body ?? {}), { type })
      expect([answer.status, answer.json().type], route.path).toEqual([415, '/problems/media-type-unsupported'])
    }
  },
)

const wrongValues: unknown[] = [5, true, [], {}, [5], { toString: 'x' }, 1e308]

test('a field of the wrong type is refused, and the answer names it', async () => {
  for (const route of withBody)
    for (const [field, good] of Object.entries(route.body!))
      for (const wrong of wrongValues) {
        if (typeof wrong === typeof good && Array.isArray(wrong) === Array.isArray(good)) continue
        if (field === 'body' && Array.isArray(wrong) && wrong.length === 0) continue
        if (field === 'quotes' && Array.isArray(wrong) && wrong.length === 0) continue
        const answer = await send(route, { ...route.body, [field]: wrong })
        const what = `${field}: ${JSON.stringify(wrong)} to ${route.method} ${route.path}`
        expectRefusal(answer, what)
        expect(answer.json<{ at: string }>().at, what).toMatch(new RegExp(`^/${field}(/0)?$`))
      }
})

test('a field that is missing is refused, and the answer names it', async () => {
  const needed: Record<string, string[]> = {}
  for (const route of withBody)
    for (const field of Object.keys(route.body!)) {
      const { [field]: _, ...rest } = route.body!
      const answer = await send(route, rest)
      if (!answer.text.includes('is missing')) continue
      expect(answer.json(), route.path).toMatchObject({ type: '/problems/body-invalid', at: `/${field}` })
      needed[route.path] = [...(needed[route.path] ?? []), field]
    }
  expect(Object.keys(needed).sort()).toEqual(withBody.map((route) => route.path).sort())
})

/** Every text of every body, with what stands in its place. */
function* textFields(make: (good: string) => string): Generator<[Route, Record<string, unknown>, string]> {
  for (const route of withBody)
    for (const [field, good] of Object.entries(route.body!)) {
      if (route.free?.includes(field)) continue
      const changed = { ...route.body }
      if (typeof good === 'string' || good === null) changed[field] = make(good ?? '')
      else if (field === 'body') changed.body = [make('It leaves at six.')]
      else if (field === 'quotes') changed.quotes = [{ passage: 'p1', exact: make('ferry') }]
      else continue
      yield [route, changed, `${field} of ${route.method} ${route.path}`]
    }
}

test.each([
  ['NUL', (good: string) => `${good}\0`],
  ['a lone high surrogate', (good: string) => `${good}\ud83d`],
  ['a lone low surrogate', (good: string) => `\ude00${good}`],
  ['only NUL', () => '\0'],
])('no text of any route may hold %s', async (what, make) => {
  for (const [route, body, where] of textFields(make)) expectRefusal(await send(route, body), `${what} in ${where}`, route.form)
})

test('no text of any route may be longer than it says', async () => {
  for (const [route, body, where] of textFields((good) => good + 'a'.repeat(60_000))) {
    const isBody = where.startsWith('body ')
    if (isBody && route.form) continue
    expectRefusal(await send(route, body), `too long: ${where}`, isBody)
  }
})

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
    const answer = await send({ method, path }, { text })
    expect(answer.json()).toMatchObject({ type: `/problems/${problem}`, at: '/text', status: 422 })
  }
  for (const path of ['/s/:story/comments', '/s/:story/c/:comment/edit']) {
    const form = new URLSearchParams({ text }).toString()
    const answer = await send({ method: 'POST', path }, form, { type: 'application/x-www-form-urlencoded' })
    expect([answer.status, answer.headers.get('content-type')]).toEqual([422, 'text/html; charset=utf-8'])
  }
})

test.each<[string, () => Record<string, unknown>, string, string]>([
  ['an unknown parent', () => ({ parent: nobody }), 'parent-unknown', '/parent'],
  ['a parent that is no id', () => ({ parent: 'p1' }), 'parent-unknown', '/parent'],
  ['a parent in capitals', () => ({ parent: comment.toUpperCase() }), 'parent-unknown', '/parent'],
  ['an empty parent', () => ({ parent: '' }), 'parent-unknown', '/parent'],
  ['an unknown kind', () => ({ kind: 'rumour' }), 'body-invalid', '/kind'],
  ['a quote of an unknown comment', () => ({ quotes: [{ comment: nobody, exact: 'Low' }] }), 'quote-unknown', '/quotes/0'],
  ['a quote of a comment that is no id', () => ({ quotes: [{ comment: 'x', exact: 'Low' }] }), 'quote-unknown', '/quotes/0'],
  ['a quote of words that do not stand there', () => ({ quotes: [{ comment, exact: 'High' }] }), 'quote-unknown', '/quotes/0'],
  ['a quote of a passage that is not there', () => ({ quotes: [{ passage: 'p99', exact: 'ferry' }] }), 'quote-unknown', '/quotes/0'],
  ['a quote of nothing', () => ({ quotes: [{ exact: 'ferry' }] }), 'quote-unknown', '/quotes/0'],
  ['a quote of white space', () => ({ quotes: [{ passage: 'p1', exact: ' ' }] }), 'quote-unknown', '/quotes/0'],
  ['a quote of no words', () => ({ quotes: [{ passage: 'p1', exact: '' }] }), 'body-invalid', '/quotes/0/exact'],
  ['six quotes', () => ({ quotes: Array(6).fill({ passage: 'p1', exact: 'ferry' }) }), 'body-invalid', '/quotes'],
  ['an unknown field in a quote', () => ({ quotes: [{ passage: 'p1', exact: 'ferry', html: '<b>' }] }), 'body-invalid', '/quotes/0/html'],
])('a new comment with %s is refused, and the answer says where', async (_, fields, problem, at) => {
  const answer = await send(routes[0]!, { text: 'Low water is at four.', ...fields() })
  expect(answer.json()).toMatchObject({ type: `/problems/${problem}`, at })
  expect(answer.status).toBe(422)
})

test('half of an emoji is no quote of the passage that holds it', async () => {
  await news.putStory('emoji', { body: ['The crew sang 🎶 all night.'] })
  const answer = await send(routes[0]!, { text: 'They did.', quotes: [{ passage: 'p1', exact: 'sang \ud83c' }] }, { path: '/api/stories/ext:emoji/comments' })
  expect(answer.json()).toMatchObject({ type: '/problems/quote-unknown', at: '/quotes/0' })
})

test('a comment of another story is no parent, no quote, and cannot be changed from here', async () => {
  const path = `/api/stories/${other}/comments`
  const parent = await send(routes[0]!, { text: 'Under the wrong story.', parent: comment }, { path })
  expect(parent.json()).toMatchObject({ type: '/problems/parent-unknown', at: '/parent' })
  const quote = await send(routes[0]!, { text: 'A quote.', quotes: [{ comment, exact: 'Low water' }] }, { path })
  expect(quote.json()).toMatchObject({ type: '/problems/quote-unknown', at: '/quotes/0' })
  for (const route of routes.filter((one) => one.path.includes(':comment') && !one.path.endsWith('/quote')))
    expectRefusal(await send(route, route.body, { path: fill(route.path, { story: other }) }), route.path, true)
})

test.each<[Mode]>([['closed'], ['off']])('a thread that is %s takes no comment, by the API or the form', async (mode) => {
  await setGate(news.app, { storyId: other }, { mode, reason: null, closeAfterDays: null })
  const answer = await send(routes[0]!, { text: 'Am I late?' }, { path: `/api/stories/${other}/comments` })
  expect(answer.json()).toMatchObject({ type: '/problems/discussion-closed', status: 409 })
  const form = await news.call('POST', `/s/${other}/comments`, {
    token: admin,
    body: new URLSearchParams({ text: 'Am I <late>?' }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' },
  })
  expect(form.status).toBe(409)
  expect(form.text).toContain('Am I &lt;late>?')
  await setGate(news.app, { storyId: other }, { mode: null, reason: null, closeAfterDays: null })
})

const names = [
  'nonsense', nobody.toUpperCase(), '-'.repeat(36), nobody.replaceAll('-', ''), `${nobody}0`, 'ext:', 'ext:nowhere', '0', 'null',
  '__proto__', '%00', '%20', '%zz', '%', '%ED%A0%80', '%FF', "'%20or%201=1--", '..%2f..%2fetc', '%2e%2e', 'a'.repeat(301), 'a'.repeat(600), '竹'.repeat(50),
]

test.each(names)('an address with %s for a story or a comment is refused on every route', async (name) => {
  for (const route of routes) {
    if (route.path === '/api/stories/:story' && name === 'ext:nowhere') continue
    for (const part of ['story', 'comment'] as const) {
      if (!route.path.includes(`:${part}`)) continue
      if (part === 'comment' && route.path.endsWith('/quote')) continue
      const answer = await send(route, route.body, { path: fill(route.path, { [part]: name }) })
      expectRefusal(answer, `${name} for ${part} of ${route.method} ${route.path}`, route.form)
    }
  }
})

test.each([
  ['empty', ''],
  ['with a blank', 'a b'],
  ['of letters beyond ASCII', 'clé'],
  ['of 201 characters', 'k'.repeat(201)],
  ['of two, joined', 'one, two'],
])('an Idempotency-Key that is %s is refused', async (_, value) => {
  for (const route of routes.filter((one) => one.path.startsWith('/api/stories/:story/'))) {
    const answer = await send(route, route.body, { headers: { 'idempotency-key': value } })
    expect(answer.json(), route.path).toMatchObject({ type: '/problems/body-invalid', at: '/headers/idempotency-key', status: 422 })
  }
})

test.each([
  '/s/:story?after=', '/s/:story?after=%00', '/s/:story?after=%zz', '/s/:story?after=%F0%9F', `/s/:story?after=${'9'.repeat(61)}`, `/s/:story?after=0~${nobody}`,
  '/s/:story?after=99999999999999999999~x', '/s/:story?after=1&after=2', '/s/:story?sort=nonsense', '/s/:story?sort=newest&sort=oldest',
  '/s/:story?lang=xx', '/s/:story?lang=en&lang=ja', '/s/:story?__proto__=1', '/s/:story/c/:comment?after=nonsense', '/s/:story/versions/0',
  '/s/:story/versions/1e9', '/s/:story/versions/-1', '/s/:story/versions/99', '/s/:story/versions/one', '/s/:story/c/%zz', '/s/:story/c/:comment/history?after=x',
  '/fragment', '/fragment?story=', '/fragment?url=', '/fragment?url=javascript:alert(1)', '/fragment?url=http://%00', `/fragment?url=https://x.example/${'竹'.repeat(300)}`,
  '/fragment?story=a&story=b', '/fragment/items', '/fragment/items?story=:story&ids=', '/fragment/items?story=x&ids=y', '/fragment/items?story=:story&ids=,,,%00',
  '/counts', '/counts?story=', '/counts?story=%00', '/counts?story=a&story=b', `/counts?story=${'a,'.repeat(150)}`, '/counts?story=__proto__,constructor',
  `/counts?story=${Array.from({ length: 101 }, (_, n) => n)}`,
  '/api/stories/:story/comments?after=nonsense', '/api/stories/:story/comments?limit=0', '/api/stories/:story/comments?limit=101', '/api/stories/:story/comments?limit=1e1',
  '/api/stories/:story/comments?limit=x', '/api/stories/:story/comments?parent=x', `/api/stories/:story/comments?parent=${nobody}`, '/api/stories/:story/comments?sort=best',
  '/api/stories/:story/comments?sort=newest&after=1~2', '/api/stories/:story/comments?limit=1&limit=2', '/api/stories/:story/events?after=-1', '/api/stories/:story/events?after=x',
  '/api/stories/:story/events?after=99999999999999999999', '/api/stories/:story/events?after=1&after=2', '/api/queue?after=x', '/api/queue?after=------------------------------------',
  '/search?q=%00', '/search?q=%27%22%5C%3A*%26%7C!()%3C%3E', `/search?q=${'a'.repeat(201)}`, '/search?q=a&after=x&story=y', '/search?q=a&q=b', '/search?q=%F0%9F%98%80', '/me?after=x',
  '/?after=x', '/?after=1&after=2', '/sign-in?to=//evil.example', '/sign-in/link', '/sign-in/link?token=x', '/sign-in/popup', '/sign-in/popup?origin=javascript:', '/sign-in/admin?token=x',
  '/desk?after=x', '/desk/stories?after=x', '/desk/stories/edit?story=x', '/assets/../page.css', '/assets/%zz/page.css', '/%zz', '//', '//evil.example/s/:story', '/s//c', '/.env',
])('the address %s is answered or refused, and never a fault', async (path) => {
  for (const accept of ['application/json', 'text/html']) {
    const answer = await news.call('GET', fill(path), { token: admin, headers: { accept } })
    expect(answer.status, answer.text).toBeLessThan(500)
    if (answer.headers.get('content-type')?.includes('json') && answer.status >= 400) expectProblem(answer, path)
  }
})

test.each([
  ['range', 'bytes=9999999-99999999'], ['range', 'bytes=0-0,0-0,0-0,0-0'], ['range', 'nonsense'], ['accept', 'image/png'], ['accept', '*'.repeat(4000)],
  ['accept', 'text/html;q=NaN,text/*;q=1e99'], ['accept-encoding', 'br;q=0, gzip;q=0, identity;q=0'], ['accept-encoding', 'nonsense'], ['accept-encoding', ','.repeat(3000)],
  ['accept-language', ';q=,;;=,q=;ja-ja-ja;q=9e999'], ['accept-language', '-'.repeat(3000)], ['accept-language', '*;q=0'], ['if-none-match', '*'.repeat(3000)],
  ['if-modified-since', 'yesterday'], ['cookie', '=;=;;;detente=;detente-session=%00;__proto__=x'], ['cookie', `detente=${'a.'.repeat(2000)}`], ['authorization', 'Bearer'],
  ['authorization', 'Bearer a.b.c'], ['authorization', `Bearer ${'a'.repeat(6000)}`], ['authorization', 'Basic Og=='], ['last-event-id', '9'.repeat(400)],
  ['last-event-id', '-1'], ['last-event-id', 'nonsense'], ['origin', 'null'], ['origin', 'javascript:alert(1)'], ['origin', 'https://evil.example\\@x'], ['referer', 'not an address'],
  ['sec-fetch-site', 'nonsense'], ['x-forwarded-for', '1.2.3.4, , :::, 999.999.999.999'], ['x-forwarded-host', 'evil.example'], ['forwarded', 'for=";;'], ['expect', 'nonsense'],
  ['x-http-method-override', 'DELETE'], ['content-encoding', 'gzip'], ['transfer-encoding', 'gzip'],
].map(([name, value]) => [name!, value!.slice(0, 40), value!] as const))('the header %s: %s does no harm', async (name, _, value) => {
  for (const path of ['/s/:story', '/s/:story/c/:comment', '/fragment?story=:story', '/api/stories/:story/comments', '/api/stories/:story/events', '/search?q=low', '/me', '/assets/x/page.css']) {
    const answer = await sendRaw(`GET ${fill(path)} HTTP/1.1\r\nHost: x\r\n${name}: ${value}\r\nConnection: close\r\n\r\n`)
    expect(Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 499), `${path}: ${answer.slice(0, 200)}`).toBeLessThan(500)
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
  ['bytes beyond ASCII in the address', Buffer.from('GET /s/\xff\xfe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 'latin1')],
  ['a NUL in the address', 'GET /s/\0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
  ['an absolute address of another host', 'GET http://evil.example/s/x HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n'],
  ['a header of 20 kB', `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(20_000)}\r\nConnection: close\r\n\r\n`],
  ['an address of 20 kB', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`],
  ['an address of 9 kB', `GET /s/${'a'.repeat(9_000)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`],
  ['two lengths', 'POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc'],
  ['a length and chunks', 'POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['a negative length', 'POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n'],
]

test.each(nonsense)('%s is refused by a 4xx', async (_, bytes) => {
  expect(await sendRaw(bytes)).toMatch(/^HTTP\/1\.1 4\d\d/)
})

const anyJson = fc.json({ maxDepth: 4, noUnicodeString: false })
const anyForm = fc.array(fc.tuple(fc.string({ unit: 'binary', maxLength: 20 }), fc.string({ unit: 'binary', maxLength: 40 })), { maxLength: 5 })
const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), fc.string({ unit: 'grapheme', maxLength: 60 }), fc.constantFrom('\0', '\ud800', '‮', 'ﷺ'.repeat(20)))

test('whatever stands in a body, no route faults', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...withBody), anyJson, anyForm, fc.dictionary(fc.string(), fc.jsonValue()), anyText, async (route, json, form, extra, text) => {
      const field = fc.sample(fc.constantFrom(...Object.keys(route.body!)), { numRuns: 1, seed: json.length })[0]!
      const bodies: [unknown, string][] = [
        [json, 'application/json'],
        [{ ...extra, ...route.body }, 'application/json'],
        [{ ...route.body, [field]: text }, 'application/json'],
        [{ ...route.body, [field]: JSON.parse(json) }, 'application/json'],
        [form.map(([name, value]) => `${name}=${value}`).join('&'), 'application/x-www-form-urlencoded'],
        [new URLSearchParams([...form, [field, text]].map(([name, value]) => [name!, value!])).toString(), 'application/x-www-form-urlencoded'],
      ]
      for (const [body, type] of bodies) {
        const answer = await send(route, body, { type })
        expect(answer.status, `${route.method} ${route.path} ${JSON.stringify(body)}: ${answer.text.slice(0, 400)}`).toBeLessThan(500)
      }
    }),
    { numRuns: 60 },
  )
})

test('whatever stands in an address, no route faults', async () => {
  const part = fc.oneof(fc.string({ unit: 'binary', maxLength: 30 }).map((text) => encodeURIComponent(Buffer.from(text).toString())), fc.string({ maxLength: 20 }), fc.constantFrom('%', '%2', '..', ';', nobody))
  const gets = ['/s/:story', '/s/:story/c/:comment', '/s/:story/c/:comment/history', '/s/:story/c/:comment/more', '/api/stories/:story', '/api/stories/:story/comments', '/api/stories/:story/comments/:comment', '/api/stories/:story/events', '/fragment', '/fragment/items', '/counts', '/search', '/api/queue']
  const query = fc.array(fc.tuple(fc.constantFrom('after', 'sort', 'lang', 'q', 'story', 'ids', 'url', 'limit', 'parent', 'base'), part), { maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...gets), part, part, query, async (path, a, b, pairs) => {
      const filled = fc.sample(fc.boolean(), { numRuns: 1, seed: a.length })[0] ? fill(path) : fill(path, { story: a || 'x', comment: b || 'x' })
      const address = `${filled}?${pairs.map(([name, value]) => `${name}=${value}`).join('&')}`
      const answer = await news.call('GET', address.replaceAll('#', '%23').replaceAll('\\', '%5C'))
      expect(answer.status, `${address}: ${answer.text.slice(0, 300)}`).toBeLessThan(500)
    }),
    { numRuns: 200 },
  )
})

test('after all that the site is as it was, and takes a comment', async () => {
  const fresh = await news.putStory('fresh')
  const id = await news.comment(fresh, 'Bo Harbour', 'Still here.')
  expect((await news.call('GET', `/s/${fresh}/c/${id}`)).text).toContain('Still here.')
  expect((await news.call('GET', '/health/ready')).status).toBe(200)
})
