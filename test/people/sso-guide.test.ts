import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkSsoToken } from '../../src/people/sso.ts'
import type { SsoKey } from '../../src/people/sso-key.ts'
import { ssoRefusals } from '../../src/people/sso-refusals.ts'
import { packageRoot } from '../../src/settings/settings.ts'
import { ed, edKey, hsKey, noSets } from './sso-tokens.ts'

const folder = join(packageRoot, 'docs/guides')
const read = (name: string) => readFileSync(join(folder, name), 'utf8')
const guide = read('sso.md')
const secret = randomBytes(24).toString('hex')
const issuer = 'https://news.example'
const audience = 'https://talk.news.example'
const key: SsoKey = { ...hsKey, material: { secret: Buffer.from(secret) }, issuer, audience }

const examples = [
  ['sso-example.mjs', process.execPath],
  ['sso-example.php', 'php'],
  ['sso-example.py', 'python3'],
] as const
const isThere = (program: string) => spawnSync(program, ['--version']).status === 0

const runExample = (program: string, file: string) =>
  execFileSync(program, [file, '42', 'Mära “Quill” 毛', 'mara@quill.example'], {
    cwd: folder,
    env: { ...process.env, DETENTE_SSO_SECRET: secret },
    encoding: 'utf8',
  }).trim()

test.each(examples.filter(([, program]) => isThere(program)))(
  'the token that %s makes is good',
  async (file, program) => {
    const check = await checkSsoToken(runExample(program, file), [key], { now: new Date(), keySets: noSets })
    expect(check).toMatchObject({
      claims: {
        subject: '42',
        name: 'Mära “Quill” 毛',
        email: 'mara@quill.example',
        isEmailVerified: true,
        jti: expect.stringMatching(/^[\w-]{32,}$/),
      },
    })
    expect(runExample(program, file)).not.toBe(runExample(program, file))
  },
)

test('the Node example is run by these tests wherever they run', () => {
  expect(isThere(process.execPath)).toBe(true)
})

/** What each example has to say, whether its language is on this machine or not. */
test.each(examples)(
  '%s says all that a token has to, in 40 lines at most, by its own library alone',
  (file) => {
    const text = read(file)
    expect(text.split('\n').length).toBeLessThanOrEqual(41)
    const claims = [...text.matchAll(/["' ](\w+)["']?(?: =>|:) .*?(?=\n)/g)].map(([, name]) => name)
    expect(claims).toEqual(
      expect.arrayContaining(['sub', 'name', 'email', 'email_verified', 'iat', 'exp', 'jti', 'iss', 'aud']),
    )
    expect(text).toMatch(/['"]?alg['"]?(?: =>|:) ['"]HS256['"], ['"]?typ['"]?(?: =>|:) ['"]JWT['"]/)
    expect(text).toMatch(/now \+ 300/)
    expect(text).toContain(`'${issuer}'`.replaceAll("'", file.endsWith('.py') ? '"' : "'"))
    expect(text).toContain(`'${audience}'`.replaceAll("'", file.endsWith('.py') ? '"' : "'"))
    const libraries = {
      '.mjs': [/from '(?!node:crypto')/],
      '.php': [/\b(require|include|use)\b/],
      '.py': [/^import (?!base64|hmac|json|os|sys|time|uuid)/m, /^from /m],
    }
    const [, end] = /(\.\w+)$/.exec(file) as unknown as [string, keyof typeof libraries]
    for (const other of libraries[end]) expect(text).not.toMatch(other)
  },
)

test('the PHP example signs as RFC 7515 asks: raw HMAC, base64url without padding', () => {
  const text = read('sso-example.php')
  expect(text).toContain("hash_hmac('sha256', $text, $secret, true)")
  expect(text).toContain("rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=')")
})

test('the guide names every refusal, with what to do about it, and no other', () => {
  const rows = [...guide.matchAll(/^\| `([a-z-]+)` +\| (.*?) +\|$/gm)].map(([, name, text]) => [name, text])
  expect(Object.fromEntries(rows.filter(([name]) => name! in ssoRefusals))).toEqual(ssoRefusals)
  const section = guide.slice(guide.indexOf('## What a refusal means'))
  for (const [, name] of section.matchAll(/^\| `([a-z-]+)`/gm))
    expect(Object.keys(ssoRefusals)).toContain(name)
})

test('the line that the guide gives for EdDSA signs', async () => {
  const [line = ''] = /return `\$\{text\}\.\$\{sign\(.*$/m.exec(guide) ?? []
  const make = new Function('text', 'sign', 'privateKey', 'Buffer', line)
  const now = Math.floor(Date.now() / 1000)
  const claims = { sub: '42', name: 'Mara', iat: now, exp: now + 300, iss: issuer, aud: audience }
  const text = [{ alg: 'EdDSA' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const token: unknown = make(text, sign, ed.privateKey, Buffer)
  const keys = [{ ...edKey, issuer, audience }]
  expect(await checkSsoToken(String(token), keys, { now: new Date(), keySets: noSets })).toMatchObject({
    claims: { subject: '42' },
  })
})
