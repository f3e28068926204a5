import type { Browser, Locator, Page, Response } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { setGate } from '../../src/stories/actions.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { linkIn, type Mailbox, startMailbox } from '../people/mailbox.ts'
import { openBrowser } from './chromium.ts'

let browser: Browser
let newsroom: Newsroom
let mailbox: Mailbox
let ada: Page
let bo: Page
let ed: Page
let stories = 0

beforeAll(async () => {
  mailbox = await startMailbox()
  newsroom = await startNewsroom({ smtpUrl: mailbox.url })
  browser = await openBrowser()
  ada = await comeIn('Ada Quay')
  bo = await comeIn('Bo Harbour')
  ed = await comeIn('Ed Desk')
  await newsroom.app.db
    .updateTable('person')
    .set({ role: 'moderator' })
    .where('name', '=', 'Ed Desk')
    .execute()
})
const clock = () => new Date()
afterEach(() => {
  newsroom.app.now = clock
})
afterAll(async () => {
  await browser?.close()
  await newsroom?.close()
  await mailbox?.stop()
})

/** Someone whose browser runs no script. */
const openStranger = async (): Promise<Page> =>
  (await browser.newContext({ javaScriptEnabled: false })).newPage()

/** Someone who has come in by a mailed link. */
async function comeIn(name: string): Promise<Page> {
  const page = await openStranger()
  await page.goto(`${newsroom.origin}/sign-in?to=/rules`)
  await signInOn(page, name)
  expect(new URL(page.url()).pathname).toBe('/rules')
  return page
}

/** From the sign-in page to where it leads. */
async function signInOn(page: Page, name: string): Promise<void> {
  const address = `${name.toLowerCase().replace(' ', '.')}@quay.example`
  await page.getByLabel('Your e-mail address').fill(address)
  await page.getByRole('button', { name: 'Mail me a link' }).click()
  await page.getByRole('heading', { name: 'Look into your mailbox' }).waitFor()
  await page.goto(linkIn(mailbox.mails.findLast(({ to }) => to[0] === address)).href)
  await page.getByLabel('Your name here').fill(name)
  await page.getByRole('button', { name: 'Sign in now' }).click()
}

const makeStory = (): Promise<string> => newsroom.putStory(`story-${++stories}`)
const openStory = (page: Page, story: string) => page.goto(`${newsroom.origin}/s/${story}`)

const listOf = async (story: string): Promise<string[]> => {
  const answer = await newsroom.call('GET', `/api/stories/${story}/comments`)
  return answer.json<{ items: { text: string }[] }>().items.map(({ text }) => text)
}

/** The answer to a form, and whether it led on (303). */
async function send(
  page: Page,
  button: string,
  within: Page | Locator = page,
): Promise<{ status: number; ledOn: boolean }> {
  const arrived = page.waitForResponse(
    (response: Response) => response.request().isNavigationRequest() && response.status() !== 303,
  )
  await within.getByRole('button', { name: button, exact: true }).click()
  const response = await arrived
  await page.waitForLoadState()
  const before = await response.request().redirectedFrom()?.response()
  return { status: response.status(), ledOn: before?.status() === 303 }
}

async function post(page: Page, text: string) {
  await page.getByLabel(/^Your (comment|reply)/).fill(text)
  return send(
    page,
    (await page.getByRole('button', { name: 'Post reply' }).count()) > 0 ? 'Post reply' : 'Post',
  )
}

const openMore = (page: Page, name: string) =>
  page
    .getByRole('link', { name: `More about ${name}’s comment` })
    .first()
    .click()
const bodiesOn = (page: Page): Promise<string[]> => page.locator('article .comment-body').allInnerTexts()

