import { expect, test } from 'vitest'
import type { Gate } from '../../src/context.ts'
import { acceptsComments, readState } from '../../src/stories/gate.ts'

const start = new Date('2026-05-04T09:30:00Z')
const now = new Date('2026-05-06T09:30:00Z')
const since = new Date('2026-05-05T00:00:00Z')
const gate = (
  mode: Gate['mode'],
  closeAfterDays: number | null = null,
  modeReason: string | null = null,
): Gate => ({
  mode,
  modeReason,
  modeSince: mode && since,
  closeAfterDays,
})
const nothing = gate(null)

test.each<[string, (Gate | undefined)[], string]>([
  ['nothing is said anywhere', [nothing, undefined, nothing], 'open'],
  ['the site says it', [nothing, undefined, gate('premoderated')], 'premoderated'],
  ['the section says it, whatever the site says', [nothing, gate('closed'), gate('open')], 'closed'],
  ['the story says it, whatever section and site say', [gate('open'), gate('off'), gate('closed')], 'open'],
  ['the section is silent and the site speaks', [nothing, nothing, gate('off')], 'off'],
  ['the days are over by the site’s count', [nothing, undefined, gate('open', 2)], 'closed'],
  ['the days are over by the section’s count', [nothing, gate(null, 1), gate('open', 30)], 'closed'],
  ['the story has longer than its section', [gate(null, 30), gate(null, 1), gate('open')], 'open'],
  ['a story opened by hand keeps to its site’s days', [gate('open'), undefined, gate('open', 1)], 'closed'],
  ['commenting is off, days or no days', [gate('off', 30), undefined, nothing], 'off'],
  ['a day is not over', [nothing, undefined, gate('open', 3)], 'open'],
  ['pre-moderation ends with the days', [gate('premoderated', 2), undefined, nothing], 'closed'],
])('%s', (_, gates, mode) => {
  const state = readState(gates, start, now)
  expect(state.mode).toBe(mode)
  expect(acceptsComments(state)).toBe(mode === 'open' || mode === 'premoderated')
})

test('the nearest word comes with its own reason and time', () => {
  const state = readState(
    [nothing, gate('closed', null, 'The case is in court.'), gate('premoderated', null, 'Other.')],
    start,
    now,
  )
  expect(state).toEqual({
    mode: 'closed',
    reason: 'The case is in court.',
    since,
    closes: null,
    byClock: false,
  })
})

test('the clock closes at the very second, and says when it did', () => {
  const closes = new Date('2026-05-06T09:30:00Z')
  const gates = [nothing, undefined, gate('open', 2, 'Welcome.')]
  expect(readState(gates, start, new Date(closes.getTime() - 1))).toMatchObject({
    mode: 'open',
    closes,
    byClock: false,
    reason: 'Welcome.',
  })
  expect(readState(gates, start, closes)).toEqual({
    mode: 'closed',
    reason: null,
    since: closes,
    closes,
    byClock: true,
  })
})

test('a discussion that is closed or off by hand does not say that it will close', () => {
  for (const mode of ['closed', 'off'] as const)
    expect(readState([gate(mode, 30)], start, now).closes).toBeNull()
})
