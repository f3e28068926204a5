/** What is decided about a text before people see it. Pure: the same input gives the same verdict. It sorts; it never
 *  rejects. `why` names each rule with its version, and is kept with the event for the desk. */
import type { Mode } from '../database/tables.ts'

type Verdict = { status: 'published' | 'pending'; why: { rule: string; version: number }[] }

/** Where an author stands, as far as it decides whether an editor looks first. */
export type Standing = {
  /** The desk wants to see each of theirs. */
  lookFirst: boolean
  /** A guest, where the site looks at what guests write. */
  isLookedAtGuest: boolean
  /** A reader of whom nothing has been published yet, where the site looks at the first. */
  isUnread: boolean
  /** Their mail address is of a domain that the site looks at. */
  isOfLookedAtDomain: boolean
}

const rules: { rule: string; version: number; holds: (mode: Mode, author: Standing) => boolean }[] = [
  { rule: 'discussion-premoderated', version: 1, holds: (mode) => mode === 'premoderated' },
  { rule: 'author-looked-at', version: 1, holds: (_, author) => author.lookFirst },
  { rule: 'guest-looked-at', version: 1, holds: (_, author) => author.isLookedAtGuest },
  { rule: 'first-comment', version: 1, holds: (_, author) => author.isUnread },
  { rule: 'mail-domain', version: 1, holds: (_, author) => author.isOfLookedAtDomain },
]

/** @param mode of the discussion the text is for
 *  @param author whose text it is */
export function screen(mode: Mode, author: Standing): Verdict {
  const why = rules.filter(({ holds }) => holds(mode, author)).map(({ rule, version }) => ({ rule, version }))
  return { status: why.length > 0 ? 'pending' : 'published', why }
}
