/** Measures in a real browser: one taken at the desk without script and met on a page that was open all the while; one
 *  that bars nobody, and is told all the same. */
import type { Browser, Page } from 'playwright-core'
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

beforeAll(async () => {
  mailbox = await startMailbox()
  paper = await startNewspaper()
  newsroom = await startNewsroom({ smtpUrl: mailbox.url, origins: [paper.origin] })
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  await newsroom?.close()
  await paper?.stop()
  await mailbox?.stop()
})

test('whoever is suspended while they write is told until when and why, and keeps the text', async () => {
  const story = await newsroom.putStory()
  const reader = await signedIn(browser, { newsroom, mailbox, name: 'Ada Quay' })
  const page = await reader.newPage()
  await page.goto(`${newsroom.origin}/s/${story}`)
  const field = page.locator('#write-text')
  await field.fill('What I have to say.')

  const desk = await browser.newContext({ javaScriptEnabled: false })
  const value = await newsroom.sessionTokenOf('Mo Weir', 'moderator', null)
  await desk.addCookies([{ name: 'detente', value, url: newsroom.origin }])
  const people = await desk.newPage()
  await people.goto(`${newsroom.origin}/desk/people?q=ada`)
  await people.getByRole('link', { name: 'Ada Quay' }).click()
  await people.getByText('Take a measure').click()
  const form = people.locator('#take form')
  await form.locator('[name=kind]').selectOption('suspend')
  await form.locator('[name=reason]').selectOption('personal-attack')
  await form.locator('[name=days]').fill('3')
  await form.getByRole('button').click()
  await people.getByText('you cannot comment, reply, vote or report here').waitFor()
  await people.getByRole('button', { name: 'Take this measure' }).click()
  await people.getByText('suspended until').waitFor()

  await page.getByRole('button', { name: 'Post', exact: true }).click()
  const refusal = page.locator('.field-error')
  await refusal.waitFor()
  const words = await refusal.innerText()
  expect(words).toContain('You cannot write here at present. Until ')
  expect(words).toContain('Reason: personal attack.')
  expect(await field.inputValue()).toBe('What I have to say.')
  const more = await refusal.getByRole('link').getAttribute('href')
  await page.goto(new URL(more!, newsroom.origin).href)
  await page.locator('#restrictions').waitFor()
  expect(await page.locator('.told').innerText()).toContain('you cannot comment, reply, vote or report here')
})

const LINE = 'The newsroom has sent you a message.'
const line = (page: Page) => page.getByRole('status').filter({ hasText: LINE })

async function warn(name: string): Promise<void> {
  const { id } = await newsroom.app.db
    .selectFrom('person')
    .select('id')
    .where('name', '=', name)
    .executeTakeFirstOrThrow()
  const token = await newsroom.tokenOf('Mo Weir', 'moderator')
  const body = { kind: 'warn', reason: 'spam' }
  const taken = await newsroom.call('POST', `/api/people/${id}/sanctions`, { token, body })
  expect(taken.status).toBe(201)
}

/** Whether the line stands between the head of the page and the field. */
const isAboveField = (page: Page): Promise<boolean> =>
  page.locator('textarea').evaluate((field) => {
    const line = (field.getRootNode() as ParentNode).querySelector('.message')!
    return line.compareDocumentPosition(field) === Node.DOCUMENT_POSITION_FOLLOWING
  })

/** Presses the line's link; what opens is their own page, in a tab of its own. */
async function readMessage(page: Page): Promise<Page> {
  const [opened] = await Promise.all([
    page.waitForEvent('popup'),
    line(page).getByRole('link', { name: LINE }).click(),
  ])
  await opened.locator('#restrictions').waitFor()
  expect(new URL(opened.url()).hash).toBe('#restrictions')
  expect(await opened.locator('.told').innerText()).toContain('The newsroom warns you.')
  return opened
}

test('whoever was warned finds a line above the field on every thread, until they have read the warning', async () => {
  const story = await newsroom.putStory('warned')
  const comment = await newsroom.comment(story, 'Bo Harbour', 'Low water is at four.')
  const reader = await signedIn(browser, { newsroom, mailbox, name: 'Di Shoal' })
  const page = await reader.newPage()
  const answered = () => page.waitForResponse((response) => response.url().endsWith('/mine'))
  await Promise.all([answered(), page.goto(`${newsroom.origin}/s/${story}`)])
  expect(await line(page).count()).toBe(0)
  await warn('Di Shoal')
  for (const path of [`/s/${story}/c/${comment}`, `/s/${story}`]) {
    await page.goto(newsroom.origin + path)
    await line(page).waitFor()
    expect(await isAboveField(page), path).toBe(true)
  }
  expect(await line(page).count()).toBe(1)
  await (await readMessage(page)).close()
  await Promise.all([answered(), page.reload()])
  await page.locator('article.comment').first().waitFor()
  expect(await line(page).count()).toBe(0)
  await reader.close()
})

test('on a page of ours that says it without script, the script says it once', async () => {
  const story = await newsroom.putStory('quoted')
  const comment = await newsroom.comment(story, 'Bo Harbour', 'Slack water is at one.')
  const reader = await signedIn(browser, { newsroom, mailbox, name: 'Fay Sound' })
  await warn('Fay Sound')
  const page = await reader.newPage()
  await page.goto(`${newsroom.origin}/s/${story}/c/${comment}/more`)
  expect(await line(page).count()).toBe(1)
  const answered = page.waitForResponse((response) => response.url().endsWith('/mine'))
  await page.locator('.quote-form button').click()
  await answered
  await page.locator('.thread.compose').waitFor()
  // The script's link opens a tab of its own, so that nothing typed is lost.
  await eventually(() => line(page).getByRole('link').getAttribute('target')).toBe('_blank')
  expect(await line(page).count()).toBe(1)
  await reader.close()
})

test('in a newsroom’s page the line comes when the reader has signed in, and leads to our page', async () => {
  const story = await newsroom.putStory('embedded')
  await newsroom.comment(story, 'Bo Harbour', 'High water is at ten.')
  const reader = await signedIn(browser, { newsroom, mailbox, name: 'Cy Strand' })
  await warn('Cy Strand')
  paper.put('/warned', {
    body: `<detente-thread src="${newsroom.origin}" story="${story}"></detente-thread>
      <script type="module" src="${newsroom.origin}/embed.js"></script>`,
  })
  const page = await reader.newPage()
  const open = async () => {
    await page.goto(`${paper.origin}/warned`)
    const respect = commentWith(page, 'High water is at ten.').locator('.respect')
    await respect.waitFor()
    expect(await line(page).count()).toBe(0)
    const answered = page.waitForResponse(
      (response) => response.url().endsWith('/mine') && response.request().method() === 'GET',
    )
    const [popup] = await Promise.all([page.waitForEvent('popup'), respect.click()])
    await eventually(() => popup.isClosed()).toBe(true)
    await answered
  }
  await open()
  await line(page).waitFor()
  expect(await isAboveField(page)).toBe(true)
  await (await readMessage(page)).close()
  await open()
  expect(await line(page).count()).toBe(0)
  await reader.close()
})
