/** One's own page: what is kept of somebody, shown to them alone, and changed by them alone. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { newId } from '../../src/database/ids.ts'
import { readNotify } from '../../src/people/notify.ts'
import { insertProvider } from '../../src/people/provider-store.ts'
import { insertSite } from '../../src/stories/site-store.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { linkIn, type Mailbox, startMailbox } from './mailbox.ts'
import { Visitor } from './visitor.ts'

let newsroom: Newsroom
let mailbox: Mailbox
let round = 0
let email: string
let ada: Visitor
beforeAll(async () => {
  mailbox = await startMailbox()
  newsroom = await startNewsroom({ smtpUrl: mailbox.url })
})
afterAll(async () => {
  await newsroom?.close()
  await mailbox?.stop()
})
beforeEach(async () => {
  newsroom.app.now = () => new Date()
  email = `ada${++round}@quill.example`
  ada = await signIn(
    email,
    `Ada ${'Quill Reed Tide Ebb Moor Sand Rock Buoy Bell Gull Tern Kelp'.split(' ')[round % 12]} ${round}`,
  )
})

async function signIn(email: string, name: string): Promise<Visitor> {
  const visitor = new Visitor(newsroom, mailbox)
  await visitor.signIn(email, name)
  return visitor
}

const textOf = async (visitor: Visitor, path: string) => (await visitor.get(path)).text()
const identityOf = async (visitor: Visitor): Promise<string> => {
  const { id } = await visitor.whoAmI()
  const found = await newsroom.app.db
    .selectFrom('person')
    .select('identityId')
    .where('id', '=', id!)
    .executeTakeFirstOrThrow()
  return found.identityId!
}
const mailsTo = (address: string) => mailbox.mails.filter(({ to }) => to[0] === address)
/** A way in by a provider of a site's, this one's if nothing is said. */
const addCredential = async (visitor: Visitor, siteId = newsroom.app.site.id): Promise<string> => {
  const id = newId()
  const at = new Date()
  const provider = { name: 'Harbour', issuer: 'https://id.harbour.example', clientId: 'x', fields: {} }
  const rest = { authorizeUrl: null, tokenUrl: null, profileUrl: null, isTrusted: false, scopes: 'openid' }
  const { db } = newsroom.app
  await insertProvider(
    db,
    siteId,
    { id, kind: 'oidc', secretSealed: Buffer.alloc(1), ...provider, ...rest },
    at,
  )
  const identityId = await identityOf(visitor)
  await db
    .insertInto('credential')
    .values({ id, identityId, provider: `provider:${id}`, subject: id, createdAt: at, usedAt: at })
    .execute()
  return id
}

/** Asks for another address and answers the mailed link's path. */
const askFor = async (visitor: Visitor, address: string): Promise<string> => {
  const asked = await visitor.post('/me/address', { email: address })
  expect([asked.status, asked.headers.get('location')]).toEqual([303, '/me/account?changed=sent&lang=en'])
  const { pathname, search } = linkIn(mailsTo(address).at(-1))
  return pathname + search
}
const tokenIn = (path: string): string => new URLSearchParams(path.split('?')[1]).get('token')!

test('the account’s page shows its address to whom it belongs, and no page shows it to others', async () => {
  const { id } = await ada.whoAmI()
  expect(await textOf(ada, '/me/account')).toContain(email)
  const other = await signIn('bo@quill.example', 'Bo Harbour')
  for (const path of [`/p/${id}`, `/api/people/${id}`, '/me/account', '/me'])
    expect(await textOf(other, path), path).not.toContain(email)
  expect((await ada.get('/me/account')).headers.get('cache-control')).toBe('private, no-store')
})

test('a new address counts once its link was opened in the same browser; the old one is told, other sessions end', async () => {
  const elsewhere = await signIn(email, '')
  const fresh = `fresh${round}@quill.example`
  const link = await askFor(ada, fresh)
  expect(await textOf(ada, '/me/account')).toContain(email)
  expect(await textOf(ada, link)).toContain(fresh)
  expect(await textOf(ada, '/me/account')).toContain(email)
  const taken = await ada.post('/me/address/confirm', { token: tokenIn(link) })
  expect(taken.headers.get('location')).toBe('/me/account?changed=address&lang=en')
  expect(await textOf(ada, '/me/account')).toContain(fresh)
  expect([(await ada.whoAmI()).status, (await elsewhere.whoAmI()).status]).toEqual([200, 401])
  const notice = mailsTo(email).at(-1)!.source
  expect(notice).toContain('was changed')
  expect(notice).not.toContain(fresh)
  expect((await ada.post('/me/address/confirm', { token: tokenIn(link) })).status).toBe(410)
  const { id } = await ada.whoAmI()
  const again = await signIn(fresh, 'Somebody Else')
  expect((await again.whoAmI()).id).toBe(id)
  const old = new Visitor(newsroom, mailbox)
  await old.signIn(email, `Newcomer ${round}`)
  expect((await old.whoAmI()).id).not.toBe(id)
})

