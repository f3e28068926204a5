/**
 * What any text written by a reader goes through before it is stored: well-formed, NFC, one kind of line
 * break, and nothing in it that cannot be seen, unless a script or an emoji needs it.
 *
 * Invisible characters are dropped because they disguise: a bidi override turns a sentence round, a
 * zero-width space hides a word from the word list, a run of variation selectors carries a message. They are
 * kept where leaving them out would spell the word wrongly: ZWNJ in Persian, ZWJ in Sinhala and in family
 * emoji, variation selectors after a kanji, direction marks in running text.
 *
 * Sources: UAX 9 (bidi controls), UAX 15 (NFC), UAX 31 section 2.3 and RFC 5892 appendix A (joiners), UTS 51
 * (emoji sequences), the property Default_Ignorable_Code_Point.
 */

type Refusal = 'nul' | 'lone-surrogate'

/**
 * Marks on one letter beyond which the rest is dropped. Tibetan spells with up to 8; "zalgo" text, which
 * runs over its neighbours' comments, uses dozens.
 */
const MARKS_PER_LETTER = 10

const PLAIN = /^[\n\t\x20-\x7e]*$/
const SURROGATE = /\p{Cs}/u
const LINE_BREAKS = /\r\n?|[\v\f\u0085\u2028\u2029]/g

/** A flag of a region (England, Scotland) is a black flag and tag letters; otherwise tags only hide text. */
const REGION_FLAG = '\\u{1F3F4}[\\u{E0030}-\\u{E0039}\\u{E0061}-\\u{E007A}]{3,6}\\u{E007F}'
/** Everything that shows nothing: default ignorables, controls but \n and \t, annotations, noncharacters. */
const HIDDEN = '\\p{DI}\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\ufff9-\\ufffb\\p{NChar}'
const HIDDEN_RUNS = new RegExp(`${REGION_FLAG}|[${HIDDEN}]+`, 'gu')

const JOINER = /\u200c|\u200d|\u180e/
const SELECTOR = /[\ufe00-\ufe0f\u180b-\u180d\u180f\u{e0100}-\u{e01ef}]/u
const DIRECTION_MARK = /[\u200e\u200f\u061c]/
const JAMO_FILLER = /[\u115f\u1160]/
const JAMO = /[\u1100-\u11ff\ua960-\ua97f\uac00-\ud7ff]/

/** Scripts whose letters change their shape by their neighbours, so that a joiner between them is spelling. */
const JOINING_SCRIPTS = [
  ...['Arab', 'Syrc', 'Mand', 'Mong', 'Nkoo', 'Phag', 'Adlm', 'Rohg', 'Deva', 'Beng', 'Guru', 'Gujr', 'Orya'],
  ...['Taml', 'Telu', 'Knda', 'Mlym', 'Sinh', 'Khmr', 'Mymr', 'Tibt', 'Bali', 'Java', 'Cham', 'Cakm', 'Newa'],
]
const JOINING_LETTER = new RegExp(
  `(?=[\\p{L}\\p{M}])[${JOINING_SCRIPTS.map((script) => `\\p{scx=${script}}`).join('')}]`,
  'u',
)
const EMOJI_BEFORE_JOINER = /[\p{ExtPict}\p{EMod}]/u
const EMOJI_AFTER_JOINER = /\p{ExtPict}/u
const MONGOLIAN = /(?=\p{L})\p{scx=Mong}/u

/**
 * Reader's text made fit to store, or why it is not taken. Cleaning twice is cleaning once.
 *
 * @param input as received; NUL and lone surrogates cannot be stored and are refused, not repaired
 * @returns NFC; `\n` line breaks, at most two in a row; no blanks at line ends; trimmed; may be empty
 */
export function cleanText(input: string): { text: string } | { refused: Refusal } {
  const refused = refuseCharacters(input)
  if (refused) return { refused }
  const text = PLAIN.test(input) ? input : limitMarks(cleanCharacters(input.replace(LINE_BREAKS, '\n')))
  return { text: tidyLines(text) }
}

/** Characters that no text may hold: PostgreSQL stores no NUL, UTF-8 has no lone surrogates. */
export function refuseCharacters(input: string): Refusal | undefined {
  if (input.includes('\0')) return 'nul'
  return SURROGATE.test(input) ? 'lone-surrogate' : undefined
}

/** Running text without invisible characters, but those its scripts and emoji need. */
export function stripHidden(text: string): string {
  return stripRuns(text, (run, beside) => keepNeeded(run, beside, joinsText))
}

