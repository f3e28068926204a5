import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkSsoToken } from '../../src/people/sso.ts'
import { readPublicKey, type SsoKey } from '../../src/people/sso-key.ts'
import { type KeySets, makeKeySets } from '../../src/people/sso-key-sets.ts'
import { audience, ed, edKey, forge, hsKey, issuer, noSets, pemOf, rsa, rsKey, secret } from './sso-tokens.ts'

const now = new Date('2027-03-01T12:00:00Z')
const seconds = now.getTime() / 1000

const header = { alg: 'HS256', typ: 'JWT' }
const ours = {
  sub: '4711',
  name: 'Mara Quill',
  email: 'Mara@Quill.example',
  email_verified: true,
  iat: seconds,
  exp: seconds + 300,
  iss: issuer,
  aud: audience,
}
const corals = {
  jti: '151c19fc',
  iat: seconds,
  exp: seconds + 300,
  user: { id: '4711', email: 'mara@quill.example', username: 'Mara Quill' },
}

const check = (token: string, keys: SsoKey[] = [hsKey], keySets: KeySets = noSets, at = now) =>
  checkSsoToken(token, keys, { now: at, keySets })

/** The refusal's name and its words; of a good token, the claims. */
async function outcome(...args: Parameters<typeof check>) {
  const checked = await check(...args)
  return 'claims' in checked ? checked.claims : [checked.refusal.refused, checked.refusal.why]
}

const refused = (name: string, words: RegExp) => [name, expect.stringMatching(words)]

test('a token in our shape says who it is', async () => {
  expect(await outcome(forge(header, { ...ours, role: 'staff', badge: 'Harbour desk', jti: 'a1' }))).toEqual({
    shape: 'detente',
    keyId: 'hs',
    subject: '4711',
    name: 'Mara Quill',
    email: 'mara@quill.example',
    isEmailVerified: true,
    role: 'staff',
    badge: 'Harbour desk',
    jti: 'a1',
    expires: new Date('2027-03-01T12:05:00Z'),
  })
})

test('a token in Coral’s shape says who it is, and its address is never taken for verified', async () => {
  const user = { ...corals.user, role: 'MODERATOR', badges: ['Subscriber', 'Founder'], email_verified: true }
  expect(await outcome(forge(header, { ...corals, user }))).toMatchObject({
    shape: 'coral',
    subject: '4711',
    name: 'Mara Quill',
    email: 'mara@quill.example',
    isEmailVerified: false,
    role: 'moderator',
    badge: 'Subscriber',
    jti: '151c19fc',
  })
})

test.each([
  ['RS256', rsKey, rsa.privateKey],
  ['EdDSA', edKey, ed.privateKey],
] as const)('a public key verifies %s, as PEM and as JWK', async (alg, key, privateKey) => {
  const token = forge({ alg }, ours, privateKey)
  expect(await outcome(token, [key])).toMatchObject({ subject: '4711' })
  const jwk = JSON.stringify(createPublicKey(privateKey).export({ format: 'jwk' }))
  expect(await outcome(token, [{ ...key, material: { publicKey: jwk } }])).toMatchObject({ subject: '4711' })
})

test.each([
  ['COMMENTER', 'reader'],
  ['commenter', 'reader'],
  ['STAFF', 'staff'],
  ['Moderator', 'moderator'],
  ['ADMIN', 'reader'],
  ['editor', 'reader'],
])('role by claim outside the allow-list: %s makes a %s', async (asked, role) => {
  expect(await outcome(forge(header, { ...ours, role: asked }))).toMatchObject({ role })
  expect(await outcome(forge(header, { ...corals, user: { ...corals.user, role: asked } }))).toMatchObject({
    role,
  })
})

test('a token that says nothing of a role makes a reader', async () => {
  expect(await outcome(forge(header, ours))).toMatchObject({ role: 'reader' })
})

test('claims that are not ours to know are let be', async () => {
  const more = { groups: ['a'], user_id: 5, nbf: seconds, picture: null }
  expect(await outcome(forge(header, { ...ours, ...more }))).toMatchObject({ subject: '4711' })
})

/* Threats */

