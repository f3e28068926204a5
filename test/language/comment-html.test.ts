import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  COMMENT_MAX_BYTES,
  excerpt,
  plainText,
  renderComment,
  renderMarkup,
} from '../../src/language/comment-html.ts'

const render = (source: string) => renderComment(source, null)
/** One paragraph's inside. */
const inside = (source: string) =>
  /^<p dir="auto">([\s\S]*)<\/p>$/.exec(render(source))?.[1] ?? render(source)
const link = (href: string, words: string) => `<a href="${href}" rel="ugc nofollow noopener">${words}</a>`

test.each([
  ['line breaks count', 'a\nb', 'a<br>\nb'],
  ['emphasis', 'a *b* __c__ _d_', 'a <em>b</em> <strong>c</strong> <em>d</em>'],
  [
    'emphasis in Japanese, where nobody puts spaces',
    '**「これ」**は*重要*だ',
    '<strong>「これ」</strong>は<em>重要</em>だ',
  ],
  ['emphasis before a Korean particle', '**"독도"**는', '<strong>&quot;독도&quot;</strong>는'],
  ['a star within a word is a star', 'f*ck this sh*t, 2*3*4', 'f*ck this sh*t, 2*3*4'],
  ['underscores within a word', 'a_b_c', 'a_b_c'],
  ['code', 'see `<b>`', 'see <code>&lt;b&gt;</code>'],
  ['escapes', '\\*not\\*', '*not*'],
  ['named and numbered characters', '&copy; &#233;', '© é'],
  ['special characters', `& < > " '`, '&amp; &lt; &gt; &quot; &#39;'],
  ['a year is no list', '1986. What a year', '1986. What a year'],
  ['stars are no rule and no list', '* * *', '* * *'],
  ['a dash alone is no list', '-', '-'],
  ['# is no heading', '# a', '# a'],
  ['a tone of voice is no code', '~~~\n정말', '~~~<br>\n정말'],
  ['pictures stay text', '![x](https://a.example/x.png)', `!${link('https://a.example/x.png', 'x')}`],
])('%s', (_, source, html) => expect(inside(source)).toBe(html))

test.each([
  ['paragraphs', 'a\n\nb', '<p dir="auto">a</p>\n<p dir="auto">b</p>'],
  ['a quote', '> a\n> b', '<blockquote dir="ltr">\n<p dir="auto">a<br>\nb</p>\n</blockquote>'],
  ['a list', '- a\n- b', '<ul dir="ltr">\n<li dir="ltr">a</li>\n<li dir="ltr">b</li>\n</ul>'],
  ['a numbered list', '1. a\n2. b', '<ol dir="ltr">\n<li dir="ltr">a</li>\n<li dir="ltr">b</li>\n</ol>'],
  [
    'a number out of order is kept',
    '1. a\n3. b',
    '<ol dir="ltr">\n<li dir="ltr">a</li>\n<li dir="ltr">3. b</li>\n</ol>',
  ],
  ['fenced code', '```js\n<x>\n```', '<pre dir="auto"><code>&lt;x&gt;\n</code></pre>'],
  [
    'words behind a fence are not lost',
    '``` so he said\nx',
    '<pre dir="auto"><code>so he said\nx</code></pre>',
  ],
  [
    'a quote of Arabic reads from the right',
    '> مرحبا',
    '<blockquote dir="rtl">\n<p dir="auto">مرحبا</p>\n</blockquote>',
  ],
  [
    'a quote without letters has the direction of its place',
    '> 1',
    '<blockquote dir="auto">\n<p dir="auto">1</p>\n</blockquote>',
  ],
  ['a blank text', ' \n ', ''],
])('blocks: %s', (_, source, html) => expect(render(source)).toBe(html))

test('in an Arabic comment a paragraph reads from the right though it begins with a foreign word', () => {
  expect(renderComment('UN: لا تعليق\n\nOK', 'ar')).toBe(
    '<p dir="rtl">UN: لا تعليق</p>\n<p dir="auto">OK</p>',
  )
  expect(renderComment('> *UN* لا', 'ar')).toBe(
    '<blockquote dir="ltr">\n<p dir="rtl"><em>UN</em> لا</p>\n</blockquote>',
  )
})

