/** Several sites in one installation: each at its address, with its own readers, stories, rules, keys and languages; what
 *  is of one is nothing at another. */
import { once } from 'node:events'
import { type IncomingHttpHeaders, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { App } from '../../src/context.ts'
import type { Role } from '../../src/database/tables.ts'
import { makeScriptToken } from '../../src/people/actions.ts'
import { deriveKey, readSecret } from '../../src/people/secret.ts'
import { isProblem } from '../../src/problem.ts'
import { makeSiteKey, setGate } from '../../src/stories/actions.ts'
import { addSite, changeSite } from '../../src/stories/site-actions.ts'
import { listRoutes, type Newsroom, startNewsroom } from '../newsroom.ts'
import { routes } from './write-routes.ts'

/** The first site is where the server listens, the second one at an address of its own. */
const QUAY = 'https://talk.quay.example'

let news: Newsroom
let quay: App
let harbourAdmin: string
let quayAdmin: string
let quayKey: string
/** A story and a comment of each site. */
let ours: { story: string; comment: string }
let theirs: { story: string; comment: string }

type Sent = { status: number; headers: IncomingHttpHeaders; text: string }
type Options = { body?: unknown; token?: string; headers?: Record<string, string> }

/** A request to the one server, by the name that it is asked under. */
async function ask(
  host: string,
  method: string,
  path: string,
  options: Options = {},
  server = news.origin,
): Promise<Sent> {
  const { body, token, headers = {} } = options
  const type = headers['content-type'] ?? 'application/json'
  const sent = request(server, {
    method,
    path,
    headers: {
      host,
      ...(body === undefined ? {} : { 'content-type': type }),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...headers,
    },
  })
  const form = () => new URLSearchParams(body as Record<string, string>).toString()
  sent.end(body === undefined ? undefined : type === 'application/json' ? JSON.stringify(body) : form())
  const [answer] = await once(sent, 'response')
  return { status: answer.statusCode, headers: answer.headers, text: await text(answer) }
}

const atHarbour = (method: string, path: string, options?: Options) =>
  ask(new URL(news.origin).host, method, path, options)
const atQuay = (method: string, path: string, options?: Options) =>
  ask('talk.quay.example', method, path, options)

async function tokenAt(app: App, name: string, role: Role): Promise<string> {
  const key = deriveKey(await readSecret(app.settings), 'access token')
  const made = await makeScriptToken(app, key, name, role)
  if (isProblem(made)) throw new Error(made.detail)
  return made.token
}

/** A site beside the first, in every process that was told of it. */
async function openSite(name: string, address: string, language = 'en'): Promise<App> {
  const added = await addSite(news.app, { name, address, language, timeZone: 'UTC' })
  if (isProblem(added)) throw new Error(added.detail)
  await news.running.sites.refresh()
  const app = news.running.sites.find(added.id)
  if (isProblem(app)) throw new Error(app.detail)
  return app
}

beforeAll(async () => {
  news = await startNewsroom({ origins: ['https://harbour.example'] })
  quay = await openSite('Quay Weekly', QUAY)
  harbourAdmin = await tokenAt(news.app, 'Ines Marsh', 'admin')
  quayAdmin = await tokenAt(quay, 'Ines Marsh', 'admin')
  quayKey = await makeSiteKey(quay, 'test')
  const put = async (
    send: typeof atQuay,
    key: string,
    admin: string,
  ): Promise<{ story: string; comment: string }> => {
    const story = await send('PUT', '/api/stories/ext:ferry', {
      token: key,
      body: { title: 'The ferry', body: ['It leaves at six.'], language: 'en' },
    })
    const { id } = JSON.parse(story.text) as { id: string }
    const comment = await send('POST', `/api/stories/${id}/comments`, {
      token: admin,
      body: { text: 'Low water is at three.' },
    })
    return { story: id, comment: JSON.parse(comment.text).id }
  }
  ours = await put(atHarbour, news.siteKey, harbourAdmin)
  theirs = await put(atQuay, quayKey, quayAdmin)
})
afterAll(() => news?.close())

const everything = async () => {
  const { db } = news.app
  return JSON.stringify(
    await Promise.all([
      db.selectFrom('story').selectAll().orderBy('id').execute(),
      db.selectFrom('comment').selectAll().orderBy('id').execute(),
      db.selectFrom('ballot').selectAll().execute(),
      db.selectFrom('report').selectAll().execute(),
      db.selectFrom('decision').selectAll().execute(),
      db.selectFrom('storyVersion').selectAll().execute(),
    ]),
  )
}

test('each site is at its own address, with its own name', async () => {
  expect(theirs.story).not.toBe(ours.story)
  expect((await atHarbour('GET', '/')).text).toContain('<title>Detente</title>')
  const front = await atQuay('GET', '/')
  expect(front.text).toContain('<title>Quay Weekly</title>')
  expect(front.text).toContain(`<link rel="canonical" href="${QUAY}/"/>`)
})

test.each(['TALK.quay.example', 'talk.quay.example.', 'talk.quay.example:443'])(
  '%s is the same address',
  async (host) => {
    expect((await ask(host, 'GET', '/rules')).text).toContain('Quay Weekly')
  },
)

test.each(['evil.example', 'talk.quay.example.evil.example', '127.0.0.1:1', ''])(
  'a forged host "%s" gets the first site, and is written into no address',
  async (host) => {
    const page = await ask(host, 'GET', `/s/${ours.story}`)
    expect(page.status).toBe(200)
    expect(page.text).toContain(`href="${news.origin}/s/${ours.story}"`)
    if (host) expect(page.text).not.toContain(host)
    const forwarded = await ask(host, 'GET', '/rules', {
      headers: { 'x-forwarded-host': 'talk.quay.example', forwarded: 'host=talk.quay.example' },
    })
    expect(forwarded.text).not.toContain('Quay Weekly')
  },
)

test('the same path on two sites is two pages, out of the cache too', async () => {
  for (const turn of ['made', 'kept']) {
    const there = await atQuay('GET', `/fragment?story=ferry`)
    const here = await atHarbour('GET', `/fragment?story=ferry`)
    expect(there.text, turn).toContain(`${QUAY}/s/${theirs.story}`)
    expect(here.text, turn).toContain(`${news.origin}/s/${ours.story}`)
    expect(here.text, turn).not.toContain(QUAY)
  }
})

test('a story’s page that is in the cache of its own site is nowhere else', async () => {
  for (let turn = 0; turn < 2; turn++) expect((await atQuay('GET', `/s/${theirs.story}`)).status).toBe(200)
  for (const host of ['evil.example', new URL(news.origin).host])
    expect((await ask(host, 'GET', `/s/${theirs.story}`)).status).toBe(404)
})

test('every address that reads a story or a comment knows only those of its site', async () => {
  const reads = listRoutes(news.running)
    .filter((route) => /^GET .*:(story|comment)/.test(route))
    .map((route) => route.slice(4))
  expect(reads.length).toBeGreaterThan(9)
  const wrong: string[] = []
  const places = [ours, { story: theirs.story, comment: ours.comment }]
  for (const path of reads)
    for (const [n, place] of places.entries()) {
      if (n === 1 && !path.includes(':comment')) continue
      const filled = path
        .replace(':story', place.story)
        .replace(':comment', place.comment)
        .replace(':number', '1')
      for (const token of [undefined, quayAdmin]) {
        const { status, text } = await atQuay('GET', filled, token ? { token } : {})
        // Asked by nobody in particular, what is one's own is empty whatever it is asked about.
        const isEmpty = status === 200 && path.endsWith('/mine') && !token && text.includes('"person":null')
        if (status !== 404 && !isEmpty) wrong.push(`${status} ${path} ${n}`)
      }
    }
  expect(wrong).toEqual([])
})

test.each<[string, () => string]>([
  ['the live stream', () => `/api/stories/${ours.story}/events`],
  ['a search within it', () => `/search?q=water&story=${ours.story}`],
  ['the embed by id', () => `/fragment?story=${ours.story}`],
  ['comments for an open page', () => `/fragment/items?story=${ours.story}&ids=${ours.comment}`],
  ['comments of one story under another', () => `/fragment/items?story=${ours.story}&ids=${theirs.comment}`],
  ['the desk’s form', () => `/desk/stories/edit?story=${ours.story}`],
])('%s says nothing of another site’s story', async (_, path) => {
  const answer = await atQuay('GET', path(), {
    token: quayAdmin,
    headers: { accept: 'text/event-stream, text/html' },
  })
  expect(answer.status).toBe(404)
  expect(answer.text).not.toContain('Low water')
  expect(answer.text).not.toContain('It leaves at six')
})

test('lists hold what is of their site only: counts, search, front page, queue, a place in a thread', async () => {
  const counts = await atQuay('GET', `/counts?story=${ours.story},${theirs.story},ext:ferry`)
  expect(JSON.parse(counts.text)).toEqual({ [ours.story]: null, [theirs.story]: 1, 'ext:ferry': 1 })
  await setGate(
    news.app,
    { storyId: ours.story },
    { mode: 'premoderated', reason: null, closeAfterDays: null },
  )
  await atHarbour('POST', `/api/stories/${ours.story}/comments`, {
    token: harbourAdmin,
    body: { text: 'Waiting water.' },
  })
  await setGate(news.app, { storyId: ours.story }, { mode: null, reason: null, closeAfterDays: null })
  for (const path of ['/search?q=water', '/', '/desk', '/desk/stories', '/api/queue', '/me']) {
    const { status, text } = await atQuay('GET', path, { token: quayAdmin })
    expect(status, path).toBe(200)
    expect(text, path).not.toContain(ours.story)
    expect(text, path).not.toContain('Waiting water')
  }
  const items = await atQuay('GET', `/fragment/items?story=${theirs.story}&ids=${ours.comment}`)
  expect(items.text).not.toContain('Low water')
  const replies = await atQuay('GET', `/api/stories/${theirs.story}/comments?parent=${ours.comment}`)
  expect(JSON.parse(replies.text).items).toEqual([])
})

test('every write to a story or a comment of another site is refused, and changes nothing', async () => {
  const before = await everything()
  const wrong: string[] = []
  for (const route of routes.filter(({ path }) => path.includes(':story') && path !== '/api/stories/:story'))
    for (const [n, place] of [ours, { story: theirs.story, comment: ours.comment }].entries()) {
      if (n === 1 && !route.path.includes(':comment')) continue
      const { status } = await atQuay(
        route.method,
        route.path.replace(':story', place.story).replace(':comment', place.comment),
        {
          token: quayAdmin,
          ...(route.body ? { body: route.body } : {}),
          headers: route.form ? { 'content-type': 'application/x-www-form-urlencoded' } : {},
        },
      )
      // Words that stand nowhere in the thread are refused as such, whoever said them.
      const refused = route.path.endsWith('/quote') && n === 1 ? 422 : 404
      if (status !== refused) wrong.push(`${status} ${route.method} ${route.path} ${n}`)
    }
  expect(wrong).toEqual([])
  expect(await everything()).toBe(before)
})

test('forms that name a story in their fields reach only those of their site', async () => {
  const before = await everything()
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const edit = { story: ours.story, external: 'ferry', title: 'Taken over', body: 'Ours now.' }
  const edited = await atQuay('POST', '/desk/stories/edit', { token: quayAdmin, headers: form, body: edit })
  expect([404, 409]).toContain(edited.status)
  expect(edited.text).not.toContain('It leaves at six')
  const gate = { story: ours.story, mode: 'off', reason: '', days: '' }
  expect((await atQuay('POST', '/desk/gate', { token: quayAdmin, headers: form, body: gate })).status).toBe(
    404,
  )
  const foreign = { text: 'See there.', parent: ours.comment }
  const answer = await atQuay('POST', `/api/stories/${theirs.story}/comments`, {
    token: quayAdmin,
    body: foreign,
  })
  expect(answer.status).toBe(422)
  const quoting = { text: 'They said so.', quotes: [{ comment: ours.comment, exact: 'Low water' }] }
  const quoted = await atQuay('POST', `/api/stories/${theirs.story}/comments`, {
    token: quayAdmin,
    body: quoting,
  })
  expect(quoted.status).toBe(422)
  expect(await everything()).toBe(before)
})

test('a token or a cookie of one site is nobody’s at another', async () => {
  const cookie = `detente=${await news.sessionTokenOf('Ines Marsh', 'admin', null)}`
  expect((await atHarbour('GET', '/me', { headers: { cookie } })).status).toBe(200)
  expect((await atQuay('GET', '/me', { headers: { cookie } })).headers.location).toBe('/sign-in?to=/me')
  const bearer = await news.sessionTokenOf('Ines Marsh', undefined, 'https://harbour.example')
  for (const token of [harbourAdmin, bearer])
    expect(
      (await atQuay('POST', `/api/stories/${theirs.story}/comments`, { token, body: { text: 'Here too?' } }))
        .status,
    ).toBe(401)
  expect((await atQuay('GET', '/api/queue', { token: harbourAdmin })).status).toBe(401)
})

test('a site key puts stories on its own site, and elsewhere says whose it is', async () => {
  const put = (send: typeof atQuay, token: string) =>
    send('PUT', '/api/stories/ext:tide', { token, body: { title: 'The tide', body: ['It turns.'] } })
  const refused = await put(atQuay, news.siteKey)
  expect(refused.status).toBe(401)
  expect(JSON.parse(refused.text)).toMatchObject({
    type: '/problems/key-unknown',
    detail: 'This key is of another site, Detente; here is Quay Weekly.',
  })
  expect((await put(atHarbour, quayKey)).status).toBe(401)
  const [there, here] = [await put(atQuay, quayKey), await put(atHarbour, news.siteKey)]
  expect([there.status, here.status]).toEqual([201, 201])
  expect(JSON.parse(there.text).id).not.toBe(JSON.parse(here.text).id)
})

test('each site is embedded by its own newsroom only', async () => {
  const allowed = async (send: typeof atQuay, story: string, origin: string) => [
    (await send('GET', `/fragment?story=${story}`, { headers: { origin } })).headers[
      'access-control-allow-origin'
    ],
    (await send('OPTIONS', `/api/stories/${story}/comments`, { headers: { origin } })).headers[
      'access-control-allow-origin'
    ],
  ]
  await changeSite(quay, { ...quay.site, origins: ['https://quay.example'] })
  const nobody = [undefined, undefined]
  for (const [origin, isOurs] of [
    ['https://harbour.example', true],
    ['https://quay.example', false],
    [QUAY, false],
  ] as const) {
    const both = [origin, origin]
    expect(await allowed(atHarbour, ours.story, origin), origin).toEqual(isOurs ? both : nobody)
    expect(await allowed(atQuay, theirs.story, origin), origin).toEqual(isOurs ? nobody : both)
  }
  const window = (send: typeof atQuay) =>
    send('GET', '/sign-in/popup?origin=https://harbour.example', { headers: { accept: 'text/html' } })
  expect((await window(atQuay)).text).not.toContain('data-origin="https://harbour.example"')
  const story = (send: typeof atQuay, token: string) =>
    send('PUT', '/api/stories/ext:claimed', {
      token,
      body: { title: 'A claim', body: ['Whose?'], url: 'https://harbour.example/claimed' },
    })
  expect((await story(atQuay, quayKey)).status).toBe(422)
  expect((await story(atHarbour, news.siteKey)).status).toBe(201)
})

test('readers are offered the site’s languages and no others', async () => {
  await changeSite(quay, { ...quay.site, languages: ['en', 'ja'] })
  const read = (path: string, wish = 'ko,ar;q=0.5') =>
    atQuay('GET', path, { headers: { 'accept-language': wish } })
  for (const path of [`/s/${theirs.story}`, '/', '/rules', `/s/${theirs.story}?lang=ko`]) {
    const { text } = await read(path)
    expect(text, path).toContain('<html lang="en"')
    const offered = [...text.matchAll(/<a [^>]*hreflang="(\w+)"/g)].map(([, language]) => language)
    expect(offered, path).toEqual(['en', 'ja'])
  }
  const page = (await read(`/s/${theirs.story}`)).text
  expect([...page.matchAll(/<link rel="alternate" hreflang="(\w+)"/g)].map(([, one]) => one)).toEqual([
    'en',
    'ja',
  ])
  expect((await read(`/s/${theirs.story}?lang=ja`)).text).toContain('<html lang="ja"')
  expect((await atHarbour('GET', `/s/${ours.story}?lang=ko`)).text).toContain('<html lang="ko"')
  await changeSite(quay, { ...quay.site, languages: [] })
  expect((await read(`/s/${theirs.story}`)).text).toContain('<html lang="ko"')
})

test('the desk ticks the languages that readers are offered, the site’s own among them', async () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const fields = { name: 'Quay Weekly', language: 'en', timeZone: 'UTC', rules: '', origins: '' }
  const save = async (boxes: Record<string, string>) => {
    const body = { ...fields, ...boxes }
    const saved = await atQuay('POST', '/desk/site', { token: quayAdmin, headers: form, body })
    expect(saved.status).toBe(303)
    return quay.site.languages
  }
  expect(await save({ offers: '1', 'offer-ko': '1' })).toEqual(['en', 'ko'])
  const desk = (await atQuay('GET', '/desk/site', { token: quayAdmin })).text
  const ticked = [...desk.matchAll(/name="offer-(\w+)" value="1" checked/g)].map(([, language]) => language)
  expect(ticked).toEqual(['en', 'ko'])
  expect(await save({})).toEqual(['en', 'ko'])
  const all = { 'offer-ar': '1', 'offer-en': '1', 'offer-ja': '1', 'offer-ko': '1' }
  expect(await save({ offers: '1', ...all })).toEqual([])
})

