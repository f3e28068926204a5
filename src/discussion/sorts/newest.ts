import type { Sort } from './sort.ts'

export const newest: Sort = { name: 'newest', label: 'sort-newest', keys: ['id'], descending: true }
