/** Following a story: by a form on its page, which is everyone's, and from a list, which is one's own. */
import { afterAll, beforeAll, expect, test } from 'vitest'
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

const readingOf = async (visitor: Visitor) => (await visitor.get('/me/reading')).text()

test('a reader follows a story from its page, and unfollows it', async () => {
  const visitor = new Visitor(newsroom, mailbox)
  await visitor.signIn('ada@quill.example', 'Ada Quill')
  expect(await (await visitor.get(`/s/${story}`)).text()).toContain(`action="/s/${story}/follow"`)
  const followed = await visitor.post(`/s/${story}/follow`, {})
  expect([followed.status, followed.headers.get('location')]).toEqual([303, `/s/${story}/follow`])
  expect((await visitor.post(`/s/${story}/follow`, {})).status).toBe(303)
  const page = await visitor.get(`/s/${story}/follow`)
  expect(page.headers.get('cache-control')).toBe('private, no-store')
  expect(await page.text()).toContain('You follow this story.')
  expect(await readingOf(visitor)).toContain('The ferry that will not wait')
  const other = new Visitor(newsroom, mailbox)
  await other.signIn('bo@quill.example', 'Bo Quill')
  expect(await readingOf(other)).not.toContain('The ferry that will not wait')
  expect((await other.post(`/s/${story}/unfollow`, { to: '/' })).status).toBe(303)
  expect(await readingOf(visitor)).toContain('The ferry that will not wait')
  const gone = await visitor.post(`/s/${story}/unfollow`, { to: '/me/reading' })
  expect([gone.status, gone.headers.get('location')]).toEqual([303, '/me/reading'])
  expect(await readingOf(visitor)).not.toContain('The ferry that will not wait')
  expect(await (await visitor.get(`/s/${story}/follow`)).text()).toContain('You do not follow this story.')
})

test('who is not signed in does that first, and finds the story again', async () => {
  const answer = await new Visitor(newsroom, mailbox).post(`/s/${story}/follow`, {})
  expect(answer.headers.get('location')).toBe(`/sign-in?to=${encodeURIComponent(`/s/${story}/follow`)}`)
})

test('a story that is not known cannot be followed', async () => {
  const visitor = new Visitor(newsroom, mailbox)
  await visitor.signIn('ada@quill.example', 'Ada Quill')
  expect((await visitor.post('/s/01890000-0000-7000-8000-000000000000/follow', {})).status).toBe(404)
})
