import { expect, test } from 'vitest'
import type { Mode } from '../../src/database/tables.ts'
import { type Standing, screen } from '../../src/screening/screen.ts'

const anyone: Standing = {
  lookFirst: false,
  isLookedAtGuest: false,
  isUnread: false,
  isOfLookedAtDomain: false,
}

test.each<[string, Mode, Partial<Standing>, string[]]>([
  ['an open discussion publishes', 'open', {}, []],
  ['a premoderated one waits', 'premoderated', {}, ['discussion-premoderated']],
  ['whom the desk looks at waits', 'open', { lookFirst: true }, ['author-looked-at']],
  ['a guest who is looked at waits', 'open', { isLookedAtGuest: true }, ['guest-looked-at']],
  ['a first comment waits', 'open', { isUnread: true }, ['first-comment']],
  ['an address of a domain that is looked at waits', 'open', { isOfLookedAtDomain: true }, ['mail-domain']],
  [
    'every rule that holds is named',
    'premoderated',
    { lookFirst: true, isUnread: true },
    ['discussion-premoderated', 'author-looked-at', 'first-comment'],
  ],
])('%s', (_, mode, standing, rules) => {
  const { status, why } = screen(mode, { ...anyone, ...standing })
  expect(why.map(({ rule }) => rule)).toEqual(rules)
  expect(status).toBe(rules.length === 0 ? 'published' : 'pending')
})
