/** A copied page of an invented newspaper, and what the importer plans to make of such pages. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type PageFacts, type PagePlan, planPage } from '../../src/migration/page-plan.ts'
import { parseLabels, parsePlainPage } from '../../src/migration/plain-page.ts'

export const copiedPage = [
  'Ministers of Norrland and Sundmark met on Thursday over the ferry that has not sailed since spring.',
  'Sundmark says the harbour dues were agreed in writing. Norrland says they were not.',
  'Both sides will meet again after the herring season.© NORDSUND',
  'Tove B. Lind',
  'My aunt has not seen her sister since April.',
  'Who is counting that?',
  'harbour_rat7',
  'The dues are public: https://dues.sundmark.example/tariff (page 4).',
  'https://norrland.example/treaty?article=9',
  'No treaty has been broken here.',
  'Tove B. Lind',
  'Article 9 says *otherwise*.',
]

const nothingKnown: PageFacts = { url: null, title: null, published: null }

/** @throws when the page is none, or can't be kept */
export function planOf(
  lines: string[],
  { labels = '', file = 'page.txt', ...facts }: Partial<PageFacts> & { labels?: string; file?: string } = {},
): PagePlan {
  const told = labels === '' ? new Map() : parseLabels(labels)
  if ('message' in told) throw new Error(told.message)
  const page = parsePlainPage(lines, told)
  if ('message' in page) throw new Error(page.message)
  const plan = planPage(page, file, { ...nothingKnown, ...facts })
  if ('message' in plan) throw new Error(`${plan.line}: ${plan.message}`)
  return plan
}

/** A page that was copied from a real newspaper; it is only where the whole workspace is. */
export const realPage = fileURLToPath(new URL('../../../shared/data/story-page.txt', import.meta.url))
export const hasRealPage = existsSync(realPage)
