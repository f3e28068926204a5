/** `detente person`: what somebody asks for by letter rather than on their own page, having lost the way there perhaps.
 *  Whoever runs it has made sure who asks. */
import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Command } from 'commander'
import type { App } from '../context.ts'
import { inTransaction } from '../database/connect.ts'
import { isId } from '../database/ids.ts'
import { wordingFor } from '../language/messages.ts'
import { describeProblemLine, isProblem, type Problem, refuse } from '../problem.ts'
import { type Addresses, makeAddresses } from './addresses.ts'
import { listOffers } from './claim-store.ts'
import { openDownload, writeJson } from './download.ts'
import { writeHtml } from './download.view.tsx'
import { type EraseReport, erasePerson } from './erase.ts'
import { countHoldings, type Holdings } from './holdings-store.ts'
import { findIdentityByAddress } from './identity-store.ts'
import { listPersonsOf } from './me-store.ts'
import { countPasskeys, deletePasskeys } from './passkey-store.ts'
import { readEmail } from './person.ts'
import { readSecret } from './secret.ts'
import { endSessionsOf } from './sessions.ts'
import { findPersonOfIdentity, readPerson } from './store.ts'

/** Opens the database that the command's options name, and closes it after the work. */
type Run = <T>(work: (app: App) => Promise<T>, command: Command) => Promise<T>

type Options = { removeText?: boolean; dryRun?: boolean; json?: boolean; to?: string }

/** @param site the option that says on which site (stories/command.ts)
 *  Exit codes: 0 done, 1 refused, 2 wrong usage. */
export function personCommand(run: Run, site: readonly [flags: string, description: string]): Command {
  const command = new Command('person')
    .description(
      'What somebody asks for by letter: their data, to be erased, or their lost passkeys forgotten.',
    )
    .exitOverride()
  const who = [
    '<person>',
    'an id, or a mail address: then what came under it with an import is meant too',
  ] as const

  command
    .command('export')
    .description('Write all that is kept about somebody to DIR: <id>.json for programs, <id>.html to read.')
    .argument(...who)
    .requiredOption('--to <dir>', 'a folder, made if it is not there')
    .option(...site)
    .option('--dry-run', 'say what there is, and write nothing')
    .option('--json', 'one JSON document on stdout')
    .action(async (person: string, options: Options, own: Command) =>
      answer(await run((app) => exportPeople(app, person, options), own), options, describeExport),
    )

  command
    .command('erase')
    .description('Erase somebody for good: their public comments stay, under “A former reader”.')
    .argument(...who)
    .option('--remove-text', 'remove the words of their public comments as well')
    .option(...site)
    .option('--dry-run', 'say what there is, and erase nothing')
    .option('--json', 'one JSON document on stdout')
    .action(async (person: string, options: Options, own: Command) =>
      answer(await run((app) => erasePeople(app, person, options), own), options, describeErase),
    )

  command
    .command('forget-passkeys')
    .description('Forget all passkeys of somebody who lost theirs, and end their sessions, on every site.')
    .argument(...who)
    .option(...site)
    .option('--dry-run', 'say what there is, and forget nothing')
    .option('--json', 'one JSON document on stdout')
    .action(async (person: string, options: Options, own: Command) =>
      answer(await run((app) => forgetPasskeys(app, person, options), own), options, describeForgotten),
    )

  return command
}

/** The people of the site that are meant. */
async function findPeople(app: App, addresses: Addresses, who: string): Promise<string[] | Problem> {
  const unknown = refuse('person-unknown', 'There is nobody here by this id or address.')
  if (isId(who)) {
    const person = await readPerson(app.db, who)
    return person?.siteId === app.site.id && person.claim !== 'erased' ? [person.id] : unknown
  }
  const address = readEmail(who)
  if (isProblem(address)) return address
  const identityId = await findIdentityByAddress(app.db, addresses, address)
  const person = identityId && (await findPersonOfIdentity(app.db, app.site.id, identityId))
  const imported = await listOffers(app.db, app.site.id, addresses.hash(address))
  const ids = [...(person ? [person.id] : []), ...imported.map(({ id }) => id)]
  return ids.length === 0 ? unknown : ids
}

type Exported = { person: string; held: Holdings; files: string[] }

