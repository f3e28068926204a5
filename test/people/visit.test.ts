/** Readers whom only the newsroom's token knows, on our own pages. */
import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { numberOf } from '../../src/people/told.view.tsx'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { type Mailbox, startMailbox } from './mailbox.ts'
import { forge } from './sso-tokens.ts'
import { Visitor } from './visitor.ts'

const courier = 'https://courier.example'
const secret = randomBytes(24).toString('hex')

let newsroom: Newsroom
let mailbox: Mailbox
let story: string
beforeAll(async () => {
  mailbox = await startMailbox()
  newsroom = await startNewsroom({ smtpUrl: mailbox.url, origins: [courier], ssoSecret: secret })
  story = await newsroom.putStory()
})
afterAll(async () => {
  await newsroom?.close()
  await mailbox?.stop()
})

const newBrowser = () => new Visitor(newsroom, mailbox)

/** The token of the newsroom's page, as its script has it. */
async function comeByToken(sub: string, name: string): Promise<{ token: string; id: string }> {
  const iat = Math.floor(Date.now() / 1000)
  const claims = { user: { id: sub, email: `${sub}@courier.example`, username: name } }
  const jwt = forge(
    { alg: 'HS256', typ: 'JWT' },
    { ...claims, iat, exp: iat + 300, jti: randomUUID() },
    Buffer.from(secret),
  )
  const body = { token: jwt }
  const answer = await newsroom.call('POST', '/api/session/exchange', { body, headers: { origin: courier } })
  const { token, person } = answer.json<{ token: string; person: { id: string } }>()
  return { token, id: person.id }
}

/** What the newsroom's page sends when "My page" is pressed. */
const press = (browser: Visitor, token: string, to = '/me', origin = courier) =>
  browser.post('/sign-in/visit', { token, to }, { origin, 'sec-fetch-site': 'cross-site' })
const codeIn = (page: string): string => /name="code" value="([\w-]+)"/.exec(page)?.[1] ?? ''

test('a reader whom the newsroom vouches for reaches their page, their data and the way out', async () => {
  const { token, id } = await comeByToken('mara', 'Mara Quill')
  const browser = newBrowser()
  const asked = await press(browser, token, '/me/account')
  expect(asked.status).toBe(200)
  const question = await asked.text()
  expect(question).toContain('Are you \u2068Mara Quill\u2069?')
  expect(browser.cookies.size).toBe(0)
  const come = await browser.post('/sign-in/visit/go', { code: codeIn(question), to: '/me/account' })
  expect([come.status, come.headers.get('location')]).toEqual([303, '/me/account'])
  expect(await browser.whoAmI()).toMatchObject({ id, name: 'Mara Quill' })
  for (const path of ['/me', '/me/account', '/me/download', '/me/erase'])
    expect([path, (await browser.get(path)).status]).toEqual([path, 200])
  expect(await (await browser.get('/me/erase')).text()).toContain('your account at the newsroom')
  const erased = await browser.post('/me/erase', { kind: 'anonymise', name: 'Mara Quill' })
  expect(erased.headers.get('location')).toContain('/me/erased')
  const after = await newsroom.call('GET', '/api/me', { token, headers: { origin: courier } })
  expect(after.status).toBe(401)
})

test('a suspended reader is led to what is in force and its number, not to a second account', async () => {
  const { token, id } = await comeByToken('nils', 'Nils Barred')
  const until = new Date(Date.now() + 86_400_000).toISOString()
  const moderator = await newsroom.tokenOf('Mo Weir', 'moderator')
  const body = { kind: 'suspend', reason: 'spam', until }
  const taken = await newsroom.call('POST', `/api/people/${id}/sanctions`, { token: moderator, body })
  const browser = newBrowser()
  const question = await (await press(browser, token, '/me#restrictions')).text()
  await browser.post('/sign-in/visit/go', { code: codeIn(question), to: '/me#restrictions' })
  expect(await (await browser.get('/me')).text()).toContain(numberOf(taken.json<{ id: string }>()))
})

