/** A request that is sent again is answered again, and done once. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dropOldAnswers } from '../../src/database/idempotency-store.ts'
import { setGate } from '../../src/stories/actions.ts'
import { type DatabaseLine, layLine } from '../database-line.ts'
import { type Answer, makeDatabase, type Newsroom, startNewsroom } from '../newsroom.ts'

let news: Newsroom
let second: Newsroom
let line: DatabaseLine<Newsroom['database']['connection']>
let drop: () => Promise<void>
let story: string
let other: string

beforeAll(async () => {
  const database = await makeDatabase()
  drop = database.drop
  line = await layLine(database.connection)
  news = await startNewsroom({}, { connection: line.connection })
  second = await startNewsroom({}, database)
  story = await news.putStory('ferry')
  other = await news.putStory('tide')
})
afterAll(async () => {
  await second?.close()
  await news?.close()
  await line?.close()
  await drop?.()
})

type Sent = { method?: string; path?: string; name?: string; role?: 'moderator'; to?: Newsroom }

async function send(
  key: string,
  body: unknown,
  { method = 'POST', path = `/api/stories/${story}/comments`, name = 'Ada Quay', role, to = news }: Sent = {},
): Promise<Answer> {
  return to.call(method, path, {
    body,
    token: await news.tokenOf(name, role),
    headers: { 'idempotency-key': key },
  })
}

async function count(text: string, of = story): Promise<number> {
  return (
    await news.app.db
      .selectFrom('comment')
      .select('id')
      .where('storyId', '=', of)
      .where('text', '=', text)
      .execute()
  ).length
}

test('the same request again gets the same answer, and there is one comment', async () => {
  const key = randomUUID()
  const first = await send(key, { text: 'Once.' })
  const again = await send(key, { text: 'Once.' })
  expect(first.status).toBe(201)
  expect([again.status, again.json()]).toEqual([first.status, first.json()])
  expect(await count('Once.')).toBe(1)
})

test('of twenty at once one is written, and all get its answer', async () => {
  const key = randomUUID()
  const answers = await Promise.all(Array.from({ length: 20 }, () => send(key, { text: 'Twenty at once.' })))
  expect(answers.map((answer) => answer.status)).toEqual(Array(20).fill(201))
  expect(new Set(answers.map((answer) => answer.json().id)).size).toBe(1)
  expect(await count('Twenty at once.')).toBe(1)
})

test('of twenty at once through two servers one is written', async () => {
  const key = randomUUID()
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) => send(key, { text: 'Two doors.' }, { to: n % 2 ? second : news })),
  )
  expect(answers.map((answer) => answer.status)).toEqual(Array(20).fill(201))
  expect(new Set(answers.map((answer) => answer.json().id)).size).toBe(1)
  expect(await count('Two doors.')).toBe(1)
})

test.each([
  ['another text', { text: 'Other.' }, {}],
  ['one more field', { text: 'Mine.', kind: 'question' }, {}],
  ['another story', { text: 'Mine.' }, { path: 'other' }],
])('a key that comes with %s is refused, and nothing is written', async (_, body, where) => {
  const key = randomUUID()
  const first = await send(key, { text: 'Mine.' })
  const reused = await send(key, body, 'path' in where ? { path: `/api/stories/${other}/comments` } : {})
  expect(first.status).toBe(201)
  expect(reused.json()).toMatchObject({ type: '/problems/key-reused', status: 422 })
  expect(await count('Other.')).toBe(0)
  expect(await count('Mine.', other)).toBe(0)
})

test('of twenty bodies with one key at once one is written, and the others are refused', async () => {
  const key = randomUUID()
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) => send(key, { text: `Rivals ${n}.` }, { to: n % 2 ? second : news })),
  )
  expect(answers.map((answer) => answer.status).sort()).toEqual([201, ...Array(19).fill(422)])
  expect(await countLike('Rivals %')).toBe(1)
})

test('a key is its owner’s: another person’s is another', async () => {
  const key = randomUUID()
  const hers = await send(key, { text: 'Hers or his.' })
  const his = await send(key, { text: 'Hers or his.' }, { name: 'Bo Harbour' })
  expect([hers.status, his.status]).toEqual([201, 201])
  expect(hers.json().id).not.toBe(his.json().id)
  expect(await count('Hers or his.')).toBe(2)
})

test('without a key each request is a comment of its own', async () => {
  await news.comment(story, 'Ada Quay', 'Again and again.')
  await news.comment(story, 'Ada Quay', 'Again and again.')
  expect(await count('Again and again.')).toBe(2)
})

test.each<[string, string, string, unknown, Sent['role'], (id: string) => Promise<number>, number]>([
  ['an edit', 'PATCH', '', { text: 'Edited once.' }, undefined, countRevisions, 1],
  ['a withdrawal', 'DELETE', '', undefined, undefined, (id) => countEvents(id, 'comment.hidden'), 1],
  ['a ballot', 'PUT', '/ballot', { value: 1 }, undefined, (id) => countEvents(id, 'respect.changed'), 1],
  ['a report', 'POST', '/reports', { reason: 'spam' }, undefined, countReports, 1],
  ['a decision', 'POST', '/decisions', { action: 'remove', reason: 'spam' }, 'moderator', countDecisions, 1],
])(
  '%s that is sent ten times through two servers is done once',
  async (_, method, path, body, role, done, times) => {
    const isOwn = method === 'PATCH' || method === 'DELETE'
    const id = await news.comment(story, isOwn ? 'Ada Quay' : 'Bo Harbour', 'To be changed.')
    const key = randomUUID()
    const at = {
      method,
      path: `/api/stories/${story}/comments/${id}${path}`,
      ...(role ? { role, name: 'Mo Tide' } : {}),
    }
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => send(key, body, { ...at, to: n % 2 ? second : news })),
    )
    expect(answers.map((answer) => [answer.status, answer.json()])).toEqual(
      Array(10).fill([answers[0]!.status, answers[0]!.json()]),
    )
    expect(answers[0]!.status).toBeLessThan(300)
    expect(await done(id)).toBe(times)
  },
)

async function countRevisions(id: string): Promise<number> {
  return (
    await news.app.db.selectFrom('commentRevision').select('number').where('commentId', '=', id).execute()
  ).length
}
async function countEvents(id: string, kind: 'comment.hidden' | 'respect.changed'): Promise<number> {
  return (
    await news.app.db
      .selectFrom('event')
      .select('number')
      .where('commentId', '=', id)
      .where('kind', '=', kind)
      .execute()
  ).length
}
async function countReports(id: string): Promise<number> {
  return (await news.app.db.selectFrom('report').select('commentId').where('commentId', '=', id).execute())
    .length
}
async function countDecisions(id: string): Promise<number> {
  return (await news.app.db.selectFrom('decision').select('id').where('commentId', '=', id).execute()).length
}

test('one key for changes of two stories’ comments at once: one is done, the other refused', async () => {
  for (let round = 0; round < 15; round++) {
    const key = randomUUID()
    const here = await news.comment(story, 'Bo Harbour', 'Here.')
    const there = await news.comment(other, 'Bo Harbour', 'There.')
    const answers = await Promise.all([
      send(key, { value: 1 }, { method: 'PUT', path: `/api/stories/${story}/comments/${here}/ballot` }),
      send(
        key,
        { value: 1 },
        { method: 'PUT', path: `/api/stories/${other}/comments/${there}/ballot`, to: second },
      ),
      send(key, { text: 'And a comment with it.' }, { to: second }),
    ])
    expect(answers.map((answer) => (answer.status < 300 ? 'done' : answer.status)).sort()).toEqual([
      422,
      422,
      'done',
    ])
  }
})

test('a refusal uses no key up: the same request is taken when what was in its way is gone', async () => {
  const key = randomUUID()
  await setGate(news.app, { storyId: other }, { mode: 'closed', reason: null, closeAfterDays: null })
  const path = `/api/stories/${other}/comments`
  expect((await send(key, { text: 'Knocking.' }, { path })).status).toBe(409)
  await setGate(news.app, { storyId: other }, { mode: null, reason: null, closeAfterDays: null })
  expect((await send(key, { text: 'Knocking.' }, { path })).status).toBe(201)
})

test('an answer outlives the server that gave it', async () => {
  const before = await startNewsroom({}, second.database)
  const key = randomUUID()
  const first = await send(key, { text: 'Before the restart.' }, { to: before })
  await before.close()
  const after = await startNewsroom({}, second.database)
  const again = await send(key, { text: 'Before the restart.' }, { to: after })
  await after.close()
  expect([again.status, again.json()]).toEqual([201, first.json()])
  expect(await count('Before the restart.')).toBe(1)
})

test('an answer is kept for a day', async () => {
  const key = randomUUID()
  const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000)
  await send(key, { text: 'For a day.' })
  await dropOldAnswers(news.app.db, inHours(23))
  await send(key, { text: 'For a day.' })
  expect(await count('For a day.')).toBe(1)
  await dropOldAnswers(news.app.db, inHours(25))
  await send(key, { text: 'For a day.' })
  expect(await count('For a day.')).toBe(2)
})

test('with the database away a write says that it was not saved and when to try again; then it is taken once', async () => {
  const key = randomUUID()
  await line.cut()
  const refused = await send(key, { text: 'Through the storm.' })
  expect(refused.json()).toMatchObject({ type: '/problems/not-saved', status: 503 })
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  await line.mend()
  const taken = await send(key, { text: 'Through the storm.' })
  expect((await send(key, { text: 'Through the storm.' })).json()).toEqual(taken.json())
  expect(taken.status).toBe(201)
  expect(await count('Through the storm.')).toBe(1)
})

test('writes whose answer was lost with the line are there once after they were sent again', async () => {
  const texts = Array.from({ length: 60 }, (_, n) => `Lost answer ${n}.`)
  const writing = Promise.all(texts.map((text) => send(text.replaceAll(' ', '-'), { text })))
  const cutting = waitFor(async () => (await countLike('Lost answer %')) > 0).then(() => line.cut())
  const first = await writing
  await cutting
  expect(first.every((answer) => answer.status === 201 || answer.status === 503)).toBe(true)
  await line.mend()
  for (const [n, text] of texts.entries()) {
    const again = await send(text.replaceAll(' ', '-'), { text })
    expect(again.status, again.text).toBe(201)
    if (first[n]!.status === 201) expect(again.json()).toEqual(first[n]!.json())
  }
  expect(await countLike('Lost answer %')).toBe(texts.length)
})

async function countLike(pattern: string): Promise<number> {
  return (await second.app.db.selectFrom('comment').select('id').where('text', 'like', pattern).execute())
    .length
}

async function waitFor(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve))
}

test('a form that is sent twice, by a second click or a reload, is one comment', async () => {
  const token = await news.tokenOf('Ada Quay')
  const post = () =>
    news.call('POST', `/s/${story}/comments`, {
      token,
      body: new URLSearchParams({ text: 'A double click.' }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
  const answers = [...(await Promise.all([post(), post(), post()])), await post()]
  expect(answers.map((answer) => answer.status)).toEqual([303, 303, 303, 303])
  expect(new Set(answers.map((answer) => answer.headers.get('location'))).size).toBe(1)
  expect(await count('A double click.')).toBe(1)
})
