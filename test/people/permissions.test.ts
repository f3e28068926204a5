/** Every route × whoever asks × own, another's and another site's object, against permission-table.ts. Each request is one
 *  that is taken from whoever may send it, so that what is refused is refused for who asks. */
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { App } from '../../src/context.ts'
import { newId } from '../../src/database/ids.ts'
import type { Claim, Role } from '../../src/database/tables.ts'
import { nameSkeleton } from '../../src/language/names.ts'
import { type Addresses, makeAddresses } from '../../src/people/addresses.ts'
import { bindCredential, insertIdentity } from '../../src/people/identity-store.ts'
import { inviteStaff } from '../../src/people/invitation.ts'
import { hashSecret } from '../../src/people/one-time.ts'
import { insertProvider } from '../../src/people/provider-store.ts'
import { insertSanction } from '../../src/people/sanction-store.ts'
import { deriveKey, readSecret } from '../../src/people/secret.ts'
import { beginSession } from '../../src/people/sessions.ts'
import { insertPerson } from '../../src/people/store.ts'
import { mintScriptToken, mintToken } from '../../src/people/token.ts'
import { isProblem } from '../../src/problem.ts'
import { usualDoor } from '../../src/settings/door.ts'
import { makeSiteKey, putStory } from '../../src/stories/actions.ts'
import { addSite, changeDoor } from '../../src/stories/site-actions.ts'
import { listRoutes, type Newsroom, startNewsroom } from '../newsroom.ts'
import { routes as writeRoutes } from '../product/write-routes.ts'
import { table } from './permission-table.ts'

const PAGE = 'https://news.example'

const cookies = ['guest', 'reader', 'staff', 'moderator', 'editor', 'admin'] as const
const askers = ['nobody', ...cookies, 'bearer', 'script', 'key'] as const
type Asker = (typeof askers)[number]

let news: Newsroom
let other: App
let addresses: Addresses
let tokenKey: Uint8Array
let siteKey: string
/** A story and a comment that anybody may read, for what names them in its query. */
let front: { story: string; comment: string }

beforeAll(async () => {
  news = await startNewsroom({ origins: [PAGE] })
  // Browsers have no passkeys for an address that is a number.
  news.running.sites.moveFirst(news.origin.replace('127.0.0.1', 'localhost'))
  const added = await addSite(news.app, {
    name: 'Pier',
    address: 'https://talk.pier.example',
    language: 'en',
    timeZone: 'UTC',
  })
  if (isProblem(added)) throw new Error(added.detail)
  // Everything is allowed that a site can allow: what is refused is refused for who asks.
  await changeDoor(news.app, { ...usualDoor, guests: 'open', passwords: true })
  await news.running.sites.refresh()
  const found = news.running.sites.find(added.id)
  if (isProblem(found)) throw new Error(found.detail)
  other = found
  const secret = await readSecret(news.app.settings)
  addresses = makeAddresses(secret)
  tokenKey = deriveKey(secret, 'access token')
  siteKey = await makeSiteKey(news.app, 'permissions')
  const story = await makeStory(news.app)
  front = { story, comment: await makeComment(news.app, story, (await makePerson(news.app, 'reader')).id) }
})
afterAll(() => news?.close())

/* Who asks */

type Someone = { id: string; name: string; identityId: string | null; sessionId: string; email: string }
type Asking = Someone & { headers: Record<string, string> }

let count = 0
const letters = (n: number): string =>
  (n < 26 ? '' : letters(Math.floor(n / 26) - 1)) + String.fromCharCode(97 + (n % 26))

async function makePerson(app: App, role: Role, claim: Claim = 'claimed'): Promise<Someone> {
  count += 1
  const name = `Z${letters(count)}q`
  const email = `${letters(count)}@permit.example`
  const now = app.now()
  const identityId =
    claim === 'claimed'
      ? await insertIdentity(app.db, addresses, { address: email, contact: null }, now)
      : null
  const id = await insertPerson(
    app.db,
    {
      name,
      skeleton: nameSkeleton(name),
      siteId: app.site.id,
      identityId,
      role,
      badge: null,
      batchId: null,
      claim,
    },
    now,
  )
  const session = { personId: id, role, way: 'mail', isStrong: true, device: null } as const
  const { sessionId } = await beginSession(app.db, { sessionKey: tokenKey }, session, now)
  return { id, name, identityId, sessionId, email }
}

