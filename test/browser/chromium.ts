/** A real Chromium out of npm, with nothing else to install: unpacked once a machine, one browser a test file. */
import { execFile } from 'node:child_process'
import { access, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Browser, chromium } from 'playwright-core'
import { packageRoot } from '../../src/settings/settings.ts'

const run = promisify(execFile)

const chromiumPackage = join(packageRoot, 'node_modules/@sparticuz/chromium')

/** The package unpacks into the temporary folder it finds, and takes a file that is there for a whole one, also while
 *  another process still writes it. So it unpacks into a folder of our own, which then gets its name in one step: of
 *  two test files that start at once, one finds the name taken and uses what is there.
 *  @returns the folder with `chromium`, `fonts.conf` and, for machines that lack them, `al2023/lib` */
async function unpack(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(chromiumPackage, 'package.json'), 'utf8')) as {
    version: string
  }
  const folder = join(tmpdir(), `detente-chromium-${version}-${process.getuid?.() ?? 0}`)
  if (await exists(folder)) return folder
  const own = await mkdtemp(`${folder}-`)
  const script = "import chromium from '@sparticuz/chromium'; await chromium.executablePath()"
  await run(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: packageRoot,
    // The second makes it unpack the libraries too, which it thinks only one hosting company's machines lack.
    env: { ...process.env, TMPDIR: own, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x' },
  })
  await writeFile(join(own, 'fonts.conf'), fontSettings(folder))
  try {
    await rename(own, folder)
  } catch (error) {
    if (!(await exists(folder))) throw error
    await rm(own, { recursive: true, force: true })
  }
  return folder
}

/** One typeface, the same on every machine, and on those that have none. */
const fontSettings = (folder: string): string => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${folder}/fonts</dir>
  <cachedir>${folder}/font-cache</cachedir>
</fontconfig>
`

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/** What the program needs in its environment: nothing, or the libraries (nss, nspr, expat) that came with it. */
async function findLibraries(executable: string, folder: string): Promise<Record<string, string>> {
  const lent = { LD_LIBRARY_PATH: join(folder, 'al2023', 'lib') }
  for (const env of [{}, lent]) if (await starts(executable, env)) return env
  throw new Error(`${executable} does not start: run it with --version to see what the machine lacks.`)
}

const starts = (executable: string, env: Record<string, string>): Promise<boolean> =>
  run(executable, ['--version'], { env: { ...process.env, ...env } }).then(
    () => true,
    () => false,
  )

/** Starts a browser. Hosts under `.test` are this machine: so a test has several sites, as far apart as on the web.
 *  Web security and site isolation stay on; only the sandbox is off, which root cannot have.
 *  @param args further switches */
export async function openBrowser(args: string[] = []): Promise<Browser> {
  const folder = await unpack()
  const executablePath = join(folder, 'chromium')
  return chromium.launch({
    executablePath,
    env: {
      FONTCONFIG_FILE: join(folder, 'fonts.conf'),
      ...process.env,
      ...(await findLibraries(executablePath, folder)),
    },
    args: ['--no-sandbox', '--disable-gpu', '--host-resolver-rules=MAP *.test 127.0.0.1', ...args],
  })
}
