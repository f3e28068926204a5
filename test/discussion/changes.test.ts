/** What becomes of a comment: changed, taken back, held, removed, restored; and what is counted meanwhile. */
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { setGate } from '../../src/stories/actions.ts'
import { type Answer, type Newsroom, startNewsroom } from '../newsroom.ts'

let news: Newsroom
let story: string

beforeAll(async () => {
  news = await startNewsroom()
  story = await news.putStory()
})
afterAll(() => news?.close())

const MINUTE = 60_000

async function act(name: string, method: string, path: string, body?: unknown, of = story): Promise<Answer> {
  const token = await news.tokenOf(name, name === 'Mo Tide' ? 'moderator' : undefined)
  return news.call(method, `/api/stories/${of}/comments/${path}`, {
    token,
    ...(body === undefined ? {} : { body }),
  })
}
const decide = (id: string, action: string, reason?: string, of = story) =>
  act('Mo Tide', 'POST', `${id}/decisions`, { action, ...(reason ? { reason } : {}) }, of)
const get = async (id: string) => news.call('GET', `/api/stories/${story}/comments/${id}`)
const count = async () =>
  (await news.call('GET', `/api/stories/${story}`)).json<{ comments: number }>().comments

async function at<T>(minutesFromNow: number, work: () => Promise<T>): Promise<T> {
  const then = Date.now() + minutesFromNow * MINUTE
  news.app.now = () => new Date(then)
  try {
    return await work()
  } finally {
    news.app.now = () => new Date()
  }
}

test('a comment can be edited for ten minutes, and what it said stays to be read', async () => {
  const id = await news.comment(story, 'Ada Quay', 'Low water at *four*.')
  const edited = await at(9.9, () => act('Ada Quay', 'PATCH', id, { text: 'Low water at **five**.' }))
  expect(edited.json()).toMatchObject({
    id,
    status: 'published',
    text: 'Low water at **five**.',
    html: '<p dir="auto">Low water at <strong>five</strong>.</p>',
  })
  expect((await get(id)).json()).toMatchObject({
    text: 'Low water at **five**.',
    edited: expect.stringMatching(/^2/),
  })
  const late = await at(10.1, () => act('Ada Quay', 'PATCH', id, { text: 'Low water at six.' }))
  expect(late.json()).toMatchObject({ type: '/problems/edit-over', status: 409 })
  const history = await news.call('GET', `/s/${story}/c/${id}/history`)
  expect(history.text).toContain('Low water at <em>four</em>.')
  expect(history.text).not.toContain('Low water at six.')
  const { items } = (await news.call('GET', `/api/stories/${story}/comments/${id}/revisions`)).json<{
    items: { number: number; text: string }[]
  }>()
  expect(items).toMatchObject([{ number: 1, text: 'Low water at *four*.' }])
  expect((await news.call('GET', `/s/${story}/c/${id}`)).text).toContain('<strong>five</strong>')
})

test('each edit is a revision, and each is in the history in its order', async () => {
  const id = await news.comment(story, 'Ada Quay', 'Take 1.')
  for (let take = 2; take <= 5; take++) await act('Ada Quay', 'PATCH', id, { text: `Take ${take}.` })
  const { items } = (await news.call('GET', `/api/stories/${story}/comments/${id}/revisions`)).json<{
    items: { number: number; text: string }[]
  }>()
  expect(items.map(({ number, text }) => [number, text])).toEqual(
    [1, 2, 3, 4].map((take) => [take, `Take ${take}.`]),
  )
})

test.each(['Bo Harbour', 'Mo Tide'])('nobody else edits or withdraws a comment: %s', async (name) => {
  const id = await news.comment(story, 'Ada Quay', 'Mine.')
  expect((await act(name, 'PATCH', id, { text: 'Not hers.' })).status).toBe(404)
  expect((await act(name, 'DELETE', id)).status).toBe(404)
  expect((await get(id)).json()).toMatchObject({ text: 'Mine.' })
})

