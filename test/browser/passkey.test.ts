/** Passkeys in Chromium, with the device that its debugging protocol puts in the place of a real one. */
import { createServer } from 'node:net'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { type Mailbox, startMailbox } from '../people/mailbox.ts'
import { Visitor } from '../people/visitor.ts'
import { openBrowser } from './chromium.ts'
import { type Newspaper, startNewspaper } from './newspaper.ts'
import { eventually } from './reader.ts'

let browser: Browser
let newsroom: Newsroom
let mailbox: Mailbox
let newspaper: Newspaper
let here: string
let round = 0
let context: BrowserContext
let page: Page
let errors: string[]

beforeAll(async () => {
  const port = await freePort()
  here = `http://localhost:${port}`
  mailbox = await startMailbox()
  newspaper = await startNewspaper()
  newsroom = await startNewsroom({
    port,
    publicUrl: here,
    smtpUrl: mailbox.url,
    origins: [newspaper.origin],
  })
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  await newsroom?.close()
  await newspaper?.stop()
  await mailbox?.stop()
})
beforeEach(async () => {
  round += 1
  context = await browser.newContext()
  await context.addInitScript(offerNothing)
  page = await context.newPage()
  errors = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    if (/Content Security Policy|Permissions[- ]Policy|Trusted ?Type/i.test(message.text()))
      errors.push(message.text())
  })
})
afterEach(async () => {
  await context.close()
  expect(errors).toEqual([])
})

/** What a browser does that offers no passkeys by itself: a device that says yes at once would else take the offer before
 *  anybody presses a button. */
const offerNothing = 'PublicKeyCredential.isConditionalMediationAvailable = async () => false'

/** A port that nothing listens at: the address has to be known before the server starts. */
const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })

type Device = { id: string; devtools: CDPSession }

/** A device, for a page, that says yes at once.
 *  @param isVerified whether whoever holds it is who it belongs to */
async function plugIn(on: Page, isVerified = true): Promise<Device> {
  const devtools = await on.context().newCDPSession(on)
  await devtools.send('WebAuthn.enable')
  const { authenticatorId: id } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: isVerified,
      automaticPresenceSimulation: true,
    },
  })
  return { id, devtools }
}
const credentialsOf = async ({ id, devtools }: Device) =>
  (await devtools.send('WebAuthn.getCredentials', { authenticatorId: id })).credentials

/** Signed in by a mailed link. */
async function comeIn(
  into: BrowserContext,
  name = `Tern ${'abcdefghijklmnopqrstuvwxyz'[round]}q`,
): Promise<string> {
  const visitor = new Visitor(newsroom, mailbox)
  await visitor.signIn(`tern${round}@quay.example`, name)
  await into.addCookies([...visitor.cookies].map(([name, value]) => ({ name, value, url: here })))
  return (await visitor.whoAmI()).id!
}
const whoIs = async (on: Page) =>
  (await on.evaluate(() => fetch('/api/me').then((answer) => (answer.ok ? answer.json() : {})))) as {
    id?: string
  }

const press = (on: Page, name: string) => on.getByRole('button', { name, exact: true }).click()

/** A person with a passkey on a device of this page. */
async function withPasskey(): Promise<{ id: string; device: Device }> {
  const id = await comeIn(context)
  const device = await plugIn(page)
  await page.goto(`${here}/me/account`)
  await press(page, 'Make a passkey')
  await page.getByText('You have a passkey now.').waitFor()
  return { id, device }
}

test('a passkey is made on one’s own page, and signs in from then on without anything typed', async () => {
  const { id, device } = await withPasskey()
  const [credential] = await credentialsOf(device)
  expect(credential).toMatchObject({ rpId: 'localhost', isResidentCredential: true })
  await context.clearCookies()
  await page.goto(`${here}/sign-in?to=/me/account`)
  expect(await whoIs(page)).toEqual({})
  await press(page, 'Sign in with a passkey')
  await page.waitForURL(`${here}/me/account`)
  expect((await whoIs(page)).id).toBe(id)
  expect(await page.locator('#my-passkeys ~ ul').innerText()).toContain('last used')
})

