import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../context.ts'
import { answer, ownPath, redirect, sendProblem } from '../http/answer.ts'
import type { Server } from '../http/fastify.ts'
import { networkOf } from '../http/limits.ts'
import { checkSameOrigin } from '../http/origins.ts'
import { wordingOf } from '../http/wording.ts'
import { isProblem, type Problem, problems } from '../problem.ts'
import { lacksPasskey } from './actor.ts'
import { describeDevice } from './device.ts'
import { findOwner, refuseOwner, sendAccount } from './me-routes.ts'
import { newSecret } from './one-time.ts'
import { browserOf, sendPeoplePage, welcome } from './page.ts'
import {
  beginMaking,
  beginUse,
  callPasskey,
  listOwnPasskeys,
  makePasskey,
  type Owner,
  readMaking,
  removePasskey,
  usePasskey,
} from './passkey.ts'
import { ConfirmView, PasskeyRefusedView } from './passkey.view.tsx'
import type { People } from './people.ts'
import { flowCookie, readFlowCookie } from './provider-flow.ts'

const to = Type.Optional(Type.String({ maxLength: 2_000 }))
const id = Type.String({ maxLength: 40 })
const form = { additionalProperties: false } as const
/** What the browser answered, as JSON. */
const response = Type.String({ maxLength: 20_000 })

/** Coming in with a passkey, confirming with one, making, naming and removing them. */
export function passkeyRoutes(server: Server, app: App, people: People): void {
  /** Forms of our own pages, and not too many. */
  const admit = async (request: FastifyRequest): Promise<Problem | undefined> =>
    checkSameOrigin(app, request) ?? people.limits.take('sign-in-network', networkOf(request.ip))

  server.get(
    '/sign-in/passkey',
    { schema: { hide: true, querystring: Type.Object({ to, lang: Type.Optional(Type.String()) }) } },
    async (request, reply) => {
      const back = ownPath(request.query.to)
      const owner = await findOwner(app, request)
      if (isProblem(owner)) return refuseOwner(reply, owner, encodeURIComponent(back))
      return owner.actor.isStrong ? redirect(reply, back) : showConfirm(app, request, reply, { owner, back })
    },
  )

  server.post(
    '/sign-in/passkey/begin',
    {
      schema: {
        hide: true,
        body: Type.Object(
          { for: Type.Union([Type.Literal('sign-in'), Type.Literal('confirm'), Type.Literal('make')]) },
          form,
        ),
      },
    },
    async (request, reply) => {
      const refused = await admit(request)
      if (refused) return sendProblem(reply, refused)
      const purpose = request.body.for
      const owner = purpose === 'sign-in' ? undefined : await findOwner(app, request)
      if (isProblem(owner)) return sendProblem(reply, owner)
      const browser = readFlowCookie(request.headers.cookie, app.origin) ?? newSecret()
      const options =
        owner && purpose === 'make'
          ? await beginMaking(app, { browser, owner })
          : await beginUse(app, { browser, owner })
      return answer(reply.header('set-cookie', flowCookie(app.origin, browser)), 200, options)
    },
  )

  server.post(
    '/sign-in/passkey',
    { schema: { hide: true, body: Type.Object({ to, response }, form) } },
    async (request, reply) => {
      const refused = await admit(request)
      if (refused) return reply.refuse(refused)
      const back = ownPath(request.body.to)
      const signedIn = await usePasskey(app, people, {
        response: request.body.response,
        browser: readFlowCookie(request.headers.cookie, app.origin),
        actor: request.actor,
        ...(await browserOf(app, request)),
      })
      if (!isProblem(signedIn)) return welcome(app, reply, signedIn, back)
      const owner = await findOwner(app, request)
      if (!isProblem(owner)) return showConfirm(app, request, reply, { owner, back, problem: signedIn })
      const view = PasskeyRefusedView({ wording: wordingOf(app, request), to: back, problem: signedIn })
      return sendPeoplePage(app, request, reply, view, { back, problem: signedIn, scripts: ['passkey.js'] })
    },
  )

  server.post(
    '/me/passkeys',
    { schema: { hide: true, body: Type.Object({ to, response }, form) } },
    async (request, reply) => {
      const owner = await findOwner(app, request)
      if (isProblem(owner)) return refuseOwner(reply, owner)
      const limited = await people.limits.take('change', owner.person.id)
      if (limited) return reply.refuse(limited)
      const signedIn = await makePasskey(app, people, {
        owner,
        response: request.body.response,
        browser: readFlowCookie(request.headers.cookie, app.origin),
        device: describeDevice(request.headers['user-agent']),
        name: wordingOf(app, request).say('passkey-unnamed'),
      })
      if (!isProblem(signedIn))
        return welcome(app, reply, signedIn, ownPath(request.body.to ?? '/me/account'))
      return sendAccount(app, people, request, reply, {
        refused: { form: 'passkeys', typed: '', problem: signedIn },
      })
    },
  )

  const changed = (request: FastifyRequest, reply: FastifyReply, what: string) =>
    redirect(reply, `/me/account?changed=${what}&lang=${wordingOf(app, request).language}`)

  server.post(
    '/me/passkeys/rename',
    {
      schema: {
        hide: true,
        body: Type.Object({ passkey: id, name: Type.String({ maxLength: 2_000 }) }, form),
      },
    },
    async (request, reply) => {
      const owner = await findOwner(app, request)
      if (isProblem(owner)) return refuseOwner(reply, owner)
      const { passkey, name } = request.body
      const problem = await callPasskey(app, owner.person, passkey, name)
      if (!problem) return changed(request, reply, 'saved')
      if (problem.problem === 'not-found') return reply.refuse(problem)
      return sendAccount(app, people, request, reply, {
        refused: { form: `passkey ${passkey}`, typed: name, problem },
      })
    },
  )

  server.post(
    '/me/passkeys/remove',
    { schema: { hide: true, body: Type.Object({ passkey: id }, form) } },
    async (request, reply) => {
      const owner = await findOwner(app, request)
      if (isProblem(owner)) return refuseOwner(reply, owner)
      const problem = await removePasskey(app, owner, request.body.passkey)
      if (!problem) return changed(request, reply, 'passkey-gone')
      if (problem.problem === 'not-found') return reply.refuse(problem)
      return sendAccount(app, people, request, reply, { refused: { form: 'passkeys', typed: '', problem } })
    },
  )
}

/** The page that asks someone who is signed in for their passkey. */
async function showConfirm(
  app: App,
  request: FastifyRequest,
  reply: FastifyReply,
  { owner, back, problem }: { owner: Owner; back: string; problem?: Problem },
): Promise<FastifyReply> {
  const wording = wordingOf(app, request)
  const passkeys = await listOwnPasskeys(app, owner.person)
  const isStaff = lacksPasskey(app, owner.actor, owner.person)
  const view = ConfirmView({
    wording,
    site: app.site.name,
    origin: app.origin,
    to: back,
    isStaff,
    has: passkeys.length > 0,
    making: await readMaking(app, owner, passkeys),
    problem,
  })
  return sendPeoplePage(app, request, reply, view, {
    back,
    path: `/sign-in/passkey?${new URLSearchParams({ to: back })}`,
    title: wording.say('passkey-confirm'),
    scripts: ['passkey.js'],
    status: problem ? problems[problem.problem].status : 200,
  })
}
