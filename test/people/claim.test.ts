import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { newId } from '../../src/database/ids.ts'
import { undoBatch } from '../../src/migration/undo.ts'
import { type Addresses, makeAddresses } from '../../src/people/addresses.ts'
import { claimOffer } from '../../src/people/claim.ts'
import { readName } from '../../src/people/person.ts'
import { readSecret } from '../../src/people/secret.ts'
import { isProblem } from '../../src/problem.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { type Mailbox, startMailbox } from './mailbox.ts'
import { Visitor } from './visitor.ts'

let newsroom: Newsroom
let mailbox: Mailbox
let addresses: Addresses
let db: Newsroom['app']['db']
let visitor: Visitor
let n = 0
beforeAll(async () => {
  mailbox = await startMailbox()
  newsroom = await startNewsroom({ smtpUrl: mailbox.url, poolSize: 8 })
  db = newsroom.app.db
  addresses = makeAddresses(await readSecret(newsroom.app.settings))
})
afterAll(async () => {
  await newsroom?.close()
  await mailbox?.stop()
})

let email: string
let imported: { id: string; name: string; story: string; comments: string[]; batch: string }
beforeEach(async () => {
  n++
  email = `smith${n}@quill.example`
  visitor = new Visitor(newsroom, mailbox)
  imported = await putImported(email, `J. Smith ${'abcdefghijklmnopqrstuvwxyz'[n % 26]}`)
})

/** What an import leaves: a batch, its story, an unclaimed person with the hash of an address, and two comments. */
async function putImported(address: string, called: string, siteId = newsroom.app.site.id) {
  const name = readName(called)
  if (isProblem(name)) throw new Error(name.detail)
  const [id, batch, story, now] = [newId(), newId(), newId(), new Date()]
  await db
    .insertInto('batch')
    .values({
      id: batch,
      siteId,
      format: 'page',
      source: batch,
      report: '{}',
      createdAt: now,
      undoneAt: null,
    })
    .execute()
  const row = {
    siteId,
    identityId: null,
    ...name,
    claim: 'unclaimed' as const,
    badge: null,
    batchId: batch,
    addressHash: addresses.hash(address),
    sanctionId: null,
    barredUntil: null,
    language: null,
    renamedAt: null,
    erasedAt: null,
    createdAt: now,
  }
  await db
    .insertInto('person')
    .values({ ...row, id })
    .execute()
  const gate = { mode: null, modeReason: null, modeSince: null, closeAfterDays: null }
  const fields = {
    external: null,
    address: null,
    url: null,
    section: null,
    byline: null,
    credit: null,
    publishedAt: null,
  }
  await db
    .insertInto('story')
    .values({
      id: story,
      siteId,
      ...fields,
      ...gate,
      language: 'en',
      title: 'An old quarrel',
      comments: 2,
      terms: null,
      batchId: batch,
      createdAt: now,
    })
    .execute()
  await db
    .insertInto('storyVersion')
    .values({
      storyId: story,
      number: 1,
      title: 'An old quarrel',
      byline: null,
      credit: null,
      passages: [],
      createdAt: now,
    })
    .execute()
  const comments = [newId(), newId()]
  for (const comment of comments)
    await db
      .insertInto('comment')
      .values({
        storyId: story,
        id: comment,
        parentId: null,
        ancestors: [],
        authorId: id,
        status: 'published',
        reason: null,
        kind: null,
        language: 'en',
        text: 'As it was.',
        html: '<p>As it was.</p>',
        renderer: 1,
        quotes: '[]',
        postedAt: null,
        receivedAt: now,
        editedAt: null,
        terms: null,
        source: comment,
        batchId: batch,
      })
      .execute()
  return { id, name: called, story, comments, batch }
}

const readAuthors = async () => {
  const rows = await db
    .selectFrom('comment')
    .select('authorId')
    .distinct()
    .where('storyId', '=', imported.story)
    .execute()
  return rows.map(({ authorId }) => authorId)
}
const readPerson = (id: string) =>
  db.selectFrom('person').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

test('one who has proven the address is offered what came from it, on their page and on a page of its own', async () => {
  await visitor.signIn(email, 'Wren Ashdown')
  const words = `2 comments under “${imported.name}” came from your address.`
  expect(await (await visitor.get('/me')).text()).toContain(words)
  expect(await (await visitor.get('/me/claim')).text()).toContain(words)
  expect(await readAuthors()).toEqual([imported.id])
})

