import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../context.ts'
import { sendProblem } from '../http/answer.ts'
import type { Server } from '../http/fastify.ts'
import { networkOf } from '../http/limits.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import { toPublicEvent } from './event-stream.ts'
import { listEvents, readPosition } from './store.ts'

/** Streams of one address at a time, and the bytes a slow reader may lag behind before it is let go. */
const STREAMS_PER_ADDRESS = 6
const MOST_UNSENT = 256 * 1024
/** Comment lines before the first event: proxies that hold back the first kilobytes let go of them. */
const PADDING = `:${' '.repeat(2048)}\n`

/** @param resolve a story by `:story` from the address */
export function liveRoutes(
  server: Server,
  app: App,
  resolve: (reference: string) => Promise<{ id: string } | Problem>,
): void {
  const streams = new StreamCount()

  server.get(
    '/api/stories/:story/events',
    {
      schema: {
        summary: 'What happens under a story, as server-sent events; as JSON, what happened after a number',
        params: Type.Object({ story: Type.String({ maxLength: 300 }) }),
        querystring: Type.Object({
          after: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
        }),
      },
    },
    async (request, reply) => {
      const story = await resolve(request.params.story)
      if (isProblem(story)) return sendProblem(reply, story)
      const after = readLast(request, request.query.after)
      const wantsStream = request.method === 'GET' && request.headers.accept?.includes('text/event-stream')
      if (!wantsStream) return answerList(app, reply, story.id, after ?? 0)
      if (!streams.open(networkOf(request.ip), reply.raw) && app.settings.rateLimits)
        return sendProblem(
          reply,
          refuse('rate-limited', `At most ${STREAMS_PER_ADDRESS} streams an address.`, { retryAfter: 30 }),
        )
      const number = (await readPosition(app.db, story.id))?.number ?? 0
      // A number that is still to come was never given out here: whoever has it starts from now.
      if (!reply.raw.closed) stream(app, reply, story.id, Math.min(after ?? number, number))
      return reply
    },
  )
}

/** Streams that are open, by the network they go to. */
class StreamCount {
  readonly #open = new Map<string, number>()

  /** Counts a stream until its answer closes. @returns whether the network may have one more */
  open(network: string, raw: FastifyReply['raw']): boolean {
    const before = this.#open.get(network) ?? 0
    if (before >= STREAMS_PER_ADDRESS || raw.closed) return false
    this.#open.set(network, before + 1)
    raw.once('close', () => {
      const left = (this.#open.get(network) ?? 1) - 1
      if (left > 0) this.#open.set(network, left)
      else this.#open.delete(network)
    })
    return true
  }
}

/** `Last-Event-ID` of a browser that comes back, or `?after=` of a page that knows what it shows. The larger wins:
 *  a browser keeps the page's address when it reconnects. */
function readLast(request: FastifyRequest, asked: number | undefined): number | undefined {
  const header = request.headers['last-event-id']
  const fromHeader = typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : undefined
  const given = [fromHeader, asked].filter((value) => value !== undefined)
  return given.length > 0 ? Math.max(...given) : undefined
}

async function answerList(app: App, reply: FastifyReply, storyId: string, after: number) {
  const events = await listEvents(app.db, storyId, after, 500)
  const comments = (await readPosition(app.db, storyId))?.comments ?? 0
  reply.header('cache-control', 'no-store')
  return reply.send({
    items: events.map((event) => toPublicEvent(event, comments)).filter((event) => event !== undefined),
    next: events.at(-1)?.number ?? after,
  })
}

function stream(app: App, reply: FastifyReply, storyId: string, last: number): void {
  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  })
  raw.write(`${PADDING}retry: 2000\nevent: hello\ndata: ${last}\n\n`)
  const listener = {
    last,
    write: (text: string) => {
      raw.write(text)
      return raw.writableLength < MOST_UNSENT
    },
    // One that lags behind is not waited for: it comes back and goes on where it was.
    close: () => void (raw.writableLength < MOST_UNSENT ? raw.end() : raw.destroy()),
  }
  let gone = false
  raw.on('close', () => {
    gone = true
    app.live.leave(storyId, listener)
  })
  raw.on('error', () => undefined)
  app.live
    .listen(storyId, listener, () => gone)
    .catch((error) => {
      app.log.warn({ err: error }, 'a live stream ended early')
      raw.destroy()
    })
}
