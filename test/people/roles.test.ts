/** Roles: who gives them, to whom, when they count; and that a site keeps an admin whatever happens. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { App } from '../../src/context.ts'
import type { Role } from '../../src/database/tables.ts'
import { makeScriptToken } from '../../src/people/actions.ts'
import { roles } from '../../src/people/can.ts'
import { erasePerson } from '../../src/people/erase.ts'
import { inviteAdmin } from '../../src/people/invitation.ts'
import { mayActOn } from '../../src/people/roles.ts'
import { deriveKey, readSecret } from '../../src/people/secret.ts'
import { isProblem } from '../../src/problem.ts'
import { addSite } from '../../src/stories/site-actions.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { routes } from '../product/write-routes.ts'
import { linkIn, type Mailbox, startMailbox } from './mailbox.ts'
import { forge } from './sso-tokens.ts'
import { Visitor } from './visitor.ts'

let news: Newsroom
let mailbox: Mailbox
let story: string
let admin: { id: string; token: string }

beforeAll(async () => {
  mailbox = await startMailbox()
  news = await startNewsroom({ smtpUrl: mailbox.url })
  story = await news.putStory()
  admin = await someone('admin')
})
afterAll(async () => {
  await news?.close()
  await mailbox?.stop()
})

let count = 0
/** Somebody with this role, and a token that says nothing of it. */
async function someone(role: Role = 'reader'): Promise<{ name: string; id: string; token: string }> {
  count += 1
  const name = `Person ${String.fromCharCode(64 + count)}${count}x`
  await news.tokenOf(name, role)
  const token = await news.tokenOf(name)
  const { id } = (await news.call('GET', '/api/me', { token })).json<{ id: string }>()
  return { name, id, token }
}

const give = (id: string, body: object, token = admin.token) =>
  news.call('PUT', `/api/people/${id}/role`, { token, body })
const roleOf = async (id: string) =>
  news.app.db.selectFrom('person').select(['role', 'badge']).where('id', '=', id).executeTakeFirst()
const form = (path: string, fields: Record<string, string>, token = admin.token) =>
  news.call('POST', path, {
    token,
    body: new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' },
  })
const typeOf = (answer: { json: <T>() => T }) => answer.json<{ type: string }>().type

test('a role counts from the next request on, by the page as by the API, and is gone as soon', async () => {
  const one = await someone()
  const queue = async () => (await news.call('GET', '/api/queue', { token: one.token })).status
  expect(await queue()).toBe(403)
  expect((await form(`/desk/people/${one.id}/role`, { role: 'moderator', badge: '' })).status).toBe(303)
  expect(await queue()).toBe(200)
  expect((await give(one.id, { role: 'staff', badge: 'Coast desk' })).json()).toEqual({
    person: one.id,
    role: 'staff',
    badge: 'Coast desk',
  })
  expect(await queue()).toBe(403)
})

test('a badge is cleaned as a name is, and readers have none', async () => {
  const { id } = await someone()
  await give(id, { role: 'staff', badge: '  Coast\u202e   desk ' })
  expect(await roleOf(id)).toEqual({ role: 'staff', badge: 'Coast desk' })
  expect((await give(id, { role: 'staff', badge: 'x'.repeat(60) })).json()).toMatchObject({ at: '/badge' })
  await give(id, { role: 'reader', badge: 'Coast desk' })
  expect(await roleOf(id)).toEqual({ role: 'reader', badge: null })
})

test('whoever becomes one of the desk keeps no session that outlasts a working day', async () => {
  const visitor = new Visitor(news, mailbox)
  await visitor.signIn('desk@quill.example', 'Desk Quill')
  const { id } = await visitor.whoAmI()
  const hours = async () => {
    const { expiresAt } = await news.app.db
      .selectFrom('session')
      .select('expiresAt')
      .where('personId', '=', id!)
      .executeTakeFirstOrThrow()
    return (expiresAt.getTime() - Date.now()) / 3_600_000
  }
  expect(await hours()).toBeGreaterThan(29 * 24)
  await give(id!, { role: 'staff' })
  expect(await hours()).toBeGreaterThan(29 * 24)
  await give(id!, { role: 'moderator' })
  expect(await hours()).toBeLessThanOrEqual(12)
})

test.each<[Role, Role[]]>([
  ['reader', []],
  ['staff', ['reader']],
  ['moderator', ['reader', 'staff']],
  ['editor', ['reader', 'staff', 'moderator']],
  ['admin', ['reader', 'staff', 'moderator', 'editor', 'admin']],
])('%s decides about those below, and among admins about each other', (role, below) => {
  expect(roles.filter((other) => mayActOn(role, other))).toEqual(below)
})

