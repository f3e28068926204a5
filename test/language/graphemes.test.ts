import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countGraphemes, cutGraphemes, exceedsGraphemes } from '../../src/language/graphemes.ts'

test.each([
  ['an empty text', '', 0],
  ['English', 'harbour', 7],
  ['Korean syllables', '독도는 우리', 6],
  ['Japanese', '日韓、カ', 4],
  ['a composed and a decomposed accent', 'e\u0301é', 2],
  ['kana with a voiced mark of its own', 'か\u3099', 1],
  ['half-width kana with a voiced mark', 'ｶﾞ', 1],
  ['a Hindi syllable', 'कि', 1],
  ['Hangul written in jamo', '\u1112\u1161\u11ab', 1],
  ['a family', '👨‍👩‍👧', 1],
  ['two flags', '🇰🇷🇯🇵', 2],
  ['a line break', 'a\nb', 3],
  ['a text read in pieces', `${'e\u0301🇰🇷'.repeat(500)}👨‍👩‍👧`, 1001],
  ['one letter under ten thousand accents', `a${'\u0301'.repeat(10_000)}`, 1],
])('%s is counted as readers count', (_, text, count) => expect(countGraphemes(text)).toBe(count))

const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' })
const pieces = fc.constantFrom(
  'a',
  'é',
  'e\u0301',
  '한',
  '\u1161',
  '\u11a8',
  'か',
  '\u3099',
  '日',
  '👧',
  '\u200d',
  '🇰',
  'ｶ',
  'ﾞ',
  '\n',
  '١',
  '\u0600',
  'Ж',
  '\ufe0f',
  'ก',
  'ำ',
)
const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join('')),
)

test('the quick count is the Unicode count', () =>
  fc.assert(
    fc.property(texts, (text) => {
      fc.pre(!text.includes('\r'))
      expect(countGraphemes(text)).toBe([...segmenter.segment(text)].length)
    }),
    { numRuns: 3000 },
  ))

test('a long text read in pieces has the Unicode count too', () =>
  fc.assert(
    fc.property(fc.array(pieces, { minLength: 300, maxLength: 900 }), (parts) => {
      const text = parts.join('')
      expect(countGraphemes(text)).toBe([...segmenter.segment(text)].length)
    }),
  ))

test('a cut text is a beginning of whole graphemes, as long as was asked for', () =>
  fc.assert(
    fc.property(texts, fc.nat(40), (text, max) => {
      const all = [...segmenter.segment(text)].map(({ segment }) => segment)
      expect(cutGraphemes(text, max)).toBe(all.slice(0, max).join(''))
      expect(exceedsGraphemes(text, max)).toBe(all.length > max)
    }),
    { numRuns: 3000 },
  ))
