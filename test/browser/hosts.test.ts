import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { linkIn, type Mailbox, startMailbox } from '../people/mailbox.ts'
import { openBrowser } from './chromium.ts'
import { type Newspaper, openWithoutForeignCookies, startNewspaper } from './newspaper.ts'
import { commentWith, eventually } from './reader.ts'

/** One discussion at talk.courier.test, in the pages of three hosts: www.courier.test is of the same site, news.test is
 *  another newsroom's, both registered; thief.test is not. The browser keeps no cookie for other sites. */
let browser: Browser
let newsroom: Newsroom
let mailbox: Mailbox
let paper: Newspaper
let talk: string
let near: string
let far: string
let thief: string
let context: BrowserContext
let page: Page
let story: string
let stories = 0
let windows: Page[]
/** Requests to us by path, and whether our cookie went along. */
let requests: { path: string; hasCookie: boolean }[]

beforeAll(async () => {
  mailbox = await startMailbox()
  paper = await startNewspaper()
  const at = (host: string) => `http://${host}:${paper.port}`
  ;[near, far, thief] = [at('www.courier.test'), at('news.test'), at('thief.test')]
  newsroom = await startNewsroom({ origins: [near, far], smtpUrl: mailbox.url })
  talk = newsroom.origin.replace('127.0.0.1', 'talk.courier.test')
  newsroom.app.origin = talk
  browser = await openBrowser()
})
beforeEach(async () => {
  context = await browser.newContext()
  page = await openWithoutForeignCookies(context)
  story = await newsroom.putStory(`hosts-${++stories}`)
  await newsroom.comment(story, 'Bo Harbour', 'First of all.')
  windows = []
  requests = []
  context.on('page', (opened) => windows.push(opened))
  page.on('request', async (request) => {
    if (!request.url().startsWith(talk)) return
    // None are to be had of a request that goes down with its page, when a test is over.
    const headers = await request.allHeaders().catch(() => undefined)
    if (!headers) return
    requests.push({ path: new URL(request.url()).pathname, hasCookie: headers.cookie !== undefined })
  })
})
afterEach(() => context.close())
afterAll(async () => {
  await browser?.close()
  await newsroom?.close()
  await paper?.stop()
  await mailbox?.stop()
})

async function signInAtOurs(email: string, name: string): Promise<void> {
  const ours = await context.newPage()
  await ours.goto(`${talk}/sign-in?to=/s/${story}`)
  await ours.getByLabel('Your e-mail address').fill(email)
  await ours.getByRole('button', { name: 'Mail me a link' }).click()
  const mail = () => mailbox.mails.findLast(({ to }) => to[0] === email)
  await eventually(mail).toBeDefined()
  await ours.goto(linkIn(mail()).href)
  await ours.getByLabel('Your name here').fill(name)
  await ours.getByRole('button', { name: 'Sign in now' }).click()
  await ours.waitForURL(`**/s/${story}`)
  await ours.close()
  windows = []
}

async function openAt(host: string, state = 'ready'): Promise<void> {
  const path = `/hosts-${stories}`
  const body = `<detente-thread story="${story}"><a href="${talk}/s/${story}">To the discussion</a></detente-thread>
    <script type="module" src="${talk}/embed.js"></script>`
  paper.put(path, { body })
  await page.goto(`${host}${path}`)
  await eventually(() => page.locator('detente-thread').getAttribute('data-state')).toBe(state)
}
const post = async (text: string) => {
  await page.locator('#write textarea').fill(text)
  await page.locator('#write button.main').click()
}
const nameOver = (text: string) => commentWith(page, text).locator('.comment-name').innerText()