test('the browser offers a passkey where the address is typed', async () => {
  const { id, device } = await withPasskey()
  const [credential] = await credentialsOf(device)
  const offering = await browser.newContext()
  const there = await offering.newPage()
  const { id: authenticatorId, devtools } = await plugIn(there)
  await devtools.send('WebAuthn.addCredential', { authenticatorId, credential: credential! })
  await there.goto(`${here}/sign-in?to=/rules`)
  // The device says yes at once, as a reader does who chooses it from the list.
  await there.waitForURL(`${here}/rules`)
  expect((await whoIs(there)).id).toBe(id)
  await offering.close()
})

test('several: a second device is another passkey, named and removed, and one device keeps one', async () => {
  const { device } = await withPasskey()
  await press(page, 'Make a passkey')
  await page.getByText('This device has a passkey of yours for this site already.').waitFor()
  await device.devtools.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: device.id })
  await plugIn(page)
  await press(page, 'Make a passkey')
  const list = page.locator('#my-passkeys ~ ul > li')
  await eventually(() => list.count()).toBe(2)
  await list.nth(1).getByText('Rename').click()
  await list.nth(1).getByLabel('Name of the passkey').fill('The second one')
  await list.nth(1).getByRole('button', { name: 'Save' }).click()
  await page.getByText('The second one').waitFor()
  await page.getByRole('button', { name: 'Remove the passkey The second one' }).click()
  await page.getByText('The passkey no longer works here.').waitFor()
  expect(await list.count()).toBe(1)
})

test('cancelled by the reader: the page says so, and it can be tried again', async () => {
  await comeIn(context)
  const stranger = await plugIn(page, false)
  await page.goto(`${here}/me/account`)
  await press(page, 'Make a passkey')
  await page.getByText('No passkey was used: it was called off, or it took too long.').waitFor()
  await stranger.devtools.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: stranger.id })
  await plugIn(page)
  await press(page, 'Make a passkey')
  await page.getByText('You have a passkey now.').waitFor()
})

test('a challenge that is answered too late is refused in words', async () => {
  const { id } = await withPasskey()
  await context.clearCookies()
  await page.goto(`${here}/sign-in?to=/rules`)
  const { now } = newsroom.app
  await page.route('**/sign-in/passkey/begin', async (route) => {
    const response = await route.fetch()
    newsroom.app.now = () => new Date(Date.now() + 6 * 60_000)
    await route.fulfill({ response })
  })
  await press(page, 'Sign in with a passkey')
  await page.getByText('More than five minutes had passed').waitFor()
  newsroom.app.now = now
  expect(await whoIs(page)).toEqual({})
  await page.unroute('**/sign-in/passkey/begin')
  await press(page, 'Sign in with a passkey')
  await page.waitForURL(`${here}/rules`)
  expect((await whoIs(page)).id).toBe(id)
})

test('wrong origin: a page at another port of the same host cannot use the passkey here', async () => {
  await withPasskey()
  await context.clearCookies()
  newspaper.put('/lure', { body: '<h1>Win a boat</h1>' })
  const asked = (await (
    await page.request.post(`${here}/sign-in/passkey/begin`, { data: { for: 'sign-in' } })
  ).json()) as { challenge: string; rpId: string }
  await page.goto(`http://localhost:${newspaper.port}/lure`)
  const response = await page.evaluate(async ({ challenge, rpId }) => {
    const bytes = Uint8Array.from(atob(challenge.replaceAll('-', '+').replaceAll('_', '/')), (c) =>
      c.charCodeAt(0),
    )
    const text = (buffer: ArrayBuffer) =>
      btoa(String.fromCharCode(...new Uint8Array(buffer)))
        .replaceAll('+', '-')
        .replaceAll('/', '_')
        .replaceAll('=', '')
    const publicKey = { challenge: bytes, rpId, userVerification: 'required' } as const
    const given = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential
    const { clientDataJSON, authenticatorData, signature } = given.response as AuthenticatorAssertionResponse
    return JSON.stringify({
      id: given.id,
      rawId: given.id,
      type: given.type,
      response: {
        clientDataJSON: text(clientDataJSON),
        authenticatorData: text(authenticatorData),
        signature: text(signature),
      },
    })
  }, asked)
  const answer = await page.request.post(`${here}/sign-in/passkey`, { form: { response } })
  expect(answer.status()).toBe(403)
  expect(await answer.text()).toContain('What your device sent is not what was asked for here.')
  const other = await page.evaluate(async () => {
    const publicKey = { challenge: new Uint8Array(32), rpId: 'talk.news.example' }
    return navigator.credentials.get({ publicKey }).catch((error: Error) => error.name)
  })
  expect(other).toBe('SecurityError')
})

