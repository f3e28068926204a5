/** What people can do with what is kept about them: have it, have it erased, and have what is theirs. These pages are for
 *  who is signed in on our own pages: a newsroom's page with a token may not ask for them. */
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../../context.ts'
import { isId } from '../../database/ids.ts'
import { redirect } from '../../http/answer.ts'
import type { Server } from '../../http/fastify.ts'
import { checkSameOrigin } from '../../http/origins.ts'
import { wordingOf } from '../../http/wording.ts'
import { findMe } from '../../people/actions.ts'
import { type Actor, actorOf } from '../../people/actor.ts'
import { claimOffer, readOffers } from '../../people/claim.ts'
import { clearedCookies } from '../../people/cookies.ts'
import { countEntries, openDownload, writeJson } from '../../people/download.ts'
import { writeHtml } from '../../people/download.view.tsx'
import { type Erasure, erasePerson, erasures } from '../../people/erase.ts'
import { keepErased, readErased } from '../../people/erased.ts'
import { isFresh } from '../../people/fresh.ts'
import { countHoldings } from '../../people/holdings-store.ts'
import { sendPeoplePage } from '../../people/page.ts'
import type { People } from '../../people/people.ts'
import type { Person } from '../../people/person.ts'
import { siteKeys } from '../../people/sso-keys.ts'
import { isProblem, type Problem, refuse } from '../../problem.ts'
import { ClaimView } from './claim.view.tsx'
import { DownloadView } from './download.view.tsx'
import { ErasedView, EraseView } from './erase.view.tsx'

const form = { additionalProperties: false } as const
const lang = Type.Optional(Type.String())

export function rightsPages(server: Server, app: App, people: People): void {
  downloadPages(server, app, people)
  erasePages(server, app, people)
  claimPages(server, app)
}

/** Whose pages these are in this request. */
async function ownerOf(
  app: App,
  request: FastifyRequest,
): Promise<{ actor: Actor; person: Person } | undefined> {
  const actor = actorOf(request)
  if (!actor || actor.via === 'bearer') return undefined
  const person = await findMe(app, actor)
  return isProblem(person) ? undefined : { actor, person }
}

const toSignIn = (reply: FastifyReply, path: string): FastifyReply =>
  redirect(reply, `/sign-in?${new URLSearchParams({ to: path })}`)

/* Download */

const files = {
  'me.json': { type: 'application/json; charset=utf-8' },
  'me.html': { type: 'text/html; charset=utf-8' },
} as const

function downloadPages(server: Server, app: App, people: People): void {
  server.get('/me/download', { schema: { hide: true } }, async (request, reply) => {
    const owner = await ownerOf(app, request)
    if (!owner) return toSignIn(reply, '/me/download')
    const wording = wordingOf(app, request)
    const holdings = await countHoldings(app.db, owner.person.id, app.now())
    const entries = countEntries(holdings)
    const view = DownloadView({ wording, site: app.site.name, holdings, entries })
    const title = wording.say('download-title')
    return sendPeoplePage(app, request, reply, view, { title, scripts: ['download.js'] })
  })

  for (const [name, { type }] of Object.entries(files))
    server.get(
      `/me/download/${name}`,
      { schema: { hide: true, querystring: Type.Object({ lang }) }, exposeHeadRoute: false },
      async (request, reply) => {
        const owner = await ownerOf(app, request)
        if (!owner) return toSignIn(reply, '/me/download')
        const busy = await people.limits.take('download', owner.person.id)
        if (busy) return reply.refuse(busy)
        const download = await openDownload(app, people.addresses, owner.person.id)
        if (!download) return toSignIn(reply, '/me/download')
        const parts = name === 'me.json' ? writeJson(download) : writeHtml(download, wordingOf(app, request))
        // Read as fast as it is taken, and no further once nobody takes it.
        const stream = Readable.from(parts, { objectMode: false })
        stream.once('close', () => {
          if (!stream.readableEnded) app.log.debug('a download was broken off')
        })
        return reply
          .headers({
            'cache-control': 'private, no-store',
            'content-disposition': `attachment; filename="${name}"`,
          })
          .type(type)
          .send(stream)
      },
    )
}

/* Erase */

const kind = Type.Unsafe<Erasure>({ type: 'string', pattern: `^(${erasures.join('|')})$` })

