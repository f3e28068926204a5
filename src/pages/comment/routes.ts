/** The forms of a discussion: every action a reader has, without script. An outcome is a redirect (303); a refusal is
 *  a page on which the text that was typed stands again. */
import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../../context.ts'
import { makeRequestKey } from '../../database/idempotency-store.ts'
import { isId } from '../../database/ids.ts'
import {
  castBallot,
  type Discussion,
  editComment,
  reportComment,
  withdrawComment,
} from '../../discussion/actions.ts'
import { readText } from '../../discussion/comment.ts'
import { reportReasons } from '../../discussion/report-reasons.ts'
import { readTarget } from '../../discussion/routes.ts'
import { readBallot, readFull, readShown } from '../../discussion/store.ts'
import { ownPath, redirect, sendPersonal } from '../../http/answer.ts'
import type { Server } from '../../http/fastify.ts'
import { type Limits, networkOf } from '../../http/limits.ts'
import { checkSameOrigin } from '../../http/origins.ts'
import { wordingOf } from '../../http/wording.ts'
import { renderComment } from '../../language/comment-html.ts'
import { takeDecision } from '../../moderation/actions.ts'
import { reasons } from '../../moderation/decision.ts'
import { listDecisions } from '../../moderation/store.ts'
import { actorOf, needActor, roleOf } from '../../people/actor.ts'
import { can } from '../../people/can.ts'
import { readPerson } from '../../people/store.ts'
import { isProblem, type Problem, problems, refuse } from '../../problem.ts'
import { readReference, readWholeStory, resolveStory } from '../../stories/actions.ts'
import { sendProblemPage } from '../problem/problem-page.ts'
import { renderComposerPage, renderMorePage } from './comment.view.tsx'

const commentParams = Type.Object({
  story: Type.String({ maxLength: 300 }),
  comment: Type.String({ maxLength: 40 }),
})
const text = Type.String({ maxLength: 40_000 })

const commentForm = Type.Object(
  {
    text,
    parent: Type.Optional(Type.String({ maxLength: 40 })),
    quoteComment: Type.Optional(Type.String({ maxLength: 40 })),
    quoteExact: Type.Optional(Type.String({ maxLength: 2_000 })),
    preview: Type.Optional(Type.String({ maxLength: 1 })),
  },
  { additionalProperties: false },
)

type CommentRequest = FastifyRequest<{ Params: { story: string; comment: string } }>

export function commentForms(server: Server, app: App, discussion: Discussion, limits: Limits): void {
  server.post(
    '/s/:story/comments',
    {
      schema: {
        hide: true,
        params: Type.Object({ story: Type.String({ maxLength: 300 }) }),
        body: commentForm,
      },
    },
    async (request, reply) => {
      const found = await resolveStory(app, readReference(request.params.story))
      if (isProblem(found)) return sendProblemPage(app, request, reply, found)
      const { parent, quoteComment, quoteExact, preview } = request.body
      const again = (state: { problem?: Problem; preview?: string; foreign?: boolean }) =>
        sendComposer(app, request, reply, found.id, {
          text: request.body.text,
          parent,
          quoteComment,
          quoteExact,
          ...state,
        })

      if (preview) {
        const read = readText(request.body.text)
        return isProblem(read) ? again({ problem: read }) : again({ preview: renderComment(read.text, null) })
      }
      if (checkSameOrigin(app, request)) return again({ foreign: true })
      const actor = needActor(app, request)
      if (isProblem(actor)) return again({ problem: actor })
      const busy =
        (await limits.take('comment', actor.personId)) ?? (await limits.take('change', networkOf(request.ip)))
      if (busy) return again({ problem: busy })
      const bad = [parent, quoteComment].find((id) => id && !isId(id))
      if (bad) return again({ problem: refuse('parent-unknown', `No comment ${bad} in this thread.`) })
      const written = await discussion.submit({
        storyId: found.id,
        siteId: actor.siteId,
        authorId: actor.personId,
        parentId: parent || null,
        kind: null,
        text: request.body.text,
        quotes: quoteComment && quoteExact ? [{ comment: quoteComment, exact: quoteExact }] : [],
        request: makeFormKey(app, actor.personId, found.id, request.body),
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
      return sendComposer(app, request, reply, found.id, {
        text: '',
        parent: comment,
        quoteComment: comment,
        quoteExact: request.body.exact,
      })
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
    },
    async (request, reply) => {
      const target = await readTarget(app, limits, request, request.body)
      if (isProblem(target)) return refuseForm(app, request, reply, target)
      const edited = await editComment(app, target, request.body.text)
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
      if (isProblem(target)) return refuseForm(app, request, reply, target)
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
            reason: Type.Union(reportReasons.map((reason) => Type.Literal(reason))),
            text: Type.Optional(Type.String({ maxLength: 2_000 })),
          },
          { additionalProperties: false },
        ),
      },
    },
    async (request, reply) => {
      const target = await readTarget(app, limits, request, request.body)
      if (isProblem(target)) return refuseForm(app, request, reply, target)
      const { reason, text = '' } = request.body
      const reported = await reportComment(app, target, { reason, text })
      if (isProblem(reported)) return sendMore(app, request, reply, { problem: reported })
      return redirect(reply, `/s/${target.storyId}/c/${target.commentId}/more?reported=1`)
    },
  )

  server.post(
    '/s/:story/c/:comment/decide',
    {
      schema: {
        hide: true,
        params: commentParams,
        body: Type.Object(
          {
            action: Type.Union(
              (['approve', 'hold', 'remove', 'restore'] as const).map((action) => Type.Literal(action)),
            ),
            reason: Type.Optional(
              Type.Union([Type.Literal(''), ...reasons.map((reason) => Type.Literal(reason))]),
            ),
            note: Type.Optional(Type.String({ maxLength: 2_000 })),
            to: Type.Optional(Type.String({ maxLength: 200 })),
          },
          { additionalProperties: false },
        ),
      },
    },
    async (request, reply) => {
      const target = await readTarget(app, limits, request, request.body)
      if (isProblem(target)) return refuseForm(app, request, reply, target)
      const { action, reason, note, to } = request.body
      const decided = await takeDecision(app, target, { action, reason: reason || null, note: note || null })
      if (isProblem(decided)) return sendMore(app, request, reply, { problem: decided })
      return redirect(reply, to ? ownPath(to) : `/s/${target.storyId}/c/${target.commentId}/more`)
    },
  )
}

