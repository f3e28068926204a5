import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import packed from '@sparticuz/chromium'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../src/database/ids.ts'
import { insertProvider } from '../../src/people/provider-store.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { listenOpenId, type OpenIdServer } from './openid-server.ts'

/** A newsroom's page on another host than ours and the provider's. */
const courierPage = (talk: string) => `<!doctype html><title>Courier</title><button>Sign in</button><script>
  heard = []
  addEventListener('message', ({ data, origin }) => heard.push({ type: data.type, origin }))
  document.querySelector('button').onclick = () =>
    open('${talk}/sign-in/popup?origin=' + encodeURIComponent(location.origin), 'talk', 'popup,width=500,height=600')
</script>`

let openId: OpenIdServer
let newsroom: Newsroom
let courier: Server
let courierOrigin: string
let browser: Browser
beforeAll(async () => {
  openId = await listenOpenId()
  courier = createServer((_request, response) =>
    response.setHeader('content-type', 'text/html').end(courierPage(newsroom.origin)),
  )
  courier.listen(0, '127.0.0.1')
  await once(courier, 'listening')
  courierOrigin = `http://localhost:${(courier.address() as AddressInfo).port}`
  newsroom = await startNewsroom({ origins: [courierOrigin], fetchAllow: [openId.issuer] })
  const id = newId()
  openId.begin({
    id: 'courier',
    secret: null,
    callbacks: [`${newsroom.origin}/sign-in/provider/${id}/callback`],
  })
  const provider = {
    id,
    kind: 'oidc' as const,
    name: 'Harbour',
    issuer: openId.issuer,
    authorizeUrl: null,
    tokenUrl: null,
    profileUrl: null,
    clientId: 'courier',
    secretSealed: null,
    scopes: 'openid profile',
    fields: {},
    isTrusted: false,
  }
  await insertProvider(newsroom.app.db, newsroom.app.site.id, provider, newsroom.app.now())
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
  await openId?.stop()
})

/** Signs in as somebody of this name at the provider's. */
const become = (name: string): void => {
  openId.who = name
  openId.accounts.set(name, { name })
}

test('a newsroom’s popup goes to the provider and back, and hands over', async () => {
  become('Mira Holm')
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(courierOrigin)
  const opened = page.waitForEvent('popup')
  await page.click('button')
  const popup = await opened
  await popup.click('.providers button')
  await popup.waitForSelector('#name')
  expect(await popup.inputValue('#name')).toBe('Mira Holm')
  await popup.click('form.sign-in button')
  await page.waitForFunction('heard.length > 0')
  expect(await page.evaluate('heard')).toEqual([{ type: 'detente-code', origin: newsroom.origin }])
  await context.close()
})

test('without scripts, on our own page, it works as well', async () => {
  become('Tove Vik')
  const context = await browser.newContext({ javaScriptEnabled: false })
  const page = await context.newPage()
  await page.goto(`${newsroom.origin}/sign-in?to=/rules`)
  await page.click('.providers button')
  await page.waitForSelector('#name')
  expect(await page.inputValue('#name')).toBe('Tove Vik')
  await page.click('form.sign-in button')
  await page.waitForURL(`${newsroom.origin}/rules`)
  await context.close()
})
