import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { embedWords } from '../../browser/embed-words.ts'
import { languages } from '../../src/language/messages.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { linkIn, type Mailbox, startMailbox } from '../people/mailbox.ts'
import { openBrowser } from './chromium.ts'
import { type Newspaper, openWithoutForeignCookies, startNewspaper } from './newspaper.ts'
import { eventually, listComments } from './reader.ts'

let browser: Browser
let newsroom: Newsroom
let mailbox: Mailbox
let paper: Newspaper
let talk: string
let context: BrowserContext
let page: Page
let pages = 0

beforeAll(async () => {
  mailbox = await startMailbox()
  paper = await startNewspaper()
  newsroom = await startNewsroom({ smtpUrl: mailbox.url, origins: [paper.origin] })
  talk = newsroom.origin.replace('127.0.0.1', 'talk.test')
  newsroom.app.origin = talk
  browser = await openBrowser()
})
beforeEach(async () => {
  context = await browser.newContext()
  page = await openWithoutForeignCookies(context)
})
afterEach(() => context.close())
afterAll(async () => {
  await browser?.close()
  await newsroom?.close()
  await paper?.stop()
  await mailbox?.stop()
})

const script = () => `<script type="module" async src="${talk}/embed.js"></script>`
const element = (attributes: string, inside = '') =>
  `<detente-thread src="${talk}" ${attributes}>${inside}</detente-thread>`

type Options = { headers?: Record<string, string>; lang?: string; on?: Page }

async function openPage(body: string, { on = page, ...options }: Options = {}): Promise<Page> {
  const path = `/${++pages}`
  paper.put(path, { body: `${body}${script()}`, ...options })
  await on.goto(`${paper.origin}${path}`)
  return on
}

/** A story of its own with a comment. */
async function makeStory(external = `embedded-${pages}`): Promise<string> {
  const story = await newsroom.putStory(external)
  await newsroom.comment(story, 'Bo Harbour', `First under ${external}.`)
  return story
}

const state = (at = page) => at.locator('detente-thread').first().getAttribute('data-state')
const isReady = (at = page) => eventually(() => state(at)).toBe('ready')

test('the browser of these tests keeps no cookie of a site that is only part of a page', async () => {
  paper.put('/frame', {
    body: '<script>document.cookie = "x=1; SameSite=None; Secure"; parent.postMessage(document.cookie, "*")</script>',
  })
  paper.put('/framing', {
    body: `<script>onmessage = ({ data }) => { document.title = "cookie: " + data }</script>
      <iframe src="http://localhost:${paper.port}/frame"></iframe>`,
  })
  const readCookie = async (at: Page) => {
    await at.goto(`${paper.origin}/framing`)
    await eventually(() => at.title()).toContain('cookie:')
    return (await at.title()).slice('cookie: '.length)
  }
  expect(await readCookie(page)).toBe('')
  expect(await readCookie(await context.newPage())).toBe('x=1')
})

test('a discussion stands in a page that allows scripts and connections of our origin and nothing else', async () => {
  const story = await makeStory()
  const policy = `default-src 'none'; script-src ${talk}; connect-src ${talk}; require-trusted-types-for 'script'; trusted-types detente`
  const complaints: string[] = []
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  await openPage(element(`story="${story}"`), { headers: { 'content-security-policy': policy } })
  await isReady()
  await page.getByText(/First under/).waitFor()
  // The sheet that makes it look as it should is there although no style of any kind is allowed.
  expect(
    await page.locator('.comment-name').evaluate((name) => Number(getComputedStyle(name).fontWeight)),
  ).toBeGreaterThan(500)
  expect(complaints).toEqual([])
  expect(await page.locator('[style]').count()).toBe(0)
})