async function makeAsker(asker: Asker): Promise<Asking> {
  const { app } = news
  const ours = { origin: news.origin, 'sec-fetch-site': 'same-origin' }
  const role =
    asker === 'bearer' || asker === 'script'
      ? 'admin'
      : cookies.find((one) => one === asker && one !== 'guest')
  const person = await makePerson(app, (role as Role) ?? 'reader', asker === 'guest' ? 'guest' : 'claimed')
  const holder = { personId: person.id, siteId: app.site.id, sessionId: person.sessionId, isStrong: true }
  if (asker === 'nobody') return { ...person, headers: ours }
  if (asker === 'key') return { ...person, headers: { authorization: `Bearer ${siteKey}` } }
  if (asker === 'script') {
    const { token } = await mintScriptToken(tokenKey, { ...holder, role: null }, app.now())
    return { ...person, headers: { authorization: `Bearer ${token}` } }
  }
  const { token } = await mintToken(
    tokenKey,
    { ...holder, origin: asker === 'bearer' ? PAGE : null },
    app.now(),
  )
  return asker === 'bearer'
    ? {
        ...person,
        headers: { authorization: `Bearer ${token}`, origin: PAGE, 'sec-fetch-site': 'cross-site' },
      }
    : { ...person, headers: { cookie: `detente=${token}`, ...ours } }
}

/* What it is about */

type Whose = 'own' | 'other' | 'elsewhere'
type Objects = Record<string, string>

async function makeStory(app: App): Promise<string> {
  count += 1
  const put = await putStory(app, `permit-${count}`, {
    title: 'The ferry that will not wait',
    body: ['The ferry leaves at six.'],
    byline: null,
    credit: null,
    published: null,
    url: null,
    language: 'en',
    section: null,
  })
  if (isProblem(put)) throw new Error(put.detail)
  return put.story.id
}

async function makeComment(app: App, story: string, author: string): Promise<string> {
  const id = newId()
  const now = app.now()
  await app.db
    .insertInto('comment')
    .values({
      storyId: story,
      id,
      parentId: null,
      ancestors: [],
      authorId: author,
      status: 'published',
      reason: null,
      kind: null,
      language: 'en',
      text: 'Low water is at three.',
      html: '<p>Low water is at three.</p>',
      renderer: 1,
      quotes: '[]',
      postedAt: now,
      receivedAt: now,
      editedAt: null,
      source: null,
      batchId: null,
    })
    .execute()
  return id
}

async function makeSanction(app: App, personId: string): Promise<string> {
  const id = newId()
  const moderatorId = newId()
  const [kind, reason] = ['warn', 'spam'] as const
  const rest = { lifts: null, note: null, until: null, moderatorId, decidedAt: app.now() }
  await insertSanction(app.db, { id, siteId: app.site.id, personId, kind, reason, ...rest })
  return id
}

async function makeProvider(app: App): Promise<string> {
  const id = newId()
  const address = (path: string) => `https://id.example/${path}`
  await insertProvider(
    app.db,
    app.site.id,
    {
      id,
      kind: 'oauth',
      name: 'Harbour Pass',
      issuer: null,
      authorizeUrl: address('authorize'),
      tokenUrl: address('token'),
      profileUrl: address('profile'),
      clientId: 'permit',
      secretSealed: null,
      scopes: 'profile',
      fields: { id: 'id', email: 'email', name: 'name' },
      isTrusted: false,
    },
    app.now(),
  )
  return id
}

async function makeKey(app: App): Promise<string> {
  const id = newId()
  await app.db
    .insertInto('ssoKey')
    .values({
      id,
      siteId: app.site.id,
      label: 'permit',
      kid: null,
      algorithm: 'HS256',
      secretSealed: addresses.seal('s'.repeat(40)),
      publicKey: null,
      jwksUrl: null,
      issuer: null,
      audience: null,
      roles: [],
      createdAt: app.now(),
      retiredAt: null,
    })
    .execute()
  return id
}

async function makeInvitation(app: App): Promise<string> {
  const link = await inviteStaff(app, { role: 'staff', badge: null, isFirst: false }, 24)
  return hashSecret(new URL(link).searchParams.get('token')!)
}

async function makeWay(app: App, someone: Someone): Promise<string> {
  const nobodys = { address: null, contact: null }
  const identityId = someone.identityId ?? (await insertIdentity(app.db, addresses, nobodys, app.now()))
  const subject = newId()
  await bindCredential(app.db, identityId, { provider: `sso:${app.site.id}`, subject }, app.now())
  const found = await app.db
    .selectFrom('credential')
    .select('id')
    .where('subject', '=', subject)
    .executeTakeFirstOrThrow()
  return found.id
}