test('a stranger reads on: another order, the next page, a fold, a comment’s own page and back', async () => {
  const story = await makeStory()
  const first = await newsroom.comment(story, 'Bo Harbour', 'The first of all.')
  const reply = await newsroom.comment(story, 'Cy Strand', 'A reply.', first)
  await newsroom.comment(story, 'Bo Harbour', 'Deep down.', reply)
  for (let n = 1; n <= 20; n++) await newsroom.comment(story, 'Di Cape', `No. ${n}.`)
  const page = await openStranger()
  await openStory(page, story)
  await page.getByRole('link', { name: 'Newest' }).click()
  expect((await bodiesOn(page))[0]).toBe('No. 20.')
  expect(await bodiesOn(page)).not.toContain('The first of all.')
  await page.getByRole('link', { name: 'More comments' }).click()
  expect(await page.locator('.sorts [aria-current]').innerText()).toBe('Newest')
  expect(await bodiesOn(page)).toEqual(['The first of all.', 'A reply.', ''])
  await page.getByText('1 further reply').click()
  expect((await bodiesOn(page)).at(-1)).toBe('Deep down.')
  await page.locator(`#c-${reply} .comment-time`).first().click()
  expect(new URL(page.url()).pathname).toBe(`/s/${story}/c/${reply}`)
  expect(await bodiesOn(page)).toEqual(['The first of all.', 'A reply.', 'Deep down.'])
  await page.getByRole('link', { name: 'The whole discussion' }).click()
  expect(new URL(page.url()).pathname).toBe(`/s/${story}`)
  await page.context().close()
})

test('a comment is previewed, posted, edited; what it said before can be read', async () => {
  const story = await makeStory()
  await openStory(ada, story)
  await ada.getByLabel('Your comment').fill('It waits for *nobody*.')
  expect(await send(ada, 'Preview')).toEqual({ status: 200, ledOn: false })
  expect(await ada.locator('.preview em').innerText()).toBe('nobody')
  expect(await listOf(story)).toEqual([])
  expect(await ada.getByLabel('Your comment').inputValue()).toBe('It waits for *nobody*.')
  expect(await send(ada, 'Post')).toEqual({ status: 200, ledOn: true })
  expect(await ada.locator('.focus em').innerText()).toBe('nobody')

  await openMore(ada, 'Ada Quay')
  await ada.getByLabel('Your comment').fill('It waits for somebody.')
  expect(await send(ada, 'Save')).toEqual({ status: 200, ledOn: true })
  expect(await bodiesOn(ada)).toEqual(['It waits for somebody.'])
  await ada.getByRole('link', { name: 'edited' }).click()
  expect(await ada.locator('.past .comment-body').innerText()).toBe('It waits for nobody.')
})

test('a reply and a quote of a paragraph stand under what they answer', async () => {
  const story = await makeStory()
  const parent = await newsroom.comment(story, 'Cy Strand', 'The first paragraph.\n\nThe second paragraph.')
  await openStory(ada, story)
  await ada.getByRole('link', { name: 'Reply' }).click()
  expect(await post(ada, 'A plain reply.')).toEqual({ status: 200, ledOn: true })
  await openStory(ada, story)
  await openMore(ada, 'Cy Strand')
  await ada.getByRole('radio', { name: 'The second paragraph.' }).check()
  await send(ada, 'Quote and reply')
  expect(await ada.locator('.composer .quoted').innerText()).toContain('The second paragraph.')
  expect(await post(ada, 'To this I say no.')).toEqual({ status: 200, ledOn: true })
  await openStory(ada, story)
  expect(await ada.locator(`#c-${parent} > .replies .comment-body`).allInnerTexts()).toEqual([
    'A plain reply.',
    'To this I say no.',
  ])
  expect(await ada.locator('.replies .quoted').innerText()).toContain('The second paragraph.')
})

test('respect is given and taken back', async () => {
  const story = await makeStory()
  await newsroom.comment(story, 'Cy Strand', 'Worth a read.')
  await openStory(ada, story)
  const respect = ada.locator('.respect')
  for (const shown of ['Respect 1', 'Respect', 'Respect 1']) {
    await respect.click()
    await ada.waitForLoadState()
    expect((await respect.innerText()).trim()).toBe(shown)
    expect(new URL(ada.url()).pathname).toBe(`/s/${story}`)
  }
})

