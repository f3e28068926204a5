/** Passkeys by HTTP, with a device that also answers what no browser would. In a browser: test/browser/passkey.test.ts. */
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { newId } from '../../src/database/ids.ts'
import type { Role } from '../../src/database/tables.ts'
import { passkeyHost } from '../../src/people/passkey-host.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { Authenticator, type Crooked } from './authenticator.ts'
import { type Mailbox, startMailbox } from './mailbox.ts'
import { Visitor } from './visitor.ts'

let newsroom: Newsroom
let mailbox: Mailbox
let here: string
let round = 0
let ada: Visitor
beforeAll(async () => {
  mailbox = await startMailbox()
  newsroom = await startNewsroom({ smtpUrl: mailbox.url })
  here = newsroom.origin.replace('127.0.0.1', 'localhost')
})
afterAll(async () => {
  await newsroom?.close()
  await mailbox?.stop()
})
beforeEach(async () => {
  moveClock(0)
  newsroom.running.sites.moveFirst(here)
  await openDoor({})
  ada = await signIn(`ada${++round}@quill.example`, nameOf(round))
})

/** The product’s clock, so many minutes ahead. */
const moveClock = (minutes: number) => {
  newsroom.app.now = () => new Date(Date.now() + minutes * 60_000)
}
const nameOf = (n: number) =>
  `Reed ${String.fromCharCode(65 + (n % 26))}${String.fromCharCode(97 + Math.floor(n / 26))}q`

async function openDoor(door: object): Promise<void> {
  const { id } = newsroom.app.site
  await newsroom.app.db
    .updateTable('site')
    .set({ door: JSON.stringify(door) })
    .where('id', '=', id)
    .execute()
  await newsroom.running.sites.refresh()
}

const browser = () => new Visitor(newsroom, mailbox)

async function signIn(email: string, name: string): Promise<Visitor> {
  const visitor = browser()
  await visitor.signIn(email, name)
  return visitor
}

async function setRole(visitor: Visitor, role: Role): Promise<void> {
  const { id } = await visitor.whoAmI()
  await newsroom.app.db.updateTable('person').set({ role }).where('id', '=', id!).execute()
}

type Purpose = 'sign-in' | 'confirm' | 'make'
const begin = (visitor: Visitor, purpose: Purpose) => visitor.call('/sign-in/passkey/begin', { for: purpose })
/** What the server asks the browser for. */
const asked = async (visitor: Visitor, purpose: Purpose) => {
  const response = await begin(visitor, purpose)
  expect(response.status).toBe(200)
  // biome-ignore lint/suspicious/noExplicitAny: options of either ceremony
  return (await response.json()) as any
}

async function make(visitor: Visitor, device = new Authenticator(here), crooked: Crooked = {}) {
  const response = device.make(await asked(visitor, 'make'), crooked)
  return { device, answer: await visitor.post('/me/passkeys', { response }) }
}
async function made(visitor: Visitor): Promise<Authenticator> {
  const { device, answer } = await make(visitor)
  expect(answer.status).toBe(303)
  return device
}
async function use(
  visitor: Visitor,
  device: Authenticator,
  crooked: Crooked = {},
  purpose: Purpose = 'sign-in',
) {
  const response = device.use(await asked(visitor, purpose), crooked)
  return visitor.post('/sign-in/passkey', { response, to: '/rules' })
}

const sessionsOf = async (visitor: Visitor) => {
  const { id } = await visitor.whoAmI()
  return newsroom.app.db
    .selectFrom('session')
    .select(['id', 'isStrong', 'way'])
    .where('personId', '=', id!)
    .orderBy('createdAt')
    .execute()
}
const account = async (visitor: Visitor) => (await visitor.get('/me/account')).text()
const passkeysOf = async (visitor: Visitor) =>
  [...(await account(visitor)).matchAll(/action="\/me\/passkeys\/remove"><input[^>]*value="([^"]+)"/g)].map(
    ([, id]) => id!,
  )
