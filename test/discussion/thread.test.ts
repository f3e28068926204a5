import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Comment } from '../../src/discussion/comment.ts'
import { type Branch, growBranches } from '../../src/discussion/thread.ts'

type Line = { id: string; parent: string | null; shown: 'text' | 'tombstone' }

/** A whole thread; each comment knows how many published ones are below it, as the database does. */
function makeThread(lines: Line[]): Comment[] {
  const parentOf = new Map(lines.map(({ id, parent }) => [id, parent]))
  const ancestorsOf = (id: string): string[] => {
    const parent = parentOf.get(id) ?? null
    return parent === null ? [] : [...ancestorsOf(parent), parent]
  }
  const published = lines.filter(({ shown }) => shown === 'text')
  return lines.map(({ id, parent, shown }) => ({
    id,
    storyId: 's',
    parentId: parent,
    ancestors: ancestorsOf(id),
    shown,
    status: shown === 'text' ? 'published' : 'withdrawn',
    reason: null,
    author: null,
    posted: null,
    edited: null,
    revision: 1,
    kind: null,
    language: null,
    text: id,
    html: id,
    quotes: [],
    respect: 0,
    replies: published.filter((one) => one.parent === id).length,
    descendants: published.filter((one) => ancestorsOf(one.id).includes(id)).length,
  }))
}

/** "b>a" is b, which answers a; "†b" has no text; "(b>a)" is in the thread and not on the page. */
function read(text: string): Comment[] {
  const words = text.split(' ').filter(Boolean)
  const lines = words.map((word): Line => {
    const [, mark, id, parent] = /^\(?(†?)(\w+)(?:>(\w+))?\)?$/.exec(word)!
    return { id: id!, parent: parent ?? null, shown: mark ? 'tombstone' : 'text' }
  })
  const thread = makeThread(lines)
  return thread.filter((_, n) => !words[n]!.startsWith('('))
}

const draw = (branches: Branch[]): string =>
  branches
    .map(({ comment, replies, more }) => {
      const inside = [draw(replies), more > 0 ? `+${more}` : ''].filter(Boolean).join(' ')
      return `${comment.shown === 'text' ? '' : '†'}${comment.id}${inside ? `(${inside})` : ''}`
    })
    .join(' ')

test.each([
  ['no comments are no branches', '', ''],
  ['first comments stand side by side, in their order', 'a b c', 'a b c'],
  ['a reply stands under its parent', 'a b>a', 'a(b)'],
  ['a reply that comes before its parent stands under it too', 'b>a a', 'a(b)'],
  ['replies keep their order', 'a c>a b>a', 'a(c b)'],
  ['a reply to a reply stands under that', 'a b>a c>b d>c', 'a(b(c(d)))'],
  ['a reply to a comment that is not on the page stands by itself', '(x) b>x', 'b'],
  ['a reply to a tombstone stands under it', '†x b>x', '†x(b)'],
  ['what is not on the page is counted', 'a b>a (c>a) (d>a)', 'a(b +2)'],
  ['it is counted where it hangs', 'a b>a (c>b) (d>b) (e>a)', 'a(b(+2) +1)'],
  ['what is deeper is counted at the last that is shown', 'a b>a c>b (d>c) (e>d)', 'a(b(c(+2)))'],
  ['a tombstone below is no comment to be announced', 'a (†b>a) (c>b)', 'a(+1)'],
  ['nothing is announced twice', 'a b>a (c>b) d>a (e>d) (f>e) (g>a)', 'a(b(+1) d(+2) +1)'],
])('%s', (_, thread, shape) => {
  expect(draw(growBranches(read(thread)))).toBe(shape)
})

/** A thread as it grows: each comment answers an earlier one or nobody. */
const threads = fc
  .array(fc.record({ answers: fc.nat(), isReply: fc.boolean(), isText: fc.integer({ min: 0, max: 4 }) }), {
    maxLength: 40,
  })
  .map((drafts) =>
    makeThread(
      drafts.map(
        ({ answers, isReply, isText }, n): Line => ({
          id: String(n),
          parent: isReply && n > 0 ? String(answers % n) : null,
          shown: isText ? 'text' : 'tombstone',
        }),
      ),
    ),
  )

const flatten = (branches: Branch[]): Branch[] =>
  branches.flatMap((branch) => [branch, ...flatten(branch.replies)])

test('no comment is lost and none comes twice, whatever the order of arrival', () =>
  fc.assert(
    fc.property(
      threads.chain((thread) => fc.shuffledSubarray(thread, { minLength: thread.length })),
      (thread) => {
        const ids = flatten(growBranches(thread)).map(({ comment }) => comment.id)
        expect(ids.sort()).toEqual(thread.map(({ id }) => id).sort())
      },
    ),
  ))

test('of a whole thread nothing is left to announce', () =>
  fc.assert(
    fc.property(threads, (thread) => {
      expect(flatten(growBranches(thread)).filter(({ more }) => more > 0)).toEqual([])
    }),
  ))

/** A thread and what of it is on a page: whatever is there, its parent is there too. */
const pages = fc
  .tuple(threads, fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }))
  .map(([thread, wanted]) => {
    const page = new Set<string>()
    for (const [n, { id, parentId }] of thread.entries())
      if (parentId === null || (wanted[n] && page.has(parentId))) page.add(id)
    return { thread, page: thread.filter(({ id }) => page.has(id)) }
  })

test('what is shown and what is announced add up to all that was published', () =>
  fc.assert(
    fc.property(pages, ({ thread, page }) => {
      const branches = flatten(growBranches(page))
      const shown = branches.filter(({ comment }) => comment.shown === 'text').length
      const announced = branches.reduce((sum, { more }) => sum + more, 0)
      expect(shown + announced).toBe(thread.filter((comment) => comment.shown === 'text').length)
      expect(branches.every(({ more }) => more >= 0)).toBe(true)
    }),
    { numRuns: 300 },
  ))
