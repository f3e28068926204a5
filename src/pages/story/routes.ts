import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../../context.ts'
import { isId } from '../../database/ids.ts'
import { oldest } from '../../discussion/sorts/oldest.ts'
import { readCursor } from '../../discussion/sorts/sort.ts'
import { defaultSort, findSort } from '../../discussion/sorts/sorts.ts'
import { listRevisions, readFull, readShown } from '../../discussion/store.ts'
import { sendPersonal } from '../../http/answer.ts'
import type { Server } from '../../http/fastify.ts'
import type { SharedPage } from '../../http/page-cache.ts'
import { sendShared } from '../../http/shared-page.ts'
import { wordingOf } from '../../http/wording.ts'
import { wordingFor } from '../../language/messages.ts'
import { actorOf } from '../../people/actor.ts'
import { isProblem, type Problem, refuse } from '../../problem.ts'
import { readReference, readText, readWholeStory, resolveStory } from '../../stories/actions.ts'
import { normaliseAddress } from '../../stories/address.ts'
import { findStoryId, listPassages, readStory } from '../../stories/store.ts'
import type { StoryWithPassages } from '../../stories/story.ts'
import { problemPage, sendProblemPage } from '../problem/problem-page.ts'
import { readBranches, readExchange } from '../thread-page.ts'
import { renderFragment, renderItems, renderUnknownStory } from './fragment.view.tsx'
import {
  renderExchangePage,
  renderHistoryPage,
  renderOwnPage,
  renderStoryPage,
  renderVersionPage,
} from './story.view.tsx'

const storyParams = Type.Object({ story: Type.String({ maxLength: 300 }) })
const commentParams = Type.Object({
  story: Type.String({ maxLength: 300 }),
  comment: Type.String({ maxLength: 40 }),
})
const place = Type.Object({
  sort: Type.Optional(Type.String({ maxLength: 20 })),
  after: Type.Optional(Type.String({ maxLength: 60 })),
  lang: Type.Optional(Type.String({ maxLength: 20 })),
})

const HTML = 'text/html; charset=utf-8'

