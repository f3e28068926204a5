import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../context.ts'
import { ownPath, redirect } from '../http/answer.ts'
import type { Server } from '../http/fastify.ts'
import { checkSameOrigin } from '../http/origins.ts'
import { wordingOf } from '../http/wording.ts'
import { isProblem, type Problem } from '../problem.ts'
import { describeDevice } from './device.ts'
import { beGuest, refuseGuests } from './guest.ts'
import { GuestView } from './guest.view.tsx'
import { keepOpener, sendPeoplePage, welcome } from './page.ts'
import type { People } from './people.ts'
import { trapSchema } from './trap.ts'

const typed = Type.String({ maxLength: 2_000 })
const to = Type.Optional(typed)

/** Writing under a name only, where the site lets guests. */
export function guestRoutes(server: Server, app: App, people: People): void {
  const show = (
    request: FastifyRequest,
    reply: FastifyReply,
    given: { back: string; name?: string; problem?: Problem },
  ) => {
    const { back, problem } = given
    const { guests } = app.site.door
    if (guests === 'off') return reply.refuse(refuseGuests())
    const wording = wordingOf(app, request)
    const view = GuestView({ ...given, wording, to: back, guests, opened: people.trap.stamp(app.now()) })
    const path = `/sign-in/guest?${new URLSearchParams({ to: back })}`
    return sendPeoplePage(app, request, reply, view, { back, path, problem, title: wording.say('guest-way') })
  }

  server.get(
    '/sign-in/guest',
    { schema: { hide: true, querystring: Type.Object({ to, lang: Type.Optional(Type.String()) }) } },
    (request, reply) => show(request, reply, { back: ownPath(request.query.to) }),
  )

  server.post(
    '/sign-in/guest',
    {
      schema: {
        hide: true,
        body: Type.Object({ to, name: typed, ...trapSchema }, { additionalProperties: false }),
      },
    },
    async (request, reply) => {
      const forged = checkSameOrigin(app, request)
      if (forged) return reply.refuse(forged)
      const { name, to, ...trapped } = request.body
      const back = ownPath(to)
      // Somebody who is signed in already stays who they are.
      if (request.actor?.via === 'cookie') return redirect(keepOpener(reply, back), back)
      const device = describeDevice(request.headers['user-agent'])
      const outcome =
        people.trap.check(trapped, app.now(), true) ??
        (await beGuest(app, people, { name, ip: request.ip, device }))
      if (isProblem(outcome)) return show(request, reply, { back, name, problem: outcome })
      return welcome(app, reply, outcome, back)
    },
  )
}
