import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { makeAddresses } from '../../src/people/addresses.ts'
import { isInFile } from '../../src/people/breached-passwords.ts'
import { insertIdentity } from '../../src/people/identity-store.ts'
import { preparePassword, refuseWeak } from '../../src/people/password.ts'
import { makePasswords } from '../../src/people/password-hash.ts'
import { readSecret } from '../../src/people/secret.ts'
import { isProblem } from '../../src/problem.ts'
import { usualDoor } from '../../src/settings/door.ts'
import { changeDoor } from '../../src/stories/site-actions.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { type Mailbox, startMailbox } from './mailbox.ts'
import { Visitor } from './visitor.ts'

const good = 'blue lamp under the stairs'
const own = ['ada@quill.example', 'Ada Quill', 'Harbour Courier']

test.each([
  good,
  'kT9#vQ2!mZ',
  '한국의 작은 등대 하나 둘',
  '8391047265',
  'tidal-marsh-42-oak',
  'correct the tide tables',
  '🦭🦭⚓🦀🌊🐚🪸🐟🛟🚢',
])('“%s” may be a password', (password) => expect(refuseWeak(password, own)).toBeUndefined())

test.each([
  ['nine signs', 'k9#vQ2!mZ'],
  ['nine signs that are many code points', '👩‍👩‍👧‍👦'.repeat(9)],
  ['201 signs', 'kT9#vQ2!mZ'.repeat(20) + 'k'],
  ['a line break', 'blue lamp\nunder the stairs'],
  ['the most common of all', 'password123'],
  ['its like with digits for letters', 'P4ssw0rd!!2024'],
  ['a walk over the keyboard', 'qwertzuiop'],
  ['two columns of it', '1qaz2wsx3edc'],
  ['the digits', '0123456789'],
  ['one sign again and again', 'aaaaaaaaaaaa'],
  ['one piece again and again', 'lolalolalola'],
  ['a date', '23.05.1987'],
  ['a month and a year', 'September2026'],
  ['two common words', 'dragon-monkey'],
  ['their own name', 'adaquill1990'],
  ['their own address', 'ada@quill.example'],
  ['the site’s name', 'HarbourCourier1!'],
])('%s is refused: %s', (_, password) => {
  expect(refuseWeak(password, own)).toMatchObject({ problem: 'password-weak', at: '/password' })
})

test('a password is the same however the keyboard composes it, and nothing else of it is changed', () => {
  expect(preparePassword('cafe\u0301 au\u3000lait')).toBe('café au lait')
  expect(preparePassword('ＡＢＣ abc ')).toBe('ＡＢＣ abc ')
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (typed) => {
      expect(preparePassword(typed.normalize('NFD'))).toBe(preparePassword(typed))
      expect(preparePassword(preparePassword(typed))).toBe(preparePassword(typed))
    }),
  )
})

const folder = mkdtempSync(join(tmpdir(), 'passwords-'))
const hashOf = (password: string) => createHash('sha1').update(password).digest('hex').toUpperCase()
function keepFile(passwords: string[], write: (hash: string, n: number) => string): string {
  const path = join(folder, `${hashOf(passwords.join()).slice(0, 10)}.txt`)
  writeFileSync(path, passwords.map(hashOf).sort().map(write).join(''))
  return path
}

test.each<[string, (hash: string, n: number) => string]>([
  ['hashes with counts', (hash, n) => `${hash}:${10 ** (n % 8)}\r\n`],
  ['hashes alone', (hash) => `${hash}\n`],
  ['lower case', (hash) => `${hash.toLowerCase()}\n`],
  ['the beginnings of hashes', (hash) => `${hash.slice(0, 16)}\n`],
])('a file of what became known: %s are found, each of them and no other', async (_, write) => {
  const word = fc.stringMatching(/^[a-z]{1,12}$/)
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(word, { maxLength: 60 }), word, async (known, other) => {
      const path = keepFile(known, write)
      for (const password of known) expect(await isInFile(path, password)).toBe(true)
      expect(await isInFile(path, other)).toBe(known.includes(other))
    }),
    { numRuns: 30 },
  )
})

test('hashing does not starve the server: two at once, some wait, and who comes then is asked to come back', async () => {
  const passwords = makePasswords(null)
  const made = await Promise.all(Array.from({ length: 70 }, () => passwords.hash(good)))
  const refused = made.filter(isProblem)
  expect(refused).toHaveLength(8)
  expect(refused[0]).toMatchObject({ problem: 'busy', retryAfter: 5 })
  const [hash] = made
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(await passwords.verify(hash as string, good)).toBe(true)
  expect(await passwords.verify(hash as string, `${good}.`)).toBe(false)
  expect(await passwords.verify(null, good)).toBe(false)
})

