/** A reader who goes from page to page sees everything once. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readCursor, type SortKey, writeCursor } from '../../src/discussion/sorts/sort.ts'
import { sorts } from '../../src/discussion/sorts/sorts.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'

let news: Newsroom
let story: string
const roots: string[] = []
const readers = ['Ada Quay', 'Bo Harbour', 'Cy Strand', 'Di Shoal', 'Ed Skerry']

beforeAll(async () => {
  news = await startNewsroom()
  story = await news.putStory()
  for (let n = 0; n < 45; n++) {
    const root = await news.comment(story, readers[n % 5]!, `Opinion ${n}.`)
    roots.push(root)
    for (let reply = 0; reply < [0, 0, 1, 0, 5][n % 5]!; reply++) {
      const id = await news.comment(story, readers[reply]!, `Reply ${reply} to ${n}.`, root)
      if (n === 4)
        for (let deep = 0; deep < 3; deep++) await news.comment(story, readers[deep]!, `Deeper ${deep}.`, id)
    }
    for (const name of readers.slice(0, n % 4)) if (name !== readers[n % 5]) await respect(name, root)
  }
})
afterAll(() => news?.close())

const respect = async (name: string, id: string) =>
  news.call('PUT', `/api/stories/${story}/comments/${id}/ballot`, {
    token: await news.tokenOf(name),
    body: { value: 1 },
  })

const idsOn = (page: string): string[] =>
  [...page.matchAll(/<li class="branch" id="c-([0-9a-f-]{36})"/g)].map((match) => match[1]!)
const nextOf = (page: string): string | undefined =>
  /<a class="next" rel="next" href="([^"#]+)/
    .exec(page)?.[1]
    ?.replaceAll('&amp;', '&')
    .replace(news.origin, '')
const announced = (page: string): number =>
  [...page.matchAll(/<p class="more-replies"><a [^>]*>[^<]*?(\d+)/g)].reduce(
    (sum, match) => sum + Number(match[1]),
    0,
  )
/** Comments with a text; a tombstone has none. */
const textsOn = (page: string): number => (page.match(/<article class="comment(?! tombstone)/g) ?? []).length

/** Reads page after page. @param meanwhile what happens between two of them */
async function readAll(
  first: string,
  meanwhile: () => Promise<unknown> = async () => undefined,
): Promise<string[]> {
  const pages: string[] = []
  for (let next: string | undefined = first; next; next = nextOf(pages.at(-1)!)) {
    if (pages.length > 0) await meanwhile()
    const answer = await news.call('GET', next)
    expect(answer.status).toBe(200)
    pages.push(answer.text)
    expect(pages.length).toBeLessThan(20)
  }
  return pages
}

test.each(sorts.map(({ name }) => name))('page by page, %s has every first comment once', async (sort) => {
  const pages = await readAll(`/s/${story}?sort=${sort}`)
  const seen = pages.flatMap(idsOn).filter((id) => roots.includes(id))
  expect(pages).toHaveLength(3)
  expect([...seen].sort()).toEqual([...roots].sort())
})

test('the first page of the embed is that of the story’s own page', async () => {
  for (const { name } of sorts) {
    const [page, fragment] = [
      await news.call('GET', `/s/${story}?sort=${name}`),
      await news.call('GET', `/fragment?story=${story}&sort=${name}`),
    ]
    expect(idsOn(fragment.text)).toEqual(idsOn(page.text))
  }
})

test('each sort is in its order', async () => {
  const order = async (sort: string) =>
    (await readAll(`/s/${story}?sort=${sort}`)).flatMap(idsOn).filter((id) => roots.includes(id))
  expect(await order('oldest')).toEqual([...roots].sort())
  expect(await order('newest')).toEqual([...roots].sort().reverse())
  const listed = (await news.call('GET', `/api/stories/${story}/comments?sort=oldest&limit=100`)).json<{
    items: { id: string; respect: number; parent: string | null }[]
  }>().items
  const respects = new Map(listed.map(({ id, respect }) => [id, respect]))
  const respected = (await order('respected')).map((id) => respects.get(id) ?? 0)
  expect(respected).toEqual([...respected].sort((a, b) => b - a))
  expect((await order('replied'))[0]).toBe(roots[4])
})

test.each(sorts.map(({ name }) => name))(
  'read by a program, %s has every first comment once',
  async (sort) => {
    const seen: string[] = []
    for (let after = ''; ; ) {
      const page = (
        await news.call('GET', `/api/stories/${story}/comments?sort=${sort}&limit=7${after}`)
      ).json<{ items: { id: string }[]; next: string | null }>()
      seen.push(...page.items.map(({ id }) => id))
      if (page.next === null) break
      after = `&after=${encodeURIComponent(page.next)}`
    }
    expect(seen.sort()).toEqual([...roots].sort())
  },
)

test('what the pages show and what they announce add up to the story’s count', async () => {
  const { comments } = (await news.call('GET', `/api/stories/${story}`)).json<{ comments: number }>()
  for (const { name } of sorts) {
    const pages = await readAll(`/s/${story}?sort=${name}`)
    const sum = pages.reduce((total, page) => total + textsOn(page) + announced(page), 0)
    expect(sum, name).toBe(comments)
  }
})

test.each(sorts.map(({ name }) => name))(
  'by %s none of those that were there is lost while new ones arrive between the pages',
  async (sort) => {
    const before = new Set(roots)
    const pages = await readAll(`/s/${story}?sort=${sort}`, async () => {
      for (let n = 0; n < 3; n++) roots.push(await news.comment(story, 'Bo Harbour', 'Late to it.'))
      if (sort === 'newest' || sort === 'oldest') {
        await news.comment(story, 'Bo Harbour', 'A late reply.', roots[0])
        await respect('Ada Quay', roots[1]!)
      }
    })
    const seen = pages.flatMap(idsOn).filter((id) => before.has(id))
    expect(seen.sort()).toEqual([...before].sort())
  },
)

test('a chain of thirty replies is followed from page to page to its end', async () => {
  const chain = [await news.comment(story, 'Ada Quay', 'Link 0.')]
  for (let n = 1; n < 30; n++)
    chain.push(await news.comment(story, readers[n % 5]!, `Link ${n}.`, chain.at(-1)))
  const seen = new Set<string>()
  let path: string | undefined = `/s/${story}?sort=newest`
  for (let steps = 0; path && steps < 30; steps++) {
    const { text }: { text: string } = await news.call('GET', path)
    for (const id of chain) if (text.includes(`id="c-${id}"`)) seen.add(id)
    const deepest: string = chain.findLast((id) => text.includes(`id="c-${id}"`))!
    path = text.includes(`<p class="more-replies"><a href="/s/${story}/c/${deepest}"`)
      ? `/s/${story}/c/${deepest}`
      : undefined
  }
  expect([...seen].sort()).toEqual([...chain].sort())
  const last = await news.call('GET', `/s/${story}/c/${chain.at(-1)}`)
  expect([...last.text.matchAll(/<li id="c-/g)]).toHaveLength(10)
})

test('a comment’s own page continues when it has many replies', async () => {
  const root = await news.comment(story, 'Ada Quay', 'Ask me anything.')
  const replies: string[] = []
  for (let n = 0; n < 41; n++)
    replies.push(await news.comment(story, readers[n % 5]!, `Question ${n}?`, root))
  const pages = await readAll(`/s/${story}/c/${root}`)
  expect(pages).toHaveLength(3)
  expect(pages.flatMap(idsOn)).toEqual(replies)
})

test('a place in one sort is no place in another, and one that was made up shows the beginning', async () => {
  const first = idsOn((await news.call('GET', `/s/${story}?sort=newest`)).text)
  for (const after of ['nonsense', `7~${roots[3]}`, '~', '0~0'])
    expect(idsOn((await news.call('GET', `/s/${story}?sort=newest&after=${after}`)).text)).toEqual(first)
})

const uuid = fc.uuid({ version: 7 })

test('a place in a sort is read as it was written', () =>
  fc.assert(
    fc.property(
      fc.constantFrom(...sorts),
      uuid,
      fc.nat({ max: 999_999_999 }),
      fc.nat({ max: 999_999_999 }),
      (sort, id, descendants, respect) => {
        const comment: Record<SortKey, string | number> = { id, descendants, respect }
        expect(readCursor(sort, writeCursor(sort, comment))).toEqual(sort.keys.map((key) => comment[key]))
      },
    ),
  ))
