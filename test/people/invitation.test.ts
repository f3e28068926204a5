import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { inviteAdmin } from '../../src/people/invitation.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { type Mailbox, startMailbox } from './mailbox.ts'
import { Visitor } from './visitor.ts'

let newsroom: Newsroom
let mailbox: Mailbox
let visitor: Visitor
beforeAll(async () => {
  mailbox = await startMailbox()
  newsroom = await startNewsroom({ smtpUrl: mailbox.url })
})
afterAll(async () => {
  await newsroom?.close()
  await mailbox?.stop()
})
/** The product’s clock, so many milliseconds ahead. */
const moveClock = (ahead: number) => {
  newsroom.app.now = () => new Date(Date.now() + ahead)
}

beforeEach(async () => {
  moveClock(0)
  visitor = new Visitor(newsroom, mailbox)
  await newsroom.app.db.deleteFrom('once').execute()
  await newsroom.app.db.deleteFrom('person').execute()
  await newsroom.app.db.deleteFrom('identity').execute()
})

const invite = async (): Promise<string> => {
  const link = await inviteAdmin(newsroom.app)
  expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/sign-in\/invitation\?token=[\w-]{43}$/)
  return new URL(link!).searchParams.get('token')!
}

test('whoever starts the first server becomes its admin by a link that is good once', async () => {
  const token = await invite()
  for (const _ of [1, 2]) {
    const shown = await visitor.get(`/sign-in/invitation?token=${token}`)
    expect(shown.status).toBe(200)
    expect(await shown.text()).toContain('Take charge of Detente')
  }
  const opened = await visitor.post('/sign-in/invitation', { token, name: 'Chief', email: '' })
  expect([opened.status, opened.headers.get('location')]).toEqual([303, '/'])
  expect(await visitor.whoAmI()).toMatchObject({ name: 'Chief', role: 'admin' })
  const second = new Visitor(newsroom, mailbox)
  expect((await second.post('/sign-in/invitation', { token, name: 'Usurper', email: '' })).status).toBe(410)
  expect((await second.get(`/sign-in/invitation?token=${token}`)).status).toBe(410)
  expect(await inviteAdmin(newsroom.app)).toBeUndefined()
})

test('of many who open the invitation at once, one becomes the admin', async () => {
  const token = await invite()
  const names = ['Ash', 'Birch', 'Cedar', 'Elder', 'Fir', 'Gorse']
  const answers = await Promise.all(
    names.map((name) =>
      new Visitor(newsroom, mailbox).post('/sign-in/invitation', { token, name, email: '' }),
    ),
  )
  expect(answers.map((answer) => answer.status).sort()).toEqual([303, 410, 410, 410, 410, 410])
  expect(await newsroom.app.db.selectFrom('person').select('role').execute()).toEqual([{ role: 'admin' }])
})

test('each start voids the invitations before it, and a day voids the last', async () => {
  const old = await invite()
  const token = await invite()
  expect((await visitor.get(`/sign-in/invitation?token=${old}`)).status).toBe(410)
  expect((await visitor.post('/sign-in/invitation', { token: old, name: 'Late', email: '' })).status).toBe(
    410,
  )
  moveClock(23 * 3600_000)
  expect((await visitor.get(`/sign-in/invitation?token=${token}`)).status).toBe(200)
  moveClock(24 * 3600_000 + 1_000)
  expect((await visitor.get(`/sign-in/invitation?token=${token}`)).status).toBe(410)
})

test.each([
  ['', '', 422, 'Please use 1 to 40 characters'],
  ['Chief', 'not an address', 422, 'This address cannot be used'],
  ['Reader', '', 409, 'This name is taken'],
  ['Chief', 'reader@quill.example', 409, 'This address cannot be used'],
])(
  '“%s” with the address “%s” is refused and given back, and the invitation stays good',
  async (name, email, status, words) => {
    await new Visitor(newsroom, mailbox).signIn('reader@quill.example', 'Reader')
    const token = await invite()
    const refused = await visitor.post('/sign-in/invitation', { token, name, email })
    expect(refused.status).toBe(status)
    const page = await refused.text()
    expect(page).toContain(words)
    if (email) expect(page).toContain(`value="${email}"`)
    expect((await visitor.post('/sign-in/invitation', { token, name: 'Chief', email: '' })).status).toBe(303)
    expect(
      await newsroom.app.db.selectFrom('person').select(['name', 'role']).orderBy('name').execute(),
    ).toEqual([
      { name: 'Chief', role: 'admin' },
      { name: 'Reader', role: 'reader' },
    ])
  },
)

test('one who is signed in becomes the admin without another name', async () => {
  await visitor.signIn('reader@quill.example', 'Reader')
  const token = await invite()
  expect(await (await visitor.get(`/sign-in/invitation?token=${token}`)).text()).not.toContain('name="name"')
  expect((await visitor.post('/sign-in/invitation', { token })).status).toBe(303)
  expect(await visitor.whoAmI()).toMatchObject({ name: 'Reader', role: 'admin' })
  expect((await visitor.post('/sign-in/invitation', { token })).status).toBe(410)
})

