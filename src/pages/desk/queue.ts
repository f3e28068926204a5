/** The desk's queue: what waits, what was reported, what was decided; and the decisions, taken and undone. */
import { type Static, Type } from 'typebox'
import type { App } from '../../context.ts'
import { isId } from '../../database/ids.ts'
import { listWaiting, readFull } from '../../discussion/store.ts'
import { ownPath, redirect, sendPersonal } from '../../http/answer.ts'
import type { Server } from '../../http/fastify.ts'
import { wordingOf } from '../../http/wording.ts'
import { type Choice, takeDecision } from '../../moderation/actions.ts'
import { reasons } from '../../moderation/decision.ts'
import {
  listRecentDecisions,
  listReported,
  readLastDecision,
  readLastDecisions,
} from '../../moderation/store.ts'
import { actorOf } from '../../people/actor.ts'
import { isProblem, problems, refuse } from '../../problem.ts'
import { readStory } from '../../stories/store.ts'
import { sendProblemPage } from '../problem/problem-page.ts'
import { admit, type Refused, type Reply, type Request, refuseUnfit, typedIn } from './form.ts'
import { renderQueuePage } from './queue.view.tsx'

const PAGE = 30
const field = (maxLength: number) => Type.Optional(Type.String({ maxLength }))

const decisionForm = Type.Object(
  {
    action: Type.Union(
      (['approve', 'hold', 'remove', 'restore', 'undo'] as const).map((action) => Type.Literal(action)),
    ),
    decision: field(40),
    revision: Type.Optional(Type.String({ pattern: '^[1-9]\\d{0,8}$' })),
    reason: Type.Optional(Type.Union([Type.Literal(''), ...reasons.map((reason) => Type.Literal(reason))])),
    note: field(4_000),
    to: field(200),
  },
  { additionalProperties: false },
)

export function queuePages(server: Server, app: App): void {
  server.get(
    '/desk',
    {
      schema: {
        hide: true,
        querystring: Type.Object({ after: field(40), done: field(40), lang: Type.Optional(Type.String()) }),
      },
    },
    async (request, reply) => {
      if (!(await admit(app, request, reply, 'comment.decide'))) return reply
      return sendQueue(app, request, reply, { after: request.query.after, done: request.query.done })
    },
  )

  server.post(
    '/desk/decide/:story/:comment',
    {
      attachValidation: true,
      schema: {
        hide: true,
        params: Type.Object({
          story: Type.String({ maxLength: 40 }),
          comment: Type.String({ maxLength: 40 }),
        }),
        body: decisionForm,
      },
    },
    async (request, reply) => {
      if (!(await admit(app, request, reply, 'comment.decide'))) return reply
      const { story, comment } = request.params
      if (!isId(story) || !isId(comment))
        return reply.refuse(refuse('comment-unknown', `No comment ${comment} in story ${story}.`))
      const choice = refuseUnfit(request) ?? readChoice(request.body)
      const actor = actorOf(request)!
      const taken = isProblem(choice)
        ? choice
        : await takeDecision(app, { storyId: story, commentId: comment, actor, request: undefined }, choice)
      const { to, ...typed } = typedIn(request, 'to', 'reason', 'note')
      const back = new URL(ownPath(to || '/desk'), app.origin)
      const isQueue = back.pathname === '/desk'
      if (isProblem(taken))
        return sendQueue(app, request, reply, {
          after: (isQueue && back.searchParams.get('after')) || undefined,
          refused: { storyId: story, commentId: comment, to, typed, problem: taken },
        })
      if (isQueue) back.searchParams.set('done', comment)
      return redirect(reply, back.pathname + back.search + back.hash)
    },
  )
}

const readChoice = ({ action, decision, revision, reason, note }: Static<typeof decisionForm>): Choice => ({
  note: note || null,
  revision: revision ? Number(revision) : undefined,
  ...(action === 'undo' ? { action, decision: decision ?? '' } : { action, reason: reason || null }),
})

async function sendQueue(
  app: App,
  request: Request,
  reply: Reply,
  state: {
    after?: string | undefined
    done?: string | undefined
    refused?: Refused<'reason' | 'note'> & { storyId: string; commentId: string; to: string }
  },
): Promise<Reply> {
  const { refused } = state
  const { site, db } = app
  const last = state.after && isId(state.after) ? state.after : undefined
  const found = await listWaiting(db, site.id, last, PAGE + 1)
  const waiting = found.slice(0, PAGE)
  const story = refused && (await readStory(db, site.id, refused.storyId, app.now()))
  const comment = story && (await readFull(db, story.id, refused.commentId))
  if (refused && !comment) return sendProblemPage(app, request, reply, refused.problem)
  const held = waiting.filter(({ status }) => status === 'held').map(({ id }) => id)
  const done = state.done && isId(state.done) ? await readLastDecision(db, site.id, state.done) : undefined
  const page = {
    app,
    wording: wordingOf(app, request),
    waiting,
    reported: await listReported(db, site.id, PAGE),
    decisions: await listRecentDecisions(db, site.id, PAGE),
    holds: await readLastDecisions(db, held),
    path: refused?.to || (last ? `/desk?after=${last}` : '/desk'),
    next: found.length > PAGE ? waiting.at(-1)!.id : null,
    done: done?.moderatorId === actorOf(request)?.personId ? done : undefined,
    open: refused &&
      comment && {
        comment: { ...comment, storyTitle: story?.title ?? null },
        typed: { ...refused.typed, problem: refused.problem },
      },
  }
  const status = refused ? problems[refused.problem.problem].status : 200
  return sendPersonal(reply, status, renderQueuePage(page))
}
