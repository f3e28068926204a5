#!/usr/bin/env node
/** `detente`: in a checkout, builds first what has changed since; in the package, what runs is there. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const built = join(root, 'dist/main.js')

/** The latest change in a folder of sources, in milliseconds since 1970. */
const changedAt = (folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true }).reduce(
    (latest, entry) =>
      entry.isFile() ? Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs) : latest,
    0,
  )

const isCheckout = existsSync(join(root, 'src/main.ts'))
if (
  isCheckout &&
  (!existsSync(built) || Math.max(changedAt('src'), changedAt('browser')) > statSync(built).mtimeMs)
) {
  const { buildServer, buildPages } = await import('../scripts/build.js')
  await Promise.all([buildPages(), buildServer()])
}
const { run } = await import('../dist/main.js')
process.exitCode = await run(process.argv.slice(2))
