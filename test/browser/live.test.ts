import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { setGate } from '../../src/stories/actions.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { type Mailbox, startMailbox } from '../people/mailbox.ts'
import { openBrowser } from './chromium.ts'
import { commentWith, eventually, listComments, signedIn } from './reader.ts'

let browser: Browser
let newsroom: Newsroom
let mailbox: Mailbox
let ada: BrowserContext
let stranger: BrowserContext
let stories = 0

beforeAll(async () => {
  mailbox = await startMailbox()
  newsroom = await startNewsroom({ smtpUrl: mailbox.url })
  browser = await openBrowser()
  ada = await signedIn(browser, { newsroom, mailbox, name: 'Ada Quay' })
})
afterEach(async () => {
  await stranger?.close()
  for (const page of ada.pages()) await page.close()
})
afterAll(async () => {
  await browser?.close()
  await newsroom?.close()
  await mailbox?.stop()
})

/** A story of its own for each test, and someone who reads it without being signed in. */
async function openStory(prepare: (story: string) => Promise<unknown> = async () => undefined, query = '') {
  const story = await newsroom.putStory(`story-${++stories}`)
  await prepare(story)
  stranger = await browser.newContext()
  const page = await stranger.newPage()
  await page.goto(`${newsroom.origin}/s/${story}${query}`)
  return { story, page }
}

const news = (page: Page) => page.locator('.news button')
const offers = (page: Page, text: string) =>
  eventually(async () => (await news(page).allInnerTexts())[0]).toBe(text)

const change = async (method: 'PATCH' | 'DELETE', story: string, id: string, name: string, body?: object) => {
  const token = await newsroom.tokenOf(name)
  const answer = await newsroom.call(method, `/api/stories/${story}/comments/${id}`, {
    token,
    ...(body ? { body } : {}),
  })
  expect(answer.status).toBe(200)
}

test('new comments are offered and move nothing; asked for, each stands in its place and the first has the focus', async () => {
  let first = ''
  const { story, page } = await openStory(async (id) => {
    first = await newsroom.comment(id, 'Bo Harbour', 'First.')
  })
  const before = await page.locator('article.comment').boundingBox()
  await newsroom.comment(story, 'Cy Strand', 'Second.')
  const reply = await newsroom.comment(story, 'Cy Strand', 'A reply to the first.', first)
  await newsroom.comment(story, 'Di Cape', 'A reply to that.', reply)
  await offers(page, '3 new comments – show')
  expect(await listComments(page)).toEqual(['First.'])
  expect(await page.locator('article.comment').boundingBox()).toEqual(before)
  expect(await page.locator('.news').getAttribute('role')).toBe('status')
  await eventually(() => page.locator('.thread-count').innerText()).toBe('4 comments')

  await news(page).click()
  await expect
    .poll(() => listComments(page))
    .toEqual(['Second.', 'First.', 'A reply to the first.', 'A reply to that.'])
  expect(await page.locator('.fresh').count()).toBe(3)
  expect(await commentWith(page, 'Second.').evaluate((element) => element === document.activeElement)).toBe(
    true,
  )
  expect(await news(page).count()).toBe(0)
  expect(await page.locator(`#c-${first} > .replies > li > .replies article`).innerText()).toContain(
    'A reply to that.',
  )
})

test('one’s own comment is not offered to oneself', async () => {
  const { story } = await openStory()
  const page = await ada.newPage()
  await page.goto(`${newsroom.origin}/s/${story}`)
  await page.locator('#write textarea').fill('Mine.')
  await page.locator('#write button.main').click()
  await commentWith(page, 'Mine.').waitFor()
  await newsroom.comment(story, 'Bo Harbour', 'Theirs.')
  await offers(page, '1 new comment – show')
})

test('what was taken back before one asked is not offered any more', async () => {
  const { story, page } = await openStory()
  const id = await newsroom.comment(story, 'Bo Harbour', 'Hm.')
  await offers(page, '1 new comment – show')
  await change('DELETE', story, id, 'Bo Harbour')
  await eventually(() => news(page).count()).toBe(0)
})

test('an edit arrives in place, with the focus where it was', async () => {
  let id = ''
  const { story, page } = await openStory(async (story) => {
    id = await newsroom.comment(story, 'Bo Harbour', 'It leaves at six.')
  })
  await page.locator('.reply').focus()
  await change('PATCH', story, id, 'Bo Harbour', { text: 'It leaves at **seven**.' })
  await eventually(() => listComments(page)).toEqual(['It leaves at seven.'])
  expect(await page.locator('.comment-edited').innerText()).toBe('edited')
  expect(await page.locator('.reply').evaluate((element) => element === document.activeElement)).toBe(true)
})

