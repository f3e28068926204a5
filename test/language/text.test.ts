import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cleanText } from '../../src/language/text.ts'

const clean = (input: string) => {
  const cleaned = cleanText(input)
  return 'text' in cleaned ? cleaned.text : `refused: ${cleaned.refused}`
}

test.each([
  ['NUL is refused', 'a\0b', 'refused: nul'],
  ['half a character is refused', 'a\ud83d', 'refused: lone-surrogate'],
  ['plain text stays', 'Ferries still run.', 'Ferries still run.'],
  ['accents are composed', 'Cafe\u0301', 'Caf\u00e9'],
  ['every kind of line break becomes one', 'a\r\nb\rc\u2028d\u0085e', 'a\nb\nc\nd\ne'],
  ['blanks round the text and at line ends go', '  \u3000a  \nb\t\n\n ', 'a\nb'],
  ['a paragraph is parted from the next by two line breaks', 'a\n \n\n\u00a0\nb', 'a\n\nb'],
  ['indentation within the text stays', 'a\n\u3000b\n\tc', 'a\n\u3000b\n\tc'],
  ['control characters go', 'a\x07\x1b[31m\x9bb', 'a[31mb'],
  ['bidi overrides, embeddings and isolates go', '\u202eevil\u202c \u2066x\u2069', 'evil x'],
  ['direction marks stay in running text', 'abc\u200e \u05d0\u200f', 'abc\u200e \u05d0\u200f'],
  ['zero-width spaces, word joiners and soft hyphens go', 'b\u200ba\u2060n\u00ad\ufeff', 'ban'],
  ['invisible letters go', 'a\u3164\uffa0b\u115f', 'ab'],
  ['tag characters go', 'hi\u{e0068}\u{e0069}', 'hi'],
  [
    'the flag of a region keeps its tags',
    '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}',
    '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}',
  ],
  ['Persian keeps its non-joiner', 'می\u200cخواهم', 'می\u200cخواهم'],
  ['Sinhala keeps its joiner', 'ශ්\u200dරී', 'ශ්\u200dරී'],
  ['an Arabic letter keeps its initial shape', '1440 ه\u200d .', '1440 ه\u200d .'],
  ['Latin letters need no joiner', 'a\u200db\u200cc', 'abc'],
  ['an emoji family stays together', '👨\u200d👩\u200d👧', '👨\u200d👩\u200d👧'],
  ['a heart on fire keeps its selector and joiner', '❤\ufe0f\u200d🔥', '❤\ufe0f\u200d🔥'],
  ['a keycap keeps its selector', '1\ufe0f\u20e3', '1\ufe0f\u20e3'],
  ['a kanji keeps its variant', '辻\u{e0100}', '辻\u{e0100}'],
  ['a run of selectors carries no message', '😀\ufe0f\ufe00\u{e0101}\u{e0102}x', '😀\ufe0fx'],
  ['old Hangul keeps its filler', '\u1100\u1160', '\u1100\u1160'],
  ['Tibetan may stack marks', 'ཧྐྵྨླྺྼྻྂ', 'ཧྐྵྨླྺྼྻྂ'],
  ['stacked accents are cut at ten', `a${'\u0316'.repeat(50)}b`, `a${'\u0316'.repeat(10)}b`],
  ['only invisible characters are no text', '\u200b\u2060\n\u202e', ''],
])('%s', (_, input, expected) => expect(clean(input)).toBe(expected))

const awkward = fc.constantFrom(
  ...[
    'a',
    'é',
    'e',
    '\u0301',
    '\u0316',
    ' ',
    '\n',
    '\r\n',
    '\t',
    '\u3000',
    '\u200b',
    '\u200c',
    '\u200d',
    '\u200e',
  ],
  ...[
    '\u202e',
    '\ufe0f',
    '\ufe00',
    '\u{e0100}',
    '\u115f',
    '\u1160',
    '\u1100',
    '\u1161',
    '가',
    '\u3164',
    '\u180b',
  ],
  ...[
    '\u180e',
    'ᠠ',
    '👨',
    '👧',
    '❤',
    '🏴',
    '\u{e0067}',
    '\u{e007f}',
    '1',
    '辻',
    'ی',
    'م',
    '\u064e',
    'क',
    '\u094d',
  ],
  ...['\x07', '\u00ad', '\u034f', 'ﷺ', '\u2028', '\ufffe', '\u0653', 'ا', 'ཧ', '\u0f90', '<', '*'],
)
const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.array(awkward, { maxLength: 40 }).map((parts) => parts.join('')),
)

test('cleaning twice is cleaning once', () =>
  fc.assert(
    fc.property(texts, (input) => {
      const once = cleanText(input)
      if ('text' in once) expect(cleanText(once.text)).toEqual(once)
    }),
    { numRuns: 3000 },
  ))

test('what is stored is NFC, tidy, and holds no control or override', () =>
  fc.assert(
    fc.property(texts, (input) => {
      const text = clean(input)
      expect(text).toBe(text.normalize('NFC').trim())
      expect(text).not.toMatch(
        /(?![\n\t])\p{Cc}|[\u202a-\u202e\u2066-\u2069\u200b\ufeff\p{Cs}]|\n{3}|[^\S\n]\n/u,
      )
    }),
    { numRuns: 3000 },
  ))

test('letters that can be seen are never lost', () =>
  fc.assert(
    fc.property(texts, (input) => {
      const seen = (text: string) => text.match(/(?!\p{DI})[\p{L}\p{N}]/gu) ?? []
      const cleaned = cleanText(input)
      if ('text' in cleaned)
        expect(seen(cleaned.text)).toEqual(
          // What is hidden may keep a letter from its accent.
          seen(
            input
              .normalize('NFC')
              .replace(/[\p{DI}\p{NChar}\ufff9-\ufffb]|(?![\n\t\r\v\f\x85])\p{Cc}/gu, '')
              .normalize('NFC'),
          ),
        )
    }),
  ))
