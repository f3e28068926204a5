/** Words that the newsroom or a reader puts beside something: a title, a reason, a note to the desk. */
import { cleanText } from '../language/text.ts'
import { type Problem, refuse } from '../problem.ts'

/** One line: cleaned, blanks and line breaks folded; null when nothing is left.
 *  @param at JSON pointer to the field */
export function readLine(text: string | null, at: string): string | null | Problem {
  const note = readNote(text, at)
  return typeof note === 'string' ? note.replace(/\s+/g, ' ') : note
}

/** Words that keep their line breaks; null when nothing is left. */
export function readNote(text: string | null, at: string): string | null | Problem {
  if (text === null) return null
  const cleaned = cleanText(text)
  if ('refused' in cleaned)
    return refuse('text-invalid', `The text holds a character that cannot be kept (${cleaned.refused}).`, {
      at,
    })
  return cleaned.text || null
}
