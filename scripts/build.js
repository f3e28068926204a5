/** Builds what runs: the server into dist/main.js, scripts and styles of the pages into dist/assets.
 *  Plain JavaScript, so that a fresh checkout starts with nothing but its dependencies. */
import { dirname, resolve } from 'node:path'
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
  packages: 'external',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  sourcemap: true,
  logLevel: 'warning',
}

/** `import style from './x.css?text'`: a style sheet as text, for the embed to construct in its shadow. */
const styleAsText = {
  name: 'style-as-text',
  setup(build_) {
    build_.onResolve({ filter: /\.css\?text$/ }, ({ path, resolveDir }) => ({
      path: resolve(resolveDir, path.replace('?text', '')),
      namespace: 'style-text',
    }))
    build_.onLoad({ filter: /.*/, namespace: 'style-text' }, async ({ path }) => {
      const made = await build({
        entryPoints: [path],
        bundle: true,
        minify: true,
        write: false,
        target: pages.target,
      })
      return { contents: made.outputFiles[0].text, loader: 'text', watchFiles: [path] }
    })
  },
}

const pages = {
  absWorkingDir: root,
  entryPoints: [
    { in: 'browser/thread.ts', out: 'thread' },
    { in: 'browser/embed.ts', out: 'embed' },
    { in: 'browser/popup.ts', out: 'popup' },
    { in: 'browser/page.css', out: 'page' },
    { in: 'browser/thread.css', out: 'embed' },
  ],
  outdir: 'dist/assets',
  bundle: true,
  format: 'esm',
  target: ['chrome123', 'firefox121', 'safari17.5'],
  minify: true,
  plugins: [styleAsText],
  logLevel: 'warning',
}

export const buildServer = () => build(server)
export const buildPages = () => build(pages)

if (process.argv[1] === fileURLToPath(import.meta.url)) await Promise.all([buildServer(), buildPages()])
