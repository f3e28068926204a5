/** A sort is an order over a thread's first comments that an index has ready, so that a page costs the same
 *  in a thread of ten and of 33,000. Replies stand oldest first in every sort: an exchange reads forwards. */
import type { MessageKey } from '../../language/messages.ts'

export type SortKey = 'id' | 'descendants' | 'respect'

export type Sort = {
  /** As in `?sort=`. */
  name: string
  label: MessageKey
  /** Columns compared in turn; the last is `id`, so that no two are equal. */
  keys: [SortKey] | [SortKey, SortKey]
  descending: boolean
}

/** Where the next page goes on: the keys of the last comment seen, as they stand in `?after=`. */
export type Cursor = (string | number)[]

export const writeCursor = (sort: Sort, comment: Record<SortKey, string | number>): string =>
  sort.keys.map((key) => comment[key]).join('~')

/** @returns undefined when the text is not a cursor of this sort (another sort's, or made up) */
export function readCursor(sort: Sort, text: string): Cursor | undefined {
  const parts = text.split('~')
  if (parts.length !== sort.keys.length) return undefined
  const values = parts.map((part, n) => {
    if (sort.keys[n] === 'id')
      return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(part) ? part : undefined
    return /^\d{1,9}$/.test(part) ? Number(part) : undefined
  })
  return values.every((value) => value !== undefined) ? values : undefined
}
