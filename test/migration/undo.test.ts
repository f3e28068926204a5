import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { newId } from '../../src/database/ids.ts'
import { importPage } from '../../src/migration/import-page.ts'
import { type UndoReport, undoBatch } from '../../src/migration/undo.ts'
import { isProblem } from '../../src/problem.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { copiedPage, planOf } from './copied-page.ts'

let newsroom: Newsroom
let batch: string
let story: string

beforeAll(async () => {
  newsroom = await startNewsroom()
})
afterAll(() => newsroom.close())

beforeEach(async () => {
  const report = await importPage(newsroom.app, planOf(copiedPage, { url: `${newsroom.origin}/ferry` }))
  if (isProblem(report)) throw new Error(report.detail)
  batch = report.batch!
  story = report.stories[0]!
})
afterEach(async () => {
  const { db } = newsroom.app
  await db.deleteFrom('story').execute()
  await db.deleteFrom('person').where('batchId', 'is not', null).execute()
  await db.deleteFrom('batch').execute()
})

const undo = async (): Promise<UndoReport> => {
  const report = await undoBatch(newsroom.app, batch)
  if (isProblem(report)) throw new Error(report.detail)
  return report
}
const refusal = async () => {
  const report = await undoBatch(newsroom.app, batch)
  if (!isProblem(report)) throw new Error('undone')
  return report.detail
}
const listComments = () => newsroom.app.db.selectFrom('comment').selectAll().orderBy('id').execute()
const listPeople = () =>
  newsroom.app.db.selectFrom('person').select(['id', 'name', 'batchId']).orderBy('id').execute()

test('all of an import goes, and nothing else', async () => {
  const own = await newsroom.putStory()
  const comment = await newsroom.comment(own, 'Ferryman', 'It sails at six.')
  expect(await undo()).toMatchObject({
    batch,
    already: false,
    stories: 1,
    comments: 3,
    people: 2,
    stayed: [],
  })
  const { db } = newsroom.app
  expect((await db.selectFrom('story').select('id').execute()).map(({ id }) => id)).toEqual([own])
  expect((await listComments()).map(({ id }) => id)).toEqual([comment])
  expect((await listPeople()).map(({ name }) => name)).toEqual(['Ferryman'])
  for (const table of ['storyVersion', 'passage', 'event'] as const)
    expect(
      (await db.selectFrom(table).select('storyId').execute()).every(({ storyId }) => storyId === own),
    ).toBe(true)
})

test('its pages are gone at once', async () => {
  expect((await newsroom.call('GET', `/s/${story}`)).status).toBe(200)
  await undo()
  expect((await newsroom.call('GET', `/s/${story}`)).status).toBe(404)
})

test('a second undo finds it done, and does nothing', async () => {
  const first = await undo()
  const again = await undo()
  expect(again).toEqual({
    batch,
    undone: first.undone,
    already: true,
    stories: 0,
    comments: 0,
    people: 0,
    stayed: [],
  })
})

test('two who undo at once undo it once', async () => {
  const reports = await Promise.all([undo(), undo()])
  expect(reports.map(({ already }) => already).sort()).toEqual([false, true])
})

test.each(['no-batch', newId()])('there is nothing to undo under %s', async (id) => {
  expect(await undoBatch(newsroom.app, id)).toMatchObject({ problem: 'batch-unknown' })
})

test('readers’ own words stand in its way: nothing is deleted, and it says how many', async () => {
  const imported = await listComments()
  await newsroom.comment(story, 'Ferryman', 'It sails at six.', imported[0]!.id)
  expect(await refusal()).toBe(`1 comment has been written under batch ${batch} since; nothing was deleted.`)
  await newsroom.comment(story, 'Ferryman', 'At half past, on Sundays.')
  expect(await refusal()).toContain('2 comments have')
  expect(await listComments()).toHaveLength(5)
  expect(await undoBatch(newsroom.app, batch)).toMatchObject({ problem: 'undo-refused' })
})

test('a comment that its author took back has no words left to stand in the way', async () => {
  const own = await newsroom.comment(story, 'Ferryman', 'It sails at six.')
  await newsroom.call('DELETE', `/api/stories/${story}/comments/${own}`, {
    token: await newsroom.tokenOf('Ferryman'),
  })
  expect(await undo()).toMatchObject({ already: false, comments: 3 })
  expect(await listComments()).toEqual([])
})

test('a story whose text the newsroom has put since is the newsroom’s', async () => {
  const body = { title: 'No ferry', body: ['It does not sail.'], url: `${newsroom.origin}/ferry` }
  const put = await newsroom.call('PUT', '/api/stories/ext:ferry', { token: newsroom.siteKey, body })
  expect(put.json()).toMatchObject({ id: story })
  expect(await refusal()).toContain(`in the place of story ${story}`)
  expect(await listComments()).toHaveLength(3)
})

test('what somebody has claimed since is theirs: nothing is deleted, and it says how much', async () => {
  const { db } = newsroom.app
  const [tove] = (await listPeople()).filter(({ batchId }) => batchId === batch)
  await db.updateTable('person').set({ claim: 'claimed' }).where('id', '=', tove!.id).execute()
  expect(await refusal()).toContain(`of batch ${batch} were claimed by who wrote them; nothing was deleted.`)
  expect(await listComments()).toHaveLength(3)
})

test('people who were claimed and have no words in it any more, or wrote elsewhere, stay and are named', async () => {
  const { db } = newsroom.app
  const [tove, rat] = (await listPeople()).filter(({ batchId }) => batchId === batch)
  await db.updateTable('person').set({ claim: 'claimed' }).where('id', '=', tove!.id).execute()
  await db.updateTable('comment').set({ status: 'withdrawn' }).where('authorId', '=', tove!.id).execute()
  const elsewhere = await newsroom.putStory()
  await newsroom.comment(elsewhere, 'Ferryman', 'It sails at six.')
  await db.updateTable('comment').set({ authorId: rat!.id }).where('storyId', '=', elsewhere).execute()
  expect(await undo()).toMatchObject({
    people: 0,
    stayed: [
      { id: tove!.id, name: 'Tove B. Lind', reason: 'claimed' },
      { id: rat!.id, name: 'harbour_rat7', reason: 'wrote elsewhere' },
    ],
  })
  expect((await listPeople()).filter(({ batchId }) => batchId === batch)).toHaveLength(2)
})

test('what was decided about its comments stays in the log', async () => {
  const [comment] = await listComments()
  const token = await newsroom.tokenOf('Tarrant', 'moderator')
  const decision = { action: 'remove', reason: 'off-topic' }
  const taken = await newsroom.call('POST', `/api/stories/${story}/comments/${comment!.id}/decisions`, {
    token,
    body: decision,
  })
  expect(taken.status).toBe(201)
  await undo()
  expect(await newsroom.app.db.selectFrom('decision').select(['commentId', 'action']).execute()).toEqual([
    { commentId: comment!.id, action: 'remove' },
  ])
})
