import { Type } from 'typebox'
import type { App } from '../../context.ts'
import { isId, newId } from '../../database/ids.ts'
import { redirect, sendPersonal } from '../../http/answer.ts'
import type { Server } from '../../http/fastify.ts'
import { wordingOf } from '../../http/wording.ts'
import type { People } from '../../people/people.ts'
import { addProvider, changeProviderSecret } from '../../people/provider-actions.ts'
import { listLiveProviders, readLiveProvider, retireProvider } from '../../people/provider-store.ts'
import { tryProvider } from '../../people/provider-talk.ts'
import { isProblem, type Problem, problems, refuse } from '../../problem.ts'
import { admit, type Reply, type Request, refuseUnfit, typedIn } from './form.ts'
import { providerFields, renderProvidersPage, type TypedForm } from './providers.view.tsx'

const path = '/desk/people/providers'
const typed = Type.Optional(Type.String({ maxLength: 2_000 }))
const params = Type.Object({ provider: Type.String({ maxLength: 40 }) })
const needed = Type.String({ maxLength: 2_000 })
const body = Type.Object(
  {
    ...Object.fromEntries([...providerFields, 'trusted' as const].map((field) => [field, typed])),
    id: needed,
    kind: Type.Union([Type.Literal('oidc'), Type.Literal('oauth')]),
    name: needed,
    clientId: needed,
  },
  { additionalProperties: false },
)

/** Who else lets people in here: listed, added, tried, retired. */
export function providerPages(server: Server, app: App, people: People): void {
  const show = async (
    request: Request,
    reply: Reply,
    more: {
      refused?: { typed: TypedForm; problem: Problem }
      tried?: { id: string; detail: string | null }
    } = {},
  ) => {
    const providers = await listLiveProviders(app.db, app.site.id)
    const status = more.refused ? problems[more.refused.problem.problem].status : 200
    const wording = wordingOf(app, request)
    return sendPersonal(
      reply,
      status,
      renderProvidersPage({ app, wording, path, providers, nextId: newId(), ...more }),
    )
  }
  const find = async (id: string) => (isId(id) ? readLiveProvider(app.db, app.site.id, id) : undefined)
  const unknown = refuse('not-found', 'There is no such provider on this site.')

  server.get(path, { schema: { hide: true } }, async (request, reply) => {
    if (!(await admit(app, request, reply, 'site.people'))) return reply
    return show(request, reply)
  })

  server.post(path, { attachValidation: true, schema: { hide: true, body } }, async (request, reply) => {
    if (!(await admit(app, request, reply, 'site.people'))) return reply
    const typed = {
      ...typedIn(request, ...providerFields),
      trusted: typedIn(request, 'trusted').trusted || undefined,
    }
    const bad = isId(typed.id) ? undefined : refuse('body-invalid', 'The form holds no id.')
    const problem = refuseUnfit(request) ?? bad ?? (await addProvider(app, people, typed.id, typed))
    if (problem) return show(request, reply, { refused: { typed, problem } })
    return redirect(reply, path)
  })

  server.post(`${path}/:provider/try`, { schema: { hide: true, params } }, async (request, reply) => {
    if (!(await admit(app, request, reply, 'site.people'))) return reply
    const provider = await find(request.params.provider)
    if (!provider) return reply.refuse(unknown)
    const limited = await people.limits.take('change', `try ${app.site.id}`)
    if (isProblem(limited)) return reply.refuse(limited)
    const refusal = await tryProvider({ app, people }, provider)
    return show(request, reply, { tried: { id: provider.id, detail: refusal?.detail ?? null } })
  })

  server.post(
    `${path}/:provider/secret`,
    {
      schema: {
        hide: true,
        params,
        body: Type.Object({ secret: Type.String({ maxLength: 2_000 }) }, { additionalProperties: false }),
      },
    },
    async (request, reply) => {
      if (!(await admit(app, request, reply, 'site.people'))) return reply
      const { provider: id } = request.params
      const problem = isId(id) ? await changeProviderSecret(app, people, id, request.body.secret) : unknown
      return problem ? reply.refuse(problem) : redirect(reply, path)
    },
  )

  server.post(`${path}/:provider/retire`, { schema: { hide: true, params } }, async (request, reply) => {
    if (!(await admit(app, request, reply, 'site.people'))) return reply
    const { provider: id } = request.params
    if (!isId(id) || !(await retireProvider(app.db, app.site.id, id, app.now()))) return reply.refuse(unknown)
    return redirect(reply, path)
  })
}
