import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../context.ts'
import { isId } from '../database/ids.ts'
import { answer, ownPath, redirect, sendProblem } from '../http/answer.ts'
import type { Server } from '../http/fastify.ts'
import { networkOf } from '../http/limits.ts'
import { checkSameOrigin, isRegistered } from '../http/origins.ts'
import { wordingOf } from '../http/wording.ts'
import { isProblem, type Problem } from '../problem.ts'
import { readMe, signOut } from './actions.ts'
import { needActor } from './actor.ts'
import { listOffers } from './claim-store.ts'
import { clearedCookies } from './cookies.ts'
import { describeDevice } from './device.ts'
import { exchangeCode, makeCode, makeNeighbourToken, renewToken } from './handover.ts'
import { acceptInvitation, type Invitation, openInvitation, readInvitation } from './invitation.ts'
import { requestLink, tryCode } from './mail-link.ts'
import { browserOf, keepOpener, popupOf, sendPeoplePage, sessionSecretOf, welcome } from './page.ts'
import type { People } from './people.ts'
import { openProof, peekProof, refuseNewcomer } from './proof.ts'
import {
  AskView,
  DoneView,
  InvitationView,
  LinkView,
  NoteView,
  SentView,
  VisitView,
} from './sign-in.view.tsx'
import { makeSsoExchange } from './sso-exchange.ts'
import { trapSchema } from './trap.ts'
import { askVisitor, welcomeVisitor } from './visit.ts'
import { listWays, wayScripts } from './ways.ts'

/** Long enough for whatever may be typed; what is too long for an address or a name is said beside the field. */
const typed = Type.String({ maxLength: 2_000 })
const token = Type.String({ maxLength: 200 })
const newsroomToken = Type.String({ maxLength: 10_000 })
const origin = Type.String({ maxLength: 300 })
const to = Type.Optional(typed)
const form = { additionalProperties: false } as const

