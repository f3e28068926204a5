/** What stands in a name's circle: made from the name alone, nothing is fetched. */
import { cutGraphemes } from '../language/graphemes.ts'

/** Colours in the style sheet (`.avatar-0` …). */
export const AVATAR_COLOURS = 8

/** Where letters have case, initials are a custom: two of them. Elsewhere the first character alone stands for a name, and
 *  two of a script that joins its letters would make another word. */
const HAS_CASE = /^[\p{Lu}\p{Ll}\p{Lt}]/u
const BEGINS = /^[\p{L}\p{N}]/u

/** @param name as it is shown
 *  @returns one grapheme or two */
export function initialsOf(name: string): string {
  const words = name.split(/[\s.·・_-]+/u).filter((word) => BEGINS.test(word))
  const [first = name, last] = [words[0], words.length > 1 ? words.at(-1) : undefined]
  const initial = cutGraphemes(first, 1)
  if (!HAS_CASE.test(first)) return initial
  const second = last !== undefined && HAS_CASE.test(last) ? cutGraphemes(last, 1) : ''
  return (initial + second).toUpperCase()
}

/** @param id a person's: its last digits are random
 *  @returns 0 ≤ n < AVATAR_COLOURS, always the same for the same person */
export const avatarColour = (id: string): number => Number.parseInt(id.slice(-2), 16) % AVATAR_COLOURS
