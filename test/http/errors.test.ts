import { afterAll, beforeAll, expect, test } from 'vitest'
import { sendProblem } from '../../src/http/answer.ts'
import { makeServer } from '../../src/http/server.ts'
import { wordingFor } from '../../src/language/messages.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'

let news: Newsroom
beforeAll(async () => {
  news = await startNewsroom({ logLevel: 'silent' })
})
afterAll(() => news?.close())

test('an answer that cannot be sent is a bug like any other: an id for the log, nothing of what went wrong', async () => {
  const server = makeServer(news.app, (_request, reply, problem) => sendProblem(reply, problem))
  server.get('/unsendable', async (_request, reply) =>
    reply.header('location', '/독도').header('x-secret', 'hidden').send('x'),
  )
  const answer = await server.inject('/unsendable')
  expect(answer.statusCode).toBe(500)
  expect(answer.headers).toMatchObject({
    'content-type': 'application/problem+json; charset=utf-8',
    'x-content-type-options': 'nosniff',
  })
  expect(answer.json()).toMatchObject({ type: '/problems/bug', detail: expect.stringContaining('the log') })
  expect(answer.headers).not.toHaveProperty('x-secret')
  expect(answer.body).not.toContain('ERR_')
  await server.close()
})

const typeForm = { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' }

test.each([
  ['PUT', '/s/ferry', 'GET, HEAD, OPTIONS'],
  ['GET', '/sign-out', 'OPTIONS, POST'],
  ['DELETE', '/api/stories/ext:ferry?x=1', 'GET, HEAD, OPTIONS, PUT'],
  ['PATCH', '/embed.js', 'GET, HEAD, OPTIONS'],
])('%s %s is not done there: what is, the answer says', async (method, path, allow) => {
  const answer = await news.call(method, path)
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow])
  expect(answer.json()).toMatchObject({ type: '/problems/method-unknown', status: 405 })
})

test.each([
  ['GET', '/nowhere'],
  ['PUT', '/embedXjs'],
  ['PUT', '/s'],
  ['POST', '/s/a/b/c/d'],
])('%s %s: there is nothing, whatever the method', async (method, path) => {
  const answer = await news.call(method, path)
  expect([answer.status, answer.headers.get('allow')]).toEqual([404, null])
})

test('the description of the API is of the API: no pages, forms or assets', async () => {
  const { paths } = (await news.call('GET', '/api/openapi.json')).json<{ paths: Record<string, object> }>()
  expect(Object.keys(paths)).toContain('/api/stories/{story}')
  expect(Object.keys(paths).filter((path) => /^\/(assets|embed|sign-in|me|desk)/.test(path))).toEqual([])
})

test.each(['/sign-in', '/sign-in/link', '/sign-in/invitation', '/sign-out', '/me/name'])(
  'a browser that another site sends to %s sees a page, with what was typed and nothing secret',
  async (path) => {
    const cookie = `detente=${await news.sessionTokenOf('Ines Marsh', 'admin', null)}`
    const fields: Record<string, Record<string, string>> = {
      '/sign-in': { email: 'ada@quay.example', to: '/secret' },
      '/sign-in/link': { token: 'secret', name: 'Ada <Quay>' },
      '/sign-in/invitation': { token: 'secret', name: 'Ada <Quay>', email: 'ada@quay.example' },
      '/me/name': { name: 'Ada <Quay>' },
    }
    const answer = await news.call('POST', path, {
      body: new URLSearchParams(fields[path] ?? {}).toString(),
      headers: { ...typeForm, cookie, 'sec-fetch-site': 'cross-site' },
    })
    expect([answer.status, answer.headers.get('content-type')]).toEqual([403, 'text/html; charset=utf-8'])
    expect(answer.text).toContain('<h1>The request came from another site</h1>')
    if (fields[path]?.name) expect(answer.text).toContain('>Ada &lt;Quay></textarea>')
    if (fields[path]?.email) expect(answer.text).toContain('>ada@quay.example</textarea>')
    expect(answer.text).not.toContain('secret')
  },
)

test('a refused form of the desk is given back field by field, each with its label', async () => {
  const cookie = `detente=${await news.sessionTokenOf('Ines Marsh', 'admin', null)}`
  const fields = {
    story: 'hidden',
    external: 'ferry',
    title: 'Low <water>',
    body: 'One.\n\nTwo.',
    byline: ' ',
  }
  const answer = await news.call('POST', '/desk/stories/edit?lang=ar', {
    body: new URLSearchParams(fields).toString(),
    headers: { ...typeForm, cookie, 'sec-fetch-site': 'cross-site' },
  })
  expect(answer.status).toBe(403)
  expect(answer.text).toMatch(
    /<label for="kept-title">[^<]+<\/label><textarea id="kept-title"[^>]*>Low &lt;water>/,
  )
  expect(answer.text).toMatch(
    /<label for="kept-body">[^<]+<\/label><textarea id="kept-body"[^>]*>One.\n\nTwo.</,
  )
  expect(answer.text).not.toMatch(/kept-(byline|story|to|token)|hidden/)
})

test('a page says what is wrong in its own language, the API in English', async () => {
  const { say } = wordingFor('ar')
  const email = 'a'.repeat(2_500)
  const body = new URLSearchParams({ email }).toString()
  const page = await news.call('POST', '/sign-in?lang=ar', { body, headers: typeForm })
  expect(page.status).toBe(422)
  expect(page.text).toContain('dir="rtl"')
  expect(page.text).toContain(`<p class="detail">${say('problem-body-invalid-text')}</p>`)
  expect(page.text).not.toContain('characters')
  expect(page.text).toContain(`>${email}</textarea>`)
  const json = await news.call('POST', '/sign-in', { body, headers: { ...typeForm, accept: '*/*' } })
  expect(json.json()).toMatchObject({ at: '/email', detail: expect.stringContaining('2000 characters') })
})

test('of what is too large for the server a browser still has the text, and is told so', async () => {
  const body = new URLSearchParams({ email: 'x'.repeat(300_000) }).toString()
  const page = await news.call('POST', '/sign-in', { body, headers: typeForm })
  expect(page.status).toBe(413)
  expect(page.text).toContain('back button still has your text')
})

test.each([
  ['chosen from the list', 'off-topic', /Rule<\/label><textarea id="kept-reason"[^>]*>off topic</],
  ['typed', 'Low <tide>', /Why \(shown to readers\)<\/label><textarea id="kept-reason"[^>]*>Low &lt;tide></],
])('a reason that was %s is given back in words', async (_, reason, kept) => {
  const cookie = `detente=${await news.sessionTokenOf('Ines Marsh', 'admin', null)}`
  const answer = await news.call('POST', '/desk/gate', {
    body: new URLSearchParams({ mode: 'closed', site: '1', reason }).toString(),
    headers: { ...typeForm, cookie, 'sec-fetch-site': 'cross-site' },
  })
  expect(answer.status).toBe(403)
  expect(answer.text).toMatch(kept)
})
