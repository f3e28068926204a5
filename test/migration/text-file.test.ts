import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { readTextFile } from '../../src/migration/text-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'detente-text-file-'))
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0
function write(content: string | Buffer | number[]): string {
  const path = join(folder, `${++files}.txt`)
  writeFileSync(path, Array.isArray(content) ? Buffer.from(content) : content)
  return path
}
const read = (content: string | Buffer | number[]) => readTextFile(write(content))

test('text of any script comes back as it stands in the file, with its lines', async () => {
  expect(await read('Ferry\n日本 太郎さん\n\nعمر 👩‍👩‍👧\n')).toEqual({
    text: 'Ferry\n日本 太郎さん\n\nعمر 👩‍👩‍👧\n',
    lines: ['Ferry', '日本 太郎さん', '', 'عمر 👩‍👩‍👧', ''],
  })
})

test.each([
  ['CRLF', 'a\r\n\r\nb', ['a', '', 'b']],
  ['CR', 'a\r\rb', ['a', '', 'b']],
  ['mixed', 'a\nb\r\nc\rd', ['a', 'b', 'c', 'd']],
])('line ends as %s count as an editor counts them', async (_, text, lines) => {
  expect(await read(text)).toEqual({ text, lines })
})

test('a byte order mark is no part of the text', async () => {
  expect(await read('\ufeffFerry\nrow')).toEqual({ text: 'Ferry\nrow', lines: ['Ferry', 'row'] })
})

test('a replacement character that stands in the file is text like any other', async () => {
  expect(await read('\ufeffa \ufffd b')).toEqual({ text: 'a \ufffd b', lines: ['a \ufffd b'] })
})

test('a link to a file is read like the file', async () => {
  const path = join(folder, 'link')
  symlinkSync(write('Ferry'), path)
  expect(await readTextFile(path)).toEqual({ text: 'Ferry', lines: ['Ferry'] })
})

const latin1 = (text: string) => Buffer.from(text, 'latin1')
const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))))

test.each<[string, Buffer, string, number, number]>([
  ['Latin-1', latin1('one\ntwo\nthe small caf\u00e9 is'), '0xE9', 3, 14],
  ['Latin-1 at the end of the file', latin1('caf\u00e9'), '0xE9', 1, 4],
  ['a character cut off at the end of the file', bytes('日本\n太', [0xe9, 0x83]), '0xE9', 2, 2],
  ['a lone continuation byte', bytes('ab', [0x80]), '0x80', 1, 3],
  ['an overlong form', bytes('ab', [0xc0, 0xaf]), '0xC0', 1, 3],
  ['a surrogate', bytes('ab', [0xed, 0xa0, 0x80]), '0xED', 1, 3],
  ['a code point beyond Unicode', bytes('ab', [0xf4, 0x90, 0x80, 0x80]), '0xF4', 1, 3],
  ['a bad byte behind a byte order mark', bytes('\ufeffab', [0xff]), '0xFF', 1, 3],
  ['a bad byte behind a replacement character', bytes('\ufffd\n\ufffd', [0xe9]), '0xE9', 2, 2],
  ['a bad byte behind characters of several code points', bytes('👩‍👩‍👧e\u0301한', [0xe9]), '0xE9', 1, 4],
  ['a bad byte behind CRLF', bytes('a\r\n\r\nb', [0xe9]), '0xE9', 3, 2],
])('%s is refused with byte, line and column', async (_, content, byte, line, column) => {
  expect(await read(content)).toEqual({
    message: `not UTF-8 (byte ${byte}); save the file as UTF-8`,
    line,
    column,
  })
})

test.each<[string, Buffer, string, number]>([
  ['little-endian', Buffer.from('\ufeffFerry row', 'utf16le'), '0xFF', 1],
  ['big-endian', Buffer.from('\ufeffFerry row', 'utf16le').swap16(), '0xFE', 1],
  ['little-endian and unmarked', Buffer.from('Ferry row', 'utf16le'), '0x00', 2],
  ['big-endian and unmarked', Buffer.from('Ferry row', 'utf16le').swap16(), '0x00', 1],
])('%s UTF-16 is called by its name', async (_, content, byte, column) => {
  expect(await read(content)).toEqual({
    message: `not UTF-8 (byte ${byte}, looks like UTF-16); save the file as UTF-8`,
    line: 1,
    column,
  })
})