const identityOf = async (visitor: Visitor): Promise<string> => {
  const { id } = await visitor.whoAmI()
  const person = newsroom.app.db.selectFrom('person').select('identityId').where('id', '=', id!)
  return (await person.executeTakeFirstOrThrow()).identityId!
}

test.each([
  ['https://talk.news.example', 'talk.news.example'],
  ['https://talk.news.example:8443', 'talk.news.example'],
  ['http://localhost:8080', 'localhost'],
  ['http://talk.localhost:8080', 'talk.localhost'],
  ['http://talk.news.example', undefined],
  ['http://127.0.0.1:8080', undefined],
  ['https://192.0.2.7', undefined],
  ['https://[2001:db8::1]', undefined],
  ['http://notlocalhost', undefined],
])('at %s the passkeys’ host is %s', (origin, host) => {
  expect(passkeyHost(origin)).toBe(host)
})

test('a passkey signs in on any browser, and nobody is asked for a name', async () => {
  const device = await made(ada)
  const fresh = browser()
  const options = await asked(fresh, 'sign-in')
  expect(options).toMatchObject({ rpId: 'localhost', userVerification: 'required' })
  expect(options.allowCredentials ?? []).toEqual([])
  const answer = await fresh.post('/sign-in/passkey', { response: device.use(options), to: '/rules' })
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/rules'])
  expect((await fresh.whoAmI()).id).toBe((await ada.whoAmI()).id)
  expect((await sessionsOf(fresh)).at(-1)).toMatchObject({ isStrong: true, way: 'passkey' })
})

test('what is asked of a device names no person but its own, and asks that its holder is verified', async () => {
  const options = await asked(ada, 'make')
  expect(options).toMatchObject({
    rp: { id: 'localhost' },
    attestation: 'none',
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  })
  const handle = Buffer.from(options.user.id, 'base64url').toString()
  expect(handle).not.toContain((await ada.whoAmI()).id)
})

test('several passkeys: each is listed, none is made twice on one device, each signs in', async () => {
  const devices = [await made(ada), await made(ada)]
  expect(await passkeysOf(ada)).toHaveLength(2)
  const { excludeCredentials } = await asked(ada, 'make')
  expect(excludeCredentials.map(({ id }: { id: string }) => id)).toEqual(
    devices.map(({ id }) => id.toString('base64url')),
  )
  for (const device of devices) expect((await use(browser(), device)).status).toBe(303)
})

test('a passkey is called after its device, may be called otherwise, and is removed', async () => {
  const agent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
  const response = new Authenticator(here).make(await asked(ada, 'make'))
  await ada.post('/me/passkeys', { response }, { 'user-agent': agent })
  await made(ada)
  expect(await account(ada)).toContain('<bdi>Firefox · Linux</bdi>')
  const [id, other] = await passkeysOf(ada)
  expect((await ada.post('/me/passkeys/rename', { passkey: id!, name: ' The  blue <key> ' })).status).toBe(
    303,
  )
  expect(await account(ada)).toContain('<bdi>The blue &lt;key></bdi>')
  const refused = await ada.post('/me/passkeys/rename', { passkey: id!, name: '\u202e' })
  expect(refused.status).toBe(422)
  expect(await refused.text()).toContain('Please use 1 to 40 characters')
  const gone = await ada.post('/me/passkeys/remove', { passkey: id! })
  expect(gone.headers.get('location')).toBe('/me/account?changed=passkey-gone&lang=en')
  expect(await passkeysOf(ada)).toEqual([other])
})

test('a passkey that was removed signs nobody in, and is said to be unknown', async () => {
  const device = await made(ada)
  await ada.post('/me/passkeys/remove', { passkey: (await passkeysOf(ada))[0]! })
  const answer = await use(browser(), device)
  expect(answer.status).toBe(403)
  expect(await answer.text()).toContain('It was removed, or it is for somebody who has no account here.')
})

