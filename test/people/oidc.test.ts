import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { newId } from '../../src/database/ids.ts'
import { makeAddresses } from '../../src/people/addresses.ts'
import { insertProvider, retireProvider } from '../../src/people/provider-store.ts'
import { readSecret } from '../../src/people/secret.ts'
import { usualDoor } from '../../src/settings/door.ts'
import { changeDoor } from '../../src/stories/site-actions.ts'
import { insertSite } from '../../src/stories/site-store.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { Browser, type Page } from './browser.ts'
import { type Mailbox, startMailbox } from './mailbox.ts'
import { listenOpenId, type OpenIdServer } from './openid-server.ts'
import { Visitor } from './visitor.ts'

const client = { id: 'courier', secret: 'what only the newsroom knows' }
const ids = { trusted: newId(), told: newId(), retired: newId(), foreign: newId() }

let openId: OpenIdServer
let mailbox: Mailbox
let newsroom: Newsroom
beforeAll(async () => {
  openId = await listenOpenId()
  mailbox = await startMailbox()
  newsroom = await startNewsroom({ smtpUrl: mailbox.url, fetchAllow: [openId.issuer] })
  const callbacks = Object.values(ids).map((id) => `${newsroom.origin}/sign-in/provider/${id}/callback`)
  openId.begin({ ...client, callbacks })
  const { db, now, site } = newsroom.app
  const other = await insertSite(db, { name: 'Other', address: null, language: 'en', timeZone: 'UTC' }, now())
  const { seal } = makeAddresses(await readSecret(newsroom.app.settings))
  for (const [name, id] of Object.entries(ids)) {
    const provider = {
      id,
      kind: 'oidc' as const,
      name: `Harbour ${name}`,
      issuer: openId.issuer,
      authorizeUrl: null,
      tokenUrl: null,
      profileUrl: null,
      clientId: client.id,
      secretSealed: seal(client.secret),
      scopes: 'openid email profile',
      fields: {},
      isTrusted: name !== 'told',
    }
    await insertProvider(db, name === 'foreign' ? other : site.id, provider, now())
  }
  await retireProvider(db, site.id, ids.retired, now())
})
beforeEach(() => openId.accounts.clear())
afterAll(async () => {
  await newsroom?.close()
  await openId?.stop()
  await mailbox?.stop()
})

type Way = { id?: string; to?: string; link?: true; stop?: RegExp }

/** Presses the provider's button, as `who` at the provider's. */
const press = (
  browser: Browser,
  who: string | null,
  { id = ids.trusted, to = '/rules', link, stop }: Way = {},
) => {
  openId.who = who
  browser.jar(openId.issuer).clear()
  const form = { to, ...(link ? { link: 'yes' } : {}) }
  return browser.go(`${newsroom.origin}/sign-in/provider/${id}`, form, stop)
}
const pathOf = ({ url }: Page): string => url.replace(newsroom.origin, '')
const callback = /\/callback\?/
const headingOf = ({ text }: Page): string => /<h1>(.*?)<\/h1>/.exec(text)?.[1] ?? ''

const whoAmI = async (browser: Browser): Promise<string | undefined> => {
  const cookie = [...browser.jar(newsroom.origin)].map(([name, value]) => `${name}=${value}`).join('; ')
  const answer = await newsroom.call('GET', '/api/me', { headers: { cookie } })
  return answer.status === 200 ? answer.json<{ name: string }>().name : undefined
}

/** Comes in for the first time, under a name of their own. */
async function arrive(browser: Browser, who: string, name: string, way: Way = {}): Promise<Page> {
  const asked = await press(browser, who, way)
  const { searchParams } = new URL(asked.url)
  return browser.go(`${newsroom.origin}/sign-in/link`, {
    token: searchParams.get('token') ?? '',
    to: searchParams.get('to') ?? '',
    name,
  })
}

test('the sign-in page offers the site’s live providers by name, also in the popup', async () => {
  const browser = new Browser()
  for (const path of ['/sign-in?to=/rules', `/sign-in/popup?origin=${encodeURIComponent(newsroom.origin)}`]) {
    const { text } = await browser.go(`${newsroom.origin}${path}`)
    expect(text).toContain('Continue with \u2068Harbour trusted\u2069')
    expect(text).not.toContain('Harbour retired')
    expect(text).not.toContain('Harbour foreign')
  }
})

