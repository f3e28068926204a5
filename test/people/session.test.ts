import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { connect } from '../../src/database/connect.ts'
import { newId } from '../../src/database/ids.ts'
import { makeScriptToken } from '../../src/people/actions.ts'
import { deriveKey, readSecret } from '../../src/people/secret.ts'
import { mintToken, readToken } from '../../src/people/token.ts'
import { isProblem } from '../../src/problem.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { type Mailbox, startMailbox } from './mailbox.ts'
import { Visitor } from './visitor.ts'

const courier = 'https://courier.example'

let newsroom: Newsroom
let mailbox: Mailbox
let ada: Visitor
beforeAll(async () => {
  mailbox = await startMailbox()
  newsroom = await startNewsroom({ smtpUrl: mailbox.url, origins: [courier] })
})
afterAll(async () => {
  await newsroom?.close()
  await mailbox?.stop()
})
/** The product’s clock, so many milliseconds ahead. */
const moveClock = (ahead: number) => {
  newsroom.app.now = () => new Date(Date.now() + ahead)
}

beforeEach(async () => {
  moveClock(0)
  ada = new Visitor(newsroom, mailbox)
  await ada.signIn('ada@quill.example', 'Ada Quill')
})

const codeFor = async (visitor: Visitor, origin = courier): Promise<string> => {
  const answer = await visitor.call('/api/session/code', { origin })
  expect(answer.status).toBe(201)
  return ((await answer.json()) as { code: string }).code
}
type PageToken = { token: string; expires: string; person: { id: string; name: string; role: string } }
const exchange = (code: string, origin = courier) =>
  new Visitor(newsroom, mailbox).call('/api/session/exchange', { code }, { origin })
const pageToken = async (visitor: Visitor): Promise<PageToken> =>
  (await exchange(await codeFor(visitor))).json() as Promise<PageToken>
const tokenKey = async () => deriveKey(await readSecret(newsroom.app.settings), 'access token')
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

test('a visitor is nobody, and is told what to do', async () => {
  const answer = await new Visitor(newsroom, mailbox).get('/api/me')
  expect(answer.status).toBe(401)
  expect(answer.headers.get('content-type')).toContain('application/problem+json')
  expect(answer.headers.get('www-authenticate')).toBe('Bearer')
  expect(await answer.json()).toMatchObject({ type: '/problems/sign-in-needed', status: 401 })
})

test('when the access token is over or lost, the session brings a new one', async () => {
  const first = ada.cookies.get('detente')
  moveClock(16 * 60_000)
  expect(await ada.whoAmI()).toMatchObject({ name: 'Ada Quill' })
  const second = ada.cookies.get('detente')
  expect(second).not.toBe(first)
  await ada.whoAmI()
  expect(ada.cookies.get('detente')).toBe(second)
  ada.cookies.delete('detente')
  expect(await ada.whoAmI()).toMatchObject({ name: 'Ada Quill' })
})

test('a session ends after 30 days', async () => {
  moveClock(30 * 24 * 3600_000 + 1_000)
  expect(await ada.whoAmI()).toEqual({ status: 401 })
})

test('an access token alone is asked of nobody: no session is looked up for it', async () => {
  const { db } = newsroom.app
  await db.deleteFrom('session').execute()
  expect(await ada.whoAmI()).toMatchObject({ name: 'Ada Quill' })
  expect(ada.cookies.size).toBe(2)
})

test('with the database away its reader is a stranger to a page, and a form says that nothing was saved', async () => {
  moveClock(16 * 60_000)
  const { db } = newsroom.app
  const nowhere = connect({ host: '/nowhere', port: 1, user: 'nobody', database: 'none' }, 2, () => undefined)
  newsroom.app.db = nowhere.db
  const page = await ada.get('/sign-in')
  const form = await ada.post('/me/name', { name: 'Ada' })
  newsroom.app.db = db
  await nowhere.db.destroy()
  expect([page.status, form.status]).toEqual([200, 503])
  expect(form.headers.get('retry-after')).toBe('5')
  expect(await ada.whoAmI()).toMatchObject({ name: 'Ada Quill' })
})

test('signing out ends the session, its cookies and every token that came of it', async () => {
  const { token } = await pageToken(ada)
  const copy = new Map(ada.cookies)
  const answer = await ada.post('/sign-out', {})
  expect([answer.status, answer.headers.get('location'), ada.cookies.size]).toEqual([303, '/', 0])
  expect(await ada.whoAmI()).toEqual({ status: 401 })
  for (const [name, value] of copy) ada.cookies.set(name, value)
  expect(await ada.whoAmI()).toEqual({ status: 401 })
  expect(await new Visitor(newsroom, mailbox).whoAmI(bearer(token))).toEqual({ status: 401 })
})

