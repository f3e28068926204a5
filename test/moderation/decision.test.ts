import { expect, test } from 'vitest'
import type { CommentStatus, DecisionAction } from '../../src/database/tables.ts'
import { actionsFor, decide, isRestriction, reasons } from '../../src/moderation/decision.ts'
import { isProblem } from '../../src/problem.ts'

const statuses: CommentStatus[] = ['published', 'pending', 'held', 'removed', 'withdrawn', 'missing']

/** What each action makes of a comment in each state; a dot where it cannot be taken. */
const table: Record<DecisionAction, string[]> = {
  //         published  pending      held         removed      withdrawn  missing
  approve: ['.', 'published', 'published', '.', '.', '.'],
  hold: ['held', 'held', '.', '.', '.', '.'],
  remove: ['removed', 'removed', 'removed', '.', '.', '.'],
  restore: ['.', '.', 'published', 'published', '.', '.'],
}
const cells = Object.entries(table).flatMap(([action, outcomes]) =>
  outcomes.map((to, n) => [action as DecisionAction, statuses[n]!, to] as const),
)

test.each(cells)('to %s a comment that is %s makes it %s', (action, status, to) => {
  const outcome = decide(status, action, 'spam')
  if (to === '.') expect(outcome).toMatchObject({ problem: 'status-conflict' })
  else expect(outcome).toEqual({ to })
})

test.each(cells)('to %s a comment that is %s needs a reason exactly when it restricts', (action, status) => {
  const outcome = decide(status, action, null)
  expect(isProblem(outcome) && outcome.problem === 'reason-missing').toBe(
    action === 'hold' || action === 'remove',
  )
  expect(isRestriction(action)).toBe(action === 'hold' || action === 'remove')
})

test('the desk offers only what can be done', () => {
  for (const status of statuses)
    for (const action of actionsFor(status)) expect(decide(status, action, 'other')).toHaveProperty('to')
  expect(actionsFor('withdrawn')).toEqual([])
  expect(actionsFor('held')).toEqual(['approve', 'remove'])
})

test('each reason is there once, and "other" is among them', () => {
  expect(new Set(reasons).size).toBe(reasons.length)
  expect(reasons).toContain('other')
})