async function makePasskey(app: App, someone: Someone): Promise<string> {
  const id = newId()
  const nobodys = { address: null, contact: null }
  const identityId = someone.identityId ?? (await insertIdentity(app.db, addresses, nobodys, app.now()))
  const key = Buffer.from(id.replaceAll('-', ''), 'hex')
  await app.db
    .insertInto('passkey')
    .values({
      id,
      identityId,
      rpId: new URL(app.origin).hostname,
      credentialId: key,
      publicKey: key,
      counter: 0,
      transports: [],
      name: 'Permit',
      createdAt: app.now(),
      usedAt: null,
    })
    .execute()
  return id
}

/** A name that came with an import, under somebody's address. */
async function makeOffer(app: App, { email }: Someone): Promise<string> {
  const { id } = await makePerson(app, 'reader', 'unclaimed')
  await app.db
    .updateTable('person')
    .set({ addressHash: addresses.hash(email) })
    .where('id', '=', id)
    .execute()
  return id
}

type Make = (place: { app: App; of: Someone; story: string }) => Promise<string> | string

/** What a route's name or body may point to. */
const makers: Record<string, Make> = {
  story: ({ story }) => story,
  comment: ({ app, story, of }) => makeComment(app, story, of.id),
  person: ({ of }) => of.id,
  sanction: ({ app, of }) => makeSanction(app, of.id),
  provider: ({ app }) => makeProvider(app),
  key: ({ app }) => makeKey(app),
  invitation: ({ app }) => makeInvitation(app),
  session: ({ of }) => of.sessionId,
  way: ({ app, of }) => makeWay(app, of),
  passkey: ({ app, of }) => makePasskey(app, of),
  offer: ({ app, of }) => makeOffer(app, of),
  number: () => '1',
}
/** Of a site, and nobody's own. */
const shared = new Set(['story', 'provider', 'key', 'invitation', 'number'])
/** What stands in a body. */
const inBody: Record<string, string> = {
  'POST /me/sessions/end': 'session',
  'POST /me/ways/remove': 'way',
  'POST /me/passkeys/rename': 'passkey',
  'POST /me/passkeys/remove': 'passkey',
  'POST /me/claim': 'offer',
}

const objectsOf = (route: string): string[] => [
  ...[...route.matchAll(/:(\w+)/g)].map(([, name]) => name!),
  ...(inBody[route] ? [inBody[route]] : []),
]

const isAboutOne = (route: string) => objectsOf(route).some((name) => !shared.has(name))
/** A CMS puts a story under an id of its own, whether there is one or not. */
const NAMED = 'PUT /api/stories/:story'
const isAboutSite = (route: string) => route !== NAMED && objectsOf(route).some((name) => name !== 'number')

async function makeObjects(route: string, asking: Asking, whose: Whose): Promise<Objects> {
  const app = whose === 'elsewhere' ? other : news.app
  const of = whose === 'own' ? asking : await makePerson(app, 'reader')
  const names = objectsOf(route)
  const story = names.includes('story') || names.includes('comment') ? await makeStory(app) : ''
  const made: Objects = {}
  for (const name of names) {
    const make = makers[name]
    if (!make) throw new Error(`${route}: say in makers how one comes to a ${name}`)
    made[name] = route === NAMED ? 'ext:permit-put' : await make({ app, of, story })
  }
  return made
}

/* What is sent */

type Sent = {
  body?: Record<string, unknown>
  headers?: Record<string, string>
  query?: string
  form?: boolean
}
const token = 'a'.repeat(43)

/** What a browser would answer, to a question that was never asked. */
const response = JSON.stringify({
  id: 'AAAA',
  rawId: 'AAAA',
  type: 'public-key',
  clientExtensionResults: {},
  response: { clientDataJSON: 'e30', authenticatorData: 'AAAA', signature: 'AAAA', attestationObject: 'oA' },
})

