import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { inTransaction } from '../../src/database/connect.ts'
import { emptyPerson } from '../../src/people/erase-store.ts'
import { type Door, usualDoor } from '../../src/settings/door.ts'
import { changeDoor, changeSite } from '../../src/stories/site-actions.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { type Mailbox, startMailbox } from './mailbox.ts'
import { Visitor } from './visitor.ts'

let newsroom: Newsroom
let mailbox: Mailbox
let story: string
beforeAll(async () => {
  mailbox = await startMailbox()
  newsroom = await startNewsroom({ smtpUrl: mailbox.url })
  story = await newsroom.putStory()
})
afterAll(async () => {
  await newsroom?.close()
  await mailbox?.stop()
})
const openDoor = (guests: Door['guests']) => changeDoor(newsroom.app, { ...usualDoor, guests })
beforeEach(() => openDoor('open'))

const newVisitor = () => new Visitor(newsroom, mailbox)

async function startGuest(name: string): Promise<Visitor> {
  const guest = newVisitor()
  const answer = await guest.post('/sign-in/guest', { name, to: `/s/${story}` })
  expect([answer.status, answer.headers.get('location')]).toEqual([303, `/s/${story}`])
  return guest
}
/** Writes by the form and answers the comment's id. */
async function write(visitor: Visitor, text: string): Promise<string> {
  const written = await visitor.post(`/s/${story}/comments`, { text })
  expect(written.status).toBe(303)
  return /\/c\/([\w-]+)/.exec(written.headers.get('location') ?? '')![1]!
}
const readStory = async () => (await newVisitor().get(`/s/${story}`)).text()
const readComment = async (id: string) =>
  (await newsroom.call('GET', `/api/stories/${story}/comments/${id}`)).json<{
    status: string
    author: { id: string; name: string; claimed: boolean; guest: boolean }
  }>()
const readPerson = (id: string) =>
  newsroom.app.db.selectFrom('person').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
const countPeople = async () => (await newsroom.app.db.selectFrom('person').select('id').execute()).length

test('a site has no guests until it wants some', async () => {
  await openDoor('off')
  const visitor = newVisitor()
  expect(await (await visitor.get('/sign-in')).text()).not.toContain('/sign-in/guest')
  expect((await visitor.get('/sign-in/guest')).status).toBe(403)
  const before = await countPeople()
  expect((await visitor.post('/sign-in/guest', { name: 'Sam Reed', to: '/' })).status).toBe(403)
  expect(await countPeople()).toBe(before)
})

test('a guest gives a name, writes, and is called a guest beside it', async () => {
  const asked = await (await newVisitor().get(`/sign-in?to=/s/${story}`)).text()
  expect(asked).toContain('Write as a guest')
  const guest = await startGuest('Sam Reed')
  const id = await write(guest, 'The quay is under water twice a month.')
  expect(await readComment(id)).toMatchObject({
    status: 'published',
    author: { name: 'Sam Reed', claimed: false, guest: true },
  })
  const page = await readStory()
  expect(page).toContain('<bdi>Sam Reed</bdi>')
  expect(page).toContain('<span class="comment-note">guest</span>')
})

test('where guests are looked at, each comment waits, and they are told before and after', async () => {
  await openDoor('looked-at')
  expect(await (await newVisitor().get('/sign-in/guest')).text()).toContain(
    'An editor looks at each guest’s comment before it appears.',
  )
  const guest = await startGuest('Tess Low')
  for (const text of ['The tide table is wrong.', 'It is wrong again.']) {
    const id = await write(guest, text)
    expect(await readStory()).not.toContain(text)
    expect((await newVisitor().get(`/s/${story}/c/${id}`)).status).toBe(404)
    const mine = await guest.get(`/api/stories/${story}/mine`)
    expect(await mine.text()).toContain(text)
  }
})

test('an edit of a guest’s waits for an editor too', async () => {
  const guest = await startGuest('Uma Sand')
  const id = await write(guest, 'Low water is at three.')
  await openDoor('looked-at')
  expect((await guest.post(`/s/${story}/c/${id}/edit`, { text: 'Low water is at four.' })).status).toBe(303)
  expect(await readStory()).not.toContain('Low water is at four.')
})

