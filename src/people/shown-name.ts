import type { Wording } from '../language/messages.ts'

/** A name as it is shown: of those who were erased nothing is kept, so it is said in the reader's words.
 *  @param name null where nobody is known to have written */
export const shownName = (name: string | null, { say }: Pick<Wording, 'say'>): string =>
  name === null ? '–' : name || say('person-erased')

/** Where a person's profile is; those who were erased have none.
 *  @param base '' on our own pages; our origin in a newsroom's page */
export const profilePath = ({ id, name }: { id: string; name: string }, base = ''): string | undefined =>
  name === '' ? undefined : `${base}/p/${id}`
