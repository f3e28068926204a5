/** The log: readable lines on a terminal, JSON lines everywhere else. No bodies, tokens or addresses go into it. */
import { type Logger, pino } from 'pino'

type Line = {
  level: number
  time: number
  msg?: string
  err?: { message: string; stack?: string }
  [field: string]: unknown
}

const names: Record<number, string> = {
  10: 'trace',
  20: 'debug',
  30: '',
  40: 'warning: ',
  50: 'error: ',
  60: 'fatal: ',
}

export const makeLog = (level: string): Logger =>
  process.stdout.isTTY
    ? pino(
        { level },
        { write: (line: string) => void process.stdout.write(writeLine(JSON.parse(line) as Line)) },
      )
    : pino({ level })

/** A log entry for a person to read: time, how bad, what, and the cause beneath. */
export function writeLine({ level, time, msg = '', err, id }: Line): string {
  const clock = new Date(time).toTimeString().slice(0, 8)
  const cause = err ? `\n  ${level >= 50 ? (err.stack ?? err.message) : err.message}` : ''
  return `${clock} ${names[level] ?? ''}${msg}${id === undefined ? '' : ` (${String(id)})`}${cause}\n`
}
