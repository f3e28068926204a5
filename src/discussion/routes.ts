import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../context.ts'
import type { RequestKey } from '../database/idempotency-store.ts'
import { isId } from '../database/ids.ts'
import type { CommentKind } from '../database/tables.ts'
import { answer, sendProblem } from '../http/answer.ts'
import type { Server } from '../http/fastify.ts'
import { type Limits, networkOf } from '../http/limits.ts'
import { readRequestKey } from '../http/request-key.ts'
import { siteWording } from '../http/wording.ts'
import { type Actor, actorOf, needActor } from '../people/actor.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import { readReference, resolveStory } from '../stories/actions.ts'
import { castBallot, type Discussion, reportComment, withdrawComment } from './actions.ts'
import { type Comment, describeComment } from './comment.ts'
import { readMine } from './mine-store.ts'
import { reportReasons } from './report-reasons.ts'
import { readCursor, writeCursor } from './sorts/sort.ts'
import { findSort, sorts } from './sorts/sorts.ts'
import { listChildren, listComments, listRevisions, readShown } from './store.ts'

const params = Type.Object({ story: Type.String({ maxLength: 300 }) })
const commentParams = Type.Object({
  story: Type.String({ maxLength: 300 }),
  comment: Type.String({ maxLength: 40 }),
})

const kinds = ['claim', 'question', 'experience', 'correction', 'about-coverage'] as const

/** One of several words. A pattern, so that a refusal says which: of a union, only the last try would be named. */
export const oneOf = <T extends string>(words: readonly T[]) =>
  Type.Unsafe<T>({ type: 'string', pattern: writePattern(words) })

const writePattern = (words: readonly string[]): string => `^(${words.join('|')})$`

const kind = Type.Unsafe<CommentKind | null>({ type: ['string', 'null'], pattern: writePattern(kinds) })

/** 40,000 bytes are the real limit of a text (language/comment-html.ts); this keeps the check in the schema short. */
const text = Type.String({ maxLength: 40_000 })

const newComment = Type.Object(
  {
    text,
    parent: Type.Optional(Type.Union([Type.Null(), Type.String({ maxLength: 40 })])),
    kind: Type.Optional(kind),
    quotes: Type.Optional(
      Type.Array(
        Type.Object(
          {
            passage: Type.Optional(Type.String({ maxLength: 20 })),
            comment: Type.Optional(Type.String({ maxLength: 40 })),
            exact: Type.String({ minLength: 1, maxLength: 2_000 }),
          },
          { additionalProperties: false },
        ),
        { maxItems: 5 },
      ),
    ),
  },
  { additionalProperties: false },
)

const PAGE = 100

type CommentRequest = FastifyRequest<{ Params: { story: string; comment: string } }>

/** What an authorised change of a comment needs, or the refusal. */
export async function readTarget(
  app: App,
  limits: Limits,
  request: CommentRequest,
  body: unknown,
): Promise<
  | { storyId: string; commentId: string; personId: string; request: RequestKey | undefined; actor: Actor }
  | Problem
> {
  const actor = needActor(app, request)
  if (isProblem(actor)) return actor
  const busy = await limits.take('change', actor.personId)
  if (busy) return busy
  const story = await resolveStory(app, readReference(request.params.story))
  if (isProblem(story)) return story
  const commentId = request.params.comment
  if (!isId(commentId)) return refuse('comment-unknown', `No comment ${commentId} in this thread.`)
  const key = readRequestKey(request, actor.personId, { method: request.method, url: request.url, body })
  if (isProblem(key)) return key
  return { storyId: story.id, commentId, personId: actor.personId, request: key, actor }
}

/** Reports are few: of one person, and of all in one network. */
export const takeReport = async (
  limits: Limits,
  { personId }: { personId: string },
  { ip }: { ip: string },
): Promise<Problem | undefined> =>
  (await limits.take('report', personId)) ?? (await limits.take('report-network', networkOf(ip)))

