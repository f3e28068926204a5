import type { FastifyRequest } from 'fastify'
import type { App, Site } from '../context.ts'
import { chooseLanguage, languages, type Wording, wordingFor } from '../language/messages.ts'

/** What of a site decides its pages' languages. */
export type Speaking = Pick<Site, 'language' | 'languages'>

/** Languages that the site's readers are offered. */
export const offeredLanguages = (site: Speaking): readonly string[] =>
  site.languages.length === 0
    ? languages
    : languages.filter((one) => one === site.language || site.languages.includes(one))

/** The language of a page: by the address, then the browser, then the site; only what the site offers. */
export const languageFor = (
  site: Speaking,
  asked: string | undefined,
  acceptLanguage: string | undefined,
): string => chooseLanguage(asked, acceptLanguage, site.language, offeredLanguages(site))

/** The words of the API, and of whatever is made for no reader in particular. */
export const siteWording = ({ site }: { site: Pick<Site, 'language' | 'timeZone'> }): Wording =>
  wordingFor(site.language, site.timeZone)

/** The words for a page that is made for one request. */
export function wordingOf(app: App, request: FastifyRequest): Wording {
  const asked = new URLSearchParams(request.url.split('?')[1] ?? '').get('lang') ?? undefined
  const language = languageFor(app.site, asked, request.headers['accept-language'])
  return wordingFor(language, app.site.timeZone)
}