test('a newcomer is asked for a name, with theirs at the provider suggested; later they come straight in', async () => {
  openId.accounts.set('mira', { email: 'mira@quill.example', email_verified: true, name: 'Mira Holm' })
  const browser = new Browser()
  const asked = await press(browser, 'mira')
  expect(pathOf(asked)).toMatch(/^\/sign-in\/link\?token=[\w-]+&to=%2Frules$/)
  expect(asked.text).toContain('value="Mira Holm"')
  expect(await whoAmI(browser)).toBeUndefined()
  expect(pathOf(await arrive(browser, 'mira', 'Mira of the pier'))).toBe('/rules')
  expect(await whoAmI(browser)).toBe('Mira of the pier')

  const again = new Browser()
  expect(pathOf(await press(again, 'mira'))).toBe('/rules')
  expect(await whoAmI(again)).toBe('Mira of the pier')
})

test('a verified address of a trusted provider leads to the account that proved it by mail, and the other way round', async () => {
  const visitor = new Visitor(newsroom, mailbox)
  await visitor.signIn('olav@quill.example', 'Olav')
  openId.accounts.set('olav', { email: 'Olav@Quill.example', email_verified: true })
  const browser = new Browser()
  expect(pathOf(await press(browser, 'olav'))).toBe('/rules')
  expect(await whoAmI(browser)).toBe('Olav')
})

test.each([
  ['not verified', 'trusted', { email_verified: false }],
  ['of which nothing is said', 'trusted', {}],
  ['verified by a word that is not yes', 'trusted', { email_verified: 'yes' }],
  ['verified by a provider that is not trusted', 'told', { email_verified: true }],
] as const)('pre-registered e-mail takeover: an address %s leads to nobody', async (what, by, said) => {
  const address = `victim-${what.length}@quill.example`
  const visitor = new Visitor(newsroom, mailbox)
  await visitor.signIn(address, `Victim ${what}`.slice(0, 30))
  openId.accounts.set(`thief ${what}`, { email: address, ...said })
  const browser = new Browser()
  const asked = await press(browser, `thief ${what}`, { id: ids[by] })
  expect(pathOf(asked)).toContain('/sign-in/link')
  expect(asked.text).not.toContain(address)
  await arrive(browser, `thief ${what}`, `Thief ${what.length}`, { id: ids[by] })
  expect(await whoAmI(browser)).toBe(`Thief ${what.length}`)
})

test('pre-registered e-mail takeover: whoever came first with an unverified address does not get the one who proves it', async () => {
  openId.accounts.set('early', { email: 'late@quill.example', email_verified: false })
  const browser = new Browser()
  await arrive(browser, 'early', 'Early bird')
  const visitor = new Visitor(newsroom, mailbox)
  await visitor.signIn('late@quill.example', 'The late one')
  expect(await visitor.whoAmI()).toMatchObject({ name: 'The late one' })
  expect(await whoAmI(browser)).toBe('Early bird')
})

test('someone who is signed in adds a way in; it is theirs from then on, and nobody else’s', async () => {
  const browser = new Browser()
  const visitor = new Visitor(newsroom, mailbox)
  await visitor.signIn('ines@quill.example', 'Ines')
  for (const [name, value] of visitor.cookies) browser.jar(newsroom.origin).set(name, value)
  openId.accounts.set('ines at work', { email: 'other@quill.example', email_verified: false })
  expect(pathOf(await press(browser, 'ines at work', { link: true, to: '/me' }))).toBe('/me')
  expect(pathOf(await press(browser, 'ines at work', { link: true, to: '/me' }))).toBe('/me')
  const later = new Browser()
  await press(later, 'ines at work')
  expect(await whoAmI(later)).toBe('Ines')

  const rival = new Browser()
  await arrive(rival, 'rival', 'Rival')
  const taken = await press(rival, 'ines at work', { link: true, to: '/me' })
  expect(taken.status).toBe(409)
  expect(taken.text).toContain('already leads to another account')
  expect(await whoAmI(rival)).toBe('Rival')
})

