import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { type Mailbox, startMailbox } from '../people/mailbox.ts'
import { openBrowser } from './chromium.ts'
import { commentWith, eventually, listComments, signedIn } from './reader.ts'

let browser: Browser
let newsroom: Newsroom
let mailbox: Mailbox
let ada: BrowserContext
let stories = 0

beforeAll(async () => {
  mailbox = await startMailbox()
  newsroom = await startNewsroom({ smtpUrl: mailbox.url })
  browser = await openBrowser()
  ada = await signedIn(browser, { newsroom, mailbox, name: 'Ada Quay' })
  await ada.grantPermissions(['clipboard-read', 'clipboard-write'])
})
afterEach(async () => {
  for (const page of ada.pages()) await page.close()
})
afterAll(async () => {
  await browser?.close()
  await newsroom?.close()
  await mailbox?.stop()
})

/** A story of its own for each test, and Ada reading it. */
async function openStory(prepare: (story: string) => Promise<unknown> = async () => undefined) {
  const story = await newsroom.putStory(`story-${++stories}`)
  await prepare(story)
  const page = await ada.newPage()
  await page.goto(`${newsroom.origin}/s/${story}`)
  return { story, page, field: page.locator('#write textarea'), post: page.locator('#write button.main') }
}

const countOf = async (story: string): Promise<number> => {
  const answer = await newsroom.call('GET', `/api/stories/${story}/comments`)
  return answer.json<{ items: object[] }>().items.length
}

const hasFocus = (page: Page, selector: string) =>
  page.locator(selector).evaluate((element) => element.matches(':focus'))

const readComments = async (story: string) => {
  const answer = await newsroom.call('GET', `/api/stories/${story}/comments`)
  return answer.json<{ items: { id: string; text: string; parent: string | null; quotes: object[] }[] }>()
    .items
}

const alertOn = (page: Page) => page.locator('[role=alert]').innerText()

test('a comment is posted in place: on top of the list, with the focus on it, and still there later', async () => {
  const { page, field, post } = await openStory((story) =>
    newsroom.comment(story, 'Bo Harbour', 'It always left at six.'),
  )
  await field.fill('It waits for *nobody*.')
  await post.click()
  await commentWith(page, 'It waits for nobody.').waitFor()
  expect(await listComments(page)).toEqual(['It waits for nobody.', 'It always left at six.'])
  expect(await page.locator('.comment-body em').innerText()).toBe('nobody')
  expect(await field.inputValue()).toBe('')
  expect(await page.locator('.thread > .visually-hidden[role=status]').textContent()).toBe('Posted.')
  await eventually(() => hasFocus(page, 'article.comment >> nth=0')).toBe(true)
  await eventually(() => page.locator('.thread-count').innerText()).toBe('2 comments')
  await page.reload()
  await commentWith(page, 'It waits for nobody.').waitFor()
})

test('a comment is taken back in one step, and its text stands in the field again', async () => {
  const { story, page, field, post } = await openStory()
  await field.fill('Too hasty.')
  await post.click()
  await page.getByRole('button', { name: 'Undo' }).click()
  await eventually(() => listComments(page)).toEqual([])
  expect(await field.inputValue()).toBe('Too hasty.')
  expect(await hasFocus(page, '#write-text')).toBe(true)
  expect(await countOf(story)).toBe(0)
  await post.click()
  await commentWith(page, 'Too hasty.').waitFor()
})

test('a comment can be taken back in one step for a minute', async () => {
  const { page, field, post } = await openStory()
  await page.clock.install()
  await field.fill('Well considered.')
  await post.click()
  const undo = page.getByRole('button', { name: 'Undo' })
  await undo.waitFor()
  await page.clock.fastForward(59_000)
  expect(await undo.count()).toBe(1)
  await page.clock.fastForward(2_000)
  await eventually(() => undo.count()).toBe(0)
})

test('a reply is written under what it answers; Escape closes the field when it is empty', async () => {
  const { page } = await openStory(async (story) => {
    await newsroom.comment(story, 'Bo Harbour', 'Who decides when it leaves?')
    await newsroom.comment(story, 'Cy Strand', 'Another matter.')
  })
  const asked = page.locator('.branch', { hasText: 'Who decides' })
  await asked.getByRole('link', { name: 'Reply' }).click()
  const field = page.getByLabel('Your reply to Bo Harbour')
  await eventually(() => field.evaluate((element) => element.matches(':focus'))).toBe(true)
  await page.keyboard.press('Escape')
  await eventually(() => field.count()).toBe(0)
  expect(
    await asked.getByRole('link', { name: 'Reply' }).evaluate((element) => element.matches(':focus')),
  ).toBe(true)

  await page.keyboard.press('Enter')
  await field.fill('The harbour board.')
  await page.keyboard.press('Escape')
  expect(await field.inputValue()).toBe('The harbour board.')
  await page.getByRole('button', { name: 'Post reply' }).click()
  await asked.locator('.replies article', { hasText: 'The harbour board.' }).waitFor()
  expect(await field.count()).toBe(0)
})

