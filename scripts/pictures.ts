/** `npm run pictures`: the sample newsroom as a reader sees it, in light, dark, Japanese, Korean, Arabic, on a phone and
 *  embedded, and the pages of their own, into docs/pictures/. Fonts are put in from npm for the pictures only, since the machine that takes
 *  them may have none; the product ships no font. */
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { openApp, serve } from '../src/app.ts'
import { startEmbedded } from '../src/database/embedded.ts'
import { makeLog } from '../src/http/log.ts'
import { loadSampleIfEmpty } from '../src/migration/sample.ts'
import { packageRoot, readSettings } from '../src/settings/settings.ts'
import { changeSite } from '../src/stories/site-actions.ts'
import { openBrowser } from '../test/browser/chromium.ts'
import { linkIn, type Mailbox, startMailbox } from '../test/people/mailbox.ts'
import { buildPages } from './build.js'

const out = join(packageRoot, 'docs/pictures')
const require = createRequire(import.meta.url)

/** The faces of the stacks in browser/thread.css that a reader's machine has, as one style sheet with the files inside. */
async function readFonts(): Promise<string> {
  const sheets: string[] = []
  const faces = [
    ['noto-serif', '400'],
    ['noto-serif', '400-italic'],
    ['noto-serif', '700'],
    ['noto-sans', '400'],
    ['noto-sans', '600'],
    ['noto-sans-jp', '400'],
    ['noto-sans-jp', '700'],
    ['noto-sans-kr', '400'],
    ['noto-sans-kr', '700'],
    ['noto-sans-arabic', '400'],
    ['noto-sans-arabic', '700'],
  ] as const
  for (const [name, weight] of faces) {
    const folder = join(require.resolve(`@fontsource/${name}/package.json`), '..')
    const css = await readFile(join(folder, `${weight}.css`), 'utf8')
    const files = [...css.matchAll(/url\(\.\/files\/([^)]+\.woff2)\)/g)].map((found) => found[1] as string)
    let inlined = css
    for (const file of files) {
      const body = await readFile(join(folder, 'files', file))
      inlined = inlined.replaceAll(`./files/${file}`, `data:font/woff2;base64,${body.toString('base64')}`)
    }
    sheets.push(inlined.replace(/, url\(\.\/files\/[^)]+\.woff\) format\('woff'\)/g, ''))
  }
  const families = '"Noto Sans JP", "Noto Sans KR", "Noto Sans Arabic"'
  return `${sheets.join('\n')}
    :root { --detente-serif: "Noto Serif", ${families}, serif; --detente-sans: "Noto Sans", ${families}, sans-serif; }`
}

type Shot = {
  name: string
  path: string
  options?: BrowserContextOptions
  whole?: boolean
  prepare?: (page: Page) => Promise<void>
}

async function take(browser: Browser, origin: string, fonts: string, shot: Shot): Promise<void> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 1600 },
    bypassCSP: true,
    ...shot.options,
  })
  const page = await context.newPage()
  await page.goto(shot.path.startsWith('http') ? shot.path : origin + shot.path)
  await page.addStyleTag({ content: fonts })
  await page.evaluate(() => document.fonts.ready)
  await shot.prepare?.(page)
  await page.screenshot({ path: join(out, `${shot.name}.png`), fullPage: shot.whole ?? false })
  await context.close()
}

/** A reader signs in, writes here and there and mutes somebody, so that there is something on their page.
 *  @returns their browser's cookies */
async function joinIn(browser: Browser, origin: string, mailbox: Mailbox, stories: string[]) {
  const userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
  const context = await browser.newContext({ javaScriptEnabled: false, userAgent })
  const page = await context.newPage()
  await page.goto(`${origin}/sign-in?lang=en`)
  await page.fill('#email', 'wanda@halftide.example')
  await page.click('form.sign-in button')
  await page.goto(linkIn(mailbox.mails.at(-1)).href)
  await page.fill('#name', 'Wanda Slack')
  await page.click('form.sign-in button')
  const texts = [
    'I live under the lamp. On clear nights it is the only light on the hill, and I would miss it; but I have also seen the bill.',
    'Could the council say what the second quotation was? The first is in the minutes of March.',
  ]
  for (const [n, text] of texts.entries()) {
    await page.goto(`${origin}/s/${stories[n]}?lang=en`)
    await page.fill('#write textarea', text)
    await page.click('#write button.main')
  }
  await page.goto(`${origin}/s/${stories[0]}?lang=en`)
  const author = page.locator('.branches article a[href*="/p/"]').last()
  await page.goto(new URL((await author.getAttribute('href')) ?? '/', origin).href)
  await page.locator('form[action$="/mute"] button').click()
  const state = await context.storageState()
  await context.close()
  return state
}

