import { Type } from 'typebox'
import type { App } from '../../context.ts'
import { isId } from '../../database/ids.ts'
import { searchComments } from '../../discussion/store.ts'
import { sendPersonal } from '../../http/answer.ts'
import type { Server } from '../../http/fastify.ts'
import { type Limits, networkOf } from '../../http/limits.ts'
import { wordingOf } from '../../http/wording.ts'
import { queryTerms } from '../../language/search-terms.ts'
import { refuse } from '../../problem.ts'
import { readStory, searchStories } from '../../stories/store.ts'
import { sendProblemPage } from '../problem/problem-page.ts'
import { renderSearchPage } from './search.view.tsx'

const FOUND = 20

export function searchPages(server: Server, app: App, limits: Limits): void {
  server.get(
    '/search',
    {
      schema: {
        hide: true,
        querystring: Type.Object({
          q: Type.Optional(Type.String({ maxLength: 200 })),
          story: Type.Optional(Type.String({ maxLength: 40 })),
          after: Type.Optional(Type.String({ maxLength: 40 })),
          lang: Type.Optional(Type.String()),
        }),
      },
    },
    async (request, reply) => {
      const busy = await limits.take('search', networkOf(request.ip))
      if (busy) return sendProblemPage(app, request, reply, busy)
      const { q = '', story: storyId, after } = request.query
      const tsquery = writeQuery(q)
      const story =
        storyId && isId(storyId) ? await readStory(app.db, app.site.id, storyId, app.now()) : undefined
      if (storyId && !story)
        return sendProblemPage(app, request, reply, refuse('story-unknown', `No story ${storyId}.`))
      const before = after && isId(after) ? after : undefined
      const found = tsquery
        ? await searchComments(app.db, {
            siteId: app.site.id,
            storyId: story?.id,
            tsquery,
            before,
            limit: FOUND + 1,
          })
        : []
      const stories =
        tsquery && !story && !before ? await searchStories(app.db, app.site.id, tsquery, 5, app.now()) : []
      const comments = found.slice(0, FOUND)
      const next = found.length > FOUND ? comments.at(-1)!.id : null
      return sendPersonal(
        reply,
        200,
        renderSearchPage({ app, wording: wordingOf(app, request), query: q, story, stories, comments, next }),
      )
    },
  )
}

/** All of the query's terms, as PostgreSQL's tsquery: each quoted, so that none of its signs means anything. */
function writeQuery(query: string): string | undefined {
  const terms = queryTerms(query).map(
    ({ term, prefix }) => `'${term.replaceAll("'", "''").replaceAll('\\', '\\\\')}'${prefix ? ':*' : ''}`,
  )
  return terms.length > 0 ? terms.join(' & ') : undefined
}