test('claimed, the comments stand under the claimer’s name, open pages hear of it, and the old name is nobody’s', async () => {
  await visitor.signIn(email, `Wren ${imported.name}`)
  const me = (await visitor.whoAmI()).id!
  expect((await newsroom.call('GET', `/s/${imported.story}`)).text).not.toContain(`Wren ${imported.name}`)
  const done = await visitor.post('/me/claim', { person: imported.id })
  expect([done.status, done.headers.get('location')]).toEqual([303, '/me/claim?claimed=2&lang=en'])
  expect(await (await visitor.get('/me/claim?claimed=2')).text()).toContain('2 comments are yours now')
  expect(await readAuthors()).toEqual([me])
  expect((await newsroom.call('GET', `/s/${imported.story}`)).text).toContain(`Wren ${imported.name}`)
  expect(await readPerson(imported.id)).toMatchObject({ claim: 'erased', name: '', addressHash: null })
  const events = await newsroom.call('GET', `/api/stories/${imported.story}/events?after=0`)
  expect(events.json<{ items: { kind: string }[] }>().items.map(({ kind }) => kind)).toEqual([
    'comment.changed',
    'comment.changed',
  ])
})

test('a newcomer takes the imported name with its comments, and becomes that person', async () => {
  const token = await visitor.askForLink(email)
  const page = await (await visitor.get(`/sign-in/link?token=${token}`)).text()
  expect(page).toContain(`value="${imported.name}"`)
  expect(page).toContain(`2 comments under “${imported.name}” came from this address and are mine`)
  const opened = await visitor.post('/sign-in/link', { token, name: imported.name, claim: imported.id })
  expect(opened.status).toBe(303)
  expect(await visitor.whoAmI()).toMatchObject({ id: imported.id, name: imported.name })
  expect(await readPerson(imported.id)).toMatchObject({ claim: 'claimed', addressHash: null })
})

test('a newcomer may take another name with it, or leave it', async () => {
  const token = await visitor.askForLink(email)
  await visitor.post('/sign-in/link', { token, name: `Renamed ${imported.name}`, claim: imported.id })
  expect(await visitor.whoAmI()).toMatchObject({ id: imported.id, name: `Renamed ${imported.name}` })

  const [other, address] = [new Visitor(newsroom, mailbox), `leaves${n}@quill.example`]
  const left = await putImported(address, `Left Alone ${n}`)
  await other.signIn(address, `Somebody ${imported.name}`)
  expect((await other.whoAmI()).id).not.toBe(left.id)
  expect((await readPerson(left.id)).claim).toBe('unclaimed')
})

test('pre-registered address takeover: an address that was only told claims nothing', async () => {
  await visitor.signIn(`other${n}@quill.example`, `Other ${imported.name}`)
  const me = (await visitor.whoAmI()).id!
  const { identityId } = await readPerson(me)
  await db
    .updateTable('identity')
    .set({ addressHash: null, addressSealed: addresses.seal(email), provenAt: null })
    .where('id', '=', identityId!)
    .execute()
  expect(await (await visitor.get('/me/claim')).text()).not.toContain(imported.name + '”')
  expect((await visitor.post('/me/claim', { person: imported.id })).status).toBe(404)
  expect(await readAuthors()).toEqual([imported.id])
})

test('IDOR: another’s comments cannot be claimed by their id, signed in or on the way in', async () => {
  const name = `Thief ${imported.name}`
  const token = await visitor.askForLink(`thief${n}@quill.example`)
  await visitor.post('/sign-in/link', { token, name, claim: imported.id })
  expect((await visitor.whoAmI()).id).not.toBe(imported.id)
  for (const person of [imported.id, 'nobody', newId()])
    expect((await visitor.post('/me/claim', { person })).status).toBe(404)
  expect(await readAuthors()).toEqual([imported.id])
})

test('a name that is only alike is no way in: the imported name is refused to who did not write from its address', async () => {
  const token = await visitor.askForLink(`alike${n}@quill.example`)
  const refused = await visitor.post('/sign-in/link', { token, name: imported.name })
  expect(refused.status).toBe(409)
})

