import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type LabelledLine,
  type LineLabel,
  type PageRefusal,
  type PlainPage,
  parseLabels,
  parsePlainPage,
} from '../../src/migration/plain-page.ts'
import { readTextFile } from '../../src/migration/text-file.ts'

const norrland = [
  'Ministers of Norrland and Sundmark met on Thursday over the ferry that has not sailed since spring.',
  'Sundmark says the harbour dues were agreed in writing. Norrland says they were not.',
  'Both sides will meet again after the herring season.© NORDSUND',
  'Tove B. Lind',
  'My aunt has not seen her sister since April.',
  'Who is counting that?',
  'harbour_rat7',
  'The dues are public: https://dues.sundmark.example/tariff (page 4).',
  'https://norrland.example/treaty?article=9',
  'No treaty has been broken here.',
  'Tove B. Lind',
  'Article 9 says otherwise.',
]

const parse = (lines: string[], labels = '') => {
  const told = labels === '' ? new Map<number, LineLabel>() : parseLabels(labels)
  return 'message' in told ? told : parsePlainPage(lines, told)
}

function accept(lines: string[], labels = ''): PlainPage {
  const page = parse(lines, labels)
  if ('message' in page) throw new Error(page.message)
  return page
}

function refuse(lines: string[], labels = ''): PageRefusal {
  const page = parse(lines, labels)
  if (!('message' in page)) throw new Error(`accepted: ${JSON.stringify(page)}`)
  return page
}

/** The page in short: "Anna: first | second" for each comment. */
const draw = (page: PlainPage) =>
  page.comments.map(({ name, text }) => `${name}: ${text.replaceAll('\n\n', ' | ')}`)
const labelsOf = (page: PlainPage) => page.lines.map(({ label }) => label).join(' ')

const story = 'The ferry stays in port.'
/** A page of one paragraph, a credit, and what follows. */
const after = (...lines: string[]) => [`${story}© NORDSUND`, ...lines]

test('a copied page gives its story, its credit, its people and their comments', () => {
  expect(accept(norrland)).toEqual({
    paragraphs: [
      { line: 1, text: norrland[0] },
      { line: 2, text: norrland[1] },
      { line: 3, text: 'Both sides will meet again after the herring season.' },
    ],
    credit: '© NORDSUND',
    comments: [
      {
        name: 'Tove B. Lind',
        line: 4,
        text: 'My aunt has not seen her sister since April.\n\nWho is counting that?',
        paragraphs: 2,
        links: [],
      },
      {
        name: 'harbour_rat7',
        line: 7,
        text: `${norrland[7]}\n\n${norrland[8]}\n\n${norrland[9]}`,
        paragraphs: 3,
        links: ['https://dues.sundmark.example/tariff', 'https://norrland.example/treaty?article=9'],
      },
      { name: 'Tove B. Lind', line: 11, text: 'Article 9 says otherwise.', paragraphs: 1, links: [] },
    ],
    people: ['Tove B. Lind', 'harbour_rat7'],
    lines: expect.any(Array),
  })
})

test('each line is labelled and says why', () => {
  const lines = accept(norrland).lines
  const at = (line: number): LabelledLine | undefined => lines.find((entry) => entry.line === line)
  expect(at(1)).toEqual({ line: 1, label: 'story', text: norrland[0], why: 'before the credit' })
  expect(at(3)).toEqual({
    line: 3,
    label: 'story',
    text: norrland[2],
    why: 'before the credit; "© NORDSUND" at its end is the credit',
  })
  expect(at(7)?.why).toBe('short line after the credit without closing punctuation')
  expect(at(9)).toEqual({ line: 9, label: 'body', text: norrland[8], why: 'a link' })
  expect(at(10)?.why).toBe('ends with closing punctuation')
})