test('algorithm confusion: the public RSA key is no HMAC secret', async () => {
  for (const text of [pemOf(rsa.publicKey), pemOf(rsa.publicKey).trim()]) {
    const token = forge({ alg: 'HS256' }, ours, Buffer.from(text))
    expect(await outcome(token, [rsKey])).toEqual(refused('algorithm-other', /"HS256".*RS256/))
    expect(await outcome(token, [rsKey, hsKey])).toEqual(refused('signature-wrong', /Courier secret/))
  }
})

test.each([
  ['HS512', 'sha512'],
  ['HS384', 'sha384'],
])('algorithm confusion: %s of the right secret is not what the key is set to', async (alg, hash) => {
  expect(await outcome(forge({ alg }, ours, secret, hash))).toEqual(
    refused('algorithm-other', new RegExp(`"${alg}"`)),
  )
})

test('algorithm confusion: a key of another kind than its setting verifies nothing', async () => {
  const token = forge({ alg: 'EdDSA' }, ours, ed.privateKey)
  const wrong: SsoKey = { ...edKey, material: { publicKey: pemOf(rsa.publicKey) } }
  expect(await outcome(token, [wrong])).toEqual(refused('key-unusable', /Ed25519/))
  const shared: SsoKey = { ...rsKey, material: { secret } }
  expect(await outcome(forge({ alg: 'RS256' }, ours, rsa.privateKey), [shared])).toEqual(
    refused('key-unusable', /shared secret/),
  )
})

test.each(['none', 'None', 'NONE', 'nOnE'])('alg %s is no signature', async (alg) => {
  const token = forge({ alg }, ours)
  for (const text of [token, `${token.split('.').slice(0, 2).join('.')}.`])
    expect(await outcome(text)).toEqual(refused('algorithm-other', /not signed/))
})

test.each([
  ['jku', 'https://thief.example/keys'],
  ['x5u', 'https://thief.example/cert'],
  ['x5c', ['MII']],
  ['jwk', ed.publicKey.export({ format: 'jwk' })],
  ['crit', ['exp']],
  ['b64', false],
  ['zip', 'DEF'],
])(
  'a key embedded in the header, or other rules there: “%s” is refused although the signature is good',
  async (name, value) => {
    expect(await outcome(forge({ ...header, [name]: value }, ours))).toEqual(
      refused('header-refused', new RegExp(`“${name}”`)),
    )
  },
)

test('an embedded jwk that the token is signed with lets nobody in', async () => {
  const jwk = ed.publicKey.export({ format: 'jwk' })
  expect(await outcome(forge({ alg: 'EdDSA', jwk }, ours, ed.privateKey), [hsKey, rsKey])).toEqual(
    refused('header-refused', /a key of its own/),
  )
})

const injections = [
  '../../../../dev/null',
  '/proc/sys/kernel/randomize_va_space',
  "x' union select 'secret' --",
  'https://thief.example/key',
  'file:///etc/passwd',
  'one\0',
  'One',
  ' one',
  'one ',
  '__proto__',
  'constructor',
  'toString',
]
test.each(injections)('kid injection: %j finds no key', async (kid) => {
  const token = forge({ ...header, kid }, ours)
  for (const key of [hsKey, { ...hsKey, kid: 'one' }])
    expect(await outcome(token, [key])).toEqual(refused('kid-unknown', /No key of this site/))
  const sets = makeKeySets(async () => ({ keys: [ed.publicKey.export({ format: 'jwk' })] }))
  const published: SsoKey = { ...edKey, material: { setUrl: 'https://courier.example/keys' } }
  expect(await outcome(forge({ alg: 'EdDSA', kid }, ours, ed.privateKey), [published], sets)).toEqual(
    refused('kid-unknown', /No key of this site/),
  )
})

test.each([[['one']], [{ one: 1 }], [1], [null], [true], [''], ['k'.repeat(201)]])(
  'kid injection: %j is no kid',
  async (kid) => {
    expect(await outcome(forge({ ...header, kid }, ours), [{ ...hsKey, kid: 'one' }])).toEqual(
      refused('header-refused', /“kid”/),
    )
  },
)

