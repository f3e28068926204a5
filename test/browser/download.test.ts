/** The page that gives people their data, in a real browser: with its script, without, and the file from disk. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Download, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { type Mailbox, startMailbox } from '../people/mailbox.ts'
import { openBrowser } from './chromium.ts'
import { signedIn } from './reader.ts'

let browser: Browser
let newsroom: Newsroom
let mailbox: Mailbox
let ada: BrowserContext
let folder: string
beforeAll(async () => {
  mailbox = await startMailbox()
  newsroom = await startNewsroom({ smtpUrl: mailbox.url })
  browser = await openBrowser()
  folder = await mkdtemp(join(tmpdir(), 'download-'))
  ada = await signedIn(browser, { newsroom, mailbox, name: 'Ada Quay' })
  const story = await newsroom.putStory()
  for (const n of [1, 2, 3]) await newsroom.comment(story, 'Ada Quay', `Low water is at ${n}.`)
})
afterAll(async () => {
  await browser?.close()
  await newsroom?.close()
  await mailbox?.stop()
  await rm(folder, { recursive: true, force: true })
})

async function take(page: Page, name: string): Promise<string> {
  const [download]: [Download, unknown] = await Promise.all([
    page.waitForEvent('download'),
    page.locator(`a[download="${name}"]`).click(),
  ])
  expect(download.suggestedFilename()).toBe(name)
  const file = join(folder, name)
  await download.saveAs(file)
  return file
}

test('with its script the page counts every entry that comes, and saves the file once it is whole', async () => {
  const page = await ada.newPage()
  await page.goto(`${newsroom.origin}/me/download`)
  for (const name of ['me.json', 'me.html']) {
    const text = await readFile(await take(page, name), 'utf8')
    expect(text).toContain('Low water is at 3.')
  }
  await expect.poll(() => page.locator('output').allInnerTexts()).toEqual(['Saved.', 'Saved.'])
  const bars = await page
    .locator('progress')
    .evaluateAll((all) => all.map((bar) => [bar.getAttribute('value'), bar.getAttribute('max')]))
  expect(bars).toEqual([
    ['4', '4'],
    ['4', '4'],
  ])
})

test('what breaks off is said, and nothing is saved', async () => {
  const page = await ada.newPage()
  await page.goto(`${newsroom.origin}/me/download`)
  await page.route('**/me/download/me.json*', (route) => route.abort())
  await page.locator('a[download="me.json"]').click()
  await page.getByText('It broke off. Please try again.').waitFor()
})

test('without a script the links are plain downloads, and the page opens from disk without a connection', async () => {
  const cookies = await ada.cookies()
  const plain = await browser.newContext({ javaScriptEnabled: false })
  await plain.addCookies(cookies)
  const page = await plain.newPage()
  await page.goto(`${newsroom.origin}/me/download`)
  const file = await take(page, 'me.html')
  const away = await browser.newContext({ offline: true, javaScriptEnabled: false })
  const disk = await away.newPage()
  const asked: string[] = []
  disk.on('request', (request) => void asked.push(request.url()))
  await disk.goto(`file://${file}`)
  expect(await disk.locator('h1').innerText()).toBe('Your data at Detente')
  expect(await disk.locator('section:last-of-type article').count()).toBe(3)
  expect(asked).toEqual([`file://${file}`])
})
