/** Plain OAuth 2, by a server of the test's own; and the desk's page, by which providers come to be. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { newId } from '../../src/database/ids.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { Browser, type Page } from './browser.ts'
import { type CrookedServer, listenCrooked, sendJson } from './crooked-server.ts'

const desk = '/desk/people/providers'
const SECRET = 'Tide+and/time=wait for none'

let server: CrookedServer
let newsroom: Newsroom
let admin: string
let profile: Record<string, unknown>
beforeAll(async () => {
  server = await listenCrooked()
  newsroom = await startNewsroom({ fetchAllow: [server.issuer], logLevel: 'silent' })
  admin = await newsroom.sessionTokenOf('Ada Quill', 'admin', null)
})
beforeEach(() => {
  profile = { id: 4217, login: 'mira', name: 'Mira Holm' }
  server.tokens.length = 0
  server.paths.set('/token', (_request, response) =>
    sendJson(response, { access_token: 'an-access-token', token_type: 'bearer' }),
  )
  server.paths.set('/profile', ({ headers }, response) => {
    if (headers.authorization !== 'Bearer an-access-token') sendJson(response, {}, 401)
    else sendJson(response, profile)
  })
})
afterAll(async () => {
  await newsroom?.close()
  server?.stop()
})

const asAdmin = (method: string, path: string, form?: Record<string, string>, cookie = `detente=${admin}`) =>
  newsroom.call(method, path, {
    headers: { cookie, accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' },
    ...(form ? { body: new URLSearchParams(form).toString() } : {}),
  })

const typedOAuth = (): Record<string, string> => ({
  id: newId(),
  kind: 'oauth',
  name: 'Pier & Post',
  authorizeUrl: `${server.issuer}/authorize`,
  tokenUrl: `${server.issuer}/token`,
  profileUrl: `${server.issuer}/profile`,
  clientId: 'courier',
  secret: SECRET,
  scopes: 'read:user email',
  fieldId: 'id',
  fieldEmail: 'email',
  fieldVerified: 'verified',
  fieldName: 'name',
  trusted: 'yes',
})
const typedOpenId = (): Record<string, string> => ({
  id: newId(),
  kind: 'oidc',
  name: 'Harbour',
  issuer: server.issuer,
  clientId: 'courier',
  secret: SECRET,
  scopes: 'openid email',
})

async function addProvider(changes: Record<string, string> = {}): Promise<string> {
  const typed = { ...typedOAuth(), ...changes }
  expect((await asAdmin('POST', desk, typed)).status).toBe(303)
  return typed.id!
}

const press = (id: string, browser = new Browser(), stop?: RegExp): Promise<Page> =>
  browser.go(`${newsroom.origin}/sign-in/provider/${id}`, { to: '/rules' }, stop)

const arrive = async (id: string, name: string, browser = new Browser()): Promise<Page> => {
  const { searchParams } = new URL((await press(id, browser)).url)
  const token = searchParams.get('token') ?? ''
  return browser.go(`${newsroom.origin}/sign-in/link`, { token, to: '/rules', name })
}

test('a newcomer is asked for a name; later they come straight in, whatever their name is there by then', async () => {
  const id = await addProvider()
  const asked = await press(id)
  expect(asked.text).toContain('value="Mira Holm"')
  await arrive(id, 'Mira')
  profile = { ...profile, name: 'Somebody else' }
  expect((await press(id)).url).toBe(`${newsroom.origin}/rules`)
})

test('the code is exchanged with the client’s secret and the verifier, and no nonce or issuer is asked of it', async () => {
  const id = await addProvider()
  const { url } = await press(id, new Browser(), /\/callback\?/)
  expect(Object.fromEntries(server.asked)).toMatchObject({
    response_type: 'code',
    client_id: 'courier',
    scope: 'read:user email',
    code_challenge_method: 'S256',
    redirect_uri: `${newsroom.origin}/sign-in/provider/${id}/callback`,
  })
  expect(server.asked.has('nonce')).toBe(false)
  const browser = new Browser()
  await press(id, browser)
  expect(Object.fromEntries(server.tokens.at(-1)!.form)).toMatchObject({
    grant_type: 'authorization_code',
    client_id: 'courier',
    client_secret: SECRET,
    code: 'a-code',
  })
  expect(url).toContain('state=')
})

test('a server that says who it is on the way back is taken as well', async () => {
  const id = await addProvider()
  const browser = new Browser()
  const { url } = await press(id, browser, /\/callback\?/)
  expect((await browser.go(`${url}&iss=https%3A%2F%2Fpost.example%2Foauth`)).url).toContain('/sign-in/link')
})

test.each([
  ['verified', { email: 'mira@post.example', verified: true }, true],
  ['verified, as a word', { email: 'mira@post.example', verified: 'true' }, true],
  ['not verified', { email: 'mira@post.example', verified: false }, false],
  ['verified, as a number', { email: 'mira@post.example', verified: 1 }, false],
  ['of which nothing is said', { email: 'mira@post.example' }, false],
])('an address that is %s', async (_what, said, counts) => {
  profile = { id: newId(), ...said }
  const asked = await press(await addProvider())
  expect(asked.text.includes('mira@post.example')).toBe(counts)
})

test('a field may lie inside another', async () => {
  profile = { data: { id: 'x1', called: 'Inner Harbour' } }
  const id = await addProvider({ fieldId: 'data.id', fieldName: 'data.called' })
  expect((await press(id)).text).toContain('value="Inner Harbour"')
})

test.each([
  ['no id', {}],
  ['an id that is a list', { id: ['a'] }],
  ['an id that JSON cannot carry', { id: 2 ** 60 }],
  ['an empty id', { id: '' }],
])('a profile with %s is nobody’s', async (_what, said) => {
  profile = { ...said }
  const refused = await press(await addProvider())
  expect(refused.status).toBe(403)
  expect(refused.text).toContain('could not be checked')
})

test.each([
  [
    'is a page',
    503,
    (_request: unknown, response: Parameters<typeof sendJson>[0]) => {
      response.setHeader('content-type', 'text/html').end('<h1>Hello</h1>')
    },
  ],
  [
    'is no JSON',
    403,
    (_request: unknown, response: Parameters<typeof sendJson>[0]) => {
      response.setHeader('content-type', 'application/json').end('{')
    },
  ],
  ['is a list', 403, (_request: unknown, response: Parameters<typeof sendJson>[0]) => sendJson(response, [])],
  [
    'is refused',
    503,
    (_request: unknown, response: Parameters<typeof sendJson>[0]) => sendJson(response, {}, 403),
  ],
  [
    'is behind the server’s walls',
    503,
    (_request: unknown, response: Parameters<typeof sendJson>[0]) => {
      response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end()
    },
  ],
] as const)('a profile that %s lets nobody in, and says so', async (_what, status, handler) => {
  const id = await addProvider()
  server.paths.set('/profile', handler)
  const refused = await press(id)
  expect(refused.status).toBe(status)
  expect(refused.text).toContain('You are not signed in with')
})

test('two providers’ people of the same id are two', async () => {
  profile = { id: 'same' }
  const one = await addProvider()
  await arrive(one, 'One of two')
  expect((await press(await addProvider())).url).toContain('/sign-in/link')
})

test('the desk’s page lists, tries and retires; a secret is sealed and never shown', async () => {
  const typed = typedOpenId()
  expect((await asAdmin('POST', desk, typed)).status).toBe(303)
  expect((await asAdmin('POST', desk, typed)).status).toBe(303)
  const listed = await asAdmin('GET', desk)
  expect(listed.text.split(`aria-labelledby="provider-${typed.id}"`)).toHaveLength(2)
  expect(listed.text).toContain(`${newsroom.origin}/sign-in/provider/${typed.id}/callback`)
  expect(listed.text).not.toContain(SECRET)
  const row = await newsroom.app.db
    .selectFrom('provider')
    .selectAll()
    .where('id', '=', typed.id!)
    .executeTakeFirstOrThrow()
  expect(row.secretSealed?.includes(SECRET)).toBe(false)

  expect((await asAdmin('POST', `${desk}/${typed.id}/try`, {})).text).toContain('It answers')
  const discovery = server.paths.get('/.well-known/openid-configuration')!
  server.paths.delete('/.well-known/openid-configuration')
  expect((await asAdmin('POST', `${desk}/${typed.id}/try`, {})).text).toContain(
    'does not answer as it should',
  )
  server.paths.set('/.well-known/openid-configuration', discovery)

  expect((await newsroom.call('GET', '/sign-in')).text).toContain(`/sign-in/provider/${typed.id}`)
  expect((await asAdmin('POST', `${desk}/${typed.id}/retire`, {})).status).toBe(303)
  expect((await newsroom.call('GET', '/sign-in')).text).not.toContain(`/sign-in/provider/${typed.id}`)
  expect((await asAdmin('POST', `${desk}/${typed.id}/retire`, {})).status).toBe(404)
  expect((await asAdmin('POST', `${desk}/${typed.id}/try`, {})).status).toBe(404)
  expect((await press(typed.id!)).status).toBe(404)
})

test('a secret that ran out is replaced; the next sign-in uses the new one, and everyone stays who they are', async () => {
  profile = { id: 'long since here' }
  const id = await addProvider()
  await arrive(id, 'Long since here')
  expect((await asAdmin('POST', `${desk}/${id}/secret`, { secret: 'a newer one' })).status).toBe(303)
  expect((await press(id)).url).toBe(`${newsroom.origin}/rules`)
  expect(server.tokens.at(-1)!.form.get('client_secret')).toBe('a newer one')
  expect((await asAdmin('POST', `${desk}/${id}/secret`, { secret: 'a\u0001b' })).status).toBe(422)
  expect((await asAdmin('POST', `${desk}/${newId()}/secret`, { secret: 'a newer one' })).status).toBe(404)
})

test('a provider that is retired between the button and the way back lets nobody in', async () => {
  const id = await addProvider()
  const browser = new Browser()
  const { url } = await press(id, browser, /\/callback\?/)
  await asAdmin('POST', `${desk}/${id}/retire`, {})
  expect((await browser.go(url)).status).toBe(404)
})

test.each([
  ['no name', typedOpenId, { name: ' ' }, 'name'],
  ['a name that turns the page around', typedOpenId, { name: 'a\u202eb' }, 'name'],
  ['an issuer by http', typedOpenId, { issuer: 'http://id.news.example' }, 'issuer'],
  ['an issuer that is a script', typedOpenId, { issuer: 'javascript:alert(1)' }, 'issuer'],
  ['an issuer with a password', typedOpenId, { issuer: 'https://a:b@id.news.example' }, 'issuer'],
  ['a client id with a line end', typedOpenId, { clientId: 'a\r\nb' }, 'clientId'],
  ['a scope with a quote', typedOpenId, { scopes: 'openid "' }, 'scopes'],
  ['a token address by http', typedOAuth, { tokenUrl: 'http://post.example/token' }, 'tokenUrl'],
  ['no profile', typedOAuth, { profileUrl: '' }, 'profileUrl'],
  ['no field for the id', typedOAuth, { fieldId: '' }, 'fieldId'],
])('a provider with %s is refused beside the form, which keeps the rest', async (_what, make, change, at) => {
  const refused = await asAdmin('POST', desk, { ...make(), ...change })
  expect(refused.status).toBe(422)
  expect(refused.text).toMatch(new RegExp(`<input[^>]*name="${at}"[^>]*aria-invalid="true"`))
  expect(refused.text.includes('value="courier"')).toBe(at !== 'clientId')
  expect(refused.text).not.toContain(SECRET)
})

test('the address of a discovery document is taken for its issuer', async () => {
  const typed = typedOpenId()
  typed.issuer = `${server.issuer}/.well-known/openid-configuration`
  expect((await asAdmin('POST', desk, typed)).status).toBe(303)
  expect((await asAdmin('POST', `${desk}/${typed.id}/try`, {})).text).toContain('It answers')
})

test.each(['editor', 'reader'] as const)('the page is no %s’s', async (role) => {
  const cookie = `detente=${await newsroom.sessionTokenOf(`A ${role}`, role, null)}`
  const id = await addProvider()
  for (const [method, path, form] of [
    ['GET', desk, undefined],
    ['POST', desk, typedOAuth()],
    ['POST', `${desk}/${id}/try`, {}],
    ['POST', `${desk}/${id}/secret`, { secret: 'mine' }],
    ['POST', `${desk}/${id}/retire`, {}],
  ] as const)
    expect((await asAdmin(method, path, form, cookie)).status).toBe(403)
})
