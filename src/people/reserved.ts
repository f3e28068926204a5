/** Names by which a reader would pass for the newsroom. */
import type { App } from '../context.ts'
import type { Role } from '../database/tables.ts'
import { languages, type MessageKey, wordingFor } from '../language/messages.ts'
import { nameSkeleton } from '../language/names.ts'
import { type Problem, refuse } from '../problem.ts'
import { can } from './can.ts'
import type { Name } from './person.ts'
import { listBadges } from './store.ts'

/** What stands beside the names of staff, and what their roles are called. */
const staffWords: MessageKey[] = [
  'badge-admin',
  'badge-editor',
  'badge-moderator',
  'badge-staff',
  'me-role-admin',
  'me-role-editor',
  'me-role-moderator',
  'me-role-staff',
]

/** A site may be read in any language: each one's words are kept, whatever the site's own. */
let kept: Set<string> | undefined
const keptWords = (): Set<string> => {
  kept ??= new Set(
    languages.flatMap((language) => staffWords.map((key) => nameSkeleton(wordingFor(language).say(key)))),
  )
  return kept
}

/** Words that a role's name may have. */
const MOST_WORDS = 3
/** Written without spaces: a role's name may stand anywhere in them. */
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u

/** "Chief Editor 2" as well as "Editor": each run of words, without the numbers at their ends. */
function holdsRole(name: string): boolean {
  const roles = keptWords()
  const words = name
    .split(/[\s\p{P}\p{S}]+/u)
    .map(plainWord)
    .filter((word) => word !== '')
  for (let from = 0; from < words.length; from++)
    for (let to = from + 1; to <= Math.min(from + MOST_WORDS, words.length); to++)
      if (roles.has(nameSkeleton(words.slice(from, to).join('')))) return true
  const whole = nameSkeleton(name)
  return [...roles].some((role) => unspaced.test(role) && whole.includes(role))
}

const plainWord = (word: string): string => word.replace(/^[\p{N}\p{P}\s]+|[\p{N}\p{P}\s]+$/gu, '')

/** The site's own name, a badge of its staff, or what looks like one, with a number or without; and any name with a role in
 *  it: for the newsroom only.
 *  @param role of whoever wants the name: staff may have any */
export async function refuseReserved(app: App, name: Name, role: Role): Promise<Problem | undefined> {
  if (can(role, 'name.reserved')) return undefined
  const shapes = [name.skeleton, nameSkeleton(plainWord(name.name))]
  const isOwn = async () =>
    [app.site.name, ...(await listBadges(app.db, app.site.id))].some((own) =>
      shapes.includes(nameSkeleton(own)),
    )
  const isRole = holdsRole(name.name) || shapes.some((shape) => keptWords().has(shape))
  if (!isRole && !(await isOwn())) return undefined
  return refuse('name-reserved', `“${name.name}” is kept for the newsroom. Please choose another name.`, {
    at: '/name',
  })
}
