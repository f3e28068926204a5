/** A person: what the others on a site see of someone. Who can prove something (a mailbox, a passkey) is an identity; a
 *  person of a site belongs to at most one, and an imported one to none until it is claimed. */

import type { Claim, Role } from '../database/tables.ts'
import { cleanName, nameSkeleton } from '../language/names.ts'
import { type Problem, refuse } from '../problem.ts'

export type Person = {
  id: string
  siteId: string
  identityId: string | null
  /** Empty when they were erased. */
  name: string
  role: Role
  /** A word beside the name, for staff: "Foreign desk". */
  badge: string | null
  claim: Claim
  /** Nothing can be written until then; `Infinity` when banned, null when nothing is in force. */
  barredUntil: Date | number | null
  /** The sanction that bars. */
  sanctionId: string | null
  /** Each comment waits for an editor. */
  lookFirst: boolean
  /** Their comments are folded for everyone. */
  isMuted: boolean
  renamedAt: Date | null
}

/** A name as it is kept: what is shown, and what it must not share with another's. */
export type Name = { name: string; skeleton: string }

/** The name as typed, cleaned; or why it cannot be one. Whether it is free, only the store can tell. */
export function readName(typed: string): Name | Problem {
  const cleaned = cleanName(typed)
  if ('refused' in cleaned)
    return refuse('name-invalid', `This cannot be a name: ${cleaned.refused}.`, { at: '/name' })
  return { name: cleaned.name, skeleton: nameSkeleton(cleaned.name) }
}

export const refuseTaken = (name: string): Problem =>
  refuse('name-taken', `“${name}” is another’s, or could be mistaken for it.`, { at: '/name' })

/** What mail is sent to: one address of the form that every mail server takes (ASCII, dots not doubled;
 *  RFC 5321 allows 254 characters), lower case, so that one mailbox is one identity. */
const address =
  /^(?!\.)(?!.*\.\.)[a-z0-9_'+.-]*[a-z0-9_+-]@(?:[a-z0-9][a-z0-9-]*\.)+(?:[a-z]{2,}|xn--[a-z0-9-]+)$/

/** @returns lower case. Of letters beyond ASCII some would turn into one of it (K, the Kelvin sign): they are none here. */
export function readEmail(typed: string): string | Problem {
  const trimmed = typed.trim()
  const email = trimmed.toLowerCase()
  if (email.length <= 254 && /^[!-~]+$/.test(trimmed) && address.test(email)) return email
  return refuse('email-invalid', 'An e-mail address looks like name@news.example.', { at: '/email' })
}