test('a report reaches the desk', async () => {
  const story = await makeStory()
  await newsroom.comment(story, 'Cy Strand', 'Cheap anchors.')
  await openStory(ada, story)
  await openMore(ada, 'Cy Strand')
  await ada.getByRole('radio', { name: 'advertising or spam' }).check()
  await ada.getByLabel('Anything the desk should know (optional)').fill('He says this everywhere.')
  expect(await send(ada, 'Send report')).toEqual({ status: 200, ledOn: true })
  expect(await ada.getByRole('status').innerText()).toBe('Thank you. The desk has been told.')
  await ed.goto(`${newsroom.origin}/desk`)
  expect(await ed.getByText('He says this everywhere.').count()).toBe(1)
})

test('a comment that was answered leaves its place when it is taken back, another leaves nothing', async () => {
  const story = await makeStory()
  await openStory(ada, story)
  await post(ada, 'Too hasty.')
  const answered = new URL(ada.url()).hash.slice(3)
  await newsroom.comment(story, 'Cy Strand', 'Keep it, then.', answered)
  await openStory(ada, story)
  await post(ada, 'Hasty too.')
  await openMore(ada, 'Ada Quay')
  expect(await send(ada, 'Delete')).toEqual({ status: 200, ledOn: true })
  expect(await bodiesOn(ada)).toEqual(['Too hasty.', 'Keep it, then.'])
  await openMore(ada, 'Ada Quay')
  await send(ada, 'Delete')
  expect(await bodiesOn(ada)).toEqual(['Keep it, then.'])
  expect(await ada.locator(`#c-${answered} > .tombstone`).innerText()).toBe('Taken back by its author.')
})

test('who is not signed in gets the text back, signs in beside it, and posts it', async () => {
  const story = await makeStory()
  const page = await openStranger()
  await openStory(page, story)
  expect(await post(page, 'I had to sign in first.')).toEqual({ status: 401, ledOn: false })
  expect(await page.getByRole('alert').innerText()).toContain('Please sign in')
  const [beside] = await Promise.all([
    page.context().waitForEvent('page'),
    page.getByRole('link', { name: /^Sign in/ }).click(),
  ])
  await signInOn(beside, 'Eve Newcome')
  expect(await page.getByLabel('Your comment').inputValue()).toBe('I had to sign in first.')
  expect(await send(page, 'Post')).toEqual({ status: 200, ledOn: true })
  expect(await listOf(story)).toEqual(['I had to sign in first.'])
  await page.context().close()
})

test('who writes while the discussion closes gets the text back, with why', async () => {
  const story = await makeStory()
  await openStory(ada, story)
  await setGate(
    newsroom.app,
    { storyId: story },
    { mode: 'closed', reason: 'The ferry has left.', closeAfterDays: null },
  )
  expect(await post(ada, 'Wait for me.')).toEqual({ status: 409, ledOn: false })
  expect(await ada.getByRole('alert').innerText()).toContain('The ferry has left.')
  expect(await ada.getByLabel('Your comment').inputValue()).toBe('Wait for me.')
  expect(await listOf(story)).toEqual([])
})

test('a text that is too long is given back whole', async () => {
  const story = await makeStory()
  const long = 'Again. '.repeat(1_500)
  await openStory(ada, story)
  expect(await post(ada, long)).toEqual({ status: 422, ledOn: false })
  expect(await ada.getByRole('alert').innerText()).toContain('The text is too long')
  const field = ada.getByLabel('Your comment')
  expect(await field.inputValue()).toBe(long)
  expect(await field.getAttribute('aria-invalid')).toBe('true')
})

