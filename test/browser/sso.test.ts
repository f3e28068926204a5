import { randomBytes, randomUUID } from 'node:crypto'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { forge } from '../people/sso-tokens.ts'
import { openBrowser } from './chromium.ts'
import { type Newspaper, openWithoutForeignCookies, startNewspaper } from './newspaper.ts'
import { commentWith, eventually } from './reader.ts'

const secret = randomBytes(24).toString('hex')

let browser: Browser
let newsroom: Newsroom
let paper: Newspaper
let talk: string
let context: BrowserContext
let page: Page
let pages = 0
/** What the newsroom's page was asked, and what it said to the console. */
let asked: boolean[]
let warnings: string[]
let exchanges: number

beforeAll(async () => {
  paper = await startNewspaper()
  newsroom = await startNewsroom({ origins: [paper.origin], ssoSecret: secret })
  talk = newsroom.origin.replace('127.0.0.1', 'talk.test')
  newsroom.app.origin = talk
  browser = await openBrowser()
})
beforeEach(async () => {
  context = await browser.newContext()
  page = await openWithoutForeignCookies(context)
  asked = []
  warnings = []
  exchanges = 0
  page.on('console', (message) => message.type() === 'warning' && warnings.push(message.text()))
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().includes('/api/session/exchange')) exchanges++
  })
})
afterEach(() => context.close())
afterAll(async () => {
  await browser?.close()
  await newsroom?.close()
  await paper?.stop()
})

const tokenOf = (sub: string, name: string): string => {
  const iat = Math.floor(Date.now() / 1000)
  const claims = { sub, name, iat, exp: iat + 300, jti: randomUUID() }
  return forge({ alg: 'HS256', typ: 'JWT' }, claims, Buffer.from(secret))
}

/** What the newsroom's function does when it is called for the nth time: answers a token, or something else. */
type Answer = 'token' | 'nobody' | 'fails' | 'hangs' | 'rubbish'

/** A story of its own on a page of the newspaper whose element has the function, set before our script is there. */
async function openWith(answers: (n: number) => Answer, name: string, headers = {}): Promise<void> {
  const story = await newsroom.putStory(`sso-${++pages}`)
  const sub = `${name} ${pages}`
  let n = 0
  await page.exposeFunction('askPaper', (wish: { asked: boolean }) => {
    asked.push(wish.asked)
    const answer = answers(n++)
    return { answer, token: answer === 'token' ? tokenOf(sub, name) : null }
  })
  await page.addInitScript(() => {
    const { askPaper } = window as unknown as {
      askPaper: (wish: object) => Promise<{ answer: string; token: string | null }>
    }
    document.addEventListener('DOMContentLoaded', () => {
      Object.assign(document.querySelector('detente-thread') as object, {
        signIn: async (wish: object) => {
          const { answer, token } = await askPaper(wish)
          if (answer === 'fails') throw new Error('the newsroom is away')
          if (answer === 'hangs') return new Promise(() => undefined)
          return answer === 'rubbish' ? { not: 'a token' } : token
        },
      })
    })
  })
  await openPage(`<detente-thread src="${talk}" story="${story}"></detente-thread>`, headers)
}

async function openPage(body: string, headers = {}): Promise<void> {
  const path = `/sso-${pages}`
  const script = `<script type="module" async src="${talk}/embed.js"></script>`
  paper.put(path, { body: body + script, headers })
  await page.goto(`${paper.origin}${path}`)
  await eventually(() => page.locator('detente-thread').getAttribute('data-state')).toBe('ready')
}

const field = () => page.locator('#write textarea')
const send = () => page.locator('#write button.main').click()
const alertText = () => page.locator('#write [role=alert]').innerText()

async function posts(text: string, name: string): Promise<void> {
  await field().fill(text)
  await send()
  await commentWith(page, text).waitFor()
  expect(await commentWith(page, text).locator('.comment-name').innerText()).toBe(name)
}

test('a reader whom the newsroom knows is signed in and posts, without a window or a cookie, under a strict policy', async () => {
  const policy = `default-src 'none'; script-src ${talk}; connect-src ${talk}; require-trusted-types-for 'script'; trusted-types detente`
  const complaints: string[] = []
  const windows: unknown[] = []
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  context.on('page', (opened) => windows.push(opened))
  await openWith(() => 'token', 'Mara Quill', { 'content-security-policy': policy })
  await eventually(() => exchanges).toBe(1)
  expect(asked).toEqual([false])
  await posts('By the newsroom’s word.', 'Mara Quill')
  await page.locator('.respect').first().waitFor()
  expect([complaints, warnings, windows, exchanges]).toEqual([[], [], [], 1])
  expect(await context.cookies()).toEqual([])
})

test('who presses first, before the newsroom has answered, is signed in once', async () => {
  await openWith(() => 'token', 'Quick Finger')
  await posts('At once.', 'Quick Finger')
  expect(exchanges).toBe(1)
})