test('vote stuffing: a guest casts no ballot', async () => {
  const comment = await newsroom.comment(story, 'Ada Quill', 'The bridge is closed on Mondays.')
  const guest = await startGuest('Vic Shore')
  const cast = await guest.post(`/s/${story}/c/${comment}/respect`, {})
  expect([401, 303]).toContain(cast.status)
  const ballots = await newsroom.app.db
    .selectFrom('ballot')
    .select('value')
    .where('commentId', '=', comment)
    .execute()
  expect(ballots).toEqual([])
})

test.each([
  ['of somebody with an account', 'Ada Quill'],
  ['that looks like theirs', 'Аda Quill'],
  ['of the newsroom', 'Moderator'],
  ['that is none', '\u202e'],
])('a guest does not get a name %s, and keeps what they typed', async (_, name) => {
  await newsroom.tokenOf('Ada Quill')
  const before = await countPeople()
  const refused = await newVisitor().post('/sign-in/guest', { name, to: '/' })
  expect([409, 422]).toContain(refused.status)
  expect(await refused.text()).toContain('id="refusal"')
  expect(await countPeople()).toBe(before)
})

test('guest edits a member’s profile: neither a member’s name nor their address gets a guest near their account', async () => {
  const member = newVisitor()
  await member.signIn('mia@quill.example', 'Mia Quill')
  const { id } = await member.whoAmI()
  const before = await readPerson(id!)
  const intruder = newVisitor()
  for (const fields of [
    { name: 'Mia Quill' },
    { name: 'Wen Marsh', email: 'mia@quill.example' },
    { name: 'Wen Marsh', id: id! },
    { name: 'Wen Marsh', role: 'admin' },
  ])
    expect((await intruder.post('/sign-in/guest', { to: '/', ...fields })).status).toBeGreaterThanOrEqual(409)
  const guest = await startGuest('Wen Marsh')
  const body = {
    text: 'I am Mia.',
    author: id!,
    authorId: id!,
    name: 'Mia Quill',
    email: 'mia@quill.example',
  }
  expect((await guest.post(`/s/${story}/comments`, body)).status).toBe(422)
  expect(await readPerson(id!)).toEqual(before)
})

test('a guest cannot change their name, nor open an account’s page', async () => {
  const guest = await startGuest('Xan Reed')
  expect((await guest.post('/me/name', { name: 'Xan Quay' })).status).not.toBe(200)
  expect((await guest.whoAmI()).name).toBe('Xan Reed')
  expect((await guest.get('/me/account')).headers.get('location')).toContain('/sign-in')
  const page = await (await guest.get('/me')).text()
  expect(page).toContain('Make this an account')
  expect(page).not.toContain('/me/account')
})

test('where guests are no longer wanted, those there are write, edit and report no more, but take their words back', async () => {
  const guest = await startGuest('Yan Low')
  const id = await write(guest, 'The lamp on the pier is out.')
  const other = await newsroom.comment(story, 'Ada Quill', 'It has been out since May.')
  await openDoor('off')
  const refused = await guest.post(`/s/${story}/comments`, { text: 'Still out.' })
  expect(refused.status).toBe(403)
  const page = await refused.text()
  expect(page).toContain('Guests cannot write here')
  expect(page).toContain('Still out.')
  expect((await guest.post(`/s/${story}/c/${id}/edit`, { text: 'The lamp is on.' })).status).toBe(403)
  expect((await guest.post(`/s/${story}/c/${other}/report`, { reason: 'spam' })).status).toBe(403)
  expect((await guest.post(`/s/${story}/c/${id}/delete`, {})).status).toBe(303)
  expect(await readStory()).not.toContain('The lamp on the pier is out.')
})

