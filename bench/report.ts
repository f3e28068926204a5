/** What a part of the benchmark hands back, and how it looks. */
import { round } from './measures.ts'

/** One target of the product and what was measured against it. */
export type Check = { what: string; target: string; measured: string; met: boolean }
export type Table = { title: string; head: string[]; rows: string[][] }
export type Part = {
  title: string
  /** How it was measured. */
  how: string[]
  checks: Check[]
  tables: Table[]
  /** What a reader of the figures should know: made from them, where a target is missed or a figure surprises. */
  notes: string[]
}

/** A target that the measured value may not exceed. */
export const atMost = (what: string, measured: number, most: number, unit: string): Check => ({
  what,
  target: `≤ ${round(most, digitsOf(most))} ${unit}`,
  measured: `${round(measured, digitsFor(measured))} ${unit}`,
  met: measured <= most,
})

/** A target that the measured value must reach. */
export const atLeast = (what: string, measured: number, least: number, unit: string): Check => ({
  what,
  target: `≥ ${round(least, digitsOf(least))} ${unit}`,
  measured: `${round(measured, digitsFor(measured))} ${unit}`,
  met: measured >= least,
})

const digitsOf = (value: number): number => (Number.isInteger(value) ? 0 : 2)
const digitsFor = (value: number): number => (Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0)

export function writeReport(head: { title: string; lines: string[] }, parts: Part[]): string {
  const missed = parts.flatMap((part) => part.checks.filter((check) => !check.met))
  const all = parts.flatMap((part) => part.checks).length
  return [
    `# ${head.title}`,
    '',
    ...head.lines.map((line) => `- ${line}`),
    '',
    `${all - missed.length} of ${all} targets are met.${missed.length > 0 ? ` Missed: ${missed.map((check) => check.what).join('; ')}.` : ''}`,
    '',
    ...parts.flatMap(writePart),
  ].join('\n')
}

function writePart(part: Part): string[] {
  const checks = {
    title: '',
    head: ['Target', 'Wanted', 'Measured', 'Met'],
    rows: part.checks.map((check) => [
      check.what,
      check.target,
      check.measured,
      check.met ? 'yes' : '**no**',
    ]),
  }
  return [
    `## ${part.title}`,
    '',
    ...part.how.map((line) => `${line}`),
    '',
    ...(checks.rows.length > 0 ? writeTable(checks) : []),
    ...part.tables.flatMap(writeTable),
    ...(part.notes.length > 0 ? [...part.notes.map((note) => `- ${note}`), ''] : []),
  ]
}

const writeTable = ({ title, head, rows }: Table): string[] => [
  ...(title ? [`**${title}**`, ''] : []),
  `| ${head.join(' | ')} |`,
  `|${head.map((_, n) => (n === 0 ? '---|' : '---:|')).join('')}`,
  ...rows.map((row) => `| ${row.join(' | ')} |`),
  '',
]