/** A form has no Idempotency-Key of its own: who, where, what and the ten minutes make one, so that a second click
 *  or a reload gives the first one's answer. */
function makeFormKey(app: App, personId: string, storyId: string, body: object) {
  const content = createHash('sha256')
    .update(JSON.stringify([storyId, body]))
    .digest('base64url')
  return makeRequestKey(personId, `form:${Math.floor(app.now().getTime() / 600_000)}:${content}`, body)
}

/** The page of ours that a form was sent from, if the browser says. */
function pathBefore(app: App, request: FastifyRequest): string | undefined {
  const { referer } = request.headers
  if (!referer || !URL.canParse(referer)) return undefined
  const { origin, pathname, search } = new URL(referer)
  return origin === app.origin && pathname.startsWith('/s/') ? ownPath(pathname + search) : undefined
}

/** Someone who is not signed in is sent to sign in and comes back; every other refusal is a page. */
function refuseForm(app: App, request: CommentRequest, reply: FastifyReply, problem: Problem): FastifyReply {
  if (
    problem.problem !== 'sign-in-needed' ||
    typeof (request.body as { text?: unknown } | null)?.text === 'string'
  )
    return sendProblemPage(app, request, reply, problem)
  const { story, comment } = request.params
  return redirect(reply, `/sign-in?to=${encodeURIComponent(`/s/${story}/c/${comment}`)}`)
}

type Typed = {
  text: string
  parent: string | undefined
  quoteComment: string | undefined
  quoteExact: string | undefined
  problem?: Problem
  preview?: string
  foreign?: boolean
}

async function sendComposer(
  app: App,
  request: FastifyRequest,
  reply: FastifyReply,
  storyId: string,
  typed: Typed,
): Promise<FastifyReply> {
  const story = await readWholeStory(app, storyId)
  if (!story) return sendProblemPage(app, request, reply, refuse('story-unknown', `No story ${storyId}.`))
  const [parent] = typed.parent && isId(typed.parent) ? await readShown(app.db, storyId, [typed.parent]) : []
  const status = typed.problem ? problems[typed.problem.problem].status : typed.foreign ? 403 : 200
  if (typed.problem?.retryAfter !== undefined) reply.header('retry-after', String(typed.problem.retryAfter))
  return sendPersonal(
    reply,
    status,
    renderComposerPage({
      app,
      wording: wordingOf(app, request),
      story,
      parent,
      typed,
      signedIn: actorOf(request) !== undefined,
    }),
  )
}

/** All there is to do with one comment, for whoever asks: quote, report, edit, take back, decide. */
async function sendMore(
  app: App,
  request: CommentRequest,
  reply: FastifyReply,
  state: { problem?: Problem; text?: string },
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
  const role = person && actor ? roleOf(actor, person) : undefined
  const own = full.authorId !== null && full.authorId === person?.id
  const [shown] = await readShown(app.db, found.id, [id])
  const decides = role !== undefined && can(role, 'comment.decide', { own: false })
  if (shown?.shown !== 'text' && !own && !decides) return sendProblemPage(app, request, reply, unknown)
  const decisions = decides ? await listDecisions(app.db, found.id, id) : []
  const status = state.problem ? problems[state.problem.problem].status : 200
  const reported = request.url.includes('reported=1')
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
    signedIn: person !== undefined,
    now: app.now(),
    ...state,
  }
  return sendPersonal(reply, status, renderMorePage(page))
}
