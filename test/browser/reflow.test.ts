import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openShowroom, type Screen, type Showroom, screens, show } from './screens.ts'

let showroom: Showroom
beforeAll(async () => {
  showroom = await openShowroom()
})
afterAll(() => showroom?.close())

const screenNamed = (name: string): Screen => screens.find((screen) => screen.name === name)!
const openScreen = (name: string): Promise<Page> => show(showroom, screenNamed(name))

/** A reader's own style over ours. The page's Content-Security-Policy lets no <style> in. */
const restyle = (page: Page, css: string) =>
  page.evaluate((css) => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(css)
    document.adoptedStyleSheets = [sheet]
  }, css)

/** What cannot be read without scrolling to the side, or not at all. */
const findLost = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const lost: string[] = []
    const { scrollWidth, clientWidth } = document.documentElement
    if (scrollWidth > clientWidth) lost.push(`the page is ${scrollWidth} px wide`)
    for (const element of document.body.querySelectorAll<HTMLElement>('*')) {
      const { overflowX, clipPath } = getComputedStyle(element)
      // A field scrolls to what is written in it; a quote is the first lines of what it leads to.
      const mayClip = element.matches('input, select, textarea, .quoted a') || clipPath !== 'none'
      if (overflowX !== 'visible' && !mayClip && element.scrollWidth > element.clientWidth)
        lost.push(element.outerHTML.slice(0, 200))
      const { left, right, width } = element.getBoundingClientRect()
      if (width > 0 && clipPath === 'none' && (left < -1 || right > clientWidth + 1))
        lost.push(`${left}–${right}: ${element.outerHTML.slice(0, 200)}`)
    }
    return lost
  })

/** Controls that are smaller than 24 px each way (WCAG 2.2, 2.5.8), but for links in a sentence. */
const findSmall = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const controls = document.body.querySelectorAll<HTMLElement>(
      'a, button, input:not([type=hidden]), select, textarea, summary',
    )
    return [...controls].flatMap((control) => {
      const target = control.closest('label') ?? control
      const inSentence =
        control.matches('a') &&
        getComputedStyle(control).display === 'inline' &&
        control.closest('p, li, q, h1, h2, h3') !== null
      const isTrap = control.closest('[aria-hidden=true]') !== null
      if (inSentence || isTrap || control.matches('.skip') || !control.checkVisibility()) return []
      const { width, height } = target.getBoundingClientRect()
      return width >= 24 && height >= 24 ? [] : [`${width} × ${height}: ${control.outerHTML.slice(0, 200)}`]
    })
  })

/** More space between lines, letters, words and paragraphs (WCAG 2.2, 1.4.12). */
const spacing = `
  * { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }
  p { margin-block-end: 2em !important }`

describe('on 320 px, which is also 1280 px at 400 %', () => {
  beforeAll(async () => {
    for (const page of Object.values(showroom.pages)) await page.setViewportSize({ width: 320, height: 640 })
  })

  test.each(screens)('all can be read and hit: $name', async (screen) => {
    const page = await show(showroom, screen)
    expect(await findLost(page)).toEqual([])
    expect(await findSmall(page)).toEqual([])
    await restyle(page, spacing)
    expect(await findLost(page)).toEqual([])
  })

  test('the long discussion too, from left to right and from right to left', async () => {
    for (const language of ['en', 'ar', 'ja', 'ko']) {
      const page = await show(
        showroom,
        { name: 'sample', path: (at) => at.sample, has: '.branches' },
        language,
      )
      expect(await findLost(page)).toEqual([])
      expect(await findSmall(page)).toEqual([])
    }
  })

  test('a reply in the depth keeps room for its words', async () => {
    const page = await openScreen('story, open')
    for (const fold of await page.locator('.folded > summary').all()) await fold.click()
    const widths = await page
      .locator('.replies .replies .comment-body')
      .evaluateAll((bodies) => bodies.map((body) => body.clientWidth))
    expect(widths.length).toBeGreaterThan(0)
    expect(Math.min(...widths)).toBeGreaterThanOrEqual(240)
  })
})

describe('with letters of twice the size', () => {
  beforeAll(async () => {
    for (const page of Object.values(showroom.pages)) await page.setViewportSize({ width: 768, height: 1024 })
  })

  test.each([
    'front page',
    'story, open',
    'exchange',
    'about a comment, for a reader',
    'sign-in',
    'my page',
    'desk, queue',
    'desk, stories',
    'desk, site',
  ])('all can be read: %s', async (name) => {
    const page = await openScreen(name)
    await restyle(page, 'html { font-size: 200% }')
    expect(await findLost(page)).toEqual([])
  })
})

describe('in other media', () => {
  afterEach(() => showroom.pages.reader.emulateMedia({ media: null, forcedColors: null }))

  test('in forced colours the focus and the chosen order are seen', async () => {
    const page = await openScreen('story, open')
    await page.emulateMedia({ forcedColors: 'active' })
    await page.locator('.sorts a').last().focus()
    await page.keyboard.press('Shift+Tab')
    expect(await page.locator('.sorts a:focus').evaluate((link) => getComputedStyle(link).outlineStyle)).toBe(
      'solid',
    )
    const lines = await page
      .locator('.sorts a')
      .evaluateAll((tabs) => tabs.map((tab) => getComputedStyle(tab).borderBlockEndWidth))
    expect(lines).toEqual(['2px', '0px', '0px', '0px'])
  })

  test('on paper there is what was written, the folded too, and nothing to press', async () => {
    const page = await openScreen('story, open')
    await page.emulateMedia({ media: 'print' })
    expect(await page.locator('.story-body p').first().isVisible()).toBe(true)
    expect(await page.locator('.folded .comment-body').first().isVisible()).toBe(true)
    for (const part of [
      'form',
      'button',
      'textarea',
      'nav',
      '.sorts',
      '.skip',
      '.comment-actions',
      'summary',
      '.foot',
    ])
      expect(await page.locator(`${part}:visible`).count(), part).toBe(0)
    expect(await page.locator('.thread-count').isVisible()).toBe(true)
  })
})

test('the first key leads past the head of the page', async () => {
  const page = await openScreen('story, open')
  await page.keyboard.press('Tab')
  const skip = page.getByRole('link', { name: 'Skip to the page' })
  expect(await skip.evaluate((link) => link === document.activeElement)).toBe(true)
  expect((await skip.boundingBox())!.height).toBeGreaterThanOrEqual(24)
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  expect(await page.evaluate(() => document.activeElement?.closest('main')?.id)).toBe('main')
})

test('the focus is always seen', async () => {
  const page = await openScreen('story, closed')
  const unseen: string[] = []
  await page.keyboard.press('Tab')
  while (!(await page.evaluate(() => document.activeElement === document.body))) {
    const seen = await page.evaluate(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement!)
      const { top, bottom } = document.activeElement!.getBoundingClientRect()
      return (
        outlineStyle === 'solid' && Number.parseFloat(outlineWidth) >= 2 && top < innerHeight && bottom > 0
      )
    })
    if (!seen) unseen.push(await page.evaluate(() => document.activeElement!.outerHTML))
    await page.keyboard.press('Tab')
  }
  expect(unseen).toEqual([])
})
