import type { App } from '../context.ts'
import { keepAnswers, type RequestKey, readAnswers } from '../database/idempotency-store.ts'
import { newId } from '../database/ids.ts'
import type { CommentStatus, DecisionAction } from '../database/tables.ts'
import { leavesTrace, moveComment } from '../discussion/actions.ts'
import { writeOnce } from '../discussion/once.ts'
import { type FullComment, lockFull } from '../discussion/store.ts'
import { appendEvents } from '../live/store.ts'
import { type Actor, refuseRole, roleOf } from '../people/actor.ts'
import { can } from '../people/can.ts'
import { readPerson } from '../people/store.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import { readNote } from '../stories/line.ts'
import { lockStories } from '../stories/store.ts'
import { decide, isRestriction, restrictionOf } from './decision.ts'
import { type Decision, insertDecision, listDecisions, reopenReports, settleReports } from './store.ts'

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

/** What a moderator decides. `revision` is of the text that the decision is about, where it is known; undoing names the
 *  decision that it takes back. */
export type Choice = { note: string | null; revision?: number | undefined } & (
  | { action: DecisionAction; reason: string | null }
  | { action: 'undo'; decision: string }
)

/** What comes of a decision: the log's entry, the comment's next state, the rule that a restriction stands by. */
type Move = {
  action: DecisionAction
  reason: string | null
  to: CommentStatus
  standsBy: string | null
}

/** A moderator's decision on a comment: the comment moves, the log grows, open reports are settled (or, when a decision
 *  is undone, opened again), pages are told. */
export async function takeDecision(
  app: App,
  target: { storyId: string; commentId: string; actor: Actor; request: RequestKey | undefined },
  choice: Choice,
): Promise<DecisionAnswer | Problem> {
  const note = readNote(choice.note, '/note')
  if (isProblem(note)) return note
  let hides = false
  const outcome = await writeOnce(app, async (tx): Promise<DecisionAnswer | Problem> => {
    const now = app.now()
    const moderator = await readPerson(tx, target.actor.personId)
    const story = (await lockStories(tx, [target.storyId], now)).get(target.storyId)
    const comment = story && (await lockFull(tx, target.storyId, target.commentId))
    if (!moderator || !can(roleOf(app, target.actor, moderator), 'comment.decide', { own: false }))
      return refuseRole(
        app,
        target.actor,
        moderator,
        'comment.decide',
        'Only moderators decide about comments.',
      )
    if (!comment || story.siteId !== target.actor.siteId)
      return refuse('comment-unknown', `No comment ${target.commentId} in this thread.`)
    const [given] = await readAnswers<DecisionAnswer>(tx, [target.request])
    if (given) return given
    const decisions = await listDecisions(tx, target.storyId, target.commentId)
    const undone = choice.action === 'undo' ? decisions.at(-1) : undefined
    const move = plan(comment, decisions, choice)
    if (isProblem(move)) return move
    await moveComment(tx, comment, move.to, move.standsBy)
    const id = newId(now.getTime())
    const taken = { action: move.action, reason: move.reason, note }
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
    if (undone) await reopenReports(tx, target.storyId, target.commentId, undone.decidedAt)
    else await settleReports(tx, target.storyId, target.commentId, now)
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

/** @param decisions on the comment, oldest first */
function plan(comment: FullComment, decisions: Decision[], choice: Choice): Move | Problem {
  if (choice.action === 'undo') return planUndoing(comment, decisions, choice.decision)
  const before = restrictionOf(decisions, comment.status)?.statusBefore
  const decided = decide(comment.status, choice.action, choice.reason, before)
  if (isProblem(decided)) return decided
  if (choice.revision !== undefined && choice.revision !== comment.revision)
    return refuse('status-conflict', 'Its text was changed meanwhile: read it again, then decide.', {
      at: '/revision',
    })
  const { action, reason } = choice
  const standsBy = isRestriction(action) ? reason : (restrictionOf(decisions, decided.to)?.reason ?? null)
  return { action, reason, to: decided.to, standsBy }
}

/** Only the last decision is undone, and only while it holds. A comment that is held or removed again is so by the rule it
 *  was under. */
function planUndoing(comment: FullComment, decisions: Decision[], undone: string): Move | Problem {
  const last = decisions.at(-1)
  if (last?.id !== undone || last.statusAfter !== comment.status)
    return refuse('status-conflict', 'Something else has happened to the comment since.')
  const to = last.statusBefore
  return { action: 'restore', reason: null, to, standsBy: restrictionOf(decisions, to)?.reason ?? null }
}
