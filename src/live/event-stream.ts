/** The wire form of live events (WHATWG HTML, "Server-sent events"). */
import type { EventKind } from '../database/tables.ts'
import type { LiveEvent } from './store.ts'

/** Kinds that readers may hear of. `comment.waiting` is for the desk: nobody learns that something waits. */
const publicKinds: ReadonlySet<EventKind> = new Set([
  'comment.published',
  'comment.changed',
  'comment.hidden',
  'respect.changed',
  'story.changed',
])

export type PublicEvent = {
  number: number
  kind: EventKind
  comment: string | null
  parent: string | null
  author: string | null
  comments: number
}

/** @param comments the story's count after the events, so that pages need not add up */
export function toPublicEvent(event: LiveEvent, comments: number): PublicEvent | undefined {
  if (!publicKinds.has(event.kind)) return undefined
  const { number, kind, comment, parent, author } = event
  return { number, kind, comment, parent, author, comments }
}

/** One event as text, or nothing for one that readers don't hear of. */
export function writeEvent(event: LiveEvent, comments: number): string {
  const seen = toPublicEvent(event, comments)
  return seen ? `id: ${seen.number}\ndata: ${JSON.stringify(seen)}\n\n` : ''
}
