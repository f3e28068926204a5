/** What an OpenID Connect provider, or somebody in its place, may say that must not be believed. */
import { createHash } from 'node:crypto'
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { newId } from '../../src/database/ids.ts'
import { insertProvider } from '../../src/people/provider-store.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { Browser } from './browser.ts'
import { type CrookedServer, listenCrooked, sendJson } from './crooked-server.ts'

const CLIENT = 'courier'

let crooked: CrookedServer
let newsroom: Newsroom
let original: CrookedServer['paths']
beforeAll(async () => {
  crooked = await listenCrooked()
  original = new Map(crooked.paths)
  newsroom = await startNewsroom({ fetchAllow: [crooked.issuer], logLevel: 'silent' })
})
beforeEach(() => {
  crooked.paths.clear()
  for (const [path, handler] of original) crooked.paths.set(path, handler)
  crooked.tokens.length = 0
})
afterAll(async () => {
  await newsroom?.close()
  crooked?.stop()
})

/** A provider that nothing is known of yet. */
async function addProvider(issuer = crooked.issuer): Promise<string> {
  const { db, now, site } = newsroom.app
  const provider = {
    id: newId(),
    kind: 'oidc' as const,
    name: 'Crooked',
    issuer,
    authorizeUrl: null,
    tokenUrl: null,
    profileUrl: null,
    clientId: CLIENT,
    secretSealed: null,
    scopes: 'openid email',
    fields: {},
    isTrusted: true,
  }
  await insertProvider(db, site.id, provider, now())
  return provider.id
}

const press = (id: string, browser = new Browser()) =>
  browser.go(`${newsroom.origin}/sign-in/provider/${id}`, { to: '/' })

const nowSeconds = () => Math.floor(Date.now() / 1000)
const rightClaims = (): JWTPayload => ({
  iss: crooked.issuer,
  aud: CLIENT,
  sub: 'somebody',
  iat: nowSeconds(),
  exp: nowSeconds() + 300,
  nonce: crooked.asked.get('nonce')!,
})
const withoutSubject = (): JWTPayload => {
  const { sub: _sub, ...claims } = rightClaims()
  return claims
}
const sign = (claims: JWTPayload, key: Parameters<SignJWT['sign']>[0] = crooked.privateKey, header = {}) =>
  new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'one', ...header }).sign(key)

/** Has the token address answer with this ID token. */
const answerToken = (make: () => Promise<string>) =>
  crooked.paths.set('/token', async (_request, response) =>
    sendJson(response, { access_token: 'an-access-token', token_type: 'Bearer', id_token: await make() }),
  )

test('with everything right, somebody comes in', async () => {
  answerToken(() => sign(rightClaims()))
  const asked = await press(await addProvider())
  expect(asked.url).toContain('/sign-in/link?token=')
})

test.each<[string, () => Promise<string>]>([
  ['another nonce', () => sign({ ...rightClaims(), nonce: 'another' })],
  ['no nonce', () => sign({ ...rightClaims(), nonce: null })],
  ['another issuer', () => sign({ ...rightClaims(), iss: 'https://evil.example' })],
  ['another audience', () => sign({ ...rightClaims(), aud: 'another-site' })],
  ['no subject', () => sign(withoutSubject())],
  ['a subject that is too long', () => sign({ ...rightClaims(), sub: 'x'.repeat(256) })],
  ['an end two minutes ago', () => sign({ ...rightClaims(), exp: nowSeconds() - 120 })],
  [
    'a key that is not the provider’s',
    async () => sign(rightClaims(), (await generateKeyPair('RS256')).privateKey),
  ],
  [
    'a key of that name that it brings along',
    async () => {
      const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
      return sign(rightClaims(), privateKey, { jwk: await exportJWK(publicKey) })
    },
  ],
  ['another key’s name', () => sign(rightClaims(), crooked.privateKey, { kid: '../../one' })],
  ['no signature (alg none)', async () => new UnsecuredJWT(rightClaims()).encode()],
  [
    'the public key as a secret (algorithm confusion)',
    async () => {
      const { n, e } = crooked.publicKey
      const spki = await exportSPKI((await importPublic({ kty: 'RSA', n: n!, e: e! })) as CryptoKey)
      return sign(rightClaims(), new TextEncoder().encode(spki), { alg: 'HS256' })
    },
  ],
  [
    'a body that was changed',
    async () => {
      const [head, , signature] = (await sign(rightClaims())).split('.')
      const claims = Buffer.from(JSON.stringify({ ...rightClaims(), sub: 'an-editor' })).toString('base64url')
      return `${head}.${claims}.${signature}`
    },
  ],
  ['no form at all', async () => 'not-a-token'],
])('an ID token with %s is not believed', async (_what, make) => {
  answerToken(make)
  const refused = await press(await addProvider())
  expect(refused.status).toBe(403)
  expect(refused.text).toContain('could not be checked')
})

