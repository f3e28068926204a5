/** Where one is signed in: seen, and ended, by oneself alone. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { type Mailbox, startMailbox } from './mailbox.ts'
import { Visitor } from './visitor.ts'

let newsroom: Newsroom
let mailbox: Mailbox
beforeAll(async () => {
  mailbox = await startMailbox()
  newsroom = await startNewsroom({ smtpUrl: mailbox.url })
})
afterAll(async () => {
  await newsroom?.close()
  await mailbox?.stop()
})
beforeEach(() => moveClock(0))

/** The product’s clock, so many milliseconds ahead. */
const moveClock = (ahead: number) => {
  newsroom.app.now = () => new Date(Date.now() + ahead)
}

const signIn = async (name: string): Promise<Visitor> => {
  const visitor = new Visitor(newsroom, mailbox)
  await visitor.signIn(`${name.toLowerCase()}@quill.example`, name)
  return visitor
}
const firefox = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' }

const accountOf = async (visitor: Visitor) => (await visitor.get('/me/account')).text()
const sessionsOf = async (visitor: Visitor): Promise<string[]> =>
  [...(await accountOf(visitor)).matchAll(/name="session" value="([^"]+)"/g)].map(([, id]) => id!)

test('the list says on what, since when, and which one this is', async () => {
  const visitor = new Visitor(newsroom, mailbox)
  const token = await visitor.askForLink('tern@quill.example')
  await visitor.post('/sign-in/link', { token, name: 'Tern' }, firefox)
  await signIn('Tern')
  const page = await accountOf(visitor)
  expect(page).toContain('Firefox · Linux')
  expect(page).toContain('Unknown device')
  expect(page.match(/this one/g)).toHaveLength(1)
  expect(await sessionsOf(visitor)).toHaveLength(2)
})

test('one session is ended: its browser is signed out at once, the others stay', async () => {
  const [here, there] = [await signIn('Ines'), await signIn('Ines')]
  const [mine] = await sessionsOf(here)
  const other = (await sessionsOf(here)).find((id) => id !== mine)!
  const own = await sessionsOf(there)
  expect(own).toContain(other)
  const ended = (await here.post('/me/sessions/end', { session: other })).status
  const states = [(await here.whoAmI()).status, (await there.whoAmI()).status]
  expect([ended, ...states.sort()]).toEqual([303, 200, 401])
})

test('IDOR: ending another’s session is ending none', async () => {
  const [ines, bo] = [await signIn('Ines'), await signIn('Bo')]
  const [victim] = await sessionsOf(bo)
  const answers = [
    await ines.post('/me/sessions/end', { session: victim! }),
    await ines.post('/me/sessions/end', { session: '01890000-0000-7000-8000-000000000000' }),
    await ines.post('/me/sessions/end', { session: "'; drop table session" }),
  ]
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 404])
  expect((await bo.whoAmI()).status).toBe(200)
})

test('all others are ended, and this one stays', async () => {
  const browsers = [await signIn('Cy'), await signIn('Cy'), await signIn('Cy')]
  expect((await browsers[1]!.post('/me/sessions/others', {})).status).toBe(303)
  expect(await Promise.all(browsers.map(async (one) => (await one.whoAmI()).status))).toEqual([401, 200, 401])
  expect(await sessionsOf(browsers[1]!)).toHaveLength(1)
})

test('all are ended, here too', async () => {
  const browsers = [await signIn('Di'), await signIn('Di')]
  const answer = await browsers[0]!.post('/me/sessions/all', {})
  expect([answer.status, answer.headers.get('location'), browsers[0]!.cookies.size]).toEqual([303, '/', 0])
  expect(await Promise.all(browsers.map(async (one) => (await one.whoAmI()).status))).toEqual([401, 401])
})

test('session fixation: a session that a browser held before signing in is not the one it has after', async () => {
  const mallory = await signIn('Mallory')
  const victim = new Visitor(newsroom, mailbox)
  for (const [name, value] of mallory.cookies) victim.cookies.set(name, value)
  const planted = victim.cookies.get('detente-session')
  await victim.signIn('edith@quill.example', 'Edith')
  expect(await victim.whoAmI()).toMatchObject({ name: 'Edith' })
  expect(victim.cookies.get('detente-session')).not.toBe(planted)
  expect(await mallory.whoAmI()).toMatchObject({ name: 'Mallory' })
  expect((await accountOf(mallory)).includes('Edith')).toBe(false)
})

test('two tabs that renew at the same time both stay in', async () => {
  const browser = await signIn('Flo')
  moveClock(16 * 60_000)
  const [one, two] = await Promise.all([browser.whoAmI(), browser.whoAmI()])
  expect([one.name, two.name]).toEqual(['Flo', 'Flo'])
  moveClock(32 * 60_000)
  expect((await browser.whoAmI()).name).toBe('Flo')
})

test('a stolen refresh secret that is used twice ends the family: for the thief and for the one who was robbed', async () => {
  const robbed = await signIn('Gus')
  const thief = new Visitor(newsroom, mailbox)
  thief.cookies.set('detente-session', robbed.cookies.get('detente-session')!)
  expect((await thief.whoAmI()).name).toBe('Gus')
  // Longer than two tabs may lie apart.
  moveClock(16 * 60_000)
  expect((await robbed.whoAmI()).status).toBe(401)
  expect((await thief.whoAmI()).status).toBe(401)
  expect(robbed.cookies.size).toBe(0)
})

test('a page of somebody who is not signed in, or of another site’s script, is not to be had', async () => {
  expect((await new Visitor(newsroom, mailbox).get('/me/account')).headers.get('location')).toBe(
    '/sign-in?to=/me/account',
  )
  const token = await newsroom.sessionTokenOf('Hal Reed', undefined, 'https://courier.example')
  const answer = await newsroom.call('GET', '/me/account', { token })
  expect([401, 403]).toContain(answer.status)
})
