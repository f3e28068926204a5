import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Role } from '../../src/database/tables.ts'
import { makeAddresses } from '../../src/people/addresses.ts'
import { readSecret } from '../../src/people/secret.ts'
import { addSsoKey, type KeyForm } from '../../src/people/sso-settings.ts'
import { isProblem } from '../../src/problem.ts'
import { addSite } from '../../src/stories/site-actions.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { type Mailbox, startMailbox } from './mailbox.ts'
import { forge } from './sso-tokens.ts'
import { Visitor } from './visitor.ts'

const courier = 'https://courier.example'
const gazette = 'https://gazette.example'
const settingsSecret = randomBytes(24).toString('hex')
const deskSecret = randomBytes(24).toString('hex')

let mailbox: Mailbox
let newsroom: Newsroom
beforeAll(async () => {
  mailbox = await startMailbox()
  newsroom = await startNewsroom({
    smtpUrl: mailbox.url,
    origins: [courier, gazette],
    ssoSecret: settingsSecret,
  })
  await addKey({ label: 'Desk', kind: 'secret', text: deskSecret, roles: ['staff', 'moderator'] })
})
afterAll(async () => {
  await newsroom?.close()
  await mailbox?.stop()
})

async function addKey(form: Pick<KeyForm, 'label' | 'kind' | 'text'> & { roles?: Role[] }): Promise<void> {
  const addresses = makeAddresses(await readSecret(newsroom.app.settings))
  const key = { kid: '', issuer: '', audience: '', roles: [], ...form }
  const added = await addSsoKey(newsroom.app, addresses, key)
  if (isProblem(added)) throw new Error(added.detail)
}

let ids = 0
const someone = () => `reader-${++ids}`

function token(claims: Record<string, unknown>, secret = deskSecret): string {
  const iat = Math.floor(Date.now() / 1000)
  const usual = { iat, exp: iat + 300, jti: randomUUID() }
  return forge({ alg: 'HS256', typ: 'JWT' }, { ...usual, ...claims }, Buffer.from(secret))
}

type Exchanged = {
  token: string
  expires: string
  note: string | null
  person: { id: string; name: string; role: Role; badge: string | null }
}

const exchange = (jwt: string, origin: string | undefined = courier) =>
  newsroom.call('POST', '/api/session/exchange', {
    body: { token: jwt },
    headers: origin === undefined ? {} : { origin },
  })

async function signIn(
  claims: Record<string, unknown>,
  secret = deskSecret,
  origin = courier,
): Promise<Exchanged> {
  const answer = await exchange(token(claims, secret), origin)
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)])
  return answer.json<Exchanged>()
}

const whoAmI = (bearer: string, origin = courier) =>
  newsroom.call('GET', '/api/me', { token: bearer, headers: { origin } })

