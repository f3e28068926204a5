/** Numbers out of noise: medians of rounds, and percentiles that were really seen. */

/** The value at a share of the sorted values (nearest rank): one that was measured, never one in between. */
export function percentile(values: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}

export const median = (values: ArrayLike<number>): number => percentile(values, 0.5)

/** Runs `measure` for each item in turn, round after round, so that what disturbs the machine disturbs all of them.
 *  @returns each item's measurements, one a round */
export async function inTurns<Item, Result>(
  rounds: number,
  items: Item[],
  measure: (item: Item) => Promise<Result>,
): Promise<Result[][]> {
  const results = items.map((): Result[] => [])
  for (let round = 0; round < rounds; round++) {
    for (const [n, item] of items.entries()) results[n]!.push(await measure(item))
  }
  return results
}

/** Milliseconds since some moment that all processes of the machine share. */
export const clock = (): number => Number(process.hrtime.bigint()) / 1e6

export const round = (value: number, digits = 0): string =>
  Number.isFinite(value)
    ? value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
    : 'not known'

/** Numbers that come out alike on every run (mulberry32), from 0 to below 1. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