test('what came to another site is not offered here', async () => {
  const otherSite = newId()
  const gate = { modeReason: null, modeSince: null, closeAfterDays: null, address: null }
  await db
    .insertInto('site')
    .values({
      id: otherSite,
      name: `Quay ${n}`,
      language: 'en',
      timeZone: 'UTC',
      rules: '',
      origins: [],
      createdAt: new Date(),
      ...gate,
    })
    .execute()
  const [address, called] = [`elsewhere${n}@quill.example`, `Elsewhere ${n}`]
  const elsewhere = await putImported(address, called, otherSite)
  await visitor.signIn(address, `Here ${n}`)
  expect(await (await visitor.get('/me/claim')).text()).not.toContain(called)
  expect((await visitor.post('/me/claim', { person: elsewhere.id })).status).toBe(404)
})

test('of two who claim at once, one gets it', async () => {
  await visitor.signIn(email, `Wren ${imported.name}`)
  const me = (await visitor.whoAmI()).id!
  const both = await Promise.all([1, 2].map(() => claimOffer(newsroom.app, me, imported.id)))
  expect(both.map((one) => (isProblem(one) ? one.problem : one.comments)).sort()).toEqual([
    2,
    'person-unknown',
  ])
  expect(await readAuthors()).toEqual([me])
})

test('one’s own yes to what is now one’s own does not count, and others’ mutes and the desk’s measures hold on', async () => {
  await visitor.signIn(email, `Wren ${imported.name}`)
  const me = (await visitor.whoAmI()).id!
  const [comment] = imported.comments
  const target = { storyId: imported.story, commentId: comment! }
  await db
    .insertInto('ballot')
    .values({ ...target, personId: me, value: 1, castAt: new Date() })
    .execute()
  await db.updateTable('comment').set({ respect: 1 }).where('id', '=', comment!).execute()
  const other = new Visitor(newsroom, mailbox)
  await other.signIn(`muter${n}@quill.example`, `Muter ${imported.name}`)
  const muter = (await other.whoAmI()).id!
  await db.insertInto('mute').values({ personId: muter, mutedId: imported.id, mutedAt: new Date() }).execute()
  const until = new Date(Date.now() + 3_600_000)
  await db
    .updateTable('person')
    .set({ barredUntil: until, isMuted: true })
    .where('id', '=', imported.id)
    .execute()
  expect(await claimOffer(newsroom.app, me, imported.id)).toEqual({ comments: 2 })
  const row = await db
    .selectFrom('comment')
    .select('respect')
    .where('id', '=', comment!)
    .executeTakeFirstOrThrow()
  expect(row.respect).toBe(0)
  expect(await db.selectFrom('mute').select('mutedId').where('personId', '=', muter).execute()).toEqual([
    { mutedId: me },
  ])
  expect(await readPerson(me)).toMatchObject({ barredUntil: until, isMuted: true })
})

test('an import is not taken back over what somebody has claimed: nothing is deleted, and it says why', async () => {
  await visitor.signIn(email, `Wren ${imported.name}`)
  await visitor.post('/me/claim', { person: imported.id })
  expect(await undoBatch(newsroom.app, imported.batch)).toMatchObject({
    problem: 'undo-refused',
    detail: expect.stringContaining('2 comments of batch'),
  })
  expect(await readAuthors()).toHaveLength(1)
})

test('an import that was taken back leaves nothing to claim; of a claim and an undo at once, one is refused', async () => {
  await visitor.signIn(email, `Wren ${imported.name}`)
  const me = (await visitor.whoAmI()).id!
  const [claimed, undone] = await Promise.all([
    claimOffer(newsroom.app, me, imported.id),
    undoBatch(newsroom.app, imported.batch),
  ])
  expect([isProblem(claimed), isProblem(undone)].sort()).toEqual([false, true])
  expect(await readAuthors()).toEqual(isProblem(claimed) ? [] : [me])
})

test('a forged form from another site claims nothing', async () => {
  await visitor.signIn(email, `Wren ${imported.name}`)
  const forged = await visitor.post('/me/claim', { person: imported.id }, { 'sec-fetch-site': 'cross-site' })
  expect(forged.status).toBe(403)
  expect(await readAuthors()).toEqual([imported.id])
})
