import { Type } from 'typebox'
import type { App } from '../../context.ts'
import { isId } from '../../database/ids.ts'
import { sendPersonal } from '../../http/answer.ts'
import type { Server } from '../../http/fastify.ts'
import { sendShared } from '../../http/shared-page.ts'
import { wordingOf } from '../../http/wording.ts'
import { wordingFor } from '../../language/messages.ts'
import { listStories, readFirstPassages } from '../../stories/store.ts'
import { renderHomePage, renderRulesPage } from './home.view.tsx'

const STORIES = 20

/** The front page says counts of many stories: it may be this much behind. Milliseconds. */
const HOME_AGE = 2_000

export function homePages(server: Server, app: App): void {
  server.get(
    '/',
    {
      schema: {
        hide: true,
        querystring: Type.Object({
          after: Type.Optional(Type.String({ maxLength: 40 })),
          lang: Type.Optional(Type.String()),
        }),
      },
    },
    async (request, reply) => {
      const after = request.query.after && isId(request.query.after) ? request.query.after : undefined
      return sendShared(app, request, reply, {
        tags: [app.site.id],
        render: async (language) => {
          const found = await listStories(app.db, app.site.id, after, STORIES + 1, app.now())
          const stories = found.slice(0, STORIES)
          const untitled = stories.filter((story) => !story.title).map((story) => story.id)
          const firsts = await readFirstPassages(app.db, untitled)
          const next = found.length > STORIES ? stories.at(-1)!.id : null
          const body = renderHomePage({
            app,
            wording: wordingFor(language, app.site.timeZone),
            stories,
            firsts,
            next,
          })
          return {
            body,
            type: 'text/html; charset=utf-8',
            status: 200,
            expires: app.now().getTime() + HOME_AGE,
          }
        },
      })
    },
  )

  server.get('/rules', { schema: { hide: true } }, async (request, reply) =>
    sendPersonal(reply, 200, renderRulesPage({ app, wording: wordingOf(app, request) })),
  )
}