test('nobody takes a measure against somebody of their own rank or above', async () => {
  const [moderator, editor] = [await someone('moderator'), await someone('editor')]
  const others = [await someone('moderator'), editor, admin]
  for (const { id } of others) {
    const answer = await news.call('POST', `/api/people/${id}/sanctions`, {
      token: moderator.token,
      body: { kind: 'mute', reason: 'spam' },
    })
    expect(answer.status).toBe(403)
    expect((await give(id, { role: 'reader' }, editor.token)).status).toBe(403)
  }
})

/* The last admin */

test('the last admin stays: not demoted, not suspended, not banned, not erased, not by themselves either', async () => {
  const before = await roleOf(admin.id)
  expect(typeOf(await give(admin.id, { role: 'editor' }))).toBe('/problems/last-admin')
  const other = await someone('admin')
  const measure = (id: string, body: object, token: string) =>
    news.call('POST', `/api/people/${id}/sanctions`, { token, body })
  const until = new Date(Date.now() + 86_400_000).toISOString()
  const bar = await measure(other.id, { kind: 'suspend', reason: 'spam', until }, admin.token)
  expect(bar.status).toBe(201)
  // The other one is suspended: nobody else is left who could decide.
  expect(typeOf(await give(admin.id, { role: 'reader' }))).toBe('/problems/last-admin')
  expect(await erasePerson(news.app, admin.id, 'anonymise')).toMatchObject({ problem: 'last-admin' })
  const own = await measure(admin.id, { kind: 'ban', reason: 'spam' }, admin.token)
  expect(own.status).toBe(403)
  const script = await someone('admin')
  expect((await give(script.id, { role: 'editor' })).status).toBe(200)
  expect(await roleOf(admin.id)).toEqual(before)
  const lift = await news.call('POST', `/api/sanctions/${bar.json<{ id: string }>().id}/lift`, {
    token: admin.token,
    body: { reason: 'enough' },
  })
  expect(lift.status).toBe(201)
  expect((await give(other.id, { role: 'reader' })).status).toBe(200)
})

const admins = () =>
  news.app.db
    .selectFrom('person')
    .select('id')
    .where('role', '=', 'admin')
    .where((when) => when.or([when('barredUntil', 'is', null), when('barredUntil', '<', new Date())]))
    .execute()

test.each<[string, (by: string, id: string) => ReturnType<Newsroom['call']>]>([
  ['demote', (by, id) => give(id, { role: 'reader' }, by)],
  [
    'ban',
    (by, id) =>
      news.call('POST', `/api/people/${id}/sanctions`, { token: by, body: { kind: 'ban', reason: 'spam' } }),
  ],
])('of two admins who %s each other at once one stays', async (_, act) => {
  for (let round = 0; round < 5; round++) {
    const other = await someone('admin')
    const [one, two] = await Promise.all([act(admin.token, other.id), act(other.token, admin.id)])
    expect([one.status, two.status].filter((status) => status < 300)).toHaveLength(1)
    expect([one.status, two.status].filter((status) => status === 403)).toHaveLength(1)
    const left = await admins()
    expect(left).toHaveLength(1)
    if (left[0]!.id === other.id) {
      await news.app.db.updateTable('person').set({ role: 'reader' }).where('id', '=', admin.id).execute()
      admin = other
    }
  }
})

test('an admin whom only a newsroom’s token brings is none who could act: the one of the desk beside them stays, and without that one a start invites', async () => {
  const origin = 'https://courier.example'
  const ssoSecret = randomBytes(24).toString('hex')
  const own = await startNewsroom({ smtpUrl: mailbox.url, origins: [origin], ssoSecret })
  const { app } = own
  try {
    const chief = new Visitor(own, mailbox)
    await chief.signIn('chief@quill.example', 'Chief Quill')
    const id = (await chief.whoAmI()).id!
    const iat = Math.floor(Date.now() / 1000)
    const claims = { sub: 'outside', name: 'Outside Hand', iat, exp: iat + 300, jti: 'first' }
    const jwt = forge({ alg: 'HS256', typ: 'JWT' }, claims, Buffer.from(ssoSecret))
    const exchanged = await own.call('POST', '/api/session/exchange', {
      body: { token: jwt },
      headers: { origin },
    })
    const outside = exchanged.json<{ person: { id: string } }>().person.id
    const makeAdmin = (person: string) =>
      app.db.updateTable('person').set({ role: 'admin' }).where('id', '=', person)

    await makeAdmin(outside).execute()
    expect(await inviteAdmin(app)).toContain('/sign-in/invitation?token=')
    await makeAdmin(id).execute()
    expect(await inviteAdmin(app)).toBeUndefined()

    const demoted = await chief.post(`/desk/people/${id}/role`, { role: 'editor', badge: '' })
    expect([demoted.status, await demoted.text()]).toEqual([
      409,
      expect.stringContaining('A site needs an admin'),
    ])
    expect((await chief.post('/me/erase', { kind: 'anonymise', name: 'Chief Quill' })).status).toBe(409)
    expect((await chief.whoAmI()).role).toBe('admin')

    const { identityId } = await app.db
      .selectFrom('person')
      .select('identityId')
      .where('id', '=', outside)
      .executeTakeFirstOrThrow()
    await app.db
      .updateTable('identity')
      .set({ addressHash: randomBytes(32), addressSealed: randomBytes(32), provenAt: new Date() })
      .where('id', '=', identityId)
      .execute()
    expect((await chief.post('/me/erase', { kind: 'anonymise', name: 'Chief Quill' })).status).toBe(303)
    expect(await inviteAdmin(app)).toBeUndefined()
  } finally {
    await own.close()
  }
})