test('a comment that nobody answered is gone when it is withdrawn, with its history', async () => {
  const id = await news.comment(story, 'Ada Quay', 'First thought.')
  await act('Ada Quay', 'PATCH', id, { text: 'Second thought.' })
  const before = await count()
  expect((await act('Ada Quay', 'DELETE', id)).json()).toEqual({ id, status: 'withdrawn' })
  expect(await count()).toBe(before - 1)
  for (const path of [
    `/api/stories/${story}/comments/${id}`,
    `/api/stories/${story}/comments/${id}/revisions`,
    `/s/${story}/c/${id}`,
    `/s/${story}/c/${id}/history`,
  ])
    expect((await news.call('GET', path)).status, path).toBe(404)
  const { rows } =
    await sql`select text from comment where id = ${id} and (text <> '' or html <> '' or terms is not null)
    union all select text from comment_revision where comment_id = ${id}`.execute(news.app.db)
  expect(rows).toEqual([])
  expect((await act('Ada Quay', 'DELETE', id)).status).toBe(404)
  expect((await act('Ada Quay', 'PATCH', id, { text: 'Third thought.' })).status).toBe(409)
})

test('one that was answered leaves a tombstone, for as long as an answer stands', async () => {
  const id = await news.comment(story, 'Ada Quay', 'Is it late?')
  const reply = await news.comment(story, 'Bo Harbour', 'Always.', id)
  await act('Ada Quay', 'DELETE', id)
  expect((await get(id)).json()).toMatchObject({
    status: 'withdrawn',
    author: null,
    text: null,
    html: null,
    replies: 1,
  })
  const page = await news.call('GET', `/s/${story}/c/${reply}`)
  expect(page.text).toContain('Always.')
  expect(page.text).toContain('comment tombstone')
  await act('Bo Harbour', 'DELETE', reply)
  expect((await get(id)).status).toBe(404)
})

test('a comment can be withdrawn at any time, in a closed discussion too', async () => {
  const id = await news.comment(story, 'Ada Quay', 'I should not have said that.')
  await setGate(news.app, { storyId: story }, { mode: 'closed', reason: null, closeAfterDays: null })
  expect((await at(600, () => act('Ada Quay', 'DELETE', id))).status).toBe(200)
  await setGate(news.app, { storyId: story }, { mode: null, reason: null, closeAfterDays: null })
})

test('what nobody has read before it was edited is in no history', async () => {
  await setGate(news.app, { storyId: story }, { mode: 'premoderated', reason: null, closeAfterDays: null })
  const id = await news.comment(story, 'Ada Quay', 'Canary, before its first reader.')
  await act('Ada Quay', 'PATCH', id, { text: 'Second thought.' })
  await decide(id, 'approve')
  await setGate(news.app, { storyId: story }, { mode: null, reason: null, closeAfterDays: null })
  expect((await get(id)).json()).toMatchObject({ text: 'Second thought.', edited: null })
  await act('Ada Quay', 'PATCH', id, { text: 'Third thought.' })
  for (const path of [`/s/${story}/c/${id}/history`, `/api/stories/${story}/comments/${id}/revisions`]) {
    const { text } = await news.call('GET', path)
    expect(text).toContain('Second thought.')
    expect(text).not.toContain('Canary')
  }
})

test('what is public is not edited past the screening of a discussion that has closed', async () => {
  const id = await news.comment(story, 'Ada Quay', 'Screened.')
  await setGate(news.app, { storyId: story }, { mode: 'closed', reason: null, closeAfterDays: null })
  expect((await act('Ada Quay', 'PATCH', id, { text: 'Unscreened.' })).json()).toMatchObject({
    type: '/problems/discussion-closed',
  })
  await setGate(news.app, { storyId: story }, { mode: null, reason: null, closeAfterDays: null })
  expect((await get(id)).json()).toMatchObject({ text: 'Screened.' })
})

