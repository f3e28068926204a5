/**
 * Where sentences end, in the scripts whose sentences have an end mark.
 *
 * Rules of our own rather than Intl.Segmenter's (UAX 29), which puts an opening 「 at the end of the sentence
 * before it, ends one inside 「…。」と述べた and at "Mr.", and breaks between a Korean quotation and its particle.
 * A line break always ends a sentence. Thai marks no sentence ends and is left by the paragraph.
 */

export interface Sentence {
  /** Trimmed. */
  text: string
  /** Index of its first character in the text that was split, in UTF-16 code units. */
  start: number
}

/** End marks with the quotation marks and brackets that close behind them. */
const ENDS = /[.!?…。．｡！？؟۔।॥։።။។]+[\p{Pe}\p{Pf}"']*/gu
/** End marks that need no space behind them. */
const WIDE = /[。．｡！？]/
const WIDE_LETTER = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Ps}\p{Pi}]/u
/** After a quotation these carry the sentence on, as "he said" does. */
const QUOTE_GOES_ON = /^(?:と|って|など)/
const OPENING = /[「『（【《〈]/
const CLOSING = /[」』）】》〉]/

/** Words whose full stop is part of them. Lower case, without it. */
const ABBREVIATIONS = new Set(
  (
    'mr mrs ms mx dr prof st gen col maj lt sgt capt cmdr adm sen rep gov hon rev pres supt vs cf ca approx ' +
    'e.g i.e z.b d.h u.a bzw ggf hr fr nr mme mlle sr sra dña d ing avv dott sig tov ul św'
  ).split(' '),
)
/** Abbreviations only when a number follows: "No. 4", but not "No. I disagree." */
const BEFORE_NUMBERS = new Set('no nos nr núm p pp vol art fig sec ch §'.split(' '))
/** After "U.S." these begin a new sentence rather than go on with a title. */
const STARTERS = new Set(
  'the they he she it we i you but and in this that these there if when what so'.split(' '),
)
/** Languages that write "3." for "third". */
const ORDINAL_STOP = new Set('de da no nb nn fi et lv cs sk sl hr sr bs hu pl tr is eu'.split(' '))

/**
 * The sentences of a text, in order, blanks between them left out.
 * @param language BCP 47 tag, or null when unknown
 */
export function splitSentences(text: string, language: string | null): Sentence[] {
  const sentences: Sentence[] = []
  const ordinals = ORDINAL_STOP.has(language?.split('-')[0] ?? '')
  let offset = 0
  for (const line of text.split('\n')) {
    let start = 0
    for (const end of findEnds(line, ordinals)) {
      pushSentence(sentences, line, offset, start, end)
      start = end
    }
    pushSentence(sentences, line, offset, start, line.length)
    offset += line.length + 1
  }
  return sentences
}

/** The text's first sentence, or '' when the text is blank. */
export function firstSentence(text: string, language: string | null): string {
  return splitSentences(text, language)[0]?.text ?? ''
}

function pushSentence(to: Sentence[], line: string, offset: number, start: number, end: number) {
  const raw = line.slice(start, end)
  const text = raw.trim()
  if (text) to.push({ text, start: offset + start + raw.length - raw.trimStart().length })
}

function findEnds(line: string, ordinals: boolean): number[] {
  const ends: number[] = []
  const lastClosing = lastIndexMatching(line, CLOSING)
  let depth = 0
  let seen = 0
  for (const match of line.matchAll(ENDS)) {
    const end = match.index + match[0].length
    depth = countOpen(line, seen, end, depth)
    seen = end
    // A sentence within a quotation ends no sentence, unless somebody forgot to close it.
    if (depth > 0 && end <= lastClosing) continue
    if (endsSentence(line, match.index, match[0], ordinals)) ends.push(end)
  }
  return ends
}

function endsSentence(line: string, index: number, mark: string, ordinals: boolean): boolean {
  const rest = line.slice(index + mark.length, index + mark.length + 40)
  if (rest === '') return true
  if (WIDE.test(mark)) {
    if (/^．+$/.test(mark) && /^\d/.test(rest.normalize('NFKC'))) return false
    return !(CLOSING.test(mark.at(-1)!) && QUOTE_GOES_ON.test(rest))
  }
  if (!/^\s/.test(rest)) return /^[!?…]/.test(mark) && WIDE_LETTER.test(rest)
  const next = rest.trimStart()
  // "…over?" he asked. · Yes... maybe.
  if (/^[\p{P}\p{S}]*\p{Ll}/u.test(next)) return false
  return (
    !/^\.\p{P}*$/u.test(mark) || !endsAbbreviation(line.slice(Math.max(0, index - 20), index), next, ordinals)
  )
}

/** Is the full stop after `before` part of its last word? */
function endsAbbreviation(before: string, next: string, ordinals: boolean): boolean {
  const word = /[\p{L}\p{M}\p{N}.§]+$/u.exec(before)?.[0].toLowerCase()
  if (!word) return false
  if (ABBREVIATIONS.has(word)) return true
  if (BEFORE_NUMBERS.has(word)) return /^\p{N}/u.test(next)
  if (/^\p{N}{1,2}$/u.test(word)) return ordinals && /^\p{L}/u.test(next)
  if (/^\p{L}$/u.test(word)) return word !== 'i' && /^\p{Lu}/u.test(next)
  const dotted = /^(?:\p{L}\.)+\p{L}$/u.test(word) && !/^[ap]\.m$/.test(word)
  return dotted && !STARTERS.has(/^\p{L}*/u.exec(next)![0].toLowerCase())
}

function countOpen(line: string, from: number, to: number, depth: number): number {
  let open = depth
  for (let i = from; i < to; i++) {
    const character = line[i]!
    if (OPENING.test(character)) open++
    else if (open > 0 && CLOSING.test(character)) open--
  }
  return open
}

function lastIndexMatching(line: string, pattern: RegExp): number {
  for (let i = line.length - 1; i >= 0; i--) if (pattern.test(line[i]!)) return i
  return -1
}