test('IDOR: another’s passkey can be neither named nor removed', async () => {
  await made(ada)
  const [mine] = await passkeysOf(ada)
  const bo = await signIn(`bo${round}@quill.example`, `Bo ${nameOf(round)}`)
  for (const passkey of [mine!, newId(), "'; drop table passkey", '']) {
    expect((await bo.post('/me/passkeys/rename', { passkey, name: 'Mine' })).status).toBe(404)
    expect((await bo.post('/me/passkeys/remove', { passkey })).status).toBe(404)
  }
  expect(await passkeysOf(ada)).toEqual([mine])
})

test('the last way in stays', async () => {
  await made(ada)
  const identity = await identityOf(ada)
  await newsroom.app.db
    .updateTable('identity')
    .set({ addressHash: null, addressSealed: null, provenAt: null })
    .where('id', '=', identity)
    .execute()
  const [only] = await passkeysOf(ada)
  const refused = await ada.post('/me/passkeys/remove', { passkey: only! })
  expect(refused.status).toBe(409)
  expect(await refused.text()).toContain('without any you could not come back')
  await made(ada)
  expect((await ada.post('/me/passkeys/remove', { passkey: only! })).status).toBe(303)
})

/* A guest who comes in */

/** A guest who has written under a story, as the desk's measures leave them. */
async function startGuest(measures: object) {
  await openDoor({ guests: 'open' })
  const story = await newsroom.putStory(`tide-${round}`)
  const guest = browser()
  await guest.post('/sign-in/guest', { name: `Gull ${nameOf(round)}`, to: '/' })
  const { id } = await guest.whoAmI()
  const written = await guest.call(`/api/stories/${story}/comments`, { text: 'The tide is late.' })
  const comment = ((await written.json()) as { id: string }).id
  await newsroom.app.db.updateTable('person').set(measures).where('id', '=', id!).execute()
  const before = browser()
  for (const [name, value] of guest.cookies) before.cookies.set(name, value)
  return { guest, id: id!, story, comment, before }
}
const personOf = (id: string) =>
  newsroom.app.db.selectFrom('person').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
const authorOf = async (comment: string) => {
  const row = newsroom.app.db.selectFrom('comment').select('authorId').where('id', '=', comment)
  return (await row.executeTakeFirstOrThrow()).authorId
}

test('a guest sheds no measure of the desk’s by coming in with a passkey: it goes on with their words, on open pages too', async () => {
  const device = await made(ada)
  const me = (await ada.whoAmI()).id!
  const { guest, id, story, comment, before } = await startGuest({ lookFirst: true, isMuted: true })
  const page = async () => (await newsroom.call('GET', `/s/${story}`)).text
  expect(await page()).toContain('Gull')
  expect((await use(guest, device)).status).toBe(303)
  expect(await authorOf(comment)).toBe(me)
  expect(await personOf(me)).toMatchObject({ lookFirst: true, isMuted: true })
  expect(await personOf(id)).toMatchObject({ claim: 'erased', name: '' })
  expect((await before.whoAmI()).status).toBe(401)
  const heard = await newsroom.call('GET', `/api/stories/${story}/events?after=0`)
  expect(heard.json<{ items: object[] }>().items.at(-1)).toMatchObject({ kind: 'comment.changed', comment })
  await expect.poll(page).not.toContain('Gull')
})

test('a guest whom the desk has barred stays who they are when somebody comes in with a passkey', async () => {
  const device = await made(ada)
  const bar = { barredUntil: Number.POSITIVE_INFINITY, sanctionId: newId() }
  const { guest, id, comment } = await startGuest(bar)
  expect((await use(guest, device)).status).toBe(303)
  expect((await guest.whoAmI()).id).toBe((await ada.whoAmI()).id)
  expect(await authorOf(comment)).toBe(id)
  expect(await personOf(id)).toMatchObject({ claim: 'guest', ...bar })
  expect((await personOf((await ada.whoAmI()).id!)).barredUntil).toBeNull()
})