const realPage = fileURLToPath(new URL('../../../shared/data/story-page.txt', import.meta.url))
const hasRealPage = existsSync(realPage)
test.skipIf(!hasRealPage)(
  `a real wire story with its readers' comments is read whole${hasRealPage ? '' : ' (skipped: no ../shared/data)'}`,
  async () => {
    const file = await readTextFile(realPage)
    if ('message' in file) throw new Error(file.message)
    const page = accept(file.lines)
    expect(page.paragraphs).toHaveLength(11)
    expect(page.paragraphs.at(-1)?.text).toMatch(/Korean Peninsula\.$/)
    expect(page.credit).toBe('© KYODO')
    expect(page.people).toEqual([
      'P. Smith',
      'Coffee',
      'sakurasuki',
      'Falco',
      'oldman_13',
      'englisc aspyrgend',
    ])
    expect(page.comments.map(({ paragraphs }) => paragraphs)).toEqual([1, 3, 2, 5, 5, 2])
    expect(page.comments.map(({ links }) => links.length)).toEqual([0, 0, 1, 0, 1, 0])
    expect(page.comments.at(-1)?.text).toMatch(/^This is not even news\.\n\n/)
    expect(page.lines).toHaveLength(file.lines.filter((line) => line.trim() !== '').length)
  },
)

test('blank lines, trailing blanks, a byte order mark and no-break spaces change nothing', () => {
  const page = accept([
    `\ufeff${story} `,
    '',
    '\u00a0 \u3000',
    `Talks go on.© NORDSUND\t`,
    '\u200b',
    '\u00a0\u00a0Tove Lind\u00a0',
    '',
    '  Sail,\u00a0at last!  \r',
  ])
  expect(page.paragraphs).toEqual([
    { line: 1, text: story },
    { line: 4, text: 'Talks go on.' },
  ])
  expect(page.comments).toEqual([
    { name: 'Tove Lind', line: 6, text: 'Sail,\u00a0at last!', paragraphs: 1, links: [] },
  ])
})

// ---- Credits

test.each([
  ['© AP'],
  ['©AP'],
  ['© 2021 Kyodo News'],
  ['© Nordsund Press 2031. All rights reserved.'],
  ['Copyright © 2031 Nordsund'],
  ['Copyright 2031 The Nordsund Post. This material may not be published, broadcast or rewritten.'],
  ['(c) 2031 Nordsund'],
  ['ⓒ 연합뉴스'],
  ['(AFP)'],
  ['(AP, Reuters)'],
  ['(Nordsund News Agency)'],
  ['[Yonhap]'],
  ['— Reuters'],
  ['- Agence France-Presse'],
  ['(共同)'],
])('a credit on its own line, %s, is kept as printed', (credit) => {
  const page = accept([story, credit, 'Tove', 'Sail!'])
  expect(page.credit).toBe(credit)
  expect(page.paragraphs).toEqual([{ line: 1, text: story }])
  expect(labelsOf(page)).toBe('story credit name body')
})

test.each([
  ['The ferry stays.© KYODO', 'The ferry stays.', '© KYODO'],
  ['The ferry stays. © 2031 AFP', 'The ferry stays.', '© 2031 AFP'],
  ['“We sail.” © AP', '“We sail.”', '© AP'],
  ['A ferry without a full stop © AP', 'A ferry without a full stop', '© AP'],
  ['フェリーは出港しない。ⓒ共同通信', 'フェリーは出港しない。', 'ⓒ共同通信'],
  ['The ferry stays. (AFP)', 'The ferry stays.', '(AFP)'],
  ['The ferry stays.(Reuters)', 'The ferry stays.', '(Reuters)'],
  ['The well-known ferry stays. — Reuters', 'The well-known ferry stays.', '— Reuters'],
  ['The well-known ferry stays. - dpa', 'The well-known ferry stays.', '- dpa'],
  ['The ferry stays.—AFP/Reuters', 'The ferry stays.', '—AFP/Reuters'],
])('a credit is split off the end of "%s"', (line, text, credit) => {
  const page = accept([line, 'Tove', 'Sail!'])
  expect(page).toMatchObject({ paragraphs: [{ line: 1, text }], credit })
  expect(page.lines[0]).toMatchObject({ line: 1, label: 'story', text: line })
})

test.each([
  ['She later regretted it. (She says.)'],
  ['The council of the Inner Sounds (CIS)'],
  ['The ferry stays – for now'],
  ['He wrote a sign: ©'],
  ['(laughs)'],
])('"%s" ends in no credit', (line) => {
  expect(refuse([story, line, 'Tove', 'Sail!']).message).toContain('no agency credit')
})

