/** The sorts a reader can choose, in the order of their tabs. A new sort is a file beside this one and a line here. */
import { mostReplied } from './most-replied.ts'
import { mostRespected } from './most-respected.ts'
import { newest } from './newest.ts'
import { oldest } from './oldest.ts'
import type { Sort } from './sort.ts'

export const sorts: readonly Sort[] = [mostRespected, newest, oldest, mostReplied]

/** Never newest first by default: it rewards whoever wrote last, not who wrote well. */
export const defaultSort = mostRespected

export const findSort = (name: string | undefined): Sort | undefined =>
  name === undefined ? defaultSort : sorts.find((sort) => sort.name === name)
