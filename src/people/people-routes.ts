/** The API for what is decided about people: roles and measures. The desk's pages for the same are in pages/desk/people. */
import { Type } from 'typebox'
import type { App } from '../context.ts'
import { answer, sendProblem } from '../http/answer.ts'
import type { Server } from '../http/fastify.ts'
import { isProblem, refuse } from '../problem.ts'
import { needActor } from './actor.ts'
import { roles } from './can.ts'
import { restrictionReasons } from './house-rules.ts'
import type { People } from './people.ts'
import { giveRole } from './roles.ts'
import { liftReasons, measures } from './sanction.ts'
import { describeSanction, imposeSanction, liftSanction, listSanctions } from './sanctions.ts'

const params = Type.Object({ person: Type.String({ maxLength: 40 }) })
const exact = { additionalProperties: false } as const
const oneOf = <T extends string>(values: readonly T[]) =>
  Type.Union(values.map((value) => Type.Literal(value)))
const note = Type.Optional(Type.Union([Type.Null(), Type.String({ maxLength: 2_000 })]))

export function peopleRoutes(server: Server, app: App, people: People): void {
  const admit = async (request: Parameters<typeof needActor>[1]) => {
    const actor = needActor(app, request)
    if (isProblem(actor)) return actor
    return (await people.limits.take('change', actor.personId)) ?? actor
  }

  server.put(
    '/api/people/:person/role',
    {
      schema: {
        summary: 'Give a role, with a badge for staff (admins)',
        params,
        body: Type.Object(
          {
            role: oneOf(roles),
            badge: Type.Optional(Type.Union([Type.Null(), Type.String({ maxLength: 200 })])),
          },
          exact,
        ),
      },
    },
    async (request, reply) => {
      const actor = await admit(request)
      if (isProblem(actor)) return sendProblem(reply, actor)
      const { role, badge = null } = request.body
      return answer(reply, 200, await giveRole(app, actor, request.params.person, { role, badge }))
    },
  )

  server.post(
    '/api/people/:person/sanctions',
    {
      schema: {
        summary:
          'Warn, suspend until, ban, always look first, or fold what somebody writes (moderators; on all sites: admins)',
        params,
        body: Type.Object(
          {
            kind: oneOf(measures),
            reason: Type.Optional(Type.Union([Type.Null(), oneOf(restrictionReasons)])),
            note,
            until: Type.Optional(
              Type.Union([
                Type.Null(),
                Type.String({ maxLength: 40, format: 'date-time', description: 'of a suspension' }),
              ]),
            ),
            everywhere: Type.Optional(Type.Boolean({ description: 'a ban on all sites' })),
          },
          exact,
        ),
      },
    },
    async (request, reply) => {
      const actor = await admit(request)
      if (isProblem(actor)) return sendProblem(reply, actor)
      const { kind, reason = null, note = null, until = null, everywhere = false } = request.body
      const end = until === null ? null : new Date(until)
      if (end !== null && Number.isNaN(end.getTime()))
        return sendProblem(
          reply,
          refuse('body-invalid', 'Not a time: 2026-05-04T09:30:00Z.', { at: '/until' }),
        )
      const wish = { kind, reason, note, until: end, everywhere }
      const taken = await imposeSanction(app, people, actor, request.params.person, wish)
      return isProblem(taken)
        ? sendProblem(reply, taken)
        : answer(reply, 201, { ...describeSanction(taken), note: taken.note, person: taken.personId })
    },
  )

  server.get(
    '/api/people/:person/sanctions',
    {
      schema: {
        summary:
          'What the desk decided about somebody, oldest first (moderators; oneself without the desk’s notes)',
        params,
      },
    },
    async (request, reply) => {
      const actor = needActor(app, request)
      if (isProblem(actor)) return sendProblem(reply, actor)
      const items = await listSanctions(app, actor, request.params.person)
      return isProblem(items) ? sendProblem(reply, items) : answer(reply, 200, { items, next: null })
    },
  )

  server.post(
    '/api/sanctions/:sanction/lift',
    {
      schema: {
        summary: 'End a measure before its time (moderators; on all sites: admins)',
        params: Type.Object({ sanction: Type.String({ maxLength: 40 }) }),
        body: Type.Object({ reason: oneOf(liftReasons), note }, exact),
      },
    },
    async (request, reply) => {
      const actor = await admit(request)
      if (isProblem(actor)) return sendProblem(reply, actor)
      const { reason, note = null } = request.body
      const lifted = await liftSanction(app, actor, request.params.sanction, { reason, note })
      return isProblem(lifted)
        ? sendProblem(reply, lifted)
        : answer(reply, 201, {
            ...describeSanction(lifted.sanction),
            note: lifted.sanction.note,
            person: lifted.personId,
          })
    },
  )
}
