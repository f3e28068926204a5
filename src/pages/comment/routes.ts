/** The forms of a discussion: every action a reader has, without script. An outcome is a redirect (303); a refusal is
 *  a page on which the text that was typed stands again. */
import { randomBytes } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../../context.ts'
import { isId } from '../../database/ids.ts'
import { castBallot, type Discussion, reportComment, withdrawComment } from '../../discussion/actions.ts'
import { readText } from '../../discussion/comment.ts'
import { reportReasons } from '../../discussion/report-reasons.ts'
import { oneOf, readTarget, takeReport } from '../../discussion/routes.ts'
import { hasReported, readBallot, readFull, readShown } from '../../discussion/store.ts'
import { ownPath, redirect, sendPersonal } from '../../http/answer.ts'
import type { Server } from '../../http/fastify.ts'
import { networkOf } from '../../http/limits.ts'
import { checkSameOrigin } from '../../http/origins.ts'
import { wordingOf } from '../../http/wording.ts'
import { COMMENT_MAX_BYTES, renderComment } from '../../language/comment-html.ts'
import { listDecisions } from '../../moderation/store.ts'
import { actorOf, needActor, roleOf } from '../../people/actor.ts'
import { can } from '../../people/can.ts'
import { isMutedBy } from '../../people/mute-store.ts'
import type { People } from '../../people/people.ts'
import { countUntold } from '../../people/sanction-store.ts'
import { readPerson } from '../../people/store.ts'
import { trapSchema } from '../../people/trap.ts'
import { isProblem, type Problem, problems, refuse } from '../../problem.ts'
import { readReference, readWholeStory, resolveStory } from '../../stories/actions.ts'
import { sendProblemPage } from '../problem/problem-page.ts'
import { renderComposerPage, renderMorePage } from './comment.view.tsx'
import { type CommentForm, checkQuoted, makeFormKey, nameLost, readQuote } from './comment-form.ts'

const commentParams = Type.Object({
  story: Type.String({ maxLength: 300 }),
  comment: Type.String({ maxLength: 40 }),
})

/** A browser sends each line end as two characters. */
const text = Type.String({ maxLength: 2 * COMMENT_MAX_BYTES })

/** Bytes of a form with a text, at most: whatever its script, a text that fits in our fields comes back on the page
 *  with what is wrong with it (a character of three bytes is sent as nine: %E7%AB%B9). */
const MOST_FORM = 10 * COMMENT_MAX_BYTES

const commentForm = Type.Object(
  {
    text,
    parent: Type.Optional(Type.String({ maxLength: 40 })),
    quoteComment: Type.Optional(Type.String({ maxLength: 40 })),
    quoteExact: Type.Optional(Type.String({ maxLength: 4_000 })),
    once: Type.Optional(Type.String({ maxLength: 40, pattern: '^[\\w-]+$' })),
    preview: Type.Optional(Type.String({ maxLength: 1 })),
    ...trapSchema,
  },
  { additionalProperties: false },
)

type Report = { reason: string; text: string }
type CommentRequest = FastifyRequest<{ Params: { story: string; comment: string } }>

