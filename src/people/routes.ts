import type { FastifyReply, FastifyRequest } from 'fastify'
import type { VNode } from 'preact'
import { Type } from 'typebox'
import type { App } from '../context.ts'
import { answer, ownPath, redirect, sendPersonal, sendProblem } from '../http/answer.ts'
import type { Server } from '../http/fastify.ts'
import { renderPage, type Shell } from '../http/layout.view.tsx'
import { checkSameOrigin, isRegistered } from '../http/origins.ts'
import { wordingOf } from '../http/wording.ts'
import { isProblem, type Problem, problems } from '../problem.ts'
import { changeName, openLink, readLink, readMe, requestLink, type SignedIn, signOut } from './actions.ts'
import { needActor } from './actor.ts'
import { accessCookie, clearedCookies, readCookies, sessionCookie } from './cookies.ts'
import { exchangeCode, makeCode, renewToken } from './handover.ts'
import { acceptInvitation, openInvitation, readInvitation } from './invitation.ts'
import { MeView } from './me.view.tsx'
import type { People } from './people.ts'
import { AskView, DoneView, InvitationView, LinkView, NoteView, SentView } from './sign-in.view.tsx'

/** Long enough for whatever may be typed; what is too long for an address or a name is said beside the field. */
const typed = Type.String({ maxLength: 2_000 })
const token = Type.String({ maxLength: 200 })
const origin = Type.String({ maxLength: 300 })
const to = Type.Optional(typed)
const form = { additionalProperties: false } as const

/** Pages: signing in, the newsroom's popup, the admin's invitation, signing out, changing one's name. */
export function signInRoutes(server: Server, app: App, people: People): void {
  server.get('/sign-in', { schema: { hide: true, querystring: Type.Object({ to }) } }, (request, reply) => {
    const back = ownPath(request.query.to)
    return send(app, request, reply, AskView({ wording: wordingOf(app, request), to: back }), { back })
  })

  server.post(
    '/sign-in',
    { schema: { hide: true, body: Type.Object({ to, email: typed }, form) } },
    async (request, reply) => {
      const forged = checkSameOrigin(app, request)
      if (forged) return reply.refuse(forged)
      const wording = wordingOf(app, request)
      const back = ownPath(request.body.to)
      const { email } = request.body
      const problem = await requestLink(app, people, { email, to: back, ip: request.ip, wording })
      const view = problem
        ? AskView({ wording, to: back, email, problem })
        : SentView({ wording, to: back, email: email.trim(), popup: popupOf(back) })
      return send(app, request, reply, view, { back, problem })
    },
  )

  server.get(
    '/sign-in/link',
    { schema: { hide: true, querystring: Type.Object({ token, to }) } },
    async (request, reply) => {
      const { token, to } = request.query
      return showLink(app, request, reply, { token, to })
    },
  )

  server.post(
    '/sign-in/link',
    { schema: { hide: true, body: Type.Object({ token, to, name: Type.Optional(typed) }, form) } },
    async (request, reply) => {
      const forged = checkSameOrigin(app, request)
      if (forged) return reply.refuse(forged)
      const { token, to, name = '' } = request.body
      const back = ownPath(to)
      const opened = await openLink(app, people, { token, name })
      if (isProblem(opened)) return showLink(app, request, reply, { token, to, name, problem: opened })
      return redirect(setCookies(app, keepOpener(reply, back), opened), back)
    },
  )

  server.get(
    '/sign-in/popup',
    { schema: { hide: true, querystring: Type.Object({ origin }) } },
    (request, reply) => {
      const { origin } = request.query
      const wording = wordingOf(app, request)
      const back = `/sign-in/popup?${new URLSearchParams({ origin })}`
      if (!isRegistered(app, origin)) {
        const text = wording.say('sign-in-foreign-text', { origin, site: app.site.name })
        const view = NoteView({ title: wording.say('sign-in-foreign'), text })
        return send(app, request, reply, view, { status: 403 })
      }
      const isSignedIn = request.actor?.via === 'cookie'
      const view = isSignedIn ? DoneView({ wording, popup: origin }) : AskView({ wording, to: back })
      return send(app, request, reply, view, { back })
    },
  )

  server.get(
    '/sign-in/admin',
    { schema: { hide: true, querystring: Type.Object({ token }) } },
    async (request, reply) => {
      const { token } = request.query
      return showInvitation(app, request, reply, { token, problem: await readInvitation(app, token) })
    },
  )

  server.post(
    '/sign-in/admin',
    {
      schema: {
        hide: true,
        body: Type.Object({ token, name: Type.Optional(typed), email: Type.Optional(typed) }, form),
      },
    },
    async (request, reply) => {
      const forged = checkSameOrigin(app, request)
      if (forged) return reply.refuse(forged)
      const { actor } = request
      const { token, name = '', email = '' } = request.body
      const outcome =
        actor?.via === 'cookie'
          ? await acceptInvitation(app, actor, token)
          : await openInvitation(app, people, { token, name, email })
      if (isProblem(outcome))
        return showInvitation(app, request, reply, { token, name, email, problem: outcome })
      return redirect(outcome ? setCookies(app, reply, outcome) : reply, '/')
    },
  )

  server.post('/sign-out', { schema: { hide: true } }, async (request, reply) => {
    const forged = checkSameOrigin(app, request)
    if (forged) return reply.refuse(forged)
    const { session } = readCookies(request.headers.cookie ?? '', app.origin)
    if (session !== undefined) await signOut(app, people, session)
    return redirect(reply.removeHeader('set-cookie').header('set-cookie', clearedCookies(app.origin)), '/')
  })

  server.post(
    '/me/name',
    { schema: { hide: true, body: Type.Object({ name: typed }, form) } },
    async (request, reply) => {
      const actor = needActor(app, request)
      if (isProblem(actor) && actor.problem === 'sign-in-needed') return redirect(reply, '/sign-in?to=/me')
      if (isProblem(actor)) return reply.refuse(actor)
      const wording = wordingOf(app, request)
      const { name } = request.body
      const problem = await changeName(app, people, actor, name)
      if (!problem) return redirect(reply, `/me?changed=name&lang=${wording.language}`)
      const me = await readMe(app, actor)
      if (isProblem(me)) return reply.refuse(me)
      const view = MeView({ wording, me, typed: { name, problem } })
      return send(app, request, reply, view, { back: '/me', problem, title: wording.say('me') })
    },
  )
}