/** What differs from test/product/write-routes.ts, or is not in it. */
const special: Record<string, (at: { asking: Asking; objects: Objects }) => Sent> = {
  'GET /search': () => ({ query: '?q=ferry' }),
  'GET /fragment': () => ({ query: `?story=${front.story}` }),
  'GET /fragment/items': () => ({ query: `?story=${front.story}&ids=${front.comment}` }),
  'GET /counts': () => ({ query: `?story=${front.story}` }),
  'GET /sign-in/link': () => ({ query: `?token=${token}` }),
  'GET /sign-in/invitation': () => ({ query: `?token=${token}` }),
  'POST /sign-in/visit': () => ({ body: { token: `${token}.a.b` }, form: true }),
  'POST /sign-in/visit/go': () => ({ body: { code: token }, form: true }),
  'GET /sign-in/popup': () => ({ query: `?origin=${PAGE}` }),
  'GET /me/address': () => ({ query: `?token=${token}` }),
  'GET /me/erased': () => ({ query: `?done=${token}` }),
  'POST /sign-in/code': () => ({
    body: { to: '/', ask: token, code: '123456', email: 'ada@quay.example' },
    form: true,
  }),
  'POST /api/session/code': () => ({ body: { origin: PAGE } }),
  'POST /api/session/neighbour': () => ({ headers: { origin: PAGE, 'sec-fetch-site': 'same-site' } }),
  'POST /sign-in/provider/:provider': () => ({ body: { to: '/' }, form: true }),
  'POST /s/:story/comments': () => ({ body: { text: 'Low water is at four.' }, form: true }),
  'POST /sign-in/password': () => ({
    body: { to: '/', email: 'ada@quay.example', password: 'four plain words here' },
    form: true,
  }),
  'POST /sign-in/guest': () => ({
    body: {
      to: '/',
      name: `G${newId()
        .slice(-8)
        .replaceAll(/\d/g, (digit) => letters(Number(digit)))}q`,
    },
    form: true,
  }),
  'POST /me/password': () => ({ body: { password: 'blue lamp under the stairs' }, form: true }),
  'POST /me/password/remove': () => ({ body: { remove: 'yes' }, form: true }),
  'POST /desk/people/door': () => ({
    body: { guests: 'open', passwords: 'yes', renameDays: '0' },
    form: true,
  }),
  'POST /desk/people/door/domains': () => ({
    body: { domain: 'mail.example', effect: 'refuse' },
    form: true,
  }),
  'POST /me/name': ({ asking }) => ({ body: { name: `${asking.name}x` }, form: true }),
  'POST /me/address': ({ asking }) => ({ body: { email: `new-${asking.email}` }, form: true }),
  'POST /me/erase': ({ asking }) => ({ body: { kind: 'anonymise', name: asking.name }, form: true }),
  'POST /me/sessions/end': ({ objects }) => ({ body: { session: objects.session }, form: true }),
  'POST /sign-in/passkey/begin': () => ({ body: { for: 'sign-in' } }),
  'POST /sign-in/passkey': () => ({ body: { to: '/', response }, form: true }),
  'POST /me/passkeys': () => ({ body: { to: '/me/account', response }, form: true }),
  'POST /me/passkeys/rename': ({ objects }) => ({
    body: { passkey: objects.passkey, name: 'Laptop' },
    form: true,
  }),
  'POST /me/passkeys/remove': ({ objects }) => ({ body: { passkey: objects.passkey }, form: true }),
  'POST /me/ways/remove': ({ objects }) => ({ body: { way: objects.way }, form: true }),
  'POST /me/claim': ({ objects }) => ({ body: { person: objects.offer }, form: true }),
  'POST /desk/people/providers': () => ({
    body: {
      id: newId(),
      kind: 'oauth',
      name: `Pass ${newId().slice(-8)}`,
      authorizeUrl: 'https://id.example/authorize',
      tokenUrl: 'https://id.example/token',
      profileUrl: 'https://id.example/profile',
      clientId: 'permit',
      secret: 's'.repeat(40),
      scopes: 'profile',
      fieldId: 'id',
      fieldEmail: 'email',
      fieldName: 'name',
    },
    form: true,
  }),
  'POST /desk/people/providers/:provider/try': () => ({ form: true }),
  'POST /desk/people/providers/:provider/secret': () => ({ body: { secret: 'n'.repeat(40) }, form: true }),
  'POST /desk/people/providers/:provider/retire': () => ({ form: true }),
  'POST /desk/people/sso': () => ({ body: { label: 'Permit', kind: 'make' }, form: true }),
  'POST /desk/people/sso/check': () => ({ body: { token: 'a.b.c' }, form: true }),
  'POST /desk/people/sso/:key/retire': () => ({ form: true }),
}

const sentTo = (route: string, asking: Asking, objects: Objects): Sent => {
  const known = writeRoutes.find(({ method, path }) => `${method} ${path}` === route)
  const given = special[route]?.({ asking, objects })
  if (given) return given
  return known ? { ...(known.body ? { body: known.body } : {}), form: known.form === true } : {}
}

type Outcome = { status: number; location: string; text: string }

