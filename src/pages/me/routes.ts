import { Type } from 'typebox'
import type { App } from '../../context.ts'
import { isId } from '../../database/ids.ts'
import { listOwn, listRespected } from '../../discussion/store.ts'
import { redirect, sendPersonal } from '../../http/answer.ts'
import type { Server } from '../../http/fastify.ts'
import { renderPage } from '../../http/layout.view.tsx'
import { wordingOf } from '../../http/wording.ts'
import { readLastDecisions } from '../../moderation/store.ts'
import { readMe } from '../../people/actions.ts'
import { actorOf } from '../../people/actor.ts'
import { can } from '../../people/can.ts'
import { MeView } from '../../people/me.view.tsx'
import { isProblem } from '../../problem.ts'
import { OwnComments, RespectedComments } from './me.view.tsx'

const COMMENTS = 30
const RESPECTED = 100

export function mePages(server: Server, app: App): void {
  server.get(
    '/me',
    {
      schema: {
        hide: true,
        querystring: Type.Object({
          after: Type.Optional(Type.String({ maxLength: 40 })),
          changed: Type.Optional(Type.String({ maxLength: 20 })),
          lang: Type.Optional(Type.String()),
        }),
      },
    },
    async (request, reply) => {
      const actor = actorOf(request)
      const me = actor && (await readMe(app, actor))
      if (!me || isProblem(me)) return redirect(reply, '/sign-in?to=/me')
      const wording = wordingOf(app, request)
      const before = request.query.after && isId(request.query.after) ? request.query.after : undefined
      const found = await listOwn(app.db, me.id, before, COMMENTS + 1)
      const comments = found.slice(0, COMMENTS)
      const decisions = await readLastDecisions(
        app.db,
        comments.map((comment) => comment.id),
      )
      const respected = before ? [] : await listRespected(app.db, me.id, RESPECTED)
      const next = found.length > COMMENTS ? comments.at(-1)!.id : null
      const isDesk = can(me.role, 'comment.decide')
      const page = MeView({
        wording,
        me,
        isChanged: request.query.changed === 'name',
        children: [
          OwnComments({ wording, comments, decisions, next, isDesk }),
          RespectedComments({ wording, comments: respected }),
        ],
      })
      return sendPersonal(
        reply,
        200,
        renderPage({ wording, site: app.site, title: wording.say('me'), path: '/me', noIndex: true }, page),
      )
    },
  )
}