/* Mass assignment */

const wanted = {
  role: 'admin',
  badge: 'Chief',
  claim: 'claimed',
  person: { role: 'admin' },
  personId: null,
  siteId: null,
  isStrong: true,
  isMuted: false,
  lookFirst: false,
  barredUntil: null,
  sanctionId: null,
  status: 'published',
  author: { role: 'admin' },
}

test('role by mass assignment: no route takes a role, a badge or the end of a measure from a body', async () => {
  const one = await someone()
  const comment = await news.comment(story, one.name, 'Mine.')
  const until = new Date(Date.now() + 86_400_000)
  const barred = { barredUntil: until, lookFirst: true, isMuted: true }
  await news.app.db.updateTable('person').set(barred).where('id', '=', one.id).execute()
  const row = async () =>
    news.app.db
      .selectFrom('person')
      .select(['role', 'badge', 'barredUntil', 'lookFirst', 'isMuted', 'claim', 'siteId'])
      .where('id', '=', one.id)
      .executeTakeFirstOrThrow()
  const before = await row()
  for (const route of routes.filter(({ path }) => path !== '/sign-out')) {
    const path = route.path.replace(':story', story).replace(':comment', comment).replace(/:\w+/, one.id)
    for (const body of [
      { ...wanted, ...route.body },
      { ...route.body, ...wanted },
      { ...route.body, person: one.id, ...{ role: 'admin', badge: 'Chief' } },
    ])
      for (const type of ['application/json', 'application/x-www-form-urlencoded']) {
        const fields = Object.entries(body).map(([name, value]) => [name, String(value)])
        const answer = await news.call(route.method, path, {
          token: one.token,
          body: type === 'application/json' ? body : new URLSearchParams(fields).toString(),
          headers: { 'content-type': type },
        })
        expect(answer.status, `${route.method} ${path}`).toBeLessThan(500)
      }
    expect(await row(), `${route.method} ${path}`).toEqual(before)
  }
})

test('role by mass assignment: nor is it read from the address, a header, or what signs in', async () => {
  const one = await someone()
  for (const path of [
    '/api/me?role=admin',
    '/api/queue?role=admin',
    '/desk?role=admin',
    '/desk/people?as=admin',
  ])
    await news.call('GET', path, { token: one.token, headers: { 'x-role': 'admin', 'x-person': admin.id } })
  expect((await roleOf(one.id))?.role).toBe('reader')
  const visitor = new Visitor(news, mailbox)
  const token = await visitor.askForLink('new@quill.example')
  await visitor.post('/sign-in/link', { token, name: 'New Quill', role: 'admin' })
  await visitor.post('/sign-in/link', { token, name: 'New Quill' })
  expect((await visitor.whoAmI()).role).toBe('reader')
})

/* Several sites */

type Sent = { token?: string; body?: object; form?: Record<string, string> }

/** Another site of the installation, asked under its own name. */
async function openSite(
  name: string,
): Promise<{ app: App; call: (method: string, path: string, sent: Sent) => Promise<number> }> {
  const address = `https://talk.${name.toLowerCase()}.example`
  const added = await addSite(news.app, { name, address, language: 'en', timeZone: 'UTC' })
  if (isProblem(added)) throw new Error(added.detail)
  await news.running.sites.refresh()
  const app = news.running.sites.find(added.id)
  if (isProblem(app)) throw new Error(app.detail)
  const call = async (method: string, path: string, { token, body, form }: Sent) => {
    const type = form ? 'application/x-www-form-urlencoded' : 'application/json'
    const headers = {
      host: new URL(address).host,
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body || form ? { 'content-type': type } : {}),
    }
    const sent = request(news.origin + path, { method, headers })
    sent.end(form ? new URLSearchParams(form).toString() : body && JSON.stringify(body))
    const [answer] = (await once(sent, 'response')) as [IncomingMessage]
    answer.resume()
    return answer.statusCode ?? 0
  }
  return { app, call }
}