/* What is not as it has to be */

const wrong: [string, Crooked][] = [
  ['wrong origin', { origin: 'https://localhost.evil.example' }],
  ['wrong origin: the same host on another port', { origin: 'http://localhost:1' }],
  ['wrong origin: a newsroom’s page', { origin: 'null' }],
  ['another site’s RP', { rpId: 'evil.example' }],
  ['the other ceremony', { type: 'payment.get' }],
  ['a challenge that nobody gave', { challenge: Buffer.alloc(32, 7).toString('base64url') }],
  ['a challenge that is none', { challenge: '' }],
  ['a holder who was present, but not verified', { flags: 1 }],
  ['a holder who was neither', { flags: 0 }],
]

test.each(wrong)('signing in: %s is refused', async (_, crooked) => {
  const device = await made(ada)
  const fresh = browser()
  const answer = await use(fresh, device, crooked)
  expect([403, 410]).toContain(answer.status)
  expect((await fresh.whoAmI()).status).toBe(401)
})

test.each(wrong)('making one: %s is refused', async (_, crooked) => {
  const { answer } = await make(ada, undefined, crooked)
  expect([403, 410]).toContain(answer.status)
  expect(await passkeysOf(ada)).toEqual([])
})

test.each([
  ['a signature by another key', { signature: Buffer.alloc(70, 1) }],
  ['a passkey that nobody has', { id: Buffer.alloc(16, 3) }],
  ['another account’s handle', { userHandle: Buffer.alloc(16, 9).toString('base64url') }],
] satisfies [string, Crooked][])('signing in: %s is refused', async (_, crooked) => {
  const device = await made(ada)
  const fresh = browser()
  expect((await use(fresh, device, crooked)).status).toBe(403)
  expect((await fresh.whoAmI()).status).toBe(401)
})

test('counter regression: a copy of a passkey that shows a count again is refused, the passkey goes on', async () => {
  const device = new Authenticator(here)
  device.counter = 5
  await make(ada, device)
  expect((await use(browser(), device)).status).toBe(303)
  for (const counter of [6, 3, 0]) expect((await use(browser(), device, { counter })).status).toBe(403)
  expect((await use(browser(), device)).status).toBe(303)
})

test('of two answers that show the same count at once, one signs in', async () => {
  const device = new Authenticator(here)
  device.counter = 5
  await make(ada, device)
  const answers = await Promise.all([1, 2, 3].map(() => use(browser(), device, { counter: 40 })))
  expect(answers.map(({ status }) => status).sort()).toEqual([303, 403, 403])
})

test('replay: a challenge is good once', async () => {
  const device = await made(ada)
  const fresh = browser()
  const response = device.use(await asked(fresh, 'sign-in'))
  expect((await fresh.post('/sign-in/passkey', { response })).status).toBe(303)
  const again = await fresh.post('/sign-in/passkey', { response })
  expect(again.status).toBe(410)
  expect(await again.text()).toContain('it was sent twice')
})

test('replay: a challenge is used up by an answer that is refused', async () => {
  const device = await made(ada)
  const fresh = browser()
  const options = await asked(fresh, 'sign-in')
  const statuses = []
  for (const crooked of [{ flags: 1 }, {}])
    statuses.push((await fresh.post('/sign-in/passkey', { response: device.use(options, crooked) })).status)
  expect(statuses).toEqual([403, 410])
})

test('a challenge is good for five minutes', async () => {
  const device = await made(ada)
  const [one, two] = [browser(), browser()]
  const responses = [device.use(await asked(one, 'sign-in')), device.use(await asked(two, 'sign-in'))]
  moveClock(4)
  expect((await one.post('/sign-in/passkey', { response: responses[0]! })).status).toBe(303)
  moveClock(6)
  expect((await two.post('/sign-in/passkey', { response: responses[1]! })).status).toBe(410)
})