test('what is taken back leaves the page, or leaves its place where others have replied', async () => {
  let lone = ''
  let answered = ''
  const { story, page } = await openStory(async (story) => {
    lone = await newsroom.comment(story, 'Bo Harbour', 'Alone.')
    answered = await newsroom.comment(story, 'Bo Harbour', 'Answered.')
    await newsroom.comment(story, 'Cy Strand', 'An answer.', answered)
  })
  await change('DELETE', story, lone, 'Bo Harbour')
  await change('DELETE', story, answered, 'Bo Harbour')
  await eventually(() => listComments(page)).toEqual(['An answer.'])
  expect(await page.locator('.tombstone').innerText()).toBe('Taken back by its author.')
  expect(await page.locator(`#c-${lone}`).count()).toBe(0)
})

test('a reply that is being written stays when what it answers is taken back', async () => {
  let id = ''
  const { story, page } = await openStory(async (story) => {
    id = await newsroom.comment(story, 'Bo Harbour', 'Hm.')
  })
  await page.getByRole('link', { name: 'Reply' }).click()
  await page.keyboard.type('I was about to say')
  await change('DELETE', story, id, 'Bo Harbour')
  await eventually(() => listComments(page)).toEqual([])
  expect(await page.getByLabel('Your reply to Bo Harbour').inputValue()).toBe('I was about to say')
})

test('a removal by the desk and its restoring arrive', async () => {
  let id = ''
  const { story, page } = await openStory(async (story) => {
    id = await newsroom.comment(story, 'Bo Harbour', 'Buy my boats.')
  })
  const token = await newsroom.tokenOf('Desk', 'moderator')
  const decide = (body: object) =>
    newsroom.call('POST', `/api/stories/${story}/comments/${id}/decisions`, { token, body })
  await decide({ action: 'remove', reason: 'spam' })
  await eventually(() => listComments(page)).toEqual([])
  expect(await page.locator('.tombstone').innerText()).toContain('advertising or spam')
  await decide({ action: 'restore' })
  await eventually(() => listComments(page)).toEqual(['Buy my boats.'])
})

test('the respect of others is counted on open pages', async () => {
  let id = ''
  const { story, page } = await openStory(async (story) => {
    id = await newsroom.comment(story, 'Bo Harbour', 'Worth reading.')
  })
  for (const name of ['Cy Strand', 'Di Cape'])
    await newsroom.call('PUT', `/api/stories/${story}/comments/${id}/ballot`, {
      token: await newsroom.tokenOf(name),
      body: { value: 1 },
    })
  await eventually(() => page.locator('.respect').innerText()).toBe('Respect 2')
})

test('a discussion that is closed says so on open pages; a text that is being written stays', async () => {
  const { story, page } = await openStory((story) => newsroom.comment(story, 'Bo Harbour', 'First.'))
  const other = await stranger.newPage()
  await other.goto(page.url())
  await page.locator('#write textarea').fill('Not finished')
  await newsroom.app.db
    .updateTable('story')
    .set({ mode: 'closed', modeReason: 'The ferry has left.' })
    .where('id', '=', story)
    .execute()
  await newsroom.putStory(`story-${stories}`, { title: 'The ferry that has left' })
  for (const open of [page, other]) {
    await eventually(() => open.locator('.thread-state').innerText()).toContain('The ferry has left.')
    expect(await open.locator('.reply').isVisible()).toBe(false)
  }
  expect(await page.locator('#write textarea').inputValue()).toBe('Not finished')
  expect(await page.locator('#write').isVisible()).toBe(true)
  expect(await other.locator('#write').isVisible()).toBe(false)
})

test('a page that was opened while the discussion was closed takes comments and replies once it is open', async () => {
  const gate = { reason: null, closeAfterDays: null }
  const story = await newsroom.putStory(`story-${++stories}`)
  const first = await newsroom.comment(story, 'Bo Harbour', 'First.')
  await setGate(newsroom.app, { storyId: story }, { ...gate, mode: 'closed' })
  const page = await ada.newPage()
  const exchange = await ada.newPage()
  await page.goto(`${newsroom.origin}/s/${story}`)
  await exchange.goto(`${newsroom.origin}/s/${story}/c/${first}`)
  expect(await page.locator('.reply, .composer').count()).toBe(0)
  await setGate(newsroom.app, { storyId: story }, { ...gate, mode: 'open' })
  await page.locator('#write textarea').fill('At last.')
  await page.locator('#write .main').click()
  await eventually(() => listComments(page)).toEqual(['At last.', 'First.'])
  for (const [open, text] of [
    [page, 'A reply.'],
    [exchange, 'Another reply.'],
  ] as const) {
    await commentWith(open, 'First.').locator('.reply').click()
    await open.locator(`#reply-${first} textarea`).fill(text)
    await open.locator(`#reply-${first} .main`).click()
    await eventually(() => listComments(open)).toContain(text)
  }
  const answer = await newsroom.call('GET', `/api/stories/${story}/comments?parent=${first}`)
  expect(answer.json<{ items: { text: string }[] }>().items.map(({ text }) => text)).toEqual([
    'A reply.',
    'Another reply.',
  ])
})

