/** The command line: each command says what it does with --help; 0 done, 1 refused or failed, 2 wrong usage. */
import { mkdir } from 'node:fs/promises'
import { Command, CommanderError, Option } from 'commander'
import type { Logger } from 'pino'
import { type Opened, openApp, serve } from './app.ts'
import type { App } from './context.ts'
import type { Connection } from './database/connect.ts'
import { joinEmbedded, startEmbedded } from './database/embedded.ts'
import { makeLog } from './http/log.ts'
import { importCommand } from './migration/command.ts'
import { loadSampleIfEmpty } from './migration/sample.ts'
import { makeScriptToken } from './people/actions.ts'
import { isRole, roles } from './people/can.ts'
import { inviteAdmin } from './people/invitation.ts'
import { personCommand } from './people/rights-command.ts'
import { deriveKey, readSecret } from './people/secret.ts'
import { ssoCommand } from './people/sso-command.ts'
import { describeProblemLine, isProblem } from './problem.ts'
import { readSettings, type Settings, settingsTable } from './settings/settings.ts'
import { makeSiteKey } from './stories/actions.ts'
import { siteCommand, siteOption } from './stories/command.ts'
import type { Sites } from './stories/sites.ts'

type Flags = { port?: number; host?: string; data?: string; site?: string }

/** A refusal for the operator: its message is all there is to say. */
class Refused extends Error {}

/** Runs one command. @returns the exit code */
export async function run(args: string[]): Promise<number> {
  const program = makeProgram()
  try {
    await program.parseAsync(args, { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (error instanceof Refused) process.stderr.write(`${error.message}\n`)
    else process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    return 1
  }
}

function makeProgram(): Command {
  const program = new Command('detente')
    .description('Stories, their sources and the readers’ conversation beneath them.')
    .addOption(new Option('--data <dir>', settingsTable.data.help).env('DETENTE_DATA'))
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text) })
    .addHelpText('after', `\nSettings, from the environment:\n${listSettings()}`)

  const flagsOf = (command: Command): Flags => command.optsWithGlobals<Flags>()

  program
    .command('start', { isDefault: false })
    .description('Serve readers, with an embedded PostgreSQL unless DATABASE_URL names a server.')
    .option('--port <number>', settingsTable.port.help, (text) => settingsTable.port.read(text))
    .option('--host <address>', settingsTable.host.help)
    .action(async (_options, command: Command) => start(settingsFrom(flagsOf(command))))

  program
    .command('token')
    .description('Print an access token for scripts, good for a day.')
    .argument('<person>', 'a person’s id or name; a new name becomes a new person')
    .addOption(new Option('--role <role>', 'role that the token carries').choices(roles))
    .option(...siteOption)
    .option('--json', 'one JSON document on stdout')
    .action(async (person: string, options: { role?: string; json?: boolean }, command: Command) => {
      const settings = settingsFrom(flagsOf(command))
      const role = options.role !== undefined && isRole(options.role) ? options.role : null
      const key = deriveKey(await readSecret(settings), 'access token')
      const made = await withSite(flagsOf(command), (app) => makeScriptToken(app, key, person, role))
      if (isProblem(made)) throw new Refused(describeProblemLine(made))
      if (options.json)
        print({
          token: made.token,
          expires: made.expires.toISOString(),
          person: made.person.id,
          name: made.person.name,
        })
      else process.stdout.write(`${made.token}\n`)
    })

  program
    .command('key')
    .description('Make a site key, with which a CMS puts stories (PUT /api/stories/ext:ID).')
    .option('--label <text>', 'what it is for', 'command line')
    .option(...siteOption)
    .option('--json', 'one JSON document on stdout')
    .action(async (options: { label: string; json?: boolean }, command: Command) => {
      const key = await withSite(flagsOf(command), (app) => makeSiteKey(app, options.label))
      if (options.json) print({ key })
      else process.stdout.write(`${key}\n`)
    })

  program.addCommand(importCommand((work, command) => withSite(flagsOf(command), work)))
  program.addCommand(ssoCommand((work, command) => withSite(flagsOf(command), work)))
  program.addCommand(personCommand((work, command) => withSite(flagsOf(command), work), siteOption))
  program.addCommand(siteCommand((work, command) => withSites(settingsFrom(flagsOf(command)), work)))
  for (const command of program.commands) command.exitOverride()
  return program
}

const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`)

const listSettings = (): string =>
  Object.values(settingsTable)
    .map(({ env, help }) => `  ${env.padEnd(22)} ${help}`)
    .join('\n')

function settingsFrom(flags: Flags): Settings {
  const { port, host, data } = flags
  try {
    return readSettings(process.env, {
      ...(port === undefined ? {} : { port }),
      ...(host ? { host } : {}),
      ...(data ? { data } : {}),
    })
  } catch (error) {
    throw new Refused((error as Error).message)
  }
}

/** A database to work with: the server of DATABASE_URL, the embedded one that a running server has, or one of our own
 *  for as long as it is needed. */
async function openDatabase(
  settings: Settings,
  log: Logger,
  mayJoin: boolean,
): Promise<{ connection: Connection; stop: () => Promise<void> }> {
  if (settings.databaseUrl)
    return { connection: { connectionString: settings.databaseUrl }, stop: async () => {} }
  await mkdir(settings.data, { recursive: true })
  const joined = mayJoin ? await joinEmbedded(settings.data) : undefined
  if (joined) return { connection: joined, stop: async () => {} }
  const started = await startEmbedded({ data: settings.data, log: (line) => log.info(line) })
  if ('refused' in started) throw new Refused(started.message)
  return { connection: started.connection, stop: () => started.stop() }
}

/** Runs a command's work on the database, whether a server runs or not. */
async function withSites<T>(settings: Settings, work: (sites: Sites) => Promise<T>): Promise<T> {
  const log = makeLog('warn')
  const database = await openDatabase(settings, log, true)
  let opened: Opened | undefined
  try {
    opened = await openApp(settings, database.connection, log)
    return await work(opened.sites)
  } finally {
    await opened?.close()
    await database.stop()
  }
}

/** The same for one site: the one that `--site` names, or the first. */
const withSite = <T>(flags: Flags, work: (app: App) => Promise<T>): Promise<T> =>
  withSites(settingsFrom(flags), (sites) => {
    const app = sites.find(flags.site)
    if (isProblem(app)) throw new Refused(app.detail)
    return work(app)
  })

/** Serves until SIGINT or SIGTERM, then drains and stops the database too. */
async function start(settings: Settings): Promise<void> {
  const log = makeLog(settings.logLevel)
  const database = await openDatabase(settings, log, false)
  try {
    const opened = await openApp(settings, database.connection, log)
    if (settings.sample && (await loadSampleIfEmpty(opened.app)))
      process.stdout.write('A sample newsroom stands in the new database.\n')
    const running = await serve(opened)
    process.stdout.write(`Detente is at ${running.app.origin}\n`)
    if (running.app.origin !== running.address) process.stdout.write(`listening on ${running.address}\n`)
    for (const app of running.sites.all) {
      const invitation = await inviteAdmin(app)
      const what = app === running.app ? 'its admin' : `the admin of ${app.site.name}`
      if (invitation) process.stdout.write(`Become ${what}, once and within a day: ${invitation}\n`)
    }
    const signal = await nextSignal()
    process.stdout.write(`${signal}: finishing what is under way\n`)
    await running.stop()
  } finally {
    await database.stop()
  }
  process.stdout.write('stopped\n')
}

const nextSignal = (): Promise<string> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(signal))
  })