test('a credit under a picture, with more story after it, stays in the story', () => {
  const page = accept([
    'A ferry in port on Monday. © AP',
    story,
    '© Bo Strand',
    story,
    'Talks go on. (AFP)',
    'Tove',
    'Sail!',
  ])
  expect(page.credit).toBe('(AFP)')
  expect(page.paragraphs.map(({ text }) => text)).toEqual([
    'A ferry in port on Monday. © AP',
    story,
    '© Bo Strand',
    story,
    'Talks go on.',
  ])
  expect(page.lines[0]?.why).toBe('before the credit; "© AP" stays in it, as the story goes on')
})

test('a credit above the story does not end it', () => {
  expect(accept(['© AP', 'Ferry talks', story, '© AP', 'Tove', 'Sail!']).paragraphs).toHaveLength(3)
})

test('a credit and a rights line below it are both kept', () => {
  const page = accept([`${story}© NORDSUND`, '© 2031 Nordsund Press. All rights reserved.', 'Tove', 'Sail!'])
  expect(page.credit).toBe('© NORDSUND\n© 2031 Nordsund Press. All rights reserved.')
})

test('a rights line at the foot of the page is nobody’s comment', () => {
  const page = accept(after('Tove', 'Sail!', '© 2031 The Norrland Courier'))
  expect(draw(page)).toEqual(['Tove: Sail!'])
  expect(page.lines.at(-1)).toMatchObject({ label: 'skip', why: 'rights line at the foot of the page' })
})

test('a credit that a reader quotes is that reader’s text', () => {
  const page = accept(
    after('Tove', 'Below the story it says:', '(AFP)', 'and nothing else.', 'Bo', 'So what?'),
  )
  expect(draw(page)).toEqual(['Tove: Below the story it says: | (AFP) | and nothing else.', 'Bo: So what?'])
  expect(page.credit).toBe('© NORDSUND')
})

// ---- Names

test.each([
  ['P. Smith'],
  ['oldman_13'],
  ['englisc aspyrgend'],
  ['日本 太郎さん'],
  ['عمر'],
  ['김하늘'],
  ['Анна-Мария О’Нил'],
  ['Maria K.'],
  ['Olav Dahl Jr.'],
  ['@tove'],
  ['Tove 🌊'],
  ['Tove (staff)'],
  ['1984'],
  ['x'.repeat(40)],
  ['👩‍👩‍👧'.repeat(39) + 'T'],
])('%s can be a name', (name) => {
  expect(draw(accept(after('Anna', 'Sail!', name, 'Why not now?')))).toEqual([
    'Anna: Sail!',
    `${name}: Why not now?`,
  ])
})

test.each([
  ['This is not even news.', 'ends with closing punctuation'],
  ['Really?!', 'ends with closing punctuation'],
  ['“Really?”', 'begins like a quotation or an item of a list'],
  ['He said “no.”', 'ends with closing punctuation'],
  ['Wait…', 'ends with closing punctuation'],
  ['今すぐ出港せよ。', 'ends with closing punctuation'],
  ['متى؟', 'ends with closing punctuation'],
  ['Quoting the minister:', 'ends with closing punctuation'],
  ['one two three four five', 'more than four words'],
  ['x'.repeat(41), 'longer than 40 characters'],
  ['> sail now', 'begins like a quotation or an item of a list'],
  ['- sail now', 'begins like a quotation or an item of a list'],
  ['https://norrland.example/a', 'a link'],
  ['www.norrland.example', 'a link'],
  ['norrland.example/a', 'a link'],
  ['See https://norrland.example', 'a link'],
  ['+++', 'no letter or digit'],
  ['(AFP)', 'looks like a credit, not a name'],
  ['Sail on! © Bo', 'looks like a credit, not a name'],
])('%s is part of a comment: %s', (line, why) => {
  const page = accept(after('Anna', 'Sail!', line, 'Bo', 'Why not now?'))
  expect(draw(page)).toEqual([`Anna: Sail! | ${line}`, 'Bo: Why not now?'])
  expect(page.lines.find(({ text }) => text === line)?.why).toBe(why)
})

