import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../../context.ts'
import { ownPath, redirect, sendPersonal } from '../../http/answer.ts'
import type { Server } from '../../http/fastify.ts'
import { renderPage } from '../../http/layout.view.tsx'
import type { Limits } from '../../http/limits.ts'
import { wordingOf } from '../../http/wording.ts'
import { findMe } from '../../people/actions.ts'
import { needActor } from '../../people/actor.ts'
import { deleteFollow, insertFollow, isFollowing } from '../../people/follow-store.ts'
import { isProblem, refuse } from '../../problem.ts'
import { readReference, readWholeStory, resolveStory } from '../../stories/actions.ts'
import { sendProblemPage } from '../problem/problem-page.ts'
import { FollowView } from './follow.view.tsx'

const params = Type.Object({ story: Type.String({ maxLength: 300 }) })
const body = Type.Object({ to: Type.String({ maxLength: 2_000 }) }, { additionalProperties: false })

type FollowRequest = FastifyRequest<{ Params: { story: string } }>
type FormRequest = FastifyRequest<{ Params: { story: string }; Body: { to?: string } | null }>

/** A story's page is everyone's, so its button says only "Follow": what became of it, and the way back, stand on a page
 *  that is the reader's alone. */
export function followPages(server: Server, app: App, limits: Limits): void {
  const find = async (request: FollowRequest) => {
    const story = await resolveStory(app, readReference(request.params.story))
    if (isProblem(story)) return story
    const actor = needActor(app, request)
    if (isProblem(actor)) return actor
    const me = await findMe(app, actor)
    return isProblem(me) ? me : { storyId: story.id, personId: me.id }
  }

  const signIn = (reply: FastifyReply, request: FollowRequest) => {
    const to = `/s/${encodeURIComponent(request.params.story)}/follow`
    return redirect(reply, `/sign-in?${new URLSearchParams({ to })}`)
  }

  server.get('/s/:story/follow', { schema: { hide: true, params } }, async (request, reply) => {
    const found = await find(request)
    if (isProblem(found) && found.problem === 'sign-in-needed') return signIn(reply, request)
    if (isProblem(found)) return sendProblemPage(app, request, reply, found)
    const story = await readWholeStory(app, found.storyId)
    if (!story)
      return sendProblemPage(app, request, reply, refuse('story-unknown', `No story ${found.storyId}.`))
    const wording = wordingOf(app, request)
    const follows = await isFollowing(app.db, found.personId, story.id)
    const title = wording.say('follow-heading')
    const path = `/s/${story.id}/follow`
    return sendPersonal(
      reply,
      200,
      renderPage(
        { wording, site: app.site, title, path, noIndex: true },
        FollowView({ wording, story, follows }),
      ),
    )
  })

  const onForm =
    (write: (personId: string, storyId: string) => Promise<void>) =>
    async (request: FormRequest, reply: FastifyReply) => {
      const found = await find(request)
      if (isProblem(found) && found.problem === 'sign-in-needed') return signIn(reply, request)
      if (isProblem(found)) return sendProblemPage(app, request, reply, found)
      const limited = await limits.take('change', found.personId)
      if (limited) return sendProblemPage(app, request, reply, limited)
      await write(found.personId, found.storyId)
      return redirect(
        reply,
        request.body?.to === undefined ? `/s/${found.storyId}/follow` : ownPath(request.body.to),
      )
    }
  server.post(
    '/s/:story/follow',
    { schema: { hide: true, params } },
    onForm((personId, storyId) => insertFollow(app.db, personId, storyId, app.now())),
  )
  server.post(
    '/s/:story/unfollow',
    { schema: { hide: true, params, body } },
    onForm((personId, storyId) => deleteFollow(app.db, personId, storyId)),
  )
}