export function commentForms(server: Server, app: App, discussion: Discussion, people: People): void {
  const { limits, trap } = people
  server.post(
    '/s/:story/comments',
    {
      schema: {
        hide: true,
        params: Type.Object({ story: Type.String({ maxLength: 300 }) }),
        body: commentForm,
      },
      bodyLimit: MOST_FORM,
    },
    async (request, reply) => {
      const found = await resolveStory(app, readReference(request.params.story))
      if (isProblem(found)) return sendProblemPage(app, request, reply, found)
      const { preview, homepage = '', opened, ...form } = request.body
      const again = (outcome: Outcome) =>
        sendComposer(app, request, reply, found.id, form, { ...outcome, opened: trap.stamp(app.now()) })

      if (preview) {
        const read = readText(request.body.text)
        return isProblem(read) ? again({ problem: read }) : again({ preview: renderComment(read.text, null) })
      }
      if (checkSameOrigin(app, request)) return again({ foreign: true })
      const actor = needActor(app, request)
      if (isProblem(actor)) return again({ problem: actor })
      const trapped = opened === undefined ? { homepage } : { homepage, opened }
      const busy =
        trap.check(trapped, app.now(), false) ??
        (await limits.take('comment', actor.personId)) ??
        (await limits.take('change', networkOf(request.ip)))
      if (busy) return again({ problem: busy })
      const { parent } = form
      const quote = readQuote(form)
      const bad = [parent, quote?.comment].find((id) => id && !isId(id))
      if (bad) return again({ problem: refuse('parent-unknown', `No comment ${bad} in this thread.`) })
      const written = await discussion.submit({
        storyId: found.id,
        siteId: actor.siteId,
        authorId: actor.personId,
        parentId: parent || null,
        kind: null,
        text: request.body.text,
        quotes: quote ? [quote] : [],
        network: actor.via === 'script' ? null : networkOf(request.ip),
        request: await makeFormKey(app, actor.personId, found.id, form),
      })
      if (isProblem(written)) return again({ problem: written })
      return redirect(reply, `/s/${found.id}/c/${written.id}#c-${written.id}`)
    },
  )

  server.get(
    '/s/:story/c/:comment/more',
    { schema: { hide: true, params: commentParams } },
    async (request, reply) => sendMore(app, request, reply, {}),
  )

  server.post(
    '/s/:story/c/:comment/respect',
    { schema: { hide: true, params: commentParams } },
    async (request, reply) => {
      const target = await readTarget(app, limits, request, null)
      if (isProblem(target)) return refuseForm(app, request, reply, target)
      const value =
        (await readBallot(app.db, target.storyId, target.commentId, target.personId)) === 1 ? null : 1
      const cast = await castBallot(app, target, value)
      if (isProblem(cast)) return sendProblemPage(app, request, reply, cast)
      return redirect(
        reply,
        `${pathBefore(app, request) ?? `/s/${target.storyId}/c/${target.commentId}`}#c-${target.commentId}`,
      )
    },
  )

  server.post(
    '/s/:story/c/:comment/quote',
    {
      schema: {
        hide: true,
        params: commentParams,
        body: Type.Object(
          { exact: Type.String({ minLength: 1, maxLength: 2_000 }) },
          { additionalProperties: false },
        ),
      },
    },
    async (request, reply) => {
      const found = await resolveStory(app, readReference(request.params.story))
      if (isProblem(found)) return sendProblemPage(app, request, reply, found)
      const { comment } = request.params
      const { exact } = request.body
      const [quoted] = isId(comment) ? await readShown(app.db, found.id, [comment]) : []
      const refusal = checkSameOrigin(app, request) ?? checkQuoted(quoted, exact)
      if (refusal) return sendProblemPage(app, request, reply, refusal)
      const form = { text: '', parent: comment, quoteComment: comment, quoteExact: exact }
      return sendComposer(app, request, reply, found.id, form, { opened: trap.stamp(app.now()) })
    },
  )

  server.post(
    '/s/:story/c/:comment/edit',
    {
      schema: {
        hide: true,
        params: commentParams,
        body: Type.Object({ text }, { additionalProperties: false }),
      },
      bodyLimit: MOST_FORM,
    },
    async (request, reply) => {
      const target = await readTarget(app, limits, request, request.body)
      if (isProblem(target)) return refuseForm(app, request, reply, target, '/more#edit')
      const edited = await discussion.edit(target, request.body.text)
      if (isProblem(edited))
        return sendMore(app, request, reply, { problem: edited, text: request.body.text })
      return redirect(reply, `/s/${target.storyId}/c/${target.commentId}#c-${target.commentId}`)
    },
  )

  server.post(
    '/s/:story/c/:comment/delete',
    { schema: { hide: true, params: commentParams } },
    async (request, reply) => {
      const target = await readTarget(app, limits, request, null)
      if (isProblem(target)) return refuseForm(app, request, reply, target, '/more#delete')
      const withdrawn = await withdrawComment(app, target)
      return isProblem(withdrawn)
        ? sendProblemPage(app, request, reply, withdrawn)
        : redirect(reply, `/s/${target.storyId}#talk`)
    },
  )

  server.post(
    '/s/:story/c/:comment/report',
    {
      schema: {
        hide: true,
        params: commentParams,
        body: Type.Object(
          {
            reason: oneOf(reportReasons),
            text: Type.Optional(Type.String({ maxLength: 2_000 })),
          },
          { additionalProperties: false },
        ),
      },
    },
    async (request, reply) => {
      const { reason, text = '' } = request.body
      const report = { reason, text }
      const target = await readTarget(app, limits, request, request.body)
      if (isProblem(target))
        return text.trim() === ''
          ? refuseForm(app, request, reply, target, '/more#report')
          : sendMore(app, request, reply, { problem: target, report })
      const reported =
        (await takeReport(limits, target, request)) ?? (await reportComment(app, target, report))
      if (isProblem(reported)) return sendMore(app, request, reply, { problem: reported, report })
      return redirect(reply, `/s/${target.storyId}/c/${target.commentId}/more?reported=1`)
    },
  )
}

/** The page of ours that a form was sent from, if the browser says. */
function pathBefore(app: App, request: FastifyRequest): string | undefined {
  const { referer } = request.headers
  if (!referer || !URL.canParse(referer)) return undefined
  const { origin, pathname, search } = new URL(referer)
  return origin === app.origin && pathname.startsWith('/s/') ? ownPath(pathname + search) : undefined
}