test('login CSRF: a form of another page begins no session, and its code counts on our own page only', async () => {
  const { token } = await comeByToken('mallory', 'Mallory Marsh')
  const victim = newBrowser()
  await victim.signIn('vic@quill.example', 'Vic Quill')
  const question = await (await press(victim, token)).text()
  expect(await victim.whoAmI()).toMatchObject({ name: 'Vic Quill' })
  const code = codeIn(question)
  const forged = await victim.post('/sign-in/visit/go', { code, to: '/' }, { 'sec-fetch-site': 'cross-site' })
  expect(forged.status).toBe(403)
  expect(await victim.whoAmI()).toMatchObject({ name: 'Vic Quill' })
})

test('replay: a code is good once and for five minutes, on its own site', async () => {
  const { token } = await comeByToken('rep', 'Rep Lay')
  const code = codeIn(await (await press(newBrowser(), token)).text())
  expect((await newBrowser().post('/sign-in/visit/go', { code, to: '/' })).status).toBe(303)
  expect((await newBrowser().post('/sign-in/visit/go', { code, to: '/' })).status).toBe(410)
  const late = codeIn(await (await press(newBrowser(), token)).text())
  const { now } = newsroom.app
  newsroom.app.now = () => new Date(now().getTime() + 5 * 60_000 + 1)
  expect((await newBrowser().post('/sign-in/visit/go', { code: late, to: '/' })).status).toBe(410)
  newsroom.app.now = now
})

test.each([
  ['of nobody', async () => ['a.b.c', courier]],
  [
    'from another page than it was made for',
    async () => [(await comeByToken('x', 'Xe Y')).token, 'https://evil.example'],
  ],
  ['of a script', async () => [await newsroom.tokenOf('Scripted One'), courier]],
  ['of our own cookie', async () => [await newsroom.sessionTokenOf('Cookie One', undefined, null), courier]],
])('a token %s leads nowhere', async (_, make) => {
  const [token, origin] = await make()
  const refused = await press(newBrowser(), token!, '/me', origin!)
  expect(refused.status).toBe(410)
  expect(codeIn(await refused.text())).toBe('')
})

test('whoever signed in by the popup is on our pages already, and is not asked', async () => {
  const browser = newBrowser()
  await browser.signIn('pop@quill.example', 'Pop Quill')
  const { code } = await (await browser.call('/api/session/code', { origin: courier })).json()
  const answer = await newBrowser().call('/api/session/exchange', { code }, { origin: courier })
  const { token } = await answer.json()
  const led = await press(browser, token, '/me')
  expect([led.status, led.headers.get('location')]).toEqual([303, '/me'])
})

test('a newsroom’s word opens no desk and makes staff no way in: their session is a reader’s, for an hour', async () => {
  const { token, id } = await comeByToken('chief', 'Chief Quill')
  await newsroom.app.db.updateTable('person').set({ role: 'moderator' }).where('id', '=', id).execute()
  const browser = newBrowser()
  const code = codeIn(await (await press(browser, token)).text())
  await browser.post('/sign-in/visit/go', { code, to: '/' })
  const desk = async () => (await browser.get('/desk')).status
  expect(await desk()).toBe(403)
  browser.cookies.delete('detente-access')
  expect(await desk()).toBe(403)
  expect(await browser.whoAmI()).toMatchObject({ id, role: 'reader' })
  const address = await browser.post('/me/address', { email: 'taken@quill.example' })
  expect(address.status).toBe(403)
  const { now } = newsroom.app
  newsroom.app.now = () => new Date(now().getTime() + 3_600_000 + 1)
  expect((await browser.whoAmI()).status).toBe(401)
  newsroom.app.now = now
})

test('a comment that was written under the token is on the page of whoever comes by it', async () => {
  const { token } = await comeByToken('wren', 'Wren Sound')
  const written = await newsroom.call('POST', `/api/stories/${story}/comments`, {
    token,
    body: { text: 'From the newsroom’s page.' },
    headers: { origin: courier },
  })
  expect(written.status).toBe(201)
  const browser = newBrowser()
  const code = codeIn(await (await press(browser, token)).text())
  await browser.post('/sign-in/visit/go', { code, to: '/me' })
  expect(await (await browser.get('/me')).text()).toContain('From the newsroom’s page.')
})
