import { createHmac, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { UnsecuredJWT } from 'jose'
import { expect, test } from 'vitest'
import { mintScriptToken, mintToken, readToken, TOKEN_SECONDS } from '../../src/people/token.ts'

const key = new Uint8Array(randomBytes(32))
const now = new Date('2027-03-01T12:00:00Z')
const later = (seconds: number) => new Date(now.getTime() + seconds * 1000)
const holder = { personId: 'person', siteId: 'site', sessionId: 'session', isStrong: false, origin: null }

/** A token with any header and claims, signed with our key: what a thief of nothing but the key's format could try. */
function forge(header: object, claims: object, hash = 'sha256'): string {
  const parts = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${parts}.${createHmac(hash, key).update(parts).digest('base64url')}`
}

const claims = {
  iss: 'detente',
  sub: 'person',
  aud: 'first-party',
  site: 'site',
  sid: 'session',
  iat: now.getTime() / 1000,
  exp: later(60).getTime() / 1000,
}
const header = { alg: 'HS256', typ: 'at+jwt' }

test('a token says who holds it, where, and by which session', async () => {
  const { token, expires } = await mintToken(key, holder, now)
  expect(expires).toEqual(later(15 * 60))
  expect(await readToken(key, token, now)).toEqual({ ...holder, via: 'cookie', role: null })
})

test('a page’s token names the page’s origin', async () => {
  const origin = 'https://courier.example'
  const { token } = await mintToken(key, { ...holder, origin }, now)
  expect(await readToken(key, token, now)).toEqual({ ...holder, origin, via: 'bearer', role: null })
})

test('a script’s token has no session and carries the role it was made with', async () => {
  const script = { personId: 'person', siteId: 'site' }
  const { token } = await mintScriptToken(key, { ...script, role: 'moderator' }, now)
  const read = { ...script, sessionId: null, origin: null, via: 'script', isStrong: false }
  expect(await readToken(key, token, later(23 * 3600))).toEqual({ ...read, role: 'moderator' })
  expect(await readToken(key, token, later(24 * 3600))).toBeUndefined()
  const own = await mintScriptToken(key, { ...script, role: null }, now)
  expect(await readToken(key, own.token, now)).toEqual({ ...read, role: null })
})

test('a token is good until its time is over, and not a second longer', async () => {
  const { token } = await mintToken(key, holder, now)
  expect(await readToken(key, token, later(TOKEN_SECONDS - 1))).toBeDefined()
  expect(await readToken(key, token, later(TOKEN_SECONDS))).toBeUndefined()
})

test('the forger’s own tool makes tokens that are read when all is right', async () => {
  expect(await readToken(key, forge(header, claims), now)).toMatchObject({
    personId: 'person',
    via: 'cookie',
  })
})

test.each([
  ['another algorithm of the same key', forge({ ...header, alg: 'HS512' }, claims, 'sha512')],
  ['no algorithm', new UnsecuredJWT(claims).encode()],
  ['an algorithm with a critical extension', forge({ ...header, crit: ['exp'] }, claims)],
  ['another type of token', forge({ alg: 'HS256', typ: 'JWT' }, claims)],
  ['another issuer', forge(header, { ...claims, iss: 'courier' })],
  ['no end', forge(header, { ...claims, exp: undefined })],
  ['no beginning', forge(header, { ...claims, iat: undefined })],
  ['no person', forge(header, { ...claims, sub: undefined })],
  ['no audience', forge(header, { ...claims, aud: undefined })],
  ['several audiences', forge(header, { ...claims, aud: ['first-party', 'script'] })],
  ['no site', forge(header, { ...claims, site: undefined })],
  ['no session, though it is a page’s', forge(header, { ...claims, sid: undefined })],
  ['nothing', ''],
  ['something else', 'dtk_0123456789'],
])('a token with %s is nobody’s', async (_, token) => {
  expect(await readToken(key, token, now)).toBeUndefined()
})

test('a token of another installation is nobody’s', async () => {
  const { token } = await mintToken(new Uint8Array(randomBytes(32)), holder, now)
  expect(await readToken(key, token, now)).toBeUndefined()
})

test('a token changed anywhere is nobody’s', async () => {
  const { token } = await mintToken(key, holder, now)
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  await fc.assert(
    fc.asyncProperty(fc.nat(token.length - 2), fc.constantFrom(...letters), async (at, letter) => {
      fc.pre(token[at] !== letter)
      const changed = token.slice(0, at) + letter + token.slice(at + 1)
      return (await readToken(key, changed, now)) === undefined
    }),
  )
})
