/** Looks a password up among those that became known, in a file that the operator keeps: SHA-1 hashes in hexadecimal, one
 *  a line in ascending order, each followed by a colon and a count or by nothing, as haveibeenpwned.com gives it (40 GB).
 *  A line may hold only the hash's beginning. Nothing is loaded: of a file of a billion lines, some forty are read. */
import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'

/** Bytes that hold a whole line, wherever in one they begin. */
const WINDOW = 256
/** A beginning shorter than this would stand for too many. Hexadecimal digits. */
const SHORTEST = 10

export async function isInFile(path: string, password: string): Promise<boolean> {
  const hash = createHash('sha1').update(password).digest('hex').toUpperCase()
  const file = await open(path)
  try {
    const line = await findLast(file, hash)
    return line.length >= SHORTEST && hash.startsWith(line)
  } finally {
    await file.close()
  }
}

/** The last line that does not come after the hash. */
async function findLast(file: FileHandle, hash: string): Promise<string> {
  let [low, high] = [0, (await file.stat()).size]
  let found = ''
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const line = await lineAfter(file, middle)
    if (line !== undefined && line.text <= hash) {
      found = line.text
      low = line.end
    } else high = middle
  }
  return found
}

/** The first line that begins at this byte or later; at the file's beginning, or after a line's end. */
async function lineAfter(file: FileHandle, at: number): Promise<{ text: string; end: number } | undefined> {
  const start = Math.max(0, at - 1)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(WINDOW), 0, WINDOW, start)
  const text = buffer.toString('latin1', 0, bytesRead)
  const begin = at === 0 ? 0 : text.indexOf('\n') + 1
  if ((at > 0 && begin === 0) || begin >= text.length) return undefined
  const lineEnd = text.indexOf('\n', begin)
  const end = lineEnd < 0 ? text.length : lineEnd + 1
  return { text: /^[0-9A-F]*/i.exec(text.slice(begin))![0].toUpperCase(), end: start + end }
}
