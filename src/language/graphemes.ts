/**
 * Lengths as readers count them.
 *
 * A grapheme is what one press of backspace should take: é, 한, 👨‍👩‍👧 are one each (UAX 29). Intl.Segmenter knows
 * them but is slow, so text in which every code unit is one (English, Japanese, Korean, Chinese, Russian
 * without combining marks) is counted by its length. The rest is handed to it in pieces, as each of its steps
 * takes time in proportion to the whole text it was given: 80,000 code units at once took it minutes.
 */

/** Ranges in which one UTF-16 code unit is one grapheme whatever stands beside it. */
const ONE_EACH = new RegExp(
  [
    '^[\\t\\n\\x20-\\x7e\\u00a0-\\u00ac\\u00ae-\\u02ff\\u0370-\\u0482\\u048a-\\u058f', // Latin, Greek, Cyrillic, Armenian
    '\\u10a0-\\u10ff\\u1e00-\\u1fff\\u2010-\\u2027\\u2030-\\u205e\\u20a0-\\u20bf\\u2190-\\u21ff', // Georgian, signs
    '\\u3000-\\u3029\\u3030-\\u3098\\u309b-\\u312f\\u3400-\\u4dbf\\u4e00-\\u9fff\\uac00-\\ud7a3', // CJK
    '\\uff01-\\uff9d]*$', // full and half width
  ].join(''),
)

/** UTF-16 code units. */
const PIECE = 256

let segmenter: Intl.Segmenter | undefined

/** Where each grapheme of the text ends, in UTF-16 code units. */
function* graphemeEnds(text: string): Generator<number> {
  segmenter ??= new Intl.Segmenter('und', { granularity: 'grapheme' })
  let start = 0
  let size = PIECE
  while (start < text.length) {
    const end = endPiece(text, start + size)
    let last = 0
    for (const { index } of segmenter.segment(text.slice(start, end))) {
      if (index > 0) yield start + index
      last = index
    }
    if (end === text.length) return yield end
    // The piece's last grapheme may go on in the next: begin there again, or read on if it is all there was.
    start += last
    size = last > 0 ? PIECE : size * 2
  }
}

/** Not between the halves of a character. */
const endPiece = (text: string, end: number) =>
  Math.min(text.length, /[\ud800-\udbff]/.test(text[end - 1] ?? '') ? end + 1 : end)

/** Length in graphemes, in linear time. */
export function countGraphemes(text: string): number {
  if (ONE_EACH.test(text)) return text.length
  let count = 0
  for (const _ of graphemeEnds(text)) count++
  return count
}

/** Is the text longer than `limit` graphemes? Looks no further than it must. */
export function exceedsGraphemes(text: string, limit: number): boolean {
  return text.length > limit && cutGraphemes(text, limit).length < text.length
}

/** The first `max` graphemes of the text; the text itself when it has no more. Never splits a grapheme. */
export function cutGraphemes(text: string, max: number): string {
  if (text.length <= max) return text
  if (ONE_EACH.test(text.slice(0, max + 1))) return text.slice(0, max)
  if (max <= 0) return ''
  let count = 0
  for (const end of graphemeEnds(text)) if (++count === max) return text.slice(0, end)
  return text
}
