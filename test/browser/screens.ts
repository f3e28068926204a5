/** Every page in every state it has, in a newsroom that has them all: the sample, and what the sample lacks. */
import type { Browser, Page } from 'playwright-core'
import { importPage } from '../../src/migration/import-page.ts'
import { loadSampleIfEmpty } from '../../src/migration/sample.ts'
import { inviteAdmin } from '../../src/people/invitation.ts'
import { isProblem } from '../../src/problem.ts'
import { setGate } from '../../src/stories/actions.ts'
import { copiedPage, planOf } from '../migration/copied-page.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { type Mailbox, startMailbox } from '../people/mailbox.ts'
import { Visitor } from '../people/visitor.ts'
import { openBrowser } from './chromium.ts'

/** A reader, the author of some comments, and someone at the desk who may do all that can be done there. */
export type Who = 'reader' | 'author' | 'desk'

export type Showroom = {
  newsroom: Newsroom
  browser: Browser
  pages: Record<Who, Page>
  /** Paths by the names that `screens` knows. */
  at: Record<Place, string>
  close: () => Promise<void>
}

type Place = Awaited<ReturnType<typeof furnish>> extends infer Paths ? keyof Paths : never

export type Screen = {
  name: string
  as?: Who
  path: (at: Showroom['at']) => string
  /** Goes on from there to the state that is meant. */
  reach?: (page: Page) => Promise<unknown>
  /** What is there in this state, and not in another: the screen is no other than it says. */
  has: string
}

export const longWord =
  'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft'.repeat(3)
export const longName = 'Wolfeschlegelsteinhausenbergerdorffwelch'
const longAddress = `https://harbour.example/${'a-very-long-path/'.repeat(12)}?${'and=parameters&'.repeat(12)}`
const wideText = [
  longWord,
  longAddress,
  '```',
  `if (bell === cracked) return ${'treaty.'.repeat(20)}article`,
  '```',
  '- one',
  '- two',
  '',
  `> ${longWord}`,
  '',
  `\`${longWord}\``,
]

/** @param origins of newsrooms' pages that may embed a discussion */
export async function openShowroom(origins: string[] = []): Promise<Showroom> {
  const mailbox = await startMailbox()
  const newsroom = await startNewsroom({
    smtpUrl: mailbox.url,
    origins: ['https://news.example', ...origins],
  })
  const browser = await openBrowser()
  const author = await signIn(newsroom, mailbox, 'Ada Quay')
  const desk = await signIn(newsroom, mailbox, 'Ansel Quay')
  const [, token = ''] = (await inviteAdmin(newsroom.app))?.split('token=') ?? []
  await desk.post('/sign-in/invitation', { token })
  await loadSampleIfEmpty(newsroom.app)
  const open = async (visitor?: Visitor) => {
    const context = await browser.newContext({ reducedMotion: 'reduce' })
    await context.addCookies(
      [...(visitor?.cookies ?? [])].map(([name, value]) => ({ name, value, url: newsroom.origin })),
    )
    return context.newPage()
  }
  return {
    newsroom,
    browser,
    at: await furnish(newsroom, author),
    pages: { reader: await open(), author: await open(author), desk: await open(desk) },
    close: async () => {
      await browser.close()
      await newsroom.close()
      await mailbox.stop()
    },
  }
}

async function signIn(newsroom: Newsroom, mailbox: Mailbox, name: string): Promise<Visitor> {
  const visitor = new Visitor(newsroom, mailbox)
  await visitor.signIn(`${name.toLowerCase().replace(' ', '.')}@quay.example`, name)
  return visitor
}

