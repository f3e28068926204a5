/** Scripts and styles: built into dist/assets, named by their content, so that browsers may keep them for good. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { packageRoot } from '../settings/settings.ts'
import type { Server } from './fastify.ts'
import { chooseEncoding, compress, type Encoding } from './page-cache.ts'

const types = { css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8' } as const

export type AssetName =
  | 'page.css'
  | 'download.js'
  | 'me.js'
  | 'thread.js'
  | 'embed.js'
  | 'embed-sso.js'
  | 'embed.css'
  | 'passkey.js'
  | 'popup.js'

type Asset = { path: string; type: string; forms: Record<Encoding, Buffer> }

const assets = new Map<AssetName, Asset>()

function loadAsset(name: AssetName): Asset {
  const known = assets.get(name)
  if (known) return known
  const body = readFileSync(join(packageRoot, 'dist/assets', name))
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 10)
  const asset: Asset = {
    path: `/assets/${hash}/${name}`,
    type: types[name.endsWith('.css') ? 'css' : 'js'],
    forms: { identity: body, br: compressAsset(body), gzip: compress(body, 'gzip') },
  }
  assets.set(name, asset)
  return asset
}

/** Made once and sent many times, so at Brotli's own best (its usual quality, 11). */
export const compressAsset = (body: Buffer): Buffer => brotliCompressSync(body)

/** Where a page finds an asset. */
export const assetPath = (name: AssetName): string => loadAsset(name).path

/** `/assets/<hash>/<name>` for our pages; `/embed.js`, `/embed-sso.js` and `/embed.css` for newsrooms' pages: their
 *  addresses cannot change, so they are asked for again every ten minutes. */
export function assetRoutes(server: Server): void {
  for (const name of ['page.css', 'download.js', 'me.js', 'thread.js', 'passkey.js', 'popup.js'] as const)
    server.get(`/assets/:hash/${name}`, { schema: { hide: true } }, (request, reply) =>
      send(request, reply, name, 'public, max-age=31536000, immutable'),
    )
  for (const name of ['embed.js', 'embed-sso.js', 'embed.css'] as const)
    server.get(`/${name}`, { schema: { hide: true } }, (request, reply) =>
      send(request, reply, name, 'public, max-age=600, stale-while-revalidate=86400'),
    )
}

function send(request: FastifyRequest, reply: FastifyReply, name: AssetName, keep: string): FastifyReply {
  const asset = loadAsset(name)
  const encoding = chooseEncoding(request.headers['accept-encoding'])
  if (encoding !== 'identity') reply.header('content-encoding', encoding)
  return reply
    .headers({
      'cache-control': keep,
      vary: 'Accept-Encoding',
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
    })
    .type(asset.type)
    .send(asset.forms[encoding])
}
