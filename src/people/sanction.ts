/** What the desk decides about a person: warn, suspend until, ban, always look first, fold what they write, and lift.
 *
 *  The log of sanctions is the truth and is only added to; what is in force stands also on the person's row, because
 *  every write reads that row. An end is a time, not a job: what has ended bars nobody, though it may still stand there. */
import type { SanctionKind } from '../database/tables.ts'
import { cleanText } from '../language/text.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import { restrictionReasons } from './house-rules.ts'
import type { Person } from './person.ts'

export const measures = ['warn', 'suspend', 'ban', 'look-first', 'mute'] as const
export type Measure = (typeof measures)[number]

/** Why a measure is lifted. */
export const liftReasons = ['mistake', 'new-facts', 'enough', 'other'] as const

export type Sanction = {
  id: string
  /** Null: on all sites of the installation. */
  siteId: string | null
  personId: string
  kind: SanctionKind
  lifts: string | null
  reason: string
  /** For the desk; with the reason "other" it is the reason, and the person is told it. */
  note: string | null
  until: Date | null
  moderatorId: string
  decidedAt: Date
}

/** Days for which a suspension can be, at most: what is longer is a ban. */
export const MOST_DAYS = 3650
const DAY = 24 * 60 * 60 * 1000

export type Wish = {
  kind: Measure
  reason: string | null
  note: string | null
  until: Date | null
  everywhere: boolean
}

/** A measure as it was asked for, made fit to be kept; or why it cannot be taken. */
export function readWish(wish: Wish, now: Date): (Wish & { reason: string }) | Problem {
  const { kind, until } = wish
  const said = readReason(wish, restrictionReasons)
  if (isProblem(said)) return said
  if (kind === 'suspend' && until === null)
    return refuse('body-invalid', 'A suspension has an end: say until when.', { at: '/until' })
  if (kind !== 'suspend' && until !== null)
    return refuse('body-invalid', 'Only a suspension has an end.', { at: '/until' })
  if (until !== null && !(until > now && until.getTime() - now.getTime() <= MOST_DAYS * DAY))
    return refuse('body-invalid', `A suspension ends within ${MOST_DAYS} days from now.`, { at: '/until' })
  if (wish.everywhere && kind !== 'ban')
    return refuse('body-invalid', 'Only a ban can hold on all sites.', { at: '/everywhere' })
  return { ...wish, ...said }
}

/** A reason is one of a list; "other" is told in words. */
export function readReason(
  given: { reason: string | null; note: string | null },
  reasons: readonly string[],
): { reason: string; note: string | null } | Problem {
  const { reason } = given
  if (reason === null || !reasons.includes(reason))
    return refuse('reason-missing', 'Name the rule that it goes by.', { at: '/reason' })
  const cleaned = cleanText(given.note ?? '')
  if ('refused' in cleaned)
    return refuse('text-invalid', `The note holds a character that cannot be kept (${cleaned.refused}).`, {
      at: '/note',
    })
  const note = cleaned.text || null
  if (reason === 'other' && note === null)
    return refuse('reason-missing', 'Where no rule of the list fits, say why in the note.', { at: '/note' })
  return { reason, note }
}

/** A warning stands for as long as one may answer it: half a year (DSA, Article 20 (1)). */
const WARNED = 183 * DAY

const hasEnded = ({ kind, until, decidedAt }: Sanction, now: Date): boolean =>
  kind === 'warn' ? now.getTime() - decidedAt.getTime() > WARNED : until !== null && until <= now

/** Those that nobody lifted and that have not ended, oldest first.
 *  @param sanctions all about one person */
export function inForce<T extends Sanction>(sanctions: T[], now: Date): T[] {
  const lifted = new Set(sanctions.map(({ lifts }) => lifts))
  return sanctions.filter(
    (sanction) => sanction.kind !== 'lift' && !lifted.has(sanction.id) && !hasEnded(sanction, now),
  )
}

export type InForce = Pick<Person, 'sanctionId' | 'barredUntil' | 'lookFirst' | 'isMuted'>

/** What a person's row says of them: of several that bar, the one that ends last. */
export function stateOf(sanctions: Sanction[], now: Date): InForce {
  const active = inForce(sanctions, now)
  const bars = active
    .filter(({ kind }) => kind === 'ban' || kind === 'suspend')
    .sort((a, b) => endOf(b) - endOf(a))
  const [bar] = bars
  return {
    sanctionId: bar?.id ?? null,
    barredUntil: bar ? (bar.until ?? Number.POSITIVE_INFINITY) : null,
    lookFirst: active.some(({ kind }) => kind === 'look-first'),
    isMuted: active.some(({ kind }) => kind === 'mute'),
  }
}

const endOf = ({ until }: Sanction): number => until?.getTime() ?? Number.POSITIVE_INFINITY

/** Whether somebody can write nothing now. */
export const isBarred = ({ barredUntil }: Pick<Person, 'barredUntil'>, now: Date): boolean =>
  barredUntil !== null && Number(barredUntil) > now.getTime()

/** What whoever is barred is told wherever they try to write. */
export function refuseBarred(bar: Pick<Sanction, 'id' | 'reason' | 'until'>): Problem {
  const { id, reason } = bar
  const until = bar.until?.toISOString() ?? null
  const detail = until === null ? 'Banned until an editor lifts it.' : `Suspended until ${until}.`
  return { ...refuse('suspended', `${detail} Reason: ${reason}.`), sanction: { id, reason, until } }
}
