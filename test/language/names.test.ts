import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cleanName, nameSkeleton, namesLookAlike } from '../../src/language/names.ts'

const clean = (input: string) => {
  const cleaned = cleanName(input)
  return 'name' in cleaned ? cleaned.name : `refused: ${cleaned.refused}`
}

test.each([
  ['a name', 'Mara Oram', 'Mara Oram'],
  ['dots, digits and lower case', 'j.oram_77', 'j.oram_77'],
  ['Korean', '김하늘', '김하늘'],
  ['Arabic', 'ليلى', 'ليلى'],
  ['Persian with its non-joiner', 'بی\u200cنام', 'بی\u200cنام'],
  ['an astronaut beside a name', '👩\u200d🚀 Ann', '👩\u200d🚀 Ann'],
  ['Burmese with its marks', 'ကြွေ့', 'ကြွေ့'],
  ['blanks of any kind as one space', '  Mara\u3000\n\u2800Oram ', 'Mara Oram'],
  ['no direction marks', 'a\u202eb\u200fc\u2066d', 'abcd'],
  ['no zero-width characters', 'Ma\u200bra\u2060\u00ad\ufeff', 'Mara'],
  ['no joiner at an edge', 'ه\u200d', 'ه'],
  ['accents composed', 'Jose\u0301', 'Jos\u00e9'],
  ['forty graphemes', '👧a'.repeat(20), '👧a'.repeat(20)],
  ['not forty-one', 'x'.repeat(41), 'refused: too-long'],
  ['not an endless one', `a${'\u200d\u0301'.repeat(100_000)}`, 'refused: too-long'],
  ['not nothing', ' \u200b\u3164\u2800 ', 'refused: empty'],
  ['not punctuation alone', '...', 'refused: no-letter'],
  ['not emoji alone', '👨\u200d👩\u200d👧', 'refused: no-letter'],
  ['not marks alone', '\u0301\u0302', 'refused: no-letter'],
  ['not stacked accents', 'Z\u0301\u0302\u0303\u0316algo', 'refused: stacked-marks'],
  ['not stacked Thai marks', 'ก็็็็', 'refused: stacked-marks'],
  ['Vietnamese with two accents', 'Nguyê\u0303n', 'Nguyễn'],
  ['not NUL', 'a\0', 'refused: nul'],
  ['not half a character', 'a\udc00', 'refused: lone-surrogate'],
])('a name can be: %s', (_, input, expected) => expect(clean(input)).toBe(expected))

test('a cleaned name is clean', () =>
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 45 }), (input) => {
      const cleaned = cleanName(input)
      if ('name' in cleaned) expect(cleanName(cleaned.name)).toEqual(cleaned)
    }),
    { numRuns: 2000 },
  ))

