import type { FastifyRequest } from 'fastify'
import type { VNode } from 'preact'
import { type Static, Type } from 'typebox'
import type { App } from '../../context.ts'
import { isId } from '../../database/ids.ts'
import { listOwn, listRespected } from '../../discussion/mine-store.ts'
import { redirect, sendPersonal } from '../../http/answer.ts'
import type { AssetName } from '../../http/assets.ts'
import type { Server } from '../../http/fastify.ts'
import { renderPage } from '../../http/layout.view.tsx'
import { wordingOf } from '../../http/wording.ts'
import type { Wording } from '../../language/messages.ts'
import { readLastDecisions } from '../../moderation/store.ts'
import { findMe, type Me, readMe } from '../../people/actions.ts'
import { type Actor, actorOf } from '../../people/actor.ts'
import { can } from '../../people/can.ts'
import { readOffers } from '../../people/claim.ts'
import { listFollowed } from '../../people/follow-store.ts'
import { type MePath, MeView } from '../../people/me.view.tsx'
import { restrictionSections } from '../../people/me-sections.ts'
import type { Standing } from '../../people/me-standing.ts'
import { readPreferences } from '../../people/me-store.ts'
import { listMuted } from '../../people/mute-store.ts'
import { usualNotify } from '../../people/notify.ts'
import type { People } from '../../people/people.ts'
import { isProblem } from '../../problem.ts'
import { ClaimNotice } from '../rights/claim.view.tsx'
import { Drafts, OwnComments, RespectedComments } from './me.view.tsx'
import { FollowedStories, MutedPeople, NotifyForm } from './reading.view.tsx'

const COMMENTS = 30
const RESPECTED = 100
const FOLLOWED = 500

const querystring = Type.Object({
  after: Type.Optional(Type.String({ maxLength: 40 })),
  changed: Type.Optional(Type.String({ maxLength: 20 })),
  lang: Type.Optional(Type.String()),
})
type MeRequest = FastifyRequest<{ Querystring: Static<typeof querystring> }>

/** What is mine: /me is what I wrote, /me/reading what I read and rather do not. The account, /me/account, is the people
 *  room's own. */
export function mePages(server: Server, app: App, people: People): void {
  const serveMine = (
    path: MePath,
    scripts: AssetName[],
    show: (mine: { request: MeRequest; wording: Wording; me: Me; actor: Actor }) => Promise<(VNode | null)[]>,
  ) =>
    server.get(path, { schema: { hide: true, querystring } }, async (request, reply) => {
      const actor = actorOf(request)
      const me = actor && (await readMe(app, actor))
      if (!me || isProblem(me)) return redirect(reply, `/sign-in?to=${path}`)
      const wording = wordingOf(app, request)
      const children = await show({ request, wording, me, actor })
      const { changed } = request.query
      const page = MeView({ wording, me, here: path, changed, children })
      const title = wording.say('me')
      return sendPersonal(
        reply,
        200,
        renderPage({ wording, site: app.site, title, path, noIndex: true, scripts }, page),
      )
    })

  serveMine('/me', ['me.js'], async ({ request, wording, me, actor }) => {
    const { after } = request.query
    const before = after && isId(after) ? after : undefined
    const found = await listOwn(app.db, me.id, before, COMMENTS + 1)
    const comments = found.slice(0, COMMENTS)
    const decisions = await readLastDecisions(
      app.db,
      comments.map((comment) => comment.id),
    )
    const respected = before ? [] : await listRespected(app.db, me.id, RESPECTED)
    return [
      ...(before ? [] : await showRestrictions({ app, people, wording, actor })),
      before ? null : ClaimNotice({ wording, offers: await readOffers(app, me.id) }),
      OwnComments({
        wording,
        comments,
        decisions,
        next: found.length > COMMENTS ? comments.at(-1)!.id : null,
        isDesk: can(me.role, 'comment.decide'),
      }),
      before ? null : Drafts({ wording }),
      RespectedComments({ wording, comments: respected }),
    ]
  })

  serveMine('/me/reading', [], async ({ wording, me }) => {
    const [stories, muted, kept] = await Promise.all([
      listFollowed(app.db, me.id, FOLLOWED),
      listMuted(app.db, me.id),
      readPreferences(app.db, me.id),
    ])
    return [
      FollowedStories({ wording, stories }),
      MutedPeople({ wording, people: muted }),
      me.claimed ? NotifyForm({ wording, notify: kept?.notify ?? usualNotify }) : null,
    ]
  })
}

async function showRestrictions(
  mine: Pick<Standing, 'app' | 'people' | 'wording' | 'actor'>,
): Promise<(VNode | null)[]> {
  const person = await findMe(mine.app, mine.actor)
  if (isProblem(person)) return []
  return Promise.all(restrictionSections.map((section) => section({ ...mine, person, refused: undefined })))
}