test('a token changed in any byte is refused', async () => {
  const tokens = [
    [forge({ ...header, kid: 'one' }, ours), { ...hsKey, kid: 'one' }],
    [forge({ alg: 'EdDSA' }, ours, ed.privateKey), edKey],
    [forge({ alg: 'RS256' }, ours, rsa.privateKey), rsKey],
  ] as const
  for (const [token, key] of tokens) {
    expect(await outcome(token, [key])).toMatchObject({ subject: '4711' })
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const bytes = Buffer.from(token)
        bytes[at] = (bytes[at] as number) ^ flip
        return 'refusal' in (await check(bytes.toString('latin1'), [key]))
      }),
      { numRuns: 300 },
    )
    const last = token.at(-1) as string
    for (const other of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/')
      if (other !== last) expect('refusal' in (await check(token.slice(0, -1) + other, [key]))).toBe(true)
  }
})

test('whatever is sent instead of a token is refused in words, and nothing is thrown', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.tuple(fc.json(), fc.json()).map(([head, claims]) => forge(head, claims)),
        fc.json().map((claims) => forge(header, claims)),
        fc.object().map((more) => forge(header, { ...ours, ...more, exp: null })),
      ),
      async (token) => {
        const checked = await check(token)
        return 'refusal' in checked && checked.refusal.why.length > 10
      },
    ),
  )
})

test('any claim of any kind is taken or refused in words, and nothing is thrown', async () => {
  const names = fc.constantFrom(
    'sub',
    'name',
    'email',
    'email_verified',
    'role',
    'badge',
    'iat',
    'exp',
    'nbf',
  )
  await fc.assert(
    fc.asyncProperty(names, fc.jsonValue(), async (name, value) => {
      const checked = await check(forge(header, { ...ours, [name]: value }))
      return 'claims' in checked || checked.refusal.why.length > 10
    }),
  )
})

/* Keys */

test('two keys live at once: by kid, and tried in turn when a token names none', async () => {
  const old = { ...hsKey, id: 'old', kid: '2026', material: { secret: randomBytes(32) } }
  const fresh = { ...hsKey, id: 'fresh', kid: '2027' }
  const keys = [old, fresh, rsKey]
  expect(await outcome(forge({ ...header, kid: '2027' }, ours), keys)).toMatchObject({ keyId: 'fresh' })
  expect(await outcome(forge({ ...header, kid: '2026' }, ours, old.material.secret), keys)).toMatchObject({
    keyId: 'old',
  })
  expect(await outcome(forge(header, ours), keys)).toMatchObject({ keyId: 'fresh' })
  expect(await outcome(forge(header, ours, old.material.secret), keys)).toMatchObject({ keyId: 'old' })
  expect(await outcome(forge({ ...header, kid: '2026' }, ours), keys)).toEqual(
    refused('signature-wrong', /not of the key/),
  )
  expect(await outcome(forge(header, ours, randomBytes(32)), keys)).toEqual(
    refused('signature-wrong', /none of these keys/),
  )
})

test('a secret shorter than 32 bytes signs nobody in', async () => {
  const short = randomBytes(31)
  expect(await outcome(forge(header, ours, short), [{ ...hsKey, material: { secret: short } }])).toEqual(
    refused('key-unusable', /31 bytes and needs 32/),
  )
})

const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' })
test.each([
  ['a private PEM', 'RS256', rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), /private/],
  ['a private JWK', 'EdDSA', JSON.stringify(ed.privateKey.export({ format: 'jwk' })), /private/],
  ['a short RSA key', 'RS256', pemOf(weak.publicKey), /1024 bits/],
  ['another curve', 'EdDSA', pemOf(curve.publicKey), /Ed25519/],
  ['a shared secret as JWK', 'RS256', '{"kty":"oct","k":"AAAA"}', /shared secret/],
  [
    'a JWK of another algorithm',
    'RS256',
    JSON.stringify({ ...rsa.publicKey.export({ format: 'jwk' }), alg: 'RS512' }),
    /RS512/,
  ],
  [
    'a JWK for encryption',
    'RS256',
    JSON.stringify({ ...rsa.publicKey.export({ format: 'jwk' }), use: 'enc' }),
    /encryption/,
  ],
  ['nonsense', 'RS256', 'ssh-ed25519 AAAA', /cannot be read/],
  ['broken JSON', 'RS256', '{"kty":', /neither PEM nor a JWK/],
] as const)('%s is refused as a public key', (_, algorithm, text, words) => {
  expect(readPublicKey(text, algorithm)).toEqual({ unusable: expect.stringMatching(words) })
})