test('without the policy of its own being allowed, it says so and shows what the newsroom put there', async () => {
  const story = await makeStory()
  const policy = `require-trusted-types-for 'script'; trusted-types other`
  await openPage(element(`story="${story}"`, '<a href="#">Read and join</a>'), {
    headers: { 'content-security-policy': policy },
  })
  await eventually(() => state()).toBe('failed')
  expect(await page.getByRole('link', { name: 'Read and join' }).isVisible()).toBe(true)
})

test('no cookie is set, nothing but our server is asked, and only drafts are stored', async () => {
  const story = await makeStory()
  const hosts = new Set<string>()
  page.on('request', (request) => hosts.add(new URL(request.url()).origin))
  await openPage(element(`story="${story}"`))
  await isReady()
  expect([...hosts].sort()).toEqual([paper.origin, talk].sort())
  expect(await context.cookies()).toEqual([])
  expect(await page.evaluate(() => ({ ...localStorage }))).toEqual({})
})

test('what stands inside is shown until the discussion is there', async () => {
  const story = await makeStory()
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  await page.route('**/fragment?*', async (route) => {
    await held
    await route.continue()
  })
  await openPage(element(`story="${story}"`, '<a href="#">Read and join</a>'))
  const link = page.getByRole('link', { name: 'Read and join' })
  await eventually(() => state()).toBe('loading')
  expect(await link.isVisible()).toBe(true)
  await page.locator('.shape').waitFor({ state: 'attached' })
  release()
  await isReady()
  expect(await link.isVisible()).toBe(false)
})

test('a page whose style sheet reaches for everything does not change how the discussion looks', async () => {
  const story = await makeStory()
  const look = () =>
    page.locator('.comment-body').evaluate((body) => {
      const {
        color,
        fontFamily,
        fontSize,
        letterSpacing,
        textTransform,
        textAlign,
        lineHeight,
        visibility,
        display,
      } = getComputedStyle(body)
      return {
        color,
        fontFamily,
        fontSize,
        letterSpacing,
        textTransform,
        textAlign,
        lineHeight,
        visibility,
        display,
      }
    })
  await openPage(element(`story="${story}"`))
  await isReady()
  const before = await look()
  paper.put('/hostile.css', {
    body: `* { color: rgb(255, 0, 0) !important; font: 40px/3 fantasy !important; letter-spacing: 1em !important;
      text-transform: uppercase !important; text-align: center !important; visibility: hidden !important }
      article, .comment, .comment-body, form, button, textarea, ol, li { display: none !important; float: right !important }`,
  })
  await openPage(`<link rel="stylesheet" href="/hostile.css">${element(`story="${story}"`)}`)
  await isReady()
  expect(await look()).toEqual(before)
  expect(await page.locator('.comment-body').isVisible()).toBe(true)
})

test('a newsroom’s style sheet changes colours by property and parts by name', async () => {
  const story = await makeStory()
  paper.put('/theme.css', {
    body: `detente-thread { --detente-ink: rgb(0, 0, 200) }
      detente-thread::part(name) { text-decoration-line: underline }
      detente-thread::part(body) { color: rgb(0, 120, 0) }`,
  })
  await openPage(`<link rel="stylesheet" href="/theme.css">${element(`story="${story}"`)}`)
  await isReady()
  const style = (selector: string, property: string) =>
    page
      .locator(selector)
      .first()
      .evaluate((found, property) => getComputedStyle(found).getPropertyValue(property), property)
  expect(await style('.comment-name', 'text-decoration-line')).toBe('underline')
  expect(await style('.comment-body', 'color')).toBe('rgb(0, 120, 0)')
  expect(await style('.thread-count', 'color')).toBe('rgb(0, 0, 200)')
})

test('several discussions stand on one page, each with its own story', async () => {
  const one = await makeStory('page-one')
  const two = await makeStory('page-two')
  await openPage(`${element(`story="${one}" id="a"`)}${element(`story="page-two" id="b"`)}`)
  await page.locator('#a').getByText('First under page-one.').waitFor()
  await page.locator('#b').getByText('First under page-two.').waitFor()
  await newsroom.comment(two, 'Cy Strand', 'Second under page-two.')
  await page.locator('#b').getByRole('button', { name: '1 new comment' }).click()
  await page.locator('#b').getByText('Second under page-two.').waitFor()
  expect(await page.locator('#a .news button').count()).toBe(0)
})

