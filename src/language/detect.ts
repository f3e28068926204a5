/**
 * Which language a comment is in, for its `lang`: screen readers, fonts and line breaking go by it.
 *
 * Most scripts name their language. Where several share one (Latin, Cyrillic, Arabic, Devanagari), the small
 * words decide. A wrong `lang` is worse than none, so what is short or undecided stays unknown (null).
 *
 * No n-gram model: eld's smallest takes 60 to 90 MB of memory and half a second to load, half of what an idle
 * server may use, for what word lists of 20 kB decide as well in a comment of two lines.
 */

import { FUNCTION_WORDS, TELLING_LETTERS } from './function-words.ts'

/** UTF-16 code units. Enough to decide by, and it bounds the time. */
const LOOK_AT = 600
/** Letters below which no text is judged by its words. */
/** Of a telling letter, against 1 for a word. */
const LETTER_WEIGHT = 0.5
const LETTERS_MIN = 20
/** Letters below which no text is judged by its script: a π or a stray ツ names no language. */
const SCRIPT_LETTERS_MIN = 6
/** Score of words that the best language needs, for each different word: a third of running text are such words. */
const SHARE_MIN = 0.15
const SCORE_MIN = 1.5
/** How far ahead of the next it must be. */
const LEAD_MIN = 1.25
/** Or by how much: one word that the other does not have. */
const LEAD_WORDS = 1

/** Ranges of letters, with what they say: a language, or a script that several share. Kana stand with Han. */
const RANGES: [first: number, last: number, says: string][] = [
  [0x0041, 0x005a, 'Latin'],
  [0x0061, 0x007a, 'Latin'],
  [0x00c0, 0x00d6, 'Latin'],
  [0x00d8, 0x00f6, 'Latin'],
  [0x00f8, 0x024f, 'Latin'],
  [0x0370, 0x03ff, 'el'],
  [0x0400, 0x052f, 'Cyrillic'],
  [0x0531, 0x0588, 'hy'],
  [0x05d0, 0x05f2, 'he'],
  [0x0620, 0x06d3, 'Arabic'],
  [0x0900, 0x097f, 'Devanagari'],
  [0x0980, 0x09ff, 'bn'],
  [0x0a00, 0x0a7f, 'pa'],
  [0x0a80, 0x0aff, 'gu'],
  [0x0b00, 0x0b7f, 'or'],
  [0x0b80, 0x0bff, 'ta'],
  [0x0c00, 0x0c7f, 'te'],
  [0x0c80, 0x0cff, 'kn'],
  [0x0d00, 0x0d7f, 'ml'],
  [0x0d80, 0x0dff, 'si'],
  [0x0e00, 0x0e7f, 'th'],
  [0x0e80, 0x0eff, 'lo'],
  [0x0f00, 0x0fff, 'bo'],
  [0x1000, 0x109f, 'my'],
  [0x10a0, 0x10ff, 'ka'],
  [0x1200, 0x137f, 'am'],
  [0x1780, 0x17ff, 'km'],
  [0x1820, 0x18aa, 'mn'],
  [0x1e00, 0x1eff, 'Latin'],
  [0x1f00, 0x1fff, 'el'],
  [0x3041, 0x3096, 'Han'],
  [0x30a1, 0x30fa, 'Han'],
  [0x3400, 0x9fff, 'Han'],
  [0xac00, 0xd7a3, 'ko'],
]
/** For each UTF-16 code unit the number of its range, from 1; 0 for none. */
const RANGE_OF = new Uint8Array(0x10000)
for (const [i, [first, last]] of RANGES.entries()) RANGE_OF.fill(i + 1, first, last + 1)

/** A character of these holds as much as two or three letters. */
const DENSE = new Set(['Han', 'ko'])
const SHARED = new Set(['Latin', 'Cyrillic', 'Arabic', 'Devanagari'])

