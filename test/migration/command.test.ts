import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CommanderError } from 'commander'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { App } from '../../src/context.ts'
import { importCommand } from '../../src/migration/command.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { copiedPage, hasRealPage, realPage } from './copied-page.ts'

let newsroom: Newsroom
let folder: string
let page: string

beforeAll(async () => {
  newsroom = await startNewsroom()
  folder = await mkdtemp(join(tmpdir(), 'detente-import-'))
  page = await write('page.txt', copiedPage.join('\n'))
})
afterAll(async () => {
  await rm(folder, { recursive: true })
  await newsroom.close()
})
afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = undefined
})

async function write(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(join(folder, name), content)
  return join(folder, name)
}

type Said = { out: string; err: string; exit: number }

/** Runs `detente import …` on a database, or where there is none. */
async function run(args: string[], app: App | null = newsroom.app): Promise<Said> {
  const said: Said = { out: '', err: '', exit: 0 }
  const hear = (name: 'out' | 'err') => (text: string | Uint8Array) => {
    said[name] += text
    return true
  }
  vi.spyOn(process.stdout, 'write').mockImplementation(hear('out'))
  vi.spyOn(process.stderr, 'write').mockImplementation(hear('err'))
  const command = importCommand(async (work) => {
    if (!app) throw new Error('the database was opened')
    return work(app)
  })
  try {
    await command.parseAsync(args, { from: 'user' })
    said.exit = Number(process.exitCode ?? 0)
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    said.exit = error.exitCode === 0 ? 0 : 2
  } finally {
    vi.restoreAllMocks()
    process.exitCode = undefined
  }
  return said
}

const dryRun = (...args: string[]) => run(['page', ...args, '--dry-run'], null)

test('a dry run shows every line with what it is and why, and opens no database', async () => {
  const { out, err, exit } = await dryRun(page)
  expect(out).toMatchInlineSnapshot(`
    "line  label   text                                                                                      why
       1  story   Ministers of Norrland and Sundmark met on Thursday over the ferry that has not sailed s…  before the credit
       2  story   Sundmark says the harbour dues were agreed in writing. Norrland says they were not.       before the credit
       3  story   Both sides will meet again after the herring season.© NORDSUND                            before the credit; "© NORDSUND" at its end is the credit
       4  name    Tove B. Lind                                                                              short line after the credit without closing punctuation
       5  body    My aunt has not seen her sister since April.                                              ends with closing punctuation
       6  body    Who is counting that?                                                                     ends with closing punctuation
       7  name    harbour_rat7                                                                              short line after the credit without closing punctuation
       8  body    The dues are public: https://dues.sundmark.example/tariff (page 4).                       a link
       9  body    https://norrland.example/treaty?article=9                                                 a link
      10  body    No treaty has been broken here.                                                           ends with closing punctuation
      11  name    Tove B. Lind                                                                              short line after the credit without closing punctuation
      12  body    Article 9 says *otherwise*.                                                               ends with closing punctuation

    12 lines read: 12 kept, 0 held, 0 skipped, 0 merged
    found: 3 paragraphs, credit © NORDSUND, 2 people, 6 comment paragraphs in 3 comments, 2 links
    not known: headline, byline, date, address, times of comments, votes
    dry run: nothing was imported
    "
  `)
  expect([err, exit]).toEqual(['', 0])
})

test('a line that is put right is shown so', async () => {
  const { out } = await dryRun(page, '--label', '5=skip', '--label', '6=skip,7=body')
  expect(out).toContain('2 not kept: labelled by hand (lines 5–6)')
  expect(out).toContain('1 person')
})

test('with --json a dry run prints one document, with the lines', async () => {
  const { out, err } = await dryRun(
    page,
    '--json',
    '--title',
    'No ferry',
    '--published',
    '2026-05-04T09:30:00+02:00',
  )
  const report = JSON.parse(out)
  expect(report).toMatchObject({ batch: null, dryRun: true, read: 12, kept: 12, stories: [] })
  expect(report.unknown).toEqual(['byline', 'address', 'times of comments', 'votes'])
  expect(report.lines[3]).toMatchObject({ line: 4, label: 'name', text: 'Tove B. Lind' })
  expect([out.trim().split('\n').length, err]).toEqual([1, ''])
})

test('rows fit the terminal, also where letters are two columns wide', async () => {
  const columnsBefore = process.stdout.columns
  const file = await write(
    'ja.txt',
    [...copiedPage.slice(0, 4), '海峡の渡し船は'.repeat(30), 'Short.'].join('\n'),
  )
  process.stdout.columns = 100
  const rows = (await dryRun(file)).out.split('\n').slice(0, 7)
  process.stdout.columns = columnsBefore
  const columnsOf = (row: string) => [...row].reduce((sum, letter) => sum + (letter > '\u3000' ? 2 : 1), 0)
  expect(Math.max(...rows.map(columnsOf))).toBeLessThanOrEqual(100)
  expect(
    new Set(rows.map((row) => columnsOf(row.slice(0, row.search(/ {2}(why|before|short|longer|ends)/)))))
      .size,
  ).toBe(1)
})

