import fc from 'fast-check'
import { expect, test } from 'vitest'
import { keepPassages, type Passage, readParagraphs } from '../../src/stories/body.ts'

const texts = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 8 })

/** The versions of a story, each written over the last; and every passage it ever had. */
function write(versions: string[][]): { versions: Passage[][]; all: Passage[] } {
  const all: Passage[] = []
  const written = versions.map((paragraphs) => {
    const kept = keepPassages(all, paragraphs)
    for (const passage of kept) if (!all.some(({ id }) => id === passage.id)) all.push(passage)
    all.sort((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)))
    return kept
  })
  return { versions: written, all }
}

const draw = (passages: Passage[]) => passages.map(({ id, text }) => `${id}:${text}`).join(' ')

test.each([
  ['a first version is numbered', ['a b c'], 'p1:a p2:b p3:c'],
  ['an added paragraph takes the next number', ['a b', 'a x b'], 'p1:a p3:x p2:b'],
  ['a changed paragraph is a new one', ['a b', 'a B'], 'p1:a p3:B'],
  ['a moved paragraph keeps its id', ['a b c', 'c a b'], 'p3:c p1:a p2:b'],
  ['a paragraph that comes back has its old id', ['a b', 'a', 'a b'], 'p1:a p2:b'],
  ['a number is never given twice', ['a b', 'a', 'a x'], 'p1:a p3:x'],
  ['two that read alike are two', ['a a'], 'p1:a p2:a'],
  ['of two that read alike the first stays', ['a a', 'a'], 'p1:a'],
  ['a third that reads alike is new', ['a a', 'a a a'], 'p1:a p2:a p3:a'],
  ['nothing is left of nothing', ['a', ''], ''],
])('%s', (_, versions, drawn) => {
  const written = write(versions.map((paragraphs) => paragraphs.split(' ').filter(Boolean)))
  expect(draw(written.versions.at(-1)!)).toBe(drawn)
})

test('ids are one passage’s each, within a version and for ever', () =>
  fc.assert(
    fc.property(fc.array(texts, { maxLength: 6 }), (history) => {
      const { versions, all } = write(history)
      for (const version of versions) expect(new Set(version.map(({ id }) => id)).size).toBe(version.length)
      const textOf = new Map(all.map(({ id, text }) => [id, text]))
      for (const { id, text } of versions.flat()) expect(textOf.get(id)).toBe(text)
    }),
  ))

test('the same text keeps its id, and a version that is put back is as it was', () =>
  fc.assert(
    fc.property(texts, fc.array(texts, { maxLength: 4 }), (first, between) => {
      const { versions } = write([first, ...between, first])
      expect(versions.at(-1)).toEqual(versions[0])
    }),
  ))

test('the texts of a version are what was handed in, in order', () =>
  fc.assert(
    fc.property(fc.array(texts, { maxLength: 5 }), (history) => {
      expect(write(history).versions.map((version) => version.map(({ text }) => text))).toEqual(history)
    }),
  ))

test.each([
  ['paragraphs', '<p>One.</p><p>Two.</p>', ['One.', 'Two.']],
  ['text without markup', 'One & all.', ['One & all.']],
  ['marks within a line', '<p>It is <b>very</b> <a href="/x">late</a>.</p>', ['It is very late.']],
  ['a single line break', '<p>One<br>line.</p>', ['One line.']],
  ['two line breaks', 'One.<br><br/>Two.', ['One.', 'Two.']],
  [
    'headings, quotes and lists',
    '<h2>Head</h2><blockquote><p>Quote</p></blockquote><ul><li>a</li><li>b</li></ul>',
    ['Head', 'Quote', 'a', 'b'],
  ],
  ['paragraphs that were never closed', '<p>One.<p>Two.', ['One.', 'Two.']],
  ['text between blocks', 'Zero.<p>One.</p>Two.', ['Zero.', 'One.', 'Two.']],
  ['empty paragraphs', '<p></p><p> &nbsp; </p><div><br></div>', []],
  [
    'character references',
    '<p>&lt;b&gt; &amp;amp; &quot;x&quot; &#x7af9;&eacute;</p>',
    ['<b> &amp; "x" 竹é'],
  ],
  ['tables', '<table><tr><td>a</td><td>b</td></tr></table>', ['a', 'b']],
  ['a script', '<p>One.</p><script>alert("two")</script><style>p{}</style>', ['One.']],
  ['a script within a word', 'On<script>alert(1)</script>e.', ['One.']],
  [
    'a frame with its fallback',
    '<p>One.</p><iframe src="//evil.example">look</iframe><noscript>no</noscript>',
    ['One.'],
  ],
  ['a picture with its handler', '<p>One.<img src=x onerror=alert(1)></p>', ['One.']],
  ['a comment with a tag', '<!-- <p>hidden</p> --><p>One.</p>', ['One.']],
  ['a section of CDATA', '<![CDATA[<p>x</p>]]><p>One.</p>', ['One.']],
  ['a tag that is not finished', '<p>One.</p><p onclick="', ['One.']],
  ['markup that was escaped twice', '<p>&amp;lt;script&amp;gt;</p>', ['&lt;script&gt;']],
  ['a drawing with text', '<p>One.</p><svg><text>no</text></svg>', ['One.']],
  ['pre-formatted lines', '<pre>a\n  b</pre>', ['a b']],
])('of a body with %s the words stay', (_, html, paragraphs) => {
  expect(readParagraphs(html)).toEqual(paragraphs)
})