test('signing out with an access token that is over sets no new one', async () => {
  moveClock(16 * 60_000)
  const answer = await ada.post('/sign-out', {})
  expect(answer.headers.getSetCookie().every((cookie) => cookie.includes('Max-Age=0'))).toBe(true)
  expect(await ada.whoAmI()).toEqual({ status: 401 })
})

test('a newsroom’s page exchanges its popup’s code for a token of 15 minutes', async () => {
  const answer = await exchange(await codeFor(ada))
  expect(answer.status).toBe(200)
  expect(answer.headers.get('access-control-allow-origin')).toBe(courier)
  expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(answer.headers.getSetCookie()).toEqual([])
  const { token, expires, person } = (await answer.json()) as PageToken
  expect(person).toMatchObject({ name: 'Ada Quill', role: 'reader' })
  expect(Math.abs(Date.parse(expires) - Date.now() - 15 * 60_000)).toBeLessThan(60_000)
  expect(await new Visitor(newsroom, mailbox).whoAmI({ ...bearer(token), origin: courier })).toMatchObject({
    id: person.id,
  })
  moveClock(15 * 60_000 + 1_000)
  expect(await new Visitor(newsroom, mailbox).whoAmI({ ...bearer(token), origin: courier })).toEqual({
    status: 401,
  })
})

test('a code is good once', async () => {
  const code = await codeFor(ada)
  const answers = await Promise.all(Array.from({ length: 6 }, () => exchange(code)))
  expect(answers.map((answer) => answer.status).sort()).toEqual([200, 410, 410, 410, 410, 410])
})

test('a code is good for a minute', async () => {
  const code = await codeFor(ada)
  moveClock(61_000)
  expect((await exchange(code)).status).toBe(410)
})

test.each([
  ['another registered page', () => newsroom.origin],
  ['a page that is not registered', () => 'https://evil.example'],
  ['no page at all', () => ''],
])('a code is no good to %s, and is used up by the attempt', async (_, thief) => {
  const code = await codeFor(ada)
  expect((await exchange(code, thief())).status).toBe(403)
  expect((await exchange(code)).status).toBe(410)
})

test('no code is made for a page that is not registered, nor for a stranger, nor by a page itself', async () => {
  expect((await ada.call('/api/session/code', { origin: 'https://evil.example' })).status).toBe(403)
  expect(
    (await ada.call('/api/session/code', { origin: courier }, { 'sec-fetch-site': 'cross-site' })).status,
  ).toBe(403)
  expect((await new Visitor(newsroom, mailbox).call('/api/session/code', { origin: courier })).status).toBe(
    401,
  )
  const { token } = await pageToken(ada)
  expect(
    (await new Visitor(newsroom, mailbox).call('/api/session/code', { origin: courier }, bearer(token)))
      .status,
  ).toBe(401)
})

test('codes and their holders do not stand in the database after their use, and never in clear', async () => {
  const code = await codeFor(ada)
  const { db } = newsroom.app
  const kept = JSON.stringify(await db.selectFrom('once').select(['key', 'value']).execute())
  expect(kept).toContain('popup-code:')
  expect(kept).not.toContain(code)
  await exchange(code)
  expect(JSON.stringify(await db.selectFrom('once').select('key').execute())).not.toContain('popup-code:')
})

test('a page’s token counts from that page only', async () => {
  const { token } = await pageToken(ada)
  expect(
    await new Visitor(newsroom, mailbox).whoAmI({ ...bearer(token), origin: 'https://evil.example' }),
  ).toEqual({
    status: 401,
  })
  expect(await new Visitor(newsroom, mailbox).whoAmI({ ...bearer(token), origin: newsroom.origin })).toEqual({
    status: 401,
  })
})

test('a page’s token is no cookie, a cookie’s is no page’s, and a session’s secret is neither', async () => {
  const { token } = await pageToken(ada)
  const thief = new Visitor(newsroom, mailbox)
  thief.cookies.set('detente', token)
  expect(await thief.whoAmI()).toEqual({ status: 401 })
  thief.cookies.set('detente-session', token)
  expect(await thief.whoAmI()).toEqual({ status: 401 })
  for (const value of ada.cookies.values())
    expect(await new Visitor(newsroom, mailbox).whoAmI(bearer(value))).toEqual({ status: 401 })
})

test('a request with a token is that token’s, whatever cookies come along', async () => {
  expect(await ada.whoAmI(bearer('worthless'))).toEqual({ status: 401 })
  expect(await ada.whoAmI({ authorization: 'Basic c3RhZ2luZzpzaXRl' })).toMatchObject({ name: 'Ada Quill' })
})

test('a token is renewed as long as the session lives', async () => {
  const { token, expires } = await pageToken(ada)
  moveClock(10 * 60_000)
  const page = new Visitor(newsroom, mailbox)
  const renewed = await page.call('/api/session/renew', undefined, { ...bearer(token), origin: courier })
  expect(renewed.status).toBe(200)
  const next = (await renewed.json()) as PageToken
  expect(Date.parse(next.expires) - Date.parse(expires)).toBeGreaterThan(9 * 60_000)
  await newsroom.app.db.deleteFrom('session').execute()
  const ended = await page.call('/api/session/renew', undefined, { ...bearer(next.token), origin: courier })
  expect(ended.status).toBe(401)
})

