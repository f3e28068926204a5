import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App, Gate } from '../../context.ts'
import { isId } from '../../database/ids.ts'
import { redirect, sendPersonal } from '../../http/answer.ts'
import type { Server } from '../../http/fastify.ts'
import { wordingOf } from '../../http/wording.ts'
import { languages } from '../../language/messages.ts'
import { isProblem, type Problem, problems, refuse } from '../../problem.ts'
import { makeSiteKey, putStory, readWholeStory, setGate } from '../../stories/actions.ts'
import { changeSite } from '../../stories/site-actions.ts'
import type { SiteFields } from '../../stories/site-store.ts'
import { listSectionNames, listSections, listStories, readStoryGate } from '../../stories/store.ts'
import type { StoryWithPassages } from '../../stories/story.ts'
import { sendProblemPage } from '../problem/problem-page.ts'
import { admit, type Refused, refuseUnfit, typedIn } from './form.ts'
import { queuePages } from './queue.ts'
import { renderSitePage } from './site.view.tsx'
import {
  type RefusedGate,
  renderStoriesPage,
  renderStoryForm,
  storyLines,
  type TypedStory,
} from './stories.view.tsx'

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
  days: Type.Optional(Type.String({ pattern: '^([1-9]\\d{0,3})?$' })),
}

/** A box a language; `offers` says that they are there, since a box that is not ticked sends nothing. */
const offerFields = {
  offers: field(1),
  ...Object.fromEntries(languages.map((language) => [`offer-${language}`, field(1)])),
}

export function deskPages(server: Server, app: App): void {
  queuePages(server, app)

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
      return sendStoryForm(app, request, reply, story, {})
    },
  )

  server.post(
    '/desk/stories/edit',
    {
      attachValidation: true,
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
      const put = refuseUnfit(request) ?? (await putTyped(app, request.body))
      if (!isProblem(put)) return redirect(reply, `/s/${put.story.id}`)
      const { story: id } = typedIn(request, 'story')
      const story = isId(id) ? await readWholeStory(app, id) : undefined
      return sendStoryForm(app, request, reply, story, {
        typed: typedIn(request, ...storyLines, 'story', 'external', 'body'),
        problem: put,
      })
    },
  )

  server.post(
    '/desk/gate',
    {
      attachValidation: true,
      schema: {
        hide: true,
        body: Type.Object({ ...gateFields, story: field(40), section: field(100), site: field(1) }, form),
      },
    },
    async (request, reply) => {
      const { story, section, site } = typedIn(request, 'story', 'section', 'site')
      if (!(await admit(app, request, reply, story ? 'story.write' : 'site.settings'))) return reply
      const what = story ? { storyId: story } : section ? { section } : site ? 'site' : undefined
      const set =
        refuseUnfit(request) ??
        (what === undefined || (story && !isId(story))
          ? refuse('body-invalid', 'Name a story, a section or the site.')
          : await setGate(app, what, readGate(request.body)))
      if (!isProblem(set)) return redirect(reply, story ? `/desk/stories/edit?story=${story}` : '/desk/site')
      const gate = { typed: typedIn(request, 'mode', 'reason', 'days'), problem: set }
      const whole = story && isId(story) ? await readWholeStory(app, story) : undefined
      if (whole) return sendStoryForm(app, request, reply, whole, { gate })
      if (what === undefined || story) return reply.refuse(set)
      return sendSite(app, request, reply, { gate: { of: section, ...gate } })
    },
  )

  server.get('/desk/site', { schema: { hide: true } }, async (request, reply) =>
    sendSite(app, request, reply, {}),
  )

  server.post(
    '/desk/site',
    {
      attachValidation: true,
      schema: {
        hide: true,
        body: Type.Object(
          {
            name: Type.String({ minLength: 1, maxLength: 100 }),
            language: Type.String({ pattern: '^[a-z]{2,3}$' }),
            timeZone: Type.String({ maxLength: 60 }),
            rules: Type.String({ maxLength: 2_000 }),
            origins: Type.String({ maxLength: 4_000 }),
            ...offerFields,
          },
          form,
        ),
      },
    },
    async (request, reply) => {
      if (!(await admit(app, request, reply, 'site.settings'))) return reply
      const changed = refuseUnfit(request) ?? (await changeSite(app, readSite(app, request.body)))
      return isProblem(changed)
        ? sendSite(app, request, reply, {
            refused: {
              typed: typedIn(request, 'name', 'language', 'timeZone', 'rules', 'origins'),
              offered: readOffers(app, request.body),
              problem: changed,
            },
          })
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

type SiteForm = Record<SiteField, string> & Offers

const readSite = (app: App, body: SiteForm): SiteFields => ({
  name: body.name,
  language: body.language,
  timeZone: body.timeZone,
  rules: body.rules,
  origins: body.origins.split(/[\s,]+/).filter(Boolean),
  languages: readOffers(app, body),
})

type Offers = { offers?: string } & Record<string, unknown>

/** The boxes that are ticked, and the language chosen beside them. A form without the boxes leaves things as they are. */
function readOffers(app: App, body: unknown): string[] {
  const given = (body ?? {}) as Offers
  if (given.offers === undefined) return app.site.languages
  return languages.filter((language) => given[`offer-${language}`] || language === given.language)
}

async function putTyped(app: App, typed: TypedStory) {
  const known = (text: string | undefined) => text?.trim() || null
  const external = typed.external.trim()
  if (!external) return refuse('story-invalid', 'Give the story an id of your own.', { at: '/external' })
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
  return putStory(app, external, input, typed.story && isId(typed.story) ? typed.story : undefined)
}

type SiteField = 'name' | 'language' | 'timeZone' | 'rules' | 'origins'

async function sendStoryForm(
  app: App,
  request: FastifyRequest,
  reply: FastifyReply,
  story: StoryWithPassages | undefined,
  refused: { typed?: TypedStory; problem?: Problem; gate?: RefusedGate },
): Promise<FastifyReply> {
  const problem = refused.problem ?? refused.gate?.problem
  const gate = story && (await readStoryGate(app.db, story.id))
  return sendPersonal(
    reply,
    problem ? problems[problem.problem].status : 200,
    renderStoryForm({
      app,
      wording: wordingOf(app, request),
      story,
      gate,
      typed: refused.typed,
      problem: refused.problem,
      refusedGate: refused.gate,
    }),
  )
}

async function sendSite(
  app: App,
  request: FastifyRequest,
  reply: FastifyReply,
  state: {
    refused?: Refused<SiteField> & { offered: string[] }
    gate?: RefusedGate & { of: string }
    key?: string
  },
): Promise<FastifyReply> {
  if (!(await admit(app, request, reply, 'site.settings'))) return reply
  const gates = new Map((await listSections(app.db, app.site.id)).map((section) => [section.name, section]))
  const sections = (await listSectionNames(app.db, app.site.id)).map((name) => ({
    name,
    gate: gates.get(name),
  }))
  const problem = state.refused?.problem ?? state.gate?.problem
  return sendPersonal(
    reply,
    problem ? problems[problem.problem].status : 200,
    renderSitePage({ app, wording: wordingOf(app, request), sections, ...state }),
  )
}
