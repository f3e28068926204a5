import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { FetchRefused, isFetchRefusal, makeFetcher } from '../../src/http/fetching.ts'
import { isPublicAddress } from '../../src/http/public-address.ts'

const html = /^text\/html$/

/** A server behind the walls: what it counts must not happen unless it was allowed. */
let server: Server
let port: string
let origin: string
let connections = 0
let requests: IncomingMessage[] = []
let answerWith: RequestListener
beforeAll(async () => {
  server = createServer((request, response) => {
    requests.push(request)
    answerWith(request, response)
  })
  server.on('connection', () => {
    connections += 1
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = String((server.address() as AddressInfo).port)
  origin = `http://127.0.0.1:${port}`
})
beforeEach(() => {
  connections = 0
  requests = []
  answerWith = (_request, response) => response.setHeader('content-type', 'text/html').end('<p>Hello</p>')
})
afterAll(() => server.close())

const names: Record<string, string[]> = {
  'inside.example': ['10.0.0.7'],
  'half-inside.example': ['93.184.215.14', '127.0.0.1'],
  'inside-six.example': ['::ffff:127.0.0.1'],
  'metadata.example': ['169.254.169.254'],
  localhost: ['127.0.0.1', '::1'],
  'localhost.': ['127.0.0.1'],
  'desk.localhost': ['127.0.0.1'],
  'moving.example': ['127.0.0.1'],
}
const resolve = async (name: string): Promise<string[]> => {
  const found = names[name]
  if (!found) throw new Error('ENOTFOUND')
  return found
}

/** Even with the port of the server behind the walls open, so that it is the address alone that is refused. */
const strict = () => makeFetcher({ fetchAllow: [] }, { resolve, ports: ['', '80', '443', port] })
const open = (surroundings = {}) => makeFetcher({ fetchAllow: [origin] }, { resolve, ...surroundings })

const whyNot = async (url: string, fetcher = strict()): Promise<string> => {
  const outcome = await fetcher.fetchText(url, { accept: html })
  return isFetchRefusal(outcome) ? outcome.why : `fetched ${outcome.url}`
}

/** As it may stand in a header. */
const ascii = (host: string): string => host.replace(/[^ -~]/gu, encodeURIComponent)

const closedHosts = [
  '127.0.0.1',
  '127.1',
  '2130706433',
  '0x7f000001',
  '0177.0.0.1',
  '0x7f.1',
  '0.0.0.0',
  '0',
  '10.0.0.7',
  '172.16.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '169.254.169.254',
  '2852039166',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  '192.0.2.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '240.0.0.1',
  '[::]',
  '[::1]',
  '[::127.0.0.1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::ffff:0:127.0.0.1]',
  '[64:ff9b::127.0.0.1]',
  '[64:ff9b:1::8.8.8.8]',
  '[2002:7f00:1::]',
  '[2002:a00:7::1]',
  '[2001::1]',
  '[2001:db8::1]',
  '[fe80::1]',
  '[fec0::1]',
  '[fd00:ec2::254]',
  '[ff02::1]',
  '[100::1]',
  '[4000::1]',
  'localhost',
  'LOCALHOST',
  'localhost.',
  'desk.localhost',
  'inside.example',
  'half-inside.example',
  'inside-six.example',
  'metadata.example',
  '①②⑦.⓪.⓪.①',
]

test.each(closedHosts)(
  'server-side request forgery: http://%s is refused before anything connects',
  async (host) => {
    expect(await whyNot(`http://${host}:${port}/`)).toBe('address')
    expect(connections).toBe(0)
  },
)

test.each(closedHosts)(
  'server-side request forgery: a redirect to http://%s is refused like the address itself',
  async (host) => {
    answerWith = (_request, response) =>
      response.writeHead(302, { location: `http://${ascii(host)}:8/` }).end()
    expect(await whyNot(`${origin}/`, open({ ports: ['8'] }))).toBe('address')
    expect(connections).toBe(1)
  },
)

test.each([
  ['8.8.8.8', true],
  ['2606:4700::1111', true],
  ['::ffff:8.8.8.8', true],
  ['64:ff9b::8.8.8.8', true],
  ['2002:808:808::1', true],
  ['fe80::1%eth0', false],
  ['2606:4700::1111%eth0', false],
  ['no address', false],
  ['', false],
])('%s is on the open internet: %s', (address, expected) => expect(isPublicAddress(address)).toBe(expected))

test.each([
  ['ftp://news.example/', 'scheme'],
  ['file:///etc/passwd', 'scheme'],
  ['data:text/html,hello', 'scheme'],
  ['http://ada:secret@news.example/', 'userinfo'],
  ['http://ada@news.example/', 'userinfo'],
  ['http://inside.example:22/', 'port'],
  ['https://inside.example:8443/', 'port'],
  ['http://inside.example:443/', 'address'],
  ['http://nowhere.example/', 'unresolved'],
  ['http://', 'malformed'],
  ['/a/path', 'malformed'],
  ['http://[::1%25eth0]/', 'malformed'],
])('%s is refused: %s', async (url, why) => {
  expect(await whyNot(url, makeFetcher({ fetchAllow: [] }, { resolve }))).toBe(why)
})

test('an origin that is allowed is reached although it is private; another port of the same host is not', async () => {
  const fetched = await open().fetchText(`${origin}/page?a=1`, { accept: html })
  expect(fetched).toMatchObject({ url: `${origin}/page?a=1`, status: 200, text: '<p>Hello</p>' })
  expect(requests[0]?.headers).toMatchObject({ 'accept-encoding': 'identity', host: `127.0.0.1:${port}` })
  expect(await whyNot('http://127.0.0.1:80/', open())).toBe('address')
  expect(await whyNot('http://127.0.0.1:81/', open())).toBe('port')
})

test('DNS rebinding: a name is resolved once, and the connection goes to the address that was looked at', async () => {
  const answers = [['127.0.0.1'], ['127.0.0.9']]
  let asked = 0
  const turning = async () => answers[asked++]!
  const moving = makeFetcher({ fetchAllow: [`http://moving.example:${port}`] }, { resolve: turning })
  const fetched = await moving.fetchText(`http://moving.example:${port}/`, { accept: html })
  expect(fetched).toMatchObject({ status: 200 })
  expect(asked).toBe(1)
  expect(requests[0]?.headers.host).toBe(`moving.example:${port}`)
})

test('DNS rebinding: a name that turned private since the last request is refused, no kept connection serves it', async () => {
  let isInside = false
  const turning = async () => [isInside ? '10.0.0.7' : '8.8.8.8']
  answerWith = (_request, response) => {
    isInside = true
    response.writeHead(302, { location: 'http://turned.example/' }).end()
  }
  expect(await whyNot(origin, makeFetcher({ fetchAllow: [origin] }, { resolve: turning }))).toBe('address')
  answerWith = (_request, response) => response.setHeader('content-type', 'text/html').end('again')
  const again = open()
  await again.fetchText(origin, { accept: html })
  await again.fetchText(origin, { accept: html })
  expect(connections).toBe(3)
})

test.each([
  [3, `fetched`],
  [4, 'redirects'],
])('%i redirects: %s', async (count, expected) => {
  answerWith = ({ url }, response) => {
    const step = Number(url!.slice(1))
    if (step < count) response.writeHead(302, { location: `/${step + 1}` }).end()
    else response.setHeader('content-type', 'text/html').end('there')
  }
  expect(await whyNot(`${origin}/0`, open())).toContain(expected)
})

test.each([
  ['ftp://news.example/', 'scheme'],
  ['http://ada:secret@news.example/', 'userinfo'],
  ['http://news.example:22/', 'port'],
  ['http://[', 'malformed'],
])('a redirect to %s is refused: %s', async (location, why) => {
  answerWith = (_request, response) => response.writeHead(301, { location }).end()
  expect(await whyNot(origin, open())).toBe(why)
})

test('what is told one origin is not told the one it redirects to, and no cookie is sent or shown', async () => {
  const other = createServer((request, response) => {
    requests.push(request)
    response.writeHead(200, { 'content-type': 'text/html', 'set-cookie': 'a=b' }).end()
  })
  other.listen(0, '127.0.0.1')
  await once(other, 'listening')
  const elsewhere = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
  answerWith = (_request, response) =>
    response.writeHead(302, { location: elsewhere, 'set-cookie': 'a=b' }).end()
  const fetched = await makeFetcher({ fetchAllow: [origin, elsewhere] }).fetchText(origin, {
    accept: html,
    headers: { Authorization: 'Bearer secret', Cookie: 'mine=1' },
  })
  other.close()
  expect(fetched).toMatchObject({ url: `${elsewhere}/` })
  expect(requests.map(({ headers }) => [headers.authorization, headers.cookie])).toEqual([
    ['Bearer secret', undefined],
    [undefined, undefined],
  ])
  expect('headers' in fetched && fetched.headers.get('set-cookie')).toBeNull()
})

test('a form is sent once and to nobody else: a redirect is the answer', async () => {
  answerWith = (_request, response) => response.writeHead(307, { location: '/elsewhere' }).end()
  const fetched = await open().fetchText(origin, { accept: html, method: 'POST', body: 'code=é' })
  expect(fetched).toMatchObject({ status: 307 })
  expect(requests.map(({ url, headers }) => [url, headers['content-length']])).toEqual([['/', '7']])
})

test.each<[string, RequestListener, string]>([
  ['another type', (_request, response) => response.setHeader('content-type', 'image/png').end('x'), 'type'],
  ['no type', (_request, response) => response.end('x'), 'type'],
  [
    'a compressed body that was not asked for',
    (_request, response) =>
      response.writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'gzip' }).end('x'),
    'encoding',
  ],
  [
    'a body said to be too large',
    (_request, response) =>
      response.writeHead(200, { 'content-type': 'text/html', 'content-length': '1000001' }).end(),
    'too-large',
  ],
  [
    'a body that turns out too large',
    (_request, response) => response.setHeader('content-type', 'text/html').end('x'.repeat(1_000_001)),
    'too-large',
  ],
  ['no answer at all', () => undefined, 'too-slow'],
  [
    'a body that never ends',
    (_request, response) => {
      response.setHeader('content-type', 'text/html').write('x')
    },
    'too-slow',
  ],
  ['a connection that breaks', ({ socket }) => socket.destroy(), 'unreachable'],
])('%s is refused', async (_what, handler, why) => {
  answerWith = handler
  const milliseconds = why === 'too-slow' ? 100 : 5_000
  expect(await whyNot(origin, open({ milliseconds }))).toBe(why)
  server.closeAllConnections()
})