const importPublic = async (jwk: { kty: string; n: string; e: string }) =>
  crypto.subtle.importKey('jwk', jwk, { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, true, ['verify'])

test('clocks may differ by a minute', async () => {
  answerToken(() => sign({ ...rightClaims(), iat: nowSeconds() + 50, exp: nowSeconds() - 50 }))
  expect((await press(await addProvider())).url).toContain('/sign-in/link?token=')
})

test('the code is sent with its verifier, which fits what the browser was sent with', async () => {
  answerToken(() => sign(rightClaims()))
  await press(await addProvider())
  const { form } = crooked.tokens[0]!
  const challenge = createHash('sha256').update(form.get('code_verifier')!).digest('base64url')
  expect(challenge).toBe(crooked.asked.get('code_challenge'))
  expect(form.get('redirect_uri')).toBe(crooked.asked.get('redirect_uri'))
})

test('an address in the user info counts by what the user info says of it, and only for the same person', async () => {
  const withUserInfo = async (info: object) => {
    const known = original.get('/.well-known/openid-configuration')!
    crooked.paths.set('/.well-known/openid-configuration', (request, response, form) => {
      const end = response.end.bind(response)
      response.end = ((body: string) =>
        end(JSON.stringify({ ...JSON.parse(body), userinfo_endpoint: `${crooked.issuer}/me` }))) as never
      return known(request, response, form)
    })
    crooked.paths.set('/me', (_request, response) => sendJson(response, info))
    answerToken(() => sign({ ...rightClaims(), email_verified: true }))
    return press(await addProvider())
  }
  const mixed = await withUserInfo({ sub: 'somebody', email: 'mixed@quill.example' })
  expect(mixed.text).not.toContain('mixed@quill.example')
  const whole = await withUserInfo({ sub: 'somebody', email: 'whole@quill.example', email_verified: true })
  expect(whole.text).toContain('whole@quill.example')
  const another = await withUserInfo({
    sub: 'somebody else',
    email: 'else@quill.example',
    email_verified: true,
  })
  expect(another.status).toBe(403)
})

test.each<[string, () => void]>([
  ['does not answer', () => crooked.paths.set('/token', ({ socket }) => void socket.destroy())],
  [
    'has a fault',
    () => crooked.paths.set('/token', (_request, response) => sendJson(response, { error: 'oops' }, 500)),
  ],
  [
    'answers with a page',
    () =>
      crooked.paths.set('/token', (_request, response) => {
        response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>')
      }),
  ],
  [
    'leads elsewhere',
    () =>
      crooked.paths.set('/keys', (_request, response) => {
        response.writeHead(302, { location: 'http://169.254.169.254/' }).end()
      }),
  ],
])('a provider that %s at the last step: a page in words, and nobody is in', async (what, spoil) => {
  answerToken(() => sign(rightClaims()))
  spoil()
  const refused = await press(await addProvider())
  expect(refused.status).toBe(what === 'leads elsewhere' ? 403 : 503)
  expect(refused.text).toContain('Back to signing in')
})

test('a secret that the provider does not take is the newsroom’s to mend, and says so', async () => {
  crooked.paths.set('/token', (_request, response) => sendJson(response, { error: 'invalid_client' }, 401))
  const refused = await press(await addProvider())
  expect(refused.status).toBe(503)
  expect(refused.text).toContain('not set up as it should be')
})

const discoverAs = (metadata: object) =>
  crooked.paths.set('/.well-known/openid-configuration', (_request, response) =>
    sendJson(response, {
      issuer: crooked.issuer,
      authorization_endpoint: `${crooked.issuer}/authorize`,
      token_endpoint: `${crooked.issuer}/token`,
      jwks_uri: `${crooked.issuer}/keys`,
      ...metadata,
    }),
  )

test.each([
  ['is away', 503, 'http://127.0.0.1:1', {}],
  ['is behind the server’s walls', 503, 'https://10.0.0.7', {}],
  ['says it is another', 403, undefined, { issuer: 'https://evil.example' }],
  ['sends browsers to a script', 503, undefined, { authorization_endpoint: 'javascript:alert(1)' }],
  ['has no sign-in page', 503, undefined, { authorization_endpoint: undefined }],
  ['has a sign-in page that is a list', 503, undefined, { authorization_endpoint: ['a', 'b'] }],
  ['takes codes in the open', 503, undefined, { token_endpoint: 'http://news.example/token' }],
  ['shows no keys', 503, undefined, { jwks_uri: undefined }],
])(
  'a provider that %s: the button leads to a page in words, and back',
  async (_what, status, issuer, metadata) => {
    discoverAs(metadata)
    const refused = await press(await addProvider(issuer))
    expect(refused.status).toBe(status)
    expect(refused.text).toContain('You are not signed in with')
    expect(refused.headers.get('refresh')).toBeNull()
  },
)

test('a provider that was away is asked again as soon as it is back', async () => {
  const discovery = crooked.paths.get('/.well-known/openid-configuration')!
  crooked.paths.delete('/.well-known/openid-configuration')
  answerToken(() => sign(rightClaims()))
  const id = await addProvider()
  expect((await press(id)).text).toContain('You are not signed in with')
  crooked.paths.set('/.well-known/openid-configuration', discovery)
  expect((await press(id)).url).toContain('/sign-in/link?token=')
})
