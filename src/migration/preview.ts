/** An import in words, for a terminal. What stands in a file is shown without the characters that a terminal obeys. */
import { stripHidden } from '../language/text.ts'
import type { PageReport } from './page-plan.ts'
import type { LabelledLine } from './plain-page.ts'
import type { UndoReport } from './undo.ts'

/** On one line, without control characters. */
export const plainLine = (text: string): string => stripHidden(text).replace(/\s+/g, ' ').trim()

/** Columns for the text, however long the reasons beside it are. */
const NARROWEST_TEXT = 24

/** The lines of a file, one a row: number, label, text, why. Texts are cut so that a row fits `width` columns. */
export function drawLines(lines: LabelledLine[], width: number): string {
  const rows = lines.map(({ line, label, text, why }) => ({
    number: `${line}`,
    label,
    text,
    why: plainLine(why),
  }))
  const digits = Math.max(4, rows.at(-1)?.number.length ?? 0)
  const longestWhy = rows.reduce((longest, { why }) => Math.max(longest, why.length), 0)
  const columns = Math.max(NARROWEST_TEXT, width - digits - longestWhy - 12)
  const draw = (number: string, label: string, text: string, why: string) =>
    `${number.padStart(digits)}  ${label.padEnd(6)}  ${fitColumns(text, columns)}  ${why}`
  return [
    draw('line', 'label', 'text', 'why'),
    ...rows.map(({ number, label, text, why }) => draw(number, label, plainLine(text), why)),
  ].join('\n')
}

/** A terminal gives these two columns each. */
const wide =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303e\uff01-\uff60]|\p{Emoji_Presentation}/u

/** Filled up to so many columns, or cut with "…". */
function fitColumns(text: string, columns: number): string {
  const head = [...new Intl.Segmenter().segment(text.slice(0, columns * 8))].map(({ segment }) => segment)
  let used = 0
  let fits = ''
  for (const [n, grapheme] of head.entries()) {
    const size = wide.test(grapheme) ? 2 : 1
    const isLast = n === head.length - 1
    if (used + size > columns - (isLast ? 0 : 1)) return `${fits}…${' '.repeat(columns - used - 1)}`
    fits += grapheme
    used += size
  }
  return fits + ' '.repeat(columns - used)
}

/** What was read and found, what was left out and why, and what has come of it. */
export function describeImport(report: PageReport): string {
  const { read, kept, held, skipped, merged } = report
  const credit = report.credit === null ? [] : [`credit ${plainLine(report.credit)}`]
  const found = [
    count(report.paragraphs, 'paragraph'),
    ...credit,
    count(report.people, 'person', 'people'),
    `${count(report.commentParagraphs, 'comment paragraph')} in ${count(report.comments, 'comment')}`,
    count(report.links, 'link'),
  ]
  return [
    `${count(read, 'line')} read: ${kept} kept, ${held} held, ${skipped} skipped, ${merged} merged`,
    ...report.reasons.map(
      ({ reason, count, where }) => `  ${count} not kept: ${plainLine(reason)} (${where})`,
    ),
    `found: ${found.join(', ')}`,
    `not known: ${report.unknown.join(', ')}`,
    describeOutcome(report),
  ].join('\n')
}

function describeOutcome({ dryRun, kept, batch, stories }: PageReport): string {
  if (dryRun) return 'dry run: nothing was imported'
  if (kept === 0) return `nothing added: batch ${batch} has it already`
  return `imported story ${stories.join(', ')}; to take it back: detente import undo ${batch}`
}

export function describeUndo(report: UndoReport): string {
  if (report.already)
    return `batch ${report.batch} was undone on ${report.undone.slice(0, 10)}: nothing to do`
  const people = count(report.people, 'person', 'people')
  return [
    `batch ${report.batch} is undone: ${count(report.stories, 'story', 'stories')}, ${count(report.comments, 'comment')} and ${people} are gone`,
    ...report.stayed.map(({ name, reason }) => `  ${plainLine(name)} stays: ${reason}`),
  ].join('\n')
}

const count = (number: number, one: string, many = `${one}s`): string =>
  `${number} ${number === 1 ? one : many}`
