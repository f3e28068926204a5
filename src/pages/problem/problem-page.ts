import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../../context.ts'
import { sendPersonal } from '../../http/answer.ts'
import { wordingOf } from '../../http/wording.ts'
import type { Wording } from '../../language/messages.ts'
import { type Problem, problems } from '../../problem.ts'
import { renderProblemPage } from './problem.view.tsx'

/** A refusal as a page. What was typed into a form is on it, so that nothing is lost. */
export function sendProblemPage(
  app: App,
  request: FastifyRequest,
  reply: FastifyReply,
  problem: Problem,
): FastifyReply {
  if (problem.retryAfter !== undefined) reply.header('retry-after', String(problem.retryAfter))
  return sendPersonal(
    reply,
    problems[problem.problem].status,
    problemPage(app, problem, wordingOf(app, request), typedText(request)),
  )
}

export const problemPage = (app: App, problem: Problem, wording: Wording, typed?: string): string =>
  renderProblemPage({ wording, site: app.site, problem, typed })

function typedText(request: FastifyRequest): string | undefined {
  const { body } = request
  if (typeof body !== 'object' || body === null || !('text' in body) || typeof body.text !== 'string')
    return undefined
  return body.text || undefined
}
