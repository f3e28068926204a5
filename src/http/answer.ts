/** How answers leave: the one place where a Problem becomes RFC 9457, and where a page becomes bytes. */
import type { FastifyReply } from 'fastify'
import { type Problem, problems } from '../problem.ts'

const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

/** RFC 9457. `type` is a stable relative reference; `at` is a JSON pointer to what was wrong. */
export function describeProblem(problem: Problem) {
  const { status, title } = problems[problem.problem]
  return {
    type: `/problems/${problem.problem}`,
    title,
    status,
    detail: problem.detail,
    ...(problem.at === undefined ? {} : { at: problem.at }),
    ...(problem.sanction === undefined ? {} : { sanction: problem.sanction }),
  }
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  const body = describeProblem(problem)
  if (problem.retryAfter !== undefined) reply.header('retry-after', String(problem.retryAfter))
  if (body.status === 401) reply.header('www-authenticate', 'Bearer')
  return reply
    .status(body.status)
    .header('cache-control', 'no-store')
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(body))
}

/** An action's outcome as JSON: the value with `status`, or the refusal. */
export function answer(reply: FastifyReply, status: number, outcome: object | Problem): FastifyReply {
  if ('problem' in outcome && 'detail' in outcome) return sendProblem(reply, outcome as Problem)
  return reply.status(status).header('cache-control', 'no-store').send(outcome)
}

/** A page for one reader only: never kept by anyone in between. */
export const sendPersonal = (reply: FastifyReply, status: number, html: string): FastifyReply =>
  reply
    .status(status)
    .header('cache-control', 'private, no-store')
    .type('text/html; charset=utf-8')
    .send(html)

/** After a form: see the other page (303), own paths only, so that no form can send a reader elsewhere. */
export const redirect = (reply: FastifyReply, path: string): FastifyReply =>
  reply.header('cache-control', 'no-store').redirect(ownPath(path), 303)

/** A path of ours as it may stand in a header (ASCII), whatever was asked for. Browsers read `\` as `/` and drop tabs and
 *  line ends, so these are refused; dots are resolved, so that `/.//x` cannot become another host's `//x`. */
export function ownPath(path: string | undefined): string {
  if (!path || !/^\/(?![/\\])[^\\\s]*$/.test(path)) return '/'
  for (const character of path) if (character < ' ') return '/'
  if (!URL.canParse(path, ANY_ORIGIN)) return '/'
  const { origin, pathname, search, hash } = new URL(path, ANY_ORIGIN)
  return origin === ANY_ORIGIN && !pathname.startsWith('//') ? pathname + search + hash : '/'
}

/** Paths are resolved against it; reserved by RFC 2606. */
const ANY_ORIGIN = 'http://here.invalid'