/**
 * The same, stricter, for names and the words of links, which are shown inside other people's text: no
 * direction marks, and a joiner only between two letters that it joins.
 */
export function stripHiddenFromLabel(label: string): string {
  return stripRuns(label, (run, beside) =>
    keepNeeded(run, beside, joinsLabel).replace(/[\u200e\u200f\u061c]/g, ''),
  )
}

function cleanCharacters(text: string): string {
  // Dropping a hidden character can bring a letter and its accent together, hence NFC again.
  return stripHidden(text.normalize('NFC')).normalize('NFC')
}

function limitMarks(text: string): string {
  return text.replace(new RegExp(`(\\p{M}{${MARKS_PER_LETTER}})\\p{M}+`, 'gu'), '$1')
}

function tidyLines(text: string): string {
  // Line by line, as /\s+$/gm is quadratic on a long run of blanks.
  const lines = text.includes('\n') ? text.split('\n').map((line) => line.trimEnd()) : [text]
  return lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
}

function stripRuns(text: string, keep: (run: string, beside: Beside) => string): string {
  return text.replace(HIDDEN_RUNS, (run: string, offset: number) => {
    if (run.startsWith('\u{1f3f4}')) return run
    const end = offset + run.length
    return keep(run, {
      before: lastCharacter(text, offset),
      after: firstCharacter(text, end),
      letterBefore: lastLetter(text, offset),
      letterAfter: firstLetter(text, end),
    })
  })
}

/** What stands beside a run of invisible characters: '' at either end of the text. */
interface Beside {
  before: string
  after: string
  /** Beyond the marks, whose order may change when the run is gone. */
  letterBefore: string
  letterAfter: string
}

/** Of a run of invisible characters the few that mean something here: one of each kind at most. */
function keepNeeded(
  run: string,
  { before, after, letterBefore, letterAfter }: Beside,
  joins: (before: string, after: string) => boolean,
): string {
  let kept = ''
  for (const character of run) {
    if (SELECTOR.test(character)) {
      if (kept === '' && selects(character, before)) kept += character
    } else if (JOINER.test(character)) {
      if (!JOINER.test(kept) && joins(letterBefore, letterAfter)) kept += character
    } else if (DIRECTION_MARK.test(character)) {
      if (!DIRECTION_MARK.test(kept)) kept += character
    } else if (JAMO_FILLER.test(character)) {
      if (!JAMO_FILLER.test(kept) && (JAMO.test(before) || JAMO.test(after))) kept += character
    }
  }
  return kept
}

function selects(selector: string, before: string): boolean {
  if (selector === '\ufe0e' || selector === '\ufe0f') return /\p{Emoji}/u.test(before)
  if (selector >= '\u180b' && selector <= '\u180f') return MONGOLIAN.test(before)
  if (selector >= '\ufe00' && selector <= '\ufe0d') return /[\p{L}\p{N}\p{P}\p{S}]/u.test(before)
  return /\p{Script=Han}/u.test(before)
}

const joinsEmoji = (before: string, after: string) =>
  EMOJI_BEFORE_JOINER.test(before) && EMOJI_AFTER_JOINER.test(after)

/** On one side is enough: Arabic writers abbreviate with a letter in its initial shape. */
const joinsText = (before: string, after: string) =>
  JOINING_LETTER.test(before) || JOINING_LETTER.test(after) || joinsEmoji(before, after)

const joinsLabel = (before: string, after: string) =>
  (JOINING_LETTER.test(before) && JOINING_LETTER.test(after)) || joinsEmoji(before, after)

function lastCharacter(text: string, end: number): string {
  const low = text.charCodeAt(end - 1)
  return low >= 0xdc00 && low <= 0xdfff ? text.slice(end - 2, end) : text.slice(end - 1, end)
}

function firstCharacter(text: string, start: number): string {
  const point = text.codePointAt(start)
  return point === undefined ? '' : String.fromCodePoint(point)
}

const MARK_OR_HIDDEN = new RegExp(`^[\\p{M}${HIDDEN}]`, 'u')
/** Characters looked at for a letter: more marks than any letter bears, and a bound to the work. */
const REACH = 24

function lastLetter(text: string, end: number): string {
  let at = end
  for (let i = 0; i < REACH; i++) {
    const character = lastCharacter(text, at)
    if (!MARK_OR_HIDDEN.test(character)) return character
    at -= character.length
  }
  return ''
}

function firstLetter(text: string, start: number): string {
  let at = start
  for (let i = 0; i < REACH; i++) {
    const character = firstCharacter(text, at)
    if (!MARK_OR_HIDDEN.test(character)) return character
    at += character.length
  }
  return ''
}
