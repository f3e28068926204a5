import type { Sort } from './sort.ts'

export const oldest: Sort = { name: 'oldest', label: 'sort-oldest', keys: ['id'], descending: false }
