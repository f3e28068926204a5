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

/** The site's own name, a role or a badge of its staff, or what looks like one: for the newsroom only.
 *  @param role of whoever wants the name: staff may have any */
export async function refuseReserved(app: App, name: Name, role: Role): Promise<Problem | undefined> {
  if (can(role, 'name.reserved')) return undefined
  const ownWords = async () => [app.site.name, ...(await listBadges(app.db, app.site.id))].map(nameSkeleton)
  if (!keptWords().has(name.skeleton) && !(await ownWords()).includes(name.skeleton)) return undefined
  return refuse('name-reserved', `“${name.name}” is kept for the newsroom. Please choose another name.`, {
    at: '/name',
  })
}
