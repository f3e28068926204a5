import type { Sort } from './sort.ts'

/** By the count of readers who found a comment worth reading; of equals the newer first. Index: comment_most_respected. */
export const mostRespected: Sort = {
  name: 'respected',
  label: 'sort-most-respected',
  keys: ['respect', 'id'],
  descending: true,
}
