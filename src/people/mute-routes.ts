import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../context.ts'
import { answer, ownPath, redirect, sendProblem } from '../http/answer.ts'
import type { Server } from '../http/fastify.ts'
import { isProblem } from '../problem.ts'
import { needActor } from './actor.ts'
import { mute, unmute } from './mute.ts'
import type { People } from './people.ts'

const params = Type.Object({ person: Type.String({ maxLength: 40 }) })

/** Where a form goes on. */
const body = Type.Object({ to: Type.String({ maxLength: 2_000 }) }, { additionalProperties: false })

type FormRequest = FastifyRequest<{ Params: { person: string }; Body: { to: string } }>

export function muteRoutes(server: Server, app: App, people: People): void {
  server.put(
    '/api/people/:person/mute',
    { schema: { summary: 'Mute a person: for you alone, what they write is folded', params } },
    async (request, reply) => {
      const actor = needActor(app, request)
      if (isProblem(actor)) return sendProblem(reply, actor)
      return answer(reply, 200, await mute(app, people, actor, request.params.person))
    },
  )

  server.delete(
    '/api/people/:person/mute',
    { schema: { summary: 'Unmute a person', params } },
    async (request, reply) => {
      const actor = needActor(app, request)
      if (isProblem(actor)) return sendProblem(reply, actor)
      return answer(reply, 200, await unmute(app, people, actor, request.params.person))
    },
  )

  const onForm = (work: typeof mute) => async (request: FormRequest, reply: FastifyReply) => {
    const { person } = request.params
    const to = ownPath(request.body.to)
    const actor = needActor(app, request)
    if (isProblem(actor) && actor.problem === 'sign-in-needed')
      return redirect(reply, `/sign-in?${new URLSearchParams({ to })}`)
    const outcome = isProblem(actor) ? actor : await work(app, people, actor, person)
    return isProblem(outcome) ? reply.refuse(outcome) : redirect(reply, to)
  }
  server.post('/p/:person/mute', { schema: { hide: true, params, body } }, onForm(mute))
  server.post('/p/:person/unmute', { schema: { hide: true, params, body } }, onForm(unmute))
}
