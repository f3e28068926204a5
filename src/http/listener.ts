/** The one HTTP server of the process, in front of every site's routes and behind nothing. */
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { App } from '../context.ts'
import { problems } from '../problem.ts'
import type { Server } from './fastify.ts'
import { serveFromCache } from './shared-page.ts'

/** @param siteAt the site that a Host header names
 *  @param serverOf its routes, ready; made when it is first asked for */
export function makeListener(
  siteAt: (host: string | undefined) => App,
  serverOf: (app: App) => Promise<Server>,
): HttpServer {
  const ready = new Map<App, Server>()
  const listener = createServer((request, response) => {
    // While the server stops, what comes on a connection that is kept open is still answered, and is its last.
    if (!listener.listening) response.setHeader('connection', 'close')
    const app = siteAt(request.headers.host)
    if (serveFromCache(app, request, response)) return
    const server = ready.get(app)
    if (server) server.routing(request, response)
    else void begin(app, request, response)
  })

  const begin = async (app: App, request: IncomingMessage, response: ServerResponse) => {
    try {
      const server = await serverOf(app)
      ready.set(app, server)
      server.routing(request, response)
    } catch (error) {
      app.log.error({ err: error, site: app.site.id }, 'a bug: this site cannot be served')
      response.writeHead(500, { connection: 'close' }).end()
    }
  }

  listener.headersTimeout = 10_000
  listener.requestTimeout = 15_000
  // Longer than a proxy in front keeps a connection (60 s, as a rule), so that it never writes into one just closed.
  listener.keepAliveTimeout = 72_000
  listener.on('clientError', refuseUnread)
  return listener
}

/** @returns the address it listens at, http://127.0.0.1:… */
export async function listen(listener: HttpServer, port: number, host: string): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject)
    listener.listen(port, host, () => {
      listener.off('error', reject)
      resolve()
    })
  })
  const { port: taken } = listener.address() as AddressInfo
  return `http://${host.includes(':') ? `[${host}]` : host}:${taken}`
}

/** Takes no more connections and waits for the requests that run. */
export const drain = (listener: HttpServer): Promise<void> =>
  new Promise((resolve) => {
    listener.close(() => resolve())
    listener.closeIdleConnections()
  })

/** What is no HTTP, or too much of it, gets its answer straight on the socket: there is no request to reply to. */
function refuseUnread(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [line, detail] = unread[error.code ?? ''] ?? ['400 Bad Request', 'The request could not be read.']
  const { title } = problems['body-malformed']
  const body = JSON.stringify({
    type: '/problems/body-malformed',
    title,
    status: Number(line.slice(0, 3)),
    detail,
  })
  const head = `content-type: application/problem+json; charset=utf-8\r\ncontent-length: ${body.length}\r\nconnection: close`
  socket.end(`HTTP/1.1 ${line}\r\n${head}\r\n\r\n${body}`)
}

const unread: Record<string, [string, string]> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'The headers are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request took too long to arrive.'],
}
