import fc from 'fast-check'
import { expect, test } from 'vitest'
import { queryTerms, searchTerms } from '../../src/language/search-terms.ts'

/** Does a query find a text, as the database answers it: every term there, or one that begins with it? */
function finds(query: string, text: string): boolean {
  const terms = searchTerms(text)
  const wanted = queryTerms(query)
  return (
    wanted.length > 0 &&
    wanted.every(({ term, prefix }) =>
      terms.some((known) => (prefix ? known.startsWith(term) : known === term)),
    )
  )
}

test.each([
  ['독도', '독도는 우리 땅이다'],
  ['독도', '그는 독도에 갔다'],
  ['日韓', '日韓関係の改善'],
  ['日韓関係', '今後の日韓関係を考える'],
  ['関係', '日韓関係'],
  ['日', '今日。'],
  ['日', '日本'],
  ['年', '2018年に'],
  ['ガンダム', 'ｶﾞﾝﾀﾞﾑの話'],
  ['court', 'The courts have ruled'],
  ['COURT', 'the court'],
  ['japan', 'ＪＡＰＡＮ'],
  ['Takeshima', 'Dokdo/Takeshima'],
  ['dokdo takeshima', 'Takeshima, or Dokdo'],
  ['cafe', 'Le Café'],
  ['CAFÉ', 'un cafe'],
  ['strasse', 'Die Straße'],
  ['istanbul', 'İSTANBUL'],
  ['елка', 'Ёлка'],
  ['σισυφος', 'Ο ΣΊΣΥΦΟΣ'],
  ['كتاب', 'كِتَابٌ'],
  ['كتاب', 'كتـــاب'],
  ['احمد', 'قال أحمد'],
  ['میخواهم', 'می\u200cخواهم'],
  ['שלום', 'שָׁלוֹם'],
  ['ไทย', 'ประเทศไทยวันนี้'],
  ['हिन्दी', 'यह हिन्दी है'],
  ['don’t', "I don't"],
  ['file', 'ﬁle'],
  ['m²', 'm2'],
  ['kbs', 'KBS는'],
])('%s finds "%s"', (query, text) => expect(finds(query, text)).toBe(true))

test.each([
  ['독도', '독서와 온도'],
  ['日韓', '日中韓'],
  ['art', 'the start'],
  ['an', 'another'],
  ['2018', '20189'],
  ['court fees', 'the court'],
  ['', 'anything'],
  ['?!', 'anything?!'],
])('%s does not find "%s"', (query, text) => expect(finds(query, text)).toBe(false))

test('terms hold nothing that a query language could read as its own', () => {
  expect(searchTerms("'; DROP TABLE & | ! :* <-> \\ ( )")).toEqual(['drop', 'table'])
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
      for (const term of [...searchTerms(text), ...queryTerms(text).map(({ term }) => term)]) {
        expect(term).toMatch(/^[\p{L}\p{M}\p{N}]{1,60}$/u)
      }
    }),
    { numRuns: 3000 },
  )
})

const words = fc.constantFrom(
  '독도는',
  '日韓関係',
  'court',
  'café',
  'ﷺ',
  'ß',
  'ｶﾞ',
  'กำ',
  'می\u200cخ',
  'İ',
  'x2',
  '5',
  '-',
  ' ',
  '"',
  'Ǆ',
  '각\u0301',
)

test('a text is found by itself', () =>
  fc.assert(
    fc.property(
      fc.array(words, { maxLength: 8 }).map((parts) => parts.join('')),
      (text) => {
        fc.pre(queryTerms(text).length > 0)
        expect(finds(text, text)).toBe(true)
      },
    ),
    { numRuns: 2000 },
  ))

test('composition does not matter', () =>
  fc.assert(
    fc.property(
      fc.array(words, { maxLength: 8 }).map((parts) => parts.join('')),
      (text) => {
        expect(searchTerms(text.normalize('NFD'))).toEqual(searchTerms(text.normalize('NFC')))
      },
    ),
  ))

test('however long a text or a query, the terms are few and short', () => {
  const ideographs = Array.from({ length: 13_000 }, (_, i) =>
    String.fromCodePoint(0x4e00 + ((i * 7919) % 20_000)),
  ).join('')
  expect(searchTerms(ideographs)).toHaveLength(3000)
  expect(queryTerms(ideographs)).toHaveLength(32)
  expect(searchTerms('x'.repeat(40_000))).toEqual(['x'.repeat(60)])
  expect(searchTerms(`ก${'\u0e47'.repeat(13_000)}`)[0]).toHaveLength(60)
  expect(searchTerms('court court Court')).toEqual(['court'])
})
