/** The one place that says who may do what. Nothing else in the program compares roles. */
import type { Role } from '../database/tables.ts'

const ranks: Record<Role, number> = { reader: 0, staff: 1, moderator: 2, editor: 3, admin: 4 }

export const roles = Object.keys(ranks) as Role[]
export const isRole = (text: string): text is Role => Object.hasOwn(ranks, text)

/** The least role for what is anybody's, and the least for what is one's own; null: nobody's. */
const rules = {
  'comment.write': { any: 'reader', own: 'reader' },
  'comment.edit': { any: null, own: 'reader' },
  'comment.withdraw': { any: null, own: 'reader' },
  'comment.report': { any: 'reader', own: 'reader' },
  'comment.see-unpublished': { any: 'moderator', own: 'reader' },
  'comment.decide': { any: 'moderator', own: 'moderator' },
  'ballot.cast': { any: 'reader', own: 'reader' },
  'story.write': { any: 'editor', own: 'editor' },
  /** A name or badge that says "newsroom", and no wait between two changes of name. */
  'name.reserved': { any: 'staff', own: 'staff' },
  /** What makes a session short: whoever may see what the public does not. */
  'desk.open': { any: 'moderator', own: 'moderator' },
  /** Names before, sanctions, sessions' number: what moderators may know of a person. */
  'person.history': { any: 'moderator', own: 'reader' },
  'person.sanction': { any: 'moderator', own: null },
  /** On every site of the installation. */
  'person.ban-everywhere': { any: 'admin', own: null },
  'person.role': { any: 'admin', own: 'admin' },
  'person.erase': { any: null, own: 'reader' },
  'person.download': { any: null, own: 'reader' },
  'site.people': { any: 'admin', own: 'admin' },
  'site.settings': { any: 'admin', own: 'admin' },
} as const satisfies Record<string, { any: Role | null; own: Role | null }>

export type Action = keyof typeof rules

/** Whether a role ranks above another: nobody sanctions, or gives a role to, somebody of their own rank or above. */
export const outranks = (role: Role, other: Role): boolean => ranks[role] > ranks[other]

/** @param role the actor's, by `roleOf` (people/actor.ts): a token may carry less than its person has
 *  @param object whether what is acted upon is the actor's own */
export function can(role: Role, action: Action, object: { own: boolean } = { own: false }): boolean {
  const least: Role | null = object.own ? rules[action].own : rules[action].any
  return least !== null && ranks[role] >= ranks[least]
}
