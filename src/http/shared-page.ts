/** The way of a shared page to its reader: a key, the page cache, bytes. Most requests end in `serveFromCache`,
 *  before the router: nothing is parsed but the address, and nothing personal is looked at. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../context.ts'
import { isDatabaseDown } from '../database/connect.ts'
import { pageHeaders, strictTransport } from './headers.ts'
import { addLanguage, keptLanguage } from './kept-language.ts'
import { isRegistered } from './origins.ts'
import { chooseEncoding, type Encoding, type PageEntry, type SharedPage } from './page-cache.ts'
import { languageFor, type Speaking } from './wording.ts'

/** Parameters that change what a shared page says; all others are ignored, so that they cannot fill the cache. */
const PARAMETERS = ['after', 'lang', 'sort', 'story', 'url'] as const

const LONGEST_ADDRESS = 2_000

/** A browser asks again each time, or a reader would miss what they wrote a moment ago (it would obey
 *  stale-while-revalidate too); a CDN keeps a page for two seconds (RFC 9213). */
const keepShared = {
  'cache-control': 'public, max-age=0, must-revalidate, s-maxage=2',
  'cdn-cache-control': 'max-age=2, stale-while-revalidate=30',
}

/** Keys found before, by site: most readers ask for the same few pages with the same few headers. A site that changes is
 *  another value, and begins anew. */
const keys = new WeakMap<Keyed, Map<string, string>>()
const MOST_KEYS = 5_000

type Keyed = Speaking & { id: string }

/** The key of a shared page: its site, path, known parameters in a fixed order, language, and whether its links keep
 *  that. */
export function sharedKey(site: Keyed, address: string, acceptLanguage: string | undefined): string {
  const found = keys.get(site) ?? new Map<string, string>()
  if (found.size === 0) keys.set(site, found)
  const wish = `${address} ${acceptLanguage}`
  const known = found.get(wish)
  if (known) return known
  const key = `${site.id} ${makeKey(site, address, acceptLanguage)}`
  if (found.size >= MOST_KEYS) found.clear()
  found.set(wish, key)
  return key
}

function makeKey(site: Keyed, address: string, acceptLanguage: string | undefined): string {
  const mark = address.indexOf('?')
  if (mark < 0) return `${address} ${languageFor(site, undefined, acceptLanguage)}`
  const query = new URLSearchParams(address.slice(mark + 1))
  const language = languageFor(site, query.get('lang') ?? undefined, acceptLanguage)
  let key = address.slice(0, mark)
  for (const name of PARAMETERS) {
    const value = name === 'lang' ? null : query.get(name)
    if (value) key += `&${name}=${encodeURIComponent(value)}`
  }
  // A fragment's links are absolute and keep none.
  const isKept = !key.startsWith('/fragment') && keptLanguage(address, acceptLanguage, site)
  return isKept ? `${key} ${language} kept` : `${key} ${language}`
}

/** Answers from the page cache if the page is there and fresh.
 *  @returns whether it was: otherwise the router takes the request */
export function serveFromCache(app: App, request: IncomingMessage, response: ServerResponse): boolean {
  const { url, method, headers } = request
  if ((method !== 'GET' && method !== 'HEAD') || !url || url.length > LONGEST_ADDRESS) return false
  if (!url.startsWith('/s/') && !url.startsWith('/fragment')) return false
  const key = sharedKey(app.site, url, headers['accept-language'])
  const entry = app.pages.fresh(key, app.now().getTime())
  if (!entry) return false
  writeShared(app, request, response, entry)
  return true
}

/** With the database away, the page as it last was.
 *  @returns whether there is one */
export function sendOld(app: App, request: FastifyRequest, reply: FastifyReply): boolean {
  const { method, url = '/', headers } = request.raw
  const reads = method === 'GET' || method === 'HEAD'
  const entry = reads ? app.pages.old(sharedKey(app.site, url, headers['accept-language'])) : undefined
  if (!entry) return false
  reply.hijack()
  writeShared(app, request.raw, reply.raw, entry)
  return true
}

/** A shared page by way of the router: renders it if need be. */
export async function sendShared(
  app: App,
  request: FastifyRequest,
  reply: FastifyReply,
  page: { tags: string[]; render: (language: string) => Promise<SharedPage> },
): Promise<FastifyReply> {
  const key = sharedKey(app.site, request.raw.url ?? '/', request.headers['accept-language'])
  const [, , language = app.site.language, kept] = key.split(' ')
  const render = async () => {
    const made = await page.render(language)
    return kept ? { ...made, body: addLanguage(made.body, language) } : made
  }
  const entry = await app.pages.get(
    { key, tags: page.tags, now: app.now().getTime(), render },
    isDatabaseDown,
  )
  reply.hijack()
  writeShared(app, request.raw, reply.raw, entry)
  return reply
}

/** The bytes, with what a CDN needs: an ETag a form, how long to keep it, and the story's tag to purge by. */
function writeShared(app: App, request: IncomingMessage, response: ServerResponse, entry: PageEntry): void {
  const encoding = chooseEncoding(request.headers['accept-encoding'])
  const head = headOf(app, entry, encoding)
  const { origin } = request.headers
  const full =
    origin !== undefined && isRegistered(app, origin)
      ? [...head.lines, 'access-control-allow-origin', origin]
      : head.lines
  if (entry.status === 200 && request.headers['if-none-match']?.includes(head.etag)) {
    response.writeHead(304, full)
    response.end()
    return
  }
  response.writeHead(entry.status, origin === undefined ? head.whole : [...full, ...head.body])
  response.end(request.method === 'HEAD' ? undefined : app.pages.form(entry, encoding))
}

/** A page's header lines in one encoding, names and values in turn: written once, sent many times.
 *  `lines` go out with a 304 too, `body` only before a body, `whole` is both. */
type Head = { etag: string; lines: string[]; body: string[]; whole: string[] }

const heads = new WeakMap<PageEntry, Map<Encoding, Head>>()

function headOf(app: App, entry: PageEntry, encoding: Encoding): Head {
  const made = heads.get(entry) ?? new Map<Encoding, Head>()
  heads.set(entry, made)
  const known = made.get(encoding)
  if (known) return known
  const etag = encoding === 'identity' ? entry.etag : `${entry.etag.slice(0, -1)}-${encoding}"`
  const lines = Object.entries({
    ...pageHeaders,
    ...(app.origin.startsWith('https:') ? { 'strict-transport-security': strictTransport } : {}),
    'content-type': entry.type,
    ...(entry.status === 200 ? keepShared : { 'cache-control': 'no-store' }),
    'cache-tag': entry.tags.join(','),
    vary: 'Accept-Encoding, Accept-Language, Origin',
    etag,
  }).flat()
  const length = ['content-length', String(app.pages.form(entry, encoding).length)]
  const body = encoding === 'identity' ? length : ['content-encoding', encoding, ...length]
  const head = { etag, lines, body, whole: [...lines, ...body] }
  made.set(encoding, head)
  return head
}
