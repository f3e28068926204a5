import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Database } from '../../src/database/connect.ts'
import { newId } from '../../src/database/ids.ts'
import { makeAddresses } from '../../src/people/addresses.ts'
import { claimOffer } from '../../src/people/claim.ts'
import { type Erasure, erasePerson, erasures } from '../../src/people/erase.ts'
import { sweepErased } from '../../src/people/erase-store.ts'
import { inviteAdmin } from '../../src/people/invitation.ts'
import { readSecret } from '../../src/people/secret.ts'
import { isProblem } from '../../src/problem.ts'
import { usualDoor } from '../../src/settings/door.ts'
import { changeDoor } from '../../src/stories/site-actions.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { type Mailbox, startMailbox } from './mailbox.ts'
import { Visitor } from './visitor.ts'

let newsroom: Newsroom
let mailbox: Mailbox
let db: Newsroom['app']['db']
let n = 0
beforeAll(async () => {
  mailbox = await startMailbox()
  newsroom = await startNewsroom({ smtpUrl: mailbox.url, poolSize: 8 })
  db = newsroom.app.db
})
afterAll(async () => {
  await newsroom?.close()
  await mailbox?.stop()
})

let story: string
let visitor: Visitor
let name: string
let id: string

/** Somebody who came in by mail a moment ago, and a story. */
beforeEach(async () => {
  newsroom.app.now = () => new Date()
  n++
  name = `Leaver ${'abcdefghijklmnopqrstuvwxyz'[n % 26]}${n}`
  story = await newsroom.putStory(`story-${n}`)
  visitor = new Visitor(newsroom, mailbox)
  await visitor.signIn(`leaver${n}@quill.example`, name)
  id = (await visitor.whoAmI()).id!
})

const write = async (text: string, more: object = {}): Promise<string> => {
  const answer = await visitor.call(`/api/stories/${story}/comments`, { text, ...more })
  if (answer.status !== 201) throw new Error(await answer.text())
  return ((await answer.json()) as { id: string }).id
}

const erase = (kind: Erasure, fields: Record<string, string> = {}) =>
  visitor.post('/me/erase', { kind, name, ...fields })

const readPage = async (path: string): Promise<string> => (await newsroom.call('GET', path)).text
const readRow = (comment: string) =>
  db.selectFrom('comment').selectAll().where('id', '=', comment).executeTakeFirstOrThrow()
const readStory = () => db.selectFrom('story').selectAll().where('id', '=', story).executeTakeFirstOrThrow()

/** Every table's every row, as text. */
async function dump(database: Database): Promise<string> {
  const { sql } = await import('kysely')
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE'`.execute(database)
  const tables = await Promise.all(
    rows.map(({ name }) =>
      sql<{ row: string }>`select to_jsonb(t)::text as row from ${sql.table(name)} t`.execute(database),
    ),
  )
  return tables.flatMap(({ rows }) => rows.map(({ row }) => row)).join('\n')
}

test('the page explains both kinds, what goes and what stays, and changes nothing', async () => {
  await write('The harbour is full.')
  const page = await (await visitor.get('/me/erase')).text()
  for (const words of [
    'What goes',
    'What stays, and why',
    'Leave them, without my name',
    'Remove their words as well',
  ])
    expect(page).toContain(words)
  expect(page).toContain(`<bdi>${name}</bdi>`)
  expect((await visitor.whoAmI()).name).toBe(name)
})

test('anonymised, a comment stays under “A former reader”, and the list says what went and what stays', async () => {
  const comment = await write('The harbour is full.')
  const done = await erase('anonymise')
  expect(done.status).toBe(303)
  expect(visitor.cookies.size).toBe(0)
  const list = await (await visitor.get(done.headers.get('location')!)).text()
  expect(list).toContain('1 public comment, now under “A former reader”')
  expect(list).toContain('your mail address and every way in')
  expect(list).not.toContain(name)
  const page = await readPage(`/s/${story}`)
  expect(page).toContain('The harbour is full.')
  expect(page).toContain('A former reader')
  expect(page).not.toContain(name)
  expect((await readStory()).comments).toBe(1)
  expect(await readRow(comment)).toMatchObject({ status: 'published', authorId: id })
})