test('a draft is kept on the device until it is posted, each reply’s by itself', async () => {
  const { page, field, post } = await openStory((story) =>
    newsroom.comment(story, 'Bo Harbour', 'A question.'),
  )
  await field.fill('Half a thought')
  await page.getByText('Draft kept on this device.').waitFor()
  await page.getByRole('link', { name: 'Reply' }).click()
  await page.getByLabel('Your reply to Bo Harbour').fill('Half an answer')
  await page.reload()
  expect(await field.inputValue()).toBe('Half a thought')
  await page.getByRole('link', { name: 'Reply' }).click()
  expect(await page.getByLabel('Your reply to Bo Harbour').inputValue()).toBe('Half an answer')
  await post.click()
  await commentWith(page, 'Half a thought').waitFor()
  await page.reload()
  expect(await field.inputValue()).toBe('')
})

test('Enter chooses a word while an input method composes, and never posts; Ctrl+Enter posts', async () => {
  const { story, page, field } = await openStory()
  const posts: string[] = []
  page.on('request', (request) => request.method() === 'POST' && posts.push(request.url()))
  await field.focus()
  const keyboard = await ada.newCDPSession(page)
  await keyboard.send('Input.imeSetComposition', { text: 'かんけい', selectionStart: 4, selectionEnd: 4 })
  await page.keyboard.press('Control+Enter')
  await page.keyboard.press('Enter')
  await keyboard.send('Input.insertText', { text: '関係' })
  expect(await field.inputValue()).toContain('関係')
  await field.fill('関係はない。')
  expect(posts).toEqual([])
  await page.keyboard.press('Control+Enter')
  await commentWith(page, '関係はない。').waitFor()
  expect(await countOf(story)).toBe(1)
})

test('a button pressed twice posts once', async () => {
  const { story, page, field, post } = await openStory()
  await field.fill('Once is enough.')
  await post.dblclick()
  await commentWith(page, 'Once is enough.').waitFor()
  await newsroom.comment(story, 'Bo Harbour', 'Indeed.')
  await page.getByRole('button', { name: '1 new comment' }).waitFor()
  expect(await countOf(story)).toBe(2)
})

test('an answer that is lost on the way costs neither the text nor a second comment, even when the page is loaded anew', async () => {
  const { story, page, field, post } = await openStory()
  await page.route('**/comments', async (route) => {
    await route.fetch()
    await route.abort('connectionreset')
  })
  await field.fill('Did this arrive?')
  await post.click()
  expect(await alertOn(page)).toContain('The discussion cannot be reached right now')
  expect(await alertOn(page)).toContain('Your text is kept here.')
  expect(await field.inputValue()).toBe('Did this arrive?')
  await page.unroute('**/comments')
  await page.reload()
  expect(await field.inputValue()).toBe('Did this arrive?')
  await post.click()
  await eventually(() => field.inputValue()).toBe('')
  expect(await countOf(story)).toBe(1)
})

test('offline, the text stays and can be posted when one is back', async () => {
  const { story, page, field, post } = await openStory()
  await field.fill('From the middle of the strait.')
  await ada.setOffline(true)
  await post.click()
  expect(await alertOn(page)).toContain('You are offline')
  expect(await field.inputValue()).toBe('From the middle of the strait.')
  await ada.setOffline(false)
  await post.click()
  await commentWith(page, 'From the middle of the strait.').waitFor()
  expect(await countOf(story)).toBe(1)
})

