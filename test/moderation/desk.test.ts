/** Decisions: who takes them, what they need, what they leave behind. */
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Role } from '../../src/database/tables.ts'
import { wordingFor } from '../../src/language/messages.ts'
import { reasons } from '../../src/moderation/decision.ts'
import { setGate } from '../../src/stories/actions.ts'
import { type Answer, type Newsroom, startNewsroom } from '../newsroom.ts'

let news: Newsroom
let story: string
let moderator: string

beforeAll(async () => {
  news = await startNewsroom()
  story = await news.putStory()
  moderator = await news.tokenOf('Mo Tide', 'moderator')
})
afterAll(() => news?.close())

const { say } = wordingFor('en')
const decide = (id: string, body: unknown, token = moderator): Promise<Answer> =>
  news.call('POST', `/api/stories/${story}/comments/${id}/decisions`, { token, body })
const statusOf = async (id: string): Promise<string> =>
  (await news.app.db.selectFrom('comment').select('status').where('id', '=', id).executeTakeFirstOrThrow())
    .status
const logOf = (id: string) =>
  news.app.db.selectFrom('decision').selectAll().where('commentId', '=', id).orderBy('id').execute()
const post = (path: string, fields: Record<string, string>, token = moderator): Promise<Answer> =>
  news.call('POST', path, {
    token,
    body: new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })

test.each([
  ['without a reason', { action: 'remove' }, 'reason-missing', '/reason'],
  ['with no reason', { action: 'remove', reason: null }, 'reason-missing', '/reason'],
  ['held without a reason', { action: 'hold' }, 'reason-missing', '/reason'],
  ['with a reason that is no rule', { action: 'remove', reason: 'ugly' }, 'body-invalid', '/reason'],
  ['by an action that is none', { action: 'delete', reason: 'spam' }, 'body-invalid', '/action'],
])('a comment removed %s stays where it is', async (_, body, problem, at) => {
  const id = await news.comment(story, 'Ada Quay', 'It stays.')
  expect((await decide(id, body)).json()).toMatchObject({ type: `/problems/${problem}`, status: 422, at })
  expect(await statusOf(id)).toBe('published')
  expect(await logOf(id)).toEqual([])
})

test('the desk’s form without a reason says so, and keeps the comment', async () => {
  const id = await news.comment(story, 'Ada Quay', 'It stays.')
  const refused = await post(`/desk/decide/${story}/${id}`, { action: 'remove', reason: '', note: '' })
  expect(refused.status).toBe(422)
  expect(refused.text).toContain(say('problem-reason-missing'))
  expect(await statusOf(id)).toBe('published')
})

test.each<[Role, number]>([
  ['reader', 403],
  ['staff', 403],
  ['moderator', 201],
  ['editor', 201],
  ['admin', 201],
])('whether a %s may decide', async (role, status) => {
  const id = await news.comment(story, 'Ada Quay', 'To be decided.')
  const token = await news.tokenOf(`The ${role}`, role)
  expect((await decide(id, { action: 'remove', reason: 'spam' }, token)).status).toBe(status)
  expect(await statusOf(id)).toBe(status === 201 ? 'removed' : 'published')
  expect([303, 403]).toContain(
    (
      await post(
        `/desk/decide/${story}/${id}`,
        { action: status === 201 ? 'restore' : 'hold', reason: 'spam' },
        token,
      )
    ).status,
  )
  expect(await statusOf(id)).toBe('published')
  expect((await news.call('GET', '/api/queue', { token })).status).toBe(status === 201 ? 200 : 403)
})

test('nobody who is not signed in decides', async () => {
  const id = await news.comment(story, 'Ada Quay', 'It stays.')
  expect(
    (
      await news.call('POST', `/api/stories/${story}/comments/${id}/decisions`, {
        body: { action: 'remove', reason: 'spam' },
      })
    ).status,
  ).toBe(401)
  expect((await news.call('GET', '/api/queue')).status).toBe(401)
})

test('a decision is in the log with who, what, why and when, and what was before and after', async () => {
  const id = await news.comment(story, 'Ada Quay', 'Buy boats here.')
  const held = (
    await decide(id, { action: 'hold', reason: 'spam', note: ' Looks like the boat again.\r\n' })
  ).json()
  expect(held).toMatchObject({
    comment: id,
    story,
    action: 'hold',
    reason: 'spam',
    note: 'Looks like the boat again.',
    status: 'held',
  })
  await decide(id, { action: 'approve' }, await news.tokenOf('The editor', 'editor'))
  await decide(id, { action: 'remove', reason: 'off-topic' })
  const log = await logOf(id)
  expect(
    log.map(({ action, reason, statusBefore, statusAfter }) => [action, reason, statusBefore, statusAfter]),
  ).toEqual([
    ['hold', 'spam', 'published', 'held'],
    ['approve', null, 'held', 'published'],
    ['remove', 'off-topic', 'published', 'removed'],
  ])
  expect(log[0]!.id).toBe(held.id)
  const more = (await news.call('GET', `/s/${story}/c/${id}/more`, { token: moderator })).text
  for (const words of ['Mo Tide', 'The editor', 'Looks like the boat again.', say('reason-off-topic')])
    expect(more).toContain(words)
})

