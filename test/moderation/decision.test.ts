import { expect, test } from 'vitest'
import type { CommentStatus, DecisionAction } from '../../src/database/tables.ts'
import { actionsFor, decide, isRestriction, reasons, restrictionOf } from '../../src/moderation/decision.ts'
import { isProblem } from '../../src/problem.ts'

const statuses: CommentStatus[] = ['published', 'pending', 'held', 'removed', 'withdrawn', 'missing']

/** What each action makes of a comment in each state; a dot where it cannot be taken. */
const table: Record<DecisionAction, string[]> = {
  //         published  pending      held         removed      withdrawn  missing
  approve: ['.', 'published', 'published', '.', '.', '.'],
  hold: ['held', 'held', '.', '.', '.', '.'],
  remove: ['removed', 'removed', 'removed', '.', '.', '.'],
  restore: ['.', '.', 'pending', 'pending', '.', '.'],
}
const cells = Object.entries(table).flatMap(([action, outcomes]) =>
  outcomes.map((to, n) => [action as DecisionAction, statuses[n]!, to] as const),
)

test.each(cells)('to %s a comment that is %s makes it %s', (action, status, to) => {
  const outcome = decide(status, action, isRestriction(action) ? 'spam' : null, undefined)
  if (to === '.') expect(outcome).toMatchObject({ problem: 'status-conflict' })
  else expect(outcome).toEqual({ to })
})

test.each(cells)('to %s a comment that is %s needs a reason exactly when it restricts', (action, status) => {
  const outcome = decide(status, action, null, undefined)
  expect(isProblem(outcome) && outcome.problem === 'reason-missing').toBe(
    action === 'hold' || action === 'remove',
  )
  expect(isRestriction(action)).toBe(action === 'hold' || action === 'remove')
})

test('the desk offers only what can be done', () => {
  for (const status of statuses)
    for (const action of actionsFor(status))
      expect(decide(status, action, isRestriction(action) ? 'other' : null, 'held')).toHaveProperty('to')
  expect(actionsFor('withdrawn')).toEqual([])
  expect(actionsFor('held')).toEqual(['approve', 'remove'])
})

test.each<CommentStatus>(['published', 'pending', 'held'])(
  'restoring goes back to what was before the restriction: %s',
  (before) => {
    expect(decide('removed', 'restore', null, before)).toEqual({ to: before })
  },
)

test('an approval goes by no rule: one that names a rule was meant as something else', () => {
  expect(decide('pending', 'approve', 'spam', undefined)).toMatchObject({
    problem: 'body-invalid',
    at: '/reason',
  })
})

test('the restriction in force is the last one that led to the state, whatever came between', () => {
  const log = [
    { action: 'hold', statusAfter: 'held', n: 1 },
    { action: 'remove', statusAfter: 'removed', n: 2 },
    { action: 'restore', statusAfter: 'held', n: 3 },
  ] as const
  expect(restrictionOf([...log], 'held')?.n).toBe(1)
  expect(restrictionOf([...log], 'removed')?.n).toBe(2)
  expect(restrictionOf([...log], 'published')).toBeUndefined()
})

test('each reason is there once, and "other" is among them', () => {
  expect(new Set(reasons).size).toBe(reasons.length)
  expect(reasons).toContain('other')
})