test.each([
  ['not-saved', 503, 'Not saved: the database cannot be reached'],
  ['rate-limited', 429, 'Too many at once'],
  ['discussion-closed', 409, 'This discussion is closed'],
])(
  'a refusal (%s) is said in the reader’s language beside the field, and the text stays',
  async (type, status, words) => {
    const { page, field, post } = await openStory()
    const body = JSON.stringify({ type: `/problems/${type}`, title: 'x', status, detail: 'x' })
    await page.route('**/comments', (route) =>
      route.fulfill({ status, contentType: 'application/problem+json', body }),
    )
    await field.fill('Kept.')
    await post.click()
    expect(await alertOn(page)).toBe(`${words}\nNot posted. Your text is kept here.`)
    expect(await field.inputValue()).toBe('Kept.')
    expect(await field.getAttribute('aria-invalid')).toBe('true')
    await field.press('End')
    await page.keyboard.type('!')
    expect(await page.locator('[role=alert]').count()).toBe(0)
  },
)

test('who is not signed in keeps the text and is shown where to sign in', async () => {
  const stranger = await browser.newContext()
  const page = await stranger.newPage()
  const story = await newsroom.putStory(`story-${++stories}`)
  await page.goto(`${newsroom.origin}/s/${story}`)
  await page.locator('#write textarea').fill('Who am I?')
  await page.locator('#write button.main').click()
  const link = page.locator('[role=alert] a')
  expect(await link.getAttribute('href')).toBe(`/sign-in?to=%2Fs%2F${story}`)
  expect(await link.getAttribute('target')).toBe('_blank')
  expect(await page.locator('#write textarea').inputValue()).toBe('Who am I?')
  await stranger.close()
})

test('a preview is shown in place and is not posted', async () => {
  const { story, page, field } = await openStory()
  await field.fill('> quoted\n\n**Strong** words')
  await page.getByRole('button', { name: 'Preview' }).click()
  await page.locator('.composer .preview strong').waitFor()
  expect(await page.locator('.composer .preview').innerText()).toContain('Not posted yet.')
  expect(await field.inputValue()).toBe('> quoted\n\n**Strong** words')
  expect(page.url()).toBe(`${newsroom.origin}/s/${story}`)
  expect(await countOf(story)).toBe(0)
  await field.fill('Other words')
  expect(await page.locator('.composer .preview').count()).toBe(0)
})

test('characters are counted as readers see them, once there are many', async () => {
  const { page, field } = await openStory()
  const counter = page.locator('#write .composer-count')
  await field.fill('👩‍👩‍👧‍👦'.repeat(100))
  expect(await counter.innerText()).toBe('')
  await field.fill('e\u0301'.repeat(9_990))
  expect(await counter.innerText()).toBe('10 characters left')
  await field.fill('x'.repeat(10_001))
  expect(await counter.innerText()).toBe('1 character too many')
  expect(await counter.evaluate((element) => element.classList.contains('over'))).toBe(true)
})

test('respect is shown at once, is taken back by a second press, and is not to be had for one’s own comment', async () => {
  const { story, page, field, post } = await openStory((id) =>
    newsroom.comment(id, 'Bo Harbour', 'Worth reading.'),
  )
  const button = commentWith(page, 'Worth reading.').locator('.respect')
  await button.click()
  await eventually(() => button.getAttribute('aria-pressed')).toBe('true')
  await eventually(() => button.innerText()).toBe('Respect 1')
  const respected = async () => {
    const answer = await newsroom.call('GET', `/api/stories/${story}/comments`)
    return answer.json<{ items: { respect: number }[] }>().items[0]?.respect
  }
  await eventually(respected).toBe(1)
  await page.reload()
  await eventually(() => button.getAttribute('aria-pressed')).toBe('true')
  await button.click()
  await eventually(() => button.innerText()).toBe('Respect')
  await eventually(respected).toBe(0)

  await field.fill('My own.')
  await post.click()
  expect(await commentWith(page, 'My own.').locator('.respect').isDisabled()).toBe(true)
})

test('respect that the server does not take is taken back, with the reason', async () => {
  const { page } = await openStory((id) => newsroom.comment(id, 'Bo Harbour', 'Worth reading.'))
  await page.route('**/ballot', (route) => route.abort('connectionrefused'))
  const button = commentWith(page, 'Worth reading.').locator('.respect')
  await button.click()
  await page.locator('article.comment [role=alert]').waitFor()
  expect(await button.getAttribute('aria-pressed')).toBe('false')
  expect(await button.innerText()).toBe('Respect')
})