test('without a key, nobody is let in', async () => {
  expect(await outcome(forge(header, ours), [])).toEqual(refused('key-missing', /No key/))
})

/* Published sets */

const url = 'https://courier.example/keys'
const setKey: SsoKey = { ...edKey, id: 'set', label: 'Courier set', material: { setUrl: url } }
const jwkOf = (key: typeof ed, kid: string) => ({
  ...key.publicKey.export({ format: 'jwk' }),
  kid,
  use: 'sig',
})
const signed = (kid: string | undefined, key = ed) =>
  forge({ alg: 'EdDSA', ...(kid === undefined ? {} : { kid }) }, ours, key.privateKey)
const later = (after: number) => new Date(now.getTime() + after * 1000)
const fresh = (token: string, keySets: KeySets, at: Date) => outcome(token, [setKey], keySets, at)

/** A newsroom's published set, which can change and be away, and how often it was asked. */
function publish(...keys: object[]) {
  const newsroom = { keys, isAway: false, asked: 0 }
  const sets = makeKeySets(async (asked) => {
    newsroom.asked++
    expect(asked).toBe(url)
    if (newsroom.isAway) throw new Error('away')
    return { keys: newsroom.keys }
  })
  return { newsroom, sets }
}

test('a published set is asked for once in ten minutes', async () => {
  const { newsroom, sets } = publish(jwkOf(ed, 'a'))
  for (const after of [0, 10, 200])
    expect(await fresh(signed('a'), sets, later(after))).toMatchObject({ keyId: 'set' })
  expect(await fresh(signed(undefined), sets, now)).toMatchObject({ keyId: 'set' })
  expect(newsroom.asked).toBe(1)
  await check(signed('a'), [setKey], sets, later(601))
  expect(newsroom.asked).toBe(2)
})

test('many tokens at once ask for a set once', async () => {
  const { newsroom, sets } = publish(jwkOf(ed, 'a'))
  await Promise.all(Array.from({ length: 20 }, () => check(signed('a'), [setKey], sets)))
  expect(newsroom.asked).toBe(1)
})

test('a new kid is looked for at once, but once a minute at most', async () => {
  const next = generateKeyPairSync('ed25519')
  const { newsroom, sets } = publish(jwkOf(ed, 'a'))
  await fresh(signed('a'), sets, now)
  newsroom.keys = [jwkOf(ed, 'a'), jwkOf(next, 'b')]
  expect(await fresh(signed('b', next), sets, later(61))).toMatchObject({ keyId: 'set' })
  expect(newsroom.asked).toBe(2)
  for (let n = 0; n < 20; n++)
    expect(await fresh(signed(`made up ${n}`), sets, later(62))).toEqual(refused('kid-unknown', /made up/))
  expect(newsroom.asked).toBe(2)
  await fresh(signed('made up'), sets, later(122))
  expect(newsroom.asked).toBe(3)
})

test('while the newsroom is away, its last good set stands', async () => {
  const { newsroom, sets } = publish(jwkOf(ed, 'a'))
  await fresh(signed('a'), sets, now)
  newsroom.isAway = true
  const soon = { ...ours, iat: seconds + 3600, exp: seconds + 3900 }
  const token = forge({ alg: 'EdDSA', kid: 'a' }, soon, ed.privateKey)
  expect(await fresh(token, sets, later(3600))).toMatchObject({ keyId: 'set' })
  expect(await fresh(token, sets, later(3610))).toMatchObject({ keyId: 'set' })
  expect(newsroom.asked).toBe(2)
})

test('a set that was never to be had is said to be unreachable', async () => {
  const { newsroom, sets } = publish()
  newsroom.isAway = true
  expect(await fresh(signed('a'), sets, now)).toEqual(refused('keys-unreachable', /courier\.example\/keys/))
})