test('a name is one person’s however often, and however it is encoded', () => {
  const page = accept(after('Zoë', 'Sail!', 'Zoe\u0308', 'Now!', 'Zoë\u200b', 'Please!', 'zoë', 'No!'))
  expect(page.people).toEqual(['Zoë', 'zoë'])
  expect(page.comments.map(({ name }) => name)).toEqual(['Zoë', 'Zoë', 'Zoë', 'zoë'])
})

test('the same comment twice stays twice, and the preview tells', () => {
  const page = accept(after('Tove', 'Sail!', 'Bo', 'Sail!', 'Tove', 'Sail!'))
  expect(draw(page)).toEqual(['Tove: Sail!', 'Bo: Sail!', 'Tove: Sail!'])
  expect(page.lines.filter(({ why }) => why.endsWith('the same comment stands at line 2'))).toMatchObject([
    { line: 6, label: 'name' },
  ])
})

test.each([
  [
    'Seen at https://a.example/x_(y), and https://b.example.',
    ['https://a.example/x_(y)', 'https://b.example'],
  ],
  ['https://a.example/b에서 봤다.', ['https://a.example/b']],
  ['https://a.example https://a.example', ['https://a.example']],
  ['javascript:alert(1) http:// xhttps://a.example http://user@a.example/', []],
])('links in "%s"', (body, links) => {
  expect(accept(after('Tove', body)).comments[0]).toMatchObject({ text: body, links })
})

// ---- Pages that leave something open

test('a page without a credit asks for the first name, and one label is enough', () => {
  const lines = [story, 'Talks go on.', 'Tove', 'Sail!', 'Bo', 'Never!']
  const refusal = refuse(lines)
  expect(refusal).toMatchObject({ line: 6, column: 1 })
  expect(refusal.message).toContain('no agency credit')
  expect(refusal.message).toContain('--label N=name')
  expect(refusal.message).toContain('(perhaps line 3, "Tove")')
  const page = accept(lines, '3=name')
  expect(page.credit).toBeNull()
  expect(page.paragraphs.map(({ line }) => line)).toEqual([1, 2])
  expect(draw(page)).toEqual(['Tove: Sail!', 'Bo: Never!'])
  expect(page.lines.map(({ why }) => why)).toEqual([
    'before the first name',
    'before the first name',
    'labelled by hand',
    'ends with closing punctuation',
    'short line after the first name without closing punctuation',
    'ends with closing punctuation',
  ])
})

test('a line after the credit that is no name is not guessed at', () => {
  const lines = after('Sign in to join the conversation.', 'Tove', 'Sail!')
  const refusal = refuse(lines)
  expect(refusal).toMatchObject({ line: 2, column: 1 })
  expect(refusal.message).toContain('no name (ends with closing punctuation) after the credit in line 1')
  expect(refusal.message).toContain('--label 2=skip')
  expect(labelsOf(accept(lines, '2=skip'))).toBe('story skip name body')
})

test('a comment that ends like a credit does not make the comments above it story', () => {
  const lines = after('Sign in to talk.', 'Tove', 'As on the sign: © Vik', 'Bo', 'Sail!')
  expect(refuse(lines)).toMatchObject({
    line: 2,
    message: expect.stringContaining('(perhaps line 3, "Tove")'),
  })
  expect(draw(accept(lines, '2=skip'))).toEqual(['Tove: As on the sign: © Vik', 'Bo: Sail!'])
})

test('a story with headings and pictures needs only its first name labelled', () => {
  const lines = ['In port. © AP', story, 'An old dispute', `${story} © NORDSUND`, 'Tove', 'Sail!']
  expect(refuse(lines)).toMatchObject({ line: 2, message: expect.stringContaining('--label N=name') })
  const page = accept(lines, '5=name')
  expect(labelsOf(page)).toBe('story story story story name body')
  expect(page.credit).toBe('© NORDSUND')
})

