/** Bytes: what readers' connections carry. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { compressAsset } from '../../src/http/assets.ts'
import { packageRoot } from '../../src/settings/settings.ts'
import type { Bench } from '../bench.ts'
import { round } from '../measures.ts'
import { type Encoding, readPage } from '../pages.ts'
import { atMost, type Part } from '../report.ts'
import { listTargets } from './reading.ts'

const assets = ['embed.js', 'thread.js', 'page.css'] as const
const MOST_EMBED = 12_000
const forms: Encoding[] = ['identity', 'gzip', 'br']

export async function bytes(bench: Bench): Promise<Part> {
  await bench.fill('threads')
  const { port } = await bench.server()
  const pages: string[][] = []
  for (const { name, path } of await listTargets(bench)) {
    const weights = await Promise.all(
      forms.map(async (form) => (await readPage(port, path, form)).body.length),
    )
    pages.push([name, ...weights.map((weight) => round(weight))])
  }
  const weighed = assets.map((name) => {
    const body = readFileSync(join(packageRoot, 'dist/assets', name))
    return { name, weights: [body.length, gzipSync(body).length, compressAsset(body).length] }
  })
  const embed = weighed.find((asset) => asset.name === 'embed.js')!
  return {
    title: 'Bytes',
    how: ['Bodies as they are sent; Brotli and gzip at the levels the server uses.'],
    checks: [atMost('embed.js, Brotli', embed.weights[2]!, MOST_EMBED, 'bytes')],
    tables: [
      { title: 'Pages', head: ['', 'plain', 'gzip', 'Brotli'], rows: pages },
      {
        title: 'Scripts and styles',
        head: ['', 'plain', 'gzip', 'Brotli'],
        rows: weighed.map(({ name, weights }) => [name, ...weights.map((weight) => round(weight))]),
      },
    ],
    notes: embed.weights[0] === 0 ? ['embed.js is empty: there is no embed to weigh yet.'] : [],
  }
}
