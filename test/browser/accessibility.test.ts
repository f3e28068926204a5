import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Newspaper, startNewspaper } from './newspaper.ts'
import { eventually } from './reader.ts'
import { openShowroom, type Showroom, screens, show } from './screens.ts'

let showroom: Showroom
let paper: Newspaper
beforeAll(async () => {
  paper = await startNewspaper()
  showroom = await openShowroom([paper.origin])
})
afterAll(async () => {
  await showroom?.close()
  await paper?.stop()
})

type Found = { violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }

const list = ({ violations }: Found): string[] =>
  violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
  )

/** WCAG 2.2, levels A and AA, and what is good practice besides. */
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** What axe finds wrong, a line each: by light everything, then in the dark the colours. */
async function findViolations(page: Page): Promise<string[]> {
  await page.emulateMedia({ colorScheme: 'light' })
  // Off by default, being new: the visible words are part of the name.
  const rules = { 'label-content-name-mismatch': { enabled: true } }
  const axe = new AxeBuilder({ page })
    .setLegacyMode(true)
    .options({ runOnly: tags, rules, resultTypes: ['violations'] })
  const byLight = list(await axe.analyze())
  await page.emulateMedia({ colorScheme: 'dark' })
  // The builder has left axe in the page, and would put it there again.
  const inDark = await page.evaluate(() => {
    const { axe } = window as unknown as { axe: { run: (options: object) => Promise<Found> } }
    return axe.run({ runOnly: ['color-contrast', 'link-in-text-block'] })
  })
  return [...byLight, ...list(inDark)]
}

test.each(screens)('nothing stands in anyone’s way, by light or in the dark: $name', async (screen) => {
  expect(await findViolations(await show(showroom, screen))).toEqual([])
})

const rightToLeft = [
  'story, premoderated',
  'exchange deep in a chain',
  'about a comment, for a reader',
  'my page',
  'sign-in, address refused',
  'desk, queue',
]

test.each(screens.filter(({ name }) => rightToLeft.includes(name)))(
  'nor from right to left: $name',
  async (screen) => {
    const page = await show(showroom, screen, 'ar')
    expect(await page.locator('html').getAttribute('dir')).toBe('rtl')
    expect(await findViolations(page)).toEqual([])
  },
)

test('nor while one writes: the keys, a reply, a preview, a refusal, something new', async () => {
  const page = await show(
    showroom,
    screens.find(({ name }) => name === 'story, for the author of a comment')!,
  )
  await page.locator('.reply').first().focus()
  await page.keyboard.press('?')
  await page.locator('dialog').waitFor()
  expect(await findViolations(page)).toEqual([])
  await page.keyboard.press('Escape')
  await page.locator('.reply').first().click()
  await page.locator('.branch .composer textarea').fill('Yes, **who**?')
  await page.locator('.branch .composer [name=preview]').click()
  await page.locator('.composer .preview').waitFor()
  await page
    .locator('#write .main')
    .evaluate((button: HTMLButtonElement) => button.form!.setAttribute('novalidate', ''))
  await page.locator('#write .main').click()
  await page.locator('#write [role=alert]').waitFor()
  await showroom.newsroom.comment(showroom.at.ferry.slice(3), 'Bo Harbour', 'Something new.')
  await page.locator('.news button').waitFor()
  expect(await findViolations(page)).toEqual([])
})

test.each([
  ['ready', () => `story="ferry" src="${showroom.newsroom.origin}"`],
  ['unknown', () => `story="nobody-knows-it" src="${showroom.newsroom.origin}"`],
  ['failed', () => 'story="ferry" src="http://127.0.0.1:9"'],
])('nor in a newsroom’s page, where the discussion is %s', async (state, attributes) => {
  paper.put(`/${state}`, {
    body: `<main><h1>The ferry</h1><detente-thread ${attributes()}><a href="/">Read and join</a></detente-thread></main>
      <script type="module" src="${showroom.newsroom.origin}/embed.js"></script>`,
  })
  const page = showroom.pages.reader
  await page.goto(`${paper.origin}/${state}`)
  await eventually(() => page.locator('detente-thread').getAttribute('data-state')).toBe(state)
  expect(await findViolations(page)).toEqual([])
})