test.each([
  [
    'a bare address',
    'see https://a.example/b_c_d.',
    `see ${link('https://a.example/b_c_d', 'https://a.example/b_c_d')}.`,
  ],
  [
    'an address before a particle',
    'https://a.example/b에서',
    `${link('https://a.example/b', 'https://a.example/b')}에서`,
  ],
  [
    'an address in emphasis',
    '*https://a.example/*',
    `<em>${link('https://a.example/', 'https://a.example/')}</em>`,
  ],
  ['an address in angle brackets', '<https://a.example>', link('https://a.example/', 'https://a.example')],
  ['a mail address in angle brackets', '<desk@a.example>', link('mailto:desk@a.example', 'desk@a.example')],
  ['words', '[the *minutes*](https://a.example)', link('https://a.example/', 'the <em>minutes</em>')],
  ['no title', '[x](https://a.example "title")', link('https://a.example/', 'x')],
  [
    'no guessed addresses',
    'www.a.example desk@a.example ftp://a.example',
    'www.a.example desk@a.example ftp://a.example',
  ],
  [
    'words that name another place',
    '[bank.example](https://evil.example)',
    link('https://evil.example/', 'https://evil.example/'),
  ],
  [
    'words that name another place in parts',
    '[*bank*.example](https://evil.example)',
    link('https://evil.example/', 'https://evil.example/'),
  ],
  [
    'words that name it invisibly',
    '[bank.exa\u200bmple](https://evil.example)',
    link('https://evil.example/', 'https://evil.example/'),
  ],
  [
    'words that name it by references',
    '[bank&#46;example](https://evil.example)',
    link('https://evil.example/', 'https://evil.example/'),
  ],
  [
    'no words',
    '[](https://a.example) [\u200b](https://a.example)',
    `${link('https://a.example/', 'https://a.example/')} ${link('https://a.example/', 'https://a.example/')}`,
  ],
  ['no link to nowhere', '[x]()', 'x'],
  [
    'a host of two scripts',
    'https://pаypal.example/',
    link('https://xn--pypal-4ve.example/', 'https://xn--pypal-4ve.example/'),
  ],
  ['no direction marks in words', '[a\u200fb\u202ec](https://a.example)', link('https://a.example/', 'abc')],
  [
    'a link within a link',
    '[[a](https://a.example)](https://b.example)',
    `[${link('https://a.example/', 'a')}](${link('https://b.example', 'https://b.example').replace('.example"', '.example/"')})`,
  ],
  ['an address with a password', 'https://me:secret@a.example/', 'https://me:secret@a.example/'],
  [
    'quotation marks in an address',
    '<https://a.example/\'x">',
    link('https://a.example/&#39;x%22', 'https://a.example/&#39;x&quot;'),
  ],
])('links: %s', (_, source, html) => expect(inside(source)).toBe(html))