test('the token is renewed silently before it ends, as long as the reader does something', async () => {
  await page.clock.install()
  await openWith(() => 'token', 'Noor Ebb')
  await eventually(() => exchanges).toBe(1)
  await posts('Before.', 'Noor Ebb')
  await field().fill('Half a thou')
  await page.clock.runFor(12 * 60_000 + 1_000)
  await eventually(() => exchanges).toBe(2)
  expect(asked).toEqual([false, false])
  expect(await field().inputValue()).toBe('Half a thou')
  await posts('After.', 'Noor Ebb')
  expect(exchanges).toBe(2)
})

test('a refused token is renewed once, and what was sent is sent again', async () => {
  await openWith(() => 'token', 'Ola Strand')
  await posts('First.', 'Ola Strand')
  // The newsroom's admin ends the session: the token in the page is good for nothing.
  await newsroom.app.db.deleteFrom('session').execute()
  await page.route(
    '**/api/stories/*/comments',
    (route) => {
      const headers = { ...route.request().headers(), authorization: 'Bearer ended' }
      return route.continue({ headers })
    },
    { times: 1 },
  )
  await posts('Second.', 'Ola Strand')
  expect(exchanges).toBe(2)
  expect(await commentWith(page, 'Second.').count()).toBe(1)
})

test('a token that stays refused is tried once more, and then the reader is asked to sign in', async () => {
  await openWith(() => 'token', 'Sana Loop')
  await eventually(() => exchanges).toBe(1)
  let tries = 0
  await page.route('**/api/stories/*/comments', (route) => {
    tries++
    return route.continue({ headers: { ...route.request().headers(), authorization: 'Bearer ended' } })
  })
  await field().fill('Kept.')
  await send()
  await eventually(alertText).toContain('Please sign in')
  expect(tries).toBe(2)
  expect(await field().inputValue()).toBe('Kept.')
})

test('when a renewal fails, “sign in” is shown again and the text stays', async () => {
  await page.clock.install()
  await openWith((n) => (n === 1 ? 'nobody' : 'token'), 'Pier Tide')
  await posts('Signed in.', 'Pier Tide')
  await field().fill('Still being written')
  await page.clock.runFor(12 * 60_000 + 1_000)
  await eventually(alertText).toContain('Please sign in')
  expect(await field().inputValue()).toBe('Still being written')
  await page.locator('#write').getByRole('button', { name: 'Sign in' }).click()
  await eventually(() => page.locator('#write [role=alert]').count()).toBe(0)
  expect(asked).toEqual([false, false, true])
  await send()
  await commentWith(page, 'Still being written').waitFor()
})

test.each([
  ['fails', /the newsroom is away/],
  ['rubbish', /no token/],
  ['nobody', undefined],
] as const)(
  'a newsroom’s function that %s signs nobody in, costs no text and can be tried again',
  async (answer, warning) => {
    await openWith((n) => (n < 2 ? answer : 'token'), `Tries ${answer}`)
    await eventually(() => asked.length).toBe(1)
    await field().fill('Written anyway.')
    await send()
    await eventually(alertText).toContain('Please sign in')
    expect(await field().inputValue()).toBe('Written anyway.')
    expect(exchanges).toBe(0)
    expect(asked).toEqual([false, true])
    if (warning) expect(warnings.join()).toMatch(warning)
    else expect(warnings).toEqual([])
    await page.locator('#write').getByRole('button', { name: 'Sign in' }).click()
    await eventually(() => exchanges).toBe(1)
    await eventually(() => page.locator('#write [role=alert]').count()).toBe(0)
    await send()
    await commentWith(page, 'Written anyway.').waitFor()
  },
)

test('a newsroom’s function that hangs is given up', async () => {
  await page.clock.install()
  await openWith((n) => (n === 0 ? 'hangs' : 'token'), 'Slow Paper')
  await eventually(() => asked.length).toBe(1)
  await field().fill('In the meantime.')
  await send()
  expect(asked).toEqual([false])
  await page.clock.runFor(10_500)
  await commentWith(page, 'In the meantime.').waitFor()
  expect(asked).toEqual([false, true])
  expect(warnings.join()).toContain('no answer in 10 s')
})

test('a token that our server refuses is explained on the console', async () => {
  const story = await newsroom.putStory(`sso-${++pages}`)
  await page.route('**/token', (route) =>
    route.fulfill({ body: forge({ alg: 'HS256' }, { sub: '1' }, randomBytes(32)) }),
  )
  await openPage(`<detente-thread src="${talk}" story="${story}" sso="/token"></detente-thread>`)
  await eventually(() => warnings.join()).toContain('signature-wrong')
  await field().fill('Kept.')
  await send()
  await eventually(() => page.locator('#write [role=alert]').count()).toBe(1)
  expect(await field().inputValue()).toBe('Kept.')
})

test('a name that is another’s here is told to the reader', async () => {
  await newsroom.tokenOf('Ilse Marsh')
  await openWith(() => 'token', 'Ilse Marsh')
  await eventually(() => page.locator('#write .composer-status').innerText()).toContain('“Ilse Marsh 2”')
  await posts('Under a number.', 'Ilse Marsh 2')
})