test('two names in a row are a short comment or a stray line: the reader of the preview decides', () => {
  const lines = after('12 comments', 'Tove', 'Sail!', 'Bo', 'Well said', 'Anna', 'Never!', 'Load more')
  const refusal = refuse(lines)
  expect(refusal).toMatchObject({ line: 2, column: 1 })
  expect(refusal.message).toBe(
    '"12 comments" looks like a name without a text; if line 3, "Tove", is that reader\'s comment, ' +
      'give --label 3=body; if it is no name, 2=skip (likewise line 5, 6, 9)',
  )
  expect(draw(accept(lines, '2=skip,6=body,9=skip'))).toEqual([
    'Tove: Sail!',
    'Bo: Well said',
    'Anna: Never!',
  ])
})

test('a last name without a comment is refused rather than dropped', () => {
  const lines = after('Tove', 'Sail!', 'Agreed')
  expect(refuse(lines)).toMatchObject({ line: 4, message: expect.stringContaining('--label 4=body') })
  expect(draw(accept(lines, '4=body'))).toEqual(['Tove: Sail! | Agreed'])
})

test('the column is where the text of the line begins', () => {
  expect(refuse(after('Tove', 'Sail!', ' \u00a0Agreed'))).toMatchObject({ line: 4, column: 3 })
})

test('a story that nobody commented on is no story with comments', () => {
  expect(refuse([story, '© AP'])).toMatchObject({
    line: 2,
    message: expect.stringContaining('the page ends at this credit, no comment follows'),
  })
})

test('comments without a story are refused', () => {
  expect(refuse(['Tove', 'Sail!'], '1=name')).toEqual({
    message: 'no line before the first name is left as story; label one, as in --label 1=story',
    line: 1,
    column: 1,
  })
})

test.each([
  ['HTML', ['<!DOCTYPE html>', '<title>Ferry</title>']],
  ['HTML', ['<div class="story">', 'The ferry stays.', '</div>']],
  ['HTML', ['<p>The ferry stays.</p>', '<p>Talks go on.</p>', 'Tove']],
  ['XML', ['<?xml version="1.0"?>', '<disqus xmlns="http://disqus.com">', 'text']],
  ['XML', ['<rss version="2.0"', 'xmlns:wp="http://wordpress.example/">', 'text']],
  ['JSON', ['{', '  "version": 1,', '  "users": []', '}']],
  ['JSON', ['{"version":1,"users":[]}', '{"id":"a"}']],
  ['JSON', ['[', '  { "id": 1 }', ']']],
  ['RTF', ['{\\rtf1\\ansi', 'The ferry stays.}']],
  ['a table (CSV)', ['id,author_id,body', '1,7,"Sail, now!"', '2,8,Never']],
  ['a table (CSV)', ['id\tauthor\tbody', '1\tTove\tSail, now!', '2\tBo\tNever']],
])('%s is called what it is', (format, lines) => {
  const refusal = refuse(['', ...lines])
  expect(refusal).toMatchObject({ line: 2, column: 1 })
  expect(refusal.message).toMatch(
    new RegExp(`^this is ${format.replace(/[()]/g, '\\$&')}, not the text of a page`),
  )
})

test.each([
  ['[Updated] The ferry stays.'],
  ['"We sail," he said.'],
  ['Norrland, Sundmark, Vik'],
  ['< Back to the front page'],
  ['{Ferry} talks go on.'],
])('a page may begin with "%s"', (first) => {
  expect(accept([first, ...norrland]).paragraphs[0]).toEqual({ line: 1, text: first })
})

test('blank lines are no page', () => {
  expect(refuse(['', ' \u00a0'])).toEqual({ message: 'empty (nothing but blank space)', line: 1, column: 1 })
})

// ---- Labels

test('labels are read from the command line’s text', () => {
  expect(parseLabels('13=name, 14 = BODY,13=name')).toEqual(
    new Map([
      [13, 'name'],
      [14, 'body'],
    ]),
  )
})