test.each([
  [{ nothing: true }, /no list “keys”/],
  [{ keys: [] }, /empty/],
  [{ keys: [rsa.publicKey.export({ format: 'jwk' })] }, /Ed25519/],
  [{ keys: [null, 5, 'x'] }, /not a JWK/],
  [{ keys: [ed.privateKey.export({ format: 'jwk' })] }, /private key/],
])('a set that cannot be used is said to be so: %j', async (set, words) => {
  expect(
    await fresh(
      signed('a'),
      makeKeySets(async () => set),
      now,
    ),
  ).toEqual(refused('key-unusable', words))
})

/* Issuer, audience, times, claims */

test.each([
  [
    'another issuer',
    { iss: 'https://other.example' },
    'issuer-wrong',
    /"https:\/\/other\.example".*"https:\/\/courier/,
  ],
  ['no issuer', { iss: undefined }, 'issuer-wrong', /“iss” is missing/],
  ['a list of issuers', { iss: [issuer] }, 'issuer-wrong', /“iss”/],
  ['another audience', { aud: 'https://talk.other.example' }, 'audience-wrong', /talk\.other\.example/],
  ['no audience', { aud: undefined }, 'audience-wrong', /“aud” is missing/],
])('a token with %s is refused', async (_, change, name, words) => {
  const token = forge({ alg: 'EdDSA' }, { ...ours, ...change }, ed.privateKey)
  expect(await outcome(token, [edKey])).toEqual(refused(name, words))
  expect(await outcome(forge(header, { ...ours, ...change }), [{ ...hsKey, issuer, audience }])).toEqual(
    refused(name, words),
  )
})

test('an audience may be one of several', async () => {
  const token = forge({ alg: 'EdDSA' }, { ...ours, aud: ['https://other.example', audience] }, ed.privateKey)
  expect(await outcome(token, [edKey])).toMatchObject({ subject: '4711' })
})

test('a public key without issuer or audience signs nobody in; a shared secret may do without', async () => {
  const token = forge({ alg: 'EdDSA' }, ours, ed.privateKey)
  for (const key of [
    { ...edKey, issuer: null },
    { ...edKey, audience: null },
  ])
    expect(await outcome(token, [key])).toEqual(refused('key-unusable', /an issuer and an audience/))
  expect(await outcome(forge(header, { ...ours, iss: undefined, aud: undefined }))).toMatchObject({
    subject: '4711',
  })
})

test.each([
  ['expired three minutes ago', { iat: -480, exp: -180 }, 'expired', /expired 3 minutes ago/],
  ['expired just beyond the skew', { iat: -400, exp: -60 }, 'expired', /1 minute ago/],
  ['of the future', { iat: 3600, exp: 3900 }, 'not-yet', /in 1 hour/],
  ['good later', { nbf: 120 }, 'not-yet', /in 2 minutes/],
  ['that lives for two days', { exp: 172_800 }, 'life-too-long', /2 days/],
  ['that lives a second too long', { exp: 86_401 }, 'life-too-long', /24 hours/],
  ['that ends before it begins', { exp: -1 }, 'time-missing', /never good/],
])('a token %s is refused', async (_, times, name, words) => {
  const shifted = Object.fromEntries(Object.entries(times).map(([claim, at]) => [claim, seconds + at]))
  expect(await outcome(forge(header, { ...ours, ...shifted }))).toEqual(refused(name, words))
})

test.each([
  ['exp', undefined, /missing/],
  ['iat', undefined, /missing/],
  ['exp', String(seconds + 300), /number of seconds/],
  ['exp', now.getTime() + 300_000, /milliseconds/],
  ['iat', -1, /number of seconds/],
  ['iat', null, /number of seconds/],
  ['nbf', 'now', /number of seconds/],
])('“%s”: %j is no time', async (claim, value, words) => {
  expect(await outcome(forge(header, { ...ours, [claim]: value }))).toEqual(refused('time-missing', words))
})