async function exportPeople(
  app: App,
  who: string,
  { to = '.', dryRun }: Options,
): Promise<Exported[] | Problem> {
  const addresses = makeAddresses(await readSecret(app.settings))
  const ids = await findPeople(app, addresses, who)
  if (isProblem(ids)) return ids
  const done: Exported[] = []
  for (const id of ids) {
    const files = ['json', 'html'].map((form) => join(to, `${id}.${form}`))
    if (!dryRun) await writeFiles(app, addresses, id, to)
    done.push({ person: id, held: await countHoldings(app.db, id, app.now()), files: dryRun ? [] : files })
  }
  return done
}

/** Only whoever runs the command can read them. */
async function writeFiles(app: App, addresses: Addresses, id: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 })
  const { language, timeZone } = app.site
  for (const form of ['json', 'html']) {
    const download = await openDownload(app, addresses, id)
    if (!download) continue
    const parts = form === 'json' ? writeJson(download) : writeHtml(download, wordingFor(language, timeZone))
    await pipeline(
      Readable.from(parts, { objectMode: false }),
      createWriteStream(join(to, `${id}.${form}`), { mode: 0o600 }),
    )
  }
}

type Erased = { person: string; held: Holdings; report: EraseReport | null }

async function erasePeople(app: App, who: string, options: Options): Promise<Erased[] | Problem> {
  const ids = await findPeople(app, makeAddresses(await readSecret(app.settings)), who)
  if (isProblem(ids)) return ids
  const done: Erased[] = []
  for (const id of ids) {
    const held = await countHoldings(app.db, id, app.now())
    const report = options.dryRun
      ? null
      : await erasePerson(app, id, options.removeText ? 'remove' : 'anonymise')
    if (isProblem(report)) return report
    done.push({ person: id, held, report })
  }
  return done
}

type Forgotten = { person: string; passkeys: number; done: boolean }

/** The mailed link is left, by which they come in and make another. */
async function forgetPasskeys(
  app: App,
  who: string,
  { dryRun = false }: Options,
): Promise<Forgotten[] | Problem> {
  const ids = await findPeople(app, makeAddresses(await readSecret(app.settings)), who)
  if (isProblem(ids)) return ids
  const done: Forgotten[] = []
  for (const id of ids) {
    const person = await readPerson(app.db, id)
    const identityId = person?.identityId
    if (!identityId) continue
    const passkeys = dryRun
      ? await countPasskeys(app.db, identityId)
      : await inTransaction(app.db, async (tx) => {
          for (const personId of await listPersonsOf(tx, identityId)) await endSessionsOf(tx, personId)
          return deletePasskeys(tx, identityId)
        })
    done.push({ person: id, passkeys, done: !dryRun })
  }
  return done.length === 0 ? refuse('person-unknown', 'They have no account here.') : done
}

/* What is answered */

const describeForgotten = ({ person, passkeys, done }: Forgotten): string =>
  done
    ? `${person}: ${passkeys} passkeys are forgotten. They come in by the mailed link and make another.`
    : `${person}: ${passkeys} passkeys. Nothing was forgotten: a dry run.`

const hold = ({ comments, published, ballots, reports, sessions }: Holdings): string =>
  `${comments} comments (${published} public), ${ballots} ballots, ${reports} reports, ${sessions} sessions`

const describeExport = ({ person, held, files }: Exported): string =>
  [`${person}: ${hold(held)}`, ...files.map((file) => `  ${file}`)].join('\n')

function describeErase({ person, held, report }: Erased): string {
  if (!report) return `${person}: ${hold(held)}. Nothing was erased: a dry run.`
  const { kept, withdrawn, identity } = report
  const address =
    typeof identity === 'object'
      ? `their address stays, for ${identity.sites.join(', ')}`
      : identity === 'gone'
        ? 'their address is gone'
        : 'there was no address'
  return `${person}: erased. ${withdrawn} comments lost their words, ${kept} stay without a name; ${address}.`
}

function answer<T>(outcome: T[] | Problem, { json }: Options, describe: (one: T) => string): void {
  if (isProblem(outcome)) {
    process.stderr.write(`${describeProblemLine(outcome)}\n`)
    process.exitCode = 1
    return
  }
  const text = json ? JSON.stringify({ items: outcome, next: null }) : outcome.map(describe).join('\n')
  process.stdout.write(`${text}\n`)
}