test('removed, the words go from every page, from search, history, the API and others’ quotes; the tree keeps its shape', async () => {
  const canary = 'periwinkle'
  const first = await write(`A ${canary} on the quay.`)
  const alone = await write(`Another ${canary}, to nobody.`)
  const edited = await write(`Old ${canary}.`, { parent: first })
  await newsroom.call('GET', `/s/${story}`)
  const changed = await fetch(`${newsroom.origin}/api/stories/${story}/comments/${edited}`, {
    method: 'PATCH',
    headers: {
      'content-type': 'application/json',
      cookie: [...visitor.cookies].map(([key, value]) => `${key}=${value}`).join('; '),
    },
    body: JSON.stringify({ text: `New ${canary}.` }),
  })
  expect(changed.status).toBe(200)
  const reply = await newsroom.call('POST', `/api/stories/${story}/comments`, {
    token: await newsroom.tokenOf('Quoter'),
    headers: { 'idempotency-key': `quote-${n}` },
    body: { text: 'I saw it too.', parent: first, quotes: [{ comment: first, exact: `A ${canary}` }] },
  })
  const quoting = reply.json<{ id: string }>().id
  expect((await readStory()).comments).toBe(4)

  expect((await erase('remove')).status).toBe(303)
  expect(await dump(db)).not.toContain(canary)
  for (const path of [
    `/s/${story}`,
    `/s/${story}/c/${first}`,
    `/s/${story}/c/${edited}/history`,
    `/search?q=${canary}`,
    `/api/stories/${story}/comments`,
    `/api/stories/${story}/comments/${edited}/revisions`,
    `/fragment?story=${story}`,
  ])
    expect(
      (await readPage(path)).replaceAll(`value="${canary}"`, '').replaceAll(`“${canary}”`, ''),
      path,
    ).not.toContain(`${canary} `)
  const rows = await db
    .selectFrom('comment')
    .select(['id', 'shown', 'replies', 'descendants', 'quotes', 'text', 'terms'])
    .where('storyId', '=', story)
    .orderBy('id')
    .execute()
  expect(rows).toMatchObject([
    { id: first, shown: 'tombstone', replies: 1, descendants: 1, text: '', terms: null, quotes: [] },
    { id: alone, shown: null },
    { id: edited, shown: null },
    { id: quoting, shown: 'text', quotes: [{ comment: first, exact: '' }], text: 'I saw it too.' },
  ])
  expect((await readStory()).comments).toBe(1)
  expect(await readPage(`/s/${story}`)).toContain('I saw it too.')
})

test.each(erasures)('%s: what was not public goes', async (kind) => {
  const words = {
    pending: 'It waits, cormorant.',
    held: 'It is held, cormorant.',
    removed: 'It was taken, cormorant.',
  }
  for (const [status, text] of Object.entries(words)) {
    const comment = await write(text)
    await db
      .updateTable('comment')
      .set({ status: status as 'held' })
      .where('id', '=', comment)
      .execute()
  }
  await erase(kind)
  expect(await dump(db)).not.toContain('cormorant')
})