test('a cookie is not renewed into a page’s token', async () => {
  expect((await ada.call('/api/session/renew', undefined)).status).toBe(401)
})

test('a moderator is one on our pages and a reader on a newsroom’s', async () => {
  const mo = new Visitor(newsroom, mailbox)
  await mo.signIn('mo@quill.example', 'Mo')
  await newsroom.app.db
    .updateTable('person')
    .set({ role: 'moderator', badge: 'Desk' })
    .where('name', '=', 'Mo')
    .execute()
  expect(await mo.whoAmI()).toMatchObject({ role: 'moderator', badge: 'Desk' })
  const { token, person } = await pageToken(mo)
  expect(person.role).toBe('reader')
  expect(await new Visitor(newsroom, mailbox).whoAmI(bearer(token))).toMatchObject({
    role: 'reader',
    badge: 'Desk',
  })
})

test('a script’s token is made for a person by name or id, and carries the role it is given', async () => {
  const { app } = newsroom
  const key = await tokenKey()
  const make = async (who: string, role: 'editor' | null) => {
    const made = await makeScriptToken(app, key, who, role)
    if (isProblem(made)) throw new Error(made.detail)
    return made
  }
  const made = await make('Importer', 'editor')
  expect(made).toMatchObject({ isNew: true, person: { name: 'Importer', role: 'editor' } })
  const { id } = made.person
  expect(await new Visitor(newsroom, mailbox).whoAmI(bearer(made.token))).toMatchObject({
    id,
    role: 'editor',
  })
  expect(await make('Importer', null)).toMatchObject({ isNew: false, person: { id } })
  expect(await make(id, null)).toMatchObject({ isNew: false, person: { id } })
  const adaScript = await make('Ada Quill', 'editor')
  expect(await new Visitor(newsroom, mailbox).whoAmI(bearer(adaScript.token))).toMatchObject({
    role: 'editor',
  })
  expect(await ada.whoAmI()).toMatchObject({ role: 'reader' })
  expect(await makeScriptToken(app, key, 'Аda Quill', null)).toMatchObject({
    problem: 'name-taken',
  })
  expect(await makeScriptToken(app, key, '…', null)).toMatchObject({ problem: 'name-invalid' })
  expect(await makeScriptToken(app, key, app.site.id, null)).toMatchObject({
    problem: 'not-found',
  })
})

test('a token of another site, or of another installation, is nobody’s', async () => {
  const { app } = newsroom
  const key = await tokenKey()
  const holder = await readToken(key, ada.cookies.get('detente')!, app.now())
  const claims = { personId: holder!.personId, sessionId: holder!.sessionId!, isStrong: false, origin: null }
  const thief = new Visitor(newsroom, mailbox)
  for (const { token } of [
    await mintToken(key, { ...claims, siteId: newId() }, app.now()),
    await mintToken(new Uint8Array(randomBytes(32)), { ...claims, siteId: app.site.id }, app.now()),
  ]) {
    thief.cookies.set('detente', token)
    expect(await thief.whoAmI()).toEqual({ status: 401 })
  }
})

test('the popup is for registered pages only, and keeps the window that opened it', async () => {
  const popup = `/sign-in/popup?origin=${encodeURIComponent(courier)}`
  const stranger = await new Visitor(newsroom, mailbox).get(popup)
  expect(stranger.headers.get('cross-origin-opener-policy')).toBe('unsafe-none')
  expect(await stranger.text()).toContain(`name="to" value="${popup}"`)
  const sent = await new Visitor(newsroom, mailbox).post('/sign-in', {
    email: 'ada@quill.example',
    to: popup,
  })
  expect(sent.headers.get('cross-origin-opener-policy')).toBe('unsafe-none')
  expect(await sent.text()).toContain(`data-popup="${courier}"`)
  const known = await ada.get(popup)
  expect(await known.text()).toContain(`<div data-popup="${courier}" data-signed-in`)
  const token = await ada.askForLink('ada@quill.example', popup)
  const opened = await ada.post('/sign-in/link', { token, to: popup })
  expect([opened.status, opened.headers.get('location')]).toEqual([303, popup])
  expect(opened.headers.get('cross-origin-opener-policy')).toBe('unsafe-none')
  for (const origin of ['https://evil.example', 'null', '', `${courier}/`, `${courier}.evil.example`, '*']) {
    const refused = await ada.get(`/sign-in/popup?origin=${encodeURIComponent(origin)}`)
    expect(refused.status).toBe(403)
    expect(refused.headers.get('cross-origin-opener-policy')).toBe('same-origin')
    expect(await refused.text()).not.toContain('data-signed-in')
  }
})