test('staff desk: who came by mail is asked for the passkey, uses it, and is where they wanted to be', async () => {
  const { id } = await withPasskey()
  const { app } = newsroom
  await app.db.updateTable('person').set({ role: 'moderator' }).where('id', '=', id).execute()
  await app.db
    .updateTable('site')
    .set({ door: JSON.stringify({ staffPasskey: true }) })
    .execute()
  await newsroom.running.sites.refresh()
  await context.clearCookies()
  await comeIn(context, '')
  await page.goto(`${here}/desk`)
  await page.getByRole('heading', { name: 'The desk asks for a passkey' }).waitFor()
  const before = (await context.cookies()).find(({ name }) => name === 'detente-session')?.value
  await press(page, 'Confirm with your passkey')
  await page.waitForURL(`${here}/desk`)
  expect((await context.cookies()).find(({ name }) => name === 'detente-session')?.value).not.toBe(before)
  await app.db.updateTable('site').set({ door: '{}' }).execute()
  await newsroom.running.sites.refresh()
})

test('in a newsroom’s popup a passkey signs in, and the page that opened it is told', async () => {
  const { device } = await withPasskey()
  const credentials = await credentialsOf(device)
  await context.clearCookies()
  newspaper.put('/story', {
    body: `<button>Sign in</button><script>
      heard = []
      addEventListener('message', ({ data, origin }) => heard.push({ type: data.type, origin }))
      document.querySelector('button').onclick = () =>
        open('${here}/sign-in/popup?origin=' + encodeURIComponent(location.origin), 'talk', 'popup,width=500,height=600')
    </script>`,
  })
  const paper = await context.newPage()
  await paper.goto(`${newspaper.origin}/story`)
  const opened = paper.waitForEvent('popup')
  await press(paper, 'Sign in')
  const popup = await opened
  const there = await plugIn(popup)
  for (const credential of credentials)
    await there.devtools.send('WebAuthn.addCredential', { authenticatorId: there.id, credential })
  await popup.getByRole('button', { name: 'Sign in with a passkey' }).waitFor()
  const closed = popup.waitForEvent('close')
  await press(popup, 'Sign in with a passkey')
  await closed
  await eventually(() => paper.evaluate('heard')).toEqual([{ type: 'detente-code', origin: here }])
})

test('without a script the page says what passkeys need, and shows no button that would fail', async () => {
  const plain = await browser.newContext({ javaScriptEnabled: false })
  const still = await plain.newPage()
  await still.goto(`${here}/sign-in`)
  expect(await still.getByText('Passkeys need JavaScript. The mailed link works without.').isVisible()).toBe(
    true,
  )
  expect(await still.getByRole('button', { name: 'Sign in with a passkey' }).isVisible()).toBe(false)
  await plain.close()
})

test('a browser that has no passkeys is told so', async () => {
  await page.addInitScript('delete window.PublicKeyCredential')
  await page.goto(`${here}/sign-in`)
  await press(page, 'Sign in with a passkey')
  await page.getByText('This browser has no passkeys.').waitFor()
})

test.each(['light', 'dark'] as const)('axe finds nothing wrong with passkeys, %s', async (colorScheme) => {
  await page.emulateMedia({ colorScheme })
  await withPasskey()
  await page.locator('#my-passkeys ~ ul').getByText('Rename').click()
  const wrong: string[] = []
  const look = async () => {
    const { violations } = await new AxeBuilder({ page }).analyze()
    wrong.push(...violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`))
  }
  await look()
  await context.clearCookies()
  await comeIn(context, '')
  await page.goto(`${here}/sign-in/passkey?to=/rules`)
  await look()
  expect(wrong).toEqual([])
})
