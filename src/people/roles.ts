/** Roles: given and taken by admins, per site. Nobody acts on somebody of their own rank or above, but admins among
 *  admins; and a site always keeps an admin who is not barred. */
import type { App } from '../context.ts'
import { type Database, inTransaction } from '../database/connect.ts'
import { isId } from '../database/ids.ts'
import type { Role } from '../database/tables.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import { type Actor, refuseRole, roleOf } from './actor.ts'
import { type Action, can, outranks } from './can.ts'
import { lockAdmins, lockPerson } from './erase-store.ts'
import { readName } from './person.ts'
import { shortenSessions } from './sessions.ts'
import { readPerson, setRole } from './store.ts'

export type RoleAnswer = { person: string; role: Role; badge: string | null }

/** A word beside the name, "Foreign desk": what may be a name may be a badge; readers have none.
 *  @returns null where nothing is left */
export function readBadge(typed: string | null, role: Role): string | null | Problem {
  if (typed === null || typed.trim() === '' || !can(role, 'name.reserved')) return null
  const name = readName(typed)
  return isProblem(name) ? { ...name, at: '/badge' } : name.name
}

/** Whether somebody of this role may decide about somebody of the other. */
export const mayActOn = (role: Role, other: Role): boolean =>
  outranks(role, other) || (role === 'admin' && other === 'admin')

/** Who acts and whom it is about, as they are now; the site's admins stay locked where one of them may be lost.
 *  Of two admins who take each other's role at once, the second is none any more. */
export async function meet(
  tx: Database,
  app: App,
  actor: Actor,
  target: { personId: string; action: Action },
): Promise<{ role: Role; person: Subject; admins: string[] } | Problem> {
  const { personId, action } = target
  const unknown = refuse('person-unknown', `There is nobody ${personId.slice(0, 40)} here.`)
  const before = isId(personId) ? await readPerson(tx, personId) : undefined
  const admins = before?.role === 'admin' ? await lockAdmins(tx, app.site.id, app.now()) : []
  const me = await readPerson(tx, actor.personId)
  const own = personId === actor.personId
  if (me?.siteId !== app.site.id) return refuse('sign-in-needed', 'This person is no longer here.')
  const role = roleOf(app, actor, me)
  if (!can(role, action, { own })) return refuseRole(app, actor, me, action, 'This is not yours to decide.')
  const person = before && (await lockPerson(tx, personId))
  if (person?.siteId !== app.site.id || person.claim === 'erased') return unknown
  if (!own && !mayActOn(role, person.role))
    return refuse('not-allowed', 'Nobody decides about somebody of their own rank or above.')
  return { role, person, admins }
}

type Subject = NonNullable<Awaited<ReturnType<typeof lockPerson>>>

/** @param admins who are left to choose from (`lockAdmins`) */
export const refuseLast = (personId: string, admins: string[]): Problem | undefined =>
  admins.some((id) => id !== personId)
    ? undefined
    : refuse('last-admin', 'Make somebody else an admin first.')

/** Gives a role, with a badge for staff. It counts from the next request on. */
export async function giveRole(
  app: App,
  actor: Actor,
  personId: string,
  wish: { role: Role; badge: string | null },
): Promise<RoleAnswer | Problem> {
  const { role } = wish
  const badge = readBadge(wish.badge, role)
  if (isProblem(badge)) return badge
  return inTransaction(app.db, async (tx): Promise<RoleAnswer | Problem> => {
    const met = await meet(tx, app, actor, { personId, action: 'person.role' })
    if (isProblem(met)) return met
    const { person, admins } = met
    if (person.claim !== 'claimed' && role !== 'reader')
      return refuse('not-allowed', 'Only somebody with an account can be one of the staff.')
    const last = person.role === 'admin' && role !== 'admin' ? refuseLast(person.id, admins) : undefined
    if (last) return last
    await setRole(tx, person.id, role, badge)
    await shortenSessions(tx, person.id, role, app.now())
    return { person: person.id, role, badge }
  })
}
