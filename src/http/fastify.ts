import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify'
import type { Problem } from '../problem.ts'

declare module 'fastify' {
  interface FastifyReply {
    /** Refuses: for a browser a page that keeps what was typed, for others `application/problem+json`. */
    refuse: (problem: Problem) => FastifyReply
  }
}

/** What routes are added to: their TypeBox schemas give the handlers their types. */
export type Server = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>