/** @returns where everything is */
async function furnish(newsroom: Newsroom, author: Visitor) {
  const { app } = newsroom
  const sample = await app.db.selectFrom('story').select(['id', 'external']).execute()
  const storyOf = (external: string) => `/s/${sample.find((story) => story.external === external)!.id}`
  const write = async (story: string, text: string, parent?: string): Promise<string> => {
    const answer = await author.call(`/api/stories/${story}/comments`, { text, parent: parent ?? null })
    return ((await answer.json()) as { id: string }).id
  }
  const decide = async (story: string, comment: string, decision: object) =>
    newsroom.call('POST', `/api/stories/${story}/comments/${comment}/decisions`, {
      token: await newsroom.tokenOf('Tove Desk', 'moderator'),
      body: decision,
    })
  const report = async (story: string, comment: string) =>
    newsroom.call('POST', `/api/stories/${story}/comments/${comment}/reports`, {
      token: await newsroom.tokenOf('Bo Harbour'),
      body: { reason: 'off-topic', text: longWord },
    })

  const imported = await importPage(app, planOf(copiedPage))
  if (isProblem(imported)) throw new Error(imported.detail)
  const off = await newsroom.putStory('off')
  await setGate(
    app,
    { storyId: off },
    { mode: 'off', reason: 'A court is hearing this case.', closeAfterDays: null },
  )
  await newsroom.putStory('ferry', { body: ['The ferry leaves at five.'] })
  const ferry = await newsroom.putStory('ferry', {
    section: 'Harbour',
    credit: '© Two Straits Wire',
    url: 'https://news.example/ferry',
  })

  const now = app.now
  app.now = () => new Date(Date.now() - 3_600_000)
  const old = await write(ferry, 'An hour ago this was true.')
  app.now = now
  const deep = [await newsroom.comment(ferry, longName, wideText.join('\n'))]
  while (deep.length < 12)
    deep.push(await newsroom.comment(ferry, 'Bo Harbour', `Answer ${deep.length}.`, deep.at(-1)))
  const edited = await write(ferry, 'It never waits.')
  await author.post(`/s/${ferry}/c/${edited}/edit`, { text: 'It never waits for *anybody*.' })
  const removed = await write(ferry, 'You are all fools.')
  await newsroom.comment(ferry, 'Bo Harbour', 'That was not necessary.', removed)
  await decide(ferry, removed, { action: 'remove', reason: 'personal-attack', note: 'See rule one.' })
  const withdrawn = await write(ferry, 'Too hasty.')
  await newsroom.comment(ferry, 'Bo Harbour', 'Keep it, then.', withdrawn)
  await author.post(`/s/${ferry}/c/${withdrawn}/delete`, {})
  await report(ferry, deep[1]!)
  const waiting = await write(storyOf('sample-school-lunch').slice(3), 'Is there a menu in English?')
  const long = await newsroom.putStory('long', { title: longWord })
  await Promise.all(
    Array.from({ length: 25 }, (_, n) => newsroom.comment(long, `Reader ${n}`, `Comment ${n}.`)),
  )

  return {
    sample: storyOf('sample-lighthouse'),
    premoderated: storyOf('sample-school-lunch'),
    closed: storyOf('sample-buoy'),
    empty: storyOf('sample-fog-line'),
    off: `/s/${off}`,
    unknown: `/s/${imported.stories[0]}`,
    ferry: `/s/${ferry}`,
    long: `/s/${long}`,
    old: `/s/${ferry}/c/${old}`,
    wide: `/s/${ferry}/c/${deep[0]}`,
    deep: `/s/${ferry}/c/${deep[6]}`,
    edited: `/s/${ferry}/c/${edited}`,
    removed: `/s/${ferry}/c/${removed}`,
    withdrawn: `/s/${ferry}/c/${withdrawn}`,
    waiting: `${storyOf('sample-school-lunch')}/c/${waiting}`,
    link: `/sign-in/link?token=${await author.askForLink('someone.new@quay.example', `/s/${ferry}`)}`,
  }
}

/** Sends a form as a browser without script does: our script answers most of them in place. */
const post =
  (selector: string, fields: Record<string, string> = {}) =>
  async (page: Page) => {
    const navigated = page.waitForNavigation()
    await page
      .locator(selector)
      .first()
      .evaluate((form: HTMLFormElement, fields) => {
        for (const [name, value] of Object.entries(fields)) {
          const there = form.elements.namedItem(name)
          const field = document.createElement('input')
          field.name = name
          // A button is sent only when it is pressed.
          if (there === null || there instanceof HTMLButtonElement) form.append(field)
          Object.assign(there instanceof HTMLButtonElement ? field : (there ?? field), { value })
        }
        HTMLFormElement.prototype.submit.call(form)
      }, fields)
    await navigated
  }