test('a story is found by its address, by the page’s canonical link, and unknown ones are said to be unknown', async () => {
  const external = 'by-address'
  const story = await newsroom.putStory(external, { url: `${paper.origin}/ferry` })
  await newsroom.comment(story, 'Bo Harbour', 'Found.')
  await openPage(element(`url="${paper.origin}/ferry/?utm_source=mail"`))
  await page.getByText('Found.').waitFor()
  await openPage(`<link rel="canonical" href="${paper.origin}/ferry">${element('')}`)
  await page.getByText('Found.').waitFor()
  await openPage(element('story="nobody-knows-it"'))
  await eventually(() => state()).toBe('unknown')
  expect(await page.locator('.unknown-story').innerText()).toBe('There is no discussion for this page yet.')
})

test('the words are in the language of the element, else of the page around it', async () => {
  const story = await makeStory()
  const asked: (string | null)[] = []
  page.on('request', (request) => {
    const { pathname, searchParams } = new URL(request.url())
    if (pathname === '/fragment') asked.push(searchParams.get('lang'))
  })
  await openPage(element(`story="${story}" lang="en"`), { lang: 'fr' })
  await isReady()
  await openPage(`<div lang="en">${element(`story="${story}"`)}</div>`, { lang: 'fr' })
  await isReady()
  await openPage(element(`story="${story}"`), { lang: 'fr' })
  await isReady()
  expect(asked).toEqual(['en', 'en', 'fr'])
})

test('when our server cannot be reached, the newsroom’s link stays, and a press tries again', async () => {
  const story = await makeStory()
  await page.route('**/fragment?*', (route) => route.abort('connectionrefused'))
  await openPage(element(`story="${story}"`, '<a href="#">Read and join</a>'))
  await eventually(() => state()).toBe('failed')
  expect(await page.locator('[role=alert]').innerText()).toContain('The discussion could not be loaded.')
  expect(await page.getByRole('link', { name: 'Read and join' }).isVisible()).toBe(true)
  await page.unroute('**/fragment?*')
  await page.getByRole('button', { name: 'Try again' }).click()
  await isReady()
})

test('to who builds the page, the console says where a page’s origin is registered', async () => {
  const story = await makeStory()
  const warnings: string[] = []
  page.on('console', (message) => message.type() === 'warning' && warnings.push(message.text()))
  await page.route('**/fragment?*', (route) => route.abort('failed'))
  await openPage(element(`story="${story}"`))
  await eventually(() => state()).toBe('failed')
  const paper = new URL(page.url()).origin
  await eventually(() => warnings.join()).toContain(`Is ${paper} among the origins in ${talk}/desk/site?`)
})

test('the embed’s own few words are there in every language that the product speaks', () => {
  expect(languages.filter((language) => !(language in embedWords))).toEqual([])
})

