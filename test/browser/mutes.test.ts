/** What one muted, in a real browser: folded for one reader alone, on our pages and in a newsroom's. */
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { type Mailbox, startMailbox } from '../people/mailbox.ts'
import { openBrowser } from './chromium.ts'
import { type Newspaper, startNewspaper } from './newspaper.ts'
import { commentWith, eventually, signedIn } from './reader.ts'

let browser: Browser
let newsroom: Newsroom
let mailbox: Mailbox
let paper: Newspaper
let ada: BrowserContext
let stories = 0

beforeAll(async () => {
  mailbox = await startMailbox()
  paper = await startNewspaper()
  newsroom = await startNewsroom({ smtpUrl: mailbox.url, origins: [paper.origin] })
  browser = await openBrowser()
  ada = await signedIn(browser, { newsroom, mailbox, name: 'Ada Quay' })
})
afterAll(async () => {
  await browser?.close()
  await newsroom?.close()
  await paper?.stop()
  await mailbox?.stop()
})

const LINE = 'A comment by someone you muted – show'
const lines = (page: Page) => page.locator('.muted > summary', { hasText: LINE })
const news = (page: Page) => page.locator('.news button')

/** A story with a comment of Larry's, whom Ada has muted from the comment's own page, and one of Bo's. */
async function muteLarry() {
  const story = await newsroom.putStory(`story-${++stories}`)
  const first = await newsroom.comment(story, 'Loud Larry', 'LISTEN.')
  await newsroom.comment(story, 'Bo Harbour', 'Low water is at four.')
  const page = await ada.newPage()
  await page.goto(`${newsroom.origin}/s/${story}/c/${first}/more`)
  const button = page.locator('.mute-form button')
  if ((await button.innerText()) === 'Mute') await button.click()
  await page.getByText('You have muted Loud Larry.').waitFor()
  await page.goto(`${newsroom.origin}/s/${story}?sort=oldest`)
  return { story, first, page }
}

test('a muted person’s comments fold to a line, can be opened, and are counted apart; nobody else sees it', async () => {
  const { story, page } = await muteLarry()
  await lines(page).waitFor()
  expect(await page.getByText('LISTEN.').isVisible()).toBe(false)
  expect(await page.getByText('Low water is at four.').isVisible()).toBe(true)
  expect(await page.locator('.thread-muted').innerText()).toBe('of which 1 by someone you muted')
  await lines(page).click()
  expect(await page.getByText('LISTEN.').isVisible()).toBe(true)
  const other = await browser.newPage()
  await other.goto(`${newsroom.origin}/s/${story}`)
  expect(await other.getByText('LISTEN.').isVisible()).toBe(true)
  expect(await other.locator('.thread-muted').count()).toBe(0)
  await other.close()
  await page.close()
})

test('what arrives from them is not announced; it comes folded with what is', async () => {
  const { story, first, page } = await muteLarry()
  await lines(page).waitFor()
  await newsroom.comment(story, 'Loud Larry', 'LISTEN TO ME.')
  await eventually(() => page.locator('.thread-count').innerText()).toBe('3 comments')
  await eventually(() => page.locator('.thread-muted').innerText()).toBe('of which 2 by people you muted')
  expect(await news(page).count()).toBe(0)
  await newsroom.comment(story, 'Cy Strand', 'Is that so?', first)
  await eventually(async () => (await news(page).allInnerTexts())[0]).toBe('1 new comment – show')
  await news(page).click()
  await eventually(() => lines(page).count()).toBe(2)
  expect(await page.getByText('LISTEN TO ME.').isVisible()).toBe(false)
  expect(await page.getByText('Is that so?').isVisible()).toBe(true)
  await page.close()
})

test('one that they take back is not counted any more', async () => {
  const { story, page } = await muteLarry()
  await lines(page).waitFor()
  const id = await newsroom.comment(story, 'Loud Larry', 'LISTEN AGAIN.')
  await eventually(() => page.locator('.thread-muted').innerText()).toBe('of which 2 by people you muted')
  const token = await newsroom.tokenOf('Loud Larry')
  await newsroom.call('DELETE', `/api/stories/${story}/comments/${id}`, { token })
  await eventually(() => page.locator('.thread-muted').innerText()).toBe('of which 1 by someone you muted')
  await page.close()
})

test('in a newsroom’s page too, once its reader has signed in there', async () => {
  const { story, page } = await muteLarry()
  paper.put('/ferry', {
    body: `<detente-thread src="${newsroom.origin}" story="${story}"></detente-thread>
      <script type="module" src="${newsroom.origin}/embed.js"></script>`,
  })
  await page.goto(`${paper.origin}/ferry`)
  const respect = commentWith(page, 'Low water is at four.').locator('.respect')
  await respect.waitFor()
  expect(await page.getByText('LISTEN.').isVisible()).toBe(true)
  const [popup] = await Promise.all([page.waitForEvent('popup'), respect.click()])
  await eventually(() => popup.isClosed()).toBe(true)
  await lines(page).waitFor()
  expect(await page.getByText('LISTEN.').isVisible()).toBe(false)
  expect(await page.locator('.thread-muted').innerText()).toBe('of which 1 by someone you muted')
  await page.close()
})

test('drafts on the device are listed on one’s own page, lead back, and can be thrown away', async () => {
  const story = await newsroom.putStory(`story-${++stories}`)
  const page = await ada.newPage()
  await page.goto(`${newsroom.origin}/s/${story}`)
  await page.locator('#write textarea').fill('Begun and not finished.')
  await eventually(() => page.evaluate(() => Object.keys(localStorage).length)).toBe(1)
  await page.goto(`${newsroom.origin}/me`)
  await page.getByText('Begun and not finished.').waitFor()
  await page.getByRole('link', { name: 'To the story' }).click()
  await eventually(() => page.locator('#write textarea').inputValue()).toBe('Begun and not finished.')
  await page.goto(`${newsroom.origin}/me`)
  await page.getByRole('button', { name: 'Throw away' }).click()
  await page.getByText('No drafts on these pages in this browser.').waitFor()
  expect(await page.evaluate(() => Object.keys(localStorage))).toEqual([])
  await page.close()
})

test('without script the same pages say what they cannot do', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false })
  await context.addCookies(await ada.cookies())
  const page = await context.newPage()
  await page.goto(`${newsroom.origin}/me`)
  await page.getByText('Drafts are kept in this browser and nowhere else.').waitFor()
  await page.goto(`${newsroom.origin}/me/reading`)
  await page.getByText('Folding needs JavaScript.').waitFor()
  await page.getByRole('button', { name: 'Unmute Loud Larry' }).click()
  await page.getByText('You have muted nobody.').waitFor()
  await context.close()
})
