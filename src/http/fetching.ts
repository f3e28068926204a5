/** The one way out to the web. Whoever names an address, be it a reader's link, a newsroom's key set or a provider that
 *  signs people in, it is fetched here or not at all: test/house.test.ts sees to that.
 *
 *  A name is resolved once, all its addresses are looked at, and the connection is made to those very addresses: a name
 *  that points elsewhere a moment later (DNS rebinding) gains nothing. Each request has a connection of its own, so none
 *  is found open that was checked under another name, and nothing is kept between two: no cookies, no cache. */
import { lookup } from 'node:dns/promises'
import { type IncomingMessage, request as requestPlain } from 'node:http'
import { request as requestSecure } from 'node:https'
import { isIP } from 'node:net'
import { isPublicAddress } from './public-address.ts'

/** Redirects followed, each checked like the first address. */
const MOST_REDIRECTS = 3
/** Milliseconds for all of it: names, redirects, body. */
const LONGEST = 5_000
/** Bytes of a body. */
const LARGEST = 1_000_000

/** Why something was not fetched. `unreachable`: nobody answered, or not in HTTP; `unresolved`: the name leads nowhere. */
type Why =
  | 'malformed'
  | 'scheme'
  | 'userinfo'
  | 'port'
  | 'address'
  | 'unresolved'
  | 'unreachable'
  | 'redirects'
  | 'type'
  | 'encoding'
  | 'too-large'
  | 'too-slow'

/** A refusal as a value. `detail` is for whoever keeps the server: it may tell what stands behind its walls. */
export type FetchRefusal = { why: Why; detail: string }

/** `url` after redirects; header names in lower case; `text` decoded by the charset it came with, UTF-8 otherwise. */
type Fetched = { url: string; status: number; headers: Headers; text: string }

type Wish = {
  /** Content types that are taken, in lower case and without parameters, such as /^text\/html$/. */
  accept: RegExp
  method?: string
  headers?: Record<string, string>
  body?: string
  signal?: AbortSignal
}

export type Fetcher = {
  /** GET follows redirects; anything else is sent once, to where it was meant to go. Any status is an answer. */
  fetchText: (url: string, wish: Wish) => Promise<Fetched | FetchRefusal>
  /** In the form of the web's own `fetch`, for libraries that take one: JSON and JWT only, redirects are never followed.
   *  @throws FetchRefused */
  fetch: (url: string, init: FetchInit) => Promise<Response>
}

type FetchInit = {
  method?: string
  headers?: Record<string, string>
  body?: unknown
  signal?: AbortSignal
}

export const isFetchRefusal = (outcome: object): outcome is FetchRefusal => 'why' in outcome

/** How a refusal passes through a library. */
export class FetchRefused extends Error {
  readonly refusal: FetchRefusal

  constructor(refusal: FetchRefusal) {
    super(`${refusal.why}: ${refusal.detail}`)
    this.refusal = refusal
  }
}

type Surroundings = {
  /** All addresses of a name; throws when there are none. */
  resolve: (hostname: string) => Promise<string[]>
  milliseconds: number
  /** As `URL.port` tells them: '' is the scheme's own. */
  ports: string[]
}

const world: Surroundings = {
  resolve: async (hostname) => (await lookup(hostname, { all: true })).map(({ address }) => address),
  milliseconds: LONGEST,
  ports: ['', '80', '443'],
}

/** @param settings `fetchAllow`: origins that may be reached although their address or port is not public */
export function makeFetcher(
  { fetchAllow }: { fetchAllow: string[] },
  surroundings: Partial<Surroundings> = {},
): Fetcher {
  const { resolve, milliseconds, ports } = { ...world, ...surroundings }
  const allowed = new Set(fetchAllow)

  /** @param left redirects that may still be followed; null: one is an answer like any other */
  const fetchWithin = async (
    wish: Wish,
    address: string,
    left: number | null,
    signal: AbortSignal,
  ): Promise<Fetched | FetchRefusal> => {
    const url = readAddress(address, allowed, ports)
    if (isFetchRefusal(url)) return url
    const addresses = await findAddresses(url, resolve)
    if (isFetchRefusal(addresses)) return addresses
    const closed = allowed.has(url.origin) ? undefined : addresses.find((found) => !isPublicAddress(found))
    if (closed !== undefined)
      return refuseFetch('address', `${url.hostname} is ${closed}, which is not public`)
    signal.throwIfAborted()
    const response = await send(url, addresses, wish, signal)
    const location = left === null ? undefined : redirectOf(response)
    if (left === null || location === undefined) return readBody(url, response, wish.accept)
    response.destroy()
    if (left === 0) return refuseFetch('redirects', `more than ${MOST_REDIRECTS} redirects`)
    if (!URL.canParse(location, url)) return refuseFetch('malformed', 'the redirect leads to no address')
    const to = new URL(location, url)
    // What was meant for one origin is not told to another.
    return fetchWithin(to.origin === url.origin ? wish : { ...wish, headers: {} }, to.href, left - 1, signal)
  }

  const fetchWith = async (url: string, wish: Wish, left: number | null): Promise<Fetched | FetchRefusal> => {
    const clock = AbortSignal.timeout(milliseconds)
    const signal = wish.signal ? AbortSignal.any([clock, wish.signal]) : clock
    try {
      return await Promise.race([fetchWithin(wish, url, left, signal), whenAborted(signal)])
    } catch (error) {
      if (signal.aborted) return refuseFetch('too-slow', `no answer in ${milliseconds} ms`)
      return refuseFetch('unreachable', String((error as NodeJS.ErrnoException).code ?? error))
    }
  }

  return {
    fetchText: (url, wish) => {
      const method = wish.method ?? 'GET'
      return fetchWith(url, wish, method === 'GET' || method === 'HEAD' ? MOST_REDIRECTS : null)
    },
    fetch: async (url, { body, ...init }) => {
      const wish = { ...init, accept: machineTypes, ...(body ? { body: String(body) } : {}) }
      const fetched = await fetchWith(url, wish, null)
      if (isFetchRefusal(fetched)) throw new FetchRefused(fetched)
      const { status, headers, text } = fetched
      return new Response(text === '' ? null : text, { status, headers })
    },
  }
}

