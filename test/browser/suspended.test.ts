/** A suspension in a real browser: taken at the desk without script, met on a page that was open all the while. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { type Mailbox, startMailbox } from '../people/mailbox.ts'
import { openBrowser } from './chromium.ts'
import { signedIn } from './reader.ts'

let browser: Browser
let newsroom: Newsroom
let mailbox: Mailbox

beforeAll(async () => {
  mailbox = await startMailbox()
  newsroom = await startNewsroom({ smtpUrl: mailbox.url })
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  await newsroom?.close()
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
