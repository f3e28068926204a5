/** Readers with an open page: streams of server-sent events, and when each comment reached each of them. */
import { connect, type Socket } from 'node:net'
import { answerMessages } from './child.ts'
import { clock } from './measures.ts'

export type ListenersMessage = { open: { port: number; story: string; count: number } } | { report: true }
/** Arrival times by comment id, one a listener that got it, in milliseconds of `clock`. */
export type Arrivals = { arrivals: Map<string, Float64Array>; closed: number }

let arrivals = new Map<string, number[]>()
let closed = 0

answerMessages(async (message: ListenersMessage): Promise<Arrivals | { opened: number }> => {
  if ('open' in message) {
    const { port, story, count } = message.open
    for (let opened = 0; opened < count; opened += 50)
      await Promise.all(Array.from({ length: Math.min(50, count - opened) }, () => listen(port, story)))
    return { opened: count }
  }
  const report = {
    arrivals: new Map([...arrivals].map(([id, times]) => [id, Float64Array.from(times)])),
    closed,
  }
  arrivals = new Map()
  return report
})

/** @returns once the stream says hello */
function listen(port: number, story: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let rest = ''
    let greeted = false
    socket.once('connect', () =>
      socket.write(
        `GET /api/stories/${story}/events HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: text/event-stream\r\n\r\n`,
      ),
    )
    socket.on('error', reject)
    socket.on('close', () => {
      closed += 1
    })
    socket.on('data', (chunk) => {
      const now = clock()
      const text = rest + chunk.toString('latin1')
      const end = text.lastIndexOf('\n') + 1
      rest = text.slice(end)
      if (!greeted && text.includes('event: hello')) {
        greeted = true
        resolve(socket)
      }
      for (const found of text.slice(0, end).matchAll(/"comment":"([0-9a-f-]{36})"/g)) {
        const times = arrivals.get(found[1]!)
        if (times) times.push(now)
        else arrivals.set(found[1]!, [now])
      }
    })
  })
}