test('login CSRF: an answer from another browser signs nobody in', async () => {
  const device = await made(ada)
  const mallory = browser()
  const response = device.use(await asked(mallory, 'sign-in'))
  const victim = browser()
  expect((await victim.post('/sign-in/passkey', { response })).status).toBe(403)
  expect((await victim.whoAmI()).status).toBe(401)
})

test('a challenge for one ceremony is none for the other', async () => {
  const device = await made(ada)
  const { challenge } = await asked(ada, 'make')
  const used = device.use({ challenge, rpId: 'localhost' })
  expect((await ada.post('/sign-in/passkey', { response: used })).status).toBe(403)
  const options = await asked(ada, 'make')
  const other = await asked(ada, 'sign-in')
  const response = new Authenticator(here).make({ ...options, challenge: other.challenge })
  expect((await ada.post('/me/passkeys', { response })).status).toBe(403)
})

test('a challenge to make one is for the session that asked', async () => {
  const mallory = await signIn(`mallory${round}@quill.example`, `Mal ${nameOf(round)}`)
  const response = new Authenticator(here).make(await asked(mallory, 'make'))
  ada.cookies.set('detente-flow', mallory.cookies.get('detente-flow')!)
  expect((await ada.post('/me/passkeys', { response })).status).toBe(403)
  expect(await passkeysOf(ada)).toEqual([])
})

test('a passkey is one account’s: its id cannot be taken by another', async () => {
  const device = await made(ada)
  const mallory = await signIn(`mallory${round}@quill.example`, `Mal ${nameOf(round)}`)
  const { answer } = await make(mallory, new Authenticator(here), { id: device.id })
  expect(answer.status).toBe(409)
  expect((await use(browser(), device)).status).toBe(303)
})

test('a passkey of another host is unknown here, though it is the same device’s', async () => {
  const device = await made(ada)
  await newsroom.app.db
    .updateTable('passkey')
    .set({ rpId: 'talk.pier.example' })
    .where('identityId', '=', await identityOf(ada))
    .execute()
  expect((await use(browser(), device)).status).toBe(403)
})

test('nobody’s certificate is looked into: a maker’s attestation is refused, one by the passkey itself is taken', async () => {
  const told = vi.spyOn(newsroom.app.log, 'warn')
  const certificates = [Buffer.from('not a certificate')]
  for (const format of ['packed', 'tpm', 'android-key', 'apple', 'fido-u2f', 'android-safetynet', 'mine']) {
    expect((await make(ada, undefined, { format, certificates })).answer.status, format).toBe(403)
    const [{ err }] = told.mock.lastCall as unknown as [{ err: Error }]
    expect(err.message).toBe(`attestation ${format} was not asked for`)
  }
  told.mockRestore()
  expect((await make(ada, undefined, { format: 'packed' })).answer.status).toBe(303)
})

/* Confirming */

test('session fixation: confirming begins a new session, a strong one, and ends the old one', async () => {
  const device = await made(ada)
  const weak = await signIn(`ada${round}@quill.example`, '')
  const planted = browser()
  for (const [name, value] of weak.cookies) planted.cookies.set(name, value)
  const [before] = (await sessionsOf(weak)).filter(({ isStrong }) => !isStrong)
  const options = await asked(weak, 'confirm')
  expect(options.allowCredentials).toHaveLength(1)
  const answer = await weak.post('/sign-in/passkey', { response: device.use(options), to: '/desk' })
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/desk'])
  const after = await sessionsOf(weak)
  expect(after.map(({ id }) => id)).not.toContain(before!.id)
  expect(after.at(-1)).toMatchObject({ isStrong: true })
  expect((await planted.whoAmI()).status).toBe(401)
})

test('nobody confirms with another’s passkey', async () => {
  const device = await made(ada)
  const bo = await signIn(`bo${round}@quill.example`, `Bo ${nameOf(round)}`)
  await made(bo)
  const weak = await signIn(`bo${round}@quill.example`, '')
  const answer = await use(weak, device, {}, 'confirm')
  expect(answer.status).toBe(403)
  expect((await weak.whoAmI()).id).toBe((await bo.whoAmI()).id)
})

