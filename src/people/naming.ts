/** Names on a site: whether one can be had, and taking it. */
import type { App } from '../context.ts'
import { type Database, inTransaction, isTaken } from '../database/connect.ts'
import type { Role } from '../database/tables.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import type { Actor } from './actor.ts'
import { can } from './can.ts'
import type { People } from './people.ts'
import { type Name, readName, refuseTaken } from './person.ts'
import { refuseReserved } from './reserved.ts'
import { listBarred } from './sanction-store.ts'
import { isNameTaken, lockName, readPerson, renamePerson } from './store.ts'

/** What everyone is who comes for the first time. */
export const newcomer = { role: 'reader', claim: 'claimed', badge: null, batchId: null } as const

/** A name for someone on this site, or why it cannot be had. It is looked at only: `claimName` takes it.
 *  @param role of whoever will have it
 *  @param personId whose name it replaces */
export async function chooseName(
  app: App,
  typed: string,
  role: Role,
  personId: string | null,
): Promise<Name | Problem> {
  const name = readName(typed)
  if (isProblem(name)) return name
  const reserved = await refuseReserved(app, name, role)
  if (reserved) return reserved
  return (await isNameTaken(app.db, app.site.id, name, personId)) ? refuseTaken(name.name) : name
}

/** Makes sure of a name that is written in the same transaction: of several who want names that look alike, one gets
 *  theirs. */
export async function claimName(
  tx: Database,
  siteId: string,
  name: Name,
  personId: string | null,
): Promise<Problem | undefined> {
  await lockName(tx, siteId, name)
  return (await isNameTaken(tx, siteId, name, personId)) ? refuseTaken(name.name) : undefined
}

/** A write that takes a name; one that something else than these actions took meanwhile is refused by the index. */
export async function takeName<T>(
  app: App,
  name: Name,
  work: (tx: Database) => Promise<T | Problem>,
): Promise<T | Problem> {
  try {
    return await inTransaction(app.db, async (tx) => work(tx))
  } catch (error) {
    if (!isTaken(error)) throw error
    return refuseTaken(name.name)
  }
}

const DAY = 24 * 60 * 60 * 1000

/** The new name stands beside all that the person ever wrote; pages that are kept show it within half a minute. What they
 *  were called before, moderators can read. */
export async function changeName(
  app: App,
  people: People,
  actor: Actor,
  typed: string,
): Promise<Problem | undefined> {
  const limited = await people.limits.take('change', actor.personId)
  if (limited) return limited
  const person = await readPerson(app.db, actor.personId)
  if (!person) return refuse('sign-in-needed', 'This person is no longer here.')
  const bar = (await listBarred(app.db, [person], app.now())).get(person.id)
  if (bar) return bar
  const name = await chooseName(app, typed, person.role, person.id)
  if (isProblem(name)) return name
  if (name.name === person.name) return undefined
  const now = app.now()
  const days = can(person.role, 'name.reserved') ? 0 : app.site.door.renameDays
  const next = (person.renamedAt?.getTime() ?? Number.NEGATIVE_INFINITY) + days * DAY
  if (next > now.getTime())
    return refuse(
      'name-too-soon',
      `A name can be changed every ${days} days: again from ${new Date(next).toISOString().slice(0, 10)}.`,
      {
        at: '/name',
        retryAfter: Math.ceil((next - now.getTime()) / 1000),
      },
    )
  return takeName(app, name, async (tx) => {
    const taken = await claimName(tx, app.site.id, name, person.id)
    if (!taken) await renamePerson(tx, person.id, name, now)
    return taken
  })
}
