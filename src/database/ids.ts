/** Ids are UUIDv7 (RFC 9562): ordered by time, so that order by id is order of posting. */
import { randomBytes, randomFillSync } from 'node:crypto'

let lastTime = 0
let lastCount = 0

/** A new id for `time` (milliseconds since 1970; the past for imported comments). Ids made for the present by one
 *  process ascend strictly: RFC 9562, method 1, a 12-bit counter in rand_a that carries over into the next millisecond. */
export function newId(time = Date.now()): string {
  const now = Date.now()
  if (time < now - 1000) return layOut(time, randomBytes(2).readUInt16BE() & 0xfff)
  if (time > lastTime) {
    lastTime = time
    lastCount = randomBytes(1)[0]!
  } else if (++lastCount > 0xfff) {
    lastTime += 1
    lastCount = 0
  }
  return layOut(lastTime, lastCount)
}

/** `count` ascending ids for rows whose time is unknown or equal, in their order (at most 4,096 a millisecond). */
export const newIds = (count: number, time = Date.now()): string[] =>
  Array.from({ length: count }, (_, n) => layOut(time + Math.floor(n / 4096), n % 4096))

/** Random bytes are drawn for many ids at once: one draw costs as much as a thousand bytes. */
const pool = Buffer.alloc(4_096)
let drawn = pool.length

function layOut(time: number, counter: number): string {
  if (drawn + 16 > pool.length) {
    randomFillSync(pool)
    drawn = 0
  }
  const bytes = pool.subarray(drawn, drawn + 16)
  drawn += 16
  bytes.writeUIntBE(time, 0, 6)
  bytes.writeUInt16BE(0x7000 | counter, 6)
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Whether a text from outside is an id in canonical form; PostgreSQL would refuse others with an error. */
export const isId = (text: string): boolean => pattern.test(text)
