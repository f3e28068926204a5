/** The floor: a bare node:http server that sends bytes made beforehand, the same that our pages are. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerMessages } from './child.ts'

export type FloorPage = { headers: Record<string, string>; identity: Uint8Array; br: Uint8Array }

const pages = new Map<
  string,
  {
    identity: Buffer
    br: Buffer
    plain: Record<string, string | number>
    brotli: Record<string, string | number>
  }
>()

const server = createServer((request, response) => {
  const page = pages.get(request.url ?? '')
  if (!page) {
    response.writeHead(404, { 'content-length': 0 })
    response.end()
    return
  }
  const wantsBrotli = request.headers['accept-encoding']?.includes('br')
  response.writeHead(200, wantsBrotli ? page.brotli : page.plain)
  response.end(wantsBrotli ? page.br : page.identity)
})

const listening = new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

answerMessages(async (given: Record<string, FloorPage>) => {
  for (const [path, { headers, identity, br }] of Object.entries(given))
    pages.set(path, {
      identity: Buffer.from(identity),
      br: Buffer.from(br),
      plain: { ...headers, 'content-length': identity.length },
      brotli: { ...headers, 'content-encoding': 'br', 'content-length': br.length },
    })
  await listening
  return { port: (server.address() as AddressInfo).port }
})
