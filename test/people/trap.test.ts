import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { makeTrap } from '../../src/people/trap.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { type Mailbox, startMailbox } from './mailbox.ts'
import { Visitor } from './visitor.ts'

const noon = new Date('2026-05-04T12:00:00Z')
const after = (milliseconds: number) => new Date(noon.getTime() + milliseconds)
const trap = makeTrap(Buffer.alloc(32, 1), true)

test.each<[string, Parameters<typeof trap.check>, boolean]>([
  ['a form that was read and filled in passes', [{ opened: trap.stamp(noon) }, after(1_000), true], true],
  [
    'one from a page that was left open for a week passes',
    [{ opened: trap.stamp(noon) }, after(7 * 86_400_000), true],
    true,
  ],
  ['one that comes back at once is caught', [{ opened: trap.stamp(noon) }, after(999), true], false],
  ['one from the future is caught', [{ opened: trap.stamp(noon) }, after(-5_000), true], false],
  [
    'the field that nobody sees catches',
    [{ opened: trap.stamp(noon), homepage: 'x' }, after(5_000), true],
    false,
  ],
  ['a form without a stamp is caught where each has one', [{}, after(5_000), true], false],
  ['and passes where a page is shared', [{ homepage: '' }, after(5_000), false], true],
  ['a stamp made up is caught', [{ opened: 'moruadc0.AAAAAAAAAAAAAAAAAAAAAA' }, after(5_000), false], false],
  [
    'one of another installation is caught',
    [{ opened: makeTrap(Buffer.alloc(32, 2), true).stamp(noon) }, after(5_000), true],
    false,
  ],
])('%s', (_, given, passes) => {
  expect(trap.check(...given)?.problem).toBe(passes ? undefined : 'press-again')
})

let newsroom: Newsroom
let mailbox: Mailbox
let visitor: Visitor
beforeAll(async () => {
  mailbox = await startMailbox()
  newsroom = await startNewsroom({ smtpUrl: mailbox.url, rateLimits: true })
})
afterAll(async () => {
  await newsroom?.close()
  await mailbox?.stop()
})
beforeEach(() => {
  visitor = new Visitor(newsroom, mailbox)
  moveClock(0)
})

const moveClock = (ahead: number) => {
  newsroom.app.now = () => new Date(Date.now() + ahead)
}
const openedIn = (page: string) => /name="opened" value="([^"]+)"/.exec(page)?.[1] ?? ''

test('the field is out of sight, of the keyboard’s way and of hearing, and is no hidden field, which programs skip', async () => {
  const page = await (await visitor.get('/sign-in')).text()
  expect(page).toContain('<div class="trap" aria-hidden="true">')
  const field = /<input name="homepage"[^>]*>/.exec(page)![0]
  expect(field).toContain('tabindex="-1"')
  expect(field).toContain('autocomplete="off"')
  expect(field).not.toContain('type="hidden"')
})

test('whoever is caught at signing in is asked to press once more, with what they typed; then it goes through', async () => {
  const form = await (await visitor.get('/sign-in')).text()
  moveClock(3_000)
  const filled = {
    email: 'ada@quill.example',
    to: '/',
    opened: openedIn(form),
    homepage: 'https://pills.example',
  }
  const caught = await visitor.post('/sign-in', filled)
  const page = await caught.text()
  expect(caught.status).toBe(422)
  expect(page).toContain('Please press the button once more.')
  expect(page).toContain('value="ada@quill.example"')
  expect(page).not.toContain('pills.example')
  expect(mailbox.mails).toHaveLength(0)
  moveClock(5_000)
  const again = await visitor.post('/sign-in', { ...filled, homepage: '', opened: openedIn(page) })
  expect(again.status).toBe(200)
  expect(mailbox.mails).toHaveLength(1)
})

test('a program that posts without having seen the form is caught', async () => {
  const before = mailbox.mails.length
  expect((await visitor.post('/sign-in', { email: 'eve@quill.example', to: '/' })).status).toBe(422)
  expect(mailbox.mails).toHaveLength(before)
})

test('a comment that is caught stands on the page, to be posted with one more press', async () => {
  const story = await newsroom.putStory()
  const token = await newsroom.sessionTokenOf('Ada Quill', undefined, null)
  visitor.cookies.set('detente', token)
  const path = `/s/${story}/comments`
  const shared = await (await visitor.get(`/s/${story}`)).text()
  expect(shared).toContain('name="homepage"')
  expect(shared).not.toContain('name="opened"')
  const caught = await visitor.post(path, { text: 'Low water is at three.', homepage: 'x' })
  const page = await caught.text()
  expect(caught.status).toBe(422)
  expect(page).toContain('Low water is at three.')
  expect(page).toContain('Please press the button once more')
  const soon = await visitor.post(path, { text: 'Low water is at three.', opened: openedIn(page) })
  expect(soon.status).toBe(422)
  moveClock(2_000)
  const again = await visitor.post(path, { text: 'Low water is at three.', opened: openedIn(page) })
  expect(again.status).toBe(303)
})
