import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import packed from '@sparticuz/chromium'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { linkIn, type Mailbox, startMailbox } from './mailbox.ts'

/** A newsroom's page on another host: it opens the sign-in window, and what comes back stands in its window. */
const courierPage = (talk: string) => `<!doctype html><title>Courier</title><button>Sign in</button><script>
  heard = []
  addEventListener('message', ({ data, origin, source }) => heard.push({ data, origin, isPopup: source === popup }))
  document.querySelector('button').onclick = () => {
    popup = open('${talk}/sign-in/popup?origin=' + encodeURIComponent(location.origin), 'talk', 'popup,width=500,height=600')
  }
</script>`

type Heard = { data: { type: string; code: string }; origin: string; isPopup: boolean }

let mailbox: Mailbox
let newsroom: Newsroom
let courier: Server
let browser: Browser
let courierOrigin: string
beforeAll(async () => {
  mailbox = await startMailbox()
  courier = createServer((_request, response) =>
    response.setHeader('content-type', 'text/html').end(courierPage(newsroom.origin)),
  )
  courier.listen(0, '127.0.0.1')
  await once(courier, 'listening')
  courierOrigin = `http://localhost:${(courier.address() as AddressInfo).port}`
  newsroom = await startNewsroom({ smtpUrl: mailbox.url, origins: [courierOrigin] })
  browser = await chromium.launch({
    executablePath: await packed.executablePath(),
    args: ['--no-sandbox'],
    headless: true,
  })
})
afterAll(async () => {
  await browser?.close()
  courier?.close()
  await newsroom?.close()
  await mailbox?.stop()
})

const openPopup = async (page: Page): Promise<Page> => {
  const opened = page.waitForEvent('popup')
  await page.click('button')
  return opened
}
const hear = async (page: Page): Promise<Heard> => {
  await page.waitForFunction('heard.length > 0')
  return (await page.evaluate('heard.pop()')) as Heard
}
const exchange = (page: Page, code: string) =>
  page.evaluate(
    async ({ talk, code }) => {
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(`${talk}/api/session/exchange`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ code }),
      })
      return (await answer.json()) as { token: string; person: { name: string } }
    },
    { talk: newsroom.origin, code },
  )

test('a newsroom’s page on another host signs its reader in by the popup, the link being opened in another tab', async () => {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(courierOrigin)
  const popup = await openPopup(page)
  await popup.fill('#email', 'ada@quill.example')
  await popup.click('form.sign-in button')
  await popup.waitForSelector('form[data-popup]')
  const tab = await context.newPage()
  await tab.goto(linkIn(mailbox.mails.at(-1)).href)
  await tab.fill('#name', 'Ada Quill')
  const closed = popup.waitForEvent('close')
  await tab.click('form.sign-in button')
  const { data, origin, isPopup } = await hear(page)
  expect({ type: data.type, origin, isPopup }).toEqual({
    type: 'detente-code',
    origin: newsroom.origin,
    isPopup: true,
  })
  expect(await exchange(page, data.code)).toMatchObject({ person: { name: 'Ada Quill' } })
  await closed
  expect(await tab.textContent('h1')).toBe('You are signed in')

  const again = await openPopup(page)
  const later = await hear(page)
  if (!again.isClosed()) await again.waitForEvent('close')
  expect(await exchange(page, later.data.code)).toMatchObject({ person: { name: 'Ada Quill' } })
  await context.close()
})

test('the link may be opened in the popup itself', async () => {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(courierOrigin)
  const popup = await openPopup(page)
  await popup.fill('#email', 'brine@quill.example')
  await popup.click('form.sign-in button')
  await popup.waitForSelector('form[data-popup]')
  await popup.goto(linkIn(mailbox.mails.at(-1)).href)
  await popup.fill('#name', 'Brine')
  await popup.click('form.sign-in button')
  expect(await exchange(page, (await hear(page)).data.code)).toMatchObject({ person: { name: 'Brine' } })
  await context.close()
})

test('a page that opens the popup in another’s name hears nothing', async () => {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(courierOrigin)
  const popup = await openPopup(page)
  await popup.fill('#email', 'ada@quill.example')
  await popup.click('form.sign-in button')
  await popup.waitForSelector('form[data-popup]')
  const tab = await context.newPage()
  await tab.goto(linkIn(mailbox.mails.at(-1)).href)
  await tab.click('form.sign-in button')
  await hear(page)
  const thief = await context.newPage()
  await thief.goto(`${courierOrigin.replace('localhost', '127.0.0.1')}/`)
  await thief.evaluate(
    `heard = []; popup = open('${newsroom.origin}/sign-in/popup?origin=' + encodeURIComponent('${courierOrigin}'), 'talk')`,
  )
  await thief.waitForFunction('popup.closed')
  expect(await thief.evaluate('heard')).toEqual([])
  await context.close()
})