test('whatever the HTML, what comes out is text that needs no escaping to be told from markup', () =>
  fc.assert(
    fc.property(
      fc.array(
        fc.constantFrom(
          '<p>',
          '</p>',
          '<',
          '>',
          '<div',
          ' x="',
          '"',
          '<br>',
          '&lt;',
          '&amp;',
          '&',
          'a',
          ' ',
          '<script>',
          '</script>',
          '<!--',
          '-->',
          '\n',
        ),
        { maxLength: 30 },
      ),
      (parts) => {
        for (const text of readParagraphs(parts.join('')) ?? []) {
          expect(text).toBe(text.trim())
          expect(text).not.toBe('')
          expect(text).not.toMatch(/\s\s|\n/)
        }
      },
    ),
    { numRuns: 500 },
  ))

test.each([
  ['opened tags', '<p>'.repeat(50_000)],
  ['nested blocks', '<div>'.repeat(500) + '<i>x</i>'.repeat(50_000) + '</div>'.repeat(500)],
  ['closing tags that close nothing', `${'<i>'.repeat(500)}${'</b>'.repeat(100_000)}`],
  ['drawings', '<svg><path/></svg>'.repeat(30_000)],
  ['brackets', '<'.repeat(200_000)],
  ['line breaks', '<br '.repeat(50_000)],
  ['blanks in a tag', `<p${' '.repeat(200_000)}>x`],
  ['line breaks with blanks', '<br> \n'.repeat(50_000)],
  ['references', '&amp;'.repeat(100_000)],
])('half a megabyte of %s is read at once', (_, html) => {
  expect(readParagraphs(html)?.length).toBeLessThan(60_000)
})

test.each([
  ['paragraphs', '<p>a'],
  ['list items', '<li>a'],
  ['rows and cells', '<tr><td>a'],
  ['terms', '<dt>a<dd>a'],
  ['line breaks', 'a<br><br>'],
  ['pictures', '<img src=a>a<hr>'],
  ['paragraphs within paragraphs', '<p>a</p></p>'],
  ['formulas', '<math><mi>x</mi></math>a<hr>'],
])('two thousand %s that nobody closed are not deep', (_, html) => {
  expect(readParagraphs(html.repeat(2_000))).toContain('a')
})

test('elements may stand in one another as deep as a browser lets them', () => {
  const nest = (depth: number) => `${'<div class=">">'.repeat(depth)}x`
  expect(readParagraphs(nest(512))).toEqual(['x'])
  expect(readParagraphs(nest(513))).toBeUndefined()
  expect(readParagraphs(`<!-- ${nest(600)} -->y`)).toEqual(['y'])
})

test.each([
  ['blocks', '<div>'],
  ['unknown elements', '<x-card>'],
  ['drawings that close themselves', '<svg/>'],
  ['drawings that end with what they stand in', '<b><svg></b>'],
  ['list items with an open paragraph', '<li><p>'],
  ['formulas', '<math>'],
])('three megabytes of nested %s are refused before they are read', (_, html) => {
  expect(readParagraphs(html.repeat(3_000_000 / html.length))).toBeUndefined()
})
