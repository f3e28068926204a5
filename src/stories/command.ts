/** `detente site`: the sites of the installation, and how one more is added. */
import { Command } from 'commander'
import type { App } from '../context.ts'
import { inviteAdmin } from '../people/invitation.ts'
import { describeProblemLine, isProblem, type Problem } from '../problem.ts'
import { addSite } from './site-actions.ts'
import type { Sites } from './sites.ts'

/** Opens the database that the command's options name, and closes it after the work. */
type Run = <T>(work: (sites: Sites) => Promise<T>, command: Command) => Promise<T>

/** What `--site` says, on every command that works on one site. */
export const siteOption = ['--site <site>', 'its address, id or name; without it the first site'] as const

/** Exit codes: 0 done, 1 refused, 2 wrong usage. */
export function siteCommand(run: Run): Command {
  const command = new Command('site')
    .description('The sites of this installation: each has its address, readers, rules, languages and keys.')
    .exitOverride()

  command
    .command('list')
    .description('List the sites, the first one first.')
    .option('--json', 'one JSON document on stdout')
    .action(async (options: { json?: boolean }, list: Command) => {
      const apps = await run(async (sites) => sites.all, list)
      print(options.json ? JSON.stringify({ items: apps.map(describeSite), next: null }) : drawSites(apps))
    })

  command
    .command('add')
    .description('Add a site. Running servers answer at its address within two seconds.')
    .requiredOption('--name <text>', 'what it is called')
    .requiredOption('--address <origin>', 'where readers find it: https://talk.news.example')
    .requiredOption('--language <tag>', 'its own language: en, ja, …')
    .option('--time-zone <name>', 'in which its times are shown', 'UTC')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('after', addHelp)
    .action(async (options: NewSite & { json?: boolean }, add: Command) => {
      const made = await run((sites) => addAndInvite(sites, options), add)
      if (isProblem(made)) {
        process.stderr.write(`${describeProblemLine(made)}\n`)
        process.exitCode = 1
      } else if (options.json) print(JSON.stringify({ ...describeSite(made.app), admin: made.admin ?? null }))
      else print(`${drawSites([made.app])}\nBecome its admin, once and within a day: ${made.admin}`)
    })

  return command
}

const addHelp = `
Its host needs a DNS entry and your proxy, which passes the Host header on.
detente site add --name 'Quay Weekly' --address https://talk.quay.example --language en --time-zone Europe/Oslo`

type NewSite = { name: string; address: string; language: string; timeZone: string }

async function addAndInvite(
  sites: Sites,
  given: NewSite,
): Promise<{ app: App; admin: string | undefined } | Problem> {
  const added = await addSite(sites.first, given)
  if (isProblem(added)) return added
  await sites.refresh()
  const app = sites.find(added.id)
  return isProblem(app) ? app : { app, admin: await inviteAdmin(app) }
}

const describeSite = ({ site, origin }: App) => ({
  id: site.id,
  name: site.name,
  address: origin,
  language: site.language,
  languages: site.languages,
  timeZone: site.timeZone,
})

const drawSites = (apps: App[]): string =>
  apps.map(({ site, origin }) => `${origin}  ${site.name}  (${site.language}, ${site.id})`).join('\n')

const print = (text: string): void => void process.stdout.write(`${text}\n`)
