import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../context.ts'
import { inTransaction } from '../database/connect.ts'
import { isId } from '../database/ids.ts'
import { redirect } from '../http/answer.ts'
import type { Server } from '../http/fastify.ts'
import { offeredLanguages, wordingOf } from '../http/wording.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import { findMe, readMe } from './actions.ts'
import { type Actor, needActor } from './actor.ts'
import { clearedCookies } from './cookies.ts'
import { MeView } from './me.view.tsx'
import { NewAddressView } from './me-address.view.tsx'
import { accountSections } from './me-sections.ts'
import type { RefusedForm, Standing } from './me-standing.ts'
import { writeLanguage, writeNotify } from './me-store.ts'
import { changeName } from './naming.ts'
import { askForAddress, peekAddress, takeAddress } from './new-address.ts'
import { notifySchema } from './notify.ts'
import { sendPeoplePage } from './page.ts'
import type { People } from './people.ts'
import type { Person } from './person.ts'
import { endSession, endSessionsOf } from './sessions.ts'
import { NoteView } from './sign-in.view.tsx'
import { removeCredential } from './ways-in.ts'

const form = { additionalProperties: false } as const
const typed = Type.String({ maxLength: 2_000 })
const token = Type.String({ maxLength: 200 })
const id = Type.String({ maxLength: 40 })
const changed = Type.Optional(Type.String({ maxLength: 20 }))

/** The owner of an account, on our own page: what stands there is nothing for a newsroom's page or a script to read or
 *  change. A guest has no account yet. */
export async function findOwner(
  app: App,
  request: FastifyRequest,
): Promise<{ actor: Actor; person: Person } | Problem> {
  const actor = needActor(app, request)
  if (isProblem(actor)) return actor
  if (actor.via !== 'cookie') return refuse('not-allowed', 'This is done on our own page, signed in there.')
  const person = await findMe(app, actor)
  if (isProblem(person)) return person
  if (person.claim !== 'claimed') return refuse('sign-in-needed', 'A guest has no account yet.')
  return { actor, person }
}

/** Somebody who is not signed in does that first; all other refusals are a page. */
export const refuseOwner = (reply: FastifyReply, problem: Problem, to = '/me/account'): FastifyReply =>
  problem.problem === 'sign-in-needed' ? redirect(reply, `/sign-in?to=${to}`) : reply.refuse(problem)

/** The account's page, also as the answer to one of its forms that was refused: for whoever adds a form to it. */
export async function sendAccount(
  app: App,
  people: People,
  request: FastifyRequest,
  reply: FastifyReply,
  state: { changed?: string | undefined; refused?: RefusedForm } = {},
): Promise<FastifyReply> {
  const owner = await findOwner(app, request)
  if (isProblem(owner)) return refuseOwner(reply, owner)
  const me = await readMe(app, owner.actor)
  if (isProblem(me)) return refuseOwner(reply, me)
  const wording = wordingOf(app, request)
  const standing: Standing = { app, people, wording, refused: state.refused, ...owner }
  const children = await Promise.all(accountSections.map((section) => section(standing)))
  const view = MeView({ wording, me, here: '/me/account', changed: state.changed, children })
  return sendPeoplePage(app, request, reply, view, {
    back: '/me/account',
    path: '/me/account',
    problem: state.refused?.problem,
    scripts: ['passkey.js'],
    title: wording.say('me'),
  })
}

/** What one changes on one's own page. */
export function meRoutes(server: Server, app: App, people: People): void {
  const done = (reply: FastifyReply, request: FastifyRequest, what: string, page = '/me/account') =>
    redirect(reply, `${page}?changed=${what}&lang=${wordingOf(app, request).language}`)

  server.get(
    '/me/account',
    {
      schema: { hide: true, querystring: Type.Object({ changed, lang: Type.Optional(Type.String()) }) },
    },
    (request, reply) => sendAccount(app, people, request, reply, { changed: request.query.changed }),
  )

  server.post(
    '/me/name',
    { schema: { hide: true, body: Type.Object({ name: typed }, form) } },
    async (request, reply) => {
      const owner = await findOwner(app, request)
      if (isProblem(owner)) return refuseOwner(reply, owner)
      const { name } = request.body
      const problem = await changeName(app, people, owner.actor, name)
      if (!problem) return done(reply, request, 'name')
      return sendAccount(app, people, request, reply, { refused: { form: 'name', typed: name, problem } })
    },
  )

  server.post(
    '/me/language',
    { schema: { hide: true, body: Type.Object({ language: Type.String({ maxLength: 20 }) }, form) } },
    async (request, reply) => {
      const owner = await findOwner(app, request)
      if (isProblem(owner)) return refuseOwner(reply, owner)
      const { language } = request.body
      if (language !== '' && !offeredLanguages(app.site).includes(language))
        return reply.refuse(refuse('body-invalid', 'Not a language of this site.', { at: '/language' }))
      await writeLanguage(app.db, owner.person.id, language === '' ? null : language)
      return done(reply, request, 'saved')
    },
  )

  server.post('/me/notify', { schema: { hide: true, body: notifySchema } }, async (request, reply) => {
    const owner = await findOwner(app, request)
    if (isProblem(owner)) return refuseOwner(reply, owner, '/me/reading')
    await writeNotify(app.db, owner.person.id, request.body)
    return done(reply, request, 'saved', '/me/reading')
  })

  server.post(
    '/me/ways/remove',
    { schema: { hide: true, body: Type.Object({ way: id }, form) } },
    async (request, reply) => {
      const owner = await findOwner(app, request)
      if (isProblem(owner)) return refuseOwner(reply, owner)
      const problem = await removeCredential(app, owner, request.body.way)
      if (problem && problem.problem !== 'not-found')
        return sendAccount(app, people, request, reply, { refused: { form: 'ways', typed: '', problem } })
      return problem ? reply.refuse(problem) : done(reply, request, 'way')
    },
  )

  addressRoutes(server, app, people, done)
  endingRoutes(server, app, people, done)
}

