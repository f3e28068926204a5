/**
 * What a text can be found by. One cutter for the texts that are searched and for what readers search, so
 * that both meet.
 *
 * Words of scripts that put spaces between them are terms as they are, without accents. Chinese, Japanese,
 * Thai and their like have no spaces, and Korean glues particles to its words (독도는, 독도에), so their runs are
 * cut into overlapping pairs of characters: 日韓関係 is 日韓, 韓関, 関係. Every two-character word is then found
 * by itself, and longer ones by their pairs.
 */

/** Code points. Longer runs are no words; what tells them apart stands in front. */
const TERM_MAX = 60
/** Of one text. Only a Chinese or Japanese comment near the limit of length has more; its end goes unfound. */
const TERMS_MAX = 3000
const QUERY_TERMS_MAX = 32
/** UTF-16 code units of a query that are read. */
const QUERY_LOOK_AT = 500
/** Shorter words find only themselves: "a" would find half the dictionary. */
const PREFIX_MIN = 3

interface QueryTerm {
  /** Letters, marks and digits only. */
  term: string
  /** Are words to be found that only begin with it? */
  prefix: boolean
}

const BEYOND_ASCII = /[\u0080-\uffff]/
const RUN = /[\p{L}\p{M}\p{N}]+/gu
const UNSPACED_SCRIPTS = ['Han', 'Hira', 'Kana', 'Hang', 'Bopo', 'Thai', 'Laoo', 'Khmr', 'Mymr', 'Tibt']
const UNSPACED = UNSPACED_SCRIPTS.map((script) => `\\p{scx=${script}}`).join('')
const BEGINS_UNSPACED = new RegExp(`^[${UNSPACED}]`, 'u')
const SCRIPT_PARTS = new RegExp(`[${UNSPACED}][${UNSPACED}\\p{M}]*|[^${UNSPACED}]+`, 'gu')

/**
 * The terms to index a text by, each once: lower case; letters, marks and digits only; at most 60 code points
 * each and 3,000 in all.
 */
export function searchTerms(text: string): string[] {
  const terms = new Set<string>()
  for (const part of partsOf(text)) {
    if (BEGINS_UNSPACED.test(part)) {
      const characters = charactersOf(part)
      for (const pair of pairsOf(characters)) terms.add(pair)
      // The last character begins no pair: by itself it can be found too.
      terms.add(characters.at(-1)!)
    } else terms.add(cutTerm(part))
    if (terms.size >= TERMS_MAX) break
  }
  return [...terms].slice(0, TERMS_MAX)
}

/**
 * The terms a text must have, all of them, to answer a query; at most 32, none when the query has no word. A
 * word also finds longer ones (court: courts), a single ideograph all pairs that begin with it.
 */
export function queryTerms(query: string): QueryTerm[] {
  const terms = new Map<string, QueryTerm>()
  for (const part of partsOf(query.slice(0, QUERY_LOOK_AT))) {
    if (BEGINS_UNSPACED.test(part)) {
      const characters = charactersOf(part)
      for (const term of pairsOf(characters)) terms.set(term, { term, prefix: characters.length === 1 })
    } else {
      const term = cutTerm(part)
      terms.set(term, { term, prefix: [...term].length >= PREFIX_MIN && /\p{L}/u.test(term) })
    }
  }
  return [...terms.values()].slice(0, QUERY_TERMS_MAX)
}

/** Words, and runs of unspaced script, in order. */
function partsOf(text: string): string[] {
  const folded = foldText(text)
  if (!BEYOND_ASCII.test(folded)) return folded.match(/[a-z0-9]+/g) ?? []
  const parts = (folded.match(RUN) ?? []).flatMap((run) => run.match(SCRIPT_PARTS) ?? [])
  return parts.filter((part) => /[\p{L}\p{N}]/u.test(part))
}

/** Overlapping pairs of characters; a single one is by itself. */
function pairsOf(characters: string[]): string[] {
  if (characters.length === 1) return characters
  return characters.slice(1).map((character, i) => cutTerm(characters[i]! + character))
}

/** Characters with the marks they bear, as Thai vowels. */
function charactersOf(run: string): string[] {
  if (!/\p{M}/u.test(run)) return [...run]
  return (run.match(/[\s\S]\p{M}*/gu) ?? []).map(cutTerm)
}

const cutTerm = (term: string) => (term.length <= TERM_MAX ? term : [...term].slice(0, TERM_MAX).join(''))

/** Letters that no decomposition takes apart, as people type them without their accents. */
const PLAIN_LETTERS: Record<string, string> = {
  ...{ ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ł: 'l', ı: 'i', ς: 'σ', ħ: 'h', þ: 'th', ð: 'd' },
  // Arabic and Persian keyboards differ in these, and writers leave out the hamza.
  ...{ أ: 'ا', إ: 'ا', آ: 'ا', ٱ: 'ا', ى: 'ي', ی: 'ي', ک: 'ك', ة: 'ه', ہ: 'ه' },
}
const PLAIN_LETTER = new RegExp(`[${Object.keys(PLAIN_LETTERS).join('')}]`, 'g')
const ACCENTED = /[\u00c0-\u024f\u0370-\u052f\u1e00-\u1fff]\p{M}*|[a-z]\p{M}+/gu
/** Hebrew points, Arabic vowel signs and tatweel, and whatever does not show. */
const OPTIONAL_MARKS = /[\u0591-\u05bd\u05bf-\u05c7\u064b-\u065f\u0670\u06d6-\u06ed\u0640\p{DI}]+/gu

/** Compatibility forms (ＪＡＰＡＮ, ﬁ), case, accents and optional vowel signs do not count. */
function foldText(text: string): string {
  const folded = text.normalize('NFKC').toLowerCase()
  if (!BEYOND_ASCII.test(folded)) return folded
  return folded
    .replace(OPTIONAL_MARKS, '')
    .replace(ACCENTED, (letter) => letter.normalize('NFD').replace(/\p{M}+/gu, ''))
    .replace(PLAIN_LETTER, (letter) => PLAIN_LETTERS[letter]!)
}
