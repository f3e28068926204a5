/** When a newsroom's token is good: `iat`, `exp`, `nbf` (RFC 7519, 4.1), in seconds since 1970. */
import { type Claims, show } from './sso-claims.ts'
import { refuseSso, type SsoRefusal } from './sso-refusals.ts'

/** Seconds by which two clocks may differ. */
export const SKEW_SECONDS = 60
const LONGEST_SECONDS = 24 * 60 * 60
/** The year 5138: whoever is beyond it counted milliseconds. */
const LATEST = 100_000_000_000

export function checkTimes(claims: Claims, now: Date): { expires: Date; says: string } | SsoRefusal {
  for (const name of ['iat', 'exp', 'nbf']) {
    const wrong = refuseTime(name, claims[name])
    if (wrong && (name !== 'nbf' || claims.nbf !== undefined)) return wrong
  }
  const [issued, expires] = [claims.iat as number, claims.exp as number]
  const seconds = now.getTime() / 1000
  if (expires <= issued)
    return refuseSso('time-missing', 'Its “exp” is not after its “iat”: it was never good.')
  if (expires - issued > LONGEST_SECONDS)
    return refuseSso('life-too-long', `It is good for ${span(expires - issued)}, and 24 hours are the most.`)
  if (seconds >= expires + SKEW_SECONDS)
    return refuseSso('expired', `It expired ${relative(expires - seconds)}.`)
  if (issued > seconds + SKEW_SECONDS)
    return refuseSso('not-yet', `It was issued ${relative(issued - seconds)}, which has not come yet.`)
  if (claims.nbf !== undefined && (claims.nbf as number) > seconds + SKEW_SECONDS)
    return refuseSso('not-yet', `It is good from ${relative((claims.nbf as number) - seconds)} (“nbf”).`)
  const says = `It was issued ${relative(issued - seconds)} and expires ${relative(expires - seconds)}.`
  return { expires: new Date(expires * 1000), says }
}

function refuseTime(name: string, value: unknown): SsoRefusal | undefined {
  if (value === undefined) return refuseSso('time-missing', `Its “${name}” is missing.`)
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
    return refuseSso('time-missing', `Its “${name}” has to be a number of seconds, not ${show(value)}.`)
  return value > LATEST
    ? refuseSso(
        'time-missing',
        `Its “${name}” is ${value}, which must be milliseconds: seconds are asked for.`,
      )
    : undefined
}

const units = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const

const unitOf = (seconds: number) => units.find(([, size]) => Math.abs(seconds) >= size) ?? units[3]

const relativeFormat = new Intl.RelativeTimeFormat('en')

/** “3 minutes ago”, “in 1 hour” */
function relative(seconds: number): string {
  const [unit, size] = unitOf(seconds)
  return relativeFormat.format(Math.trunc(seconds / size), unit)
}

function span(seconds: number): string {
  const [unit, size] = unitOf(seconds)
  return new Intl.NumberFormat('en', { style: 'unit', unit, unitDisplay: 'long' }).format(
    Math.round((seconds / size) * 10) / 10,
  )
}