test('a comment that waits for an editor is shown to its author alone, also later', async () => {
  const { story, page, field, post } = await openStory(async (id) => {
    await newsroom.app.db.updateTable('story').set({ mode: 'premoderated' }).where('id', '=', id).execute()
  })
  await field.fill('Please look at this.')
  await post.click()
  const waiting = page.locator('article.waiting')
  await waiting.waitFor()
  expect(await waiting.innerText()).toContain('Only you can see this until an editor has looked.')
  expect(await countOf(story)).toBe(0)
  await page.reload()
  await waiting.waitFor()
  expect(await waiting.innerText()).toContain('Please look at this.')
  const stranger = await browser.newContext()
  const other = await stranger.newPage()
  await other.goto(page.url())
  expect(await other.locator('article.comment').count()).toBe(0)
  await stranger.close()

  const id = (await waiting.getAttribute('data-comment'))!
  const token = await newsroom.tokenOf('Desk', 'moderator')
  await newsroom.call('POST', `/api/stories/${story}/comments/${id}/decisions`, {
    token,
    body: { action: 'approve' },
  })
  await eventually(() => waiting.count()).toBe(0)
  expect(await listComments(page)).toEqual(['Please look at this.'])
})

test('selected words are quoted in a reply, as they stand in the comment', async () => {
  const { story, page } = await openStory((id) =>
    newsroom.comment(id, 'Bo Harbour', 'First  line\nsecond *line* here\n\nNext paragraph.'),
  )
  const paragraph = page.locator('.comment-body p >> nth=0')
  await paragraph.evaluate((element) => getSelection()?.selectAllChildren(element))
  await page.getByRole('button', { name: 'Quote' }).click()
  await page.getByLabel('Your reply to Bo Harbour').fill('Is that so?')
  expect(await page.locator('.composer .quoted').innerText()).toContain('second line here')
  await page.getByRole('button', { name: 'Post reply' }).click()
  await page.locator('.replies .quoted').waitFor()
  const { items } = (await newsroom.call('GET', `/api/stories/${story}/comments`)).json<{
    items: { quotes: { exact: string }[] }[]
  }>()
  expect(items[1]?.quotes[0]?.exact).toBe('First  line\nsecond line here')
})

test('a quote stays with its draft; when its words were edited away, the reply is posted without it', async () => {
  const { story, page } = await openStory((story) =>
    newsroom.comment(story, 'Bo Harbour', 'It always left at six.'),
  )
  const [comment] = await readComments(story)
  await page.locator('.comment-body p').selectText()
  await page.locator('.quote-words').click()
  const form = page.locator(`#reply-${comment!.id}`)
  await form.locator('textarea').fill('Not in winter.')
  await eventually(() => form.locator('.composer-status').innerText()).toBe('Draft kept on this device.')
  await page.reload()
  await page.locator('.reply').click()
  expect(await form.locator('.quoted').innerText()).toContain('It always left at six.')
  const edited = await newsroom.call('PATCH', `/api/stories/${story}/comments/${comment!.id}`, {
    token: await newsroom.tokenOf('Bo Harbour'),
    body: { text: 'It left at seven.' },
  })
  expect(edited.status).toBe(200)
  await form.locator('.main').click()
  await page.getByRole('button', { name: 'Post without the quote' }).click()
  await page.locator('.replies article').waitFor()
  const reply = (await readComments(story))[1]
  expect(reply).toMatchObject({ text: 'Not in winter.', quotes: [], parent: comment!.id })
})

test('a comment that the desk holds says so to its author, with the rule', async () => {
  const { story, page } = await openStory()
  const id = await newsroom.comment(story, 'Ada Quay', 'Buy a boat.')
  const held = await newsroom.call('POST', `/api/stories/${story}/comments/${id}/decisions`, {
    token: await newsroom.tokenOf('Ed Desk', 'moderator'),
    body: { action: 'hold', reason: 'spam' },
  })
  expect(held.status).toBeLessThan(300)
  await page.reload()
  await eventually(() => page.locator('.waiting .comment-note').allInnerTexts()).toEqual([
    'The desk holds this comment: only you can see it. Rule: advertising or spam.',
  ])
})

test.each(['en', 'ar', 'ja', 'ko'])(
  'on a narrow screen (%s) what is one’s own to do stands together',
  async (lang) => {
    const { story, page } = await openStory()
    await newsroom.comment(story, 'Ada Quay', 'It always left at six.')
    await page.setViewportSize({ width: 320, height: 640 })
    await page.goto(`${newsroom.origin}/s/${story}?lang=${lang}`)
    await page.locator('.own-actions .delete').waitFor()
    const top = async (part: string) => (await page.locator(`.own ${part}`).boundingBox())?.y
    expect(await top('.more')).toBe(await top('.share'))
    expect(await top('.edit')).toBe(await top('.delete'))
  },
)