test('a body of just a megabyte is taken, in the charset it says', async () => {
  answerWith = (_request, response) =>
    response.setHeader('content-type', 'text/html; charset=ISO-8859-1').end(Buffer.alloc(1_000_000, 0xe9))
  const fetched = await open().fetchText(origin, { accept: html })
  expect('text' in fetched && fetched.text === 'é'.repeat(1_000_000)).toBe(true)
})

test('a name whose resolver does not answer takes no longer than all the rest may', async () => {
  const silent = () => new Promise<string[]>(() => undefined)
  expect(await whyNot('http://news.example/', open({ resolve: silent, milliseconds: 50 }))).toBe('too-slow')
})

test('a caller may break it off', async () => {
  answerWith = () => undefined
  const outcome = await open().fetchText(origin, { accept: html, signal: AbortSignal.timeout(50) })
  expect(outcome).toMatchObject({ why: 'too-slow' })
  server.closeAllConnections()
})

test('in the form of fetch: JSON of any status is answered, a redirect is not followed, a refusal is thrown', async () => {
  const { fetch } = open()
  answerWith = (_request, response) =>
    response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}')
  const refused = await fetch(origin, { method: 'POST', body: new URLSearchParams({ a: '1' }) })
  expect([refused.status, await refused.json()]).toEqual([400, { error: 'invalid_grant' }])
  answerWith = (_request, response) => response.writeHead(302, { location: '/else' }).end()
  expect((await fetch(origin, {})).status).toBe(302)
  answerWith = (_request, response) => response.setHeader('content-type', 'text/html').end('x')
  await expect(fetch(origin, {})).rejects.toThrow(FetchRefused)
  await expect(fetch('http://inside.example/', {})).rejects.toMatchObject({ refusal: { why: 'address' } })
})