test.each([
  ['13=headline', 'unknown label "headline" for line 13; it can be story, credit, name, body or skip'],
  ['x=name', '"x" in "x=name" is no line number; lines are counted from 1'],
  ['0=name', '"0" in "0=name" is no line number; lines are counted from 1'],
  ['1.5=name', '"1.5" in "1.5=name" is no line number; lines are counted from 1'],
  ['-1=name', '"-1" in "-1=name" is no line number; lines are counted from 1'],
  ['9999999999=name', '"9999999999" in "9999999999=name" is no line number; lines are counted from 1'],
  ['13', '"13" is no label; write LINE=LABEL, for example 13=name,14=body'],
  ['13=', '"13=" is no label; write LINE=LABEL, for example 13=name,14=body'],
  ['13=name=body', '"13=name=body" is no label; write LINE=LABEL, for example 13=name,14=body'],
  ['', '"" is no label; write LINE=LABEL, for example 13=name,14=body'],
  ['13=name,', '"" is no label; write LINE=LABEL, for example 13=name,14=body'],
  ['13=name,13=body', 'line 13 is labelled both name and body'],
])('the label "%s" is refused: %s', (text, message) => {
  expect(parseLabels(text)).toEqual({ message })
})

test('a label for a line that is not there, or is blank, is refused', () => {
  expect(refuse(norrland, '13=name')).toEqual({ message: 'no line 13 to label name: the last is 12' })
  expect(refuse(['', ...norrland], '1=skip')).toEqual({
    message: 'blank: nothing to label skip',
    line: 1,
    column: 1,
  })
})

test.each([
  [
    'a skipped line is left out, and still told',
    '2=skip',
    'story skip story name body body name body body body name body',
  ],
  [
    'a comment’s line can be the story’s',
    '6=story',
    'story story story name body story name body body body name body',
  ],
  ['a name can be text', '7=body', 'story story story name body body body body body body name body'],
  ['text can be a name', '10=name,11=body', 'story story story name body body name body body name body body'],
  [
    'a credit can be named by hand',
    '2=credit',
    'story credit story name body body name body body body name body',
  ],
])('%s', (_, labels, expected) => {
  expect(labelsOf(accept(norrland, labels))).toBe(expected)
})

test('a heading after a picture’s credit is put right by calling it story', () => {
  const lines = ['A ferry in port. © AP', 'An old dispute', story, `${story} © NORDSUND`, 'Tove', 'Sail!']
  expect(labelsOf(accept(lines))).toBe('story name body body name body')
  const page = accept(lines, '2=story')
  expect(labelsOf(page)).toBe('story story story story name body')
  expect(page.credit).toBe('© NORDSUND')
})

test('a credit that no rule knows can be labelled', () => {
  const page = accept([story, 'From our man in Vik', 'Tove', 'Sail!'], '2=credit')
  expect(page.credit).toBe('From our man in Vik')
  expect(draw(page)).toEqual(['Tove: Sail!'])
})

test('a paragraph that ends in its credit stays story when it is labelled credit', () => {
  const page = accept(norrland, '3=credit')
  expect(page.credit).toBe('© NORDSUND')
  expect(page.paragraphs).toHaveLength(3)
  expect(page.lines[2]?.why).toBe('labelled credit; "© NORDSUND" at its end is the credit')
})

test.each([
  ['text before any name', '1=body', 'labelled body, but no name stands before it', 1],
  ['a name that no account can bear', '1=name', "can't be a name: longer than 40 characters", 1],
])('%s is refused at its line', (_, labels, message, line) => {
  expect(refuse(norrland, labels)).toMatchObject({
    message: expect.stringContaining(message),
    line,
    column: 1,
  })
})

// ---- Laws

