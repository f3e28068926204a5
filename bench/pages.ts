/** Single requests: what a page weighs, how long one takes, and one that must be rendered anew. */
import { get, type IncomingHttpHeaders } from 'node:http'
import { brotliDecompressSync } from 'node:zlib'
import { clock } from './measures.ts'
import type { BenchServer } from './server.ts'

export type Encoding = 'br' | 'gzip' | 'identity'
export type Page = { status: number; headers: IncomingHttpHeaders; body: Buffer; ms: number }

/** The request as a browser's, short. */
export const writeRequest = (port: number, path: string, encoding: Encoding): string =>
  `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: text/html\r\nAccept-Language: en\r\nAccept-Encoding: ${encoding}\r\n\r\n`

/** @throws when the answer is not 200 */
export function readPage(port: number, path: string, encoding: Encoding): Promise<Page> {
  return new Promise((resolve, reject) => {
    const began = clock()
    get(
      {
        port,
        host: '127.0.0.1',
        path,
        headers: { accept: 'text/html', 'accept-language': 'en', 'accept-encoding': encoding },
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          const body = Buffer.concat(chunks)
          const { statusCode: status = 0, headers } = response
          if (status === 200) resolve({ status, headers, body, ms: clock() - began })
          else reject(new Error(`${path} answered ${status}: ${body.toString('utf8').slice(0, 500)}`))
        })
        response.on('error', reject)
      },
    ).on('error', reject)
  })
}

/** Makes the server believe that something was written under the story, as another process's write does: its event number
 *  moves on, and a NOTIFY says so. @returns the number, which stands in every page rendered from now on */
async function touchStory(server: BenchServer, story: string): Promise<number> {
  const { rows } = await server.sql.query<{ number: string }>(
    'update story set event_number = event_number + 1 where id = $1 returning event_number as number',
    [story],
  )
  const number = Number(rows[0]!.number)
  await server.sql.query(`select pg_notify('detente', $1)`, [`${story} ${number}`])
  return number
}

/** Milliseconds of the first request for a page that has just gone stale: looked up, rendered, compressed (br), sent.
 *  One that still gets the old page (the server has not heard yet) is not counted.
 *  @throws when the page stays the old one */
export async function timeUncached(
  server: BenchServer,
  page: { story: string; path: string },
): Promise<number> {
  const number = await touchStory(server, page.story)
  for (let tries = 0; tries < 100; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    const { body, ms } = await readPage(server.port, page.path, 'br')
    if (brotliDecompressSync(body).includes(`data-event="${number}"`)) return ms
  }
  throw new Error(`${page.path} was not rendered anew after a write.`)
}
