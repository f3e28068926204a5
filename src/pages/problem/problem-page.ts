import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../../context.ts'
import { reportReasons } from '../../discussion/report-reasons.ts'
import { sendPersonal } from '../../http/answer.ts'
import { wordingOf } from '../../http/wording.ts'
import type { MessageKey, Wording } from '../../language/messages.ts'
import { reasons } from '../../moderation/decision.ts'
import { type Problem, problems } from '../../problem.ts'
import { type Kept, renderProblemPage } from './problem.view.tsx'

/** What people type into our forms, by the field's name: its label there, and whether it may have several lines. What a
 *  form holds besides (tokens, keys, ids, where to go next) is not given back. */
const typedFields: Record<string, { label: MessageKey; long: boolean }> = {
  text: { label: 'problem-your-text', long: true },
  title: { label: 'desk-story-title', long: false },
  body: { label: 'desk-story-body', long: true },
  byline: { label: 'desk-story-byline', long: false },
  credit: { label: 'desk-story-credit', long: false },
  section: { label: 'desk-story-section', long: false },
  published: { label: 'desk-story-published', long: false },
  url: { label: 'desk-story-url', long: false },
  rules: { label: 'desk-site-rules', long: true },
  origins: { label: 'desk-site-origins', long: true },
  reason: { label: 'desk-gate-reason', long: false },
  note: { label: 'desk-note', long: true },
  name: { label: 'desk-site-name', long: false },
  email: { label: 'sign-in-email', long: false },
}

/** Reasons that are chosen from a list. */
const rules = [...reasons, ...reportReasons]

/** A refusal as a page. What was typed into a form is on it, so that nothing is lost. */
export function sendProblemPage(
  app: App,
  request: FastifyRequest,
  reply: FastifyReply,
  problem: Problem,
): FastifyReply {
  if (problem.retryAfter !== undefined) reply.header('retry-after', String(problem.retryAfter))
  const page = { wording: wordingOf(app, request), site: app.site, problem, id: request.id }
  return sendPersonal(
    reply,
    problems[problem.problem].status,
    renderProblemPage({ ...page, kept: keepTyped(request.body, page.wording) }),
  )
}

/** A refusal that is the same for everyone. */
export const problemPage = (app: App, problem: Problem, wording: Wording): string =>
  renderProblemPage({ wording, site: app.site, problem, id: '', kept: [] })

function keepTyped(body: unknown, { say }: Wording): Kept[] {
  if (typeof body !== 'object' || body === null) return []
  const given = new Map<string, unknown>(Object.entries(body))
  return Object.entries(typedFields).flatMap(([name, field]) => {
    const value = given.get(name)
    const rule = name === 'reason' ? rules.find((one) => one === value) : undefined
    if (rule) return [{ name, label: 'desk-reason', long: false, value: say(`reason-${rule}`) }]
    return typeof value === 'string' && value.trim() !== '' ? [{ ...field, name, value }] : []
  })
}
