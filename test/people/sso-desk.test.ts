import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Role } from '../../src/database/tables.ts'
import { type Answer, type Newsroom, startNewsroom } from '../newsroom.ts'
import { ed, forge, issuer, secret as otherSecret, pemOf, rsa } from './sso-tokens.ts'

const page = '/desk/people/sso'
const courier = 'https://courier.example'
const talk = 'https://talk.courier.example'

let newsroom: Newsroom
let keyServer: Server
let published: string
beforeAll(async () => {
  keyServer = createServer((request, response) => {
    const keys = request.url === '/keys' ? [ed.publicKey.export({ format: 'jwk' })] : []
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }))
  })
  keyServer.listen(0, '127.0.0.1')
  await once(keyServer, 'listening')
  published = `http://127.0.0.1:${(keyServer.address() as AddressInfo).port}`
  newsroom = await startNewsroom({ origins: [courier], fetchAllow: [published] })
})
afterAll(async () => {
  await newsroom?.close()
  keyServer?.close()
})

/** A form of the desk, sent by someone of this role on our own page. */
async function send(path: string, fields: Record<string, string>, role: Role = 'admin'): Promise<Answer> {
  const cookie = `detente=${await newsroom.sessionTokenOf(`Desk ${role}`, role, null)}`
  const headers = { cookie, accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' }
  return newsroom.call('POST', path, { body: new URLSearchParams(fields).toString(), headers })
}
async function see(role: Role = 'admin'): Promise<Answer> {
  const cookie = `detente=${await newsroom.sessionTokenOf(`Desk ${role}`, role, null)}`
  return newsroom.call('GET', page, { headers: { cookie, accept: 'text/html' } })
}

const listKeys = () =>
  newsroom.app.db
    .selectFrom('ssoKey')
    .selectAll()
    .where('retiredAt', 'is', null)
    .orderBy('createdAt')
    .execute()

async function retireAll(): Promise<void> {
  for (const { id } of await listKeys()) expect((await send(`${page}/${id}/retire`, {})).status).toBe(303)
}

const signIn = (header: object, key: Parameters<typeof forge>[2], claims: object = {}) => {
  const iat = Math.floor(Date.now() / 1000)
  const usual = { sub: 'desk-1', name: 'Mara Quill', iat, exp: iat + 60, iss: issuer, aud: talk }
  const body = { token: forge(header, { ...usual, ...claims }, key) }
  return newsroom.call('POST', '/api/session/exchange', { body, headers: { origin: courier } })
}

test('a secret that is made here is shown once, and signs readers in', async () => {
  const added = await send(page, { label: 'Courier', kind: 'make', 'role-staff': '1' })
  expect(added.status).toBe(200)
  const [, secret = ''] = /<code dir="ltr">([\w-]{43})<\/code>/.exec(added.text) ?? []
  expect((await signIn({ alg: 'HS256' }, Buffer.from(secret))).status).toBe(200)
  const seen = (await see()).text
  expect(seen).toContain('Courier')
  expect(seen).not.toContain(secret)
  const [key] = await listKeys()
  expect(key).toMatchObject({ label: 'Courier', algorithm: 'HS256', roles: ['staff'], kid: null })
  // Sealed: the database alone gives nobody the newsroom's secret.
  expect(key?.secretSealed?.toString('latin1')).not.toContain(secret)
  await retireAll()
  expect((await signIn({ alg: 'HS256' }, Buffer.from(secret))).json()).toMatchObject({
    detail: expect.stringMatching(/^key-missing/),
  })
})

test.each([
  ['an Ed25519 key as PEM', () => pemOf(ed.publicKey), { alg: 'EdDSA' }, ed.privateKey],
  [
    'an RSA key as JWK',
    () => JSON.stringify(rsa.publicKey.export({ format: 'jwk' })),
    { alg: 'RS256' },
    rsa.privateKey,
  ],
] as const)('%s signs readers in', async (_, text, header, privateKey) => {
  const form = { label: 'Public', kind: 'public', text: text(), issuer, audience: talk }
  expect((await send(page, form)).status).toBe(303)
  expect((await signIn(header, privateKey)).status).toBe(200)
  await retireAll()
})

test('a published set is tried when it is added, and signs readers in', async () => {
  const form = { label: 'Set', kind: 'set', issuer, audience: talk }
  const gone = await send(page, { ...form, text: `${published}/none` })
  expect([gone.status, gone.text]).toEqual([422, expect.stringContaining('the set is empty')])
  const away = await send(page, { ...form, text: 'https://127.0.0.1:1/keys' })
  expect([away.status, away.text]).toEqual([422, expect.stringContaining('cannot be read')])
  expect((await send(page, { ...form, text: `${published}/keys` })).status).toBe(303)
  expect((await signIn({ alg: 'EdDSA' }, ed.privateKey)).status).toBe(200)
  await retireAll()
})

test('two keys are live while one takes over from the other', async () => {
  const [old, fresh] = [randomBytes(24).toString('hex'), randomBytes(24).toString('hex')]
  await send(page, { label: 'Old', kind: 'secret', text: old, kid: '2026' })
  await send(page, { label: 'Fresh', kind: 'secret', text: fresh, kid: '2027' })
  expect((await signIn({ alg: 'HS256', kid: '2026' }, Buffer.from(old))).status).toBe(200)
  expect((await signIn({ alg: 'HS256', kid: '2027' }, Buffer.from(fresh))).status).toBe(200)
  expect((await signIn({ alg: 'HS256' }, Buffer.from(fresh))).status).toBe(200)
  const [first] = await listKeys()
  await send(`${page}/${first!.id}/retire`, {})
  expect((await signIn({ alg: 'HS256', kid: '2026' }, Buffer.from(old))).status).toBe(403)
  expect((await signIn({ alg: 'HS256' }, Buffer.from(fresh))).status).toBe(200)
  await retireAll()
})

test.each([
  ['no name', { label: ' ', kind: 'make' }, 'Give the key a name'],
  ['a short secret', { label: 'a', kind: 'secret', text: 'short' }, '5 bytes and needs 32'],
  ['no key', { label: 'a', kind: 'public', text: 'nonsense' }, 'cannot be used'],
  [
    'a set without https',
    { label: 'a', kind: 'set', text: 'http://courier.example/keys' },
    'begins with https',
  ],
  [
    'no issuer',
    { label: 'a', kind: 'public', text: pemOf(ed.publicKey), audience: talk },
    'needs an issuer and an audience',
  ],
  [
    'a private key',
    { label: 'a', kind: 'public', text: ed.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() },
    'private key',
  ],
])('a key with %s is refused in words, and what was typed stays', async (_, form, words) => {
  const refused = await send(page, form as Record<string, string>)
  expect([refused.status, refused.text]).toEqual([422, expect.stringContaining(words)])
  expect(await listKeys()).toEqual([])
})

test('a secret that was refused is not sent back', async () => {
  const refused = await send(page, { label: ' ', kind: 'secret', text: otherSecret.toString('hex') })
  expect(refused.status).toBe(422)
  expect(refused.text).not.toContain(otherSecret.toString('hex'))
})

test('a token is checked on the desk in the words of the command, and not used up', async () => {
  const secret = randomBytes(24).toString('hex')
  await send(page, { label: 'Courier', kind: 'secret', text: secret })
  const iat = Math.floor(Date.now() / 1000)
  const claims = { sub: 'desk-2', name: 'Fay <i>Haven</i>', role: 'editor', iat, exp: iat + 60, jti: 'once' }
  const token = forge({ alg: 'HS256' }, claims, Buffer.from(secret))
  const checked = await send(`${page}/check`, { token: ` ${token}\n` })
  expect(checked.status).toBe(200)
  expect(checked.text).toContain('It asks for the role editor, which the key “Courier” may not give')
  expect(checked.text).toContain('It makes a new person, called Fay &lt;i')
  expect(checked.text).not.toContain('<i>Haven')
  const body = { token }
  const exchanged = await newsroom.call('POST', '/api/session/exchange', {
    body,
    headers: { origin: courier },
  })
  expect(exchanged.status).toBe(200)
  const bad = await send(`${page}/check`, { token: 'rubbish' })
  expect(bad.text).toContain('The token is refused (token-form).')
  await retireAll()
})

test('role by mass assignment: nothing but what the form has can be sent', async () => {
  const more = await send(page, { label: 'a', kind: 'make', roles: 'admin', siteId: 'x' })
  expect(more.status).toBe(422)
  expect(await listKeys()).toEqual([])
})

test.each(['reader', 'staff', 'moderator', 'editor'] as const)(
  'a %s sees and changes no keys',
  async (role) => {
    expect((await see(role)).status).toBe(403)
    for (const path of [page, `${page}/check`, `${page}/01890000-0000-7000-8000-000000000000/retire`]) {
      const fields =
        path === page ? { label: 'a', kind: 'make' } : path.endsWith('check') ? { token: 'a' } : {}
      expect((await send(path, fields as Record<string, string>, role)).status).toBe(403)
    }
    expect(await listKeys()).toEqual([])
  },
)

test('a key that is not there cannot be retired', async () => {
  for (const id of ['nonsense', 'settings', '01890000-0000-7000-8000-000000000000'])
    expect((await send(`${page}/${id}/retire`, {})).status).toBe(404)
})