/** Someone who is not signed in is sent to sign in and comes back; every other refusal is a page.
 *  @param back below the comment's own address */
function refuseForm(
  app: App,
  request: CommentRequest,
  reply: FastifyReply,
  problem: Problem,
  back = '',
): FastifyReply {
  const { text = '' } = (request.body ?? {}) as { text?: string }
  if (problem.problem !== 'sign-in-needed' || text.trim() !== '')
    return sendProblemPage(app, request, reply, problem)
  const { story, comment } = request.params
  return redirect(reply, `/sign-in?to=${encodeURIComponent(`/s/${story}/c/${comment}${back}`)}`)
}

/** The composer again, with what was typed. What it answers to is shown only where it still stands: a quote whose
 *  words are gone, or a parent that is, is left out, and the button says so. */
async function sendComposer(
  app: App,
  request: FastifyRequest,
  reply: FastifyReply,
  storyId: string,
  form: CommentForm,
  outcome: Outcome,
): Promise<FastifyReply> {
  const story = await readWholeStory(app, storyId)
  if (!story) return sendProblemPage(app, request, reply, refuse('story-unknown', `No story ${storyId}.`))
  const quote = readQuote(form)
  const shown = await readShown(app.db, storyId, [form.parent, quote?.comment].filter(isGivenId))
  const parent = shown.find(({ id }) => id === form.parent)
  const quoted = quote && shown.find(({ id }) => id === quote.comment)
  const lost = {
    parent: Boolean(form.parent) && parent?.shown !== 'text',
    quote: quote !== undefined && checkQuoted(quoted, quote.exact) !== undefined,
  }
  const problem = outcome.problem ?? nameLost(lost)
  if (problem?.retryAfter !== undefined) reply.header('retry-after', String(problem.retryAfter))
  const actor = actorOf(request)
  const page = renderComposerPage({
    app,
    wording: wordingOf(app, request),
    story,
    parent: lost.parent ? undefined : parent,
    quote: lost.quote ? undefined : quote,
    lost,
    once: randomBytes(16).toString('base64url'),
    text: form.text,
    ...outcome,
    ...(problem ? { problem } : {}),
    signedIn: actor !== undefined,
    told: actor ? await countUntold(app.db, actor.personId, app.now()) : 0,
  })
  return sendPersonal(reply, problem ? problems[problem.problem].status : outcome.foreign ? 403 : 200, page)
}

const isGivenId = (id: string | undefined): id is string => id !== undefined && isId(id)

type Outcome = { problem?: Problem; preview?: string; foreign?: boolean; opened?: string }

/** All there is to do with one comment, for whoever asks: quote, report, edit, take back, decide. */
async function sendMore(
  app: App,
  request: CommentRequest,
  reply: FastifyReply,
  state: { problem?: Problem; text?: string; report?: Report },
): Promise<FastifyReply> {
  const found = await resolveStory(app, readReference(request.params.story))
  if (isProblem(found)) return sendProblemPage(app, request, reply, found)
  const { comment: id } = request.params
  const unknown = refuse('comment-unknown', `No comment ${id.slice(0, 40)} in this thread.`)
  const story = await readWholeStory(app, found.id)
  const full = isId(id) ? await readFull(app.db, found.id, id) : undefined
  if (!story || !full) return sendProblemPage(app, request, reply, unknown)
  const actor = actorOf(request)
  const person = actor && (await readPerson(app.db, actor.personId))
  const role = person && actor ? roleOf(app, actor, person) : undefined
  const own = full.authorId !== null && full.authorId === person?.id
  const [shown] = await readShown(app.db, found.id, [id])
  const decides = role !== undefined && can(role, 'comment.decide', { own: false })
  if (shown?.shown !== 'text' && !own && !decides) return sendProblemPage(app, request, reply, unknown)
  const decisions = decides ? await listDecisions(app.db, found.id, id) : []
  const status = state.problem ? problems[state.problem.problem].status : 200
  const reported =
    request.url.includes('reported=1') &&
    person !== undefined &&
    (await hasReported(app.db, found.id, id, person.id))
  const ballot = person && (await readBallot(app.db, found.id, id, person.id))
  const page = {
    app,
    wording: wordingOf(app, request),
    story,
    comment: full,
    shown,
    own,
    decides,
    decisions,
    reported,
    isRespected: ballot === 1,
    hasMuted:
      person !== undefined && full.authorId !== null && (await isMutedBy(app.db, person.id, full.authorId)),
    signedIn: person !== undefined,
    told: person ? await countUntold(app.db, person.id, app.now()) : 0,
    now: app.now(),
    ...state,
  }
  return sendPersonal(reply, status, renderMorePage(page))
}