export function storyPages(server: Server, app: App): void {
  server.get(
    '/s/:story',
    { schema: { hide: true, params: storyParams, querystring: place } },
    async (request, reply) => {
      const story = await findStory(app, request, reply)
      if (!story) return reply
      const { sort: name, after } = request.query
      return sendShared(app, request, reply, {
        tags: [story],
        render: (language) => renderStory(app, story, { name, after }, language),
      })
    },
  )

  server.get(
    '/s/:story/c/:comment',
    { schema: { hide: true, params: commentParams, querystring: place } },
    async (request, reply) => {
      const story = await findStory(app, request, reply)
      if (!story) return reply
      const { comment: id } = request.params
      const [shown] = isId(id) ? await readShown(app.db, story, [id]) : []
      if (!shown) return sendOwn(app, request, reply, story, id)
      const { after } = request.query
      return sendShared(app, request, reply, {
        tags: [story],
        render: (language) => renderExchange(app, story, id, after, language),
      })
    },
  )

  server.get(
    '/s/:story/c/:comment/history',
    { schema: { hide: true, params: commentParams, querystring: place } },
    async (request, reply) => {
      const story = await findStory(app, request, reply)
      if (!story) return reply
      const { comment: id } = request.params
      return sendShared(app, request, reply, {
        tags: [story],
        render: (language) => renderHistory(app, story, id, language),
      })
    },
  )

  server.get(
    '/s/:story/versions/:number',
    {
      schema: {
        hide: true,
        params: Type.Object({ story: Type.String(), number: Type.Integer({ minimum: 1, maximum: 1e6 }) }),
        querystring: place,
      },
    },
    async (request, reply) => {
      const story = await findStory(app, request, reply)
      if (!story) return reply
      const { number } = request.params
      return sendShared(app, request, reply, {
        tags: [story],
        render: (language) => renderVersion(app, story, number, language),
      })
    },
  )

  server.get(
    '/fragment',
    {
      schema: {
        summary: 'A discussion as HTML, for server-side inclusion and for the embed',
        querystring: Type.Object({
          story: Type.Optional(Type.String({ maxLength: 300, description: 'our id, or the newsroom’s own' })),
          url: Type.Optional(Type.String({ maxLength: 2_000 })),
          sort: Type.Optional(Type.String({ maxLength: 20 })),
          after: Type.Optional(Type.String({ maxLength: 60 })),
          lang: Type.Optional(Type.String({ maxLength: 20 })),
        }),
      },
    },
    async (request, reply) => {
      const { story: name, url, sort, after } = request.query
      const id = await findEmbedded(app, name, url)
      if (!id) {
        const wording = wordingOf(app, request)
        return reply
          .status(404)
          .header('cache-control', 'public, max-age=5')
          .type(HTML)
          .send(renderUnknownStory(wording))
      }
      return sendShared(app, request, reply, {
        tags: [id],
        render: (language) => renderEmbedded(app, id, { name: sort, after }, language),
      })
    },
  )

  server.get(
    '/fragment/items',
    {
      schema: {
        summary: 'Comments as HTML, for pages that are open',
        querystring: Type.Object({
          story: Type.String({ maxLength: 40 }),
          ids: Type.String({ maxLength: 2_000, description: 'comment ids, comma-separated, at most 50' }),
          base: Type.Optional(Type.Literal('1')),
          lang: Type.Optional(Type.String({ maxLength: 20 })),
        }),
      },
    },
    async (request, reply) => {
      const ids = request.query.ids.split(',').filter(isId).slice(0, 50)
      const story = isId(request.query.story) ? await readWholeStory(app, request.query.story) : undefined
      const comments = story ? await readShown(app.db, story.id, ids) : []
      const wording = wordingOf(app, request)
      const base = request.query.base ? app.origin : ''
      return reply
        .status(story ? 200 : 404)
        .header('cache-control', 'no-store')
        .type(HTML)
        .send(story ? renderItems({ app, story, comments, wording, base }) : '')
    },
  )
}

/** The story of the address, or the answer already given: a redirect to its one address, or "not here". */
async function findStory(
  app: App,
  request: FastifyRequest<{ Params: { story: string } }>,
  reply: FastifyReply,
): Promise<string | undefined> {
  const found = await resolveStory(app, readReference(request.params.story))
  if (isProblem(found)) {
    sendProblemPage(app, request, reply, found)
    return undefined
  }
  if (found.id !== request.params.story) {
    reply.redirect(request.url.replace(/^\/s\/[^/?]+/, `/s/${found.id}`), 301)
    return undefined
  }
  return found.id
}

/** A story by the embed's names for it: our id, the newsroom's own id, an address. */
async function findEmbedded(
  app: App,
  name: string | undefined,
  url: string | undefined,
): Promise<string | undefined> {
  const { id } = app.site
  if (name) {
    const ours = isId(name) ? await findStoryId(app.db, id, { id: name }) : undefined
    return ours ?? findStoryId(app.db, id, { external: name.replace(/^ext:/, '') })
  }
  const address = url === undefined ? undefined : normaliseAddress(url)
  return address === undefined ? undefined : findStoryId(app.db, id, { address })
}

/** When what the page says of the discussion's state stops being true. */
const expiryOf = (story: StoryWithPassages): number | null =>
  story.state.closes && !story.state.byClock ? story.state.closes.getTime() : null

async function renderStory(
  app: App,
  id: string,
  at: { name: string | undefined; after: string | undefined },
  language: string,
): Promise<SharedPage> {
  const read = await readThread(app, id, at)
  if (isProblem(read)) return gone(app, read, language)
  const body = renderStoryPage({ app, wording: wordingFor(language, app.site.timeZone), ...read })
  return { body, type: HTML, status: 200, expires: expiryOf(read.story) }
}

