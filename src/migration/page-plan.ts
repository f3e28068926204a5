/** What a copied page becomes here, decided before anything is written: a dry run shows it, an import writes it. */
import { createHash } from 'node:crypto'
import { prepareText } from '../discussion/actions.ts'
import { readText } from '../discussion/comment.ts'
import { detectLanguage } from '../language/detect.ts'
import { cleanText } from '../language/text.ts'
import { isProblem, problems } from '../problem.ts'
import { normaliseAddress } from '../stories/address.ts'
import { LONGEST_PARAGRAPH, MOST_PARAGRAPHS } from '../stories/input.ts'
import type { StoryFields } from '../stories/store.ts'
import type { LabelledLine, PageRefusal, PlainPage } from './plain-page.ts'
import { gatherReasons, type ImportReport } from './report.ts'

/** What the page's text does not tell and a person may; null is unknown. `url` is http(s). */
export type PageFacts = { url: string | null; title: string | null; published: Date | null }

/** `line` is that of the reader's name. */
type PlannedComment = { line: number; name: string } & ReturnType<typeof prepareText>

type Paragraph = PlainPage['paragraphs'][number]

/** What was found on the page, and what stays unknown since the page has it not. */
export type PageReport = ImportReport & {
  file: string
  paragraphs: number
  credit: string | null
  people: number
  comments: number
  commentParagraphs: number
  links: number
  unknown: string[]
}

export type PagePlan = {
  /** The same for the same text, whatever its line breaks, blank lines, labels or file name. */
  source: string
  fields: StoryFields
  paragraphs: string[]
  /** Each name once. */
  people: string[]
  comments: PlannedComment[]
  /** As the page has them, but what can't be kept is labelled `skip` and says why. */
  lines: LabelledLine[]
  /** That of a dry run. */
  report: PageReport
}

/** @param file its name, for the report
 *  @returns the plan, or why the story can't be kept; a comment that can't be is left out of it and told */
export function planPage(page: PlainPage, file: string, facts: PageFacts): PagePlan | PageRefusal {
  const cleaned = page.paragraphs.map(({ line, text }) => ({ line, text: cleanLine(text) }))
  const refusal = refuseStory(cleaned)
  if (refusal) return refusal
  const paragraphs = cleaned.filter(({ text }) => text !== '').map(({ text }) => text)
  const { comments, refused } = planComments(page)
  const lines = markSkipped(page.lines, cleaned, refused)
  const fields = composeFields(paragraphs, page.credit, facts)
  const people = [...new Set(comments.map(({ name }) => name))]
  const kept = page.comments.filter(({ line }) => !refused.has(line))
  return {
    source: `sha256:${hashPage(page)}`,
    fields,
    paragraphs,
    people,
    comments,
    lines,
    report: {
      batch: null,
      dryRun: true,
      ...countLines(lines),
      stories: [],
      file,
      paragraphs: paragraphs.length,
      credit: fields.credit,
      people: people.length,
      comments: comments.length,
      commentParagraphs: kept.reduce((sum, comment) => sum + comment.paragraphs, 0),
      links: kept.reduce((sum, comment) => sum + comment.links.length, 0),
      unknown: listUnknown(fields),
    },
  }
}

function composeFields(paragraphs: string[], credit: string | null, facts: PageFacts): StoryFields {
  return {
    external: null,
    address: facts.url === null ? null : (normaliseAddress(facts.url) ?? null),
    url: facts.url,
    section: null,
    language: detectLanguage(paragraphs.join('\n')),
    title: facts.title === null ? null : cleanLine(facts.title) || null,
    byline: null,
    credit: credit === null ? null : cleanLine(credit) || null,
    publishedAt: facts.published,
  }
}

/** On one line, fit to keep; '' when nothing of it can be seen. A file that was read as UTF-8 has nothing in it that
 *  is refused. */
function cleanLine(text: string): string {
  const cleaned = cleanText(text)
  return 'text' in cleaned ? cleaned.text.replace(/\s+/g, ' ').trim() : ''
}

function refuseStory(paragraphs: Paragraph[]): PageRefusal | undefined {
  const long = paragraphs.find(({ text }) => text.length > LONGEST_PARAGRAPH)
  if (long) {
    const message = `a paragraph of ${long.text.length} characters; a story's have at most ${LONGEST_PARAGRAPH}`
    return { message, line: long.line, column: 1 }
  }
  const [first] = paragraphs
  if (first && paragraphs.every(({ text }) => text === ''))
    return { message: 'nothing of the story can be seen', line: first.line, column: 1 }
  const beyond = paragraphs[MOST_PARAGRAPHS]
  if (!beyond) return undefined
  const message = `a story of more than ${MOST_PARAGRAPHS} paragraphs; where its comments begin, --label LINE=name can say`
  return { message, line: beyond.line, column: 1 }
}

/** Every comment as it will be kept; and by the line of its name, why one can't be. */
function planComments(page: PlainPage): { comments: PlannedComment[]; refused: Map<number, string> } {
  const refused = new Map<number, string>()
  const comments = page.comments.flatMap(({ name, line, text }) => {
    const read = readText(text)
    if (!isProblem(read)) return [{ line, name, ...prepareText(read.text) }]
    refused.set(line, problems[read.problem].title)
    return []
  })
  return { comments, refused }
}

/** A refused comment takes its name and all its paragraphs along. */
function markSkipped(
  lines: LabelledLine[],
  paragraphs: Paragraph[],
  refused: Map<number, string>,
): LabelledLine[] {
  const unseen = new Set(paragraphs.filter(({ text }) => text === '').map(({ line }) => line))
  let refusal: string | undefined
  return lines.map((line) => {
    if (line.label === 'name') refusal = refused.get(line.line)
    if (unseen.has(line.line)) return { ...line, label: 'skip', why: 'nothing of it can be seen' }
    const ofComment = line.label === 'name' || line.label === 'body'
    return ofComment && refusal !== undefined ? { ...line, label: 'skip', why: refusal } : line
  })
}

function countLines(lines: LabelledLine[]) {
  const skipped = lines.filter(({ label }) => label === 'skip')
  return {
    unit: 'lines',
    read: lines.length,
    kept: lines.length - skipped.length,
    held: 0,
    skipped: skipped.length,
    merged: 0,
    reasons: gatherReasons(skipped.map(({ line, why }) => ({ line, reason: why }))),
  }
}

/** A page never has the last two. */
function listUnknown({ title, byline, credit, publishedAt, url }: StoryFields): string[] {
  const facts = { headline: title, byline, credit, date: publishedAt, address: url }
  const unknown = Object.entries(facts).filter(([, value]) => value === null)
  return [...unknown.map(([name]) => name), 'times of comments', 'votes']
}

/** The lines that are not blank, without the blanks at their ends: what an editor or a copy changes does not count. */
const hashPage = (page: PlainPage): string =>
  createHash('sha256')
    .update(page.lines.map(({ text }) => text.normalize('NFC')).join('\n'))
    .digest('hex')
