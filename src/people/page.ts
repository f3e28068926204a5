/** What the pages of this room share: how they are sent, the way back, the cookies of signing in. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { VNode } from 'preact'
import type { App } from '../context.ts'
import { redirect, sendPersonal } from '../http/answer.ts'
import type { AssetName } from '../http/assets.ts'
import { renderPage, type Shell } from '../http/layout.view.tsx'
import { wordingOf } from '../http/wording.ts'
import { type Problem, problems } from '../problem.ts'
import { accessCookie, readCookies, sessionCookie } from './cookies.ts'
import { describeDevice } from './device.ts'
import type { SignedIn } from './signed-in.ts'
import { readPerson } from './store.ts'

/** A page of this room. It tells no other site its address, which may hold a link's token.
 *  @param page.back where the reader was: the way through a newsroom's popup is kept by it
 *  @param page.path of the page when it is asked for again (a language is changed); by default, for a form's answer, the
 *  sign-in page */
export function sendPeoplePage(
  app: App,
  request: FastifyRequest,
  reply: FastifyReply,
  view: VNode,
  page: {
    back?: string
    path?: string
    problem?: Problem | undefined
    status?: number
    title?: string
    scripts?: AssetName[]
  } = {},
): FastifyReply {
  const { back = '/', problem } = page
  const wording = wordingOf(app, request)
  if (problem?.retryAfter !== undefined) reply.header('retry-after', String(problem.retryAfter))
  keepOpener(reply, back).header('referrer-policy', 'same-origin')
  const asked =
    request.method === 'POST' ? `/sign-in?${new URLSearchParams({ to: back })}` : withoutLanguage(request.url)
  const scripts: AssetName[] = [...(page.scripts ?? [])]
  if (popupOf(back) !== undefined) scripts.push('popup.js')
  const shell: Shell = {
    wording,
    site: app.site,
    title: page.title ?? wording.say('sign-in'),
    path: page.path ?? asked,
    noIndex: true,
    scripts,
  }
  const status = page.status ?? (problem ? problems[problem.problem].status : 200)
  return sendPersonal(reply, status, renderPage(shell, view))
}

/** Signed in: the two cookies, in the place of what `recognise` may have set for the session before, and back. */
export const welcome = (app: App, reply: FastifyReply, signedIn: SignedIn, back: string): FastifyReply =>
  redirect(
    keepOpener(reply, back)
      .removeHeader('set-cookie')
      .header('set-cookie', [
        accessCookie(app.origin, signedIn.access),
        sessionCookie(app.origin, signedIn.session, signedIn.seconds),
      ]),
    back,
  )

/** What a way in needs to know of the browser: what to call it, and the guest that writes on it, if one does. */
export async function browserOf(
  app: App,
  request: FastifyRequest,
): Promise<{ device: string | null; guestId: string | null }> {
  const { actor } = request
  const person = actor?.via === 'cookie' ? await readPerson(app.db, actor.personId) : undefined
  return {
    device: describeDevice(request.headers['user-agent']),
    guestId: person?.claim === 'guest' && person.siteId === app.site.id ? person.id : null,
  }
}

export const sessionSecretOf = (app: App, request: FastifyRequest): string | undefined =>
  readCookies(request.headers.cookie ?? '', app.origin).session

/** The newsroom's page that a path leads back to by way of the popup. */
export function popupOf(path: string): string | undefined {
  const [place, query] = path.split('?', 2)
  return place === '/sign-in/popup' ? (new URLSearchParams(query).get('origin') ?? undefined) : undefined
}

/** On the way through a newsroom's popup the window stays tied to the one that opened it, which a page with another
 *  COOP, or a redirect with one, would cut (HTML Standard, "Cross-origin opener policies"). */
export const keepOpener = (reply: FastifyReply, back: string): FastifyReply =>
  popupOf(back) === undefined ? reply : reply.header('cross-origin-opener-policy', 'unsafe-none')

function withoutLanguage(address: string): string {
  const [path = '/', parameters] = address.split('?')
  const query = new URLSearchParams(parameters)
  query.delete('lang')
  return query.size === 0 ? path : `${path}?${query}`
}