test('a fragment that the newsroom’s server included is taken as it is: not fetched, and nothing moves', async () => {
  const story = await makeStory()
  for (let n = 0; n < 6; n++)
    await newsroom.comment(story, 'Cy Strand', `Another word on it, no. ${n}, long enough to be read.`)
  const fragment = await (await fetch(`${newsroom.origin}/fragment?story=${story}&lang=en`)).text()
  const asked: string[] = []
  page.on('request', (request) => asked.push(new URL(request.url()).pathname))
  await page.addInitScript(() => {
    const moved: number[] = []
    Object.assign(window, { moved })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) moved.push((entry as PerformanceEntry & { value: number }).value)
    }).observe({ type: 'layout-shift', buffered: true })
  })
  // The script comes only when the page was painted without it: the hardest case.
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  await page.route('**/embed.js', async (route) => {
    await held
    await route.continue()
  })
  const body = `<link rel="stylesheet" href="${newsroom.origin}/embed.css"><h1>The ferry</h1>${element(`story="${story}"`, fragment)}<p>The end of the page.</p>`
  paper.put('/included', { body: `${body}${script()}` })
  await page.goto(`${paper.origin}/included`, { waitUntil: 'commit' })
  await page.getByText('The end of the page.').waitFor()
  const painted = () =>
    page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
  await painted()
  const height = () =>
    page.locator('detente-thread').evaluate((found) => found.getBoundingClientRect().height)
  const before = await height()
  release()
  await isReady()
  await painted()
  expect(await height()).toBeCloseTo(before, 0)
  expect(await page.evaluate(() => (window as unknown as { moved: number[] }).moved)).toEqual([])
  expect(asked).not.toContain('/fragment')
  expect((await listComments(page)).length).toBe(7)
  await newsroom.comment(story, 'Di Cape', 'It lives.')
  await page.getByRole('button', { name: '1 new comment' }).waitFor()
})

test('orders and further comments come in place; a text that is being written stays', async () => {
  const story = await newsroom.putStory('many')
  for (let n = 1; n <= 25; n++) await newsroom.comment(story, 'Bo Harbour', `No. ${n}.`)
  await openPage(element('story="many"'))
  await isReady()
  const address = page.url()
  await page.locator('#write textarea').fill('Not finished')
  await page.getByRole('link', { name: 'Oldest' }).click()
  await eventually(async () => (await listComments(page))[0]).toBe('No. 1.')
  expect(await page.getByRole('link', { name: 'Oldest' }).getAttribute('aria-current')).toBe('true')
  expect(await page.locator('.sorts [aria-current]').count()).toBe(1)
  await page.getByRole('link', { name: 'More comments' }).click()
  await eventually(async () => (await listComments(page)).length).toBe(25)
  expect(
    await page
      .locator('article.comment', { hasText: 'No. 21.' })
      .evaluate((found) => found.matches(':focus')),
  ).toBe(true)
  expect(await page.locator('.pages').count()).toBe(0)
  await page.getByRole('link', { name: 'Newest' }).click()
  await eventually(async () => (await listComments(page))[0]).toBe('No. 25.')
  expect(await page.locator('#write textarea').inputValue()).toBe('Not finished')
  await newsroom.comment(story, 'Bo Harbour', 'No. 26.')
  await page.getByRole('button', { name: '1 new comment' }).click()
  await eventually(async () => (await listComments(page))[0]).toBe('No. 26.')
  expect(page.url()).toBe(address)
})

test('an element that is taken out stops listening; put back, it shows what came meanwhile', async () => {
  const story = await makeStory()
  await openPage(`<main>${element(`story="${story}"`)}</main>`)
  await isReady()
  await page.evaluate(() => {
    const found = document.querySelector('detente-thread')!
    Object.assign(window, { found })
    found.remove()
  })
  await newsroom.comment(story, 'Cy Strand', 'Meanwhile.')
  await page.evaluate(() =>
    document.querySelector('main')!.append((window as unknown as { found: Element }).found),
  )
  await page.getByRole('button', { name: '1 new comment' }).waitFor()
})

const openPopup = async (button: Locator): Promise<Page> => {
  const [popup] = await Promise.all([page.waitForEvent('popup'), button.click()])
  return popup
}

/** As a reader does who comes for the first time: the mailed link is opened in a tab of its own. */
async function signIn(popup: Page, email: string, name: string): Promise<void> {
  await popup.getByLabel('Your e-mail address').fill(email)
  await popup.getByRole('button', { name: 'Mail me a link' }).click()
  const mail = () => mailbox.mails.findLast(({ to }) => to[0] === email)
  await eventually(mail).toBeDefined()
  const tab = await context.newPage()
  await tab.goto(linkIn(mail()).href)
  await tab.getByLabel('Your name here').fill(name)
  await tab.getByRole('button', { name: 'Sign in now' }).click()
}