test('however often one presses, it is one comment', async () => {
  const story = await makeStory()
  const now = new Date()
  newsroom.app.now = () => now
  await openStory(ada, story)
  await ada.getByLabel('Your comment').fill('Once is enough.')
  await ada.getByRole('button', { name: 'Post', exact: true }).dblclick()
  await ada.locator('.focus').waitFor()
  await openStory(ada, story)
  await post(ada, 'Once is enough.')
  expect(await listOf(story)).toEqual(['Once is enough.'])
})

test('the desk removes a comment by a rule and restores it; its author is told', async () => {
  const story = await makeStory()
  await openStory(bo, story)
  await post(bo, 'You are all fools.')
  await openStory(ed, story)
  await openMore(ed, 'Bo Harbour')
  expect((await send(ed, 'Remove')).status).toBe(422)
  expect(await ed.getByRole('alert').innerText()).toContain('A restriction needs a reason')
  const again = ed.getByRole('region', { name: 'Look again' })
  await again.getByRole('combobox', { name: 'Rule' }).selectOption({ label: 'personal attack' })
  expect(await send(ed, 'Remove', again)).toEqual({ status: 200, ledOn: true })

  const tombstone = 'Removed by the desk: personal attack.'
  await openStory(ada, story)
  expect(await ada.locator('.tombstone').innerText()).toBe(tombstone)
  await bo.goto(`${newsroom.origin}/me`)
  expect(await bo.locator('.notice').innerText()).toMatch(
    /^The desk removed this comment on .*\. Rule: personal attack\.$/,
  )

  expect(await send(ed, 'Restore')).toEqual({ status: 200, ledOn: true })
  await openStory(ada, story)
  expect(await bodiesOn(ada)).toEqual(['You are all fools.'])
  await bo.reload()
  expect(await bo.locator('.notice').innerText()).toMatch(/^The desk restored this comment on /)
})

test('with keys alone every control of a story’s page is reached, in order and by a name', async () => {
  const story = await makeStory()
  await newsroom.comment(story, 'Bo Harbour', 'It always left at six.')
  const page = await openStranger()
  await openStory(page, story)
  const stops: string[] = []
  for (;;) {
    await page.keyboard.press('Tab')
    const focus = page.locator(':focus')
    if ((await focus.count()) === 0) break
    const [, role = '', name = ''] = /^- '?([a-z]+) "(.*?)"/.exec(await focus.ariaSnapshot()) ?? []
    stops.push(`${role} ${/\d{4}, /.test(name) ? 'of the time' : name}`)
  }
  expect(stops).toEqual([
    'link Skip to the page',
    'link Detente',
    'link Search',
    'link My page',
    'link 1 comment',
    'textbox Your comment',
    'button Post',
    'button Preview',
    'link Most respected',
    'link Newest',
    'link Oldest',
    'link Most replied',
    'link Bo Harbour',
    'link of the time',
    'button Respect 0: worth reading, even if you disagree',
    'link Reply',
    'link Share',
    'link More about Bo Harbour’s comment: quote, report, edit, delete',
    'button Follow this story',
    'searchbox Words to look for',
    'button Search',
    'link العربية',
    'link English',
    'link 日本語',
    'link 한국어',
    'link House rules',
  ])
  expect(
    await page
      .locator('a[href], button, input:not([type=hidden], [tabindex="-1"]), textarea, select, summary')
      .count(),
  ).toBe(stops.length)
  await page.context().close()
})

test('with keys alone a comment is posted', async () => {
  const story = await makeStory()
  await openStory(ada, story)
  await ada.getByRole('link', { name: 'Write the first comment' }).focus()
  await ada.keyboard.press('Tab')
  await ada.keyboard.type('Typed, not clicked.')
  await ada.keyboard.press('Tab')
  await ada.keyboard.press('Enter')
  await ada.locator('.focus').waitFor()
  expect(await listOf(story)).toEqual(['Typed, not clicked.'])
})