test('through a newsroom’s popup a guest writes on its page', async () => {
  const origin = 'https://news.example'
  await changeSite(newsroom.app, { ...newsroom.app.site, origins: [origin] })
  const to = `/sign-in/popup?origin=${encodeURIComponent(origin)}`
  const guest = newVisitor()
  const form = await (await guest.get(to)).text()
  const onward = /href="(\/sign-in\/guest\?[^"]+)"/.exec(form)![1]!.replaceAll('&amp;', '&')
  const opener = (answer: Response) => answer.headers.get('cross-origin-opener-policy')
  expect(opener(await guest.get(onward))).toBe('unsafe-none')
  const come = await guest.post('/sign-in/guest', { name: 'Pop Shore', to })
  expect([come.status, come.headers.get('location'), opener(come)]).toEqual([303, to, 'unsafe-none'])
  const { code } = await (await guest.call('/api/session/code', { origin })).json()
  const { token } = await (await newVisitor().call('/api/session/exchange', { code }, { origin })).json()
  const page = { authorization: `Bearer ${token}`, origin }
  const written = await newVisitor().call(`/api/stories/${story}/comments`, { text: 'From the page.' }, page)
  expect(await written.json()).toMatchObject({ author: { name: 'Pop Shore', guest: true } })
})

test('whoever leaves a device leaves their guest behind: the next to sign in there gets none of it', async () => {
  const device = await startGuest('Lil Marsh')
  const id = await write(device, 'I was here before you.')
  await device.post('/sign-out', {})
  await device.signIn('next@marsh.example', 'Next Marsh')
  expect(await readComment(id)).toMatchObject({ author: { name: 'Lil Marsh', guest: true } })
})

test('what the desk decided about a guest is told to the account they become, and can be lifted there', async () => {
  const account = newVisitor()
  await account.signIn('rue@marsh.example', 'Rue Marsh')
  const { id: accountId } = await account.whoAmI()
  const guest = await startGuest('Rue Guest')
  const { id: guestId } = await guest.whoAmI()
  const token = await newsroom.tokenOf('Mo Weir', 'moderator')
  const body = { kind: 'look-first', reason: 'spam' }
  await newsroom.call('POST', `/api/people/${guestId}/sanctions`, { token, body })
  await guest.signIn('rue@marsh.example', '')
  expect((await guest.whoAmI()).id).toBe(accountId)
  expect(await (await guest.get('/me')).text()).toContain('id="restrictions"')
  const listed = await newsroom.call('GET', `/api/people/${accountId}/sanctions`, { token })
  const [sanction] = listed.json<{ items: { id: string }[] }>().items
  const lift = { token, body: { reason: 'mistake' } }
  expect((await newsroom.call('POST', `/api/sanctions/${sanction!.id}/lift`, lift)).status).toBe(201)
  expect(await readPerson(accountId!)).toMatchObject({ lookFirst: false })
})

test('a guest who is no longer wanted is asked to sign in by a newsroom’s popup too', async () => {
  const guest = await startGuest('Zoe Tide')
  const { origin } = newsroom
  await changeSite(newsroom.app, { ...newsroom.app.site, origins: [origin] })
  const popup = `/sign-in/popup?origin=${encodeURIComponent(origin)}`
  expect(await (await guest.get(popup)).text()).toContain('data-signed-in')
  await changeDoor(newsroom.app, usualDoor)
  expect(await (await guest.get(popup)).text()).toContain('action="/sign-in"')
})

test('a guest becomes an account: the same person, their words with them, the page under the new name at once', async () => {
  const guest = await startGuest('Ben Marsh')
  const id = await write(guest, 'The ferry was late on Tuesday.')
  const { id: guestId } = await guest.whoAmI()
  const before = new Map(guest.cookies)
  expect(await readStory()).toContain('<bdi>Ben Marsh</bdi>')
  await guest.signIn('ben@marsh.example', 'Benedict Marsh')
  expect(await guest.whoAmI()).toMatchObject({ id: guestId, name: 'Benedict Marsh' })
  expect(await readComment(id)).toMatchObject({
    author: { id: guestId, name: 'Benedict Marsh', claimed: true, guest: false },
  })
  await expect.poll(readStory, { timeout: 10_000 }).toContain('<bdi>Benedict Marsh</bdi>')
  const old = newVisitor()
  for (const [name, value] of before) old.cookies.set(name, value)
  expect((await old.whoAmI()).status).toBe(401)
})

