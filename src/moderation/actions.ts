import type { App } from '../context.ts'
import { keepAnswers, type RequestKey, readAnswers } from '../database/idempotency-store.ts'
import { newId } from '../database/ids.ts'
import type { DecisionAction } from '../database/tables.ts'
import { leavesTrace, moveComment } from '../discussion/actions.ts'
import { writeOnce } from '../discussion/once.ts'
import { lockFull } from '../discussion/store.ts'
import { appendEvents } from '../live/store.ts'
import { type Actor, roleOf } from '../people/actor.ts'
import { can } from '../people/can.ts'
import { readPerson } from '../people/store.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import { readNote } from '../stories/line.ts'
import { lockStories } from '../stories/store.ts'
import { decide, isRestriction } from './decision.ts'
import { insertDecision, settleReports } from './store.ts'

export type DecisionAnswer = {
  id: string
  story: string
  comment: string
  action: DecisionAction
  reason: string | null
  note: string | null
  status: string
  decided: string
}

/** A moderator's decision on a comment: the comment moves, the log grows, open reports are settled, pages are told. */
export async function takeDecision(
  app: App,
  target: { storyId: string; commentId: string; actor: Actor; request: RequestKey | undefined },
  decision: { action: DecisionAction; reason: string | null; note: string | null },
): Promise<DecisionAnswer | Problem> {
  const note = readNote(decision.note, '/note')
  if (isProblem(note)) return note
  const taken = { ...decision, note }
  let hides = false
  const outcome = await writeOnce(app, async (tx): Promise<DecisionAnswer | Problem> => {
    const now = app.now()
    const moderator = await readPerson(tx, target.actor.personId)
    const story = (await lockStories(tx, [target.storyId], now)).get(target.storyId)
    const comment = story && (await lockFull(tx, target.storyId, target.commentId))
    if (!moderator || !can(roleOf(target.actor, moderator), 'comment.decide', { own: false }))
      return refuse('not-allowed', 'Only moderators decide about comments.')
    if (!comment || story.siteId !== target.actor.siteId)
      return refuse('comment-unknown', `No comment ${target.commentId} in this thread.`)
    const [given] = await readAnswers<DecisionAnswer>(tx, [target.request])
    if (given) return given
    const move = decide(comment.status, decision.action, decision.reason)
    if (isProblem(move)) return move
    await moveComment(tx, comment, move.to, isRestriction(decision.action) ? decision.reason : null)
    const id = newId(now.getTime())
    await insertDecision(tx, {
      id,
      storyId: target.storyId,
      commentId: target.commentId,
      moderatorId: moderator.id,
      ...taken,
      statusBefore: comment.status,
      statusAfter: move.to,
      decidedAt: now,
    })
    await settleReports(tx, target.storyId, target.commentId, now)
    const isSeen = leavesTrace(comment) || move.to === 'removed'
    const kind = move.to === 'published' ? 'comment.published' : isSeen ? 'comment.hidden' : 'comment.waiting'
    hides = kind === 'comment.hidden'
    await appendEvents(tx, [{ storyId: target.storyId, kind, commentId: target.commentId }], now)
    const answer = {
      id,
      story: target.storyId,
      comment: target.commentId,
      ...taken,
      status: move.to,
      decided: now.toISOString(),
    }
    if (target.request) await keepAnswers(tx, [{ key: target.request, answer }], now)
    return answer
  })
  if (hides) app.live.hide(target.storyId)
  else if (!isProblem(outcome)) app.live.wake(target.storyId)
  return outcome
}