test('a stranger’s page complains of nothing', async () => {
  const story = await newsroom.putStory(`story-${++stories}`)
  await newsroom.comment(story, 'Bo Harbour', 'First.')
  stranger = await browser.newContext()
  const page = await stranger.newPage()
  const complaints: string[] = []
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  const asked = page.waitForResponse((response) => response.url().endsWith('/mine'))
  await page.goto(`${newsroom.origin}/s/${story}`)
  await (await asked).finished()
  expect(complaints).toEqual([])
})

test('after a break in the line nothing is missing and nothing comes twice', async () => {
  const { story, page } = await openStory((story) => newsroom.comment(story, 'Bo Harbour', '0'))
  await newsroom.comment(story, 'Bo Harbour', '1')
  await offers(page, '1 new comment – show')
  await stranger.setOffline(true)
  for (const text of ['2', '3']) await newsroom.comment(story, 'Bo Harbour', text)
  await stranger.setOffline(false)
  await newsroom.comment(story, 'Bo Harbour', '4')
  await offers(page, '4 new comments – show')
  await news(page).click()
  await eventually(() => listComments(page)).toEqual(['4', '3', '2', '1', '0'])
})

test('a proxy that holds the stream back is got round', async () => {
  const story = await newsroom.putStory(`story-${++stories}`)
  stranger = await browser.newContext()
  const page = await stranger.newPage()
  let held = 0
  await page.route('**/events?*', (route) => {
    if (route.request().headers().accept !== 'text/event-stream') return route.continue()
    held++
    return undefined
  })
  await page.clock.install()
  await page.goto(`${newsroom.origin}/s/${story}`)
  await eventually(() => held).toBe(1)
  await newsroom.comment(story, 'Bo Harbour', 'One.')
  const asked = page.waitForResponse((response) => response.url().includes('/events?') && response.ok())
  await page.clock.runFor(7_000)
  await asked
  await offers(page, '1 new comment – show')
  await newsroom.comment(story, 'Bo Harbour', 'Two.')
  await page.clock.runFor(11_000)
  await offers(page, '2 new comments – show')
})

test('a proxy that lets the beginning through and holds back the rest is noticed', async () => {
  const story = await newsroom.putStory(`story-${++stories}`)
  stranger = await browser.newContext()
  const page = await stranger.newPage()
  await page.clock.install()
  await page.addInitScript(() => {
    // A stream as such a proxy gives it: open, greeted, then silent.
    class Silent extends EventTarget {
      static readonly CLOSED = 2
      readyState = 1
      constructor() {
        super()
        queueMicrotask(() => this.dispatchEvent(new MessageEvent('hello', { data: '0' })))
      }
      close() {
        this.readyState = 2
      }
    }
    Object.assign(window, { EventSource: Silent })
  })
  await page.goto(`${newsroom.origin}/s/${story}`)
  await newsroom.comment(story, 'Bo Harbour', 'One.')
  await page.clock.runFor(21_000)
  await offers(page, '1 new comment – show')
})

test('a page with more new comments than can be put in place goes to the newest', async () => {
  const { story, page } = await openStory()
  await Promise.all(
    Array.from({ length: 201 }, (_, n) => newsroom.comment(story, `Reader ${n % 40}`, `No. ${n}`)),
  )
  await offers(page, '201 new comments – show')
  await news(page).click()
  await page.waitForURL('**?sort=newest#talk')
  expect(await page.locator('.branches > li').count()).toBe(20)
})

test('more than fifty are fetched in several requests and lose none', async () => {
  const { story, page } = await openStory()
  const texts = Array.from({ length: 120 }, (_, n) => `No. ${n}.`)
  for (const text of texts) await newsroom.comment(story, 'Bo Harbour', text)
  await offers(page, '120 new comments – show')
  await news(page).click()
  await eventually(() => listComments(page)).toEqual(texts.reverse())
})