test('of who they were nothing is left in the database, and the shape of it is', async () => {
  const other = new Visitor(newsroom, mailbox)
  await other.signIn(`other${n}@quill.example`, `Other ${name}`)
  const otherId = (await other.whoAmI()).id!
  const theirs = await newsroom.comment(story, 'Ferryman', 'It sails at six.')
  const own = await write('The harbour is full.')
  const { siteId } = await db
    .selectFrom('person')
    .select('siteId')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  const put = (path: string, body: object) =>
    fetch(`${newsroom.origin}${path}`, {
      method: path.endsWith('ballot') ? 'PUT' : 'POST',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': `own-${path.length}-${n}`,
        cookie: [...visitor.cookies].map(([key, value]) => `${key}=${value}`).join('; '),
      },
      body: JSON.stringify(body),
    })
  expect((await put(`/api/stories/${story}/comments/${theirs}/ballot`, { value: 1 })).status).toBe(200)
  const report = { reason: 'spam', text: 'He sells bollards.' }
  expect((await put(`/api/stories/${story}/comments/${theirs}/reports`, report)).status).toBe(201)
  const now = new Date()
  await db
    .insertInto('nameChange')
    .values({ personId: id, changedAt: now, name: 'Elderberry', skeleton: 'elderberry' })
    .execute()
  await db
    .insertInto('mute')
    .values([
      { personId: id, mutedId: otherId, mutedAt: now },
      { personId: otherId, mutedId: id, mutedAt: now },
    ])
    .execute()
  await db.insertInto('follow').values({ personId: id, storyId: story, followedAt: now }).execute()
  const sanction = {
    siteId,
    personId: id,
    lifts: null,
    note: null,
    until: null,
    moderatorId: otherId,
    decidedAt: now,
  }
  await db
    .insertInto('sanction')
    .values({ ...sanction, id: newId(), kind: 'warn', reason: 'spam' })
    .execute()
  const moderator = await newsroom.tokenOf('Tarrant', 'moderator')
  const decision = { action: 'remove', reason: 'off-topic' }
  await newsroom.call('POST', `/api/stories/${story}/comments/${own}/decisions`, {
    token: moderator,
    body: decision,
  })
  expect((await readRow(theirs)).respect).toBe(1)
  const identity = await db
    .selectFrom('person')
    .select('identityId')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()

  await erase('anonymise')
  expect((await readRow(theirs)).respect).toBe(0)
  const left = await dump(db)
  expect(left).not.toContain('Elderberry')
  expect(left).not.toContain('He sells bollards.')
  expect(left).not.toContain(`"${name}"`)
  expect(left).not.toContain(identity.identityId!)
  const count = async (table: 'mute' | 'follow' | 'ballot' | 'session' | 'networkUse' | 'nameChange') => {
    const rows = await db.selectFrom(table).select('personId').where('personId', '=', id).execute()
    return rows.length
  }
  for (const table of ['mute', 'follow', 'ballot', 'session', 'networkUse', 'nameChange'] as const)
    expect(await count(table), table).toBe(0)
  expect(await db.selectFrom('mute').selectAll().where('mutedId', '=', id).execute()).toEqual([])
  expect(await db.selectFrom('idempotency').selectAll().where('actorId', '=', id).execute()).toEqual([])
  expect(await db.selectFrom('person').selectAll().where('id', '=', id).executeTakeFirst()).toMatchObject({
    claim: 'erased',
    name: '',
    skeleton: '',
    identityId: null,
    addressHash: null,
    role: 'reader',
    erasedAt: expect.any(Date),
  })
  expect(await db.selectFrom('report').select('reason').where('personId', '=', id).execute()).toEqual([
    { reason: 'spam' },
  ])
  expect(await db.selectFrom('sanction').select('kind').where('personId', '=', id).execute()).toEqual([
    { kind: 'warn' },
  ])
  expect(await db.selectFrom('decision').select('reason').where('commentId', '=', own).execute()).toEqual([
    { reason: 'off-topic' },
  ])
})

/** Sends as a program does: with a key under which the answer is kept. */
const sendKept = (by: Visitor, path: string, body: object) =>
  by.call(path, body, { 'idempotency-key': `kept-${n}-${path.length}` })

test('forgotten leftovers: of what somebody wrote, reported, followed and muted as a guest no word stays in any table', async () => {
  await changeDoor(newsroom.app, { ...usualDoor, guests: 'open' })
  const theirs = await newsroom.comment(story, 'Ferryman', 'It sails at six.')
  const ferryman = (await readRow(theirs)).authorId!
  const guest = new Visitor(newsroom, mailbox)
  await guest.post('/sign-in/guest', { name: `Whimbrel ${name}`, to: '/' })
  const guestId = (await guest.whoAmI()).id!
  const comments = `/api/stories/${story}/comments`
  const first = await sendKept(guest, comments, { text: 'A whimbrel on the quay.' })
  expect(first.status).toBe(201)
  const reported = await sendKept(guest, `${comments}/${theirs}/reports`, {
    reason: 'spam',
    text: 'He sold me a whimbrel.',
  })
  expect(reported.status).toBe(201)
  expect((await guest.post(`/s/${story}/follow`, {})).status).toBeLessThan(400)
  expect((await guest.post(`/p/${ferryman}/mute`, { to: '/' })).status).toBeLessThan(400)
  await guest.post('/sign-in/link', { token: await guest.askForLink(`leaver${n}@quill.example`) })
  expect((await guest.whoAmI()).id).toBe(id)
  expect(await db.selectFrom('idempotency').selectAll().where('actorId', '=', guestId).execute()).toEqual([])
  expect((await guest.post('/me/erase', { kind: 'remove', name })).status).toBe(303)
  expect(await dump(db)).not.toMatch(/whimbrel/i)
  expect(await holdersOf([guestId, id])).toEqual(['report.person_id'])
})

