import { Type } from 'typebox'
import type { App } from '../context.ts'
import { isId } from '../database/ids.ts'
import { answer, sendProblem } from '../http/answer.ts'
import type { Server } from '../http/fastify.ts'
import type { Limits } from '../http/limits.ts'
import { readRequestKey } from '../http/request-key.ts'
import { isProblem, refuse } from '../problem.ts'
import { findKey, putStory, readReference, readWholeStory, resolveStory } from './actions.ts'
import { countComments } from './store.ts'
import { describeStory } from './story.ts'

export const storyParams = Type.Object({ story: Type.String({ maxLength: 300 }) })

const nullable = (maxLength: number) =>
  Type.Union([Type.Null(), Type.String({ maxLength })], { default: null })

const storyBody = Type.Object(
  {
    title: Type.Optional(nullable(500)),
    body: Type.Union([Type.Array(Type.String()), Type.String()]),
    byline: Type.Optional(nullable(500)),
    credit: Type.Optional(nullable(500)),
    published: Type.Optional(nullable(40)),
    url: Type.Optional(nullable(2_000)),
    language: Type.Optional(nullable(35)),
    section: Type.Optional(nullable(100)),
  },
  { additionalProperties: false },
)

/** Bytes of a story at most. */
const MOST_STORY = 4 * 1024 * 1024

export function storyRoutes(server: Server, app: App, limits: Limits): void {
  server.get(
    '/api/stories/:story',
    { schema: { summary: 'A story with its passages', params: storyParams } },
    async (request, reply) => {
      const found = await resolveStory(app, readReference(request.params.story))
      if (isProblem(found)) return sendProblem(reply, found)
      const story = await readWholeStory(app, found.id)
      return answer(
        reply,
        200,
        story ? describeStory(story) : refuse('story-unknown', `No story ${found.id}.`),
      )
    },
  )

  server.put(
    '/api/stories/:story',
    {
      bodyLimit: MOST_STORY,
      schema: { summary: 'Put a story, new or changed (site key)', params: storyParams, body: storyBody },
    },
    async (request, reply) => {
      const siteKey = await findKey(app, request.headers.authorization)
      if (isProblem(siteKey)) return sendProblem(reply, siteKey)
      const busy = await limits.take('story', siteKey.siteId)
      if (busy) return sendProblem(reply, busy)
      const reference = readReference(request.params.story)
      if (!('external' in reference) || !reference.external)
        return sendProblem(
          reply,
          refuse('story-invalid', 'Put a story under ext: and your own id for it.', { at: '/story' }),
        )
      const key = readRequestKey(request, siteKey.id, { url: request.url, body: request.body })
      if (isProblem(key)) return sendProblem(reply, key)
      const {
        title = null,
        byline = null,
        credit = null,
        published = null,
        url = null,
        language = null,
        section = null,
      } = request.body
      const input = { title, byline, credit, published, url, language, section, body: request.body.body }
      const put = await putStory(app, reference.external, input, undefined, key)
      return isProblem(put) ? sendProblem(reply, put) : answer(reply, put.created ? 201 : 200, put.story)
    },
  )

  server.get(
    '/counts',
    {
      schema: {
        summary: 'Counts of published comments, for up to 100 stories in one request',
        querystring: Type.Object({
          story: Type.String({ maxLength: 30_000, description: 'ids or ext:ids, comma-separated' }),
        }),
      },
    },
    async (request, reply) => {
      const names = [
        ...new Set(
          request.query.story
            .split(',')
            .map((name) => name.trim())
            .filter(Boolean),
        ),
      ]
      if (names.length > 100)
        return sendProblem(
          reply,
          refuse('body-invalid', `At most 100 stories a request; these are ${names.length}.`, {
            at: '/story',
          }),
        )
      const externals = names.map((name) => (name.startsWith('ext:') ? name.slice(4) : name))
      const counts = await countComments(app.db, app.site.id, externals, names.filter(isId))
      reply.header('cache-control', 'public, max-age=5, stale-while-revalidate=30')
      return reply.send(
        Object.fromEntries(
          names.map((name) => [name, counts.get(name) ?? counts.get(`ext:${name}`) ?? null]),
        ),
      )
    },
  )
}
