import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CommentStatus } from '../../src/database/tables.ts'
import { loadSampleIfEmpty } from '../../src/migration/sample.ts'
import { addSite } from '../../src/stories/site-actions.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'

let newsroom: Newsroom

beforeAll(async () => {
  newsroom = await startNewsroom()
  expect(await loadSampleIfEmpty(newsroom.app)).toBe(true)
})
afterAll(() => newsroom.close())

const listStories = () => newsroom.app.db.selectFrom('story').selectAll().orderBy('id', 'desc').execute()
const listComments = () => newsroom.app.db.selectFrom('comment').selectAll().orderBy('id').execute()

test('an empty database becomes a newsroom with a name, rules, sections, staff and stories', async () => {
  const { app } = newsroom
  expect(app.site).toMatchObject({
    name: 'The Halftide Courier',
    language: 'en',
    timeZone: 'UTC',
    origins: [],
  })
  expect(app.site.rules).toContain('Argue with the act')
  expect(await app.db.selectFrom('site').select(['name', 'rules', 'origins']).execute()).toEqual([
    { name: app.site.name, rules: app.site.rules, origins: [] },
  ])
  expect(await app.db.selectFrom('section').select('name').execute()).toHaveLength(5)
  const people = await app.db.selectFrom('person').selectAll().execute()
  expect(new Set(people.map(({ claim }) => claim))).toEqual(new Set(['claimed']))
  expect(people.find(({ role }) => role === 'moderator')).toMatchObject({ badge: 'Readers’ desk' })
  expect((await listStories()).map(({ external, mode }) => [external, mode])).toEqual([
    ['sample-fog-line', null],
    ['sample-fireworks', null],
    ['sample-lighthouse', null],
    ['sample-school-lunch', 'premoderated'],
    ['sample-first-boat', null],
    ['sample-buoy', 'closed'],
  ])
})

test('it is loaded once, and never beside a newsroom’s own stories', async () => {
  const before = await listComments()
  expect(await loadSampleIfEmpty(newsroom.app)).toBe(false)
  expect(await listComments()).toEqual(before)

  const other = await startNewsroom()
  await other.putStory()
  const [first, second] = [loadSampleIfEmpty(other.app), loadSampleIfEmpty(other.app)]
  expect(await Promise.all([first, second])).toEqual([false, false])
  expect(other.app.site.name).toBe('Detente')
  await other.close()
})

test('it is not loaded where a second site was added before any story', async () => {
  const empty = await startNewsroom()
  const quay = { name: 'Quay', address: 'https://talk.quay.example', language: 'en', timeZone: 'UTC' }
  expect(await addSite(empty.app, quay)).toHaveProperty('id')
  expect(await loadSampleIfEmpty(empty.app)).toBe(false)
  await empty.close()
})

test('of two processes that start at once one loads it', async () => {
  const other = await startNewsroom()
  const loaded = await Promise.all([loadSampleIfEmpty(other.app), loadSampleIfEmpty(other.app)])
  expect(loaded.filter(Boolean)).toHaveLength(1)
  await other.close()
})

