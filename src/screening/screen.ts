/** What is decided about a text before people see it. Pure: the same input gives the same verdict. It sorts; it never
 *  rejects. `why` names each rule with its version, and is kept with the event for the desk. */
import type { Mode } from '../database/tables.ts'

export type Verdict = { status: 'published' | 'pending'; why: { rule: string; version: number }[] }

/** @param mode of the discussion the text is for */
export function screen(mode: Mode): Verdict {
  if (mode === 'premoderated')
    return { status: 'pending', why: [{ rule: 'discussion-premoderated', version: 1 }] }
  return { status: 'published', why: [] }
}
