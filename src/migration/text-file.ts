// Reads a text file that somebody names on the command line, and trusts nothing about it: it may be a
// folder, a pipe, a disk image, a spreadsheet or text in another encoding. Whatever is refused is refused
// before it fills memory, and with the place where a person finds it in an editor.

import type { Stats } from 'node:fs'
import { constants } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { countGraphemes } from '../language/graphemes.ts'

/** `text` without its byte order mark; `lines` the same text cut at CRLF, LF and CR. */
export type TextFile = { text: string; lines: string[] }

/** `line` and `column` from 1, the column in characters as a reader sees them (graphemes). */
export type FileRefusal = { message: string; line?: number; column?: number }

/** A story page with its discussion is some hundred kB; this leaves room for the longest. */
const plainPageBytes = 5_000_000
const chunkBytes = 65_536

/** Share of control characters from which a file is no text. Stray ones come with copied text. */
const controlShare = 0.05

/** Whole text of a UTF-8 file, or why it can't be had: missing, no regular file, empty, larger than
 *  `maxBytes` (default 5 MB), binary, not UTF-8. Reads at most `maxBytes` + one chunk, whatever `stat` says. */
export async function readTextFile(
  path: string,
  { maxBytes = plainPageBytes }: { maxBytes?: number } = {},
): Promise<TextFile | FileRefusal> {
  try {
    // Asked before opening, since opening can act on a device or wait for a pipe's other end; asked again
    // of what was opened, since the name may have come to mean another file.
    const refusal = refuseStats(await stat(path), maxBytes)
    if (refusal) return refusal
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    try {
      const bytes = refuseStats(await file.stat(), maxBytes) ?? (await readBytes(file, maxBytes))
      return 'message' in bytes ? bytes : decodeText(bytes)
    } finally {
      await file.close()
    }
  } catch (error) {
    return explainError(error)
  }
}

function refuseStats(stats: Stats, maxBytes: number): FileRefusal | undefined {
  if (stats.isDirectory()) return { message: 'a folder, not a file' }
  if (!stats.isFile()) return { message: 'not a regular file (a device, pipe or socket)' }
  if (stats.size > maxBytes) return refuseSize(formatBytes(stats.size), maxBytes)
  return undefined
}

const refuseSize = (size: string, maxBytes: number): FileRefusal => ({
  message: `too large (${size}; at most ${formatBytes(maxBytes)})`,
})

function formatBytes(bytes: number): string {
  const [unit, size] =
    bytes >= 1e9 ? ['GB', 1e9] : bytes >= 1e6 ? ['MB', 1e6] : bytes >= 1e3 ? ['kB', 1e3] : ['bytes', 1]
  return `${Number((bytes / Number(size)).toFixed(1))} ${unit}`
}

/** Counts while reading: a file can grow, and some (under /proc) have size 0 and yet content. */
async function readBytes(file: FileHandle, maxBytes: number): Promise<Buffer | FileRefusal> {
  const chunks: Buffer[] = []
  let total = 0
  while (true) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, null)
    if (bytesRead === 0) return Buffer.concat(chunks, total)
    total += bytesRead
    if (total > maxBytes) return refuseSize(`more than ${formatBytes(maxBytes)} came while reading`, maxBytes)
    chunks.push(buffer.subarray(0, bytesRead))
  }
}

function decodeText(bytes: Buffer): TextFile | FileRefusal {
  const decoded = new TextDecoder().decode(bytes)
  const refusal =
    refuseUtf16(bytes, decoded) ?? refuseBinary(decoded, bytes.length) ?? refuseEncoding(decoded, bytes)
  if (refusal) return refusal
  if (/^[\s\p{Cf}]*$/u.test(decoded)) {
    return { message: decoded === '' ? 'empty' : 'empty (nothing but blank space)', line: 1, column: 1 }
  }
  return { text: decoded, lines: cutLines(decoded) }
}

const cutLines = (text: string) => text.split(/\r\n|\n|\r/)

/** UTF-16 by its byte order mark, or by NUL in most of the even or of the odd places, as Latin text has it. */
function refuseUtf16(bytes: Buffer, decoded: string): FileRefusal | undefined {
  const [first = 0, second = 0] = bytes
  const marked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
  if (!marked && !hasNulInTurn(bytes.subarray(0, 4096))) return undefined
  return {
    message: `not UTF-8 (byte ${hex(marked ? first : 0)}, looks like UTF-16); save the file as UTF-8`,
    ...placeAt(marked ? '' : decoded.slice(0, decoded.indexOf('\0'))),
  }
}

function hasNulInTurn(head: Buffer): boolean {
  let even = 0
  let odd = 0
  head.forEach((byte, i) => {
    if (byte === 0 && i % 2 === 0) even++
    if (byte === 0 && i % 2 === 1) odd++
  })
  const more = Math.max(even, odd)
  return head.length >= 4 && more * 2 > head.length * 0.8 && Math.min(even, odd) * 10 < more
}

function refuseBinary(decoded: string, length: number): FileRefusal | undefined {
  const nul = decoded.indexOf('\0')
  if (nul >= 0) return { message: 'binary, not text (NUL byte)', ...placeAt(decoded.slice(0, nul)) }
  // Tab, the line ends, vertical tab and form feed belong to text.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const controls = /[\x01-\x08\x0e-\x1f\x7f]/g
  const first = decoded.search(controls)
  if (first < 0 || decoded.match(controls)!.length < length * controlShare) return undefined
  return {
    message: `binary, not text (control character ${hex(decoded.charCodeAt(first))} and more)`,
    ...placeAt(decoded.slice(0, first)),
  }
}

/** The lenient decoder writes U+FFFD for what is not UTF-8. The first one that does not stand for those very
 *  three bytes in the file is the place. */
function refuseEncoding(decoded: string, bytes: Buffer): FileRefusal | undefined {
  const mark = [0xef, 0xbb, 0xbf].every((byte, i) => bytes[i] === byte) ? 3 : 0
  let offset = mark
  let from = 0
  for (let i = decoded.indexOf('\ufffd'); i >= 0; i = decoded.indexOf('\ufffd', from)) {
    offset += Buffer.byteLength(decoded.slice(from, i))
    if (!bytes.subarray(offset, offset + 3).equals(replacement)) {
      return {
        message: `not UTF-8 (byte ${hex(bytes[offset]!)}); save the file as UTF-8`,
        ...placeAt(decoded.slice(0, i)),
      }
    }
    offset += 3
    from = i + 1
  }
  return undefined
}

const replacement = Buffer.from('\ufffd')
const hex = (byte: number) => `0x${byte.toString(16).toUpperCase().padStart(2, '0')}`

/** Beyond this no person counts along the line, and counting graphemes takes long: code points will do. */
const longLine = 10_000

/** Where the character stands that comes after `before`. */
function placeAt(before: string): { line: number; column: number } {
  const lines = cutLines(before)
  const last = lines.at(-1)!
  return {
    line: lines.length,
    column: 1 + (last.length > longLine ? [...last].length : countGraphemes(last)),
  }
}

const explanations: Record<string, string> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EACCES: 'not allowed to read it',
  EPERM: 'not allowed to read it',
  ELOOP: 'its links go in a circle',
  ENAMETOOLONG: 'no such file (the name is too long)',
}

function explainError(error: unknown): FileRefusal {
  const code =
    error instanceof Error && 'code' in error && 'syscall' in error ? String(error.code) : undefined
  if (code === undefined) throw error
  return { message: explanations[code] ?? `can't be read (${code})` }
}