/** Every tag this product lets readers' text have, with every attribute as it must be. */
const TAG =
  /<(?:(?:p|pre|blockquote|ul|ol|li) dir="(?:auto|ltr|rtl)"|a href="(?:https?:\/\/|mailto:)[^"<>\s'`]+" rel="ugc nofollow noopener"|br|em|strong|code|\/(?:p|em|strong|blockquote|code|pre|ul|ol|li|a))>/g

function expectSafe(html: string) {
  const text = html.replace(TAG, '')
  expect(text).not.toMatch(/[<>"']|&(?!(?:amp|lt|gt|quot|#39);)/)
  expect(text).not.toMatch(/(?![\n\t])\p{Cc}|[\u202a-\u202e\u2066-\u2069\u200b\ufeff]/u)
  const open: string[] = []
  for (const [, slash, tag] of html.matchAll(/<(\/?)([a-z]+)/g)) {
    if (slash) expect(open.pop()).toBe(tag)
    else if (tag !== 'br') open.push(tag!)
  }
  expect(open).toEqual([])
  expect(html).not.toMatch(/<a [^>]*>(?:(?!<\/a>)[\s\S])*<a /)
}

test.each([
  '[x](javascript:alert(1))',
  '[x](JaVaScRiPt:alert(1))',
  '[x](javascript&colon;alert(1))',
  '[x](&#106;avascript:alert(1))',
  '[x](&#x6A&#x61;vascript:alert(1))',
  '[x](java&Tab;script:alert(1))',
  '[x](java&NewLine;script:alert(1))',
  '[x](<java\tscript:alert(1)>)',
  '[x](\\javascript:alert(1))',
  '[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)',
  '[x](data:image/png;base64,AAAA)',
  '[x](vbscript:msgbox(1))',
  '[x](file:///etc/passwd)',
  '[x](//evil.example)',
  '[x](/desk/queue)',
  '[x](https://a.example" onmouseover="alert(1))',
  '[x](https://a.example/&quot;onmouseover=alert(1))',
  '[x](https://a.example "\\" onmouseover=alert(1)")',
  '![x](javascript:alert(1))',
  '[x]: javascript:alert(1)\n\n[x]',
  '<javascript:alert(1)>',
  '<data:text/html,x>',
  '<img src=x onerror=alert(1)>',
  '<svg onload=alert(1)>',
  '<svg><animate onbegin=alert(1)>',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  '<script>alert(1)</script>',
  '<!--><script>alert(1)</script>-->',
  '<![CDATA[<script>alert(1)</script>]]>',
  '<a href="javascript:alert(1)">x</a>',
  '<textarea><xmp><noscript><iframe srcdoc="<script>alert(1)</script>">',
  '</p><script>alert(1)</script><p>',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '`</code><script>alert(1)</script>`',
  '```"><script>alert(1)</script>\n</code></pre><script>alert(1)</script>\n```',
  '*<b onclick=alert(1)>*',
  'https://a.example/"onmouseover="alert(1)',
  "https://a.example/'onmouseover='alert(1)",
  'https://a.example/<script>alert(1)</script>',
  '<https://a.example/"onclick="alert(1)>',
  '{{constructor.constructor("alert(1)")()}}',
  '&#0;&#x202E;&#8203;&#xFEFF;&#27;',
  '\u2028<script>\u2029',
  '__proto__ [__proto__](https://a.example) `constructor`',
])('hostile text comes out harmless: %s', (source) => {
  const html = render(source)
  expectSafe(html)
  for (const [, href] of html.matchAll(/href="([^"]*)"/g)) expect(href).toMatch(/^https?:\/\/a\.example/)
})

const marks = fc.constantFrom(
  ...[
    '*',
    '**',
    '_',
    '`',
    '```',
    '\n',
    '\n\n',
    '> ',
    '- ',
    '+ ',
    '1. ',
    '2) ',
    '1986. ',
    '[',
    '](',
    ')',
    '![',
    '<',
    '>',
    '&',
    '\\',
    '|',
  ],
  ...[
    'https://a.example',
    'http://',
    'https://b.example/(c)',
    'mailto:a@b.example',
    '://',
    'javascript:',
    'data:',
    ' ',
    '    ',
    '\t',
    '"',
    "'",
    ':',
    '#',
  ],
  ...[
    '&#x202e;',
    '&lt;',
    '&colon;',
    '&#106;',
    '&Tab;',
    '<b>',
    '<!--',
    '<script>',
    '\u200b',
    '\u202e',
    '\u200f',
    '「',
    '」',
    '日本',
    '한국',
    'مرحبا',
    'שלום',
  ],
  ...[
    'word',
    'Ωμ',
    '😀',
    'e\u0301',
    '\u00a0',
    '\u3000',
    '~~~',
    'onclick=',
    '\0',
    '\r',
    'https://раура1.example',
    'bank.example',
  ],
)
const sources = fc.oneof(
  fc.array(marks, { maxLength: 40 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 80 }),
)
const languages = fc.constantFrom(null, 'en', 'ar')

test('whatever is written, only allowed tags with our attributes come out, well nested', () =>
  fc.assert(
    fc.property(sources, languages, (source, language) => expectSafe(renderComment(source, language))),
    { numRuns: 4000 },
  ))

const unmarked = fc
  .array(
    fc.constantFrom(
      'word',
      ' ',
      '  ',
      '\n',
      '\n\n',
      '     ',
      '.',
      '-',
      '5',
      '"',
      "'",
      '>',
      'a>b',
      '日本',
      'مرحبا',
      '\u00a0',
      '\u3000',
      '😀',
      '(',
      ']',
      '!',
      '#',
      ' - ',
      '1.5',
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''))

test('text without marks takes a short way to the same HTML', () =>
  fc.assert(
    fc.property(unmarked, languages, (source, language) => {
      expect(renderComment(source, language)).toBe(renderMarkup(source, language))
    }),
    { numRuns: 4000 },
  ))

const textOf = (html: string) =>
  html
    .replace(/<[^>]*>/g, '')
    .replace(
      /&(amp|lt|gt|quot|#39);/g,
      (_, name: string) => ({ amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" })[name]!,
    )

test('no word is lost: what a page shows and what a feed says have every letter that was written', () => {
  const written = fc.array(
    fc.constantFrom(
      'alpha',
      'beta',
      '감마',
      '델타',
      '*',
      '**',
      '_',
      '`',
      '\n',
      '\n\n',
      '> ',
      '- ',
      '1. ',
      '7. ',
      '>> ',
      '    ',
      ' ',
      ')',
      '"',
      '\\',
      '「',
      '」',
      '* * *',
    ),
    { maxLength: 60 },
  )
  const letters = (text: string) => text.match(/\p{L}+/gu) ?? []
  fc.assert(
    fc.property(written, (parts) => {
      const source = parts.join('').replaceAll('```', '')
      const kept = letters(source.replace(/[\\*_`]/g, '')).join('')
      expect(letters(textOf(render(source))).join('')).toBe(kept)
      expect(letters(plainText(source)).join('')).toBe(kept)
    }),
    { numRuns: 4000 },
  )
})

test('markup nested beyond reading is shown, not lost', () => {
  expect(textOf(render(`${'>'.repeat(40)} deep`))).toContain('deep')
  expect(textOf(render(`${'- '.repeat(40)}deep`))).toContain('deep')
  expect(textOf(render(`${'['.repeat(40)}deep${']'.repeat(40)}`))).toContain('deep')
  expect(render(`${'*a '.repeat(40)}deep${' b*'.repeat(40)}`).split('<em>')).toHaveLength(5)
})

test('a text with more marks than a person sets is shown as it stands', () => {
  const source = '*a* '.repeat(600)
  expect(render(source)).toBe(`<p dir="auto">${source.trim()}</p>`)
  expect(plainText(source)).toBe(source.trim())
})

test.each([
  ['without marks', 'a *b* `c` [d](https://a.example)', 'a b c d'],
  ['addresses as they are shown', 'see <https://a.example>', 'see https://a.example'],
  ['paragraphs and lines apart', '> a\n> b\n\nc\n\n\nd', 'a\nb\n\nc\n\nd'],
  ['a line for each item', '- a\n- b\n\nc', 'a\nb\n\nc'],
  ['numbers of items', '1. a\n1. b', '1. a\n2. b'],
  ['special characters as themselves', '&lt;b> & "c"', '<b> & "c"'],
  ['code as it stands', '```\na *b*\n```\nc', 'a *b*\n\nc'],
  ['nothing of nothing', '', ''],
])('the plain text has %s', (_, source, text) => expect(plainText(source)).toBe(text))

test.each([
  ['short text is whole', '*All* is\n\nwell.', 20, 'All is well.'],
  ['long text ends with a whole word', 'The ferry has not been running', 20, 'The ferry has not…'],
  ['a word that fits is kept', 'The ferry has not', 10, 'The ferry…'],
  ['text without spaces is cut at a character', '日韓関係の改善について話し合う', 6, '日韓関係の…'],
  ['an emoji is not cut', '👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧', 2, '👨‍👩‍👧…'],
])('excerpt: %s', (_, source, max, text) => expect(excerpt(source, max)).toBe(text))

test('an excerpt is one line no longer than asked for', () =>
  fc.assert(
    fc.property(sources, fc.integer({ min: 1, max: 50 }), (source, max) => {
      const line = excerpt(source, max)
      expect([...new Intl.Segmenter('und').segment(line)].length).toBeLessThanOrEqual(max)
      expect(line).not.toContain('\n')
    }),
  ))

test('the longest comment that is taken is rendered whole', () => {
  const source = 'a '.repeat(COMMENT_MAX_BYTES / 2)
  expect(render(source)).toBe(`<p dir="auto">${source.trim()}</p>`)
})