const rowOf = (id: string) =>
  newsroom.app.db
    .selectFrom('person')
    .select(['name', 'role', 'roleFrom', 'badge', 'identityId', 'renamedAt'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()

test('a newsroom’s token becomes a token of ours for that page', async () => {
  const made = await signIn({ sub: someone(), name: 'Mara Quill' })
  expect(made).toMatchObject({ note: null, person: { name: 'Mara Quill', role: 'reader' } })
  const left = Date.parse(made.expires) - Date.now()
  expect(left).toBeGreaterThan(14 * 60_000)
  expect(left).toBeLessThanOrEqual(15 * 60_000)
  expect((await whoAmI(made.token)).json()).toMatchObject({ id: made.person.id, name: 'Mara Quill' })
})

test('a token in Coral’s shape, signed with the secret of the settings, signs in', async () => {
  const user = { id: someone(), username: 'Coral Reef', email: 'reef@quill.example', role: 'ADMIN' }
  const made = await signIn({ user }, settingsSecret)
  expect(made.person).toMatchObject({ name: 'Coral Reef', role: 'reader' })
  expect(await rowOf(made.person.id)).toMatchObject({ role: 'reader' })
})

test('the same subject is the same person, with one session a page', async () => {
  const sub = someone()
  const first = await signIn({ sub, name: 'Noor Ebb' })
  const second = await signIn({ sub, name: 'Noor Ebb' })
  await signIn({ sub, name: 'Noor Ebb' }, deskSecret, gazette)
  expect(second.person.id).toBe(first.person.id)
  const sessions = await newsroom.app.db
    .selectFrom('session')
    .select(['origin', 'way'])
    .where('personId', '=', first.person.id)
    .orderBy('origin')
    .execute()
  expect(sessions).toEqual([
    { origin: courier, way: 'sso' },
    { origin: gazette, way: 'sso' },
  ])
})

test('twenty tokens of someone new, all at once, make one person', async () => {
  const sub = someone()
  const made = await Promise.all(Array.from({ length: 20 }, () => signIn({ sub, name: 'Pier Tide' })))
  expect(new Set(made.map(({ person }) => person.id)).size).toBe(1)
})

test('ten who are new and have one name, all at once, get ten names', async () => {
  const made = await Promise.all(
    Array.from({ length: 10 }, () => signIn({ sub: someone(), name: 'Ola Strand' })),
  )
  const names = made.map(({ person }) => person.name).sort()
  expect(new Set(names).size).toBe(10)
  expect(names).toContain('Ola Strand')
  expect(names).toContain('Ola Strand 2')
  expect(made.filter(({ note }) => note?.includes('“Ola Strand”'))).toHaveLength(9)
})

test('however many share a name, one more still gets in', async () => {
  const made = []
  let sub = ''
  for (let n = 0; n < 14; n++) {
    sub = someone()
    made.push(await signIn({ sub, name: 'Ann Common' }))
  }
  const names = made.map(({ person }) => person.name)
  expect(names.slice(0, 9)).toEqual(['Ann Common', ...[2, 3, 4, 5, 6, 7, 8, 9].map((n) => `Ann Common ${n}`)])
  expect(new Set(names).size).toBe(14)
  for (const name of names.slice(9)) expect(name).toMatch(/^Ann Common \d{2,6}$/)
  expect((await signIn({ sub, name: 'Ann Common' })).person.name).toBe(names[13])
})

/* Threats */

test('replay: a token with a jti is good once', async () => {
  const jwt = token({ sub: someone(), name: 'Replay One' })
  expect((await exchange(jwt)).status).toBe(200)
  const again = await exchange(jwt)
  expect(again.status).toBe(403)
  expect(again.json()).toMatchObject({
    type: '/problems/sign-in-refused',
    detail: expect.stringMatching(/^replayed: /),
  })
})

test('replay: of twenty at once, one gets in', async () => {
  const jwt = token({ sub: someone(), name: 'Replay Two' })
  const answers = await Promise.all(Array.from({ length: 20 }, () => exchange(jwt)))
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
})

test('replay: a jti is remembered until its token is good for nothing', async () => {
  const jti = randomUUID()
  const exp = Math.floor(Date.now() / 1000) + 300
  await signIn({ sub: someone(), name: 'Replay Three', jti, exp })
  const kept = await newsroom.app.db
    .selectFrom('once')
    .select('expiresAt')
    .where('key', 'like', 'sso-jti:%')
    .where('expiresAt', '=', new Date((exp + 60) * 1000))
    .execute()
  expect(kept.length).toBeGreaterThan(0)
})

test('a refused token uses no jti up', async () => {
  const claims = { sub: someone(), name: 'Again', jti: randomUUID() }
  expect((await exchange(token({ ...claims, email: 'nonsense' }))).status).toBe(403)
  expect((await exchange(token(claims))).status).toBe(200)
})

test.each([['https://thief.example'], ['null'], [`${courier}.thief.example`], [undefined]])(
  'a token is taken from no page but a registered one: %s',
  async (origin) => {
    const answer = await newsroom.call('POST', '/api/session/exchange', {
      body: { token: token({ sub: someone(), name: 'Elsewhere' }) },
      headers: origin === undefined ? {} : { origin },
    })
    expect([answer.status, answer.json<{ type: string }>().type]).toEqual([403, '/problems/origin-foreign'])
  },
)

test('cross-site token use: what one page was given is nobody’s on another', async () => {
  const { token: bearer } = await signIn({ sub: someone(), name: 'Two Pages' })
  expect((await whoAmI(bearer, gazette)).status).toBe(401)
  const cookie = await newsroom.call('GET', '/api/me', { headers: { cookie: `detente=${bearer}` } })
  expect(cookie.status).toBe(401)
  expect((await newsroom.call('GET', '/api/me', { token: token({ sub: '1', name: 'Raw' }) })).status).toBe(
    401,
  )
})

test('cross-site token use: another newsroom’s token is nobody’s here', async () => {
  const answer = await exchange(token({ sub: someone(), name: 'Other' }, randomBytes(24).toString('hex')))
  expect(answer.json()).toMatchObject({ detail: expect.stringMatching(/^signature-wrong: /) })
})

test('cross-site token use: at another site of the installation, this one’s keys and tokens are nobody’s', async () => {
  const added = await addSite(newsroom.app, {
    name: 'Gazette',
    address: 'https://talk.gazette.example',
    language: 'en',
    timeZone: 'UTC',
  })
  if (isProblem(added)) throw new Error(added.detail)
  await newsroom.app.db
    .updateTable('site')
    .set({ origins: [courier] })
    .where('id', '=', added.id)
    .execute()
  await newsroom.running.sites.refresh()
  for (const secret of [settingsSecret, deskSecret]) {
    const jwt = token({ sub: someone(), name: 'Of the first site' }, secret)
    const there = await askGazette('POST', '/api/session/exchange', { origin: courier }, { token: jwt })
    expect(there).toEqual([403, expect.stringContaining('key-missing: ')])
    expect((await exchange(jwt)).status).toBe(200)
  }
  const { token: bearer } = await signIn({ sub: someone(), name: 'Here only' })
  const [status] = await askGazette('GET', '/api/me', { origin: courier, authorization: `Bearer ${bearer}` })
  expect(status).toBe(401)
})

/** A request to the one server, by the other site's name. */
async function askGazette(
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: object,
): Promise<[number | undefined, string]> {
  const host = 'talk.gazette.example'
  const sent = request(newsroom.origin, {
    method,
    path,
    headers: { host, ...headers, ...(body ? { 'content-type': 'application/json' } : {}) },
  })
  sent.end(body ? JSON.stringify(body) : undefined)
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  return [answer.statusCode, await text(answer)]
}

test('role by claim outside the allow-list gives nothing, and one inside it no rights on a newsroom’s page', async () => {
  const outside = await signIn({ sub: someone(), name: 'Would Be', role: 'admin' })
  expect(await rowOf(outside.person.id)).toMatchObject({ role: 'reader', roleFrom: 'sso' })
  const inside = await signIn({ sub: someone(), name: 'Desk Hand', role: 'moderator', badge: 'Night desk' })
  expect(await rowOf(inside.person.id)).toMatchObject({ role: 'moderator', badge: 'Night desk' })
  const queue = await newsroom.call('GET', '/desk', { token: inside.token, headers: { origin: courier } })
  expect(queue.status).not.toBe(200)
  const fromSettings = await signIn({ sub: someone(), name: 'Env Hand', role: 'staff' }, settingsSecret)
  expect(await rowOf(fromSettings.person.id)).toMatchObject({ role: 'reader' })
})

test('a token that lowers rights takes effect at once, and closes what was open', async () => {
  const sub = someone()
  const before = await signIn({ sub, name: 'Former Hand', role: 'moderator', badge: 'Night desk' })
  await signIn({ sub, name: 'Former Hand', role: 'moderator' }, deskSecret, gazette)
  const after = await signIn({ sub, name: 'Former Hand' }, deskSecret, gazette)
  expect(await rowOf(before.person.id)).toMatchObject({ role: 'reader', badge: null })
  expect((await whoAmI(before.token)).status).toBe(401)
  expect((await whoAmI(after.token, gazette)).status).toBe(200)
})

test('the last admin of a site stays one, whatever a token says; one of two does not', async () => {
  const { db } = newsroom.app
  const adminByToken = async (sub: string) => {
    const { person } = await signIn({ sub, name: `Chief ${sub}` })
    await db.updateTable('person').set({ role: 'admin' }).where('id', '=', person.id).execute()
    return person.id
  }
  const [first, second] = [someone(), someone()]
  const ids = [await adminByToken(first), await adminByToken(second)]
  await signIn({ sub: second, name: `Chief ${second}` })
  expect(await rowOf(ids[1]!)).toMatchObject({ role: 'reader' })
  await signIn({ sub: first, name: `Chief ${first}` })
  expect(await rowOf(ids[0]!)).toMatchObject({ role: 'admin' })
  await db.updateTable('person').set({ role: 'reader' }).where('id', '=', ids[0]!).execute()
})

test('whoever a token makes one of the desk keeps no session that outlasts a working day', async () => {
  const sub = someone()
  const { person } = await signIn({ sub, name: 'Rising Hand' })
  const { db } = newsroom.app
  const month = new Date(Date.now() + 30 * 24 * 3_600_000)
  await db.updateTable('session').set({ expiresAt: month }).where('personId', '=', person.id).execute()
  await signIn({ sub, name: 'Rising Hand', role: 'moderator' }, deskSecret, gazette)
  const sessions = await db
    .selectFrom('session')
    .select('expiresAt')
    .where('personId', '=', person.id)
    .execute()
  expect(sessions).toHaveLength(2)
  for (const { expiresAt } of sessions)
    expect(expiresAt.getTime() - Date.now()).toBeLessThanOrEqual(12 * 3_600_000)
})

test('a role given on the desk is never touched by a token', async () => {
  const sub = someone()
  const { person, token: bearer } = await signIn({ sub, name: 'Desk Given' })
  await newsroom.app.db
    .updateTable('person')
    .set({ role: 'editor', badge: 'Harbour desk', roleFrom: 'desk' })
    .where('id', '=', person.id)
    .execute()
  await signIn({ sub, name: 'Desk Given', role: 'reader', badge: 'Other' }, deskSecret, gazette)
  await signIn({ sub, name: 'Desk Given', role: 'moderator' }, deskSecret, gazette)
  expect((await whoAmI(bearer)).status).toBe(200)
  expect(await rowOf(person.id)).toMatchObject({ role: 'editor', badge: 'Harbour desk', roleFrom: 'desk' })
})

test('pre-registered address takeover: an address that the newsroom did not verify leads to no account', async () => {
  const visitor = new Visitor(newsroom, mailbox)
  await visitor.signIn('victim@quill.example', 'Real Victim')
  const { id } = await visitor.whoAmI()
  for (const claims of [{}, { email_verified: false }]) {
    const made = await signIn({ sub: someone(), name: 'Thief', email: 'victim@quill.example', ...claims })
    expect(made.person.id).not.toBe(id)
  }
  const user = { id: someone(), username: 'Coral Thief', email: 'victim@quill.example' }
  expect((await signIn({ user }, settingsSecret)).person.id).not.toBe(id)
})

test('pre-registered address takeover, the other way round: an unverified address waits for nobody', async () => {
  const thief = await signIn({ sub: someone(), name: 'Early Thief', email: 'later@quill.example' })
  const visitor = new Visitor(newsroom, mailbox)
  await visitor.signIn('later@quill.example', 'Late Owner')
  expect((await visitor.whoAmI()).id).not.toBe(thief.person.id)
})

test('an address that both sides verified leads to the one who proved it here, under the name chosen here', async () => {
  const visitor = new Visitor(newsroom, mailbox)
  await visitor.signIn('both@quill.example', 'Both Sides')
  const { id } = await visitor.whoAmI()
  const sub = someone()
  const claims = { sub, name: 'Newsroom Name', email: 'both@quill.example', email_verified: true }
  expect((await signIn({ ...claims, role: 'moderator' })).person).toMatchObject({ id, name: 'Both Sides' })
  expect(await rowOf(id!)).toMatchObject({ role: 'reader', roleFrom: 'desk' })
  // From here on the newsroom's own word for them is enough.
  expect((await signIn({ sub, name: 'Newsroom Name' })).person.id).toBe(id)
})

test('a session lives no longer than the token, so that the newsroom has to vouch again', async () => {
  const sub = someone()
  const { person, expires } = await signIn({ sub, name: 'Vouched For' })
  const readSession = () =>
    newsroom.app.db
      .selectFrom('session')
      .select(['id', 'expiresAt'])
      .where('personId', '=', person.id)
      .executeTakeFirstOrThrow()
  const before = await readSession()
  expect(Math.abs(before.expiresAt.getTime() - Date.parse(expires))).toBeLessThan(2_000)
  await newsroom.app.db
    .updateTable('session')
    .set({ expiresAt: new Date(Date.now() - 1000) })
    .where('id', '=', before.id)
    .execute()
  await signIn({ sub, name: 'Vouched For' })
  const after = await readSession()
  expect(after.id).toBe(before.id)
  expect(after.expiresAt.getTime()).toBeGreaterThan(Date.now())
})

test('a session that was ended is not begun again under its id', async () => {
  const sub = someone()
  const { person, token: bearer } = await signIn({ sub, name: 'Ended Here' })
  await newsroom.app.db.deleteFrom('session').where('personId', '=', person.id).execute()
  const renewed = await newsroom.call('POST', '/api/session/renew', {
    token: bearer,
    headers: { origin: courier },
  })
  expect(renewed.status).toBe(401)
  expect((await whoAmI((await signIn({ sub, name: 'Ended Here' })).token)).status).toBe(200)
})

/* Names */

test('a name that is taken, or looks like another’s, gets a number, and the page is told', async () => {
  await signIn({ sub: someone(), name: 'Ilse Marsh' })
  for (const name of ['Ilse Marsh', 'llse Marsh', 'IIse Marsh']) {
    const made = await signIn({ sub: someone(), name })
    expect(made.person.name).toMatch(/ \d$/)
    expect(made.note).toContain(`“${name}”`)
  }
})

test.each([
  ['…', /^… \d+$/],
  ['Editor', /^Reader \d+$/],
  ['Chief Editor', /^Reader \d+$/],
  ['Detente', /^Reader \d+$/],
])('a name that nobody may have, %s, gets another', async (name, given) => {
  const made = await signIn({ sub: someone(), name })
  expect(made.person.name).toMatch(given)
  expect(made.note).toContain(`“${name}”`)
})

test('a long name is shortened', async () => {
  const made = await signIn({ sub: someone(), name: `${'Aurelia '.repeat(8)}Fen` })
  expect(made.person.name).toMatch(/^Aurelia .* 2$/)
})

test('a change of name at the newsroom follows, until the reader changes it here', async () => {
  const sub = someone()
  const { person, token: bearer } = await signIn({ sub, name: 'Old Name' })
  expect((await signIn({ sub, name: 'New Name' })).person).toMatchObject({ id: person.id, name: 'New Name' })
  expect((await signIn({ sub, name: 'Newer Name' })).person.name).toBe('Newer Name')
  await newsroom.app.db
    .updateTable('person')
    .set({ name: 'Own Choice', skeleton: 'ownchoice', renamedAt: new Date() })
    .where('id', '=', person.id)
    .execute()
  expect((await signIn({ sub, name: 'Newest Name' })).person.name).toBe('Own Choice')
  expect((await whoAmI(bearer)).json()).toMatchObject({ name: 'Own Choice' })
})

test('who was given a number keeps it while the name is another’s', async () => {
  const owner = someone()
  const sub = someone()
  await signIn({ sub: owner, name: 'Same Name' })
  await signIn({ sub, name: 'Same Name' })
  const again = await signIn({ sub, name: 'Same Name' })
  expect([again.person.name, again.note]).toEqual(['Same Name 2', null])
  await signIn({ sub: owner, name: 'Moved On' })
  expect((await signIn({ sub, name: 'Same Name' })).person.name).toBe('Same Name')
})

/* Shape of the request */

test.each([[{}], [{ token: 5 }], [{ code: 'a', token: 'b' }], [{ token: 'x'.repeat(10_001) }]])(
  'a body of another shape is refused: %#',
  async (body) => {
    expect(
      (await newsroom.call('POST', '/api/session/exchange', { body, headers: { origin: courier } })).status,
    ).toBe(422)
  },
)

test.each([['rubbish'], ['a.b.c'], ['\0'], ['.'.repeat(9_000)]])(
  'what is no token is refused in words: %j',
  async (jwt) => {
    const answer = await exchange(jwt)
    expect([answer.status, answer.json<{ type: string }>().type]).toEqual([403, '/problems/sign-in-refused'])
  },
)
