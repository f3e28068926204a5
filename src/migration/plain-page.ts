// A story page that was copied or scraped as text: the story's paragraphs, an agency's credit (often glued to
// the last sentence), then a name line and the paragraphs of that reader's comment, again and again.
//
// Nothing in such a text marks a name but its look, so every line is labelled and says why; a person can
// put a label right. To lay one reader's words into another's mouth is the worst that can happen here: where
// lines can be read in two ways the page is refused with the labels that settle it, rather than guessed.
// Headline, byline, dates and votes are not told apart from other lines and stay unknown.

import { canonicalHref, findAddressEnd } from '../language/links.ts'
import { cleanName, NAME_MAX_GRAPHEMES } from '../language/names.ts'
import type { FileRefusal } from './text-file.ts'

const lineLabels = ['story', 'credit', 'name', 'body', 'skip'] as const
export type LineLabel = (typeof lineLabels)[number]

/** A line that is not blank. `line` from 1 as in the file; `text` without the blanks at its ends. */
export type LabelledLine = { line: number; label: LineLabel; text: string; why: string }

export type PlainPage = {
  paragraphs: { line: number; text: string }[]
  /** As printed, sign included ("© KYODO"); several stand on lines of their own. Null: none was found. */
  credit: string | null
  /** `line`: the name's. `text`: its paragraphs with a blank line between. `links`: http(s), as typed, once each. */
  comments: { name: string; line: number; text: string; paragraphs: number; links: string[] }[]
  /** Each name once, in order of appearance. */
  people: string[]
  /** Every line that is not blank, once, in order. A credit glued to a paragraph is told in its `why`. */
  lines: LabelledLine[]
}

/** Why the text is no story page; `line` and `column` from 1, where there is a place to look at. */
export type PageRefusal = FileRefusal

/** A line that is not blank, with what its reader said of it (`told`) and the credit that it ends in. */
type Entry = {
  line: number
  column: number
  text: string
  told: LineLabel | undefined
  ending: Ending | undefined
}
/** `before` is empty when the whole line is the credit. */
type Ending = { before: string; credit: string }

type Mark = { entry: Entry; label: LineLabel; why: string; split: boolean }
type Comment = { name: string; entry: Entry; mark: Mark; bodies: string[] }

// ---- Labels

/** Reads "13=name,14=body". Blanks and upper case don't matter.
 *  @returns line (from 1) → label; whether the page has such a line is for `parsePlainPage` to say */
export function parseLabels(text: string): Map<number, LineLabel> | PageRefusal {
  const labels = new Map<number, LineLabel>()
  for (const part of text.split(',')) {
    const [number = '', word = '', ...rest] = part.split('=').map((side) => side.trim())
    if (number === '' || word === '' || rest.length > 0) {
      return { message: `"${part.trim()}" is no label; write LINE=LABEL, for example 13=name,14=body` }
    }
    if (!/^[1-9][0-9]{0,8}$/.test(number)) {
      return { message: `"${number}" in "${part.trim()}" is no line number; lines are counted from 1` }
    }
    const label = lineLabels.find((known) => known === word.toLowerCase())
    if (!label) return { message: `unknown label "${word}" for line ${number}; it can be ${listLabels}` }
    const line = Number(number)
    const other = labels.get(line) ?? label
    if (other !== label) return { message: `line ${line} is labelled both ${other} and ${label}` }
    labels.set(line, label)
  }
  return labels
}

const listLabels = `${lineLabels.slice(0, -1).join(', ')} or ${lineLabels.at(-1)}`

// ---- The page

/** What is story, credit, name and comment in the lines of a copied page.
 *  @param labels line (from 1) → what a person says it is; goes before every rule
 *  @returns the page, or why it is none and what to do; no text is ever left out of `lines` */
export function parsePlainPage(lines: string[], labels: Map<number, LineLabel>): PlainPage | PageRefusal {
  const entries = readEntries(lines, labels)
  const refusal = refuseLabels(entries, lines.length, labels) ?? refuseFormat(entries)
  if (refusal) return refusal
  const end = findStoryEnd(entries)
  if ('message' in end) return end
  return assemblePage(markLines(entries, end))
}

