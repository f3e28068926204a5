import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App, Gate } from '../../context.ts'
import { isId } from '../../database/ids.ts'
import { listWaiting, readFull } from '../../discussion/store.ts'
import { redirect, sendPersonal } from '../../http/answer.ts'
import type { Server } from '../../http/fastify.ts'
import { checkSameOrigin } from '../../http/origins.ts'
import { wordingOf } from '../../http/wording.ts'
import { listRecentDecisions, listReported } from '../../moderation/store.ts'
import { actorOf, roleOf } from '../../people/actor.ts'
import { type Action, can } from '../../people/can.ts'
import { readPerson } from '../../people/store.ts'
import { isProblem, type Problem, problems, refuse } from '../../problem.ts'
import { changeSite, makeSiteKey, putStory, readWholeStory, setGate } from '../../stories/actions.ts'
import { listSectionNames, listSections, listStories } from '../../stories/store.ts'
import { sendProblemPage } from '../problem/problem-page.ts'
import { renderQueuePage } from './queue.view.tsx'
import { renderSitePage } from './site.view.tsx'
import { renderStoriesPage, renderStoryForm } from './stories.view.tsx'

const PAGE = 30
const after = Type.Object({
  after: Type.Optional(Type.String({ maxLength: 40 })),
  lang: Type.Optional(Type.String()),
})
const field = (maxLength: number) => Type.Optional(Type.String({ maxLength }))
const form = { additionalProperties: false } as const

const gateFields = {
  mode: Type.Union(
    (['', 'open', 'premoderated', 'closed', 'off'] as const).map((mode) => Type.Literal(mode)),
  ),
  reason: field(500),
  days: Type.Optional(Type.String({ pattern: '^\\d{0,4}$' })),
}

export function deskPages(server: Server, app: App): void {
  server.get('/desk', { schema: { hide: true, querystring: after } }, async (request, reply) => {
    if (!(await admit(app, request, reply, 'comment.decide'))) return reply
    const last = request.query.after && isId(request.query.after) ? request.query.after : undefined
    const waiting = await listWaiting(app.db, app.site.id, last, PAGE + 1)
    const reports = await listReported(app.db, app.site.id, PAGE)
    const reported = []
    for (const report of reports) {
      const comment = await readFull(app.db, report.storyId, report.commentId)
      if (comment) reported.push({ report, comment })
    }
    const next = waiting.length > PAGE ? waiting[PAGE - 1]!.id : null
    const decisions = await listRecentDecisions(app.db, app.site.id, PAGE)
    const page = {
      app,
      wording: wordingOf(app, request),
      waiting: waiting.slice(0, PAGE),
      reported,
      decisions,
      next,
    }
    return sendPersonal(reply, 200, renderQueuePage(page))
  })

  server.get('/desk/stories', { schema: { hide: true, querystring: after } }, async (request, reply) => {
    if (!(await admit(app, request, reply, 'story.write'))) return reply
    const last = request.query.after && isId(request.query.after) ? request.query.after : undefined
    const stories = await listStories(app.db, app.site.id, last, PAGE + 1, app.now())
    const next = stories.length > PAGE ? stories[PAGE - 1]!.id : null
    return sendPersonal(
      reply,
      200,
      renderStoriesPage({ app, wording: wordingOf(app, request), stories: stories.slice(0, PAGE), next }),
    )
  })

  server.get(
    '/desk/stories/edit',
    { schema: { hide: true, querystring: Type.Object({ story: field(40), lang: field(20) }) } },
    async (request, reply) => {
      if (!(await admit(app, request, reply, 'story.write'))) return reply
      const { story: id } = request.query
      const story = id && isId(id) ? await readWholeStory(app, id) : undefined
      if (id && !story)
        return sendProblemPage(app, request, reply, refuse('story-unknown', `No story ${id}.`))
      return sendPersonal(
        reply,
        200,
        renderStoryForm({ app, wording: wordingOf(app, request), story, typed: undefined }),
      )
    },
  )

  server.post(
    '/desk/stories/edit',
    {
      bodyLimit: 4 * 1024 * 1024,
      schema: {
        hide: true,
        body: Type.Object(
          {
            story: field(40),
            external: Type.String({ maxLength: 200 }),
            title: field(500),
            body: Type.String(),
            byline: field(500),
            credit: field(500),
            published: field(40),
            url: field(2_000),
            language: field(35),
            section: field(100),
          },
          form,
        ),
      },
    },
    async (request, reply) => {
      if (!(await admit(app, request, reply, 'story.write'))) return reply
      const typed = request.body
      const known = (text: string | undefined) => text?.trim() || null
      const input = {
        title: known(typed.title),
        body: typed.body.split(/\r?\n\s*\n/),
        byline: known(typed.byline),
        credit: known(typed.credit),
        published: known(typed.published),
        url: known(typed.url),
        language: known(typed.language),
        section: known(typed.section),
      }
      const put = typed.external.trim()
        ? await putStory(
            app,
            typed.external.trim(),
            input,
            typed.story && isId(typed.story) ? typed.story : undefined,
          )
        : refuse('story-invalid', 'Give the story an id of your own.', { at: '/external' })
      if (!isProblem(put)) return redirect(reply, `/s/${put.story.id}`)
      const page = renderStoryForm({
        app,
        wording: wordingOf(app, request),
        story: undefined,
        typed: { ...typed, problem: put },
      })
      return sendPersonal(reply, problems[put.problem].status, page)
    },
  )

  server.post(
    '/desk/gate',
    {
      schema: {
        hide: true,
        body: Type.Object({ ...gateFields, story: field(40), section: field(100), site: field(1) }, form),
      },
    },
    async (request, reply) => {
      const { story, section, site } = request.body
      if (!(await admit(app, request, reply, story ? 'story.write' : 'site.settings'))) return reply
      const what = story ? { storyId: story } : section ? { section } : site ? 'site' : undefined
      const set: { done: true } | Problem =
        what === undefined || (typeof what === 'object' && 'storyId' in what && !isId(what.storyId))
          ? refuse('body-invalid', 'Name a story, a section or the site.')
          : await setGate(app, what, readGate(request.body))
      if (isProblem(set)) return sendProblemPage(app, request, reply, set)
      return redirect(reply, story ? `/desk/stories/edit?story=${story}` : '/desk/site')
    },
  )

  server.get('/desk/site', { schema: { hide: true } }, async (request, reply) =>
    sendSite(app, request, reply, {}),
  )

  server.post(
    '/desk/site',
    {
      schema: {
        hide: true,
        body: Type.Object(
          {
            name: Type.String({ minLength: 1, maxLength: 100 }),
            language: Type.String({ pattern: '^[a-z]{2,3}$' }),
            timeZone: Type.String({ maxLength: 60 }),
            rules: Type.String({ maxLength: 2_000 }),
            origins: Type.String({ maxLength: 4_000 }),
          },
          form,
        ),
      },
    },
    async (request, reply) => {
      if (!(await admit(app, request, reply, 'site.settings'))) return reply
      const { origins, ...fields } = request.body
      const changed = await changeSite(app, { ...fields, origins: origins.split(/[\s,]+/).filter(Boolean) })
      return isProblem(changed)
        ? sendSite(app, request, reply, { problem: changed })
        : redirect(reply, '/desk/site')
    },
  )

  server.post('/desk/key', { schema: { hide: true } }, async (request, reply) => {
    if (!(await admit(app, request, reply, 'site.settings'))) return reply
    return sendSite(app, request, reply, { key: await makeSiteKey(app, 'desk') })
  })
}