test('a way in is not added in a session that was left open', async () => {
  const browser = new Browser()
  await arrive(browser, 'left open', 'Left Open')
  const { now } = newsroom.app
  newsroom.app.now = () => new Date(now().getTime() + 11 * 60_000)
  try {
    const refused = await press(browser, 'a finder', { link: true })
    expect(refused.status).toBe(403)
    expect(refused.text).toContain('sign in again')
  } finally {
    newsroom.app.now = now
  }
})

test('rogue site: by a provider’s word alone nobody gets a password or an address, which count on other sites too', async () => {
  const victim = new Visitor(newsroom, mailbox)
  await victim.signIn('vera@quill.example', 'Vera')
  await changeDoor(newsroom.app, { ...usualDoor, passwords: true })
  openId.accounts.set('rogue', { email: 'vera@quill.example', email_verified: true })
  const rogue = new Browser()
  await press(rogue, 'rogue')
  expect(await whoAmI(rogue)).toBe('Vera')
  const mails = mailbox.mails.length
  for (const [path, form] of [
    ['/me/password', { password: 'a heron on the third pole' }],
    ['/me/address', { email: 'rogue@quill.example' }],
  ] as const) {
    const refused = await rogue.go(`${newsroom.origin}${path}`, form)
    expect([path, refused.status]).toEqual([path, 403])
    expect(refused.text).toContain('by the mailed link')
  }
  expect(mailbox.mails.length).toBe(mails)
  const done = await victim.post('/me/password', { password: 'a heron on the third pole' })
  expect(done.status).toBe(303)
})

test('rogue site: an address by a provider’s word is not tied to somebody who was there before without it', async () => {
  const lurker = new Browser()
  openId.accounts.set('lurker', {})
  await arrive(lurker, 'lurker', 'Lurker')
  openId.accounts.set('lurker', { email: 'uma@quill.example', email_verified: true })
  await press(lurker, 'lurker')
  expect(await whoAmI(lurker)).toBe('Lurker')
  const victim = new Visitor(newsroom, mailbox)
  await victim.signIn('uma@quill.example', 'Uma')
  expect(await victim.whoAmI()).toMatchObject({ name: 'Uma' })
})

test('a way in is added only by who is signed in, and only to who began', async () => {
  const stranger = await press(new Browser(), 'mira', { link: true })
  expect(stranger.status).toBe(401)
  const browser = new Browser()
  await arrive(browser, 'first', 'First of two')
  const { url } = await press(browser, 'second account', { link: true, to: '/me', stop: callback })
  await browser.go(`${newsroom.origin}/sign-out`, {})
  await arrive(browser, 'other', 'Second of two')
  expect((await browser.go(url)).status).toBe(403)
  expect((await press(new Browser(), 'second account')).url).toContain('/sign-in/link')
})

test('login CSRF: a way back that was begun in another browser leads nowhere', async () => {
  openId.accounts.set('sender', {})
  const sender = new Browser()
  await arrive(sender, 'sender', 'Sender')
  const { url } = await press(sender, 'sender', { stop: callback })
  const reader = new Browser()
  const refused = await reader.go(url)
  expect(refused.status).toBe(403)
  expect(refused.text).toContain('begun in another browser')
  expect(await whoAmI(reader)).toBeUndefined()
  await press(reader, 'reader', { stop: callback })
  expect((await reader.go(url)).status).toBe(403)
  expect(pathOf(await sender.go(url))).toBe('/rules')
})

test('replay: a way back is good once', async () => {
  const browser = new Browser()
  const { url } = await press(browser, 'once only', { stop: callback })
  expect(pathOf(await browser.go(url))).toContain('/sign-in/link')
  const again = await browser.go(url)
  expect(again.status).toBe(410)
  expect(again.text).toContain('has been used already')
})

test.each([
  ['another state', (url: URL) => url.searchParams.set('state', 'x'.repeat(43)), 410],
  ['no state', (url: URL) => url.searchParams.delete('state'), 410],
  ['two states', (url: URL) => url.searchParams.append('state', 'x'), 403],
  ['a code that is none', (url: URL) => url.searchParams.set('code', 'made-up'), 403],
  ['no code', (url: URL) => url.searchParams.delete('code'), 403],
  ['another issuer', (url: URL) => url.searchParams.set('iss', 'https://evil.example'), 403],
  ['no issuer, though this provider always says it', (url: URL) => url.searchParams.delete('iss'), 403],
  [
    'another provider’s address',
    (url: URL) => {
      url.pathname = `/sign-in/provider/${ids.told}/callback`
    },
    410,
  ],
])('a way back with %s is refused in words', async (_what, change, status) => {
  const browser = new Browser()
  const { url } = await press(browser, 'careful', { stop: callback })
  const changed = new URL(url)
  change(changed)
  const refused = await browser.go(changed.href)
  expect(refused.status).toBe(status)
  expect(headingOf(refused)).toContain('You are not signed in with')
  expect(refused.text).toContain('Back to signing in')
  expect(await whoAmI(browser)).toBeUndefined()
})