test.each([
  ['changed', sql`update decision set reason = 'other'`],
  ['changed by nothing', sql`update decision set note = note`],
  ['deleted', sql`delete from decision`],
  ['emptied', sql`truncate decision`],
  ['emptied with all that hangs on it', sql`truncate decision cascade`],
])('the log cannot be %s, not even from within the database', async (_, statement) => {
  const id = await news.comment(story, 'Ada Quay', 'For the record.')
  await decide(id, { action: 'remove', reason: 'spam' })
  const before = await sql`select * from decision order by id`.execute(news.app.db)
  await expect(statement.execute(news.app.db)).rejects.toThrow('append-only')
  expect((await sql`select * from decision order by id`.execute(news.app.db)).rows).toEqual(before.rows)
})

test('a restriction without a reason is refused by the database too', async () => {
  const fields = sql`gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'remove', 'published', 'removed', now()`
  const statement = sql`insert into decision (story_id, id, comment_id, moderator_id, action, status_before, status_after, decided_at) values (${fields})`
  await expect(statement.execute(news.app.db)).rejects.toThrow('check')
})

test('its author is told in the page what was decided and by which rule, not by whom and not the desk’s note', async () => {
  const id = await news.comment(story, 'Di Shoal', 'Buy oars here.')
  const me = async () => (await news.call('GET', '/me', { token: await news.tokenOf('Di Shoal') })).text
  await decide(id, { action: 'remove', reason: 'spam', note: 'Oars are boats.' })
  const told = await me()
  expect(told).toContain('Buy oars here.')
  expect(told).toContain(say('reason-spam'))
  expect(told).toContain(say('me-status-removed'))
  for (const words of ['Oars are boats', 'Mo Tide']) expect(told).not.toContain(words)
  await decide(id, { action: 'restore' })
  expect(await me()).not.toContain(say('me-status-removed'))
})

test('of two moderators who decide at once one does, and the other learns that it was done', async () => {
  const second = await news.tokenOf('Nan Ebb', 'moderator')
  for (let round = 0; round < 5; round++) {
    const id = await news.comment(story, 'Ada Quay', 'Both look at it.')
    const answers = await Promise.all([
      decide(id, { action: 'remove', reason: 'spam' }),
      decide(id, { action: 'remove', reason: 'hate' }, second),
    ])
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409])
    expect(answers.find((answer) => answer.status === 409)!.json()).toMatchObject({
      type: '/problems/status-conflict',
    })
    expect(await logOf(id)).toHaveLength(1)
  }
})

test('of a moderator’s removal and its author’s withdrawal at once the later one knows of the first', async () => {
  for (let round = 0; round < 5; round++) {
    const id = await news.comment(story, 'Ada Quay', 'Both want it gone.')
    const [decided] = await Promise.all([
      decide(id, { action: 'remove', reason: 'spam' }),
      news.call('DELETE', `/api/stories/${story}/comments/${id}`, { token: await news.tokenOf('Ada Quay') }),
    ])
    expect([201, 409]).toContain(decided.status)
    expect(await statusOf(id)).toBe('withdrawn')
  }
})

test('what waits is in the queue, oldest first, page by page, until it is decided', async () => {
  await setGate(news.app, { storyId: story }, { mode: 'premoderated', reason: null, closeAfterDays: null })
  const ids = (
    await Promise.all(Array.from({ length: 55 }, () => news.comment(story, 'Ada Quay', 'Waiting.')))
  ).sort()
  await setGate(news.app, { storyId: story }, { mode: null, reason: null, closeAfterDays: null })
  const queue = async (after = '') =>
    (await news.call('GET', `/api/queue${after}`, { token: moderator })).json<{
      items: { id: string; text: string; author: { name: string } }[]
      next: string | null
    }>()
  const first = await queue()
  const second = await queue(`?after=${first.next}`)
  expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids)
  expect([first.items.length, second.next]).toEqual([50, null])
  expect(first.items[0]).toMatchObject({ text: 'Waiting.', author: { name: 'Ada Quay' } })
  await decide(ids[0]!, { action: 'approve' })
  expect((await queue()).items[0]!.id).toBe(ids[1])
})

test('a decision by form goes back to where it was taken, on our own pages only', async () => {
  for (const [to, location] of [
    ['/desk', 'queue'],
    ['', 'queue'],
    ['more', 'more'],
    ['//evil.example', '/'],
    ['https://evil.example/', '/'],
    ['/\\evil.example', '/'],
  ] as const) {
    const id = await news.comment(story, 'Ada Quay', 'To be held.')
    const more = `/s/${story}/c/${id}/more`
    const answer = await post(`/desk/decide/${story}/${id}`, {
      action: 'hold',
      reason: 'other',
      note: '',
      to: to === 'more' ? more : to,
    })
    const expected = location === 'queue' ? `/desk?done=${id}` : location === 'more' ? more : location
    expect([answer.status, answer.headers.get('location')]).toEqual([303, expected])
  }
})

test('the rules are listed for programs', async () => {
  const { items } = (await news.call('GET', '/api/reasons')).json<{ items: { reason: string }[] }>()
  expect(items.map(({ reason }) => reason)).toEqual([...reasons])
})