/** The API: how a newsroom's page comes to its token, and who one is here. */
export function sessionRoutes(server: Server, app: App, people: People): void {
  server.post(
    '/api/session/code',
    {
      schema: {
        summary:
          'A code for the page that opened the sign-in window: good once, for a minute, for its origin',
        body: Type.Object({ origin }, form),
      },
    },
    async (request, reply) => {
      const actor = needActor(app, request)
      if (isProblem(actor)) return sendProblem(reply, actor)
      return answer(reply, 201, await makeCode(app, actor, request.body.origin))
    },
  )

  server.post(
    '/api/session/exchange',
    {
      schema: {
        summary: 'An access token for a code, good for 15 minutes on this page',
        body: Type.Object({ code: token }, form),
      },
    },
    async (request, reply) =>
      answer(reply, 200, await exchangeCode(app, people, request.body.code, request.headers.origin)),
  )

  server.post(
    '/api/session/renew',
    { schema: { summary: 'A new access token for one that is still good' } },
    async (request, reply) => {
      const actor = needActor(app, request)
      if (isProblem(actor)) return sendProblem(reply, actor)
      return answer(reply, 200, await renewToken(app, people, actor))
    },
  )

  server.get('/api/me', { schema: { summary: 'Who I am here' } }, async (request, reply) => {
    const actor = needActor(app, request)
    if (isProblem(actor)) return sendProblem(reply, actor)
    return answer(reply, 200, await readMe(app, actor))
  })
}

/** The link's page, or, when the link is no good, the form to ask for another. */
async function showLink(
  app: App,
  request: FastifyRequest,
  reply: FastifyReply,
  given: { token: string; to?: string | undefined; name?: string; problem?: Problem },
): Promise<FastifyReply> {
  const { token, name } = given
  const wording = wordingOf(app, request)
  const back = ownPath(given.to)
  const link = await readLink(app, token)
  if (isProblem(link))
    return send(app, request, reply, AskView({ wording, to: back, problem: link }), { back, problem: link })
  const { problem } = given
  const view = LinkView({ wording, token, to: back, email: link.email, isNew: !link.person, name, problem })
  return send(app, request, reply, view, { back, problem })
}

function showInvitation(
  app: App,
  request: FastifyRequest,
  reply: FastifyReply,
  given: { token: string; name?: string; email?: string; problem: Problem | undefined },
): FastifyReply {
  const { problem } = given
  const wording = wordingOf(app, request)
  const { say } = wording
  const isSignedIn = request.actor?.via === 'cookie'
  const view =
    problem?.problem === 'link-expired'
      ? NoteView({ title: say('sign-in-expired'), text: say('sign-in-refused-invitation') })
      : InvitationView({ wording, site: app.site.name, isSignedIn, ...given })
  return send(app, request, reply, view, { problem })
}

/** In the place of what `recognise` may have set for the session before. */
const setCookies = (app: App, reply: FastifyReply, { access, session }: SignedIn): FastifyReply =>
  reply
    .removeHeader('set-cookie')
    .header('set-cookie', [accessCookie(app.origin, access), sessionCookie(app.origin, session)])

/** A page of this room. It tells no other site its address, which may hold a link's token. */
function send(
  app: App,
  request: FastifyRequest,
  reply: FastifyReply,
  view: VNode,
  page: { back?: string; problem?: Problem | undefined; status?: number; title?: string },
): FastifyReply {
  const { back = '/', problem } = page
  const wording = wordingOf(app, request)
  if (problem?.retryAfter !== undefined) reply.header('retry-after', String(problem.retryAfter))
  keepOpener(reply, back).header('referrer-policy', 'same-origin')
  const shell: Shell = {
    wording,
    site: app.site,
    title: page.title ?? wording.say('sign-in'),
    path:
      request.method === 'POST'
        ? `/sign-in?${new URLSearchParams({ to: back })}`
        : withoutLanguage(request.url),
    noIndex: true,
    ...(popupOf(back) === undefined ? {} : { scripts: ['popup.js'] }),
  }
  const status = page.status ?? (problem ? problems[problem.problem].status : 200)
  return sendPersonal(reply, status, renderPage(shell, view))
}

/** The newsroom's page that a path leads back to by way of the popup. */
function popupOf(path: string): string | undefined {
  const [place, query] = path.split('?', 2)
  return place === '/sign-in/popup' ? (new URLSearchParams(query).get('origin') ?? undefined) : undefined
}

/** On the way through a newsroom's popup the window stays tied to the one that opened it, which a page with another
 *  COOP, or a redirect with one, would cut (HTML Standard, "Cross-origin opener policies"). */
const keepOpener = (reply: FastifyReply, back: string): FastifyReply =>
  popupOf(back) === undefined ? reply : reply.header('cross-origin-opener-policy', 'unsafe-none')

const parametersOf = (address: string): URLSearchParams => new URLSearchParams(address.split('?')[1])

function withoutLanguage(address: string): string {
  const query = parametersOf(address)
  query.delete('lang')
  return query.size === 0 ? address.split('?')[0]! : `${address.split('?')[0]}?${query}`
}
