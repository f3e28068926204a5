/** Growth: the same requests in a small and in a large database. What depends on the thread's length is in Reading. */
import type { Bench } from '../bench.ts'
import { startChild } from '../child.ts'
import { inTurns, median, round } from '../measures.ts'
import { readPage } from '../pages.ts'
import type { Part } from '../report.ts'
import { findNext, findPermalink, measureAnew, type Target } from './reading.ts'
import { measureWrites } from './writing.ts'

const searches = [
  ['search: two common words', '/search?q=timetable%20ferry'],
  ['search: a rare word', '/search?q=Calmorwen'],
  ['search: Japanese', `/search?q=${encodeURIComponent('灯台')}`],
  ['search: Korean', `/search?q=${encodeURIComponent('해도')}`],
] as const

/** Milliseconds and rates by what was measured. */
export type Sizes = Map<string, number>

export async function measureDatabase(bench: Bench): Promise<Sizes> {
  const server = await bench.server()
  const story = bench.stories.get(50)!
  const targets: Target[] = [
    { name: 'thread page, rendered anew', story, path: `/s/${story}` },
    { name: 'next page, rendered anew', story, path: await findNext(server.port, story) },
    { name: 'permalink, rendered anew', story, path: await findPermalink(server.port, story) },
  ]
  const sizes: Sizes = new Map()
  for (const { target, times } of await measureAnew(bench, server, targets))
    sizes.set(`${target.name}, ms`, median(times))
  const found = await inTurns(
    bench.scale.rounds + 2,
    [...searches],
    async ([, path]) => (await readPage(server.port, path, 'br')).ms,
  )
  for (const [n, [name]] of searches.entries()) sizes.set(`${name}, ms`, median(found[n]!))
  const load = startChild('load')
  try {
    const tokens = await bench.tokens(200)
    const stories = Array.from({ length: 40 }, (_, n) => bench.stories.get(n + 1)!)
    await measureWrites(server, load, { tokens, stories, seconds: 1 })
    const runs = await inTurns(
      3,
      [stories],
      async () =>
        (await measureWrites(server, load, { tokens, stories, seconds: bench.scale.slot * 2 })).report.rate,
    )
    sizes.set('comments accepted a second', median(runs[0]!))
  } finally {
    await load.stop()
  }
  return sizes
}

/** Measures in the small database; the other half follows when the large one is there. */
export async function growth(bench: Bench, small: Sizes): Promise<Part> {
  await bench.fill('million')
  const large = await measureDatabase(bench)
  return {
    title: 'Growth',
    how: [
      `A story of 100 comments, searches over all, and writes under 40 stories (16 connections), with 10,000 comments in 100 stories and with`,
      `${round(bench.scale.comments)} in ${round(bench.scale.stories)}. How a page grows with its own thread stands under Reading.`,
    ],
    checks: [],
    tables: [
      {
        title: '',
        head: ['', '10,000 comments', `${round(bench.scale.comments)} comments`, 'ratio'],
        rows: [...small].map(([name, value]) => [
          name,
          round(value, 1),
          round(large.get(name)!, 1),
          round(large.get(name)! / value, 2),
        ]),
      },
    ],
    notes: [],
  }
}
