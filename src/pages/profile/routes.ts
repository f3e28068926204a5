import { Type } from 'typebox'
import type { App } from '../../context.ts'
import { isId } from '../../database/ids.ts'
import { listPublished } from '../../discussion/author-store.ts'
import { answer, sendPersonal, sendProblem } from '../../http/answer.ts'
import type { Server } from '../../http/fastify.ts'
import { renderPage } from '../../http/layout.view.tsx'
import { wordingOf } from '../../http/wording.ts'
import { actorOf } from '../../people/actor.ts'
import { isMutedBy } from '../../people/mute-store.ts'
import { isProblem } from '../../problem.ts'
import { sendProblemPage } from '../problem/problem-page.ts'
import { describeProfile, readProfile } from './profile.ts'
import { ProfileView } from './profile.view.tsx'

const COMMENTS = 30

const params = Type.Object({ person: Type.String({ maxLength: 40 }) })

/** The page says what the reader's own mutes are, so it is the reader's alone; search engines are asked to leave it: a
 *  name leads to its comments here, not from anywhere on the web. */
export function profilePages(server: Server, app: App): void {
  server.get(
    '/p/:person',
    {
      schema: {
        hide: true,
        params,
        querystring: Type.Object({
          after: Type.Optional(Type.String({ maxLength: 40 })),
          lang: Type.Optional(Type.String()),
        }),
      },
    },
    async (request, reply) => {
      const profile = await readProfile(app, request.params.person)
      if (isProblem(profile)) return sendProblemPage(app, request, reply, profile)
      const { after } = request.query
      const before = after && isId(after) ? after : undefined
      const found = await listPublished(app.db, profile.id, before, COMMENTS + 1)
      const comments = found.slice(0, COMMENTS)
      const actor = actorOf(request)
      const viewer = actor
        ? {
            isSelf: actor.personId === profile.id,
            hasMuted: await isMutedBy(app.db, actor.personId, profile.id),
          }
        : null
      const wording = wordingOf(app, request)
      const view = ProfileView({
        wording,
        profile,
        avatars: app.site.door.avatars,
        comments,
        next: found.length > COMMENTS ? comments.at(-1)!.id : null,
        viewer,
      })
      const path = `/p/${profile.id}`
      return sendPersonal(
        reply,
        200,
        renderPage({ wording, site: app.site, title: profile.name, path, noIndex: true }, view),
      )
    },
  )

  server.get(
    '/api/people/:person',
    { schema: { summary: 'What anybody may know of a person', params } },
    async (request, reply) => {
      const profile = await readProfile(app, request.params.person)
      return isProblem(profile) ? sendProblem(reply, profile) : answer(reply, 200, describeProfile(profile))
    },
  )
}
