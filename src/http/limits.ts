/** Limits per reader and network, so that one cannot use up what is there for all. */
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { type Problem, refuse } from '../problem.ts'

/** What is counted: `points` in `duration` seconds. */
const limits = {
  comment: { points: 10, duration: 60 },
  change: { points: 60, duration: 60 },
  mail: { points: 3, duration: 900 },
  'mail-network': { points: 20, duration: 900 },
  search: { points: 60, duration: 60 },
  story: { points: 600, duration: 60 },
} as const

export type Limits = { take: (kind: keyof typeof limits, who: string) => Promise<Problem | undefined> }

/** @param on false for benchmarks: nothing is refused */
export function makeLimits(on: boolean): Limits {
  const counters = new Map(
    Object.entries(limits).map(([kind, limit]) => [kind, new RateLimiterMemory(limit)]),
  )
  return {
    async take(kind, who) {
      if (!on) return undefined
      try {
        await counters.get(kind)!.consume(who)
        return undefined
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw error
        const seconds = Math.max(1, Math.ceil(error.msBeforeNext / 1000))
        return refuse('rate-limited', `Please wait ${seconds} s.`, { retryAfter: seconds })
      }
    },
  }
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