test('forgotten leftovers: what came with an import is the claimer’s, whatever table it stands in, and goes with them', async () => {
  const addresses = makeAddresses(await readSecret(newsroom.app.settings))
  const theirs = await newsroom.comment(story, 'Ferryman', 'It sails at six.')
  const both = await newsroom.comment(story, 'Ferryman', 'It sails at seven.')
  const [mine, now, offerId] = [await write('The harbour is full.'), new Date(), newId()]
  const ferryman = (await readRow(theirs)).authorId!
  await db
    .insertInto('person')
    .values({
      id: offerId,
      siteId: newsroom.app.site.id,
      identityId: null,
      name: `Turnstone ${n}`,
      skeleton: `turnstone ${n}`,
      claim: 'unclaimed',
      badge: 'Turnstone desk',
      batchId: null,
      addressHash: addresses.hash(`leaver${n}@quill.example`),
      sanctionId: null,
      barredUntil: null,
      language: null,
      renamedAt: null,
      erasedAt: null,
      createdAt: now,
    })
    .execute()
  const theirWords = await write('A turnstone, long ago.')
  await db.updateTable('comment').set({ authorId: offerId }).where('id', '=', theirWords).execute()
  const place = { storyId: story, personId: offerId }
  await db
    .insertInto('ballot')
    .values([
      ...[theirs, both, mine].map((commentId) => ({ ...place, commentId, value: 1, castAt: now })),
      ...[both, theirWords].map((commentId) => ({
        ...place,
        personId: id,
        commentId,
        value: 1,
        castAt: now,
      })),
    ])
    .execute()
  for (const [comment, respect] of Object.entries({ [theirs]: 1, [both]: 2, [mine]: 1, [theirWords]: 1 }))
    await db.updateTable('comment').set({ respect }).where('id', '=', comment).execute()
  await db
    .insertInto('report')
    .values({
      ...place,
      commentId: theirs,
      reason: 'spam',
      text: 'A turnstone.',
      reportedAt: now,
      settledAt: null,
    })
    .execute()
  await db
    .insertInto('follow')
    .values({ ...place, followedAt: now })
    .execute()
  await db.insertInto('mute').values({ personId: offerId, mutedId: ferryman, mutedAt: now }).execute()
  await db
    .insertInto('nameChange')
    .values({ personId: offerId, changedAt: now, name: 'Old Turnstone', skeleton: 'old turnstone' })
    .execute()
  const answer = JSON.stringify({ text: 'A turnstone.' })
  await db
    .insertInto('idempotency')
    .values({ actorId: offerId, key: 'one', bodyHash: Buffer.alloc(32), answer, createdAt: now })
    .execute()

  expect(await claimOffer(newsroom.app, id, offerId)).toEqual({ comments: 1 })
  expect(await holdersOf([offerId])).toEqual([])
  const respect = async (comment: string) => (await readRow(comment)).respect
  expect(await Promise.all([theirs, both, mine, theirWords].map(respect))).toEqual([1, 1, 0, 0])
  const ballots = db.selectFrom('ballot').select('commentId').where('personId', '=', id).orderBy('commentId')
  expect(await ballots.execute()).toEqual([{ commentId: theirs }, { commentId: both }])
  for (const table of ['report', 'follow', 'mute'] as const)
    expect(
      await db.selectFrom(table).select('personId').where('personId', '=', id).execute(),
      table,
    ).toHaveLength(1)
  expect((await erase('remove')).status).toBe(303)
  expect(await Promise.all([theirs, both].map(respect))).toEqual([0, 0])
  expect(await dump(db)).not.toMatch(/turnstone/i)
})