const readGate = (body: {
  mode: string
  reason?: string
  days?: string
}): { mode: Gate['mode']; reason: string | null; closeAfterDays: number | null } => ({
  mode: body.mode === '' ? null : (body.mode as Gate['mode']),
  reason: body.reason?.trim() || null,
  closeAfterDays: Number(body.days) || null,
})

async function sendSite(
  app: App,
  request: FastifyRequest,
  reply: FastifyReply,
  state: { problem?: Problem; key?: string },
): Promise<FastifyReply> {
  if (!(await admit(app, request, reply, 'site.settings'))) return reply
  const gates = new Map((await listSections(app.db, app.site.id)).map((section) => [section.name, section]))
  const sections = (await listSectionNames(app.db, app.site.id)).map((name) => ({
    name,
    gate: gates.get(name),
  }))
  const status = state.problem ? problems[state.problem.problem].status : 200
  return sendPersonal(
    reply,
    status,
    renderSitePage({ app, wording: wordingOf(app, request), sections, ...state }),
  )
}

/** Lets in who may do this, by cookie on our own pages only; others are answered here.
 *  @returns whether to go on */
async function admit(
  app: App,
  request: FastifyRequest,
  reply: FastifyReply,
  action: Action,
): Promise<boolean> {
  const forged = request.method === 'GET' ? undefined : checkSameOrigin(app, request)
  const actor = actorOf(request)
  if (forged) sendProblemPage(app, request, reply, forged)
  else if (!actor) redirect(reply, '/sign-in?to=/desk')
  else {
    const person = await readPerson(app.db, actor.personId)
    if (person && can(roleOf(actor, person), action)) return true
    sendProblemPage(app, request, reply, refuse('not-allowed', 'This page is for the newsroom.'))
  }
  return false
}
