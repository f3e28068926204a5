/** What the server says to input that no page of ours would send: a refusal that names what is wrong, never a crash,
 *  never silence. A write route that is added without a line in the table fails the first test. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listRoutes, type Newsroom, startNewsroom } from '../newsroom.ts'
import {
  expectRefusal,
  fill,
  makePlace,
  nobody,
  type Place,
  type Route,
  routes,
  send,
  withBody,
} from './write-routes.ts'

let news: Newsroom
let place: Place

beforeAll(async () => {
  news = await startNewsroom()
  place = await makePlace(news)
})
afterAll(() => news?.close())

test('every write route of the server is in the table', () => {
  const written = listRoutes(news.running).filter((route) => /^(POST|PUT|PATCH|DELETE) /.test(route))
  expect(written.sort()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort())
})

test('every write route takes the body that the table has for it, so that what follows is refused for what it changes', async () => {
  for (const route of withBody) {
    const answer = await send(place, route, route.body)
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
  [
    'constructor.prototype',
    (good) => JSON.stringify({ ...good, constructor: { prototype: { role: 'admin' } } }),
  ],
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
  for (const route of withBody)
    expectRefusal(await send(place, route, make(route.body!)), `${what} to ${route.method} ${route.path}`)
})

/** A story is long; a comment that is too long comes back to its writer in the form, so it must arrive. */
const mostBytes: Record<string, number> = {
  '/api/stories/:story': 4 * 1024 * 1024,
  '/desk/stories/edit': 4 * 1024 * 1024,
  '/s/:story/comments': 400_000,
  '/s/:story/c/:comment/edit': 400_000,
}

test('a body of more than 64 kB is refused on every route but a story’s own and the forms that give a text back', async () => {
  for (const route of withBody) {
    const most = mostBytes[route.path] ?? 64 * 1024
    const answer = await send(place, route, `{"text":"${'a'.repeat(most)}"}`)
    expect([answer.status, answer.json().type], route.path).toEqual([413, '/problems/body-too-large'])
  }
})

test.each([
  'text/plain',
  'application/xml',
  'multipart/form-data; boundary=x',
  'application/jsonp',
  'nonsense',
  ';',
])('a body of type %s is refused on every route', async (type) => {
  for (const route of routes) {
    const answer = await send(place, route, JSON.stringify(route.body ?? {}), { type })
    expect([answer.status, answer.json().type], route.path).toEqual([415, '/problems/media-type-unsupported'])
  }
})

const wrongValues: unknown[] = [5, true, [], {}, [5], { toString: 'x' }, 1e308]

test('a field of the wrong type is refused, and the answer names it', async () => {
  for (const route of withBody)
    for (const [field, good] of Object.entries(route.body!))
      for (const wrong of wrongValues) {
        if (typeof wrong === typeof good && Array.isArray(wrong) === Array.isArray(good)) continue
        if (field === 'body' && Array.isArray(wrong) && wrong.length === 0) continue
        if (field === 'quotes' && Array.isArray(wrong) && wrong.length === 0) continue
        const answer = await send(place, route, { ...route.body, [field]: wrong })
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
      const answer = await send(place, route, rest)
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
  for (const [route, body, where] of textFields(make))
    expectRefusal(await send(place, route, body), `${what} in ${where}`, route.form)
})

test('no text of any route may be longer than it says', async () => {
  for (const [route, body, where] of textFields((good) => good + 'a'.repeat(60_000))) {
    const isBody = where.startsWith('body ')
    if (isBody && route.form) continue
    // What a form gives back is a page.
    const isPage = isBody || route.path in mostBytes
    expectRefusal(await send(place, route, body), `too long: ${where}`, isPage)
  }
})

const names = [
  'nonsense',
  nobody.toUpperCase(),
  '-'.repeat(36),
  nobody.replaceAll('-', ''),
  `${nobody}0`,
  'ext:',
  'ext:nowhere',
  '0',
  'null',
  '__proto__',
  '%00',
  '%20',
  '%zz',
  '%',
  '%ED%A0%80',
  '%FF',
  "'%20or%201=1--",
  '..%2f..%2fetc',
  '%2e%2e',
  'a'.repeat(301),
  'a'.repeat(600),
  '竹'.repeat(50),
]

test.each(names)('an address with %s for a story or a comment is refused on every route', async (name) => {
  for (const route of routes) {
    if (route.path === '/api/stories/:story' && name === 'ext:nowhere') continue
    for (const part of ['story', 'comment'] as const) {
      if (!route.path.includes(`:${part}`)) continue
      if (part === 'comment' && route.path.endsWith('/quote')) continue
      const answer = await send(place, route, route.body, {
        path: fill(route.path, { ...place, [part]: name }),
      })
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
    const answer = await send(place, route, route.body, { headers: { 'idempotency-key': value } })
    expect(answer.json(), route.path).toMatchObject({
      type: '/problems/body-invalid',
      at: '/headers/idempotency-key',
      status: 422,
    })
  }
})

const anyJson = fc.json({ maxDepth: 4, noUnicodeString: false })
const anyForm = fc.array(
  fc.tuple(fc.string({ unit: 'binary', maxLength: 20 }), fc.string({ unit: 'binary', maxLength: 40 })),
  { maxLength: 5 },
)
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.constantFrom('\0', '\ud800', '‮', 'ﷺ'.repeat(20)),
)

test('whatever stands in a body, no route faults', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...withBody),
      anyJson,
      anyForm,
      fc.dictionary(fc.string(), fc.jsonValue()),
      anyText,
      async (route, json, form, extra, text) => {
        const field = fc.sample(fc.constantFrom(...Object.keys(route.body!)), {
          numRuns: 1,
          seed: json.length,
        })[0]!
        const bodies: [unknown, string][] = [
          [json, 'application/json'],
          [{ ...extra, ...route.body }, 'application/json'],
          [{ ...route.body, [field]: text }, 'application/json'],
          [{ ...route.body, [field]: JSON.parse(json) }, 'application/json'],
          [form.map(([name, value]) => `${name}=${value}`).join('&'), 'application/x-www-form-urlencoded'],
          [
            new URLSearchParams([...form, [field, text]].map(([name, value]) => [name!, value!])).toString(),
            'application/x-www-form-urlencoded',
          ],
        ]
        for (const [body, type] of bodies) {
          const answer = await send(place, route, body, { type })
          expect(
            answer.status,
            `${route.method} ${route.path} ${JSON.stringify(body)}: ${answer.text.slice(0, 400)}`,
          ).toBeLessThan(500)
        }
      },
    ),
    { numRuns: 60 },
  )
})

test('after all that the site is as it was, and takes a comment', async () => {
  const fresh = await news.putStory('fresh')
  const id = await news.comment(fresh, 'Bo Harbour', 'Still here.')
  expect((await news.call('GET', `/s/${fresh}/c/${id}`)).text).toContain('Still here.')
  expect((await news.call('GET', '/health/ready')).status).toBe(200)
})
