import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CommanderError } from 'commander'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { App } from '../../src/context.ts'
import { ssoCommand } from '../../src/people/sso-command.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { forge, pemOf } from './sso-tokens.ts'

const secret = randomBytes(24).toString('hex')
const ed = generateKeyPairSync('ed25519')

let newsroom: Newsroom
let folder: string
let keyFile: string
beforeAll(async () => {
  newsroom = await startNewsroom({ ssoSecret: secret })
  folder = await mkdtemp(join(tmpdir(), 'detente-sso-'))
  keyFile = join(folder, 'key.pem')
  await writeFile(keyFile, pemOf(ed.publicKey))
})
afterAll(async () => {
  await rm(folder, { recursive: true })
  await newsroom.close()
})
afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = undefined
})

type Said = { out: string; err: string; exit: number }

/** Runs `detente sso test …` on a database, or where there is none. */
async function run(args: string[], app: App | null = null): Promise<Said> {
  const said: Said = { out: '', err: '', exit: 0 }
  const hear = (name: 'out' | 'err') => (text: string | Uint8Array) => {
    said[name] += text
    return true
  }
  vi.spyOn(process.stdout, 'write').mockImplementation(hear('out'))
  vi.spyOn(process.stderr, 'write').mockImplementation(hear('err'))
  const command = ssoCommand(async (work) => {
    if (!app) throw new Error('the database was opened')
    return work(app)
  })
  try {
    await command.parseAsync(['test', ...args], { from: 'user' })
    said.exit = Number(process.exitCode ?? 0)
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    said.exit = error.exitCode === 0 ? 0 : 2
  } finally {
    vi.restoreAllMocks()
    process.exitCode = undefined
  }
  return said
}

const who = ['--id', '42', '--name', 'Mara Quill']

test.each([[[]], [['--coral']], [['--role', 'staff', '--email', 'mara@quill.example', '--email-verified']]])(
  'a token that it makes, it finds good: %j',
  async (more) => {
    const made = await run(['--make', '--secret', secret, ...who, ...more])
    expect(made).toMatchObject({ err: '', exit: 0, out: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+\n$/) })
    const checked = await run(['--token', made.out.trim(), '--secret', secret])
    expect(checked).toMatchObject({ err: '', exit: 0 })
    expect(checked.out).toMatch(/✓ signature .*\n[\s\S]*✓ person .*“Mara Quill”[\s\S]*The token is good\./)
  },
)

test('issuer and audience go into a token that is made', async () => {
  const given = [
    '--secret',
    secret,
    '--issuer',
    'https://news.example',
    '--audience',
    'https://talk.news.example',
  ]
  const made = await run(['--make', ...given, ...who, '--json'])
  const { token, claims } = JSON.parse(made.out)
  expect(claims).toMatchObject({ iss: 'https://news.example', aud: 'https://talk.news.example', sub: '42' })
  expect((await run(['--token', token, ...given])).exit).toBe(0)
})

test('with the site’s keys it says whom a token signs in', async () => {
  const made = await run(['--make', ...who], newsroom.app)
  const checked = await run(['--token', made.out.trim()], newsroom.app)
  expect(checked).toMatchObject({ err: '', exit: 0 })
  expect(checked.out).toContain('“DETENTE_SSO_SECRET”')
  expect(checked.out).toContain('It makes a new person, called Mara Quill if the name is free.')
  const origin = newsroom.app.origin
  const body = { token: made.out.trim() }
  expect((await newsroom.call('POST', '/api/session/exchange', { body, headers: { origin } })).status).toBe(
    200,
  )
  const again = await run(['--make', ...who], newsroom.app)
  const known = await run(['--token', again.out.trim()], newsroom.app)
  expect(known.out).toContain('It signs in Mara Quill, who is here already.')
})

test('an expired token is said to be so, with what to do', async () => {
  const now = Math.floor(Date.now() / 1000)
  const token = forge(
    { alg: 'HS256' },
    { sub: '42', name: 'Mara', iat: now - 490, exp: now - 190 },
    Buffer.from(secret),
  )
  const checked = await run(['--token', token, '--secret', secret])
  expect(checked).toMatchObject({ err: '', exit: 1 })
  expect(checked.out).toContain('✗ times     It expired 3 minutes ago.')
  expect(checked.out).toContain('The token is refused (expired).\nMake the token when the page asks for it')
})

test.each([
  ['rubbish', 'token-form'],
  ['', 'token-form'],
  ['\0.\ud800.\u202e', 'token-form'],
  [`${'a'.repeat(9_000)}.b.c`, 'token-long'],
  [forge('null', 'null'), 'token-form'],
  [forge({ alg: 'HS256', kid: ['a'] }, {}), 'header-refused'],
  [forge({ alg: 'HS256' }, { sub: '1' }, randomBytes(32)), 'signature-wrong'],
])('a bad token is explained, and never prints a stack: %#', async (token, refused) => {
  const text = await run(['--token', token, '--secret', secret])
  expect(text).toMatchObject({ err: '', exit: 1 })
  expect(text.out).toContain(`(${refused})`)
  expect(text.out).not.toMatch(/\bat .*\.ts|Error:/)
  const json = await run(['--token', token, '--secret', secret, '--json'])
  expect([json.exit, json.err, JSON.parse(json.out)]).toEqual([
    1,
    '',
    expect.objectContaining({ good: false, refused, why: expect.any(String), help: expect.any(String) }),
  ])
})

test('a public key in a file is used for what it is', async () => {
  const now = Math.floor(Date.now() / 1000)
  const claims = { sub: '42', name: 'Mara', iat: now, exp: now + 60, iss: 'a', aud: 'b' }
  const token = forge({ alg: 'EdDSA' }, claims, ed.privateKey)
  const given = ['--public-key', keyFile, '--issuer', 'a', '--audience', 'b']
  const good = await run(['--token', token, ...given, '--json'])
  expect([good.exit, JSON.parse(good.out)]).toEqual([
    0,
    expect.objectContaining({ good: true, who: null, claims: expect.objectContaining({ subject: '42' }) }),
  ])
  const bare = await run(['--token', token, '--public-key', keyFile])
  expect([bare.exit, bare.out]).toEqual([1, expect.stringContaining('needs an issuer and an audience')])
})

test('a key set that cannot be had is said to be so', async () => {
  const token = forge({ alg: 'EdDSA' }, {}, ed.privateKey)
  const checked = await run(['--token', token, '--jwks', 'https://127.0.0.1/keys'])
  expect([checked.exit, checked.out]).toEqual([1, expect.stringContaining('(keys-unreachable)')])
})

test('a short secret makes no token', async () => {
  const made = await run(['--make', '--secret', 'short', ...who])
  expect(made).toEqual({ out: '', err: expect.stringContaining('5 bytes and needs 32'), exit: 1 })
})

test.each([
  [[]],
  [['--make']],
  [['--make', '--token', 'a.b.c']],
  [['--make', '--public-key', 'x', ...who]],
  [['--token', 'a.b.c', '--issuer', 'x']],
  [['--token', 'a.b.c', '--secret', 'x', '--jwks', 'https://x.example']],
  [['--token', 'a.b.c', '--public-key', '/nowhere']],
  [['--token', 'a.b.c', '--jwks', 'nonsense']],
  [['--make', '--role', 'owner', ...who]],
])('wrong usage is said to be so: %j', async (args) => {
  const said = await run(args)
  expect([said.exit, said.out, said.err]).toEqual([2, '', expect.stringMatching(/^error: /)])
})