test('in a session that was left open the address stays, and the page says what to do', async () => {
  const { app } = newsroom
  const { now } = app
  const mails = mailbox.mails.length
  app.now = () => new Date(now().getTime() + 11 * 60_000)
  try {
    const refused = await ada.post('/me/address', { email: 'finder@quill.example' })
    expect(refused.status).toBe(403)
    const page = await refused.text()
    expect(page).toContain('sign in again first, by the mailed link')
    expect(page).toContain('value="finder@quill.example"')
    expect(mailbox.mails.length).toBe(mails)
  } finally {
    app.now = now
  }
})

test('address takeover: the link of somebody else’s wish ties no mailbox of mine to their account', async () => {
  const victim = await signIn(`victim${round}@quill.example`, `Vic ${round}`)
  const link = await askFor(ada, `unused${round}@quill.example`)
  expect((await victim.get(link)).status).toBe(403)
  expect((await victim.post('/me/address/confirm', { token: tokenIn(link) })).status).toBe(403)
  const stranger = new Visitor(newsroom, mailbox)
  expect((await stranger.get(link)).status).toBe(401)
  expect((await stranger.post('/me/address/confirm', { token: tokenIn(link) })).status).toBe(303)
  expect(await textOf(victim, '/me/account')).toContain(`victim${round}@quill.example`)
  expect((await ada.post('/me/address/confirm', { token: tokenIn(link) })).status).toBe(303)
})

test('address enumeration: asking for an address of another’s is answered as for any, and refused at the link', async () => {
  const taken = `taken${round}@quill.example`
  await signIn(taken, `Taken ${round}`)
  const link = await askFor(ada, taken)
  const answer = await ada.post('/me/address/confirm', { token: tokenIn(link) })
  expect(answer.status).toBe(409)
  expect(await textOf(ada, '/me/account')).toContain(email)
})

test('mail header injection: an address with a line end is none', async () => {
  const before = mailbox.mails.length
  const answer = await ada.post('/me/address', { email: 'eve@quill.example\r\nBcc: all@quill.example' })
  expect([answer.status, mailbox.mails.length]).toEqual([422, before])
  expect(await answer.text()).toContain('aria-invalid="true"')
})

test('an old link is void, and says so', async () => {
  const link = await askFor(ada, `late${round}@quill.example`)
  newsroom.app.now = () => new Date(Date.now() + 15 * 60_000 + 1_000)
  expect((await ada.get(link)).status).toBe(410)
})

test('a way in is removed, but not the last one', async () => {
  const [first, second] = [await addCredential(ada), await addCredential(ada)]
  expect(await textOf(ada, '/me/account')).toContain('Other ways in')
  expect((await ada.post('/me/ways/remove', { way: first })).status).toBe(303)
  await newsroom.app.db
    .updateTable('identity')
    .set({ addressHash: null })
    .where('id', '=', await identityOf(ada))
    .execute()
  const last = await ada.post('/me/ways/remove', { way: second })
  expect([last.status, (await last.text()).includes('Add another way in first')]).toEqual([409, true])
  expect(await textOf(ada, '/me/account')).toContain(second)
})

test('a way in that leads to another site is neither seen nor removed from this one, and counts for nothing here', async () => {
  const { db } = newsroom.app
  const site = { name: 'Quay Weekly', address: null, language: 'en', timeZone: 'UTC' }
  const elsewhere = await addCredential(ada, await insertSite(db, site, new Date()))
  const here = await addCredential(ada)
  const account = await textOf(ada, '/me/account')
  expect([account.includes(here), account.includes(elsewhere)]).toEqual([true, false])
  expect((await ada.post('/me/ways/remove', { way: elsewhere })).status).toBe(404)
  await db
    .updateTable('identity')
    .set({ addressHash: null })
    .where('id', '=', await identityOf(ada))
    .execute()
  expect((await ada.post('/me/ways/remove', { way: here })).status).toBe(409)
})