export const screens: Screen[] = [
  { name: 'front page', path: () => '/', has: '.stories' },
  { name: 'story, open', path: (at) => at.ferry, has: '#write' },
  {
    name: 'story, newest first',
    path: (at) => `${at.closed}?sort=newest`,
    has: '.sorts [aria-current][href*=newest]',
  },
  {
    name: 'story, oldest first',
    path: (at) => `${at.closed}?sort=oldest`,
    has: '.sorts [aria-current][href*=oldest]',
  },
  {
    name: 'story, most replied first',
    path: (at) => `${at.closed}?sort=replied`,
    has: '.sorts [aria-current][href*=replied]',
  },
  {
    name: 'story, second page',
    path: (at) => at.long,
    reach: (page) => page.locator('.pages .next').click(),
    has: '.pages .first',
  },
  { name: 'story, premoderated', path: (at) => at.premoderated, has: '.thread-state' },
  { name: 'story, closed', path: (at) => at.closed, has: '.thread:not(:has(.composer))' },
  { name: 'story, comments off', path: (at) => at.off, has: '.thread:not(:has(.composer))' },
  { name: 'story, no comments yet', path: (at) => at.empty, has: '.thread-empty' },
  { name: 'story without headline, byline and date', path: (at) => at.unknown, has: 'h1.unknown' },
  { name: 'story, for the author of a comment', as: 'author', path: (at) => at.ferry, has: 'article.own' },
  { name: 'earlier version of a story', path: (at) => `${at.ferry}/versions/1`, has: '.version-note' },
  { name: 'exchange', path: (at) => at.wide, has: '#reply' },
  { name: 'exchange deep in a chain', path: (at) => at.deep, has: '.before' },
  { name: 'history of a comment', path: (at) => `${at.edited}/history`, has: '.past' },
  { name: 'removed comment', path: (at) => at.removed, has: '.focus .tombstone' },
  { name: 'comment that was taken back', path: (at) => at.withdrawn, has: '.focus .tombstone' },
  {
    name: 'waiting comment, for its author',
    as: 'author',
    path: (at) => at.waiting,
    has: '.comment.waiting',
  },
  { name: 'search, nothing asked', path: () => '/search', has: '.search-form' },
  { name: 'search, found', path: () => '/search?q=ferry', has: '.found .excerpt' },
  {
    name: 'search, nothing found',
    path: (at) => `/search?q=xylophone&story=${at.ferry.slice(3)}`,
    has: '.thread-empty',
  },
  { name: 'sign-in', path: () => '/sign-in', has: '#email' },
  {
    name: 'sign-in, address refused',
    path: () => '/sign-in',
    reach: post('.sign-in', { email: 'nobody' }),
    has: '#refusal',
  },
  {
    name: 'sign-in, link sent',
    path: () => '/sign-in',
    reach: post('.sign-in', { email: 'some.one@quay.example' }),
    has: 'form[action="/sign-in/code"]',
  },
  { name: 'sign-in link, first time', path: (at) => at.link, has: '#name' },
  {
    name: 'sign-in link, name refused',
    path: (at) => at.link,
    reach: post('.sign-in', { name: 'Ada Quay' }),
    has: '#refusal',
  },
  { name: 'sign-in link, used', path: () => '/sign-in/link?token=used', has: '#refusal' },
  { name: 'invitation, used', path: () => '/sign-in/invitation?token=used', has: 'main:not(:has(form))' },
  { name: 'my page', as: 'author', path: () => '/me', has: '.notice.bad' },
  { name: 'my reading', as: 'author', path: () => '/me/reading', has: '.notify-form' },
  { name: 'my account', as: 'author', path: () => '/me/account', has: '.me-name' },
  {
    name: 'my account, address refused',
    as: 'author',
    path: () => '/me/account',
    reach: post('form[action="/me/address"]', { email: 'no address' }),
    has: '#refusal',
  },
  { name: 'my download', as: 'author', path: () => '/me/download', has: '.rights-files .button' },
  { name: 'my erasure', as: 'author', path: () => '/me/erase', has: '.rights-form' },
  {
    name: 'my erasure, another name',
    as: 'author',
    path: () => '/me/erase',
    reach: post('.rights-form', { name: 'Somebody' }),
    has: '#refusal',
  },
  { name: 'what is mine to claim', as: 'author', path: () => '/me/claim', has: 'h1' },
  { name: 'a new address, link used', as: 'author', path: () => '/me/address?token=used', has: '#refusal' },
  {
    name: 'a profile',
    path: (at) => at.wide,
    reach: (page) => page.locator('.focus .comment-name a').click(),
    has: '.profile .mute-form',
  },
  {
    name: 'a story followed',
    as: 'author',
    path: (at) => at.ferry,
    reach: (page) => page.locator('.follow button').click(),
    has: '.notice.good',
  },
  {
    name: 'my account, name refused',
    as: 'author',
    path: () => '/me/account',
    reach: post('.me-name', { name: 'Bo Harbour' }),
    has: '#refusal',
  },
  { name: 'about a comment, for a reader', path: (at) => `${at.wide}/more`, has: '.quote-form' },
  {
    name: 'about a comment, reported',
    as: 'author',
    path: (at) => `${at.wide}/more`,
    reach: post('.report-form', { reason: 'spam' }),
    has: '.notice.good',
  },
  {
    name: 'about a comment, for its author',
    as: 'author',
    path: (at) => `${at.edited}/more`,
    has: '#edit-text',
  },
  {
    name: 'about a comment, for its author later',
    as: 'author',
    path: (at) => `${at.old}/more`,
    has: 'main:not(:has(#edit-text)) .danger',
  },
  {
    name: 'about a comment, edit refused',
    as: 'author',
    path: (at) => `${at.edited}/more`,
    reach: post('.composer', { text: ' ' }),
    has: '#problem',
  },
  {
    name: 'about a comment, for the desk',
    as: 'desk',
    path: (at) => `${at.removed}/more`,
    has: '.decision-form',
  },
  {
    name: 'composer, not signed in',
    path: (at) => at.ferry,
    reach: post('#write', { text: 'Who asked the ferry?' }),
    has: '#problem',
  },
  {
    name: 'composer, nothing written',
    as: 'author',
    path: (at) => at.ferry,
    reach: post('#write', { text: ' ' }),
    has: '[aria-invalid]',
  },
  {
    name: 'composer, reply refused',
    path: (at) => at.wide,
    reach: post('#reply', { text: longWord }),
    has: '#problem',
  },
  {
    name: 'composer, preview',
    path: (at) => at.ferry,
    reach: post('#write', { text: wideText.join('\n'), preview: '1' }),
    has: '.preview',
  },
  {
    name: 'composer, quoting',
    path: (at) => `${at.wide}/more`,
    reach: post('.quote-form'),
    has: '.composer .quoted',
  },
  { name: 'house rules', path: () => '/rules', has: '.prose' },
  { name: 'nothing here', path: () => '/nothing', has: '.problem' },
  { name: 'not allowed', as: 'author', path: () => '/desk', has: '.problem' },
  { name: 'desk, queue', as: 'desk', path: () => '/desk', has: '.report-text' },
  { name: 'desk, stories', as: 'desk', path: () => '/desk/stories', has: '.desk-list' },
  { name: 'desk, new story', as: 'desk', path: () => '/desk/stories/edit', has: '.desk-form' },
  {
    name: 'desk, story',
    as: 'desk',
    path: (at) => `/desk/stories/edit?story=${at.ferry.slice(3)}`,
    has: '.gate-form',
  },
  {
    name: 'desk, story refused',
    as: 'desk',
    path: () => '/desk/stories/edit',
    reach: post('.desk-form', { external: 'x', body: 'A story.', url: 'ferry' }),
    has: '#problem',
  },
  { name: 'desk, site', as: 'desk', path: () => '/desk/site', has: '.gate-form' },
  {
    name: 'desk, new key',
    as: 'desk',
    path: () => '/desk/site',
    reach: post('[action="/desk/key"]'),
    has: '.notice.good code',
  },
]

/** Goes to a screen. */
export async function show(
  { newsroom, pages, at }: Showroom,
  screen: Screen,
  language = 'en',
): Promise<Page> {
  const page = pages[screen.as ?? 'reader']
  const url = new URL(screen.path(at), newsroom.origin)
  if (language !== 'en') url.searchParams.set('lang', language)
  await page.goto(url.href)
  await screen.reach?.(page)
  await page.locator(screen.has).first().waitFor()
  return page
}