async function tokenAt(app: App, name: string, role: Role | null): Promise<{ id: string; token: string }> {
  const key = deriveKey(await readSecret(app.settings), 'access token')
  const made = await makeScriptToken(app, key, name, role)
  if (isProblem(made)) throw new Error(made.detail)
  return { id: made.person.id, token: made.token }
}

test('cross-site token use: an admin of one site is nobody at another, and its people are not theirs to decide about', async () => {
  const pier = await openSite('Pier')
  const theirs = await tokenAt(pier.app, 'Pia Pier', 'reader')
  const chief = await tokenAt(pier.app, 'Chief Pier', 'admin')
  expect(
    await pier.call('PUT', `/api/people/${theirs.id}/role`, { token: admin.token, body: { role: 'admin' } }),
  ).toBe(401)
  expect((await give(theirs.id, { role: 'staff' })).status).toBe(404)
  const body = { kind: 'ban', reason: 'spam' }
  const ban = await news.call('POST', `/api/people/${theirs.id}/sanctions`, { token: admin.token, body })
  expect(ban.status).toBe(404)
  expect(await pier.call('POST', `/api/people/${theirs.id}/sanctions`, { token: chief.token, body })).toBe(
    201,
  )
  const sanction = await news.app.db
    .selectFrom('sanction')
    .select('id')
    .where('personId', '=', theirs.id)
    .executeTakeFirstOrThrow()
  const lift = await news.call('POST', `/api/sanctions/${sanction.id}/lift`, {
    token: admin.token,
    body: { reason: 'mistake' },
  })
  expect(lift.status).toBe(404)
  expect((await news.call('GET', `/desk/people/${theirs.id}`, { token: admin.token })).status).toBe(404)
})

test('a ban on all sites holds for the same identity on every site, and for whoever it becomes on another one later', async () => {
  const [quay, mole] = [await openSite('Quayside'), await openSite('Mole')]
  const email = 'all@quill.example'
  const visitor = new Visitor(news, mailbox)
  await visitor.signIn(email, 'All Quill')
  const { id } = await visitor.whoAmI()
  /** Through the door of another site, by a mailed link. */
  const signInAt = async (site: typeof quay, name: string) => {
    expect(await site.call('POST', '/sign-in', { form: { email, to: '/' } })).toBe(200)
    const token = linkIn(mailbox.mails.findLast(({ to }) => to[0] === email)).searchParams.get('token')!
    expect(await site.call('POST', '/sign-in/link', { form: { token, name } })).toBe(303)
  }
  await signInAt(quay, 'Quay Quill')
  const body = { kind: 'ban', reason: 'threat', everywhere: true }
  const banned = await news.call('POST', `/api/people/${id}/sanctions`, { token: admin.token, body })
  expect(banned.json()).toMatchObject({ everywhere: true, until: null })
  await signInAt(mole, 'Mole Quill')
  const barred = async () => {
    const found = await news.app.db
      .selectFrom('person')
      .innerJoin('person as known', 'known.identityId', 'person.identityId')
      .select(['person.name', 'person.barredUntil'])
      .where('known.id', '=', id!)
      .orderBy('person.id')
      .execute()
    return found.map(({ name, barredUntil }) => [name, barredUntil])
  }
  const names = ['All Quill', 'Quay Quill', 'Mole Quill']
  expect(await barred()).toEqual(names.map((name) => [name, Number.POSITIVE_INFINITY]))
  const path = `/api/sanctions/${banned.json<{ id: string }>().id}/lift`
  const moderator = await tokenAt(mole.app, 'Mo Mole', 'moderator')
  expect(await mole.call('POST', path, { token: moderator.token, body: { reason: 'mistake' } })).toBe(403)
  const chief = await tokenAt(mole.app, 'Chief Mole', 'admin')
  expect(await mole.call('POST', path, { token: chief.token, body: { reason: 'mistake' } })).toBe(201)
  expect(await barred()).toEqual(names.map((name) => [name, null]))
})

