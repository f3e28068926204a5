/** Who may call from where: CORS for registered newsroom pages, and the check against forged forms. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../context.ts'
import { type Problem, refuse } from '../problem.ts'

export const isRegistered = (app: App, origin: string): boolean =>
  origin === app.origin || app.site.origins.includes(origin) || app.settings.origins.includes(origin)

/** CORS without credentials (Fetch standard): a registered page may read, and may send a Bearer token. */
export function allowEmbedding(app: App, request: FastifyRequest, reply: FastifyReply): void {
  const { origin } = request.headers
  if (!origin) return
  reply.header('vary', 'Origin')
  if (isRegistered(app, origin)) reply.header('access-control-allow-origin', origin)
}

/** Whether a state-changing request with our cookie comes from a page of ours. Browsers send Sec-Fetch-Site (all
 *  current ones) or Origin with every POST; a request with neither was not made by a browser's page, and carries no
 *  cookie that a reader was tricked into sending. */
export function checkSameOrigin(app: App, request: FastifyRequest): Problem | undefined {
  const site = request.headers['sec-fetch-site']
  const { origin } = request.headers
  if (site === 'same-origin' || site === 'none') return undefined
  if (site === undefined && (origin === undefined || origin === app.origin)) return undefined
  return refuse('origin-foreign', 'Forms of this site are taken only from its own pages.')
}