async function renderEmbedded(
  app: App,
  id: string,
  at: { name: string | undefined; after: string | undefined },
  language: string,
): Promise<SharedPage> {
  const read = await readThread(app, id, at)
  if (isProblem(read)) return gone(app, read, language)
  const body = renderFragment({ app, wording: wordingFor(language, app.site.timeZone), ...read })
  return { body, type: HTML, status: 200, expires: expiryOf(read.story) }
}

async function readThread(app: App, id: string, at: { name: string | undefined; after: string | undefined }) {
  // The story first: its event number must not be ahead of the comments, or live updates would skip one.
  const found = await readStory(app.db, app.site.id, id, app.now())
  if (!found) return refuse('story-unknown', `No story ${id}.`)
  const sort = findSort(at.name) ?? defaultSort
  const cursor = at.after === undefined ? undefined : readCursor(sort, at.after)
  const [text, page] = await Promise.all([
    readText(app, id),
    readBranches(app, { storyId: id, parent: null, sort, after: cursor }),
  ])
  const story = { ...found, ...text }
  return { story, page: { story, sort, ...page, continued: cursor !== undefined } }
}

async function renderExchange(
  app: App,
  storyId: string,
  id: string,
  after: string | undefined,
  language: string,
): Promise<SharedPage> {
  const story = await readWholeStory(app, storyId)
  const cursor = after === undefined ? undefined : readCursor(oldest, after)
  const exchange = await readExchange(app, storyId, id, cursor)
  if (!story || !exchange)
    return gone(app, refuse('comment-unknown', `No comment ${id} in this thread.`), language)
  const wording = wordingFor(language, app.site.timeZone)
  const body = renderExchangePage({ app, wording, story, exchange, continued: cursor !== undefined })
  return { body, type: HTML, status: 200, expires: expiryOf(story) }
}

async function renderHistory(app: App, storyId: string, id: string, language: string): Promise<SharedPage> {
  const story = await readWholeStory(app, storyId)
  const [comment] = isId(id) ? await readShown(app.db, storyId, [id]) : []
  if (!story || comment?.shown !== 'text')
    return gone(app, refuse('comment-unknown', `No comment ${id} in this thread.`), language)
  const past = await listRevisions(app.db, storyId, id)
  const body = renderHistoryPage({
    app,
    wording: wordingFor(language, app.site.timeZone),
    story,
    comment,
    past,
  })
  return { body, type: HTML, status: 200, expires: null }
}

async function renderVersion(
  app: App,
  storyId: string,
  number: number,
  language: string,
): Promise<SharedPage> {
  const story = await readWholeStory(app, storyId)
  if (!story?.versions.some((version) => version.number === number))
    return gone(app, refuse('not-found', `No version ${number}.`), language)
  const passages = await listPassages(app.db, storyId, number)
  const body = renderVersionPage({
    app,
    wording: wordingFor(language, app.site.timeZone),
    story,
    passages,
    number,
  })
  return { body, type: HTML, status: 200, expires: null }
}

const gone = (app: App, problem: Problem, language: string): SharedPage => ({
  body: problemPage(app, problem, wordingFor(language, app.site.timeZone)),
  type: HTML,
  status: 404,
  expires: null,
})

/** A comment that the public cannot see: its author and the desk can, on a page that is theirs alone. */
async function sendOwn(
  app: App,
  request: FastifyRequest<{ Params: { story: string; comment: string } }>,
  reply: FastifyReply,
  storyId: string,
  id: string,
) {
  const unknown = refuse('comment-unknown', `No comment ${id.slice(0, 40)} in this thread.`)
  const actor = actorOf(request)
  const comment = actor && isId(id) ? await readFull(app.db, storyId, id) : undefined
  if (!comment || comment.authorId !== actor?.personId) return sendProblemPage(app, request, reply, unknown)
  const story = await readWholeStory(app, storyId)
  if (!story) return sendProblemPage(app, request, reply, unknown)
  return sendPersonal(reply, 200, renderOwnPage({ app, wording: wordingOf(app, request), story, comment }))
}
