/** What every import says of itself. Nothing is dropped silently: what was read is kept, held, skipped or merged. */

/** `count` of what was not kept for one reason, and `where` it stands in the source ("lines 3–5, 9"). */
export type LeftOut = { reason: string; count: number; where: string }

/** `batch` is null in a dry run. read = kept + held + skipped + merged, counted in `unit`. `stories`: their ids. */
export type ImportReport = {
  batch: string | null
  dryRun: boolean
  unit: string
  read: number
  kept: number
  held: number
  skipped: number
  merged: number
  reasons: LeftOut[]
  stories: string[]
}

/** One entry a reason, in order of first appearance.
 *  @param lines ascending */
export function gatherReasons(lines: { line: number; reason: string }[]): LeftOut[] {
  const places = new Map<string, number[]>()
  for (const { line, reason } of lines) {
    const known = places.get(reason)
    if (known) known.push(line)
    else places.set(reason, [line])
  }
  return [...places].map(([reason, found]) => ({ reason, count: found.length, where: nameLines(found) }))
}

/** "line 4", or "lines 3–5, 9" with neighbours drawn together. */
function nameLines(lines: number[]): string {
  const runs: [first: number, last: number][] = []
  for (const line of lines) {
    const run = runs.at(-1)
    if (run && run[1] + 1 === line) run[1] = line
    else runs.push([line, line])
  }
  const text = runs.map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`)).join(', ')
  return `${lines.length === 1 ? 'line' : 'lines'} ${text}`
}