test('a guest who has an account signs in: what they wrote becomes the account’s, and the guest is no more', async () => {
  const elsewhere = newVisitor()
  await elsewhere.signIn('cleo@marsh.example', 'Cleo Marsh')
  const { id: accountId } = await elsewhere.whoAmI()
  const guest = await startGuest('Passing By')
  const id = await write(guest, 'The fare went up again.')
  const { id: guestId } = await guest.whoAmI()
  expect(await readStory()).toContain('<bdi>Passing By</bdi>')
  await guest.post('/sign-in/link', { token: await guest.askForLink('cleo@marsh.example') })
  expect(await guest.whoAmI()).toMatchObject({ id: accountId, name: 'Cleo Marsh' })
  expect(await readComment(id)).toMatchObject({ author: { id: accountId, guest: false } })
  expect(await readPerson(guestId!)).toMatchObject({ claim: 'erased', name: '' })
  await expect.poll(readStory, { timeout: 10_000 }).not.toContain('<bdi>Passing By</bdi>')
})

test('a guest’s words go to nobody on another device, nor another guest’s on this one', async () => {
  const guest = await startGuest('Dot Sound')
  const other = await startGuest('Dot Sound')
  const [id, others] = [await write(guest, 'I saw two seals.'), await write(other, 'I saw three.')]
  const { id: guestId } = await guest.whoAmI()
  const token = await guest.askForLink('dot@sound.example')
  const phone = newVisitor()
  await phone.post('/sign-in/link', { token, name: 'Dot Sound' })
  expect((await phone.whoAmI()).id).not.toBe(guestId)
  expect(await readComment(id)).toMatchObject({ author: { id: guestId, guest: true } })
  await other.post('/sign-in/link', { token: await other.askForLink('dot@sound.example') })
  expect(await readComment(others)).toMatchObject({ author: { id: (await phone.whoAmI()).id } })
  expect(await readComment(id)).toMatchObject({ author: { id: guestId, guest: true } })
})

test('a guest whom the desk has barred brings their bar to nobody’s account', async () => {
  const sister = newVisitor()
  await sister.signIn('eva@sound.example', 'Eva Sound')
  const guest = await startGuest('Loud One')
  const id = await write(guest, 'You are all fools.')
  const { id: guestId } = await guest.whoAmI()
  await newsroom.app.db
    .updateTable('person')
    .set({ barredUntil: Number.POSITIVE_INFINITY, sanctionId: guestId! })
    .where('id', '=', guestId!)
    .execute()
  await guest.post('/sign-in/link', { token: await guest.askForLink('eva@sound.example') })
  expect(await guest.whoAmI()).toMatchObject({ name: 'Eva Sound' })
  expect(await readComment(id)).toMatchObject({ author: { id: guestId } })
  expect((await readPerson((await guest.whoAmI()).id!)).barredUntil).toBeNull()
})

test('guests of one network are only so many, and write only so much between them', async () => {
  const strict = await startNewsroom({ rateLimits: true }, newsroom.database)
  const ahead = (milliseconds: number) => {
    strict.app.now = () => new Date(Date.now() + milliseconds)
  }
  const form = await (await new Visitor(strict, mailbox).get('/sign-in/guest')).text()
  const opened = /name="opened" value="([^"]+)"/.exec(form)![1]!
  ahead(3_000)
  const guests: Visitor[] = []
  for (let n = 0; n < 12; n++) {
    const guest = new Visitor(strict, mailbox)
    const answer = await guest.post('/sign-in/guest', { name: `Gull ${'abcdefghijkl'[n]}`, to: '/', opened })
    if (answer.status === 303) guests.push(guest)
    else expect([answer.status, Number(answer.headers.get('retry-after')) > 0]).toEqual([429, true])
  }
  expect(guests).toHaveLength(10)
  const answers: number[] = []
  for (const guest of guests)
    for (const text of ['Kree.', 'Kraa.', 'Kroo.'])
      answers.push((await guest.post(`/s/${story}/comments`, { text })).status)
  expect(answers.filter((status) => status === 303)).toHaveLength(20)
  expect(answers.filter((status) => status === 429)).toHaveLength(10)
  await strict.close()
})

test('two guests may go by one name; whoever signs in under it has it alone from then on', async () => {
  await startGuest('Fay Reed')
  await startGuest('Fay Reed')
  const member = newVisitor()
  await member.signIn('fay@reed.example', 'Fay Reed')
  expect((await member.whoAmI()).name).toBe('Fay Reed')
  const late = await newVisitor().post('/sign-in/guest', { name: 'Fay Reed', to: '/' })
  expect(late.status).toBe(409)
})

