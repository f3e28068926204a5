/** What is kept on this device, and sent nowhere: drafts, and whether single keys do anything. */

import type { Quote } from './quoted.ts'

/** An attempt to post whose answer has not come. It is kept with the text: so even after the page was loaded anew,
 *  posting again cannot post twice. */
export type Attempt = { body: string; key: string }
type Kept = { text: string; quote?: Quote | undefined; attempt?: Attempt | undefined }

export type Draft = { read: () => Kept | undefined; keep: (kept: Kept) => boolean; drop: () => void }

const DRAFTS = 'detente:draft:'

/** @param parent the comment replied to; '' for a first comment */
export function draftAt(story: string, parent: string): Draft {
  const name = `${DRAFTS}${story}:${parent}`
  return {
    read: () => {
      try {
        return JSON.parse(localStorage.getItem(name) ?? 'null') ?? undefined
      } catch {
        return undefined
      }
    },
    keep: (kept) => attempt(() => localStorage.setItem(name, JSON.stringify(kept))),
    drop: () => void attempt(() => localStorage.removeItem(name)),
  }
}

/** All drafts of this origin on the device. */
export function listDrafts(): { story: string; parent: string; text: string; drop: () => void }[] {
  const names: string[] = []
  attempt(() => {
    names.push(...Object.keys(localStorage).filter((name) => name.startsWith(DRAFTS)))
  })
  return names.flatMap((name) => {
    const [story = '', parent = ''] = name.slice(DRAFTS.length).split(':')
    const draft = draftAt(story, parent)
    const text = draft.read()?.text
    return text ? [{ story, parent, text, drop: draft.drop }] : []
  })
}

/** Single keys can be switched off (WCAG 2.2, 2.1.4). */
export const keySwitch = {
  isOn: (): boolean => {
    let on = true
    attempt(() => {
      on = localStorage.getItem('detente:keys') !== 'off'
    })
    return on
  },
  set: (on: boolean): void => void attempt(() => localStorage.setItem('detente:keys', on ? 'on' : 'off')),
}

/** Storage can be switched off, full or forbidden: then nothing is kept, and nothing else changes. */
function attempt(work: () => void): boolean {
  try {
    work()
    return true
  } catch {
    return false
  }
}