/** UTS 39 section 4 calls two strings confusable when their skeletons are the same. */
test.each([
  ['Cyrillic letters', 'Paul Oram', 'Раul Оrаm'],
  ['all in Cyrillic', 'Cope', 'Соре'],
  ['Greek letters', 'Nora', 'Νοrα'],
  ['Greek ν for v', 'Steve', 'Steνe'],
  ['Armenian letters', 'Hugo', 'հսցօ'],
  ['Cherokee letters', 'AMY', 'ᎪᎷᎩ'],
  ['small Cherokee letters', 'amy', 'ꭺꮇꭹ'],
  ['Lisu letters', 'PETE', 'ꓑꓰꓔꓰ'],
  ['full-width letters', 'Paul', 'Ｐａｕｌ'],
  ['mathematical letters', 'Paul', '𝓟𝔞𝕦𝚕'],
  ['small capitals', 'Paul', 'ᴘᴀᴜʟ'],
  ['circled letters', 'Paul', 'Ⓟⓐⓤⓛ'],
  ['negative circled letters', 'Paul', '🅟🅐🅤🅛'],
  ['case', 'Paul', 'pAUL'],
  ['a capital I for l', 'Paul', 'PauI'],
  ['a one for l', 'Paul', 'Pau1'],
  ['a bar for l', 'Paul', 'Pau|'],
  ['a small l for a capital I', 'Ida', 'lda'],
  ['zero for o', 'Olga', '0lga'],
  ['Arabic digits', 'Ali 5', 'Ali ٥'],
  ['r and n for m', 'Marta', 'Rnarta'],
  ['two v for w', 'Wanda', 'VVanda'],
  ['spaces, dots, underscores and hyphens', 'J. Oram', 'j_o-ram'],
  ['a modifier apostrophe', "O'Hara", 'Oʼhara'],
  ['invisible characters', 'Paul', 'Pa\u200bu\u2060l\ufe0f'],
  ['strokes through letters', 'Paul', 'P\u0336a\u0336ul'],
  ['a ring round a letter', 'Paul', 'P\u20ddaul'],
  ['an accent composed or not', 'José', 'Jose\u0301'],
  ['an accent on a Cyrillic letter', 'José', 'Jоsе\u0301'],
  ['Turkish İ', 'İrem', 'irem'],
  ['sharp s', 'Weiß', 'WEISS'],
  ['a Russian name with one Latin letter', 'Иван', 'Ивaн'],
  ['a Greek name in capitals, which bear no accent', 'Γιάννης', 'ΓΙΑΝΝΗΣ'],
  ['a Greek name with a Latin letter', 'Γιάννης', 'Γιάvvης'],
  ['kanji for kana', 'カロタニ', '力口夕二'],
  ['ハ and 八, エ and 工, ト and 卜', 'ハエト', '八工卜'],
  ['kanji one, a long vowel mark and a dash', '山田一', '山田ー'],
  ['hiragana and katakana he', 'へい', 'ヘい'],
  ['士 and 土', '武士', '武土'],
  ['a Korean vowel for l', 'Lan', 'ㅣan'],
])('look alike: %s', (_, name, other) => expect(nameSkeleton(other)).toBe(nameSkeleton(name)))

test.each([
  ['Paul', 'Paula'],
  ['José', 'Jose'],
  ['Björn', 'Bjorn'],
  ['Ann', 'Anna'],
  ['김하늘', '김하울'],
  ['田中', '田口'],
  ['Иван', 'Ivan'],
  ['Νίκος', 'Nick'],
  ['a1', 'a2'],
  ['...', '!!!'],
])('%s and %s are two names', (name, other) => {
  expect(nameSkeleton(name)).not.toBe(nameSkeleton(other))
  expect(namesLookAlike(name, other)).toBe(false)
})

test.each([
  ['Ian', 'Lan'],
  ['Kai', 'Kal'],
  ['Lisa', 'Ilsa'],
  ['Mei', 'Mel'],
])('%s and %s share a skeleton but nobody takes one for the other', (name, other) => {
  expect(nameSkeleton(name)).toBe(nameSkeleton(other))
  expect(namesLookAlike(name, other)).toBe(false)
})

test.each([
  ['Paul', 'PauI'],
  ['Ida Lind', 'lda Lind'],
  ['Ian', 'lan'],
  ['PAUL', 'paul'],
  ['Раul', 'Paul'],
])('%s and %s can be taken for one another', (name, other) => expect(namesLookAlike(name, other)).toBe(true))

test('names that look alike always share the skeleton they are looked up by', () =>
  fc.assert(
    fc.property(
      fc.array(
        fc.constantFrom(
          'I',
          'l',
          '1',
          'i',
          'L',
          'а',
          'a',
          'ν',
          'v',
          'Ν',
          'r',
          'n',
          ' ',
          '.',
          'İ',
          'Σ',
          'ς',
          'ー',
          '一',
        ),
        { maxLength: 6 },
      ),
      fc.array(
        fc.constantFrom(
          'I',
          'l',
          '1',
          'i',
          'L',
          'а',
          'a',
          'ν',
          'v',
          'Ν',
          'r',
          'n',
          ' ',
          '.',
          'İ',
          'Σ',
          'ς',
          'ー',
          '一',
        ),
        { maxLength: 6 },
      ),
      (a, b) => {
        const [name, other] = [a.join(''), b.join('')]
        if (namesLookAlike(name, other)) expect(nameSkeleton(name)).toBe(nameSkeleton(other))
      },
    ),
    { numRuns: 5000 },
  ))