/** Columns of ids, but a person's own, in which one of these people is named; a withdrawn comment's place aside. */
async function holdersOf(ids: string[]): Promise<string[]> {
  const { sql } = await import('kysely')
  const { rows } = await sql<{ table: string; column: string }>`
    select table_name as table, column_name as column from information_schema.columns
    join information_schema.tables using (table_schema, table_name)
    where table_schema = 'public' and table_type = 'BASE TABLE' and data_type = 'uuid'
      and (table_name, column_name) not in (('person', 'id'), ('comment', 'author_id')) order by 1, 2`.execute(
    db,
  )
  const held: string[] = []
  for (const { table, column } of rows) {
    const found = await sql`
      select from ${sql.table(table)} where ${sql.ref(column)} = any(${ids}::uuid[]) limit 1`.execute(db)
    if (found.rows.length > 0) held.push(`${table}.${column}`)
  }
  const words = await db
    .selectFrom('comment')
    .select('id')
    .where('authorId', 'in', ids)
    .where('status', '<>', 'withdrawn')
    .execute()
  return words.length > 0 ? ['comment.author_id', ...held] : held
}

test('of an edited comment the earlier words go, and its history says no more than that', async () => {
  const comment = await write('First cormorant.')
  await db
    .insertInto('commentRevision')
    .values({
      storyId: story,
      commentId: comment,
      number: 1,
      text: 'Old guillemot.',
      html: '<p>Old guillemot.</p>',
      writtenAt: new Date(),
    })
    .execute()
  await db
    .updateTable('comment')
    .set({ revision: 2, editedAt: new Date() })
    .where('id', '=', comment)
    .execute()
  await erase('anonymise')
  expect(await dump(db)).not.toContain('guillemot')
  const history = await newsroom.call('GET', `/s/${story}/c/${comment}/history`)
  expect(history.status).toBe(200)
  expect(history.text).toContain('First cormorant.')
  expect(history.text).not.toContain(name)
})

test('their public page is gone', async () => {
  await write('The harbour is full.')
  expect((await newsroom.call('GET', `/p/${id}`)).text).toContain(name)
  await erase('anonymise')
  const gone = await newsroom.call('GET', `/p/${id}`)
  expect([gone.status, gone.text.includes('The harbour')]).toEqual([404, false])
})

test('what a request that was under way has left behind is swept away', async () => {
  await erase('anonymise')
  const now = new Date()
  await db.insertInto('follow').values({ personId: id, storyId: story, followedAt: now }).execute()
  await db
    .insertInto('session')
    .values({
      id: newId(),
      personId: id,
      rotatedAt: now,
      way: 'mail',
      isStrong: false,
      device: null,
      origin: null,
      createdAt: now,
      seenAt: now,
      expiresAt: now,
    })
    .execute()
  await sweepErased(db, now)
  for (const table of ['follow', 'session'] as const)
    expect(await db.selectFrom(table).select('personId').where('personId', '=', id).execute()).toEqual([])
})

test('an access token of theirs is good for nothing at once', async () => {
  const before = new Map(visitor.cookies)
  await erase('anonymise')
  for (const [key, value] of before) visitor.cookies.set(key, value)
  expect((await visitor.whoAmI()).status).toBe(401)
  expect((await visitor.call(`/api/stories/${story}/comments`, { text: 'Still here?' })).status).toBe(401)
})

test('the same address may come again, as somebody new', async () => {
  await erase('anonymise')
  const again = new Visitor(newsroom, mailbox)
  await again.signIn(`leaver${n}@quill.example`, name)
  const me = await again.whoAmI()
  expect(me.name).toBe(name)
  expect(me.id).not.toBe(id)
})

test.each([
  ['another name', { name: 'Somebody Else' }, 422],
  ['no such kind', { kind: 'everything' }, 422],
])('with %s nothing is erased', async (_, fields, status) => {
  expect((await erase('anonymise', fields)).status).toBe(status)
  expect((await visitor.whoAmI()).name).toBe(name)
})

test('a forged form from another site erases nobody', async () => {
  const forged = await visitor.post('/me/erase', { kind: 'remove', name }, { 'sec-fetch-site': 'cross-site' })
  expect(forged.status).toBe(403)
  expect((await visitor.whoAmI()).name).toBe(name)
})