/** Blanks of every kind (NBSP, ideographic space, byte order mark) go, at the ends only. */
function readEntries(lines: string[], labels: Map<number, LineLabel>): Entry[] {
  return lines.flatMap((raw, i) => {
    const text = raw.trim()
    if (/^\p{Cf}*$/u.test(text)) return []
    const column = raw.length - raw.trimStart().length + 1
    return { line: i + 1, column, text, told: labels.get(i + 1), ending: findCredit(text) }
  })
}

function refuseLabels(
  entries: Entry[],
  count: number,
  labels: Map<number, LineLabel>,
): PageRefusal | undefined {
  const present = new Set(entries.map((entry) => entry.line))
  for (const [line, label] of labels) {
    if (line > count) return { message: `no line ${line} to label ${label}: the last is ${count}` }
    if (!present.has(line)) return { message: `blank: nothing to label ${label}`, line, column: 1 }
  }
  return undefined
}

/** Columns count blanks only, so code units are characters. */
const refuseAt = ({ line, column }: Entry, message: string): PageRefusal => ({ message, line, column })

// ---- Files that are no copied page

const copyInstead = 'open the page in a browser, copy the story and its comments, and save them as plain text'

function refuseFormat(entries: Entry[]): PageRefusal | undefined {
  const first = entries[0]
  if (!first) return { message: 'empty (nothing but blank space)', line: 1, column: 1 }
  const head = entries.slice(0, 20).map((entry) => entry.text)
  const format = nameFormat(head, head.join('\n').slice(0, 2000))
  return format ? refuseAt(first, `this is ${format}, not the text of a page: ${copyInstead}`) : undefined
}

function nameFormat(lines: string[], start: string): string | undefined {
  if (start.startsWith('{\\rtf')) return 'RTF'
  const tagged = lines.filter((line) => /^<(?:[?!]|\/?[a-z][^<>]*>?)/i.test(line)).length
  if (tagged * 2 > lines.length || /^<(?:\?xml|!--|!doctype|html|[a-z][^<>]*=["'])/i.test(start)) {
    return /<(?:!doctype html|html|body|div|p|span|script)[\s>]/i.test(start) ? 'HTML' : 'XML'
  }
  if (/^(?:\{\s*(?:"(?:[^"\\]|\\.)*"\s*:|\}$)|\[\s*(?:[[{"]|\]$))/.test(start)) return 'JSON'
  return [',', ';', '\t'].some((separator) => isTable(lines, separator)) ? 'a table (CSV)' : undefined
}

const cellName = /^"?[\p{L}_][\p{L}\p{N}_.-]{0,29}(?: [\p{L}\p{N}_.-]{1,29})?"?$/u

