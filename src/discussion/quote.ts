import { refuseCharacters } from '../language/text.ts'

/** Whether words stand in a text as its readers see it (a comment's without its marks), so that they may be shown as quoted from it.
 *  Half of a character stands in a text, by JavaScript's reckoning, and blanks stand everywhere: neither is a quote. */
export const isQuotable = (exact: string, text: string): boolean =>
  !refuseCharacters(exact) && exact.trim() !== '' && text.includes(exact)