await mkdir(out, { recursive: true })
await buildPages()
const data = await mkdtemp(join(tmpdir(), 'detente-pictures-'))
const database = await startEmbedded({ data, log: () => undefined })
if ('refused' in database) throw new Error(database.message)
const log = makeLog('error')
const mailbox = await startMailbox()
const settings = readSettings(
  {},
  { port: 0, data, rateLimits: false, logLevel: 'error', smtpUrl: mailbox.url },
)
const opened = await openApp(settings, database.connection, log)
await loadSampleIfEmpty(opened.app)
const running = await serve(opened)
// Browsers have no passkeys for an address that is a number.
const origin = running.address.replace('127.0.0.1', 'localhost')
running.sites.moveFirst(origin)
const stories = await opened.app.db.selectFrom('story').select(['id', 'external']).execute()
const idOf = (external: string): string => stories.find((story) => story.external === external)?.id ?? ''

/** A newsroom's own page, on another origin, with the embed in it. */
const newspaper = createServer((_request, response) => {
  response.setHeader('content-type', 'text/html; charset=utf-8')
  response.end(`<!doctype html><meta charset="utf-8"><title>The Halftide Courier</title><meta name="viewport" content="width=device-width">
    <style>body{font:18px/1.6 "Noto Serif",serif;max-width:40em;margin:2em auto;padding:0 1em}h1{font-size:2em}</style>
    <h1>A newsroom’s own page</h1><p>The story stands here, in the newspaper’s own type. The discussion follows it.</p>
    <detente-thread story="sample-lighthouse" src="${origin}"><a href="${origin}/s/ext:sample-lighthouse">Read and join the discussion</a></detente-thread>
    <script type="module" src="${origin}/embed.js"></script>`)
})
await new Promise<void>((resolve) => newspaper.listen(0, '127.0.0.1', resolve))
const newspaperOrigin = `http://127.0.0.1:${(newspaper.address() as AddressInfo).port}`
await changeSite(opened.app, { ...opened.app.site, origins: [newspaperOrigin] })

const main = idOf('sample-lighthouse')
const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
}
const atTalk = (page: Page) => page.evaluate(() => document.getElementById('talk')?.scrollIntoView())
const shots: Shot[] = [
  { name: 'story', path: `/s/${main}?lang=en` },
  { name: 'thread', path: `/s/${main}?lang=en`, prepare: atTalk },
  { name: 'dark', path: `/s/${main}?lang=en`, options: { colorScheme: 'dark' }, prepare: atTalk },
  { name: 'ja', path: `/s/${idOf('sample-fireworks')}?lang=ja` },
  { name: 'ko', path: `/s/${idOf('sample-first-boat')}?lang=ko` },
  { name: 'rtl', path: `/s/${idOf('sample-school-lunch')}?lang=ar` },
  { name: 'phone', path: `/s/${main}?lang=en`, options: phone, prepare: atTalk },
  { name: 'home', path: '/?lang=en' },
  { name: 'search', path: '/search?q=lamp&lang=en' },
  {
    name: 'embed',
    path: newspaperOrigin,
    prepare: async (page) => void (await page.locator('detente-thread .comment').first().waitFor()),
  },
]
const browser = await openBrowser()
const fonts = await readFonts()
const storageState = await joinIn(browser, origin, mailbox, [main, idOf('sample-fireworks')])
const desk: BrowserContextOptions = { viewport: { width: 1280, height: 900 } }
for (const [name, lang] of [
  ['en', 'en'],
  ['ja', 'ja'],
  ['rtl', 'ar'],
])
  shots.push(
    { name: `sign-in-${name}`, path: `/sign-in?lang=${lang}`, options: desk },
    { name: `my-page-${name}`, path: `/me?lang=${lang}`, options: { ...desk, storageState }, whole: true },
    {
      name: `account-${name}`,
      path: `/me/account?lang=${lang}`,
      options: { ...desk, storageState },
      whole: true,
    },
    {
      name: `erase-${name}`,
      path: `/me/erase?lang=${lang}`,
      options: { ...desk, storageState },
      whole: true,
    },
  )
for (const shot of shots) await take(browser, origin, fonts, shot)
await browser.close()
newspaper.close()
await running.stop()
await mailbox.stop()
await database.stop()
await rm(data, { recursive: true, force: true })