const NOT_WORDS = /https?:\/\/\S+|[@#]\S+/g
const WORD = /[\p{L}\p{M}]+/gu
/** Written by Chinese, and by Japanese not at all or hardly. */
const CHINESE_ONLY = /[这這们們说說没沒还還吗嗎呢吧啊很您你她给給让讓时问过么麼怎谁哪]/
const CHINESE_MOSTLY = /[的是不在了有和也就我他]/g

const LANGUAGES = Object.keys(FUNCTION_WORDS)
const WORD_LANGUAGES = indexLanguages(FUNCTION_WORDS)
const LETTER_LANGUAGES = indexLanguages(TELLING_LETTERS)

/**
 * The primary BCP 47 tag of the language most of a text is written in, or null when that is not sure.
 * Norwegian is 'no', Croatian and its sisters in Latin letters 'hr', Chinese of either script 'zh'.
 * @param text plain, in NFC; its first 600 code units are looked at
 */
export function detectLanguage(text: string): string | null {
  const sample = text.slice(0, LOOK_AT).replace(NOT_WORDS, ' ')
  const [says, letters] = findScript(sample)
  if (says === 'Han') return judgeHan(sample)
  if (says === 'ko') return letters >= 2 ? 'ko' : null
  if (SHARED.has(says)) return letters >= LETTERS_MIN ? judgeWords(sample.toLowerCase()) : null
  return says !== '' && letters >= SCRIPT_LETTERS_MIN ? says : null
}

/** What the letters of most of the text say, and how many there are of them; '' when they are divided. */
function findScript(text: string): [says: string, letters: number] {
  const letters = new Uint16Array(RANGES.length + 1)
  for (let i = 0; i < text.length; i++) {
    const range = RANGE_OF[text.charCodeAt(i)]!
    if (range > 0) letters[range]!++
  }
  const counts = new Map<string, number>()
  for (const [i, [, , says]] of RANGES.entries()) {
    if (letters[i + 1]! > 0) counts.set(says, (counts.get(says) ?? 0) + letters[i + 1]!)
  }
  let total = 0
  let best: [says: string, letters: number] = ['', 0]
  let bestWeight = 0
  for (const [says, count] of counts) {
    const weight = DENSE.has(says) ? count * 2.5 : count
    total += weight
    if (weight > bestWeight) [best, bestWeight] = [[says, count], weight]
  }
  return bestWeight > total * 0.6 ? best : ['', 0]
}

/** Japanese has kana, but for names and headlines; without any of either's own characters nobody knows. */
function judgeHan(text: string): string | null {
  const kana = text.match(/[\u3041-\u3096\u30a1-\u30fa]/g)?.length ?? 0
  const han = text.match(/[\u3400-\u9fff]/g)?.length ?? 0
  if (kana >= 2 && kana * 8 >= han) return 'ja'
  if (han < 4 || kana * 8 >= han) return null
  return CHINESE_ONLY.test(text) || new Set(text.match(CHINESE_MOSTLY)).size >= 3 ? 'zh' : null
}

/** The language whose small words the text is full of. */
function judgeWords(text: string): string | null {
  const scores = new Float64Array(LANGUAGES.length)
  const words = new Set(text.match(WORD))
  for (const word of words) addScore(scores, WORD_LANGUAGES.get(word), 1)
  for (const letter of new Set(text))
    if (letter > '\x7f') addScore(scores, LETTER_LANGUAGES.get(letter), LETTER_WEIGHT)
  let best = 0
  let next = 0
  let language = ''
  for (const [i, score] of scores.entries()) {
    if (score > best) [best, next, language] = [score, best, LANGUAGES[i]!]
    else if (score > next) next = score
  }
  const sure =
    best >= SCORE_MIN &&
    best >= words.size * SHARE_MIN &&
    (best >= next * LEAD_MIN || best - next >= LEAD_WORDS)
  return sure ? language : null
}

/** A word of many languages says less of each. */
function addScore(scores: Float64Array, languages: number[] | undefined, weight: number) {
  if (languages) for (const i of languages) scores[i]! += weight / languages.length ** 0.5
}

/** Turns "language: words" round: each word with the languages, by number, that have it. */
function indexLanguages(lists: Record<string, string>): Map<string, number[]> {
  const index = new Map<string, number[]>()
  for (const [language, words] of Object.entries(lists)) {
    for (const word of words.trim().split(/\s+/)) {
      const languages = index.get(word)
      if (languages) languages.push(LANGUAGES.indexOf(language))
      else index.set(word, [LANGUAGES.indexOf(language)])
    }
  }
  return index
}