test('a reader signs in in a window on our site and posts, without a cookie in the newsroom’s page', async () => {
  const story = await makeStory()
  const carried: string[] = []
  page.on('request', async (request) => {
    if (request.url().startsWith(talk) && (await request.allHeaders()).cookie) carried.push(request.url())
  })
  const keys = new Set<string | undefined>()
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/comments'))
      keys.add(request.headers()['idempotency-key'])
  })
  await openPage(element(`story="${story}"`))
  await isReady()
  await page.locator('#write textarea').fill('From the newspaper’s own page.')
  const popup = await openPopup(page.locator('#write button.main'))
  expect(await page.locator('#write .composer-status').innerText()).toBe(
    'Sign in in the window that opened; it goes on here by itself.',
  )
  await signIn(popup, 'eda.strait@quay.example', 'Eda Strait')

  const own = page.locator('article.comment', { hasText: 'From the newspaper’s own page.' })
  await own.waitFor()
  expect(await own.locator('.comment-name').innerText()).toBe('Eda Strait')
  await eventually(() => popup.isClosed()).toBe(true)
  expect(carried).toEqual([])
  expect(keys.size).toBe(1)
  expect(
    await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])),
  ).toBe('[{},{},""]')

  await page.locator('article.comment', { hasText: 'First under' }).locator('.respect').click()
  await expect
    .poll(() => page.locator('article.comment', { hasText: 'First under' }).locator('.respect').innerText())
    .toBe('Respect 1')
  await page.getByRole('button', { name: 'Undo' }).click()
  await eventually(() => page.locator('#write textarea').inputValue()).toBe('From the newspaper’s own page.')

  // A new page has no token; the window, where the reader is still signed in, closes by itself.
  await page.reload()
  await isReady()
  expect(await page.locator('#write textarea').inputValue()).toBe('From the newspaper’s own page.')
  await page.locator('#write button.main').click()
  await own.waitFor()
})

test('a window that is closed half way costs nothing; the text can go on to our own page', async () => {
  const story = await makeStory()
  await openPage(element(`story="${story}"`))
  await isReady()
  await page.locator('#write textarea').fill('Second thoughts.')
  const [popup] = await Promise.all([page.waitForEvent('popup'), page.locator('#write button.main').click()])
  await popup.close()
  await page.locator('[role=alert]').waitFor()
  expect(await page.locator('[role=alert]').innerText()).toContain(
    'The window closed before you were signed in.',
  )
  expect(await page.locator('#write textarea').inputValue()).toBe('Second thoughts.')
  const [ours] = await Promise.all([
    page.waitForEvent('popup'),
    page.getByRole('button', { name: 'Go on at the discussion’s own page' }).click(),
  ])
  await ours.getByRole('heading', { name: 'Post this?' }).waitFor()
  expect(await ours.locator('textarea').inputValue()).toBe('Second thoughts.')
})

test('a window that the browser blocks is said to be blocked', async () => {
  const story = await makeStory()
  await page.addInitScript(() => {
    window.open = () => null
  })
  await openPage(element(`story="${story}"`))
  await isReady()
  await page.locator('#write textarea').fill('Kept.')
  await page.locator('#write button.main').click()
  await page.locator('[role=alert]').waitFor()
  expect(await page.locator('[role=alert]').innerText()).toContain('Your browser blocked the sign-in window.')
  expect(await page.locator('#write textarea').inputValue()).toBe('Kept.')
})

test('a code from any window but the one that was opened, or from another site, is nothing', async () => {
  const story = await makeStory()
  await openPage(element(`story="${story}"`))
  await isReady()
  const exchanges: string[] = []
  page.on('request', (request) => request.url().endsWith('/exchange') && exchanges.push(request.url()))
  await page.locator('#write textarea').fill('Kept.')
  const [popup] = await Promise.all([page.waitForEvent('popup'), page.locator('#write button.main').click()])
  await page.evaluate((origin) => {
    const data = { type: 'detente-code', code: 'forged' }
    window.postMessage(data, '*')
    window.dispatchEvent(new MessageEvent('message', { data, origin, source: window }))
  }, talk)
  await popup.close()
  await page.locator('[role=alert]').waitFor()
  expect(exchanges).toEqual([])
})