test('who has none has nothing to confirm with, and who is not signed in nothing to confirm', async () => {
  expect((await begin(ada, 'confirm')).status).toBe(403)
  expect((await begin(browser(), 'confirm')).status).toBe(401)
  expect((await begin(browser(), 'make')).status).toBe(401)
})

test('a passkey is made within ten minutes of signing in, or in a session that one confirmed', async () => {
  moveClock(11)
  const late = await begin(ada, 'make')
  expect([late.status, ((await late.json()) as { type: string }).type]).toEqual([
    403,
    '/problems/sign-in-again',
  ])
  expect(await account(ada)).toContain('To make a passkey, sign in again first')
  moveClock(0)
  await made(ada)
  moveClock(30)
  await made(ada)
  expect(await passkeysOf(ada)).toHaveLength(2)
})

/* Where staff need one */

test('where staff need a passkey, the desk explains and offers to make one, and making it is enough', async () => {
  await setRole(ada, 'moderator')
  await openDoor({ staffPasskey: true })
  const page = { accept: 'text/html' }
  const away = await ada.get('/desk?lang=en', page)
  expect([away.status, away.headers.get('location')]).toEqual([
    303,
    '/sign-in/passkey?to=%2Fdesk%3Flang%3Den',
  ])
  const offer = await (await ada.get(away.headers.get('location')!, page)).text()
  expect(offer).toContain('staff use a passkey before they work on the desk')
  expect(offer).toContain('data-passkey="make"')
  const queue = await ada.get('/api/queue')
  expect([queue.status, ((await queue.json()) as { type: string }).type]).toEqual([
    403,
    '/problems/passkey-needed',
  ])
  const response = new Authenticator(here).make(await asked(ada, 'make'))
  const done = await ada.post('/me/passkeys', { response, to: '/desk' })
  expect(done.headers.get('location')).toBe('/desk')
  expect((await ada.get('/desk', page)).status).toBe(200)
  expect((await ada.get('/api/queue')).status).toBe(200)
})

test('where staff need a passkey, a mailbox alone is not enough to come by another, or to remove the one there is', async () => {
  await setRole(ada, 'editor')
  const device = await made(ada)
  await openDoor({ staffPasskey: true })
  const weak = await signIn(`ada${round}@quill.example`, '')
  const refused = await begin(weak, 'make')
  expect(((await refused.json()) as { type: string }).type).toBe('/problems/passkey-needed')
  const removal = await weak.post('/me/passkeys/remove', { passkey: (await passkeysOf(weak))[0]! })
  expect(removal.status).toBe(403)
  const offer = await (await weak.get('/sign-in/passkey?to=/desk', { accept: 'text/html' })).text()
  expect(offer).toContain('data-passkey="confirm"')
  expect((await use(weak, device, {}, 'confirm')).status).toBe(303)
  expect((await weak.get('/desk/stories', { accept: 'text/html' })).status).toBe(200)
})

test('a form of the desk that is refused for want of a passkey gives back what was typed', async () => {
  await setRole(ada, 'editor')
  await openDoor({ staffPasskey: true })
  const fields = { external: 'tide', title: 'The tide waits', body: 'It does not.', language: 'en' }
  const answer = await ada.post('/desk/stories/edit', fields, { accept: 'text/html' })
  expect(answer.status).toBe(403)
  const text = await answer.text()
  expect(text).toContain('The tide waits')
  expect(text).toContain('href="/sign-in/passkey?to=%2Fdesk"')
})

test('readers are not asked for a passkey, and get none of the staff’s rights by one', async () => {
  await openDoor({ staffPasskey: true })
  expect((await ada.get('/desk', { accept: 'text/html' })).status).toBe(403)
  await made(ada)
  expect((await ada.get('/desk', { accept: 'text/html' })).status).toBe(403)
})