test('the same words under the same key are a new comment once the first was taken back', async () => {
  const token = await news.tokenOf('Ada Quay')
  const send = async () =>
    (
      await news.call('POST', `/api/stories/${story}/comments`, {
        token,
        body: { text: 'Said, unsaid, said.' },
        headers: { 'idempotency-key': 'said-twice' },
      })
    ).json<{ id: string }>().id
  const first = await send()
  expect(await send()).toBe(first)
  await act('Ada Quay', 'DELETE', first)
  const second = await send()
  expect(second).not.toBe(first)
  expect((await get(second)).json()).toMatchObject({ text: 'Said, unsaid, said.' })
})

test('a removed comment leaves a tombstone with the rule, answered or not', async () => {
  const id = await news.comment(story, 'Ada Quay', 'Buy boats here.')
  const before = await count()
  await decide(id, 'remove', 'spam')
  expect(await count()).toBe(before - 1)
  expect((await get(id)).json()).toMatchObject({
    status: 'removed',
    reason: 'spam',
    author: null,
    text: null,
  })
  await decide(id, 'restore')
  expect(await count()).toBe(before)
  expect((await get(id)).json()).toMatchObject({
    status: 'published',
    reason: null,
    text: 'Buy boats here.',
    author: { name: 'Ada Quay' },
  })
})

test('a held comment that nobody answered is not there at all', async () => {
  const id = await news.comment(story, 'Ada Quay', 'Is this allowed?')
  await decide(id, 'hold', 'other')
  expect((await get(id)).status).toBe(404)
  await decide(id, 'approve')
  expect((await get(id)).status).toBe(200)
})

test.each(['held', 'removed', 'withdrawn'])(
  'a comment that is %s cannot be answered, quoted, respected, reported or edited',
  async (state) => {
    const id = await news.comment(story, 'Ada Quay', 'What is the tide?')
    await news.comment(story, 'Bo Harbour', 'Low.', id)
    if (state === 'withdrawn') await act('Ada Quay', 'DELETE', id)
    else await decide(id, state === 'held' ? 'hold' : 'remove', 'other')
    expect((await act('Bo Harbour', 'POST', '', { text: 'High.', parent: id })).status).toBe(404)
    const comments = `/api/stories/${story}/comments`
    const token = await news.tokenOf('Bo Harbour')
    expect(
      (await news.call('POST', comments, { token, body: { text: 'High.', parent: id } })).json(),
    ).toMatchObject({ type: '/problems/parent-unknown' })
    expect(
      (
        await news.call('POST', comments, {
          token,
          body: { text: 'So.', quotes: [{ comment: id, exact: 'tide' }] },
        })
      ).json(),
    ).toMatchObject({ type: '/problems/quote-unknown' })
    expect((await act('Bo Harbour', 'PUT', `${id}/ballot`, { value: 1 })).status).toBe(404)
    expect((await act('Bo Harbour', 'POST', `${id}/reports`, { reason: 'spam' })).status).toBe(404)
    expect((await act('Ada Quay', 'PATCH', id, { text: 'What was the tide?' })).status).toBe(409)
  },
)

test('a report is kept for the desk, once a reader, and settled by a decision', async () => {
  const id = await news.comment(story, 'Ada Quay', 'Buy boats here.')
  expect(
    (
      await act('Bo Harbour', 'POST', `${id}/reports`, { reason: 'spam', text: '  It sells\n\nboats. ' })
    ).json(),
  ).toEqual({ comment: id, reason: 'spam' })
  expect((await act('Bo Harbour', 'POST', `${id}/reports`, { reason: 'off-topic' })).status).toBe(201)
  expect(
    (await act('Cy Strand', 'POST', `${id}/reports`, { reason: 'spam', text: 'Boats again.' })).status,
  ).toBe(201)
  const open = () =>
    news.app.db
      .selectFrom('report')
      .select(['reason', 'text'])
      .where('commentId', '=', id)
      .where('settledAt', 'is', null)
      .orderBy('reason')
      .execute()
  expect(await open()).toEqual([
    { reason: 'off-topic', text: '' },
    { reason: 'spam', text: 'Boats again.' },
  ])
  const desk = () =>
    news.tokenOf('Mo Tide', 'moderator').then((token) => news.call('GET', '/desk', { token }))
  expect((await desk()).text).toContain('Boats again.')
  await decide(id, 'remove', 'spam')
  expect(await open()).toEqual([])
  expect((await desk()).text).not.toContain('Boats again.')
})