async function ask(route: string, asking: Asking, objects: Objects): Promise<Outcome> {
  const [method = 'GET', pattern = '/'] = route.split(' ')
  const { body, headers = {}, query = '', form = false } = sentTo(route, asking, objects)
  const path = pattern.replace(/:(\w+)/g, (_, name: string) => objects[name]!).replace('/*', '/api/me')
  const type = form ? 'application/x-www-form-urlencoded' : 'application/json'
  const fields = Object.entries(body ?? {}).map(([name, value]) => [name, String(value)])
  const content = body && (form ? new URLSearchParams(fields).toString() : JSON.stringify(body))
  const sent = request(news.origin + path + query, {
    method,
    headers: { ...asking.headers, ...(body ? { 'content-type': type } : {}), ...headers },
  })
  sent.end(content)
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  const isStream = answer.headers['content-type']?.startsWith('text/event-stream') === true
  const said = isStream ? '' : await text(answer)
  if (isStream) answer.destroy()
  return { status: answer.statusCode ?? 0, location: answer.headers.location ?? '', text: said }
}

/** `ok`, `in` (sign in first), `no`, `none` (not there), `spent`, or the status. */
function classify({ status, location }: Outcome): string {
  if (status === 401 || location.startsWith('/sign-in?')) return 'in'
  if (status < 400) return 'ok'
  return { 403: 'no', 404: 'none', 410: 'spent' }[status] ?? String(status)
}

/* What is expected */

type Line = {
  least: string
  own: string
  where: string | undefined
  spent: boolean
  unproven: boolean
  blank: boolean
}

function readLine(line: string): Line {
  const [least = '–', ...flags] = line.split(' · ')
  const own = flags.find((flag) => flag.startsWith('own '))?.slice(4) ?? least
  const where = flags.find((flag) => flag === 'page' || flag === 'ours' || flag === 'bearer')
  return {
    least,
    own,
    where,
    spent: flags.includes('spent'),
    unproven: flags.includes('unproven'),
    blank: flags.includes('blank'),
  }
}

const ladder: string[] = ['anyone', ...cookies]

function mayAsk(asker: Asker, least: string, where: string | undefined): boolean {
  if (least === '–') return false
  if (least === 'key') return asker === 'key'
  if (least === 'anyone') return asker !== 'bearer' || where !== 'ours'
  if (asker === 'nobody' || asker === 'key') return false
  if (asker === 'bearer')
    return where !== 'page' && where !== 'ours' && ladder.indexOf(least) <= ladder.indexOf('reader')
  if (asker === 'script') return where !== 'page' && where !== 'bearer'
  return where !== 'bearer' && ladder.indexOf(asker) >= ladder.indexOf(least)
}

const refusals = ['in', 'no', 'none']

function expected(line: Line, asker: Asker, whose: Whose): string[] {
  const may = mayAsk(asker, whose === 'own' ? line.own : line.least, line.where)
  if (!may) return asker === 'nobody' && whose !== 'elsewhere' ? ['in'] : refusals
  // What is public may still refuse a token that is none.
  const isStranger = asker === 'key' && line.least === 'anyone'
  const isThere = whose !== 'elsewhere' ? ['ok'] : line.blank ? ['ok', 'none'] : ['none']
  const said = line.unproven ? ['no'] : line.spent && whose !== 'elsewhere' ? ['spent', 'none'] : isThere
  return [...said, ...(isStranger ? ['in'] : [])]
}

/** Which whose are worth asking. */
const whoses = (route: string): Whose[] => [
  'other',
  ...(isAboutOne(route) ? (['own'] as const) : []),
  ...(isAboutSite(route) ? (['elsewhere'] as const) : []),
]

/** Files of the browser's, by their hash. */
const isAsset = (route: string) => route.startsWith('GET /assets/')

test('every route of the server has a line in the table, and every line a route', () => {
  const there = listRoutes(news.running).filter((route) => !route.startsWith('HEAD ') && !isAsset(route))
  expect(Object.keys(table).sort()).toEqual([...new Set(there)].sort())
})

test.each(Object.entries(table))('%s: %s', async (route, line) => {
  const wrong: string[] = []
  for (const whose of whoses(route))
    for (const asker of askers) {
      const asking = await makeAsker(asker)
      const objects = await makeObjects(route, asking, whose)
      const outcome = await ask(route, asking, objects)
      const came = classify(outcome)
      const wanted = expected(readLine(line), asker, whose)
      if (!wanted.includes(came))
        wrong.push(`${asker} · ${whose}: ${came}, not ${wanted.join('/')} ${outcome.text.slice(0, 160)}`)
    }
  expect(wrong).toEqual([])
})
