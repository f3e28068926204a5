/** Limits per reader and network, so that one cannot use up what is there for all. */
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { type Problem, refuse } from '../problem.ts'

/** What is counted: `points` in `duration` seconds. docs/guides/operate.md lists them. */
const limits = {
  comment: { points: 10, duration: 60 },
  /** Comments of all guests of a network. */
  'guest-comment': { points: 20, duration: 600 },
  change: { points: 60, duration: 60 },
  report: { points: 20, duration: 600 },
  'report-network': { points: 60, duration: 600 },
  mail: { points: 3, duration: 900 },
  'mail-network': { points: 20, duration: 900 },
  'sign-in-network': { points: 600, duration: 60 },
  /** Codes typed, right or wrong. */
  'code-network': { points: 40, duration: 900 },
  'password-change': { points: 5, duration: 3600 },
  /** Guests made. */
  'guest-network': { points: 10, duration: 3600 },
  search: { points: 60, duration: 60 },
  download: { points: 10, duration: 3600 },
  story: { points: 600, duration: 60 },
} as const

/** What is slowed down: after `free` attempts that failed, each makes the next wait twice as long as the one before it,
 *  from a second to `longest` seconds. A day without an attempt, and it is forgotten. */
const brakes = {
  password: { free: 5, longest: 900 },
  'password-network': { free: 30, longest: 900 },
} as const

export type Limits = {
  /** False for benchmarks: nothing is refused. */
  isOn: boolean
  take: (kind: keyof typeof limits, who: string) => Promise<Problem | undefined>
  /** Counts an attempt as failed before it is made, so that many at once are counted too.
   *  @returns how long to wait instead: then it was not counted, and is not to be made */
  attempt: (kind: keyof typeof brakes, who: string, now: Date) => Problem | undefined
  /** The attempt did not fail. `all`: nor do those before it count any more. */
  forgive: (kind: keyof typeof brakes, who: string, all: boolean) => void
}

export function makeLimits(isOn: boolean): Limits {
  const counters = new Map(
    Object.entries(limits).map(([kind, limit]) => [kind, new RateLimiterMemory(limit)]),
  )
  const slowed = new Map(Object.keys(brakes).map((kind) => [kind, new Map<string, Slowed>()]))
  return {
    isOn,
    async take(kind, who) {
      if (!isOn) return undefined
      try {
        await counters.get(kind)!.consume(who)
        return undefined
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw error
        return refuseBusy(error.msBeforeNext)
      }
    },
    attempt(kind, who, now) {
      return isOn ? brake(slowed.get(kind)!, brakes[kind], who, now.getTime()) : undefined
    },
    forgive(kind, who, all) {
      const kept = slowed.get(kind)!
      const known = kept.get(who)
      if (!known) return
      known.failures -= 1
      known.until = known.before
      if (all || known.failures <= 0) kept.delete(who)
    },
  }
}

/** @param milliseconds to wait */
function refuseBusy(milliseconds: number): Problem {
  const seconds = Math.max(1, Math.ceil(milliseconds / 1000))
  return refuse('rate-limited', `Please wait ${seconds} s.`, { retryAfter: seconds })
}

/** Times in milliseconds. `before`: what `until` was before the last attempt. */
type Slowed = { failures: number; until: number; before: number; last: number }

const DAY = 86_400_000
/** The one that was tried longest ago goes, so that names made up for it do not fill the memory. */
const MOST_SLOWED = 100_000

function brake(
  kept: Map<string, Slowed>,
  { free, longest }: { free: number; longest: number },
  who: string,
  now: number,
): Problem | undefined {
  const known = kept.get(who)
  if (known && known.until > now) return refuseBusy(known.until - now)
  const failures = known && now - known.last < DAY ? known.failures + 1 : 1
  const wait = failures < free ? 0 : Math.min(2 ** (failures - free), longest)
  kept.delete(who)
  if (kept.size >= MOST_SLOWED) kept.delete(kept.keys().next().value!)
  kept.set(who, { failures, until: now + wait * 1000, before: known?.until ?? 0, last: now })
  return undefined
}

/** The network an address belongs to: IPv4 alone, IPv6 by its /64, which one household or phone has to itself.
 *  @param address undefined when the reader has hung up already */
export function networkOf(address: string | undefined): string {
  if (!address?.includes(':')) return address ?? ''
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped) return mapped[1]!
  const [head = '', tail = ''] = address.split('::')
  const left = head.split(':').filter(Boolean)
  const right = tail.split(':').filter(Boolean)
  const groups = address.includes('::')
    ? [...left, ...Array(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right]
    : left
  return `${groups.slice(0, 4).join(':')}::/64`
}