function erasePages(server: Server, app: App, people: People): void {
  const isTold = async () => (await siteKeys(app, people.addresses)).length > 0
  const showErase = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { actor, person }: { actor: Actor; person: Person },
    typed: { kind: Erasure; name: string; problem?: Problem } = { kind: 'anonymise', name: '' },
  ) => {
    const wording = wordingOf(app, request)
    const holdings = await countHoldings(app.db, person.id, app.now())
    const fresh = await isFresh(app, actor, person)
    const told = await isTold()
    const view = EraseView({ wording, site: app.site.name, name: person.name, holdings, fresh, typed, told })
    const title = wording.say('erase-title')
    return sendPeoplePage(app, request, reply, view, { title, path: '/me/erase', problem: typed.problem })
  }

  server.get('/me/erase', { schema: { hide: true } }, async (request, reply) => {
    const owner = await ownerOf(app, request)
    return owner ? showErase(request, reply, owner) : toSignIn(reply, '/me/erase')
  })

  server.post(
    '/me/erase',
    { schema: { hide: true, body: Type.Object({ kind, name: Type.String({ maxLength: 2_000 }) }, form) } },
    async (request, reply) => {
      const forged = checkSameOrigin(app, request)
      if (forged) return reply.refuse(forged)
      const owner = await ownerOf(app, request)
      if (!owner) return toSignIn(reply, '/me/erase')
      const { kind, name } = request.body
      const busy = await people.limits.take('change', owner.person.id)
      if (busy) return reply.refuse(busy)
      const again = (problem: Problem) => showErase(request, reply, owner, { kind, name, problem })
      if (!(await isFresh(app, owner.actor, owner.person)))
        return again(refuse('sign-in-needed', 'Sign in again first: this session is too old for it.'))
      if (name.normalize('NFC').trim() !== owner.person.name)
        return again(refuse('name-invalid', 'This is not your name.', { at: '/name' }))
      const report = await erasePerson(app, owner.person.id, kind)
      if (isProblem(report)) return again(report)
      people.ended.add(report.sessions)
      const { language } = wordingOf(app, request)
      const query = new URLSearchParams({ done: await keepErased(app, report), lang: language })
      return redirect(
        reply.removeHeader('set-cookie').header('set-cookie', clearedCookies(app.origin)),
        `/me/erased?${query}`,
      )
    },
  )

  server.get(
    '/me/erased',
    { schema: { hide: true, querystring: Type.Object({ done: Type.String({ maxLength: 200 }), lang }) } },
    async (request, reply) => {
      const { done } = request.query
      const erased = await readErased(app, done)
      if (!erased) return reply.refuse(refuse('not-found', 'This page was there for an hour.'))
      const wording = wordingOf(app, request)
      const view = ErasedView({ wording, erased, told: await isTold() })
      const path = `/me/erased?${new URLSearchParams({ done })}`
      return sendPeoplePage(app, request, reply, view, { title: wording.say('erased-title'), path })
    },
  )
}

/* Claim */

function claimPages(server: Server, app: App): void {
  const showClaims = async (
    request: FastifyRequest,
    reply: FastifyReply,
    person: Person,
    told: { claimed?: number; problem?: Problem } = {},
  ) => {
    const wording = wordingOf(app, request)
    const offers = await readOffers(app, person.id)
    const view = ClaimView({ wording, name: person.name, offers, ...told })
    const title = wording.say('claim-title')
    return sendPeoplePage(app, request, reply, view, { title, path: '/me/claim', problem: told.problem })
  }

  server.get(
    '/me/claim',
    {
      schema: {
        hide: true,
        querystring: Type.Object({ claimed: Type.Optional(Type.Integer({ minimum: 0 })), lang }),
      },
    },
    async (request, reply) => {
      const owner = await ownerOf(app, request)
      if (!owner) return toSignIn(reply, '/me/claim')
      const { claimed } = request.query
      return showClaims(request, reply, owner.person, claimed === undefined ? {} : { claimed })
    },
  )

  server.post(
    '/me/claim',
    { schema: { hide: true, body: Type.Object({ person: Type.String({ maxLength: 40 }) }, form) } },
    async (request, reply) => {
      const forged = checkSameOrigin(app, request)
      if (forged) return reply.refuse(forged)
      const owner = await ownerOf(app, request)
      if (!owner) return toSignIn(reply, '/me/claim')
      const { person: offerId } = request.body
      const claimed = isId(offerId)
        ? await claimOffer(app, owner.person.id, offerId)
        : refuse('person-unknown', 'There is nobody by this id.')
      if (isProblem(claimed)) return showClaims(request, reply, owner.person, { problem: claimed })
      const { language } = wordingOf(app, request)
      return redirect(reply, `/me/claim?claimed=${claimed.comments}&lang=${language}`)
    },
  )
}
