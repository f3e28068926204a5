/** What the desk may do with a comment in which state, and why. */
import type { CommentStatus, DecisionAction } from '../database/tables.ts'
import { restrictionReasons } from '../people/house-rules.ts'
import { type Problem, refuse } from '../problem.ts'

/** The rules a restriction can go by; a tombstone shows the rule, in the reader's language. */
export const reasons = restrictionReasons

const moves: Record<DecisionAction, { from: CommentStatus[]; to: CommentStatus | 'before' }> = {
  approve: { from: ['pending', 'held'], to: 'published' },
  hold: { from: ['published', 'pending'], to: 'held' },
  remove: { from: ['published', 'pending', 'held'], to: 'removed' },
  restore: { from: ['removed', 'held'], to: 'before' },
}

export const isRestriction = (action: DecisionAction): boolean => action === 'hold' || action === 'remove'

/** Actions open for a comment in a state, in the order of the desk's buttons. */
export const actionsFor = (status: CommentStatus): DecisionAction[] =>
  (Object.keys(moves) as DecisionAction[]).filter(
    (action) => moves[action].from.includes(status) && !(action === 'restore' && status === 'held'),
  )

/** The restriction that a comment in this state is under: the last one that led to it.
 *  @param decisions oldest first */
export const restrictionOf = <T extends { action: DecisionAction; statusAfter: CommentStatus }>(
  decisions: T[],
  status: CommentStatus,
): T | undefined =>
  decisions.findLast(({ action, statusAfter }) => isRestriction(action) && statusAfter === status)

/** The state a decision leads to, or why it cannot be taken.
 *  @param before the state before the restriction that is in force, to which restoring goes back; when none is known,
 *  the comment waits, since nobody is known to have approved it */
export function decide(
  status: CommentStatus,
  action: DecisionAction,
  reason: string | null,
  before: CommentStatus | undefined,
): { to: CommentStatus } | Problem {
  if (isRestriction(action) && reason === null)
    return refuse('reason-missing', `To ${action} a comment, name the rule it goes by.`, { at: '/reason' })
  if (action === 'approve' && reason !== null)
    return refuse(
      'body-invalid',
      'An approval goes by no rule: take it out, or hold or remove the comment.',
      {
        at: '/reason',
      },
    )
  const { from, to } = moves[action]
  if (!from.includes(status))
    return refuse('status-conflict', `A comment that is ${status} cannot be ${doneTo[action]}.`)
  return { to: to === 'before' ? (before ?? 'pending') : to }
}

const doneTo: Record<DecisionAction, string> = {
  approve: 'approved',
  hold: 'held',
  remove: 'removed',
  restore: 'restored',
}