export function discussionRoutes(server: Server, app: App, discussion: Discussion, limits: Limits): void {
  server.post(
    '/api/stories/:story/comments',
    { schema: { summary: 'Write a comment', params, body: newComment } },
    async (request, reply) => {
      const actor = needActor(app, request)
      if (isProblem(actor)) return sendProblem(reply, actor)
      const busy =
        (await limits.take('comment', actor.personId)) ?? (await limits.take('change', networkOf(request.ip)))
      if (busy) return sendProblem(reply, busy)
      const reference = readReference(request.params.story)
      // Our own id is looked up by the write itself, under the story's lock.
      const story =
        'id' in reference && isId(reference.id) ? { id: reference.id } : await resolveStory(app, reference)
      if (isProblem(story)) return sendProblem(reply, story)
      const { text, parent = null, kind = null, quotes = [] } = request.body
      if (parent !== null && !isId(parent))
        return sendProblem(
          reply,
          refuse('parent-unknown', `No comment ${parent} in this thread.`, { at: '/parent' }),
        )
      const key = readRequestKey(request, actor.personId, { url: request.url, body: request.body })
      if (isProblem(key)) return sendProblem(reply, key)
      const draft = {
        storyId: story.id,
        siteId: actor.siteId,
        authorId: actor.personId,
        parentId: parent,
        kind,
        text,
        quotes,
        network: actor.via === 'script' ? null : networkOf(request.ip),
        request: key,
      }
      return answer(reply, 201, await discussion.submit(draft))
    },
  )

  server.get(
    '/api/stories/:story/comments',
    {
      schema: {
        summary:
          'Comments of a story: all in order of posting, or the replies to one (parent), or the first ones in a sort',
        params,
        querystring: Type.Object({
          after: Type.Optional(Type.String({ maxLength: 60 })),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE })),
          parent: Type.Optional(Type.String({ maxLength: 40 })),
          sort: Type.Optional(Type.Union(sorts.map((sort) => Type.Literal(sort.name)))),
        }),
      },
    },
    async (request, reply) => {
      const story = await resolveStory(app, readReference(request.params.story))
      if (isProblem(story)) return sendProblem(reply, story)
      const { after, parent, limit = 50 } = request.query
      const page = await listPage(app, story.id, { sort: request.query.sort, parent, after, limit })
      if (isProblem(page)) return sendProblem(reply, page)
      return answer(reply, 200, {
        items: page.comments.map((comment) => describeComment(comment, siteWording(app))),
        next: page.next,
      })
    },
  )

  server.get(
    '/api/stories/:story/comments/:comment',
    { schema: { summary: 'One comment', params: commentParams } },
    async (request, reply) => {
      const comment = await readOne(app, request)
      return isProblem(comment)
        ? sendProblem(reply, comment)
        : answer(reply, 200, describeComment(comment, siteWording(app)))
    },
  )

  server.get(
    '/api/stories/:story/comments/:comment/revisions',
    { schema: { summary: 'What a comment said before its edits', params: commentParams } },
    async (request, reply) => {
      const comment = await readOne(app, request)
      if (isProblem(comment)) return sendProblem(reply, comment)
      const items = await listRevisions(app.db, comment.storyId, comment.id)
      return answer(reply, 200, {
        items: items.map((past) => ({ ...past, written: past.written?.toISOString() ?? null })),
        next: null,
      })
    },
  )

  server.patch(
    '/api/stories/:story/comments/:comment',
    {
      schema: {
        summary: 'Edit one’s own comment',
        params: commentParams,
        body: Type.Object({ text }, { additionalProperties: false }),
      },
    },
    async (request, reply) => {
      const target = await readTarget(app, limits, request, request.body)
      return isProblem(target)
        ? sendProblem(reply, target)
        : answer(reply, 200, await discussion.edit(target, request.body.text))
    },
  )

  server.delete(
    '/api/stories/:story/comments/:comment',
    { schema: { summary: 'Take back one’s own comment', params: commentParams } },
    async (request, reply) => {
      const target = await readTarget(app, limits, request, null)
      return isProblem(target)
        ? sendProblem(reply, target)
        : answer(reply, 200, await withdrawComment(app, target))
    },
  )

  server.put(
    '/api/stories/:story/comments/:comment/ballot',
    {
      schema: {
        summary: 'Worth reading, even if you disagree? 1 yes, 0.5 not sure, 0 no, null takes the answer back',
        params: commentParams,
        body: Type.Object(
          { value: Type.Union([Type.Null(), Type.Literal(1), Type.Literal(0.5), Type.Literal(0)]) },
          { additionalProperties: false },
        ),
      },
    },
    async (request, reply) => {
      const target = await readTarget(app, limits, request, request.body)
      return isProblem(target)
        ? sendProblem(reply, target)
        : answer(reply, 200, await castBallot(app, target, request.body.value))
    },
  )

  server.post(
    '/api/stories/:story/comments/:comment/reports',
    {
      schema: {
        summary: 'Report a comment to the desk',
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
      const target = await readTarget(app, limits, request, request.body)
      if (isProblem(target)) return sendProblem(reply, target)
      const busy = await takeReport(limits, target, request)
      if (busy) return sendProblem(reply, busy)
      const { reason, text = '' } = request.body
      return answer(reply, 201, await reportComment(app, target, { reason, text }))
    },
  )

  server.get(
    '/api/stories/:story/mine',
    {
      schema: {
        summary:
          'What of a thread is the reader’s alone: own comments, those that wait or are held (with the rule), what was respected, whom one muted and how many comments here are theirs, how many measures of the desk one has not looked at; empty for who is not signed in',
        params,
      },
    },
    async (request, reply) => {
      const actor = actorOf(request)
      // Our pages ask for every reader, signed in or not: only a token that does not hold is refused.
      if (!actor)
        return request.headers.authorization === undefined
          ? answer(reply, 200, {
              person: null,
              own: [],
              respected: [],
              muted: [],
              mutedComments: 0,
              told: 0,
              waiting: [],
            })
          : sendProblem(reply, refuse('sign-in-needed', 'This token is not good (any more); sign in again.'))
      const story = await resolveStory(app, readReference(request.params.story))
      if (isProblem(story)) return sendProblem(reply, story)
      const mine = await readMine(app.db, {
        storyId: story.id,
        personId: actor.personId,
        now: app.now(),
      })
      return answer(reply, 200, {
        person: actor.personId,
        own: mine.own,
        respected: mine.respected,
        muted: mine.muted,
        mutedComments: mine.mutedComments,
        told: mine.told,
        waiting: mine.waiting.map(({ id, parentId, status, reason, html, language, received }) => ({
          id,
          parent: parentId,
          status,
          reason,
          html,
          language,
          created: received.toISOString(),
        })),
      })
    },
  )
}

