import type { FastifyRequest } from 'fastify'
import { makeRequestKey, type RequestKey } from '../database/idempotency-store.ts'
import { type Problem, refuse } from '../problem.ts'

/** The request's Idempotency-Key, if it has one: 1 to 200 visible ASCII characters. */
export function readRequestKey(
  request: FastifyRequest,
  actorId: string,
  body: unknown,
): RequestKey | undefined | Problem {
  const header = request.headers['idempotency-key']
  if (header === undefined) return undefined
  if (typeof header !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(header))
    return refuse('body-invalid', 'Expected 1 to 200 visible ASCII characters.', {
      at: '/headers/idempotency-key',
    })
  return makeRequestKey(actorId, header, body)
}