let newsroom: Newsroom
let mailbox: Mailbox
let visitor: Visitor
beforeAll(async () => {
  mailbox = await startMailbox()
  const breachedPasswords = keepFile(['seven slow herons'], (hash) => `${hash}:3\r\n`)
  newsroom = await startNewsroom({ smtpUrl: mailbox.url, breachedPasswords })
})
afterAll(async () => {
  await newsroom?.close()
  await mailbox?.stop()
  rmSync(folder, { recursive: true })
})
const allow = (passwords: boolean) => changeDoor(newsroom.app, { ...usualDoor, passwords })
/** The product’s clock, so many minutes ahead. */
const moveClock = (minutes: number) => {
  newsroom.app.now = () => new Date(Date.now() + minutes * 60_000)
}
const newVisitor = () => new Visitor(newsroom, mailbox)
beforeEach(async () => {
  visitor = newVisitor()
  moveClock(0)
  await allow(true)
})

const enter = (who: Visitor, email: string, password: string, to = '/') =>
  who.post('/sign-in/password', { email, password, to })
const readHash = (email: string) =>
  newsroom.app.db
    .selectFrom('identity')
    .innerJoin('person', 'person.identityId', 'identity.id')
    .select('identity.password')
    .where('person.name', '=', email)
    .executeTakeFirst()

test('passwords are off until a site wants them', async () => {
  await allow(false)
  await visitor.signIn('ivo@quill.example', 'Ivo Quill')
  expect(await (await visitor.get('/me/account')).text()).not.toContain('action="/me/password"')
  expect((await visitor.post('/me/password', { password: good })).status).toBe(403)
  expect(await (await newVisitor().get('/sign-in')).text()).not.toContain('/sign-in/password')
  expect((await newVisitor().get('/sign-in/password')).status).toBe(404)
  expect((await enter(newVisitor(), 'ivo@quill.example', good)).status).toBe(404)
})

test('somebody with a proven address sets a password, comes in with it, and comes back to where they were', async () => {
  await visitor.signIn('ada@quill.example', 'Ada Quill')
  expect(await (await visitor.get('/me/account')).text()).toContain('Choose a password')
  const set = await visitor.post('/me/password', { password: good })
  expect([set.status, set.headers.get('location')]).toEqual([303, '/me/account?changed=password&lang=en'])
  const elsewhere = newVisitor()
  const asked = await (await elsewhere.get('/sign-in?to=/s/ferry')).text()
  expect(asked).toContain('/sign-in/password?to=%2Fs%2Fferry')
  const come = await enter(elsewhere, ' Ada@Quill.example', good, '/s/ferry')
  expect([come.status, come.headers.get('location')]).toEqual([303, '/s/ferry'])
  expect(await elsewhere.whoAmI()).toEqual(await visitor.whoAmI())
})

test('what is kept is a hash, with a salt of its own', async () => {
  await visitor.signIn('bo@quill.example', 'Bo Quill')
  await visitor.post('/me/password', { password: good })
  const kept = await readHash('Bo Quill')
  expect(kept!.password).toMatch(/^\$argon2id\$/)
  await visitor.post('/me/password', { password: good })
  expect((await readHash('Bo Quill'))!.password).not.toBe(kept!.password)
})

test.each([
  ['is guessed first', 'password1234'],
  ['is the name of whoever chooses it', 'Cass Quill 1990'],
  ['became known elsewhere', 'seven slow herons'],
])('one that %s is refused, and said so beside the field', async (_, password) => {
  await visitor.signIn('cass@quill.example', 'Cass Quill')
  const refused = await visitor.post('/me/password', { password })
  expect(refused.status).toBe(422)
  const page = await refused.text()
  expect(page).toContain('among those that are guessed first')
  expect(page).not.toContain(password)
})

test('a change ends all other sessions, and the mailbox is told', async () => {
  await visitor.signIn('dee@quill.example', 'Dee Quill')
  await visitor.post('/me/password', { password: good })
  const phone = newVisitor()
  await enter(phone, 'dee@quill.example', good)
  const before = mailbox.mails.length
  await visitor.post('/me/password', { password: `${good} again` })
  expect((await phone.whoAmI()).status).toBe(401)
  expect((await visitor.whoAmI()).status).toBe(200)
  expect(mailbox.mails.slice(before).map(({ to }) => to)).toEqual([['dee@quill.example']])
  expect(mailbox.mails.at(-1)!.source).toContain('was changed')
  expect((await enter(phone, 'dee@quill.example', good)).status).toBe(403)
})