test('“My page” in the newsroom’s page leads to the reader’s own on ours, in a tab, once they say that it is them', async () => {
  await openWith(() => 'token', 'Ro Marsh')
  await posts('Whose is this?', 'Ro Marsh')
  const [ours] = await Promise.all([
    context.waitForEvent('page'),
    page.getByRole('link', { name: 'My page' }).click(),
  ])
  await ours.getByRole('heading', { name: /Ro Marsh/ }).waitFor()
  expect(await ours.evaluate('window.opener')).toBeNull()
  await ours.getByRole('button', { name: 'Yes, to my page' }).click()
  await ours.waitForURL(`${talk}/me*`)
  expect(await ours.locator('main').innerText()).toContain('Whose is this?')
  // Next time they are known there.
  await page.getByRole('link', { name: 'My page' }).click()
  await eventually(() => context.pages().length).toBe(3)
})

test('a suspended reader of the newsroom’s finds in a tab of ours what is in force', async () => {
  await openWith(() => 'token', 'Sid Marsh')
  await posts('Before.', 'Sid Marsh')
  const { id } = await newsroom.app.db
    .selectFrom('person')
    .select('id')
    .where('name', '=', 'Sid Marsh')
    .executeTakeFirstOrThrow()
  const moderator = await newsroom.tokenOf('Mo Weir', 'moderator')
  const until = new Date(Date.now() + 86_400_000).toISOString()
  const body = { kind: 'suspend', reason: 'spam', until }
  await newsroom.call('POST', `/api/people/${id}/sanctions`, { token: moderator, body })
  await field().fill('After.')
  await send()
  const more = page.locator('#write [role=alert] a')
  await more.waitFor()
  const [ours] = await Promise.all([context.waitForEvent('page'), more.click()])
  await ours.getByRole('button', { name: 'Yes, to my page' }).click()
  await ours.locator('#restrictions').waitFor()
  expect(await field().inputValue()).toBe('After.')
})

test('a function that is given later counts from then on', async () => {
  const story = await newsroom.putStory(`sso-${++pages}`)
  await page.exposeFunction('late', () => tokenOf('late', 'Late Riser'))
  await openPage(`<detente-thread src="${talk}" story="${story}"></detente-thread>`)
  await page.evaluate('document.querySelector("detente-thread").signIn = () => late()')
  await eventually(() => exchanges).toBe(1)
  await posts('Late.', 'Late Riser')
})

test.each([
  ['text', (token: string) => `${token}\n`],
  ['JSON', (token: string) => JSON.stringify({ token })],
])('a path of the newsroom’s that answers a token as %s signs in, with its own cookies', async (_, write) => {
  const story = await newsroom.putStory(`sso-${++pages}`)
  await context.addCookies([{ name: 'paper', value: 'reader', url: paper.origin }])
  const cookies: (string | undefined)[] = []
  await page.route('**/token', async (route) => {
    cookies.push((await route.request().allHeaders()).cookie)
    await route.fulfill({ body: write(tokenOf(`path ${pages}`, `Path ${pages}`)) })
  })
  await openPage(`<detente-thread src="${talk}" story="${story}" sso="/token"></detente-thread>`)
  await eventually(() => exchanges).toBe(1)
  await posts('By a path.', `Path ${pages}`)
  expect(cookies).toEqual(['paper=reader'])
})

test.each([[401], [204], [403]])('a path that answers %s says that nobody is signed in', async (status) => {
  const story = await newsroom.putStory(`sso-${++pages}`)
  let calls = 0
  await page.route('**/token', (route) => {
    calls++
    return route.fulfill({ status })
  })
  await openPage(`<detente-thread src="${talk}" story="${story}" sso="/token"></detente-thread>`)
  await eventually(() => calls).toBe(1)
  await field().fill('Nobody.')
  await send()
  await eventually(alertText).toContain('Please sign in')
  expect([exchanges, warnings]).toEqual([0, []])
})

test('a path on another origin is not asked', async () => {
  const story = await newsroom.putStory(`sso-${++pages}`)
  const foreign: string[] = []
  page.on('request', (request) => request.url().includes('thief') && foreign.push(request.url()))
  await openPage(`<detente-thread src="${talk}" story="${story}" sso="//thief.test/token"></detente-thread>`)
  await eventually(() => warnings.join()).toContain('another origin')
  expect([foreign, exchanges]).toEqual([[], 0])
})

test('without a newsroom’s sign-in its script is not asked for', async () => {
  const story = await newsroom.putStory(`sso-${++pages}`)
  const scripts: string[] = []
  page.on('request', (request) => request.url().includes('embed-sso') && scripts.push(request.url()))
  await openPage(`<detente-thread src="${talk}" story="${story}"></detente-thread>`)
  await field().fill('Plain.')
  expect(scripts).toEqual([])
})