test('clocks may differ by a minute', async () => {
  for (const times of [
    { iat: seconds - 300, exp: seconds - 59 },
    { iat: seconds + 60 },
    { nbf: seconds + 60 },
  ])
    expect(await outcome(forge(header, { ...ours, ...times }))).toMatchObject({ subject: '4711' })
})

test.each([
  [{ sub: undefined }, /“sub” is missing/],
  [{ sub: 4711 }, /number 4711.*in quotes/],
  [{ sub: '' }, /empty/],
  [{ sub: 's'.repeat(201) }, /201 characters/],
  [{ sub: 'a\u202eb' }, /cannot be seen/],
  [{ sub: 'a\0b' }, /cannot be seen/],
  [{ name: undefined }, /“name” is missing/],
  [{ name: ['Mara'] }, /has to be text/],
  [{ name: 'Mara\0' }, /cannot be seen/],
  [{ name: '\u202eMara' }, /cannot be seen/],
  [{ name: 'M\ud800' }, /cannot be seen/],
  [{ name: 'M'.repeat(201) }, /201 characters/],
  [{ email: 'mara' }, /not a mail address/],
  [{ email: 'mara@quill.example\r\nBcc: all@quill.example' }, /cannot be seen/],
  [{ email: { at: 'quill.example' } }, /has to be text/],
  [{ email_verified: 'true' }, /true or false, without quotes/],
  [{ email_verified: 1 }, /true or false/],
  [{ role: 'owner' }, /no role here/],
  [{ role: ['admin'] }, /no role here/],
  [{ role: '__proto__' }, /no role here/],
  [{ badge: 5 }, /has to be text/],
  [{ badge: 'b'.repeat(41) }, /41 characters/],
  [{ jti: 5 }, /“jti” has to be text/],
  [{ user: 'mara' }, /“user” has to be an object/],
  [{ user: { id: 'another', username: 'Other' } }, /two different people/],
])('a claim of another form is refused in words: %j', async (change, words) => {
  expect(await outcome(forge(header, { ...ours, ...change }))).toEqual(refused('claim-invalid', words))
})

test.each([
  [{ id: 5 }, /“user.id” is the number 5/],
  [{ username: undefined }, /“user.username” is missing/],
  [{ email: 'x' }, /“user.email” is not a mail address/],
  [{ badges: 'Founder' }, /“user.badges” has to be a list/],
  [{ badges: [{}] }, /“user.badges” has to be text/],
  [{ role: 'GOD' }, /“user.role”.*no role here/],
])('a claim of another form in Coral’s shape is refused in words: %j', async (change, words) => {
  const user = { ...corals.user, ...change }
  expect(await outcome(forge(header, { ...corals, user }))).toEqual(refused('claim-invalid', words))
})

test('prototype pollution: a claim called __proto__ is refused, wherever it stands', async () => {
  const plain = JSON.stringify(ours)
  const polluted = plain.replace('{', '{"__proto__":{"role":"admin"},')
  expect(await outcome(forge(header, polluted))).toEqual(refused('claim-invalid', /__proto__/))
  const inside = JSON.stringify(corals).replace('"user":{', '"user":{"__proto__":{"role":"admin"},')
  expect(await outcome(forge(header, inside))).toEqual(refused('claim-invalid', /__proto__/))
})

test('every step of a check is told, the last one being the one that failed', async () => {
  const good = await check(forge(header, { ...ours, role: 'admin' }))
  expect(good.steps.map(({ step, isGood }) => [step, isGood])).toEqual(
    ['form', 'header', 'key', 'signature', 'issuer', 'times', 'person', 'role'].map((step) => [step, true]),
  )
  expect(good.steps.at(-1)?.says).toMatch(/asks for the role admin.*role is reader/)
  const bad = await check(forge(header, ours, randomBytes(32)))
  expect(bad.steps.map(({ step, isGood }) => `${step} ${isGood}`)).toEqual([
    'form true',
    'header true',
    'key true',
    'signature false',
  ])
})

test('no word about a token holds the secret', async () => {
  const { steps } = await check(forge(header, ours))
  const said = JSON.stringify(steps)
  for (const form of ['base64', 'base64url', 'hex'] as const)
    expect(said).not.toContain(secret.toString(form))
})