test('respect is counted once a reader, taken back, and not one’s own to give', async () => {
  const id = await news.comment(story, 'Ada Quay', 'The pilots deserve better.')
  const vote = (name: string, value: number | null) => act(name, 'PUT', `${id}/ballot`, { value })
  expect((await vote('Ada Quay', 1)).json()).toMatchObject({ type: '/problems/not-allowed', status: 403 })
  const answers = await Promise.all(Array.from({ length: 20 }, () => vote('Bo Harbour', 1)))
  expect(answers.map((answer) => answer.status)).toEqual(Array(20).fill(200))
  expect((await vote('Cy Strand', 1)).json()).toEqual({ comment: id, value: 1, respect: 2 })
  expect((await vote('Cy Strand', 0.5)).json()).toEqual({ comment: id, value: 0.5, respect: 1 })
  expect((await vote('Cy Strand', 0)).json()).toEqual({ comment: id, value: 0, respect: 1 })
  expect((await vote('Cy Strand', null)).json()).toEqual({ comment: id, value: null, respect: 1 })
  expect((await vote('Bo Harbour', null)).json()).toEqual({ comment: id, value: null, respect: 0 })
})

test('in a pre-moderated discussion a comment waits, an edit sends it back to waiting, and only the desk lets it through', async () => {
  const early = await news.comment(story, 'Ada Quay', 'Before the rush.')
  const before = await count()
  await setGate(news.app, { storyId: story }, { mode: 'premoderated', reason: null, closeAfterDays: null })
  const late = await news.comment(story, 'Ada Quay', 'In the rush.')
  expect((await act('Ada Quay', 'PATCH', early, { text: 'Before the rush, edited.' })).json()).toMatchObject({
    status: 'pending',
  })
  expect(await count()).toBe(before - 1)
  for (const mode of [null, 'closed', 'off'] as const) {
    await setGate(news.app, { storyId: story }, { mode, reason: null, closeAfterDays: null })
    expect(
      (await act('Ada Quay', 'PATCH', late, { text: `Edited when it was ${mode}.` })).json(),
    ).toMatchObject({ status: 'pending' })
    expect((await get(late)).status).toBe(404)
  }
  await setGate(news.app, { storyId: story }, { mode: null, reason: null, closeAfterDays: null })
  for (const id of [early, late]) await decide(id, 'approve')
  expect(await count()).toBe(before + 1)
})

test('a quote says when what it quotes was changed since', async () => {
  const id = await news.comment(story, 'Ada Quay', 'Low water at four.')
  const token = await news.tokenOf('Bo Harbour')
  const quoting = (
    await news.call('POST', `/api/stories/${story}/comments`, {
      token,
      body: {
        text: 'Sure?',
        quotes: [
          { comment: id, exact: 'at four' },
          { passage: 'p1', exact: 'leaves at six' },
        ],
      },
    })
  ).json<{ id: string }>().id
  const quotes = async () => (await get(quoting)).json<{ quotes: unknown[] }>().quotes
  expect(await quotes()).toMatchObject([
    { comment: id, exact: 'at four', changed: false },
    { passage: 'p1', exact: 'leaves at six' },
  ])
  await act('Ada Quay', 'PATCH', id, { text: 'Low water at five.' })
  expect(await quotes()).toMatchObject([{ comment: id, exact: 'at four', changed: true }, { passage: 'p1' }])
})

/* What is counted, whatever happens in whatever order */

type Step = { who: string; what: string; which: number; text: string }
const steps = fc.array(
  fc.record({
    who: fc.constantFrom('Ada Quay', 'Bo Harbour', 'Cy Strand'),
    what: fc.constantFrom(
      'write',
      'write',
      'reply',
      'reply',
      'reply',
      'edit',
      'withdraw',
      'hold',
      'remove',
      'restore',
      'approve',
      'respect',
      'open',
      'premoderate',
    ),
    which: fc.nat(),
    text: fc.constantFrom('One.', 'Two.', 'Three.'),
  }),
  { minLength: 5, maxLength: 30 },
)

