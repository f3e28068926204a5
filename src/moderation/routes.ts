import { Type } from 'typebox'
import type { App } from '../context.ts'
import { isId } from '../database/ids.ts'
import { readTarget } from '../discussion/routes.ts'
import { listWaiting } from '../discussion/store.ts'
import { answer, sendProblem } from '../http/answer.ts'
import type { Server } from '../http/fastify.ts'
import type { Limits } from '../http/limits.ts'
import { siteWording } from '../http/wording.ts'
import { needActor, refuseRole, roleOf } from '../people/actor.ts'
import { can } from '../people/can.ts'
import { shownName } from '../people/shown-name.ts'
import { readPerson } from '../people/store.ts'
import { isProblem, refuse } from '../problem.ts'
import { takeDecision } from './actions.ts'
import { reasons } from './decision.ts'

export function moderationRoutes(server: Server, app: App, limits: Limits): void {
  server.get(
    '/api/reasons',
    { schema: { summary: 'The rules a restriction can go by' } },
    async (_request, reply) =>
      answer(reply, 200, { items: reasons.map((reason) => ({ reason })), next: null }),
  )

  server.post(
    '/api/stories/:story/comments/:comment/decisions',
    {
      schema: {
        summary: 'Approve, hold, remove or restore a comment (moderators)',
        params: Type.Object({
          story: Type.String({ maxLength: 300 }),
          comment: Type.String({ maxLength: 40 }),
        }),
        body: Type.Object(
          {
            action: Type.Union(
              (['approve', 'hold', 'remove', 'restore'] as const).map((action) => Type.Literal(action)),
            ),
            reason: Type.Optional(
              Type.Union([Type.Null(), ...reasons.map((reason) => Type.Literal(reason))]),
            ),
            note: Type.Optional(Type.Union([Type.Null(), Type.String({ maxLength: 2_000 })])),
            revision: Type.Optional(
              Type.Integer({
                minimum: 1,
                description: 'of the text decided about: refused when it was changed',
              }),
            ),
          },
          { additionalProperties: false },
        ),
      },
    },
    async (request, reply) => {
      const target = await readTarget(app, limits, request, request.body)
      if (isProblem(target)) return sendProblem(reply, target)
      const { action, reason = null, note = null, revision } = request.body
      return answer(reply, 201, await takeDecision(app, target, { action, reason, note, revision }))
    },
  )

  server.get(
    '/api/queue',
    {
      schema: {
        summary: 'Comments that wait for the desk, oldest first (moderators)',
        querystring: Type.Object({ after: Type.Optional(Type.String({ maxLength: 40 })) }),
      },
    },
    async (request, reply) => {
      const actor = needActor(app, request)
      if (isProblem(actor)) return sendProblem(reply, actor)
      const person = await readPerson(app.db, actor.personId)
      if (!person || !can(roleOf(app, actor, person), 'comment.decide', { own: false }))
        return sendProblem(
          reply,
          refuseRole(app, actor, person, 'comment.decide', 'Only moderators see the queue.'),
        )
      const { after } = request.query
      if (after !== undefined && !isId(after))
        return sendProblem(reply, refuse('body-invalid', 'Not a place in this list.', { at: '/after' }))
      const waiting = await listWaiting(app.db, app.site.id, after, 51)
      const items = waiting.slice(0, 50).map((comment) => ({
        id: comment.id,
        story: comment.storyId,
        storyTitle: comment.storyTitle,
        author: comment.authorId && {
          id: comment.authorId,
          name: shownName(comment.authorName, siteWording(app)),
        },
        status: comment.status,
        created: comment.received.toISOString(),
        language: comment.language,
        revision: comment.revision,
        text: comment.text,
        html: comment.html,
      }))
      return answer(reply, 200, { items, next: waiting.length > 50 ? waiting[49]!.id : null })
    },
  )
}
