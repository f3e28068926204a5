/** What anybody may know of a person: what they are called, since when, and how much of theirs is published. */
import type { App } from '../../context.ts'
import { isId } from '../../database/ids.ts'
import type { Claim, Role } from '../../database/tables.ts'
import { countPublished } from '../../discussion/author-store.ts'
import { readPreferences } from '../../people/me-store.ts'
import { readPerson } from '../../people/store.ts'
import { type Problem, refuse } from '../../problem.ts'

export type Profile = {
  id: string
  name: string
  role: Role
  badge: string | null
  claim: Claim
  isMuted: boolean
  /** Null for those who came with an import: when they began is not known. */
  since: Date | null
  comments: number
}

/** Those who were erased, and people of other sites, are nobody here. */
export async function readProfile(app: App, id: string): Promise<Profile | Problem> {
  const person = isId(id) ? await readPerson(app.db, id) : undefined
  if (person?.siteId !== app.site.id || person.claim === 'erased')
    return refuse('person-unknown', `There is no person ${id.slice(0, 40)}.`)
  const { name, role, badge, claim, isMuted } = person
  const [kept, comments] = await Promise.all([readPreferences(app.db, id), countPublished(app.db, id)])
  const since = claim === 'unclaimed' ? null : (kept?.created ?? null)
  return { id: person.id, name, role, badge, claim, isMuted, since, comments }
}

/** The words of the API. */
export const describeProfile = ({ id, name, role, badge, claim, since, comments }: Profile) => ({
  id,
  name,
  role,
  badge,
  claimed: claim === 'claimed',
  since: since?.toISOString().slice(0, 10) ?? null,
  comments,
})