type Done = (reply: FastifyReply, request: FastifyRequest, what: string) => FastifyReply

function addressRoutes(server: Server, app: App, people: People, done: Done): void {
  const showLink = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { token, refused }: { token: string; refused?: Problem },
  ) => {
    const wording = wordingOf(app, request)
    const path = `/me/address?${new URLSearchParams({ token })}`
    const owner = await findOwner(app, request)
    if (isProblem(owner) && owner.problem === 'sign-in-needed') {
      const text = wording.say('me-address-confirm-sign-in')
      const view = NoteView({ title: wording.say('me-address-confirm'), text })
      return sendPeoplePage(app, request, reply, view, { path, status: 401 })
    }
    if (isProblem(owner)) return reply.refuse(owner)
    const wish = await peekAddress(app, people, owner.actor, token)
    const problem = refused ?? (isProblem(wish) ? wish : undefined)
    const address = isProblem(wish) ? null : wish.address
    const view = NewAddressView({ wording, token, address, problem })
    return sendPeoplePage(app, request, reply, view, {
      path,
      problem,
      title: wording.say('me-address-confirm'),
    })
  }

  server.post(
    '/me/address',
    { schema: { hide: true, body: Type.Object({ email: typed }, form) } },
    async (request, reply) => {
      const owner = await findOwner(app, request)
      if (isProblem(owner)) return refuseOwner(reply, owner)
      const { email } = request.body
      const wish = { typed: email, ip: request.ip, wording: wordingOf(app, request) }
      const problem = await askForAddress(app, people, owner, wish)
      if (!problem) return done(reply, request, 'sent')
      return sendAccount(app, people, request, reply, { refused: { form: 'address', typed: email, problem } })
    },
  )

  server.get(
    '/me/address',
    { schema: { hide: true, querystring: Type.Object({ token: Type.Optional(token) }) } },
    (request, reply) => showLink(request, reply, { token: request.query.token ?? '' }),
  )

  server.post(
    '/me/address/confirm',
    { schema: { hide: true, body: Type.Object({ token }, form) } },
    async (request, reply) => {
      const { token } = request.body
      const owner = await findOwner(app, request)
      if (isProblem(owner)) return refuseOwner(reply, owner)
      const problem = await takeAddress(app, people, owner.actor, { token, wording: wordingOf(app, request) })
      return problem ? showLink(request, reply, { token, refused: problem }) : done(reply, request, 'address')
    },
  )
}

function endingRoutes(server: Server, app: App, people: People, done: Done): void {
  const leave = (reply: FastifyReply) =>
    redirect(reply.removeHeader('set-cookie').header('set-cookie', clearedCookies(app.origin)), '/')

  server.post(
    '/me/sessions/end',
    { schema: { hide: true, body: Type.Object({ session: id }, form) } },
    async (request, reply) => {
      const owner = await findOwner(app, request)
      if (isProblem(owner)) return refuseOwner(reply, owner)
      const { session } = request.body
      const ended = isId(session) && (await endSession(app, people, session, owner.person.id))
      if (!ended) return reply.refuse(refuse('not-found', 'You have no such session (any more).'))
      return session === owner.actor.sessionId ? leave(reply) : done(reply, request, 'session')
    },
  )

  const endAll = async (owner: { person: Person }, except: string | null) => {
    const ended = await inTransaction(app.db, (tx) => endSessionsOf(tx, owner.person.id, except))
    if (!isProblem(ended)) people.ended.add(ended)
  }

  server.post('/me/sessions/others', { schema: { hide: true } }, async (request, reply) => {
    const owner = await findOwner(app, request)
    if (isProblem(owner)) return refuseOwner(reply, owner)
    await endAll(owner, owner.actor.sessionId)
    return done(reply, request, 'session')
  })

  server.post('/me/sessions/all', { schema: { hide: true } }, async (request, reply) => {
    const owner = await findOwner(app, request)
    if (isProblem(owner)) return refuseOwner(reply, owner)
    await endAll(owner, null)
    return leave(reply)
  })
}