test('who says no at the provider comes back to a page that says so', async () => {
  const refused = await press(new Browser(), null, { to: '/search?q=ferry' })
  expect(refused.status).toBe(403)
  expect(refused.text).toContain('You did not go on there')
  expect(refused.text).toContain('href="/sign-in?to=%2Fsearch%3Fq%3Dferry"')
})

test.each([
  'https://evil.example/',
  '//evil.example/',
  '/\\evil.example/',
  '/%09/evil.example',
  'javascript:alert(1)',
])('open redirect: %s is no place to come back to', async (to) => {
  openId.accounts.set('returning', {})
  const browser = new Browser()
  const landed = await arrive(browser, `returning to ${to}`, `R ${to.replace(/\W/g, '')}`, { to })
  expect(new URL(landed.url).origin).toBe(newsroom.origin)
})

test.each([
  ['retired', ids.retired],
  ['another site’s', ids.foreign],
  ['unknown', newId()],
  ['not even an id', 'harbour'],
])('a provider that is %s is not there', async (_what, id) => {
  expect((await press(new Browser(), 'mira', { id })).status).toBe(404)
  const answer = await newsroom.call('GET', `/sign-in/provider/${id}/callback?code=a&state=b`)
  expect(answer.status).toBe(404)
})

test('a form of another site does not begin a sign-in', async () => {
  const answer = await newsroom.call('POST', `/sign-in/provider/${ids.trusted}`, {
    headers: {
      origin: 'https://evil.example',
      'sec-fetch-site': 'cross-site',
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'to=%2F',
  })
  expect(answer.status).toBe(403)
})

test('in a newsroom’s popup the window stays tied to its opener all the way', async () => {
  const to = `/sign-in/popup?${new URLSearchParams({ origin: newsroom.origin })}`
  const browser = new Browser()
  openId.who = 'in the popup'
  const start = await newsroom.call('POST', `/sign-in/provider/${ids.trusted}`, {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ to }).toString(),
  })
  expect(start.headers.get('cross-origin-opener-policy')).toBe('unsafe-none')
  const { url } = await press(browser, 'in the popup', { to, stop: callback })
  const back = await browser.go(url, undefined, /./)
  expect(back.headers.get('cross-origin-opener-policy')).toBe('unsafe-none')
  const asked = await browser.go(back.url)
  expect(asked.headers.get('cross-origin-opener-policy')).toBe('unsafe-none')
})

test('the browser’s cookie is short-lived and not for scripts', async () => {
  const start = await newsroom.call('POST', `/sign-in/provider/${ids.trusted}`, {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'to=%2F',
  })
  expect(start.headers.get('set-cookie')).toMatch(
    /^detente-flow=[\w-]{43}; Path=\/; Max-Age=900; HttpOnly; SameSite=Lax$/,
  )
  const address = new URL(start.headers.get('refresh')!.replace('0;url=', ''))
  expect(Object.fromEntries(address.searchParams)).toMatchObject({
    response_type: 'code',
    code_challenge_method: 'S256',
    redirect_uri: `${newsroom.origin}/sign-in/provider/${ids.trusted}/callback`,
    scope: 'openid email profile',
  })
})

test('nothing that signing in needs stands open in the database', async () => {
  const browser = new Browser()
  const { url } = await press(browser, 'watched', { stop: callback })
  const state = new URL(url).searchParams.get('state')!
  const cookie = browser.jar(newsroom.origin).get('detente-flow')!
  const kept = JSON.stringify(await newsroom.app.db.selectFrom('once').selectAll().execute())
  const providers = JSON.stringify(await newsroom.app.db.selectFrom('provider').selectAll().execute())
  for (const secret of [state, cookie]) expect(kept).not.toContain(secret)
  expect(providers).not.toContain(client.secret)
})