/** A head of three or more plain words, and the same number of cells in every row that follows. */
function isTable([head = '', ...rows]: string[], separator: string): boolean {
  const cells = head.split(separator)
  if (cells.length < 3 || rows.length < 2) return false
  if (!cells.every((cell) => cellName.test(cell.trim()))) return false
  return rows.every((row) => row.replace(/"[^"]*"/g, '').split(separator).length === cells.length)
}

// ---- Credits

const sign = String.raw`(?:(?:Copyright|COPYRIGHT)\s{0,3})?(?:[©ⓒⒸ]|\([cC]\)(?=\s?(?:\d{4}|\p{Lu})))`
const signAnywhere = new RegExp(sign, 'gu')
const signFirst = new RegExp(`^(?:${sign}|(?:Copyright|COPYRIGHT)\\s\\d{4})`, 'u')

/** In UTF-16 code units. Rights lines run to a sentence or two ("… may not be published, broadcast, …"). */
const longestRights = 400
const longestGlued = 120

/** "(AFP)", "[AP]", "— Reuters", at the end of a line. */
const bracketed =
  /(?:\([^()]{2,40}\)|\[[^[\]]{2,40}\]|(?<![^\s\p{Term}"”’»])[—–―-]{1,2}\s?[^\s—–―-][^—–―]{1,39})$/u

/** The names under which wire stories most often come, and what else calls itself an agency. */
const agency = new RegExp(
  `^(?:The )?(?:${[
    'AFP|ANI|ANSA|AP|APA|Agence France-Presse|Associated Press|Bloomberg|dpa|EFE|Interfax|Jiji|Kyodo|NTB|PTI',
    '(?:Thomson )?Reuters|RIA Novosti|TASS|TT|UPI|United Press International|Xinhua|Yonhap',
    '共同(?:通信)?|時事(?:通信)?|ロイター|연합뉴스|뉴시스|뉴스1|新华社|新華社|رويترز|وكالات|\\p{Lu}{2,6}',
    '(?:\\p{Lu}[\\p{L}\\p{M}-]* ){1,3}(?:News|Press|Agency|Newswire|Wire)',
  ].join('|')})(?: (?:News|Press|Agency|News Agency|Newswire))?$`,
  'u',
)

function findCredit(text: string): Ending | undefined {
  if (isSigned(text)) return text.length > longestRights ? undefined : { before: '', credit: text }
  // The first sign near the line's end, and what follows it.
  const tail = Math.max(0, text.length - longestGlued)
  const found = [...text.slice(tail).matchAll(signAnywhere)].map(({ index }) => text.slice(tail + index))
  const credit = found.find(isSigned)
  if (credit === undefined) return findBracketed(text)
  return { before: text.slice(0, text.length - credit.length).trimEnd(), credit }
}

const isSigned = (text: string) => signFirst.test(text) && /[\p{L}\p{N}]/u.test(text.replace(signFirst, ''))

/** An agency in brackets or behind a dash: alone on its line, or behind a sentence that has ended. */
function findBracketed(text: string): Ending | undefined {
  const tail = text.slice(-60)
  const found = bracketed.exec(tail)?.[0]
  if (found === undefined) return undefined
  const words = found.replace(/^[([\s—–―-]+|[)\]\s]+$/gu, '')
  if (!words.split(/\s?[/,&+]\s?|\sand\s/).every((word) => agency.test(word))) return undefined
  const before = text.slice(0, text.length - found.length).trimEnd()
  return before === '' || endsSentence(before) ? { before, credit: found } : undefined
}

const isCreditAlone = ({ told, ending }: Entry) =>
  told === 'credit' || (told === undefined && ending?.before === '')

// ---- Names

/** Marks that end a sentence or a part of one in any script, behind them closing quotes and brackets. */
const endsSentence = (text: string) => /[\p{Term}…][\p{Pe}\p{Pf}"'’\s]*$/u.test(text.slice(-20))

/** "Maria K." is a name; so is "Olav Dahl Jr." */
const endsInInitial = /^(?:\p{Lu}[\p{L}\p{M}'’.-]*\s+){1,3}(?:\p{Lu}|Jr|Sr)\.$/u
const address = /(?:https?:\/\/|www\.)\S|^[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+\//iu

/** Why the line can't be a reader's name, or undefined when it looks like one. */
function refuseName({ text, ending }: Entry): string | undefined {
  if (address.test(text)) return 'a link'
  if (ending) return 'looks like a credit, not a name'
  if (/^[\p{Ps}\p{Pi}"'>•·*—–-]/u.test(text)) return 'begins like a quotation or an item of a list'
  if (endsSentence(text) && !endsInInitial.test(text)) return 'ends with closing punctuation'
  return text.split(/\s+/, 5).length > 4 ? 'more than four words' : readName(text).unfit
}

/** The name as it is shown, or why no account can bear it. */
function readName(text: string): { name: string; unfit?: undefined } | { name?: undefined; unfit: string } {
  const cleaned = cleanName(text)
  if ('name' in cleaned) return cleaned
  if (cleaned.refused === 'too-long') return { unfit: `longer than ${NAME_MAX_GRAPHEMES} characters` }
  return { unfit: cleaned.refused === 'no-letter' ? 'no letter or digit' : 'characters that no name has' }
}

const isName = (entry: Entry) => (entry.told ? entry.told === 'name' : refuseName(entry) === undefined)

// ---- Where the story ends

/** `first`: index of the first name; `credits`: the entries that hold the credit before it. */
type StoryEnd = { first: number; credits: Set<Entry> }
/** A credit behind which no name stands. */
type LooseCredit = { credit: Entry; next: Entry | undefined }

/** The story ends at the first credit that a name follows, or before the first line labelled a name. A credit
 *  that more story follows is a picture's; but where what follows may hold a name it may be comments. */
function findStoryEnd(entries: Entry[]): StoryEnd | PageRefusal {
  const told = entries.findIndex((entry) => entry.told === 'name')
  const limit = told < 0 ? entries.length : told
  let storyBefore = false
  let loose: LooseCredit | undefined
  for (let i = 0; i < limit; i++) {
    const entry = entries[i]!
    if (loose && told < 0 && isName(entry)) break
    if (!canEndStory(entry) || !(storyBefore || entry.ending?.before)) {
      storyBefore ||= entry.told === undefined || entry.told === 'story'
      continue
    }
    let next = i + 1
    while (next < entries.length && (entries[next]!.told === 'skip' || isCreditAlone(entries[next]!))) next++
    if (next < entries.length && isName(entries[next]!)) {
      return { first: next, credits: new Set(entries.slice(i, next).filter(canEndStory)) }
    }
    loose = { credit: entry, next: entries[next] }
    storyBefore = true
    i = next - 1
  }
  return told < 0 ? refuseEnd(entries, loose) : { first: told, credits: new Set() }
}

const canEndStory = ({ told, ending }: Entry) =>
  told === 'credit' ||
  (ending !== undefined && (told === undefined || (told === 'story' && ending.before !== '')))

/** The page leaves open where its comments begin: says what was looked for, and the label that settles it. */
function refuseEnd(entries: Entry[], loose: LooseCredit | undefined): PageRefusal {
  const label = `give --label N=name, N being the line of the first reader's name${suggestName(entries)}`
  if (!loose) return refuseAt(entries.at(-1)!, `${noCredit}; ${label}`)
  const { credit, next } = loose
  if (!next)
    return refuseAt(credit, `the page ends at this credit, no comment follows; if it has any, ${label}`)
  const reason = next.told ? `labelled ${next.told}` : refuseName(next)
  const skip = `if this line is neither story nor comment, give --label ${next.line}=skip`
  return refuseAt(next, `no name (${reason}) after the credit in line ${credit.line}; ${skip}, else ${label}`)
}

const noCredit = 'no agency credit (such as "© AP" or "(AFP)") shows where story ends and comments begin'

function suggestName(entries: Entry[]): string {
  const found = entries.find((entry, i) => {
    const next = entries[i + 1]
    return i > 0 && isName(entry) && next !== undefined && !isName(next)
  })
  return found ? ` (perhaps line ${found.line}, ${quote(found.text)})` : ''
}

const quote = (text: string) =>
  `"${text.length > 60 ? `${[...text.slice(0, 60)].slice(0, 40).join('')}…` : text}"`

// ---- Labelling

function markLines(entries: Entry[], { first, credits }: StoryEnd): Mark[] {
  const inside = entries.findLastIndex(({ told, text }) => told !== undefined || !isSigned(text))
  const footer = Math.max(first, inside) + 1
  const turn = credits.size > 0 ? 'the credit' : 'the first name'
  return entries.map((entry, i) => {
    const { told, ending } = entry
    const holdsCredit = told === 'credit' || credits.has(entry)
    if (holdsCredit && ending?.before) {
      const where = told ? `labelled ${told}` : 'before the credit'
      const why = `${where}; ${quote(ending.credit)} at its end is the credit`
      return { entry, label: 'story', why, split: true }
    }
    const mark = (label: LineLabel, why: string) => ({ entry, label, why, split: false })
    if (told) return mark(told, 'labelled by hand')
    if (i >= footer) return mark('skip', 'rights line at the foot of the page')
    if (holdsCredit) return mark('credit', 'agency credit on a line of its own')
    if (i < first) {
      const kept = ending ? `; ${quote(ending.credit)} stays in it, as the story goes on` : ''
      return mark('story', `before ${turn}${kept}`)
    }
    const refused = refuseName(entry)
    if (refused) return mark('body', refused)
    return mark('name', `short line after ${turn} without closing punctuation`)
  })
}

// ---- Putting the page together

function assemblePage(marks: Mark[]): PlainPage | PageRefusal {
  const paragraphs: PlainPage['paragraphs'] = []
  const credits: string[] = []
  const comments: Comment[] = []
  for (const mark of marks) {
    const { entry, label, split } = mark
    if (split) credits.push(entry.ending!.credit)
    if (label === 'story')
      paragraphs.push({ line: entry.line, text: split ? entry.ending!.before : entry.text })
    if (label === 'credit') credits.push(entry.text)
    if (label === 'name') {
      const { name, unfit } = readName(entry.text)
      if (name === undefined) return refuseAt(entry, `${quote(entry.text)} can't be a name: ${unfit}`)
      comments.push({ name, entry, mark, bodies: [] })
    }
    if (label === 'body') {
      const comment = comments.at(-1)
      if (!comment) return refuseAt(entry, 'labelled body, but no name stands before it')
      comment.bodies.push(entry.text)
    }
  }
  if (paragraphs.length === 0) return refuseAt(marks[0]!.entry, noStory)
  const refusal = refuseWordless(comments)
  if (refusal) return refusal
  tellRepeats(comments)
  return {
    paragraphs,
    credit: credits.length > 0 ? credits.join('\n') : null,
    comments: comments.map(({ name, entry, bodies }) => ({
      name,
      line: entry.line,
      text: bodies.join('\n\n'),
      paragraphs: bodies.length,
      links: [...new Set(bodies.flatMap(findLinks))],
    })),
    people: [...new Set(comments.map(({ name }) => name))],
    lines: marks.map(({ entry: { line, text }, label, why }) => ({ line, label, text, why })),
  }
}

const noStory = 'no line before the first name is left as story; label one, as in --label 1=story'

/** A name without a text is a comment of one short line, a button, a date, or really a name: only a person
 *  can tell. */
function refuseWordless(comments: Comment[]): PageRefusal | undefined {
  const at = comments.findIndex(({ bodies }) => bodies.length === 0)
  if (at < 0) return undefined
  const { entry } = comments[at]!
  const next = comments[at + 1]?.entry
  const choice = next
    ? `if line ${next.line}, ${quote(next.text)}, is that reader's comment, give --label ${next.line}=body`
    : `if it belongs to the comment before it, give --label ${entry.line}=body`
  const others = comments.slice(at + 1).filter(({ bodies }) => bodies.length === 0)
  const places = others.slice(0, 20).map((other) => other.entry.line)
  const also = places.length > 0 ? ` (likewise line ${places.join(', ')})` : ''
  const skip = `if it is no name, ${entry.line}=skip`
  return refuseAt(entry, `${quote(entry.text)} looks like a name without a text; ${choice}; ${skip}${also}`)
}

/** The same words twice under one name may be the page's doing or the reader's: both are kept, and told. */
function tellRepeats(comments: Comment[]): void {
  const seen = new Map<string, number>()
  for (const { name, mark, bodies } of comments) {
    const key = [name, ...bodies].join('\n')
    const earlier = seen.get(key)
    if (earlier) mark.why += `; the same comment stands at line ${earlier}`
    else seen.set(key, mark.entry.line)
  }
}

function findLinks(text: string): string[] {
  const links: string[] = []
  const scheme = /(?<![a-z0-9])https?:\/\//gi
  for (let found = scheme.exec(text); found; found = scheme.exec(text)) {
    const start = scheme.lastIndex
    // On from the address's end, so that each character is looked at once.
    scheme.lastIndex = findAddressEnd(text, start, Math.min(text.length, start + 2048))
    const link = text.slice(found.index, scheme.lastIndex)
    if (canonicalHref(link) !== '') links.push(link)
  }
  return links
}