test('a session that was left open removes no way in', async () => {
  const way = await addCredential(ada)
  newsroom.app.now = () => new Date(Date.now() + 11 * 60_000)
  const refused = await ada.post('/me/ways/remove', { way })
  expect([refused.status, (await refused.text()).includes('sign in again first')]).toEqual([403, true])
  expect(await textOf(ada, '/me/account')).toContain(way)
})

test('of two ways in that are removed at once, one stays', async () => {
  await newsroom.app.db
    .updateTable('identity')
    .set({ addressHash: null })
    .where('id', '=', await identityOf(ada))
    .execute()
  const ways = [await addCredential(ada), await addCredential(ada)]
  const answers = await Promise.all(ways.map((way) => ada.post('/me/ways/remove', { way })))
  expect(answers.map(({ status }) => status).sort()).toEqual([303, 409])
})

test('IDOR: a way in of another’s is none of mine', async () => {
  const other = await signIn('bo@quill.example', 'Bo Harbour')
  const way = await addCredential(other)
  expect((await ada.post('/me/ways/remove', { way })).status).toBe(404)
  expect((await ada.post('/me/ways/remove', { way: 'x' })).status).toBe(404)
  expect(await textOf(other, '/me/account')).toContain(way)
})

test('a language is kept, and mail about the account comes in it', async () => {
  expect((await ada.post('/me/language', { language: 'ja' })).status).toBe(303)
  expect(await textOf(ada, '/me/account')).toMatch(/<option value="ja" lang="ja" selected/)
  expect((await ada.post('/me/language', { language: 'xx' })).status).toBe(422)
  expect((await ada.post('/me/language', { language: '' })).status).toBe(303)
  expect(await textOf(ada, '/me/account')).not.toMatch(/<option value="ja" lang="ja" selected/)
})

test('what to be told of is kept by kind; anything else than the choices is refused', async () => {
  const wish = {
    reply: 'off',
    answer: 'daily',
    pick: 'off',
    decision: 'at-once',
    story: 'off',
    mention: 'off',
  }
  expect((await ada.post('/me/notify', wish)).status).toBe(303)
  const { id } = await ada.whoAmI()
  const kept = async () =>
    (
      await newsroom.app.db
        .selectFrom('person')
        .select('notify')
        .where('id', '=', id!)
        .executeTakeFirstOrThrow()
    ).notify
  expect(await kept()).toEqual(wish)
  expect(await textOf(ada, '/me/reading')).toMatch(/name="reply">.*?<option value="off" selected/)
  expect((await ada.post('/me/notify', { ...wish, reply: 'always' })).status).toBe(422)
  expect((await ada.post('/me/notify', { ...wish, admin: 'off' })).status).toBe(422)
  expect(await kept()).toEqual(wish)
})

test('a choice that this version does not know is as usual', () => {
  expect(readNotify({ reply: 'by pigeon', story: 'off', pigeon: 'off' })).toMatchObject({
    reply: 'at-once',
    story: 'off',
  })
})

test('a guest sees what they wrote, and how to make an account of it; there is no account page yet', async () => {
  const { id } = await ada.whoAmI()
  await newsroom.app.db
    .updateTable('person')
    .set({ claim: 'guest', identityId: null })
    .where('id', '=', id!)
    .execute()
  const page = await textOf(ada, '/me')
  expect(page).toContain('Make this an account')
  expect(page).not.toContain('/me/account')
  expect((await ada.get('/me/account')).headers.get('location')).toBe('/sign-in?to=/me/account')
})

test('what is one’s own is nobody’s from a newsroom’s page: its token changes nothing of the account', async () => {
  const token = await newsroom.sessionTokenOf('Hal Reed', undefined, 'https://courier.example')
  const forms: [string, object][] = [
    ['/me/address', { email: 'eve@quill.example' }],
    ['/me/language', { language: 'ja' }],
    ['/me/sessions/all', {}],
    ['/me/ways/remove', { way: newId() }],
  ]
  for (const [path, body] of forms)
    expect((await newsroom.call('POST', path, { token, body })).status, path).toBe(403)
})
