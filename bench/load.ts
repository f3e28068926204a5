/** The load: plain sockets that each send a request, wait for the whole answer, and send the next. Cheap enough that the
 *  server is what is measured: an answer costs the client a look for its length and nothing more. */
import { connect, type Socket } from 'node:net'
import { answerMessages } from './child.ts'
import { clock, percentile, seeded } from './measures.ts'
import { type TextLanguage, textLanguages, writeText } from './texts.ts'

export type Reads = { port: number; connections: number; seconds: number; requests: string[] }
export type Writes = {
  port: number
  connections: number
  seconds: number
  writes: { tokens: string[]; stories: string[]; seed: number }
}

export type LoadReport = {
  /** Answers with the status hoped for, per second. */
  rate: number
  answers: number
  bytes: number
  seconds: number
  p50: number
  p99: number
  slowest: number
  /** Answers by status, and the first that was not hoped for. */
  statuses: Record<number, number>
  odd: string | null
}

type Tally = { latencies: number[]; bytes: number; statuses: Record<number, number>; odd: string | null }

answerMessages(async (message: Reads | Writes): Promise<LoadReport> => {
  const isWrite = 'writes' in message
  const next = isWrite ? makeWriter(message.writes, message.port) : makeReader(message.requests)
  const hoped = isWrite ? 201 : 200
  const tally: Tally = { latencies: [], bytes: 0, statuses: {}, odd: null }
  const began = clock()
  const until = began + message.seconds * 1000
  await Promise.all(
    Array.from({ length: message.connections }, () => drive(message.port, next, { tally, hoped, until })),
  )
  const seconds = (clock() - began) / 1000
  return {
    rate: (tally.statuses[hoped] ?? 0) / seconds,
    answers: tally.latencies.length,
    bytes: tally.bytes,
    seconds,
    p50: percentile(tally.latencies, 0.5),
    p99: percentile(tally.latencies, 0.99),
    slowest: percentile(tally.latencies, 1),
    statuses: tally.statuses,
    odd: tally.odd,
  }
})

/** Requests that are made beforehand, one after the other. */
function makeReader(requests: string[]): () => string | Buffer {
  const ready = requests.map((request) => Buffer.from(request, 'latin1'))
  let n = 0
  return () => ready[n++ % ready.length]!
}

/** New comments: three languages in turn, each under a key of its own. */
function makeWriter({ tokens, stories, seed }: Writes['writes'], port: number): () => string | Buffer {
  const random = seeded(seed)
  const bodies = Array.from({ length: 600 }, (_, n) => {
    const body = JSON.stringify({
      text: writeText(textLanguages[n % textLanguages.length] as TextLanguage, random),
    })
    return { body, length: Buffer.byteLength(body) }
  })
  let n = 0
  return () => {
    n += 1
    const { body, length } = bodies[n % bodies.length]!
    return (
      `POST /api/stories/${stories[n % stories.length]}/comments HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n` +
      `Authorization: Bearer ${tokens[n % tokens.length]}\r\nIdempotency-Key: bench-${seed}-${n}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${body}`
    )
  }
}

/** One connection, until its time is over. */
function drive(
  port: number,
  next: () => string | Buffer,
  run: { tally: Tally; hoped: number; until: number },
): Promise<void> {
  const { tally, hoped, until } = run
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let sentAt = 0
    let left = 0
    let status = 0
    let head: Buffer | undefined
    const send = () => {
      sentAt = clock()
      if (sentAt >= until) {
        socket.destroy()
        resolve()
      } else socket.write(next())
    }
    const finish = () => {
      tally.latencies.push(clock() - sentAt)
      tally.statuses[status] = (tally.statuses[status] ?? 0) + 1
      send()
    }
    socket.once('connect', send)
    socket.on('error', reject)
    socket.on('end', () => reject(new Error('The server closed a connection.')))
    socket.on('data', (chunk) => {
      tally.bytes += chunk.length
      if (left > 0) {
        left -= chunk.length
        if (left <= 0) finish()
        return
      }
      const part = head ? Buffer.concat([head, chunk]) : chunk
      const end = part.indexOf('\r\n\r\n')
      if (end < 0) {
        head = part
        return
      }
      head = undefined
      const text = part.toString('latin1', 0, end)
      status = Number(text.slice(9, 12))
      const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1]
      if (length === undefined) {
        socket.destroy()
        reject(new Error(`An answer without a length: ${text}`))
        return
      }
      if (status !== hoped) tally.odd ??= part.toString('utf8').slice(0, 1_000)
      left = end + 4 + Number(length) - part.length
      if (left <= 0) finish()
    })
  })
}
