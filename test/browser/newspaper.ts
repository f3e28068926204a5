/** A newsroom's own site, on a host of its own: pages with what a newsroom writes into them, and its headers. */
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BrowserContext, Page } from 'playwright-core'

export type Newspaper = {
  /** http://news.test:… */
  origin: string
  port: number
  /** Puts a page at a path. */
  put: (path: string, page: { body: string; headers?: Record<string, string>; lang?: string }) => void
  stop: () => Promise<void>
}

export async function startNewspaper(): Promise<Newspaper> {
  const pages = new Map<string, (response: ServerResponse) => void>()
  const server = createServer((request, response) => {
    const page = pages.get(request.url ?? '/')
    if (page) page(response)
    else response.writeHead(404).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://news.test:${port}`,
    port,
    put: (path, { body, headers = {}, lang = 'en' }) =>
      pages.set(path, (response) => {
        const type = path.endsWith('.css') ? 'text/css' : 'text/html; charset=utf-8'
        const html = `<!doctype html><html lang="${lang}"><head><title>News</title></head><body>${body}</body></html>`
        response.writeHead(200, { 'content-type': type, ...headers }).end(path.endsWith('.css') ? body : html)
      }),
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A page whose browser keeps no cookies for other sites than the one in the address bar. Chromium's own switch, by its
 *  debugging protocol: the command line's `--test-third-party-cookie-phaseout` does nothing in the headless shell. */
export async function openWithoutForeignCookies(context: BrowserContext): Promise<Page> {
  const page = await context.newPage()
  const devtools = await context.newCDPSession(page)
  await devtools.send('Network.enable')
  // This Chromium asks for all three; later ones know the first alone.
  const controls = {
    enableThirdPartyCookieRestriction: true,
    disableThirdPartyCookieMetadata: false,
    disableThirdPartyCookieHeuristics: false,
  }
  await devtools.send('Network.setCookieControls', controls)
  return page
}
