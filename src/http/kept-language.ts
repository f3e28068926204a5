/** A language that was chosen by address (`?lang=ko`) goes with the reader: into the page's own links and forms and into
 *  redirects. No cookie: a page is then still the same for everyone who asks for the same address with the same
 *  Accept-Language, and a CDN may keep it. Decision 7. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../context.ts'
import type { Server } from './fastify.ts'
import { languageFor, type Speaking } from './wording.ts'

/** The language an address asks for, if the reader would get another one without it. Where it is the same, addresses
 *  stay short. */
export function keptLanguage(
  address: string,
  acceptLanguage: string | undefined,
  site: Speaking,
): string | undefined {
  const mark = address.indexOf('?')
  const asked = mark < 0 ? undefined : new URLSearchParams(address.slice(mark + 1)).get('lang')
  if (!asked) return undefined
  const language = languageFor(site, asked, acceptLanguage)
  return language === languageFor(site, undefined, acceptLanguage) ? undefined : language
}

/** Opening tags of links and forms, as our renderer prints them. No text can look like one: `<` is escaped in it. */
const OPENING = /<(a|form)((?:\s+[^\s"=<>]+(?:="[^"]*")?)*)\s*>/g
const ADDRESS = /(\s(?:href|action)=")(\/(?!\/)[^"]*)"/
/** A form without a method asks by address, and drops what stood in its action's. */
const ASKS = /^<form(?!.*\smethod="post")/

/** A page whose links and forms keep the language. Only paths are changed: what is absolute leads elsewhere, or stands in
 *  a newsroom's page, which has a language of its own. */
export const addLanguage = (html: string, language: string): string =>
  html.replace(OPENING, (tag) => {
    const path = ADDRESS.exec(tag)?.[2]
    if (path === undefined) return tag
    if (ASKS.test(tag)) return `${tag}<input type="hidden" name="lang" value="${language}"/>`
    return tag.replace(ADDRESS, (_, before) => `${before}${withLanguage(path, language, '&amp;')}"`)
  })

/** A path with `lang`, unless it has one.
 *  @param and how `&` is written where the path stands */
function withLanguage(path: string, language: string, and: '&' | '&amp;'): string {
  if (/[?&;]lang=/.test(path)) return path
  const end = path.includes('#') ? path.indexOf('#') : path.length
  const sign = path.slice(0, end).includes('?') ? and : '?'
  return `${path.slice(0, end)}${sign}lang=${language}${path.slice(end)}`
}

/** Pages made for one request, and redirects. (Pages shared by all are kept with their links as they are sent.) */
export function keepLanguage(server: Server, app: App): void {
  server.addHook('onSend', async (request: FastifyRequest, reply: FastifyReply, payload) => {
    const language = keptLanguage(request.url, request.headers['accept-language'], app.site)
    if (language === undefined) return payload
    const location = reply.getHeader('location')
    if (typeof location === 'string' && /^\/(?!\/)/.test(location))
      reply.header('location', withLanguage(location, language, '&'))
    const isPage = String(reply.getHeader('content-type')).startsWith('text/html')
    return isPage && typeof payload === 'string' ? addLanguage(payload, language) : payload
  })
}