/** JSON of any kind (RFC 6839), and JWTs. */
const machineTypes = /^application\/(json|jwt|[\w.-]+\+(json|jwt))$/

const refuseFetch = (why: Why, detail: string): FetchRefusal => ({ why, detail })

function readAddress(address: string, allowed: Set<string>, ports: string[]): URL | FetchRefusal {
  if (!URL.canParse(address)) return refuseFetch('malformed', 'this is no address')
  const url = new URL(address)
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return refuseFetch('scheme', `${url.protocol} is not fetched`)
  if (url.username || url.password) return refuseFetch('userinfo', 'the address holds a name or password')
  if (!allowed.has(url.origin) && !ports.includes(url.port))
    return refuseFetch('port', `port ${url.port} is not fetched`)
  return url
}

/** Other ways to write an IPv4 address (decimal, octal, hex) are dotted already: the URL parser saw to that. */
async function findAddresses(url: URL, resolve: Surroundings['resolve']): Promise<string[] | FetchRefusal> {
  const host = bareHost(url)
  if (isIP(host)) return [host]
  try {
    const addresses = await resolve(host)
    if (addresses.length > 0) return addresses
  } catch {
    // Whatever the resolver says, there is no address.
  }
  return refuseFetch('unresolved', `${host} has no address`)
}

const bareHost = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '')

function send(url: URL, addresses: string[], wish: Wish, signal: AbortSignal): Promise<IncomingMessage> {
  const checked = addresses.map((address) => ({ address, family: isIP(address) }))
  const { method = 'GET', body } = wish
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? requestSecure : requestPlain
    const request = send(
      {
        host: bareHost(url),
        port: url.port || undefined,
        path: url.pathname + url.search,
        method,
        headers: headersFor(url, wish),
        agent: false,
        signal,
        lookup: (_host, options, done) =>
          options.all ? done(null, checked) : done(null, checked[0]!.address, checked[0]!.family),
      },
      resolve,
    )
    request.on('error', reject)
    request.end(body)
  })
}

function headersFor(url: URL, { headers, body }: Wish): Record<string, string> {
  const given = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const)
  return {
    'user-agent': 'Detente',
    ...Object.fromEntries(given.filter(([name]) => name !== 'cookie')),
    ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    host: url.host,
    'accept-encoding': 'identity',
    connection: 'close',
  }
}

const redirectOf = ({ statusCode, headers }: IncomingMessage): string | undefined =>
  [301, 302, 303, 307, 308].includes(statusCode ?? 0) ? headers.location : undefined

async function readBody(
  url: URL,
  response: IncomingMessage,
  accept: RegExp,
): Promise<Fetched | FetchRefusal> {
  const bad = refuseHead(response, accept)
  const chunks: Buffer[] = []
  let size = 0
  try {
    if (bad) return bad
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > LARGEST) return refuseFetch('too-large', `more than ${LARGEST} bytes`)
      chunks.push(chunk)
    }
  } finally {
    response.destroy()
  }
  const type = response.headers['content-type'] ?? ''
  return {
    url: url.href,
    status: response.statusCode ?? 0,
    headers: readHeaders(response),
    text: decoderFor(type).decode(Buffer.concat(chunks)),
  }
}

/** What can be refused before the body comes. An answer without one needs no type. */
function refuseHead({ statusCode = 0, headers }: IncomingMessage, accept: RegExp): FetchRefusal | undefined {
  const length = Number(headers['content-length'] ?? Number.NaN)
  if (length > LARGEST) return refuseFetch('too-large', `${length} bytes, more than ${LARGEST}`)
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') return refuseFetch('encoding', `${encoding} was not asked for`)
  const isEmpty = length === 0 || statusCode === 204 || (statusCode >= 300 && statusCode < 400)
  const type = (headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase()
  return isEmpty || accept.test(type) ? undefined : refuseFetch('type', `${type || 'no type'} is not taken`)
}

/** Without cookies: nobody here may come to depend on one. */
function readHeaders({ headersDistinct }: IncomingMessage): Headers {
  const headers = new Headers()
  for (const [name, values] of Object.entries(headersDistinct))
    if (name !== 'set-cookie') for (const value of values ?? []) headers.append(name, value)
  return headers
}

function decoderFor(type: string): TextDecoder {
  const charset = /;\s*charset="?([^";\s]+)/i.exec(type)?.[1] ?? 'utf-8'
  try {
    return new TextDecoder(charset)
  } catch {
    return new TextDecoder()
  }
}

/** Resolving a name cannot be broken off, waiting for it can. */
const whenAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
  )