/* Where there are none */

test.each(['http://127.0.0.1:8080', 'http://talk.news.example'])(
  'at %s there are no passkeys, and the page says so',
  async (origin) => {
    newsroom.running.sites.moveFirst(origin)
    const page = await account(ada)
    expect(page).toContain(
      'Browsers have passkeys only for an address that begins with https, or for localhost',
    )
    expect(page.includes('DETENTE_URL=http://localhost:8080')).toBe(origin.includes('127'))
    expect(page).not.toContain('data-passkey')
    expect(await (await browser().get('/sign-in')).text()).not.toContain('data-passkey')
    for (const purpose of ['sign-in', 'make'] as const) expect((await begin(ada, purpose)).status).toBe(404)
    await setRole(ada, 'moderator')
    await openDoor({ staffPasskey: true })
    const staff = await (await ada.get('/sign-in/passkey?to=/desk')).text()
    expect(staff).toContain('so there are none here')
  },
)

/* Hostile input */

test('forged: another site’s page begins nothing, uses nothing, makes nothing', async () => {
  const device = await made(ada)
  const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
  const response = device.use(await asked(ada, 'sign-in'))
  const answers = [
    await ada.call('/sign-in/passkey/begin', { for: 'sign-in' }, foreign),
    await ada.post('/sign-in/passkey', { response }, foreign),
    await ada.post('/me/passkeys', { response }, foreign),
    await ada.post('/me/passkeys/remove', { passkey: (await passkeysOf(ada))[0]! }, foreign),
  ]
  expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403])
})

test.each(['//evil.example', 'https://evil.example', '/\\evil.example'])(
  'open redirect: %s leads nowhere',
  async (to) => {
    const device = await made(ada)
    const fresh = browser()
    const response = device.use(await asked(fresh, 'sign-in'))
    const answer = await fresh.post('/sign-in/passkey', { response, to })
    expect(answer.headers.get('location')).toBe('/')
    expect((await ada.get(`/sign-in/passkey?${new URLSearchParams({ to })}`)).headers.get('location')).toBe(
      '/',
    )
  },
)

test.each([
  '',
  'null',
  '[]',
  '{}',
  '"x"',
  '{"id":1}',
  '{'.repeat(9_000),
  'x'.repeat(30_000),
  '{"__proto__":{"id":"a"}}',
  JSON.stringify({ id: 'a', rawId: 'a', type: 'public-key', response: null }),
  JSON.stringify({
    id: 'a',
    rawId: 'a',
    type: 'public-key',
    response: { clientDataJSON: 'AAAA', authenticatorData: 'A', signature: 'A', attestationObject: 'A' },
  }),
])('rubbish is refused: %.40s', async (response) => {
  for (const path of ['/sign-in/passkey', '/me/passkeys']) {
    const { status } = await ada.post(path, { response })
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(500)
  }
})

test.each([{}, { for: 'ever' }, { for: 1 }, { for: 'sign-in', role: 'admin' }])(
  'rubbish begins nothing: %j',
  async (body) => expect((await ada.call('/sign-in/passkey/begin', body)).status).toBe(422),
)

test('an answer with any of its bytes changed is refused, and never a bug', async () => {
  const device = await made(ada)
  const fresh = browser()
  const parts = ['clientDataJSON', 'authenticatorData', 'signature'] as const
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...parts),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      async (part, at, by) => {
        const answer = JSON.parse(device.use(await asked(fresh, 'sign-in')))
        const bytes = Buffer.from(answer.response[part], 'base64url')
        bytes[at % bytes.length]! ^= by
        answer.response[part] = bytes.toString('base64url')
        const { status } = await fresh.post('/sign-in/passkey', { response: JSON.stringify(answer) })
        expect([403, 410]).toContain(status)
      },
    ),
    { numRuns: 60 },
  )
})