/** Pages: signing in by mail, the newsroom's popup, invitations, signing out. */
export function signInRoutes(server: Server, app: App, people: People): void {
  server.get('/sign-in', { schema: { hide: true, querystring: Type.Object({ to }) } }, (request, reply) => {
    return showAsk(app, people, request, reply, ownPath(request.query.to))
  })

  server.post(
    '/sign-in',
    { schema: { hide: true, body: Type.Object({ to, email: typed, ...trapSchema }, form) } },
    async (request, reply) => {
      const forged = checkSameOrigin(app, request)
      if (forged) return reply.refuse(forged)
      const wording = wordingOf(app, request)
      const back = ownPath(request.body.to)
      const { email } = request.body
      const asked =
        people.trap.check(request.body, app.now(), true) ??
        (await requestLink(app, people, { email, to: back, ip: request.ip, wording }))
      if (isProblem(asked)) return showAsk(app, people, request, reply, back, { email, problem: asked })
      const view = SentView({ wording, to: back, email: email.trim(), ask: asked.ask, popup: popupOf(back) })
      return sendPeoplePage(app, request, reply, view, { back })
    },
  )

  server.post(
    '/sign-in/code',
    { schema: { hide: true, body: Type.Object({ to, ask: token, code: token, email: typed }, form) } },
    async (request, reply) => {
      const forged = checkSameOrigin(app, request)
      if (forged) return reply.refuse(forged)
      const back = ownPath(request.body.to)
      const { ask, code, email } = request.body
      const tried =
        (await people.limits.take('code-network', networkOf(request.ip))) ??
        (await tryCode(app, people, { ask, code }))
      if (isProblem(tried) && (tried.problem === 'code-wrong' || tried.problem === 'rate-limited')) {
        const wording = wordingOf(app, request)
        const view = SentView({ wording, to: back, email, ask, code, popup: popupOf(back), problem: tried })
        return sendPeoplePage(app, request, reply, view, { back, problem: tried })
      }
      if (isProblem(tried)) return showAsk(app, people, request, reply, back, { email, problem: tried })
      const found = await peekProof(app, people, tried.token)
      if (isProblem(found)) return showAsk(app, people, request, reply, back, { email, problem: found })
      if (!found.person)
        return redirect(
          keepOpener(reply, back),
          `/sign-in/link?${new URLSearchParams({ token: tried.token, to: back })}`,
        )
      const opened = await openProof(app, people, tried.token, {
        name: null,
        ...(await browserOf(app, request)),
      })
      if (isProblem(opened)) return showAsk(app, people, request, reply, back, { email, problem: opened })
      return welcome(app, reply, opened, back)
    },
  )

  server.get(
    '/sign-in/link',
    { schema: { hide: true, querystring: Type.Object({ token, to }) } },
    async (request, reply) => {
      const { token, to } = request.query
      return showLink(app, people, request, reply, { token, to })
    },
  )

  server.post(
    '/sign-in/link',
    {
      schema: {
        hide: true,
        body: Type.Object({ token, to, name: Type.Optional(typed), claim: Type.Optional(token) }, form),
      },
    },
    async (request, reply) => {
      const forged = checkSameOrigin(app, request)
      if (forged) return reply.refuse(forged)
      const { token, to, name = '', claim } = request.body
      const offerId = claim !== undefined && isId(claim) ? claim : undefined
      const opened = await openProof(app, people, token, {
        name,
        offerId,
        ...(await browserOf(app, request)),
      })
      if (isProblem(opened))
        return showLink(app, people, request, reply, { token, to, name, problem: opened })
      return welcome(app, reply, opened, ownPath(to))
    },
  )

  server.get(
    '/sign-in/popup',
    { schema: { hide: true, querystring: Type.Object({ origin }) } },
    async (request, reply) => {
      const { origin } = request.query
      const wording = wordingOf(app, request)
      const back = `/sign-in/popup?${new URLSearchParams({ origin })}`
      if (!isRegistered(app, origin)) {
        const text = wording.say('sign-in-foreign-text', { origin, site: app.site.name })
        const view = NoteView({ title: wording.say('sign-in-foreign'), text })
        return sendPeoplePage(app, request, reply, view, { status: 403 })
      }
      // A guest can no longer write here: there is nothing to hand over.
      const isStuck = app.site.door.guests === 'off' && (await browserOf(app, request)).guestId !== null
      if (request.actor?.via !== 'cookie' || isStuck) return showAsk(app, people, request, reply, back)
      return sendPeoplePage(app, request, reply, DoneView({ wording, popup: origin }), { back })
    },
  )

  server.get(
    '/sign-in/invitation',
    { schema: { hide: true, querystring: Type.Object({ token }) } },
    async (request, reply) => {
      const { token } = request.query
      return showInvitation(app, request, reply, { token, invitation: await readInvitation(app, token) })
    },
  )

  server.post(
    '/sign-in/invitation',
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
          : await openInvitation(app, people, { token, name, email, ...(await browserOf(app, request)) })
      if (isProblem(outcome)) {
        const invitation = await readInvitation(app, token)
        return showInvitation(app, request, reply, { token, name, email, problem: outcome, invitation })
      }
      return outcome ? welcome(app, reply, outcome, '/') : redirect(reply, '/')
    },
  )

  // From a newsroom's page, by its reader's token: no cookie counts, and nothing changes.
  server.post(
    '/sign-in/visit',
    { schema: { hide: true, body: Type.Object({ token: newsroomToken, to }, form) } },
    async (request, reply) => {
      const { token, to } = request.body
      const back = ownPath(to)
      const asked = await askVisitor(app, people, token, request.headers.origin)
      if (isProblem(asked)) return showAsk(app, people, request, reply, back, { problem: asked })
      const { code, name } = asked
      if (code === null) return redirect(reply, back)
      const view = VisitView({ wording: wordingOf(app, request), site: app.site.name, name, code, to: back })
      return sendPeoplePage(app, request, reply, view, { back })
    },
  )

  server.post(
    '/sign-in/visit/go',
    { schema: { hide: true, body: Type.Object({ code: token, to }, form) } },
    async (request, reply) => {
      const forged = checkSameOrigin(app, request)
      if (forged) return reply.refuse(forged)
      const back = ownPath(request.body.to)
      const device = describeDevice(request.headers['user-agent'])
      const come = await welcomeVisitor(app, people, request.body.code, device)
      return isProblem(come)
        ? showAsk(app, people, request, reply, back, { problem: come })
        : welcome(app, reply, come, back)
    },
  )

  server.post('/sign-out', { schema: { hide: true } }, async (request, reply) => {
    const forged = checkSameOrigin(app, request)
    if (forged) return reply.refuse(forged)
    const session = sessionSecretOf(app, request)
    if (session !== undefined) await signOut(app, people, session)
    return redirect(reply.removeHeader('set-cookie').header('set-cookie', clearedCookies(app.origin)), '/')
  })
}

