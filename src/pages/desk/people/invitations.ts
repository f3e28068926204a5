import { Type } from 'typebox'
import type { App } from '../../../context.ts'
import { redirect, sendPersonal } from '../../../http/answer.ts'
import type { Server } from '../../../http/fastify.ts'
import { wordingOf } from '../../../http/wording.ts'
import { can, isRole } from '../../../people/can.ts'
import { inviteStaff } from '../../../people/invitation.ts'
import { deleteInvitation, listInvitations } from '../../../people/invitation-store.ts'
import { readBadge } from '../../../people/roles.ts'
import { isProblem, type Problem, problems, refuse } from '../../../problem.ts'
import { admit, type Reply, type Request, refuseUnfit, typedIn } from '../form.ts'
import { hourChoices, renderInvitationsPage } from './invitations.view.tsx'

const path = '/desk/people/invitations'
const field = (maxLength: number) => Type.Optional(Type.String({ maxLength }))

/** Links that make somebody one of the staff. */
export function invitationPages(server: Server, app: App): void {
  const show = async (
    request: Request,
    reply: Reply,
    state: {
      made?: string
      refused?: { typed: Record<'role' | 'badge' | 'hours', string>; problem: Problem }
    } = {},
  ) => {
    const page = renderInvitationsPage({
      app,
      wording: wordingOf(app, request),
      path,
      open: await listInvitations(app.db, app.site.id, app.now()),
      ...state,
    })
    return sendPersonal(reply, state.refused ? problems[state.refused.problem.problem].status : 200, page)
  }

  server.get(path, { schema: { hide: true } }, async (request, reply) => {
    if (!(await admit(app, request, reply, 'person.role'))) return reply
    return show(request, reply)
  })

  server.post(
    path,
    {
      attachValidation: true,
      schema: {
        hide: true,
        body: Type.Object(
          { role: Type.String({ maxLength: 20 }), badge: field(400), hours: Type.String({ maxLength: 5 }) },
          { additionalProperties: false },
        ),
      },
    },
    async (request, reply) => {
      if (!(await admit(app, request, reply, 'person.role'))) return reply
      const typed = typedIn(request, 'role', 'badge', 'hours')
      const refuseIt = (problem: Problem) => show(request, reply, { refused: { typed, problem } })
      const unfit = refuseUnfit(request)
      if (unfit) return refuseIt(unfit)
      const { role } = typed
      if (!isRole(role) || !can(role, 'name.reserved'))
        return refuseIt(refuse('body-invalid', 'Choose a role of the staff.', { at: '/role' }))
      const hours = hourChoices.find((choice) => String(choice) === typed.hours)
      if (hours === undefined)
        return refuseIt(refuse('body-invalid', 'Choose how long it is good for.', { at: '/hours' }))
      const badge = readBadge(typed.badge, role)
      if (isProblem(badge)) return refuseIt(badge)
      return show(request, reply, { made: await inviteStaff(app, { role, badge, isFirst: false }, hours) })
    },
  )

  server.post(
    `${path}/:invitation/revoke`,
    { schema: { hide: true, params: Type.Object({ invitation: Type.String({ maxLength: 60 }) }) } },
    async (request, reply) => {
      if (!(await admit(app, request, reply, 'person.role'))) return reply
      const { invitation } = request.params
      const isHash = /^[\w-]{43}$/.test(invitation)
      if (isHash && (await deleteInvitation(app.db, app.site.id, invitation))) return redirect(reply, path)
      return reply.refuse(refuse('not-found', 'There is no such invitation (any more).'))
    },
  )
}
