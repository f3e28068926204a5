/** `detente import`: a file is read and checked before any database is opened, and a dry run opens none. */
import { basename } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import type { App } from '../context.ts'
import { isProblem } from '../problem.ts'
import { normaliseAddress } from '../stories/address.ts'
import { siteOption } from '../stories/command.ts'
import { importPage } from './import-page.ts'
import { type PageFacts, type PagePlan, planPage } from './page-plan.ts'
import { type LineLabel, parseLabels, parsePlainPage } from './plain-page.ts'
import { describeImport, describeUndo, drawLines, plainLine } from './preview.ts'
import { type FileRefusal, readTextFile } from './text-file.ts'
import { undoBatch } from './undo.ts'

/** Opens the database that the command's options name, and closes it after the work. */
type Run = <T>(work: (app: App) => Promise<T>, command: Command) => Promise<T>

type PageOptions = {
  url?: string
  title?: string
  published?: Date
  label?: Labels
  dryRun?: boolean
  json?: boolean
}
type Labels = { text: string; lines: Map<number, LineLabel> }

/** Exit codes: 0 done, 1 refused, 2 wrong usage (commander's own errors, thrown for the caller to turn into it). */
export function importCommand(run: Run): Command {
  const command = new Command('import').description('Bring in what stands elsewhere.').exitOverride()

  command
    .command('page')
    .description(
      'Import a story page that was copied or saved as plain text: story, credit, then names and comments.',
    )
    .argument('<file>', 'a UTF-8 text file')
    .option('--url <url>', 'the story’s address, by which its thread is found', readUrl)
    .option('--title <text>', 'its headline', readTitle)
    .option(
      '--published <time>',
      'when it was published: 2026-05-04 (midnight UTC) or 2026-05-04T09:30:00Z',
      readTime,
    )
    .option('--label <line=label,…>', 'what a line is: story, credit, name, body or skip', readLabels)
    .option(...siteOption)
    .option('--dry-run', 'show what would be kept, line by line, and import nothing')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('after', pageHelp)
    .action(async (file: string, options: PageOptions, page: Command) => {
      const plan = await readPlan(file, options)
      if ('message' in plan) return fail(placeRefusal(file, plan))
      if (options.dryRun) {
        const { report, lines } = plan
        return print(options.json ? JSON.stringify({ ...report, lines }) : describePlan(plan))
      }
      const report = await run((app) => importPage(app, plan), page)
      if (isProblem(report)) return fail(`${file}: ${report.detail}`)
      print(options.json ? JSON.stringify(report) : describeImport(report))
    })

  command
    .command('undo')
    .description('Take an import back: its stories, comments and people.')
    .argument('<batch>', 'the batch’s id, as the import printed it')
    .option(...siteOption)
    .option('--json', 'one JSON document on stdout')
    .action(async (batch: string, options: { json?: boolean }, undo: Command) => {
      const report = await run((app) => undoBatch(app, batch), undo)
      if (isProblem(report)) return fail(report.detail)
      print(options.json ? JSON.stringify(report) : describeUndo(report))
    })

  return command
}

const pageHelp = `
Headline, byline, dates and votes are not told apart in such a text: they stay unknown unless given here.
A first look:        detente import page story.txt --dry-run
A line put right:    detente import page story.txt --label 13=name,14=body
The same text again adds nothing.`

/* What was asked */

function readUrl(text: string): string {
  if (normaliseAddress(text) === undefined)
    throw new InvalidArgumentError('Expected an address with http or https.')
  return text
}

function readTitle(text: string): string {
  if (plainLine(text) === '')
    throw new InvalidArgumentError('Expected a headline; leave it out if it is not known.')
  return text
}

const isoTime = /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/

/** ISO 8601 with its offset: a time without one would mean another moment on another machine. */
function readTime(text: string): Date {
  const day = isoTime.exec(text)?.[1]
  const time = new Date(text)
  // A Date takes the 30th of February for the 2nd of March.
  const isDay =
    day !== undefined && !Number.isNaN(Date.parse(day)) && new Date(day).toISOString().startsWith(day)
  if (isDay && !Number.isNaN(time.getTime())) return time
  throw new InvalidArgumentError('Expected a time such as 2026-05-04 or 2026-05-04T09:30:00+02:00.')
}

/** May be given several times. */
function readLabels(text: string, before: Labels | undefined): Labels {
  const all = before ? `${before.text},${text}` : text
  const lines = parseLabels(all)
  if ('message' in lines) throw new InvalidArgumentError(lines.message)
  return { text: all, lines }
}

async function readPlan(path: string, options: PageOptions): Promise<PagePlan | FileRefusal> {
  const file = await readTextFile(path)
  if ('message' in file) return file
  const page = parsePlainPage(file.lines, options.label?.lines ?? new Map())
  if ('message' in page) return page
  const facts: PageFacts = {
    url: options.url ?? null,
    title: options.title ?? null,
    published: options.published ?? null,
  }
  return planPage(page, basename(path), facts)
}

/* What is answered */

/** Where nobody looks the rows need not fit. */
const PIPED_WIDTH = 160

const describePlan = ({ report, lines }: PagePlan): string =>
  `${drawLines(lines, process.stdout.columns ?? PIPED_WIDTH)}\n\n${describeImport(report)}`

/** As compilers write it, so that editors find the place. */
const placeRefusal = (file: string, { message, line, column }: FileRefusal): string =>
  [file, line, line === undefined ? undefined : (column ?? 1), ` ${message}`]
    .filter((part) => part !== undefined)
    .join(':')

const print = (text: string): void => void process.stdout.write(`${text}\n`)

function fail(message: string): void {
  process.stderr.write(`${plainLine(message)}\n`)
  process.exitCode = 1
}
