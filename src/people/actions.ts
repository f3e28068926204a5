/** Who one is here, and leaving. Ways in are in files of their own; all of them end in proof.ts. */
import type { App } from '../context.ts'
import { isId } from '../database/ids.ts'
import type { Role } from '../database/tables.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import { type Actor, roleOf } from './actor.ts'
import { claimName, newcomer, takeName } from './naming.ts'
import type { People } from './people.ts'
import { type Person, readName, refuseTaken } from './person.ts'
import { refuseReserved } from './reserved.ts'
import { endSession, sessionOf } from './sessions.ts'
import { findClaimedPerson, insertPerson, readPerson } from './store.ts'
import { type AccessToken, mintScriptToken } from './token.ts'

/** Ends the session here and now; nothing happens to one that has ended. */
export async function signOut(app: App, people: People, secret: string): Promise<void> {
  const sessionId = sessionOf(people, secret)
  if (sessionId !== undefined) await endSession(app, people, sessionId)
}

export type Me = { id: string; name: string; role: Role; badge: string | null; claimed: boolean }

/** The actor's person on this site. */
export async function findMe(app: App, actor: Actor): Promise<Person | Problem> {
  const person = await readPerson(app.db, actor.personId)
  if (person?.siteId !== app.site.id || person.claim === 'erased')
    return refuse('sign-in-needed', 'This person is no longer here.')
  return person
}

/** The actor's person, with the role that counts in this request. */
export async function readMe(app: App, actor: Actor): Promise<Me | Problem> {
  const person = await findMe(app, actor)
  if (isProblem(person)) return person
  const { id, name, badge } = person
  return { id, name, role: roleOf(app, actor, person), badge, claimed: person.claim === 'claimed' }
}

/** A token for scripts, for `detente token`: of the person with this id or name; a name that nobody goes by becomes a
 *  person without a mailbox.
 *  @param role what the token carries; null: the person's own */
export async function makeScriptToken(
  app: App,
  tokenKey: Uint8Array,
  who: string,
  role: Role | null,
): Promise<(AccessToken & { person: Pick<Person, 'id' | 'name' | 'role'>; isNew: boolean }) | Problem> {
  const found = await findOrMake(app, who, role)
  if (isProblem(found)) return found
  const { person } = found
  const made = await mintScriptToken(tokenKey, { personId: person.id, siteId: app.site.id, role }, app.now())
  return { ...made, ...found }
}

async function findOrMake(
  app: App,
  who: string,
  role: Role | null,
): Promise<{ person: Pick<Person, 'id' | 'name' | 'role'>; isNew: boolean } | Problem> {
  if (isId(who)) {
    const person = await readPerson(app.db, who)
    const isHere = person?.siteId === app.site.id && person.claim !== 'erased'
    return isHere ? { person, isNew: false } : refuse('not-found', `There is no person ${who}.`)
  }
  const name = readName(who)
  if (isProblem(name)) return name
  const known = await findClaimedPerson(app.db, app.site.id, name)
  if (known) return known.name === name.name ? { person: known, isNew: false } : refuseTaken(name.name)
  const person = { ...newcomer, role: role ?? newcomer.role }
  const reserved = await refuseReserved(app, name, person.role)
  if (reserved) return reserved
  const id = await takeName(
    app,
    name,
    async (tx) =>
      (await claimName(tx, app.site.id, name, null)) ??
      insertPerson(tx, { ...name, ...person, siteId: app.site.id, identityId: null }, app.now()),
  )
  if (isProblem(id)) return id
  return { person: { id, name: name.name, role: person.role }, isNew: true }
}