const sentence = fc.constantFrom(
  story,
  'Talks go on. Nobody sails, and nobody says why.',
  'フェリーは出港しない。',
  '배는 아직 항구에 있다.',
  'لا تبحر العبارة اليوم.',
  'See https://norrland.example/a.',
  '> sail now',
  '(AFP)',
)
const anything = fc.string({ unit: 'grapheme', maxLength: 60 }).map((text) => text.replace(/[\r\n]/g, ' '))
const blank = fc.constantFrom('', ' ', '\u00a0', '\t')
const name = fc.constantFrom('Tove', 'P. Lind', '日本 太郎さん', 'عمر', 'harbour_rat7', 'Zoe\u0308')
const body = fc.oneof({ weight: 6, arbitrary: sentence }, anything, blank)
const credit = fc.constantFrom('© KYODO', '(AFP)', '— Reuters', '© 2031 Nordsund. All rights reserved.')
const page = fc
  .tuple(
    fc.array(fc.oneof({ weight: 6, arbitrary: sentence }, blank), { maxLength: 4 }),
    fc.tuple(sentence, credit, fc.constantFrom('', ' ')).map(([last, by, space]) => `${last}${space}${by}`),
    fc.array(fc.tuple(name, sentence, fc.array(body, { maxLength: 3 })), { minLength: 1, maxLength: 4 }),
    fc.oneof(fc.constant([]), fc.array(anything, { maxLength: 2 }), fc.constant(['© The Courier'])),
  )
  .map(([paragraphs, last, comments, rest]) => [...paragraphs, last, ...comments.flat(2), ...rest])
const labelling = fc.dictionary(
  fc.nat({ max: 20 }).map(String),
  fc.constantFrom<LineLabel>('story', 'credit', 'name', 'body', 'skip'),
  { maxKeys: 4 },
)

/** All characters that show, sorted, whatever their encoding. */
const ink = (texts: string[]) =>
  [
    ...texts
      .join('')
      .normalize('NFD')
      .replace(/[\s\p{Cf}\p{DI}]/gu, ''),
  ]
    .sort()
    .join('')

test('whatever the labels, every line is accounted for once and no character is lost', () => {
  let accepted = 0
  fc.assert(
    fc.property(page, labelling, (lines, told) => {
      const labels = new Map(Object.entries(told).map(([line, label]) => [Number(line) + 1, label]))
      for (const line of labels.keys()) if (!lines[line - 1]?.trim()) labels.delete(line)
      const result = parsePlainPage(lines, labels)
      if ('message' in result) {
        expect(result.line).toBeLessThanOrEqual(lines.length)
        return
      }
      accepted++
      expect(result.lines.map(({ line, text }) => ({ line, text }))).toEqual(
        lines.flatMap((raw, i) => (ink([raw]) === '' ? [] : { line: i + 1, text: raw.trim() })),
      )
      expect(
        ink([
          ...result.paragraphs.map(({ text }) => text),
          result.credit ?? '',
          ...result.comments.flatMap((comment) => [comment.name, comment.text]),
          ...result.lines.flatMap(({ label, text }) => (label === 'skip' ? text : [])),
        ]),
      ).toBe(ink(lines))
      expect(new Set(result.comments.map((comment) => comment.name))).toEqual(new Set(result.people))
      for (const [line, label] of labels) {
        const shown = result.lines.find((entry) => entry.line === line)!
        if (label !== 'credit') expect(shown.label).toBe(label)
      }
    }),
    { numRuns: 500 },
  )
  expect(accepted).toBeGreaterThan(100)
})

test('to say of each line what the preview says of it changes nothing', () => {
  let accepted = 0
  fc.assert(
    fc.property(page, (lines) => {
      const first = parsePlainPage(lines, new Map())
      if ('message' in first) return
      accepted++
      const again = parsePlainPage(lines, new Map(first.lines.map(({ line, label }) => [line, label])))
      expect(again).toEqual({ ...first, lines: expect.any(Array) })
    }),
    { numRuns: 300 },
  )
  expect(accepted).toBeGreaterThan(100)
})

test.each([
  [' '],
  ["'"],
  ['"'],
  ['('],
  ['©'],
  ['.'],
  ['— '],
  ['\u00a0x'],
  ['https://'],
  ['www.'],
  ['<a '],
  ['🙂'],
])('half a million times %j in a comment keeps nobody waiting', (odd) => {
  const text = Buffer.from(`Sail!${odd.repeat(500_000)}x`).toString()
  expect(accept(after('Tove', text)).comments[0]?.text).toBe(text)
})

test('neither do a hundred thousand credits', () => {
  const lines = [story, ...Array.from({ length: 100_000 }, () => '© AP')]
  expect(refuse(lines).message).toContain('no comment follows')
})