test('a session that is older than ten minutes must be a new one first', async () => {
  newsroom.app.now = () => new Date(Date.now() + 11 * 60_000)
  const page = await (await visitor.get('/me/erase')).text()
  expect(page).toContain('First show that it is you')
  expect(page).not.toContain('action="/me/erase"')
  expect((await erase('anonymise')).status).toBe(401)
  expect((await visitor.whoAmI()).name).toBe(name)
  await visitor.signIn(`leaver${n}@quill.example`, '')
  expect((await erase('anonymise')).status).toBe(303)
})

test('a guest has only this device to show, and that is enough', async () => {
  await db.updateTable('person').set({ claim: 'guest', identityId: null }).where('id', '=', id).execute()
  newsroom.app.now = () => new Date(Date.now() + 60 * 60_000)
  expect((await erase('remove')).status).toBe(303)
})

test('the last admin stays; of two who leave at once, one stays', async () => {
  const token = new URL((await inviteAdmin(newsroom.app))!).searchParams.get('token')!
  await visitor.post('/sign-in/invitation', { token })
  expect((await visitor.whoAmI()).role).toBe('admin')
  const refused = await erase('anonymise')
  expect(refused.status).toBe(409)
  expect(await refused.text()).toContain('Make somebody else an admin first')
  const second = new Visitor(newsroom, mailbox)
  await second.signIn(`second${n}@quill.example`, `Second ${name}`)
  const secondId = (await second.whoAmI()).id!
  await db.updateTable('person').set({ role: 'admin' }).where('id', '=', secondId).execute()
  const both = await Promise.all([id, secondId].map((one) => erasePerson(newsroom.app, one, 'anonymise')))
  expect(both.map((one) => (isProblem(one) ? one.problem : 'erased')).sort()).toEqual([
    'erased',
    'last-admin',
  ])
  await db.updateTable('person').set({ role: 'reader' }).where('role', '=', 'admin').execute()
})

test('two erasures at once are one', async () => {
  await write('The harbour is full.')
  const both = await Promise.all(erasures.map((kind) => erasePerson(newsroom.app, id, kind)))
  expect(both.filter(isProblem)).toMatchObject([{ problem: 'person-unknown' }])
})

test('no comment, ballot or report of theirs appears after they are erased, however it comes at the same time', async () => {
  const theirs = await newsroom.comment(story, 'Ferryman', 'It sails at six.')
  const stories = await Promise.all([1, 2, 3, 4].map((m) => newsroom.putStory(`race-${n}-${m}`)))
  const cookie = [...visitor.cookies].map(([key, value]) => `${key}=${value}`).join('; ')
  const send = (method: string, path: string, body: object) =>
    fetch(`${newsroom.origin}${path}`, {
      method,
      headers: { 'content-type': 'application/json', cookie },
      body: JSON.stringify(body),
    })
  const racing = Array.from({ length: 40 }, (_, m) =>
    m === 20
      ? erasePerson(newsroom.app, id, 'remove')
      : m % 5 === 0
        ? send('PUT', `/api/stories/${story}/comments/${theirs}/ballot`, { value: m % 2 })
        : send('POST', `/api/stories/${stories[m % 4]}/comments`, { text: `Wave ${m}.` }),
  )
  const outcomes = await Promise.all(racing)
  expect(isProblem(outcomes[20])).toBe(false)
  for (const outcome of outcomes)
    if (outcome instanceof Response) expect([200, 201, 401, 404]).toContain(outcome.status)
  const left = await db.selectFrom('comment').select('status').distinct().where('authorId', '=', id).execute()
  expect(left.filter(({ status }) => status !== 'withdrawn')).toEqual([])
  expect(await db.selectFrom('ballot').selectAll().where('personId', '=', id).execute()).toEqual([])
  for (const one of stories) {
    const { comments } = await db
      .selectFrom('story')
      .select('comments')
      .where('id', '=', one)
      .executeTakeFirstOrThrow()
    expect(comments).toBe(0)
  }
})