test('a reader of ours is signed in at once in a page of the same site, without a window', async () => {
  await signInAtOurs('ada@courier.example', 'Ada Quay')
  const [greeting] = await Promise.all([page.waitForResponse('**/api/session/neighbour'), openAt(near)])
  expect(greeting.status()).toBe(200)
  await post('From next door.')
  expect(await nameOver('From next door.')).toBe('Ada Quay')
  expect(windows).toEqual([])
  const withCookie = requests.filter(({ hasCookie }) => hasCookie).map(({ path }) => path)
  expect(withCookie).toEqual(['/api/session/neighbour'])
})

test('a reader who is not signed in is asked once by a page of the same site, told nothing, and signs in by the window', async () => {
  const said: string[] = []
  page.on('console', (message) => message.type() === 'warning' && said.push(message.text()))
  const [greeting] = await Promise.all([page.waitForResponse('**/api/session/neighbour'), openAt(near)])
  expect(greeting.status()).toBe(401)
  expect(said).toEqual([])
  await post('Who am I?')
  await eventually(() => windows.length).toBe(1)
  await windows[0]!.getByLabel('Your e-mail address').waitFor()
  await windows[0]!.close()
  await eventually(() => page.locator('#write [role=alert]').innerText()).toContain('The window closed')
  expect(requests.filter(({ path }) => path === '/api/session/neighbour').length).toBe(1)
  expect(await page.locator('#write textarea').inputValue()).toBe('Who am I?')
})

test('on another site no cookie goes along: the same reader’s window opens, and closes by itself', async () => {
  await signInAtOurs('bo@courier.example', 'Bo Quay')
  await openAt(far)
  await post('From far away.')
  await commentWith(page, 'From far away.').waitFor()
  expect(await nameOver('From far away.')).toBe('Bo Quay')
  expect(windows.length).toBe(1)
  await eventually(() => windows[0]!.isClosed()).toBe(true)
  expect(requests.filter(({ hasCookie }) => hasCookie)).toEqual([])
  expect(requests.map(({ path }) => path)).not.toContain('/api/session/neighbour')
})

test('a page that is not registered gets no discussion and no token, whoever is signed in, and its link leads to ours', async () => {
  await signInAtOurs('cy@courier.example', 'Cy Quay')
  await openAt(thief, 'failed')
  const answers = await page.evaluate(async (talk) => {
    const ask = (path: string, init: RequestInit) =>
      fetch(`${talk}${path}`, { method: 'POST', ...init }).then(
        (answer) => answer.text(),
        () => 'not to be read',
      )
    return Promise.all([
      ask('/api/session/neighbour', { credentials: 'include' }),
      ask('/api/session/exchange', { body: '{"code":"x"}', headers: { 'content-type': 'application/json' } }),
    ])
  }, talk)
  expect(answers).toEqual(['not to be read', 'not to be read'])
  const [popup] = await Promise.all([
    page.waitForEvent('popup'),
    page.evaluate(
      (talk) => void open(`${talk}/sign-in/popup?origin=${encodeURIComponent(location.origin)}`),
      talk,
    ),
  ])
  await popup.waitForLoadState()
  expect(await popup.locator('body').innerText()).toContain(thief)
  expect(await popup.locator('[data-signed-in], form.sign-in').count()).toBe(0)
  await page.getByRole('link', { name: 'To the discussion' }).click()
  await page.waitForURL(`${talk}/s/${story}`)
})

test('without a script the newsroom’s page leads to ours, where a form posts', async () => {
  await signInAtOurs('di@courier.example', 'Di Quay')
  const cookies = await context.cookies()
  const plain = await browser.newContext({ javaScriptEnabled: false })
  try {
    await plain.addCookies(cookies)
    page = await plain.newPage()
    paper.put('/plain', {
      body: `<detente-thread story="${story}"><a href="${talk}/s/${story}">To the discussion</a></detente-thread>`,
    })
    await page.goto(`${far}/plain`)
    await page.getByRole('link', { name: 'To the discussion' }).click()
    await post('By a form.')
    expect(await nameOver('By a form.')).toBe('Di Quay')
  } finally {
    await plain.close()
  }
})