test('another site’s staff are not barred from there by a ban on all sites', async () => {
  const quay = await openSite('Ferrypost')
  const email = 'chief@ferry.example'
  const visitor = new Visitor(news, mailbox)
  await visitor.signIn(email, 'Off Duty')
  const { id } = await visitor.whoAmI()
  expect(await quay.call('POST', '/sign-in', { form: { email, to: '/' } })).toBe(200)
  const token = linkIn(mailbox.mails.findLast(({ to }) => to[0] === email)).searchParams.get('token')!
  expect(await quay.call('POST', '/sign-in/link', { form: { token, name: 'Chief Ferry' } })).toBe(303)
  await news.app.db
    .updateTable('person')
    .set({ role: 'moderator' })
    .where('name', '=', 'Chief Ferry')
    .execute()
  const body = { kind: 'ban', reason: 'spam', everywhere: true }
  const banned = await news.call('POST', `/api/people/${id}/sanctions`, { token: admin.token, body })
  expect([banned.status, banned.json<{ detail: string }>().detail]).toEqual([
    403,
    'They are of the staff of another site: only that one can bar them.',
  ])
  const rows = await news.app.db
    .selectFrom('person')
    .select('barredUntil')
    .where('name', 'in', ['Chief Ferry', 'Off Duty'])
    .execute()
  expect(rows).toEqual([{ barredUntil: null }, { barredUntil: null }])
})

/* The desk's pages */

const desk = (path: string, token = admin.token) =>
  news.call('GET', path, { token, headers: { accept: 'text/html' } })

test('people are found by what looks like their name, by a name before, and by role', async () => {
  const moderator = await someone('moderator')
  const visitor = new Visitor(news, mailbox)
  await visitor.signIn('lion@quill.example', 'Sandpiper Lane')
  const named = '>Sandpiper Lane</bdi>'
  for (const q of ['Sandpiper Lane', 'sandpiper', 'S\u0430ndpiper', 'SANDPIPERLANE', 'piper la'])
    expect((await desk(`/desk/people?q=${encodeURIComponent(q)}`, moderator.token)).text, q).toContain(named)
  for (const q of ['Curlew', '%', '_', '\0'])
    expect((await desk(`/desk/people?q=${encodeURIComponent(q)}`)).text, q).not.toContain(named)
  const { id } = await visitor.whoAmI()
  await news.app.db
    .insertInto('nameChange')
    .values({ personId: id!, changedAt: new Date(), name: 'Old Heron', skeleton: 'oldheron' })
    .execute()
  const formerly = await desk('/desk/people?q=Old%20Heron')
  expect(formerly.text).toContain(named)
  expect(formerly.text).toContain('Old Heron')
  await give(id!, { role: 'editor' })
  expect((await desk('/desk/people?role=editor')).text).toContain(named)
})

test('the list goes on where it ended, and says nothing of mailboxes', async () => {
  for (let n = 0; n < 55; n++) await someone()
  const seen = new Set<string>()
  let path: string | undefined = '/desk/people'
  for (let page = 0; path !== undefined && page < 9; page++) {
    const { text } = await desk(path)
    for (const [, id] of text.matchAll(/href="\/desk\/people\/([\da-f-]{36})"/g)) {
      expect(seen.has(id!)).toBe(false)
      seen.add(id!)
    }
    path = /<a class="next"[^>]* href="([^"]+)"/.exec(text)?.[1]?.replaceAll('&amp;', '&')
  }
  const people = await news.app.db
    .selectFrom('person')
    .select('id')
    .where('siteId', '=', news.app.site.id)
    .where('claim', '<>', 'erased')
    .execute()
  expect([...seen].sort()).toEqual(people.map(({ id }) => id).sort())
})

test('a person’s page says since when, names before, comments with their state, and no address; a reader does not see it', async () => {
  const visitor = new Visitor(news, mailbox)
  await visitor.signIn('page@quill.example', 'Page Quill')
  const { id } = await visitor.whoAmI()
  await visitor.post(`/s/${story}/comments`, { text: 'A thought of mine.' })
  await visitor.post('/me/name', { name: 'Page Turner' })
  const moderator = await someone('moderator')
  const page = await desk(`/desk/people/${id}`, moderator.token)
  for (const words of ['Page Turner', 'Page Quill', 'A thought of mine.', 'published 1', 'Take a measure'])
    expect(page.text).toContain(words)
  expect(page.text).not.toContain('page@')
  expect(page.text).not.toContain('Give this role')
  expect(page.text).not.toContain('A ban on all sites')
  const full = await desk(`/desk/people/${id}`)
  expect(full.text).toContain('Give this role')
  expect(full.text).not.toContain('page@')
  expect((await desk(`/desk/people/${id}`, (await someone('staff')).token)).status).toBe(403)
})
