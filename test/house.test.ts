/** The house (docs/ARCHITECTURE.md): a room imports only from rooms below it, no file needs itself through others,
 *  no drawers, nothing of the server in a reader's browser. Types count as imports. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')

/** The floor first. context.ts is what app.ts makes and every room is handed: it may name types of any room. */
const rooms = (
  'problem.ts settings language database http live people stories screening discussion ranking moderation sources ' +
  'dossier notifications insights migration pages app.ts main.ts'
).split(' ')

const files = [...listFiles('src'), ...listFiles('browser')]
const imports = new Map(files.map((file) => [file, readImports(file)]))

function listFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
}

function readImports(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  return [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^'?]*)'/g)].map((found) =>
    relative(root, resolve(root, dirname(file), found[1] as string)),
  )
}

const roomOf = (file: string): number => rooms.indexOf(file.split('/')[1] as string)

test('a room imports only from rooms below it', () => {
  const upward = files.flatMap((file) =>
    (imports.get(file) ?? [])
      .filter((to) => file !== 'src/context.ts' && to !== 'src/context.ts' && to.startsWith('src/'))
      .filter((to) => file.startsWith('src/') && roomOf(to) > roomOf(file))
      .map(
        (to) => `${file} imports ${to}, which stands above it: move it down, or pass it in as an argument`,
      ),
  )
  expect(upward).toEqual([])
})

test('every file stands in a room that the house has', () => {
  expect(
    files.filter((file) => file.startsWith('src/') && file !== 'src/context.ts' && roomOf(file) < 0),
  ).toEqual([])
})

test('no file needs itself through others', () => {
  const circles: string[] = []
  const done = new Set<string>()
  const walk = (file: string, path: string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '))
    if (done.has(file) || path.includes(file)) return
    for (const to of imports.get(file) ?? []) if (to !== 'src/context.ts') walk(to, [...path, file])
    done.add(file)
  }
  for (const file of files) walk(file, [])
  expect(circles).toEqual([])
})

test('there are no drawers: utils, helpers, common and shared hold what has no noun yet', () => {
  expect(
    files.filter((file) =>
      /(^|[/.-])(utils?|helpers?|common|shared)([/.-]|$)/.test(file.replace('shared-page', '')),
    ),
  ).toEqual([])
})

test('a reader’s browser is sent nothing of the server: types alone, which are not sent, may come from it', () => {
  const leaks = files
    .filter((file) => file.startsWith('browser/'))
    .filter((file) => /^import (?!type\b)[^']*'[^']*\/src\//m.test(readFileSync(join(root, file), 'utf8')))
  expect(leaks).toEqual([])
})

/** What can open a connection to elsewhere. The database (pg) and the mail server (nodemailer) are the operator's own and
 *  stand in their settings. */
const connecting = /^(node:)?(http|https|http2|net|tls|dns|dgram|undici)(\/promises)?$/

/** Values that a file imports, by module; types open nothing. */
function importedValues(code: string): { from: string; names: string[] }[] {
  return [...code.matchAll(/\bimport (?!type\b)([^'"]*?) from '([^']+)'/g)].map(
    ([, what = '', from = '']) => ({
      from,
      names: what
        .split(/[{},]/)
        .map((name) => name.trim())
        .filter((name) => name !== '' && !name.startsWith('type ')),
    }),
  )
}

test('nothing under src/ calls out but http/fetching.ts, which looks at every address first', () => {
  const callers = files
    .filter((file) => file.startsWith('src/') && file !== 'src/http/fetching.ts')
    .flatMap((file) => {
      const code = readFileSync(join(root, file), 'utf8')
      const modules = importedValues(code)
        .filter(
          ({ from, names }) =>
            connecting.test(from) && names.some((name) => name !== 'createServer' && name !== 'isIP'),
        )
        .map(({ from }) => from)
      const globals =
        /(?<![\w.'#-])fetch\(|\bglobalThis\.fetch\b|\bnew (WebSocket|EventSource)\b|\b(import|require)\('(node:)?(https?|http2|net|tls|dns|undici)'/
      return [...modules, ...(globals.exec(code) ?? []).slice(0, 1)].map(
        (what) => `${file} uses ${what}: fetch with app.fetcher instead`,
      )
    })
  expect(callers).toEqual([])
})

test('libraries that fetch by themselves are given our fetcher', () => {
  const careless = files
    .filter((file) => file.startsWith('src/'))
    .filter((file) => {
      const code = readFileSync(join(root, file), 'utf8').replace(/^import type .*$/gm, '')
      return (
        /createRemoteJWKSet|from 'openid-client'|import\('openid-client'\)/.test(code) &&
        !code.includes('customFetch')
      )
    })
  expect(careless).toEqual([])
})
