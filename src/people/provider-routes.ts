import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../context.ts'
import { isId } from '../database/ids.ts'
import { ownPath, redirect } from '../http/answer.ts'
import type { Server } from '../http/fastify.ts'
import { networkOf } from '../http/limits.ts'
import { checkSameOrigin } from '../http/origins.ts'
import { wordingOf } from '../http/wording.ts'
import { isProblem, refuse } from '../problem.ts'
import { isFresh } from './fresh.ts'
import { findOwner } from './me-routes.ts'
import { newSecret } from './one-time.ts'
import { browserOf, keepOpener, sendPeoplePage, welcome } from './page.ts'
import type { People } from './people.ts'
import type { Provider } from './provider.ts'
import { FlowRefusedView, OnwardView } from './provider.view.tsx'
import {
  beginFlow,
  type FlowRefusal,
  finishFlow,
  flowCookie,
  isFlowRefusal,
  readFlowCookie,
} from './provider-flow.ts'
import { readLiveProvider } from './provider-store.ts'
import { makeTalk } from './provider-talk.ts'

const params = Type.Object({ provider: Type.String({ maxLength: 40 }) })
const statuses: Record<FlowRefusal['refused'], number> = {
  declined: 403,
  unsure: 403,
  elsewhere: 403,
  taken: 409,
  stale: 410,
  down: 503,
  setup: 503,
}

/** Signing in by others: off to the provider, and back. */
export function providerRoutes(server: Server, app: App, people: People): void {
  const means = { app, people, talk: makeTalk({ app, people }) }
  const find = async (id: string) => (isId(id) ? readLiveProvider(app.db, app.site.id, id) : undefined)
  const unknown = refuse('not-found', 'Nobody is let in here by this provider.')

  server.post(
    '/sign-in/provider/:provider',
    {
      schema: {
        hide: true,
        params,
        body: Type.Object(
          { to: Type.Optional(Type.String({ maxLength: 2_000 })), link: Type.Optional(Type.Literal('yes')) },
          { additionalProperties: false },
        ),
      },
    },
    async (request, reply) => {
      const forged = checkSameOrigin(app, request)
      if (forged) return reply.refuse(forged)
      const provider = await find(request.params.provider)
      if (!provider) return reply.refuse(unknown)
      const limited = await people.limits.take('change', `provider ${networkOf(request.ip)}`)
      if (limited) return reply.refuse(limited)
      const owner = request.body.link ? await findOwner(app, request) : null
      if (owner !== null && isProblem(owner)) return reply.refuse(owner)
      if (owner && !(await isFresh(app, owner.actor, owner.person)))
        return reply.refuse(refuse('sign-in-again', 'Sign in again, then add another way in.'))
      const to = ownPath(request.body.to)
      const personId = owner?.person.id ?? null
      const browser = readFlowCookie(request.headers.cookie, app.origin) ?? newSecret()
      const begun = await beginFlow(means, provider, { to, browser, personId })
      if (isFlowRefusal(begun)) return sendRefusal(app, request, reply, provider, begun)
      const url = begun.url.href
      const view = OnwardView({ wording: wordingOf(app, request), name: provider.name, url })
      reply.header('set-cookie', flowCookie(app.origin, browser)).header('refresh', `0;url=${url}`)
      return sendPeoplePage(app, request, reply, view, { back: to })
    },
  )

  server.get(
    '/sign-in/provider/:provider/callback',
    { schema: { hide: true, params } },
    async (request, reply) => {
      const provider = await find(request.params.provider)
      if (!provider) return reply.refuse(unknown)
      const arrival = await finishFlow(means, provider, {
        query: new URLSearchParams(request.url.split('?')[1] ?? ''),
        browser: readFlowCookie(request.headers.cookie, app.origin),
        actor: request.actor,
        ...(await browserOf(app, request)),
      })
      if (isProblem(arrival)) return reply.refuse(arrival)
      if (isFlowRefusal(arrival)) return sendRefusal(app, request, reply, provider, arrival)
      const { to } = arrival
      if ('signedIn' in arrival) return welcome(app, reply, arrival.signedIn, to)
      if ('linked' in arrival) return redirect(reply, to)
      return redirect(
        keepOpener(reply, to),
        `/sign-in/link?${new URLSearchParams({ token: arrival.token, to })}`,
      )
    },
  )
}

function sendRefusal(
  app: App,
  request: FastifyRequest,
  reply: FastifyReply,
  { name }: Provider,
  refusal: FlowRefusal,
): FastifyReply {
  const { refused, to } = refusal
  if (refused === 'down') reply.header('retry-after', '60')
  const view = FlowRefusedView({ wording: wordingOf(app, request), name, refusal })
  const path = `/sign-in?${new URLSearchParams({ to })}`
  return sendPeoplePage(app, request, reply, view, { back: to, path, status: statuses[refused] })
}
