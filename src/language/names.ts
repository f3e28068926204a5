/**
 * Display names of any script: what may be one, and which two could be mistaken for each other.
 */

import { mapLookAlikes } from './confusables.ts'
import { exceedsGraphemes } from './graphemes.ts'
import { refuseCharacters, stripHiddenFromLabel } from './text.ts'

export const NAME_MAX_GRAPHEMES = 40

/** A name's longest form in UTF-16 code units: a family emoji of eleven is one grapheme. */
const NAME_MAX_LENGTH = NAME_MAX_GRAPHEMES * 11

type NameRefusal = 'nul' | 'lone-surrogate' | 'empty' | 'too-long' | 'no-letter' | 'stacked-marks'

/** White space, and characters that show as nothing but count as letters or symbols. */
const BLANKS = /[\s\u2800\u3164\uffa0\u115f\u1160\p{Co}]+/gu
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u
/** Four marks over one another: beyond any orthography's names (three: Vietnamese, Hebrew, Tibetan). */
const STACKED_MARKS = /[\p{Mn}\p{Me}]{4}|\p{M}{9}/u

/**
 * A name made fit to show beside others' words, or why it is not taken.
 *
 * @returns NFC, 1 to 40 graphemes, single spaces, no control, direction or stray joining characters
 */
export function cleanName(input: string): { name: string } | { refused: NameRefusal } {
  const refused = refuseCharacters(input)
  if (refused) return { refused }
  if (input.length > NAME_MAX_LENGTH * 4) return { refused: 'too-long' }
  // Blanks first: a line break is a blank here, not a control character to drop.
  const shown = stripHiddenFromLabel(input.normalize('NFC').replace(BLANKS, ' '))
  const name = shown.normalize('NFC').replace(BLANKS, ' ').trim()
  if (name === '') return { refused: 'empty' }
  if (name.length > NAME_MAX_LENGTH || exceedsGraphemes(name, NAME_MAX_GRAPHEMES))
    return { refused: 'too-long' }
  if (!LETTER_OR_DIGIT.test(name)) return { refused: 'no-letter' }
  if (STACKED_MARKS.test(name.normalize('NFD'))) return { refused: 'stacked-marks' }
  return { name }
}

/**
 * What is left of a name when all that hardly shows is taken away: two names that a reader could take for
 * one another have the same skeleton. Made to be stored and looked up. It is coarse, as I, i, l and 1 are
 * one letter to it: ask `namesLookAlike` about the names it finds.
 *
 * After UTS 39 section 4, and beyond it: case, spaces and punctuation do not count.
 */
export function nameSkeleton(name: string): string {
  return skeletonOf(name, (shapes) => foldLetters(shapes.toLowerCase()).replace(/[i1]/g, 'l'))
}

/** Could a reader take one name for the other? Same skeleton, and neither i against l nor L against I. */
export function namesLookAlike(a: string, b: string): boolean {
  return readName(a) === readName(b) || seeName(a) === seeName(b)
}

/** As one would say it: case does not matter. */
const readName = (name: string) =>
  skeletonOf(name, (shapes) => foldLetters(shapes.toLowerCase()).replaceAll('1', 'l'))

/** As one sees it: a capital I is an l, a capital L is not. */
const seeName = (name: string) =>
  skeletonOf(name, (shapes) =>
    foldLetters(shapes.replace(/[I1]/g, 'l').replace(/[^L]+/g, (part) => part.toLowerCase())),
  )

function skeletonOf(name: string, fold: (shapes: string) => string): string {
  const plain = name.normalize('NFKC').replace(/\p{DI}+/gu, '')
  // Korean syllables stay whole: their jamo are no letters by themselves.
  const decomposed = plain.replace(/[^\uac00-\ud7a3]+/g, (part) => part.normalize('NFKD'))
  const folded = fold(mapLookAlikes(decomposed).replace(OVERLAYS, '')).normalize('NFC')
  return joinLetters(folded.replace(SEPARATORS, '') || folded.replace(/\s+/g, ''))
}

/** Strokes through letters and rings round them: decoration, no letter is spelt with them. */
const OVERLAYS = /[\u0334-\u0338\p{Me}]+/gu
const SEPARATORS = /[\p{Z}\p{P}\p{Cc}\u02b0-\u02ff]+/gu

/** ß is ss in capitals, ς is σ at a word's end; a dot on i is no accent (Turkish İ). */
const foldLetters = (letters: string) =>
  letters
    .replaceAll('ß', 'ss')
    .replaceAll('ς', 'σ')
    .replaceAll('0', 'o')
    .replace(/([ijl])\u0307/g, '$1')

/** Two letters that look like one. */
const joinLetters = (letters: string) => letters.replaceAll('rn', 'm').replaceAll('vv', 'w')

/** A name within a text that may run the other way (FIRST STRONG ISOLATE; Unicode Standard Annex 9, 2.3). */
export const isolate = (name: string): string => `\u2068${name}\u2069`