/** The API: how a newsroom's page comes to its token, and who one is here. */
export function sessionRoutes(server: Server, app: App, people: People): void {
  const exchangeSsoToken = makeSsoExchange(app, people)

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
        summary:
          'An access token for this page, good for 15 minutes: for a popup’s code, or for a newsroom’s own token (JWT)',
        body: Type.Union([Type.Object({ code: token }, form), Type.Object({ token: newsroomToken }, form)]),
      },
    },
    async (request, reply) => {
      const { body, ip, headers } = request
      const { origin } = headers
      if ('code' in body) return answer(reply, 200, await exchangeCode(app, people, body.code, origin))
      const device = describeDevice(headers['user-agent'])
      return answer(
        reply,
        200,
        await exchangeSsoToken(body.token, { origin, ip, device, wording: wordingOf(app, request) }),
      )
    },
  )

  server.post(
    '/api/session/neighbour',
    {
      schema: {
        summary:
          'An access token for a registered page of the same site (www.news.example, talk.news.example), by our own cookie',
      },
    },
    async (request, reply) => {
      const { origin, 'sec-fetch-site': site } = request.headers
      const from = { origin, site: typeof site === 'string' ? site : undefined }
      const made = await makeNeighbourToken(app, people, request.actor, from)
      // The one answer that a registered page may read although our cookie went with the question.
      if (origin !== undefined && isRegistered(app, origin))
        reply.header('access-control-allow-credentials', 'true')
      return answer(reply, 200, made)
    },
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
  people: People,
  request: FastifyRequest,
  reply: FastifyReply,
  given: { token: string; to?: string | undefined; name?: string; problem?: Problem },
): Promise<FastifyReply> {
  const { token } = given
  const wording = wordingOf(app, request)
  const back = ownPath(given.to)
  const found = await peekProof(app, people, token)
  if (isProblem(found)) return showAsk(app, people, request, reply, back, { problem: found })
  const { address, name: suggested } = found.proof
  const isNew = !found.person
  const problem = given.problem ?? (isNew ? refuseNewcomer(app, people, found.proof) : undefined)
  const [offer] =
    isNew && address !== null ? await listOffers(app.db, app.site.id, people.addresses.hash(address)) : []
  const name = given.name ?? suggested ?? offer?.name
  const view = LinkView({ wording, token, to: back, email: address, isNew, name, offer, problem })
  return sendPeoplePage(app, request, reply, view, { back, problem })
}

/** The page that asks how one would like to come in. */
async function showAsk(
  app: App,
  people: People,
  request: FastifyRequest,
  reply: FastifyReply,
  back: string,
  given: { email?: string; problem?: Problem | undefined } = {},
): Promise<FastifyReply> {
  const wording = wordingOf(app, request)
  const opened = people.trap.stamp(app.now())
  const view = AskView({
    wording,
    to: back,
    ways: await listWays(app, { wording, to: back }),
    opened,
    ...given,
  })
  return sendPeoplePage(app, request, reply, view, { back, problem: given.problem, scripts: wayScripts })
}

function showInvitation(
  app: App,
  request: FastifyRequest,
  reply: FastifyReply,
  given: {
    token: string
    name?: string
    email?: string
    problem?: Problem
    invitation: Invitation | Problem
  },
): FastifyReply {
  const { invitation } = given
  const wording = wordingOf(app, request)
  const { say } = wording
  const isSignedIn = request.actor?.via === 'cookie'
  const problem = given.problem ?? (isProblem(invitation) ? invitation : undefined)
  const view = isProblem(invitation)
    ? NoteView({ title: say('sign-in-expired'), text: say('sign-in-refused-invitation') })
    : InvitationView({ ...given, wording, site: app.site.name, isSignedIn, invitation, problem })
  return sendPeoplePage(app, request, reply, view, {
    problem,
    path: `/sign-in/invitation?token=${given.token}`,
  })
}
