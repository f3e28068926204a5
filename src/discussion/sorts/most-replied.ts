import type { Sort } from './sort.ts'

/** By all that was published below a comment; of equals the newer first. Index: comment_most_replied. */
export const mostReplied: Sort = {
  name: 'replied',
  label: 'sort-most-replied',
  keys: ['descendants', 'id'],
  descending: true,
}