async function take({ who, what, which, text }: Step, thread: string, ids: string[]): Promise<void> {
  const id = ids.length > 0 ? ids[which % ids.length]! : undefined
  const token = await news.tokenOf(who)
  const done = await (async () => {
    if (what === 'open' || what === 'premoderate') {
      await setGate(
        news.app,
        { storyId: thread },
        { mode: what === 'open' ? null : 'premoderated', reason: null, closeAfterDays: null },
      )
      return undefined
    }
    if (what === 'write' || (what === 'reply' && id === undefined))
      return news.call('POST', `/api/stories/${thread}/comments`, { token, body: { text } })
    if (what === 'reply')
      return news.call('POST', `/api/stories/${thread}/comments`, { token, body: { text, parent: id } })
    if (id === undefined) return undefined
    if (what === 'edit') return act(who, 'PATCH', id, { text }, thread)
    if (what === 'withdraw') return act(who, 'DELETE', id, undefined, thread)
    if (what === 'respect') return act(who, 'PUT', `${id}/ballot`, { value: which % 2 ? 1 : null }, thread)
    return decide(id, what, what === 'hold' || what === 'remove' ? 'other' : undefined, thread)
  })()
  if (!done) return
  expect(done.status, done.text).toBeLessThan(500)
  if (done.status === 201 && (what === 'write' || what === 'reply')) ids.push(done.json<{ id: string }>().id)
}

/** Every count that is kept beside what it counts; none may differ. */
async function listMiscounts(thread: string): Promise<unknown[]> {
  const { rows } = await sql`
    select c.id::text, c.replies, c.descendants, c.respect from comment c
    where c.story_id = ${thread} and (
      c.replies <> (select count(*) from comment r where r.story_id = c.story_id and r.parent_id = c.id and r.status = 'published')
      or c.descendants <> (select count(*) from comment r where r.story_id = c.story_id and c.id = any (r.ancestors) and r.status = 'published')
      or c.respect <> (select count(*) from ballot b where b.story_id = c.story_id and b.comment_id = c.id and b.value = 1))
    union all
    select s.id::text, s.comments, s.event_number, null from story s where s.id = ${thread} and (
      s.comments <> (select count(*) from comment c where c.story_id = s.id and c.status = 'published')
      or s.event_number <> (select count(*) from event e where e.story_id = s.id)
      or s.event_number <> coalesce((select max(number) from event e where e.story_id = s.id), 0))
    union all
    select c.id::text, c.revision, null, null from comment c where c.story_id = ${thread} and c.status <> 'withdrawn'
      and c.revision <= (select max(v.number) from comment_revision v where v.story_id = c.story_id and v.comment_id = c.id)`.execute(
    news.app.db,
  )
  return rows
}

test('replies, branches, respect, revisions and the story’s count stay what SQL counts, one step after another', async () => {
  let thread = 0
  await fc.assert(
    fc.asyncProperty(steps, async (steps) => {
      const id = await news.putStory(`steps-${thread++}`)
      const ids: string[] = []
      for (const step of steps) await take(step, id, ids)
      expect(await listMiscounts(id)).toEqual([])
    }),
    { numRuns: 20, endOnFailure: true },
  )
})

test('and when many do things at once', async () => {
  let thread = 0
  await fc.assert(
    fc.asyncProperty(steps, async (steps) => {
      const id = await news.putStory(`crowd-${thread++}`)
      const ids: string[] = []
      for (const text of ['One.', 'Two.', 'Three.'])
        ids.push(await news.comment(id, 'Ada Quay', text, ids.at(-1)))
      await Promise.all(steps.map((step) => take(step, id, ids)))
      expect(await listMiscounts(id)).toEqual([])
    }),
    { numRuns: 20, endOnFailure: true },
  )
})