test('an admin with a mailbox signs in again by a mailed link', async () => {
  const token = await invite()
  await visitor.post('/sign-in/invitation', { token, name: 'Chief', email: 'chief@quill.example' })
  const elsewhere = new Visitor(newsroom, mailbox)
  await elsewhere.signIn('chief@quill.example', '')
  expect(await elsewhere.whoAmI()).toMatchObject({ name: 'Chief', role: 'admin' })
  moveClock(31 * 24 * 3600_000)
  expect(await inviteAdmin(newsroom.app)).toBeUndefined()
})

test('when the session of an admin without a mailbox has ended, the next start invites again', async () => {
  await visitor.post('/sign-in/invitation', { token: await invite(), name: 'Chief', email: '' })
  moveClock(31 * 24 * 3600_000)
  await invite()
})

/* Of staff, from the desk */

/** Somebody signed in, made what they are by the first invitation. */
async function chief(): Promise<Visitor> {
  await visitor.post('/sign-in/invitation', { token: await invite(), name: 'Chief', email: '' })
  return visitor
}
const path = '/desk/people/invitations'

async function inviteTo(admin: Visitor, fields: Record<string, string>): Promise<string> {
  const made = await admin.post(path, { badge: '', hours: '24', ...fields })
  const page = await made.text()
  expect(made.status, page).toBe(200)
  return new URL(/>(http[^<]+\/sign-in\/invitation\?token=[\w-]{43})</.exec(page)![1]!).searchParams.get(
    'token',
  )!
}

test('an admin invites by a link that is shown once; whoever is signed in has the role and the badge by it, once', async () => {
  const admin = await chief()
  const token = await inviteTo(admin, { role: 'moderator', badge: ' Coast\u202e  desk ' })
  const listed = await (await admin.get(path)).text()
  expect(listed).not.toContain(token)
  expect(listed).toContain('<bdi>Coast desk</bdi>')
  const guest = new Visitor(newsroom, mailbox)
  expect((await guest.post('/sign-in/invitation', { token, name: 'Eve', email: '' })).status).toBe(401)
  await guest.signIn('mo@quill.example', 'Mo Weir')
  expect((await guest.get(path)).status).toBe(403)
  expect((await guest.post('/sign-in/invitation', { token, role: 'admin' })).status).toBe(422)
  expect((await guest.post('/sign-in/invitation', { token })).status).toBe(303)
  expect(await guest.whoAmI()).toMatchObject({ role: 'moderator' })
  expect(await (await admin.get(path)).text()).toContain('No invitation is open.')
  const second = new Visitor(newsroom, mailbox)
  await second.signIn('second@quill.example', 'Second Quill')
  expect((await second.post('/sign-in/invitation', { token })).status).toBe(410)
  const { expiresAt } = await newsroom.app.db
    .selectFrom('session')
    .innerJoin('person', 'person.id', 'session.personId')
    .select('session.expiresAt')
    .where('person.name', '=', 'Mo Weir')
    .executeTakeFirstOrThrow()
  expect(expiresAt.getTime() - Date.now()).toBeLessThanOrEqual(12 * 3_600_000)
})

test('an invitation is good for as long as the admin said, and not at all once it was taken back', async () => {
  const admin = await chief()
  const token = await inviteTo(admin, { role: 'editor', hours: '72' })
  const short = await inviteTo(admin, { role: 'staff', hours: '24' })
  moveClock(24 * 3600_000 + 1_000)
  const stranger = new Visitor(newsroom, mailbox)
  expect((await stranger.get(`/sign-in/invitation?token=${short}`)).status).toBe(410)
  expect((await stranger.get(`/sign-in/invitation?token=${token}`)).status).toBe(200)
  moveClock(0)
  const ids = [...(await (await admin.get(path)).text()).matchAll(/invitations\/([\w-]{43})\/revoke/g)].map(
    ([, id]) => id,
  )
  expect(ids).toHaveLength(2)
  for (const id of ids) expect((await admin.post(`${path}/${id}/revoke`, {})).status).toBe(303)
  expect((await admin.post(`${path}/${ids[0]}/revoke`, {})).status).toBe(404)
  expect((await stranger.get(`/sign-in/invitation?token=${token}`)).status).toBe(410)
})

test.each([
  [{ role: 'reader', hours: '24' }, '/role'],
  [{ role: 'owner', hours: '24' }, '/role'],
  [{ role: 'staff', hours: '9999' }, '/hours'],
  [{ role: 'staff', hours: '24', badge: 'x'.repeat(60) }, '/badge'],
])('an invitation to %j is refused for %s, and none is made', async (fields, _) => {
  const admin = await chief()
  expect((await admin.post(path, { badge: '', ...fields })).status).toBe(422)
  expect(await (await admin.get(path)).text()).toContain('No invitation is open.')
})

test('whoever is banned becomes nothing by an invitation', async () => {
  const admin = await chief()
  const token = await inviteTo(admin, { role: 'staff' })
  const banned = new Visitor(newsroom, mailbox)
  await banned.signIn('ban@quill.example', 'Banned Quill')
  const { id } = await banned.whoAmI()
  const step = { kind: 'ban', reason: 'spam', step: 'take' }
  expect((await admin.post(`/desk/people/${id}/sanctions`, step)).status).toBe(303)
  await banned.signIn('ban@quill.example', '')
  expect((await banned.post('/sign-in/invitation', { token })).status).toBe(403)
  expect((await banned.whoAmI()).role).toBe('reader')
})
