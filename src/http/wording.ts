import type { FastifyRequest } from 'fastify'
import type { App } from '../context.ts'
import { chooseLanguage, type Wording, wordingFor } from '../language/messages.ts'

/** The words for a page that is made for one request: language by the address, then the browser, then the site. */
export function wordingOf(app: App, request: FastifyRequest): Wording {
  const asked = new URLSearchParams(request.url.split('?')[1] ?? '').get('lang') ?? undefined
  return wordingFor(
    chooseLanguage(asked, request.headers['accept-language'], app.site.language),
    app.site.timeZone,
  )
}