/** A page of comments and where the next begins. */
async function listPage(
  app: App,
  storyId: string,
  asked: { sort: string | undefined; parent: string | undefined; after: string | undefined; limit: number },
): Promise<{ comments: Comment[]; next: string | null } | Problem> {
  const { parent, after, limit } = asked
  if (parent !== undefined && !isId(parent))
    return refuse('comment-unknown', `No comment ${parent} in this thread.`)
  const sort = asked.sort === undefined && parent === undefined ? undefined : findSort(asked.sort ?? 'oldest')
  if (!sort) {
    if (after !== undefined && !isId(after))
      return refuse('body-invalid', 'Not a place in this list.', { at: '/after' })
    const comments = await listComments(app.db, storyId, after, limit + 1)
    return {
      comments: comments.slice(0, limit),
      next: comments.length > limit ? comments[limit - 1]!.id : null,
    }
  }
  const cursor = after === undefined ? undefined : readCursor(sort, after)
  if (after !== undefined && !cursor)
    return refuse('body-invalid', 'Not a place in this sort.', { at: '/after' })
  const comments = await listChildren(app.db, {
    storyId,
    parent: parent ?? null,
    sort,
    after: cursor,
    limit: limit + 1,
  })
  const last = comments.length > limit ? comments[limit - 1] : undefined
  return { comments: comments.slice(0, limit), next: last ? writeCursor(sort, last) : null }
}

async function readOne(app: App, request: CommentRequest): Promise<Comment | Problem> {
  const story = await resolveStory(app, readReference(request.params.story))
  if (isProblem(story)) return story
  const { comment: id } = request.params
  const [comment] = isId(id) ? await readShown(app.db, story.id, [id]) : []
  return comment ?? refuse('comment-unknown', `No comment ${id} in this thread.`)
}