test('open pages hear of it, in this process and in the next', async () => {
  const comment = await write('The harbour is full.')
  const next = await startNewsroom({ smtpUrl: mailbox.url }, newsroom.database)
  try {
    expect((await next.call('GET', `/s/${story}`)).text).toContain(name)
    const before = (await readStory()).eventNumber
    await erase('anonymise')
    const heard = await newsroom.call('GET', `/api/stories/${story}/events?after=${before}`)
    expect(heard.json<{ items: object[] }>().items).toMatchObject([{ kind: 'comment.changed', comment }])
    await expect.poll(async () => (await next.call('GET', `/s/${story}`)).text).not.toContain(name)
  } finally {
    await next.close()
  }
})

test('an identity that writes on another site too stays for it, without this site’s ways in', async () => {
  const { identityId } = await db
    .selectFrom('person')
    .select('identityId')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  const otherSite = newId()
  await db
    .insertInto('site')
    .values({
      id: otherSite,
      name: 'Quay Weekly',
      language: 'en',
      timeZone: 'UTC',
      rules: '',
      origins: [],
      address: null,
      modeReason: null,
      modeSince: null,
      closeAfterDays: null,
      createdAt: new Date(),
    })
    .execute()
  const elsewhere = newId()
  await db
    .insertInto('person')
    .values({
      id: elsewhere,
      siteId: otherSite,
      identityId,
      name: 'Elsewhere',
      skeleton: 'elsewhere',
      badge: null,
      batchId: null,
      addressHash: null,
      sanctionId: null,
      barredUntil: null,
      language: null,
      renamedAt: null,
      erasedAt: null,
      createdAt: new Date(),
    })
    .execute()
  const ways = [`sso:${newsroom.app.site.id}`, `sso:${otherSite}`].map((provider) => ({
    id: newId(),
    identityId: identityId!,
    provider,
    subject: `reader-${n}`,
    createdAt: new Date(),
    usedAt: new Date(),
  }))
  await db.insertInto('credential').values(ways).execute()
  const report = await erasePerson(newsroom.app, id, 'anonymise')
  expect(report).toMatchObject({ identity: { sites: ['Quay Weekly'] } })
  const left = await db
    .selectFrom('credential')
    .select('provider')
    .where('identityId', '=', identityId!)
    .execute()
  expect(left).toEqual([{ provider: `sso:${otherSite}` }])
  const person = await db
    .selectFrom('person')
    .select('identityId')
    .where('id', '=', elsewhere)
    .executeTakeFirstOrThrow()
  expect(person.identityId).toBe(identityId)
})

test('another site’s person is nobody here', async () => {
  expect(
    await erasePerson({ ...newsroom.app, site: { ...newsroom.app.site, id: newId() } }, id, 'remove'),
  ).toMatchObject({
    problem: 'person-unknown',
  })
  expect((await visitor.whoAmI()).name).toBe(name)
})

test('ten thousand comments under five hundred stories go in one transaction, and every count is right after it', async () => {
  const { sql } = await import('kysely')
  await sql`
    insert into story (id, site_id, external, language, title, comments, created_at)
    select gen_random_uuid(), ${newsroom.app.site.id}, 'many-' || g, 'en', 'Part ' || g, 20, now() from generate_series(1, 500) g`.execute(
    db,
  )
  await sql`
    insert into comment (story_id, id, author_id, status, text, html, renderer, posted_at, received_at)
    select story.id, gen_random_uuid(), ${id}, 'published', 'Words.', '<p>Words.</p>', 1, now(), now()
    from story cross join generate_series(1, 20) where external like 'many-%'`.execute(db)
  await sql`
    insert into ballot (story_id, comment_id, person_id, value, cast_at)
    select story_id, id, ${await newsroomPerson('Voter')}::uuid, 1, now() from comment where author_id = ${id}`.execute(
    db,
  )
  const report = await erasePerson(newsroom.app, id, 'remove')
  expect(report).toMatchObject({ withdrawn: 10_000, kept: 0 })
  const { rows } = await sql<{ sum: number; events: number }>`
    select sum(comments)::int as sum, sum(event_number)::int as events from story where external like 'many-%'`.execute(
    db,
  )
  expect(rows).toEqual([{ sum: 0, events: 10_000 }])
})

async function newsroomPerson(called: string): Promise<string> {
  await newsroom.tokenOf(called)
  const found = await db
    .selectFrom('person')
    .select('id')
    .where('name', '=', called)
    .executeTakeFirstOrThrow()
  return found.id
}