test('the desk says where its site is, and where the others are', async () => {
  const desk = (await atQuay('GET', '/desk/site', { token: quayAdmin })).text
  expect(desk).toContain(`<bdi dir="ltr">${QUAY}</bdi>`)
  expect(desk).toContain(`href="${news.origin}/desk/site"`)
  expect(desk).toContain(`src=&quot;${QUAY}/embed.js&quot;`)
})

test('a change of one site leaves the pages of another in the cache', async () => {
  await atQuay('GET', `/s/${theirs.story}`)
  await atHarbour('GET', `/s/${ours.story}`)
  await changeSite(quay, { ...quay.site, rules: 'Be kind on the quay.' })
  const fresh = (
    [
      [quay, theirs],
      [news.app, ours],
    ] as const
  ).map(([app, { story }]) => {
    return app.pages.fresh(`${app.site.id} /s/${story} en`, app.now().getTime()) !== undefined
  })
  expect(fresh).toEqual([false, true])
  expect((await atQuay('GET', `/s/${theirs.story}`)).text).toContain('Be kind on the quay.')
  expect((await atHarbour('GET', `/s/${ours.story}`)).text).not.toContain('Be kind on the quay.')
})

test.each([
  ['not-an-address', 'is not an origin'],
  ['https://talk.quay.example/path', 'is not an origin'],
  ['ftp://talk.pier.example', 'is not an origin'],
  ['https://someone@talk.pier.example', 'is not an origin'],
  ['https://TALK.quay.example/', 'is a site already'],
  ['http://talk.quay.example', 'is a site already'],
])('%s is refused as the address of a site, with the reason', async (address, reason) => {
  const added = await addSite(news.app, { name: 'Pier', address, language: 'en', timeZone: 'UTC' })
  expect(isProblem(added) && added.detail).toContain(reason)
})