test('a session that was left open is not enough: the password before is asked for, or a new sign-in', async () => {
  await visitor.signIn('eli@quill.example', 'Eli Quill')
  moveClock(11)
  const page = await (await visitor.get('/me/account')).text()
  expect(page).toContain('To set a password, sign in again first')
  expect((await visitor.post('/me/password', { password: good })).status).toBe(403)
  expect((await readHash('Eli Quill'))!.password).toBeNull()

  await visitor.post('/sign-in/link', { token: await visitor.askForLink('eli@quill.example') })
  expect((await visitor.post('/me/password', { password: good })).status).toBe(303)
  moveClock(22)
  const other = 'a heron on the third pole'
  const refused = await visitor.post('/me/password', { password: other, current: 'something else' })
  expect(refused.status).toBe(403)
  expect(await refused.text()).toContain('This is not your password.')
  expect((await visitor.post('/me/password/remove', { remove: 'yes' })).status).toBe(403)
  expect((await visitor.post('/me/password', { password: other, current: good })).status).toBe(303)
  expect((await enter(newVisitor(), 'eli@quill.example', other)).status).toBe(303)
})

test('who forgets theirs comes in by the mailed link and sets another', async () => {
  await visitor.signIn('fay@quill.example', 'Fay Quill')
  await visitor.post('/me/password', { password: good })
  const phone = newVisitor()
  moveClock(60)
  expect(await (await phone.get('/sign-in/password')).text()).toContain('Sign in by mail')
  await phone.post('/sign-in/link', { token: await phone.askForLink('fay@quill.example') })
  expect((await phone.post('/me/password', { password: 'a heron on the pole' })).status).toBe(303)
  expect((await enter(newVisitor(), 'fay@quill.example', good)).status).toBe(403)
})

test('a password is removed; the mailed link is still there', async () => {
  await visitor.signIn('gil@quill.example', 'Gil Quill')
  await visitor.post('/me/password', { password: good })
  expect((await visitor.post('/me/password/remove', { remove: 'yes' })).status).toBe(303)
  expect((await enter(newVisitor(), 'gil@quill.example', good)).status).toBe(403)
  const phone = newVisitor()
  await phone.post('/sign-in/link', { token: await phone.askForLink('gil@quill.example') })
  expect((await phone.whoAmI()).name).toBe('Gil Quill')
})

test('pre-registered takeover by password: nobody signs up by one, so nobody can lie in wait with one', async () => {
  const count = async () => {
    const { db } = newsroom.app
    return [
      await db.selectFrom('identity').select('id').execute(),
      await db.selectFrom('person').select('id').execute(),
    ]
  }
  const before = await count()
  expect((await enter(visitor, 'victim@quill.example', good)).status).toBe(403)
  expect(await count()).toEqual(before)
  expect((await visitor.post('/me/password', { password: good })).headers.get('location')).toContain(
    '/sign-in',
  )
})

test('pre-registered takeover by password: on an address that was only told, none can be set', async () => {
  const { app } = newsroom
  const addresses = makeAddresses(await readSecret(app.settings))
  await visitor.signIn('eve@quill.example', 'Eve Lurker')
  const told = await insertIdentity(
    app.db,
    addresses,
    { address: null, contact: 'vera@quill.example' },
    app.now(),
  )
  await app.db.updateTable('person').set({ identityId: told }).where('name', '=', 'Eve Lurker').execute()
  expect(await (await visitor.get('/me/account')).text()).not.toContain('action="/me/password"')
  expect((await visitor.post('/me/password', { password: good })).status).toBe(403)
  const victim = newVisitor()
  await victim.signIn('vera@quill.example', 'Vera Quill')
  expect((await enter(newVisitor(), 'vera@quill.example', good)).status).toBe(403)
  expect((await victim.whoAmI()).name).toBe('Vera Quill')
})

test('one who is known on another site of the installation is asked for a name here', async () => {
  const { app } = newsroom
  const addresses = makeAddresses(await readSecret(app.settings))
  const id = await insertIdentity(
    app.db,
    addresses,
    { address: 'hal@quill.example', contact: null },
    app.now(),
  )
  const password = (await makePasswords(null).hash(good)) as string
  await app.db.updateTable('identity').set({ password }).where('id', '=', id).execute()
  const come = await enter(visitor, 'hal@quill.example', good, '/s/ferry')
  const onward = come.headers.get('location')!
  expect(onward).toMatch(/^\/sign-in\/link\?token=[\w-]+&to=%2Fs%2Fferry$/)
  const page = await (await visitor.get(onward)).text()
  expect(page).toContain('name="name"')
  const token = new URL(onward, newsroom.origin).searchParams.get('token')!
  await visitor.post('/sign-in/link', { token, name: 'Hal Quill' })
  expect((await visitor.whoAmI()).name).toBe('Hal Quill')
})

test('a form that another site sends is refused', async () => {
  await visitor.signIn('ina@quill.example', 'Ina Quill')
  const foreign = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
  for (const [path, fields] of [
    ['/sign-in/password', { email: 'ina@quill.example', password: good, to: '/' }],
    ['/me/password', { password: good }],
    ['/me/password/remove', { remove: 'yes' }],
  ] as const)
    expect((await visitor.post(path, fields, foreign)).status).toBe(403)
  expect((await readHash('Ina Quill'))!.password).toBeNull()
})
