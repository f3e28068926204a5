/** What a newsroom's token says of a reader, in our shape or in Coral's (docs.coralproject.net/sso):
 *
 *      { sub, name, email?, email_verified?, role?, badge?, iat, exp, iss, aud, jti? }
 *      { jti?, iat, exp, user: { id, email, username, badges?, role? } }
 *
 *  Claims that are not ours to know are let be, as RFC 7519 asks; those that are have exactly one form. */
import type { Role } from '../database/tables.ts'
import { refuseCharacters } from '../language/text.ts'
import { isProblem } from '../problem.ts'
import { isRole } from './can.ts'
import { readEmail } from './person.ts'

export type SsoPerson = {
  shape: 'detente' | 'coral'
  /** Who it is, for the newsroom. */
  subject: string
  /** As told; readers choose among those that are free here. */
  name: string
  /** Lower case. */
  email: string | null
  /** Never so in Coral's shape, which does not say. */
  isEmailVerified: boolean
  /** What the token asks for: whether it may have it, the key says. */
  role: Role
  badge: string | null
}

export type Invalid = { invalid: string }

export type Claims = Record<string, unknown>

const MOST = { subject: 200, name: 200, email: 254, badge: 40, jti: 200 }
const MOST_BADGES = 20

/** Direction controls, zero-width and other characters that show nothing. */
const HIDDEN = /[\p{Cc}\p{DI}\p{Noncharacter_Code_Point}]/u
const HIDDEN_BUT_JOINERS = /[\p{Cc}\u202a-\u202e\u2066-\u2069\u{e0000}-\u{e007f}\p{Noncharacter_Code_Point}]/u

const coralRoles: Record<string, Role> = { commenter: 'reader' }

export function readSsoPerson(claims: Claims): SsoPerson | Invalid {
  const { user, sub } = claims
  if (user === undefined) return readOurs(claims)
  if (!isPlain(user)) return { invalid: '“user” has to be an object' }
  if (sub !== undefined && sub !== user.id)
    return { invalid: '“sub” and “user.id” name two different people: leave one of them out' }
  return readCorals(user)
}

function readOurs(claims: Claims): SsoPerson | Invalid {
  const subject = readSubject(claims.sub, 'sub')
  if (isInvalid(subject)) return subject
  const name = readLabel(claims.name, 'name', MOST.name, HIDDEN_BUT_JOINERS)
  if (isInvalid(name)) return name
  const email = readMail(claims.email, 'email')
  if (isInvalid(email)) return email
  const { email_verified: verified = false } = claims
  if (typeof verified !== 'boolean')
    return { invalid: `“email_verified” has to be true or false, without quotes, not ${show(verified)}` }
  const role = readRole(claims.role, 'role')
  if (isInvalid(role)) return role
  const badge = claims.badge == null ? null : readLabel(claims.badge, 'badge', MOST.badge, HIDDEN_BUT_JOINERS)
  if (isInvalid(badge)) return badge
  return { shape: 'detente', subject, name, email, isEmailVerified: verified && email !== null, role, badge }
}

function readCorals(user: Claims): SsoPerson | Invalid {
  const subject = readSubject(user.id, 'user.id')
  if (isInvalid(subject)) return subject
  const name = readLabel(user.username, 'user.username', MOST.name, HIDDEN_BUT_JOINERS)
  if (isInvalid(name)) return name
  const email = readMail(user.email, 'user.email')
  if (isInvalid(email)) return email
  const role = readRole(user.role, 'user.role')
  if (isInvalid(role)) return role
  const badge = readBadges(user.badges)
  if (isInvalid(badge)) return badge
  return { shape: 'coral', subject, name, email, isEmailVerified: false, role, badge }
}

/** The first of Coral's badges: one stands beside a name here. */
function readBadges(badges: unknown): string | null | Invalid {
  if (badges == null) return null
  if (!Array.isArray(badges) || badges.length > MOST_BADGES)
    return { invalid: `“user.badges” has to be a list of ${MOST_BADGES} texts at most` }
  const read = badges.map((badge) => readLabel(badge, 'user.badges', MOST.badge, HIDDEN_BUT_JOINERS))
  return read.find(isInvalid) ?? read[0] ?? null
}

/** @returns null when there is none */
export function readJti(jti: unknown): string | null | Invalid {
  return jti === undefined ? null : readLabel(jti, 'jti', MOST.jti, HIDDEN)
}

function readSubject(value: unknown, at: string): string | Invalid {
  if (typeof value === 'number')
    return { invalid: `“${at}” is the number ${value}: write it as text, in quotes` }
  return readLabel(value, at, MOST.subject, HIDDEN)
}

function readMail(value: unknown, at: string): string | null | Invalid {
  if (value == null) return null
  const text = readLabel(value, at, MOST.email, HIDDEN)
  if (isInvalid(text)) return text
  const email = readEmail(text)
  return isProblem(email)
    ? { invalid: `“${at}” is not a mail address: leave it out if there is none` }
    : email
}

function readRole(value: unknown, at: string): Role | Invalid {
  if (value == null) return 'reader'
  const role = typeof value === 'string' ? value.toLowerCase() : ''
  if (Object.hasOwn(coralRoles, role)) return coralRoles[role] as Role
  if (isRole(role)) return role
  return {
    invalid: `“${at}” is ${show(value)}, which is no role here (reader, staff, moderator, editor, admin)`,
  }
}

/** @param hidden characters that it may not hold */
function readLabel(value: unknown, at: string, most: number, hidden: RegExp): string | Invalid {
  if (value === undefined) return { invalid: `“${at}” is missing` }
  if (typeof value !== 'string') return { invalid: `“${at}” has to be text, not ${show(value)}` }
  if (value.trim() === '') return { invalid: `“${at}” is empty` }
  if (value.length > most) return { invalid: `“${at}” has ${value.length} characters, ${most} at most` }
  if (refuseCharacters(value) || hidden.test(value))
    return { invalid: `“${at}” holds characters that cannot be seen or kept (NUL, controls, directions)` }
  return value
}

export const isInvalid = (value: unknown): value is Invalid =>
  typeof value === 'object' && value !== null && 'invalid' in value

export const isPlain = (value: unknown): value is Claims =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A hostile value, short and harmless enough to be read back. */
export function show(value: unknown): string {
  if (value === undefined) return 'missing'
  const text = JSON.stringify(value).replace(/[^\x20-\x7e]/g, '?')
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}