test('a file cannot write to the terminal but what it shows', async () => {
  const file = await write(
    'escape.txt',
    copiedPage.with(4, 'My aunt\u001b[2J\u001b]0;owned\u0007 has not.\u202e').join('\n'),
  )
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  expect((await dryRun(file)).out).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/)
})

test('an import says what it did and how to take it back; again it adds nothing; undone it is gone', async () => {
  const { db } = newsroom.app
  const done = await run(['page', page, '--url', `${newsroom.origin}/ferry`])
  const batch = /detente import undo (\S+)/.exec(done.out)?.[1] ?? ''
  expect([done.err, done.exit]).toEqual(['', 0])
  expect(done.out).toContain(
    '3 paragraphs, credit © NORDSUND, 2 people, 6 comment paragraphs in 3 comments, 2 links',
  )
  expect(await db.selectFrom('comment').select('id').execute()).toHaveLength(3)

  const again = JSON.parse((await run(['page', page, '--json'])).out)
  expect(again).toMatchObject({ batch, kept: 0, skipped: 12 })
  expect((await run(['page', page])).out).toContain(`nothing added: batch ${batch} has it already`)

  const other = await write('other.txt', copiedPage.with(4, 'My uncle, too.').join('\n'))
  const taken = await run(['page', other, '--url', `${newsroom.origin}/ferry/`])
  expect(taken).toMatchObject({ out: '', exit: 1 })
  expect(taken.err).toMatch(`${other}: ${newsroom.origin}/ferry/ is already the address of a story here`)

  expect((await run(['undo', batch])).out).toContain('1 story, 3 comments and 2 people are gone')
  expect(JSON.parse((await run(['undo', batch, '--json'])).out)).toMatchObject({ already: true, stories: 0 })
  expect((await run(['undo', batch])).out).toContain('nothing to do')
  expect(await db.selectFrom('comment').select('id').execute()).toEqual([])
  expect(await run(['undo', 'nonsense'])).toEqual({ out: '', err: 'No batch nonsense.\n', exit: 1 })
})

test.each<[string, string | Uint8Array, RegExp]>([
  ['empty', '', /empty/],
  ['blank', '\n \n', /^FILE:1:1: empty/],
  ['binary', new Uint8Array([72, 105, 10, 0, 1]), /^FILE:2:1: binary/],
  ['not UTF-8', new Uint8Array([72, 105, 10, 72, 0xe9, 10]), /^FILE:2:2: not UTF-8/],
  ['no page', 'One line.\nAnother.\n', /^FILE:2:1: no agency credit/],
  ['HTML', '<!doctype html>\n<html><body><p>Hi.</p></body></html>', /^FILE:1:1: this is HTML/],
  [
    'without end',
    ['First.', 'x'.repeat(20_001), ...copiedPage].join('\n'),
    /^FILE:2:1: a paragraph of 20001/,
  ],
])(
  'a file that is no page is refused before the database is opened, with its place: %s',
  async (name, content, message) => {
    const file = await write(name, content)
    const { out, err, exit } = await run(['page', file], null)
    expect(err.replaceAll(file, 'FILE')).toMatch(message)
    expect([out, exit]).toEqual(['', 1])
  },
)

test('a file that is not there is refused', async () => {
  expect(await run(['page', '/no/such/file'], null)).toEqual({
    out: '',
    err: '/no/such/file: no such file\n',
    exit: 1,
  })
})

test.each([
  ['page'],
  ['undo'],
  ['page', 'FILE', '--colour'],
  ['page', 'FILE', '--url', 'ftp://courier.example/'],
  ['page', 'FILE', '--url', 'courier.example'],
  ['page', 'FILE', '--title', ' '],
  ['page', 'FILE', '--published', 'yesterday'],
  ['page', 'FILE', '--published', '2026-02-30'],
  ['page', 'FILE', '--published', '2026-05-04T09:30:00'],
  ['page', 'FILE', '--label', '3=colour'],
  ['page', 'FILE', '--label', '3=name', '--label', '3=body'],
  ['pages', 'FILE'],
  [],
])('wrong usage is told from a refusal: %s %s %s %s', async (...args) => {
  const said = await run(
    args.map((arg) => (arg === 'FILE' ? page : arg)),
    undefined,
  )
  expect(said).toMatchObject({ out: '', exit: 2 })
  expect(said.err).not.toBe('')
})

test.each([['--help'], ['page', '--help'], ['undo', '--help']])('%s %s explains', async (...args) => {
  const { out, exit } = await run(args, null)
  expect(out).toContain('Usage: import')
  expect(exit).toBe(0)
})

test.skipIf(!hasRealPage)(
  `a real page is shown before it is imported${hasRealPage ? '' : ' (skipped: no ../shared/data)'}`,
  async () => {
    const { out } = await dryRun(realPage)
    expect(out).toContain(
      '11 paragraphs, credit © KYODO, 6 people, 18 comment paragraphs in 6 comments, 2 links',
    )
    expect(out).toContain('not known: headline, byline, date, address, times of comments, votes')
    expect(out).toMatch(/^ +12 {2}name {4}P\. Smith/m)
  },
)
