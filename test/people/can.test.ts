import { expect, test } from 'vitest'
import { type Actor, roleOf } from '../../src/people/actor.ts'
import { type Action, can, isRole, roles } from '../../src/people/can.ts'
import { usualDoor } from '../../src/settings/door.ts'

/** Who may: from this role on, for another's and for one's own; – is nobody. */
const table: [Action, string, string][] = [
  ['comment.write', 'reader', 'reader'],
  ['comment.edit', '–', 'reader'],
  ['comment.withdraw', '–', 'reader'],
  ['comment.report', 'reader', 'reader'],
  ['comment.see-unpublished', 'moderator', 'reader'],
  ['comment.decide', 'moderator', 'moderator'],
  ['ballot.cast', 'reader', 'reader'],
  ['story.write', 'editor', 'editor'],
  ['person.history', 'moderator', 'reader'],
  ['person.sanction', 'moderator', '–'],
  ['person.ban-everywhere', 'admin', '–'],
  ['person.role', 'admin', 'admin'],
  ['site.people', 'admin', 'admin'],
  ['site.settings', 'admin', 'admin'],
]
const ascending = ['reader', 'staff', 'moderator', 'editor', 'admin']

test('the roles ascend from reader to admin', () => expect(roles).toEqual(ascending))

test.each(table)('%s: anyone’s from %s on, one’s own from %s on', (action, any, own) => {
  const from = (least: string) => (least === '–' ? [] : ascending.slice(ascending.indexOf(least)))
  expect(roles.filter((role) => can(role, action, { own: false }))).toEqual(from(any))
  expect(roles.filter((role) => can(role, action, { own: true }))).toEqual(from(own))
})

test.each(['', 'Admin', 'owner', '__proto__', 'toString'])('“%s” is no role', (text) =>
  expect(isRole(text)).toBe(false),
)

const person = { role: 'moderator', barredUntil: null } as const
const now = () => new Date('2026-05-04T09:30:00Z')
const site = { door: usualDoor }
const actor: Actor = {
  personId: 'p',
  siteId: 's',
  sessionId: 'x',
  via: 'cookie',
  origin: null,
  role: null,
  isStrong: false,
}

test.each<[string, Partial<Actor>, string]>([
  ['on our pages a moderator is one', { via: 'cookie' }, 'moderator'],
  [
    'on a newsroom’s page a moderator is a reader',
    { via: 'bearer', origin: 'https://courier.example' },
    'reader',
  ],
  ['a page’s token cannot bring a role along', { via: 'bearer', role: 'admin' }, 'reader'],
  ['a script is what its token says', { via: 'script', sessionId: null, role: 'editor' }, 'editor'],
  ['a script without a role is its person', { via: 'script', sessionId: null }, 'moderator'],
])('%s', (_, change, role) => expect(roleOf({ site, now }, { ...actor, ...change }, person)).toBe(role))

test('where staff need a passkey, a moderator who came in without one is a reader', () => {
  const strict = { door: { ...usualDoor, staffPasskey: true } }
  expect(roleOf({ site: strict, now }, actor, person)).toBe('reader')
  expect(roleOf({ site: strict, now }, { ...actor, isStrong: true }, person)).toBe('moderator')
})

test.each<[string, Date | number, string]>([
  ['a banned', Number.POSITIVE_INFINITY, 'reader'],
  ['a suspended', new Date('2026-05-04T09:30:01Z'), 'reader'],
  ['a once suspended', new Date('2026-05-04T09:30:00Z'), 'moderator'],
])('%s moderator: the clock says what they count as', (_, barredUntil, role) => {
  for (const via of ['cookie', 'script'] as const)
    expect(roleOf({ site, now }, { ...actor, via }, { ...person, barredUntil })).toBe(role)
})