test('what one process changes on a site, or adds, the others say within two seconds, the pages they hold too', async () => {
  const other = await startNewsroom({}, news.database)
  try {
    const there = (host: string, path: string) => ask(host, 'GET', path, {}, other.origin)
    const page = `/s/${theirs.story}`
    expect((await there('talk.quay.example', page)).text).not.toContain('Mind the tide.')
    await changeSite(quay, { ...quay.site, name: 'The Quay', rules: 'Mind the tide.' })
    await openSite('Pier Post', 'https://talk.pier.example', 'ja')
    const within = { timeout: 4_000, interval: 50 }
    await vi.waitFor(async () => {
      expect((await there('talk.quay.example', page)).text).toContain('Mind the tide.')
      expect((await there('talk.quay.example', '/rules')).text).toContain('The Quay')
      expect((await there('talk.pier.example', '/')).text).toContain('<html lang="ja"')
    }, within)
    await setGate(quay, 'site', { mode: 'closed', reason: 'It is night.', closeAfterDays: null })
    await vi.waitFor(async () => {
      expect((await there('talk.quay.example', page)).text).toContain('It is night.')
    }, within)
    await setGate(quay, 'site', { mode: 'open', reason: null, closeAfterDays: null })
  } finally {
    await other.close()
  }
})

test('a change whose notice is lost is seen all the same', async () => {
  await news.app.db.updateTable('site').set({ name: 'Unheard of' }).where('id', '=', quay.site.id).execute()
  await vi.waitFor(async () => expect((await atQuay('GET', '/rules')).text).toContain('Unheard of'), {
    timeout: 5_000,
    interval: 100,
  })
})