test('of what a guest and the account both reported, follow and mute, one stays, and nothing that is about themselves', async () => {
  const { db } = newsroom.app
  const member = newVisitor()
  await member.signIn('gil@reed.example', 'Gil Reed')
  const memberId = (await member.whoAmI()).id!
  const guest = await startGuest('Passer Low')
  const guestId = (await guest.whoAmI()).id!
  const theirs = await newsroom.comment(story, 'Ada Quill', 'The pier is closed.')
  const others = await newsroom.comment(story, 'Ada Quill', 'The pier is open.')
  const [byGuest, byMember] = [await write(guest, 'Is it?'), await write(member, 'It is.')]
  const ada = (await readComment(theirs)).author.id
  const report = (visitor: Visitor, comment: string, text: string) =>
    visitor.post(`/s/${story}/c/${comment}/report`, { reason: 'spam', text })
  for (const [visitor, comment, text] of [
    [guest, theirs, 'The guest’s first.'],
    [member, theirs, 'The member’s first.'],
    [guest, others, 'The guest’s second.'],
    [member, others, 'The member’s second.'],
    [guest, byMember, 'About the member.'],
    [member, byGuest, 'About the guest.'],
  ] as const)
    expect((await report(visitor, comment, text)).status).toBeLessThan(400)
  await db
    .updateTable('report')
    .set({ settledAt: new Date() })
    .where('personId', '=', memberId)
    .where('commentId', '=', others)
    .execute()
  for (const visitor of [guest, member]) {
    expect((await visitor.post(`/s/${story}/follow`, {})).status).toBeLessThan(400)
    expect((await visitor.post(`/p/${ada}/mute`, { to: '/' })).status).toBeLessThan(400)
  }
  expect((await guest.post(`/p/${memberId}/mute`, { to: '/' })).status).toBeLessThan(400)
  expect((await member.post(`/p/${guestId}/mute`, { to: '/' })).status).toBeLessThan(400)
  const respected = await newsroom.call('PUT', `/api/stories/${story}/comments/${theirs}/ballot`, {
    token: await newsroom.tokenOf('Wen Marsh'),
    body: { value: 1 },
  })
  expect(respected.status).toBe(200)

  await guest.post('/sign-in/link', { token: await guest.askForLink('gil@reed.example') })
  expect((await guest.whoAmI()).id).toBe(memberId)
  const of = [guestId, memberId]
  const reports = db.selectFrom('report').select(['personId', 'commentId', 'text', 'settledAt'])
  expect(await reports.where('personId', 'in', of).orderBy('commentId').execute()).toEqual([
    { personId: memberId, commentId: theirs, text: 'The member’s first.', settledAt: null },
    { personId: memberId, commentId: others, text: 'The guest’s second.', settledAt: null },
  ])
  const follows = db.selectFrom('follow').select(['personId', 'storyId']).where('personId', 'in', of)
  expect(await follows.execute()).toEqual([{ personId: memberId, storyId: story }])
  const mutes = db.selectFrom('mute').select(['personId', 'mutedId'])
  expect(
    await mutes.where((is) => is.or([is('personId', 'in', of), is('mutedId', 'in', of)])).execute(),
  ).toEqual([{ personId: memberId, mutedId: ada }])
})

test('a guest’s words go to no account that is erased at the same time', async () => {
  const member = newVisitor()
  await member.signIn('hal@reed.example', 'Hal Reed')
  const memberId = (await member.whoAmI()).id!
  const guest = await startGuest('Tern Low')
  const id = await write(guest, 'The gate is shut.')
  const token = await guest.askForLink('hal@reed.example')
  const { db } = newsroom.app
  const waiting = async () => {
    const { rows } = await sql`select from pg_locks where not granted`.execute(db)
    return rows.length
  }
  const coming = await inTransaction(db, async (tx) => {
    await emptyPerson(tx, memberId, new Date())
    const answer = guest.post('/sign-in/link', { token })
    await expect.poll(waiting, { timeout: 10_000 }).toBeGreaterThan(0)
    return { answer }
  })
  await coming.answer
  expect((await readComment(id)).author.guest).toBe(true)
})
