import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Newsroom, startNewsroom } from '../newsroom.ts'

let news: Newsroom
let story: string

beforeAll(async () => {
  news = await startNewsroom()
  story = await news.putStory()
})
afterAll(() => news?.close())

test('a comment is on the page as soon as it was accepted', async () => {
  const id = await news.comment(story, 'Ada Quay', 'It waits for *nobody*.')
  const page = await news.call('GET', `/s/${story}`)
  expect(page.status).toBe(200)
  expect(page.text).toContain(`c-${id}`)
  expect(page.text).toContain('<em>nobody</em>')
})

test('a reply stands under its parent, and both count', async () => {
  const parent = await news.comment(story, 'Ada Quay', 'First.')
  const reply = await news.comment(story, 'Bo Harbour', 'Second.', parent)
  const page = await news.call('GET', `/s/${story}/c/${parent}`)
  expect(page.text.indexOf(`c-${parent}`)).toBeLessThan(page.text.indexOf(`c-${reply}`))
  const got = await news.call('GET', `/api/stories/${story}/comments/${parent}`)
  expect(got.json()).toMatchObject({ replies: 1, status: 'published' })
})
