/** A site's routes: Fastify with one way for every error. It does not listen itself (http/listener.ts does). */
import Fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify'
import type { TSchema } from 'typebox'
import type { App } from '../context.ts'
import { isDatabaseDown } from '../database/connect.ts'
import { type Problem, type ProblemType, refuse } from '../problem.ts'
import { sendProblem } from './answer.ts'
import type { Server } from './fastify.ts'
import { pageHeaders, strictTransport } from './headers.ts'
import { gatherMethods } from './methods.ts'
import { allowEmbedding, isRegistered } from './origins.ts'
import { compileCheck, readBodies } from './reading.ts'
import { sendOld } from './shared-page.ts'

/** Bytes of a request's body at most; a story's body may be larger and says so on its route. */
const MOST_BODY = 64 * 1024

/** A request's name in the log: when this process began, and its number since. */
const startedAt = Date.now().toString(36)
let requests = 0

/** @param sendProblemPage how a refusal looks to a browser (an HTML page that keeps what was typed) */
export function makeServer(
  app: App,
  sendProblemPage: (request: FastifyRequest, reply: FastifyReply, problem: Problem) => FastifyReply,
): Server {
  const refuseRequest = (request: FastifyRequest, reply: FastifyReply, problem: Problem) =>
    wantsPage(request) ? sendProblemPage(request, reply, problem) : sendProblem(reply, problem)

  const server: Server = Fastify({
    logger: false,
    bodyLimit: MOST_BODY,
    trustProxy: (_address, hop) => hop < app.settings.trustedProxies,
    routerOptions: { maxParamLength: 500 },
    genReqId: () => `${startedAt}-${++requests}`,
    // An address that cannot be decoded meets no hook and no route.
    frameworkErrors: (error, request, reply) =>
      refuseRequest(
        request,
        protect(app, request, reply),
        refuse('not-found', `This address cannot be read: ${error.message.slice(0, 200)}`),
      ),
  })

  readBodies(server)
  server.decorateReply('refuse', function (problem: Problem) {
    return refuseRequest(this.request, this, problem)
  })
  const listMethods = gatherMethods(server)
  server.setValidatorCompiler(({ schema, httpPart }) => compileCheck(schema as TSchema, httpPart))

  server.addHook('onRequest', async (request, reply) => {
    protect(app, request, reply)
    if (request.raw.url?.includes('%00') || request.raw.url?.includes('\0'))
      return refuseRequest(request, reply, refuse('not-found', 'An address holds no NUL character.'))
    return undefined
  })

  server.options('/*', async (request, reply) => {
    const { origin } = request.headers
    if (origin && isRegistered(app, origin))
      reply.headers({
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
        'access-control-allow-headers': 'authorization, content-type, idempotency-key',
        'access-control-max-age': '600',
        vary: 'Origin',
      })
    return reply.status(204).send()
  })

  server.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? ''
    const methods = listMethods(path)
    if (methods.length === 0 || methods.includes(request.method))
      return reply.refuse(refuse('not-found', `There is no ${request.method} ${path.slice(0, 200)}.`))
    const detail = `${path.slice(0, 200)} takes ${methods.join(', ')}.`
    return reply.header('allow', methods.join(', ')).refuse(refuse('method-unknown', detail))
  })
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = explainError(app, request, error)
    // What the handler set was for another answer, and one of them may be what cannot be sent.
    for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name)
    protect(app, request, reply)
    return problem.problem === 'not-saved' && sendOld(app, request, reply)
      ? reply
      : refuseRequest(request, reply, problem)
  })
  return server
}

/** What every answer has that does not say otherwise. */
function protect(app: App, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.headers(pageHeaders).header('cache-control', 'no-store')
  allowEmbedding(app, request, reply)
  return app.origin.startsWith('https:') ? reply.header('strict-transport-security', strictTransport) : reply
}

export const wantsPage = (request: FastifyRequest): boolean =>
  !request.url.startsWith('/api/') && (request.headers.accept ?? '').includes('text/html')

/** Whatever was thrown becomes a refusal: the client's doing is named, the database's state is named, and a bug gets
 *  an id that stands in the log beside its cause, and nothing else. */
function explainError(app: App, request: FastifyRequest, error: FastifyError): Problem {
  const validation = error.validation?.[0]
  if (validation) {
    const at = validation.instancePath
    return refuse(
      'body-invalid',
      `${error.validationContext ?? 'request'}${at} ${validation.message ?? 'is not valid'}.`,
      { at },
    )
  }
  if (isDatabaseDown(error)) {
    app.log.warn({ err: error }, 'the database cannot be reached')
    const saved =
      request.method === 'GET'
        ? 'Please try again in a moment.'
        : 'It was not saved. Your text is kept: please try again in a moment.'
    return refuse('not-saved', saved, { retryAfter: 5 })
  }
  const known = clientErrors[error.code]
  if (known) return refuse(known, error.message)
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500)
    return refuse('body-malformed', error.message)
  app.log.error({ err: error, id: request.id, route: request.routeOptions.url }, 'a bug')
  return refuse('bug', `It is our mistake, not yours. In the log it stands under ${request.id}.`)
}

/** Fastify's own refusals of what a client sent (fastify/lib/errors.js). */
const clientErrors: Record<string, ProblemType> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'media-type-unsupported',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'body-malformed',
  FST_ERR_CTP_INVALID_JSON_BODY: 'body-malformed',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'body-malformed',
}