test('a NUL byte makes a file binary, at its place', async () => {
  expect(await read('Ferry\nrow \0 end')).toEqual({
    message: 'binary, not text (NUL byte)',
    line: 2,
    column: 5,
  })
})

test('many control characters make a file binary; a few stray ones do not', async () => {
  expect(await read('Ferry\nab\x01\x02\x03c')).toEqual({
    message: 'binary, not text (control character 0x01 and more)',
    line: 2,
    column: 3,
  })
  const stray = `${'The ferry sails at noon. '.repeat(5)}\x0c\x1b`
  expect(await read(stray)).toEqual({ text: stray, lines: [stray] })
})

test('a NUL byte far along one endless line is found in good time', async () => {
  const content = bytes('あ👍'.repeat(500_000), [0])
  expect(await read(content)).toEqual({ message: 'binary, not text (NUL byte)', line: 1, column: 1_000_001 })
})

test.each([
  ['no byte', '', 'empty'],
  ['only a byte order mark', '\ufeff', 'empty'],
  ['only blank space', ' \r\n\t\u00a0\u200b\n', 'empty (nothing but blank space)'],
])('a file with %s is empty', async (_, content, message) => {
  expect(await read(content)).toEqual({ message, line: 1, column: 1 })
})

test('a file that is not there is said to be missing', async () => {
  expect(await readTextFile(join(folder, 'nothing.txt'))).toEqual({ message: 'no such file' })
  expect(await readTextFile(join(write('Ferry'), 'below.txt'))).toEqual({ message: 'no such file' })
})

test('a link that leads to itself is refused', async () => {
  const path = join(folder, 'circle')
  symlinkSync(path, path)
  expect(await readTextFile(path)).toEqual({ message: 'its links go in a circle' })
})

test('a folder is refused', async () => {
  expect(await readTextFile(folder)).toEqual({ message: 'a folder, not a file' })
})

const special = { message: 'not a regular file (a device, pipe or socket)' }

test.skipIf(!existsSync('/dev/zero'))('a device without end is refused before it is opened', async () => {
  expect(await readTextFile('/dev/zero')).toEqual(special)
})

test.skipIf(process.platform === 'win32')(
  'a pipe that nobody writes to is refused without waiting',
  async () => {
    const path = join(folder, 'pipe')
    execFileSync('mkfifo', [path])
    expect(await readTextFile(path)).toEqual(special)
  },
)

test.skipIf(process.platform === 'win32')('a socket is refused', async () => {
  const path = join(folder, 'socket')
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(path, resolve))
  expect(await readTextFile(path)).toEqual(special)
  await new Promise((resolve) => server.close(resolve))
})

test('a file of 1 GB is refused by its size, unread', async () => {
  const path = write('Ferry')
  truncateSync(path, 1_000_000_000)
  expect(await readTextFile(path)).toEqual({ message: 'too large (1 GB; at most 5 MB)' })
})

test('the limit can be set, and is itself allowed', async () => {
  const path = write('123456789')
  expect(await readTextFile(path, { maxBytes: 9 })).toEqual({ text: '123456789', lines: ['123456789'] })
  expect(await readTextFile(path, { maxBytes: 8 })).toEqual({
    message: 'too large (9 bytes; at most 8 bytes)',
  })
})

const growing = '/proc/self/status' // its size is 0, and yet there is text in it
test.skipIf(!existsSync(growing))(
  'a file that holds more than its size says is still held to the limit',
  async () => {
    expect(await readTextFile(growing, { maxBytes: 100 })).toEqual({
      message: 'too large (more than 100 bytes came while reading; at most 100 bytes)',
    })
  },
)

test('whatever the bytes, the answer is the very text or a refusal, never an exception', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 40 }), async (content) => {
      const answer = await read(Buffer.from(content))
      if ('message' in answer)
        expect(answer).toMatchObject({ line: expect.any(Number), column: expect.any(Number) })
      else expect(Buffer.from(answer.text)).toEqual(Buffer.from(content))
    }),
    { examples: [[Uint8Array.of(0xff, 0xfe)], [Uint8Array.of(0x0d, 0x0a, 0x61)]] },
  )
})

test('whatever the text, it comes back whole', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1 }), async (text) => {
      const answer = await read(`Ferry ${text}`)
      expect('message' in answer ? answer.message : answer.text).toBe(`Ferry ${text}`)
    }),
  )
})
