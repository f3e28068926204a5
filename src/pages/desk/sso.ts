import { Type } from 'typebox'
import type { App } from '../../context.ts'
import { isId } from '../../database/ids.ts'
import { redirect, sendPersonal } from '../../http/answer.ts'
import type { Server } from '../../http/fastify.ts'
import { wordingOf } from '../../http/wording.ts'
import type { People } from '../../people/people.ts'
import { siteKeys } from '../../people/sso-keys.ts'
import { addSsoKey, isKeyKind, type KeyForm, keyKinds, retireKey } from '../../people/sso-settings.ts'
import { type Trial, tryToken } from '../../people/sso-trial.ts'
import { isProblem, type Problem, problems, refuse } from '../../problem.ts'
import { admit, type Reply, type Request, refuseUnfit, typedIn } from './form.ts'
import { givenRoles, renderSsoPage } from './sso.view.tsx'

const path = '/desk/people/sso'
const typed = (maxLength: number) => Type.Optional(Type.String({ maxLength }))
const params = Type.Object({ key: Type.String({ maxLength: 40 }) })
const form = { additionalProperties: false } as const
const body = Type.Object(
  {
    label: Type.String({ maxLength: 60 }),
    kind: Type.Union(keyKinds.map((kind) => Type.Literal(kind))),
    text: typed(8_000),
    kid: typed(200),
    issuer: typed(300),
    audience: typed(300),
    ...Object.fromEntries(givenRoles.map((role) => [`role-${role}`, typed(1)])),
  },
  form,
)

/** The keys that the newsroom signs its readers in with: listed, added, retired; and a token tried. */
export function ssoPages(server: Server, app: App, people: People): void {
  const show = async (
    request: Request,
    reply: Reply,
    more: {
      secret?: string
      refused?: { typed: KeyForm; problem: Problem }
      checked?: { token: string; trial: Trial }
    } = {},
  ) => {
    const status = more.refused ? problems[more.refused.problem.problem].status : 200
    const [wording, keys] = [wordingOf(app, request), await siteKeys(app, people.addresses)]
    return sendPersonal(reply, status, renderSsoPage({ app, wording, path, keys, ...more }))
  }

  server.get(path, { schema: { hide: true } }, async (request, reply) => {
    if (!(await admit(app, request, reply, 'site.people'))) return reply
    return show(request, reply)
  })

  server.post(path, { attachValidation: true, schema: { hide: true, body } }, async (request, reply) => {
    if (!(await admit(app, request, reply, 'site.people'))) return reply
    const typed = readForm(request)
    const added = refuseUnfit(request) ?? (await addSsoKey(app, people.addresses, typed))
    if (isProblem(added)) return show(request, reply, { refused: { typed, problem: added } })
    return added.secret === null ? redirect(reply, path) : show(request, reply, { secret: added.secret })
  })

  server.post(`${path}/:key/retire`, { schema: { hide: true, params } }, async (request, reply) => {
    if (!(await admit(app, request, reply, 'site.people'))) return reply
    const { key } = request.params
    const problem = isId(key) ? await retireKey(app, key) : refuse('not-found', 'There is no such key.')
    return problem ? reply.refuse(problem) : redirect(reply, path)
  })

  server.post(
    `${path}/check`,
    { schema: { hide: true, body: Type.Object({ token: Type.String({ maxLength: 10_000 }) }, form) } },
    async (request, reply) => {
      if (!(await admit(app, request, reply, 'site.people'))) return reply
      const token = request.body.token.trim()
      return show(request, reply, { checked: { token, trial: await tryToken(app, people.addresses, token) } })
    },
  )
}

function readForm(request: Request): KeyForm {
  const { kind, ...fields } = typedIn(request, 'label', 'kind', 'text', 'kid', 'issuer', 'audience')
  const boxes = typedIn(request, ...givenRoles.map((role) => `role-${role}` as const))
  const roles = givenRoles.filter((role) => boxes[`role-${role}`] !== '')
  return { ...fields, kind: isKeyKind(kind) ? kind : 'make', roles }
}