test('a comment stands in its time: after what it answers, after its story, before now', async () => {
  const comments = new Map((await listComments()).map((comment) => [comment.id, comment]))
  const stories = new Map((await listStories()).map((story) => [story.id, story]))
  for (const { id, parentId, storyId, receivedAt, postedAt } of comments.values()) {
    expect(Number.parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(receivedAt.getTime())
    expect(receivedAt > stories.get(storyId)!.publishedAt!).toBe(true)
    expect(receivedAt < newsroom.app.now()).toBe(true)
    if (parentId === null) continue
    const parent = comments.get(parentId)!
    expect(parent.id < id).toBe(true)
    expect(postedAt! > parent.receivedAt).toBe(true)
  }
})

test('counts of comments, replies, descendants and respect are those of the rows', async () => {
  const comments = await listComments()
  const published = comments.filter(({ status }) => status === 'published')
  for (const story of await listStories())
    expect(story.comments).toBe(published.filter(({ storyId }) => storyId === story.id).length)
  const ballots = await newsroom.app.db.selectFrom('ballot').selectAll().execute()
  expect(ballots.length).toBeGreaterThan(900)
  for (const { id, replies, descendants, respect, authorId } of comments) {
    expect(replies).toBe(published.filter(({ parentId }) => parentId === id).length)
    expect(descendants).toBe(published.filter(({ ancestors }) => ancestors.includes(id)).length)
    const cast = ballots.filter(({ commentId }) => commentId === id)
    expect(respect).toBe(cast.length)
    expect(cast.some(({ personId }) => personId === authorId)).toBe(false)
    expect(cast.every(({ value, castAt }) => value === 1 && castAt <= newsroom.app.now())).toBe(true)
  }
})

test.each<[CommentStatus, number]>([
  ['removed', 1],
  ['held', 1],
  ['withdrawn', 1],
  ['pending', 2],
  ['missing', 1],
])('there is a comment of each state: %s', async (status, count) => {
  expect((await listComments()).filter((comment) => comment.status === status)).toHaveLength(count)
})

test('what was removed or held was decided by the moderator, for a reason', async () => {
  const { db } = newsroom.app
  const decisions = await db
    .selectFrom('decision')
    .innerJoin('person', 'person.id', 'decision.moderatorId')
    .innerJoin('comment', 'comment.id', 'decision.commentId')
    .select([
      'decision.action',
      'decision.reason',
      'person.role',
      'comment.reason as said',
      'decision.statusAfter',
      'comment.status',
    ])
    .orderBy('decision.id')
    .execute()
  expect(decisions).toEqual([
    {
      action: 'remove',
      reason: 'personal-attack',
      role: 'moderator',
      said: 'personal-attack',
      statusAfter: 'removed',
      status: 'removed',
    },
    { action: 'hold', reason: 'spam', role: 'moderator', said: 'spam', statusAfter: 'held', status: 'held' },
  ])
})

test('what its author took back has no words left, and the replies to it stay', async () => {
  const withdrawn = (await listComments()).find(({ status }) => status === 'withdrawn')!
  expect(withdrawn).toMatchObject({ text: '', html: '', kind: null, shown: 'tombstone', replies: 2 })
})

test('one replies to a comment that isn’t here, which stands as a tombstone of nobody’s', async () => {
  const comments = await listComments()
  const missing = comments.find(({ status }) => status === 'missing')!
  expect(missing).toMatchObject({ authorId: null, text: '', postedAt: null, shown: 'tombstone', replies: 1 })
  expect(comments.find(({ parentId }) => parentId === missing.id)?.text).toContain('one pot and two ladles')
})

test('an edited comment shows its new text and keeps the one before', async () => {
  const edited = (await listComments()).filter(({ revision }) => revision > 1)
  const before = await newsroom.app.db
    .selectFrom('commentRevision')
    .selectAll()
    .orderBy('commentId')
    .execute()
  expect(edited).toHaveLength(3)
  expect(before.map(({ commentId, number }) => [commentId, number])).toEqual(edited.map(({ id }) => [id, 1]))
  for (const [n, { text, postedAt, editedAt }] of edited.entries()) {
    expect(text).toContain(before[n]!.text)
    expect(text).not.toBe(before[n]!.text)
    expect(before[n]!.writtenAt).toEqual(postedAt)
    expect(editedAt! > postedAt!).toBe(true)
  }
})

test('quotes are found letter for letter in what they quote', async () => {
  const comments = await listComments()
  const passages = await newsroom.app.db.selectFrom('passage').selectAll().execute()
  const quotes = comments.flatMap(({ storyId, quotes }) => quotes.map((quote) => ({ storyId, ...quote })))
  expect(quotes.length).toBeGreaterThan(12)
  for (const quote of quotes) {
    const passage = passages.find(({ storyId, id }) => storyId === quote.storyId && id === quote.passage)
    const quoted = quote.comment ? comments.find(({ id }) => id === quote.comment) : passage
    expect(quoted?.text).toContain(quote.exact)
  }
})

test('live updates go on from the last event of each story', async () => {
  const events = await newsroom.app.db.selectFrom('event').selectAll().orderBy('number').execute()
  for (const { id, eventNumber } of await listStories()) {
    const numbers = events.filter(({ storyId }) => storyId === id).map(({ number }) => number)
    expect(numbers).toEqual(Array.from({ length: eventNumber }, (_, n) => n + 1))
  }
})

test('its pages are read at once; links went through the one renderer, and what is held stays unseen', async () => {
  const [story] = (await listStories()).filter(({ external }) => external === 'sample-lighthouse')
  const page = await newsroom.call('GET', `/s/${story!.id}?sort=oldest`)
  expect(page.status).toBe(200)
  const linked = (await listComments()).find(({ text }) => text.includes('cold-brae-dilution'))!
  expect(linked.html).toContain('rel="ugc nofollow noopener"')
  expect(page.text).not.toContain('Galvanised anchors')
})