test('a link to a comment is copied where the device has no way of its own to share', async () => {
  const { story, page } = await openStory((id) => newsroom.comment(id, 'Bo Harbour', 'Tell everyone.'))
  const id = await page.locator('article.comment').getAttribute('data-comment')
  await page.getByRole('link', { name: 'Share' }).click()
  await page.getByRole('link', { name: 'Link copied' }).waitFor()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
    `${newsroom.origin}/s/${story}/c/${id}`,
  )
})

test('all of it can be done by keyboard: to the field, to the comments, to reply, to help, to take back', async () => {
  const { page } = await openStory(async (id) => {
    const parent = await newsroom.comment(id, 'Bo Harbour', 'Parent.')
    await newsroom.comment(id, 'Cy Strand', 'Child.', parent)
  })
  const focused = () =>
    page.evaluate(
      () => document.activeElement?.closest('article')?.querySelector('.comment-body')?.textContent,
    )
  const reach = async (name: string) => {
    for (let n = 0; n < 60; n++) {
      await page.keyboard.press('Tab')
      if (
        await page.evaluate(
          (name) => document.activeElement?.textContent === name || document.activeElement?.id === name,
          name,
        )
      )
        return
    }
    throw new Error(`${name} is not reached with Tab.`)
  }
  await reach('write-text')
  await page.keyboard.type('By hand. jkurqo?')
  await page.keyboard.press('Control+Enter')
  await eventually(focused).toBe('By hand. jkurqo?')
  await page.keyboard.press('j')
  expect(await focused()).toBe('Parent.')
  await page.keyboard.press('j')
  expect(await focused()).toBe('Child.')
  await page.keyboard.press('u')
  expect(await focused()).toBe('Parent.')
  await page.keyboard.press('k')
  expect(await focused()).toBe('By hand. jkurqo?')
  await page.keyboard.press('j')
  await page.keyboard.press('r')
  await page.keyboard.type('Me too')
  expect(await page.getByLabel('Your reply to Bo Harbour').inputValue()).toBe('Me too')
  await page.keyboard.press('Shift+Tab')

  await page.keyboard.press('?')
  expect(await page.locator('dialog').isVisible()).toBe(true)
  await page.getByRole('checkbox', { name: 'Use these keys' }).press('Space')
  await page.keyboard.press('Escape')
  expect(await page.locator('dialog').isVisible()).toBe(false)
  const before = await focused()
  await page.keyboard.press('j')
  expect(await focused()).toBe(before)
  await reach('Undo')
  await page.keyboard.press('Enter')
  await eventually(() => page.locator('#write textarea').inputValue()).toBe('By hand. jkurqo?')
})

test('on a comment’s own page replies are written and arrive in place; other comments are not its matter', async () => {
  let id = ''
  let parent = ''
  const { story, page } = await openStory(async (story) => {
    parent = await newsroom.comment(story, 'Cy Strand', 'What came before.')
    id = await newsroom.comment(story, 'Bo Harbour', 'The matter.', parent)
  })
  await page.goto(`${newsroom.origin}/s/${story}/c/${id}`)
  await page.getByLabel('Your reply to Bo Harbour').fill('My reply.')
  await page.getByRole('button', { name: 'Post reply' }).click()
  await page.locator('.branches article', { hasText: 'My reply.' }).waitFor()
  await newsroom.comment(story, 'Di Cape', 'Another matter.')
  await newsroom.comment(story, 'Di Cape', 'Beside it.', parent)
  await newsroom.comment(story, 'Di Cape', 'Theirs.', id)
  await page.getByRole('button', { name: '1 new comment' }).click()
  await expect
    .poll(() => listComments(page))
    .toEqual(['What came before.', 'The matter.', 'My reply.', 'Theirs.'])
  await page.locator('.focus').getByRole('link', { name: 'Reply' }).click()
  expect(await hasFocus(page, '#reply-text')).toBe(true)
})

test('a text that came back from a form without script is posted once, and its author is shown it', async () => {
  const { story, page, field } = await openStory()
  await field.fill('By the plain form.')
  await page.locator('#write').evaluate((form: HTMLFormElement) => {
    const preview = document.createElement('input')
    preview.name = 'preview'
    preview.value = '1'
    form.append(preview)
    form.submit()
  })
  await page.getByRole('heading', { name: 'Change or post' }).waitFor()
  await page.locator('#write button.main').dblclick()
  await page.waitForURL(`**/s/${story}/c/*`)
  await commentWith(page, 'By the plain form.').waitFor()
  expect(await countOf(story)).toBe(1)
})
