import { Type } from 'typebox'
import type { App } from '../../../context.ts'
import { redirect, sendPersonal } from '../../../http/answer.ts'
import type { Server } from '../../../http/fastify.ts'
import { wordingOf } from '../../../http/wording.ts'
import { actorOf } from '../../../people/actor.ts'
import { readDomain } from '../../../people/domain-rules.ts'
import { isProblem, type Problem, problems, refuse } from '../../../problem.ts'
import { type Door, doorSchema, MOST_RENAME_DAYS } from '../../../settings/door.ts'
import { changeDomainRule, changeDoor } from '../../../stories/site-actions.ts'
import { admit, type Reply, type Request, refuseUnfit, typedIn } from '../form.ts'
import { type RefusedDoor, renderDoorPage, type TypedDoor } from './door.view.tsx'

const path = '/desk/people/door'
const exact = { additionalProperties: false } as const
const box = Type.Optional(Type.Literal('yes'))

/** A box that is not ticked is not sent. */
const form = Type.Object(
  {
    guests: doorSchema.properties.guests,
    passwords: box,
    disposable: box,
    staffPasskey: box,
    firstLook: box,
    renameDays: Type.String({ maxLength: 10 }),
    avatars: box,
  },
  exact,
)

/** How one comes in on the site: an admin's to decide. */
export function doorPages(server: Server, app: App): void {
  const show = (request: Request, reply: Reply, state: { saved?: boolean; refused?: RefusedDoor } = {}) => {
    const status = state.refused ? problems[state.refused.problem.problem].status : 200
    return sendPersonal(
      reply,
      status,
      renderDoorPage({ app, wording: wordingOf(app, request), path, ...state }),
    )
  }
  const saved = (request: Request, reply: Reply) =>
    redirect(reply, `${path}?saved=1&lang=${wordingOf(app, request).language}`)

  server.get(
    path,
    {
      schema: {
        hide: true,
        querystring: Type.Object({ saved: Type.Optional(Type.String()), lang: Type.Optional(Type.String()) }),
      },
    },
    async (request, reply) => {
      if (!(await admit(app, request, reply, 'site.people'))) return reply
      return show(request, reply, { saved: request.query.saved !== undefined })
    },
  )

  server.post(
    path,
    { attachValidation: true, schema: { hide: true, body: form } },
    async (request, reply) => {
      if (!(await admit(app, request, reply, 'site.people'))) return reply
      const typed = typedIn(
        request,
        'guests',
        'passwords',
        'disposable',
        'staffPasskey',
        'firstLook',
        'renameDays',
        'avatars',
      )
      const door = refuseUnfit(request) ?? readForm(app, request, typed)
      if (isProblem(door)) return show(request, reply, { refused: { typed, problem: door } })
      await changeDoor(app, door)
      return saved(request, reply)
    },
  )

  server.post(
    `${path}/domains`,
    {
      attachValidation: true,
      schema: {
        hide: true,
        body: Type.Object(
          {
            domain: Type.String({ maxLength: 300 }),
            effect: Type.Union([Type.Literal('refuse'), Type.Literal('look-first'), Type.Literal('none')]),
          },
          exact,
        ),
      },
    },
    async (request, reply) => {
      if (!(await admit(app, request, reply, 'site.people'))) return reply
      const { domain: typed } = typedIn(request, 'domain')
      const domain = refuseUnfit(request) ?? readDomain(typed)
      if (isProblem(domain)) return show(request, reply, { refused: { domain: typed, problem: domain } })
      const { effect } = request.body
      await changeDomainRule(app, domain, effect === 'none' ? null : effect)
      return saved(request, reply)
    },
  )
}

function readForm(app: App, request: Request, typed: TypedDoor): Door | Problem {
  const renameDays = /^\d{1,3}$/.test(typed.renameDays.trim()) ? Number(typed.renameDays) : Number.NaN
  if (!(renameDays <= MOST_RENAME_DAYS))
    return refuse('body-invalid', `From 0 to ${MOST_RENAME_DAYS} days.`, { at: '/renameDays' })
  const is = (name: keyof TypedDoor) => typed[name] === 'yes'
  // Or the next request would find whoever asked for passkeys without their rights.
  if (is('staffPasskey') && !app.site.door.staffPasskey && !actorOf(request)?.isStrong)
    return refuse('passkey-needed', 'Confirm with your own passkey first.', { at: '/staffPasskey' })
  return {
    guests: typed.guests as Door['guests'],
    passwords: is('passwords'),
    disposableMail: is('disposable') ? 'refuse' : 'take',
    staffPasskey: is('staffPasskey'),
    firstLook: is('firstLook'),
    renameDays,
    avatars: is('avatars'),
  }
}