test('words are quoted within the shadow too', async () => {
  const story = await makeStory()
  await openPage(element(`story="${story}"`))
  await isReady()
  await page.locator('.comment-body p').click({ clickCount: 3 })
  await page.getByRole('button', { name: 'Quote' }).click()
  expect(await page.locator('.composer .quoted').innerText()).toContain('First under')
})

test('a preview is shown without leaving the newsroom’s page', async () => {
  const story = await makeStory()
  await openPage(element(`story="${story}"`))
  await isReady()
  const address = page.url()
  await page.locator('#write textarea').fill('**Strong** words')
  await page.getByRole('button', { name: 'Preview' }).click()
  await page.locator('.composer .preview strong').waitFor()
  expect(page.url()).toBe(address)
})

test('counts come in one request for all elements, in the page’s language, and for those that come later', async () => {
  const story = await newsroom.putStory('counted')
  for (let n = 0; n < 3; n++) await newsroom.comment(story, 'Bo Harbour', `No. ${n}`)
  await newsroom.putStory('silent')
  const asked: string[] = []
  page.on('request', (request) => request.url().startsWith(`${talk}/counts`) && asked.push(request.url()))
  const words = JSON.stringify({ one: '# voice', other: '# voices' })
  await openPage(`<a id="a" data-detente-count="counted">Comments</a>
    <a id="b" data-detente-count="silent">Comments</a>
    <a id="c" data-detente-count="unknown">Comments</a>
    <a id="d" data-detente-count="${story}" data-detente-words='${words}'>Comments</a>
    <ul></ul>`)
  await eventually(() => page.locator('#a').innerText()).toBe('Comments 3')
  expect(await page.locator('#b').innerText()).toBe('Comments 0')
  expect(await page.locator('#b').getAttribute('data-detente-number')).toBe('0')
  expect(await page.locator('#c').innerText()).toBe('Comments')
  expect(await page.locator('#d').innerText()).toBe('3 voices')
  expect(asked.length).toBe(1)
  await page.evaluate(() => {
    document.querySelector('ul')!.innerHTML = '<li><a id="e" data-detente-count="counted">Comments</a></li>'
  })
  await eventually(() => page.locator('#e').innerText()).toBe('Comments 3')
  expect(asked.length).toBe(2)
})

test('more than a hundred counts are asked for in several requests', async () => {
  await newsroom.putStory('last-of-many')
  const links = Array.from(
    { length: 150 },
    (_, n) => `<a data-detente-count="${n === 149 ? 'last-of-many' : `none-${n}`}">Comments</a>`,
  )
  await openPage(links.join(''))
  await eventually(() => page.locator('a >> nth=149').innerText()).toBe('Comments 0')
})

test('a token that was used is renewed before its end; one that was not lapses, and the window brings another', async () => {
  const story = await makeStory()
  await page.clock.install()
  await openPage(element(`story="${story}"`))
  await isReady()
  const renewals: number[] = []
  page.on('response', (response) => response.url().endsWith('/renew') && renewals.push(response.status()))
  const respect = page.locator('.respect')
  const cast = page.waitForResponse('**/ballot')
  await signIn(await openPopup(respect), 'fay.haven@quay.example', 'Fay Haven')
  await cast
  await page.clock.fastForward(13 * 60_000)
  await eventually(() => renewals).toEqual([200])
  await page.clock.fastForward(13 * 60_000)
  const popup = await openPopup(respect)
  await eventually(() => respect.innerText()).toBe('Respect')
  await eventually(() => popup.isClosed()).toBe(true)
  expect(renewals).toEqual([200])
})
