/** `npm run dev`: the sample newsroom on an embedded database that stays up, and a server that is built and started
 *  anew when a source changes. */
import { type ChildProcess, spawn } from 'node:child_process'
import { watch } from 'node:fs'
import { join } from 'node:path'
import { startEmbedded } from '../src/database/embedded.ts'
import { packageRoot, readSettings } from '../src/settings/settings.ts'
import { buildPages, buildServer } from './build.js'

/** Editors write a file in several steps; wait for the last. Milliseconds. */
const SETTLE = 60

const settings = readSettings({ DETENTE_DATA: './data/dev', ...process.env })
const database = await startEmbedded({ data: settings.data, log: console.error })
if ('refused' in database) {
  console.error(database.message)
  process.exit(1)
}
const { host, port, user, database: name } = database.connection
const databaseUrl = `postgresql://${user}@/${name}?host=${encodeURIComponent(host)}&port=${port}`

let server: ChildProcess | undefined
let ended = Promise.resolve()

async function restart(): Promise<void> {
  try {
    await Promise.all([buildPages(), buildServer()])
  } catch {
    return // esbuild has said what is wrong; the old server goes on
  }
  server?.kill('SIGTERM')
  await ended
  server = spawn(process.execPath, [join(packageRoot, 'bin/detente.js'), 'start'], {
    stdio: 'inherit',
    env: { ...process.env, DETENTE_DATA: settings.data, DATABASE_URL: databaseUrl },
  })
  ended = new Promise((resolve) => server?.once('exit', () => resolve()))
}

let settle: NodeJS.Timeout | undefined
for (const folder of ['src', 'browser', 'messages', 'migrations'])
  watch(join(packageRoot, folder), { recursive: true }, () => {
    clearTimeout(settle)
    settle = setTimeout(() => void restart(), SETTLE)
  })

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, async () => {
    server?.kill('SIGTERM')
    await ended
    await database.stop()
    process.exit(0)
  })

await restart()
