/** Who may write under a story now, and why: the story's own setting, else its section's, else the site's. */
import type { Gate } from '../context.ts'
import type { Mode } from '../database/tables.ts'

export type ThreadState = {
  mode: Mode
  /** An editor's words, shown as they are; null when none were given. */
  reason: string | null
  since: Date | null
  /** When the clock closes an open thread; past once it did. */
  closes: Date | null
  /** Whether the clock closed it, not a person. */
  byClock: boolean
}

const DAY = 86_400_000

/** @param gates from the story outwards: story, section, site
 *  @param start when the days begin to count: the story's publication, else its arrival here */
export function readState(gates: (Gate | undefined)[], start: Date, now: Date): ThreadState {
  const known = gates.filter((gate) => gate !== undefined)
  const said = known.find((gate) => gate.mode !== null)
  const days = known.find((gate) => gate.closeAfterDays !== null)?.closeAfterDays ?? null
  const closes = days === null ? null : new Date(start.getTime() + days * DAY)
  const mode = said?.mode ?? 'open'
  if ((mode === 'open' || mode === 'premoderated') && closes !== null && closes <= now)
    return { mode: 'closed', reason: null, since: closes, closes, byClock: true }
  return {
    mode,
    reason: said?.modeReason ?? null,
    since: said?.modeSince ?? null,
    closes: mode === 'open' || mode === 'premoderated' ? closes : null,
    byClock: false,
  }
}

export const acceptsComments = (state: ThreadState): boolean =>
  state.mode === 'open' || state.mode === 'premoderated'
