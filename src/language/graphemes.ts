/**
 * Lengths as readers count them, and sentences as they read them.
 *
 * A grapheme is what one press of backspace should take: é, 한, 👨‍👩‍👧 are one each (UAX 29). Intl.Segmenter knows
 * them but costs about a microsecond apiece, so text in which every code unit is one (English, Japanese,
 * Korean, Chinese, Russian without combining marks) is counted by its length.
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

let graphemes: Intl.Segmenter | undefined
const segmentGraphemes = (text: string) => {
  graphemes ??= new Intl.Segmenter('und', { granularity: 'grapheme' })
  return graphemes.segment(text)
}

/** Length in graphemes. Linear; stops for nothing, so bound the input's bytes first. */
export function countGraphemes(text: string): number {
  if (ONE_EACH.test(text)) return text.length
  let count = 0
  for (const _ of segmentGraphemes(text)) count++
  return count
}

/** Is the text longer than `limit` graphemes? Looks no further than it must. */
export function exceedsGraphemes(text: string, limit: number): boolean {
  return text.length > limit && cutGraphemes(text, limit).length < text.length
}

/** The first `max` graphemes of the text; the text itself when it has no more. Never splits a grapheme. */
export function cutGraphemes(text: string, max: number): string {
  if (text.length <= max) return text
  const head = text.slice(0, max + 1)
  if (ONE_EACH.test(head)) return text.slice(0, max)
  let count = 0
  for (const { index } of segmentGraphemes(text)) {
    if (count === max) return text.slice(0, index)
    count++
  }
  return text
}
