/** `detente site`, and `--site` on the commands that work on one site. */
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { run } from '../../src/main.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'

let news: Newsroom

beforeAll(async () => {
  news = await startNewsroom()
  const { host, port, user, database } = news.database.connection
  const place = new URLSearchParams({ host, port: String(port) })
  vi.stubEnv('DATABASE_URL', `postgresql://${user}@localhost/${database}?${place}`)
  vi.stubEnv('DETENTE_DATA', news.app.settings.data)
  vi.stubEnv('DETENTE_URL', 'https://talk.harbour.example')
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await news?.close()
})
afterEach(() => {
  process.exitCode = undefined
})

type Said = { out: string; err: string; exit: number }

async function say(...args: string[]): Promise<Said> {
  const said: Said = { out: '', err: '', exit: 0 }
  const hear = (name: 'out' | 'err') => (text: string | Uint8Array) => {
    said[name] += text
    return true
  }
  vi.spyOn(process.stdout, 'write').mockImplementation(hear('out'))
  vi.spyOn(process.stderr, 'write').mockImplementation(hear('err'))
  try {
    said.exit = await run(args)
  } finally {
    vi.restoreAllMocks()
    process.exitCode = undefined
  }
  return said
}

const add = (...more: string[]) =>
  say(
    'site',
    'add',
    '--name',
    'Quay Weekly',
    '--address',
    'https://talk.quay.example',
    '--language',
    'en',
    ...more,
  )

test('a site is added, listed, and its admin gets a link that leads there', async () => {
  const { out, exit } = await add('--time-zone', 'Europe/Oslo', '--json')
  expect(exit).toBe(0)
  const made = JSON.parse(out)
  expect(made).toMatchObject({
    name: 'Quay Weekly',
    address: 'https://talk.quay.example',
    language: 'en',
    languages: [],
    timeZone: 'Europe/Oslo',
  })
  expect(made.admin).toMatch(/^https:\/\/talk\.quay\.example\/sign-in\/\w+\?token=/)
  const listed = JSON.parse((await say('site', 'list', '--json')).out)
  expect(listed.items.map((site: { address: string }) => site.address)).toEqual([
    'https://talk.harbour.example',
    'https://talk.quay.example',
  ])
  expect((await say('site', 'list')).out).toContain('https://talk.quay.example  Quay Weekly')
})

test.each([
  [['--address', 'https://talk.quay.example'], 'https://talk.quay.example is a site already'],
  [['--address', 'https://talk.harbour.example'], 'https://talk.harbour.example is a site already'],
  [['--address', 'talk.pier.example'], 'talk.pier.example is not an origin'],
  [['--address', 'https://pier.example', '--language', 'xx'], 'There are no words in xx here'],
  [['--address', 'https://pier.example', '--time-zone', 'Sea/Bed'], 'Sea/Bed is not a time zone'],
  [['--address', 'https://pier.example', '--name', ' '], 'A site has a name'],
])('a site with %j is refused in words, and none is added', async (options, words) => {
  const { out, err, exit } = await add(...options)
  expect([out, exit]).toEqual(['', 1])
  expect(err).toContain(words)
  expect(JSON.parse((await say('site', 'list', '--json')).out).items).toHaveLength(2)
})

test('a site without a name, an address or a language is wrong usage', async () => {
  expect((await say('site', 'add', '--name', 'Pier')).exit).toBe(2)
})

test.each([
  ['its address', 'https://talk.quay.example'],
  ['its name', 'Quay Weekly'],
])('a key is made for the site that is called by %s', async (_, called) => {
  const { out } = await say('key', '--site', called, '--json')
  const { key } = JSON.parse(out)
  const refused = await news.call('PUT', '/api/stories/ext:x', { token: key, body: { title: 'X', body: [] } })
  expect(refused.json<{ detail: string }>().detail).toContain('This key is of another site, Quay Weekly')
})

test('a key and a token are the first site’s when no site is named', async () => {
  const { key } = JSON.parse((await say('key', '--json')).out)
  const put = await news.call('PUT', '/api/stories/ext:x', { token: key, body: { title: 'X', body: ['Y.'] } })
  expect(put.status).toBe(201)
  const { token } = JSON.parse((await say('token', 'Ada Quill', '--json')).out)
  expect((await news.call('GET', '/me', { token })).status).toBe(200)
  const other = JSON.parse((await say('token', 'Ada Quill', '--site', 'Quay Weekly', '--json')).out)
  expect((await news.call('GET', '/me', { token: other.token })).status).toBe(303)
})

test('a site that nobody knows is refused with those there are', async () => {
  for (const command of [['key'], ['token', 'Ada Quill']]) {
    const { err, exit } = await say(...command, '--site', 'Nowhere')
    expect(exit).toBe(1)
    expect(err).toContain('No site is called Nowhere. There are: https://talk.harbour.example (')
    expect(err).toContain('https://talk.quay.example (Quay Weekly)')
  }
})

test.each([
  ['site', '--help'],
  ['site', 'list', '--help'],
  ['site', 'add', '--help'],
  ['key', '--help'],
  ['token', '--help'],
  ['import', 'page', '--help'],
])('detente %s %s %s says what it does', async (...args) => {
  const { out, exit } = await say(...args.filter(Boolean))
  expect(exit).toBe(0)
  expect(out).toContain('Usage: ')
  if (args[0] !== 'site') expect(out).toContain('--site <site>')
})
