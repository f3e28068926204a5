import fc from 'fast-check'
import { expect, test } from 'vitest'
import { firstSentence, splitSentences } from '../../src/language/sentences.ts'

test.each([
  [
    'English ends at . ! and ?',
    'en',
    'They met. Did they talk? They did! Good.',
    'They met.|Did they talk?|They did!|Good.',
  ],
  ['a title is no end', 'en', 'Mr. Oram met Dr. Vell. They agreed.', 'Mr. Oram met Dr. Vell.|They agreed.'],
  ['initials are no end', 'en', 'J. R. Oram left. He is back.', 'J. R. Oram left.|He is back.'],
  [
    'an abbreviation may end a sentence',
    'en',
    'It is in the U.N. They know.',
    'It is in the U.N.|They know.',
  ],
  ['"No." can be a sentence or a number', 'en', 'No. I saw pier No. 4 burn.', 'No.|I saw pier No. 4 burn.'],
  [
    'numbers and addresses have points within',
    'en',
    'It rose 3.5 percent. See a.example now.',
    'It rose 3.5 percent.|See a.example now.',
  ],
  ['a quoted question goes on', 'en', '"Over?" he asked. She nodded.', '"Over?" he asked.|She nodded.'],
  ['points of hesitation go on', 'en', 'Well... maybe. Yes.', 'Well... maybe.|Yes.'],
  [
    'closing marks belong to their sentence',
    'en',
    '(He left.) "Fine." Then rain.',
    '(He left.)|"Fine."|Then rain.',
  ],
  [
    'German ordinals are no end',
    'de',
    'Am 3. Mai kam er. Dann z. B. sie.',
    'Am 3. Mai kam er.|Dann z. B. sie.',
  ],
  ['Japanese ends without a space', 'ja', '会った。話した！本当？はい。', '会った。|話した！|本当？|はい。'],
  ['an opening 「 belongs to the next', 'ja', 'これは。「え？」「はい。」', 'これは。|「え？」|「はい。」'],
  [
    'what is quoted and said is one sentence',
    'ja',
    '「続ける。終わらない。」と述べた。次へ。',
    '「続ける。終わらない。」と述べた。|次へ。',
  ],
  ['a quotation nobody closed does not swallow the rest', 'ja', '「続ける。終わる。', '「続ける。|終わる。'],
  ['full-width numbers have points within', 'ja', '３．５％だ。そう。', '３．５％だ。|そう。'],
  [
    'a Korean quotation keeps its particle',
    'ko',
    '그는 "합의했다."고 말했다. 끝났다.',
    '그는 "합의했다."고 말했다.|끝났다.',
  ],
  ['Arabic and Urdu marks end', 'ar', 'كيف حالك؟ بخير. یہ ہے۔ وہ', 'كيف حالك؟|بخير.|یہ ہے۔|وہ'],
  ['Hindi ends at a danda', 'hi', 'यह है। वह है।', 'यह है।|वह है।'],
  ['a line break ends', null, 'no stop here\nnor here', 'no stop here|nor here'],
  ['a blank text has none', null, ' \n ', ''],
])('%s', (_, language, text, expected) =>
  expect(
    splitSentences(text, language)
      .map((sentence) => sentence.text)
      .join('|'),
  ).toBe(expected),
)

test('the first sentence stands for the text', () => {
  expect(firstSentence('  One. Two.', 'en')).toBe('One.')
  expect(firstSentence('', 'en')).toBe('')
})

test('sentences lie in the text where they say, in order, and nothing but blanks lies between', () =>
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a', 'B', '.', '?', '。', '」', '「', ' ', '\n', '"', '3', 'と', '다', 'Mr')),
      (parts) => {
        const text = parts.join('')
        let at = 0
        for (const sentence of splitSentences(text, 'en')) {
          expect(text.slice(at, sentence.start).trim()).toBe('')
          expect(text.slice(sentence.start, sentence.start + sentence.text.length)).toBe(sentence.text)
          at = sentence.start + sentence.text.length
        }
        expect(text.slice(at).trim()).toBe('')
      },
    ),
    { numRuns: 2000 },
  ))
