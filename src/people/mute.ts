/** Muting: what somebody writes folds to one line, for one reader alone. Anybody can be muted, staff too: what they write
 *  as readers do is folded; what the desk decides is said in its own words, beside no name, and stays. */
import type { App } from '../context.ts'
import { isId } from '../database/ids.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import { findMe } from './actions.ts'
import type { Actor } from './actor.ts'
import { countMuted, deleteMute, insertMute } from './mute-store.ts'
import type { People } from './people.ts'
import { readPerson } from './store.ts'

/** The page of a thread is told all of them. */
export const MOST_MUTED = 500

export type MuteAnswer = { person: string; muted: boolean }

/** Twice is once. */
export async function mute(
  app: App,
  people: People,
  actor: Actor,
  personId: string,
): Promise<MuteAnswer | Problem> {
  const me = await findChanger(app, people, actor)
  if (isProblem(me)) return me
  const other = isId(personId) ? await readPerson(app.db, personId) : undefined
  if (other?.siteId !== app.site.id || other.claim === 'erased')
    return refuse('person-unknown', `There is no person ${personId.slice(0, 40)}.`)
  if (other.id === me.id) return refuse('not-allowed', 'One cannot mute oneself.')
  if ((await countMuted(app.db, me.id)) >= MOST_MUTED)
    return refuse('not-allowed', `At most ${MOST_MUTED} people can be muted: unmute somebody first.`)
  await insertMute(app.db, me.id, other.id, app.now())
  return { person: other.id, muted: true }
}

/** Whoever was not muted is not afterwards either. */
export async function unmute(
  app: App,
  people: People,
  actor: Actor,
  personId: string,
): Promise<MuteAnswer | Problem> {
  const me = await findChanger(app, people, actor)
  if (isProblem(me)) return me
  if (!isId(personId)) return refuse('person-unknown', `There is no person ${personId.slice(0, 40)}.`)
  await deleteMute(app.db, me.id, personId)
  return { person: personId, muted: false }
}

async function findChanger(app: App, people: People, actor: Actor) {
  const limited = await people.limits.take('change', actor.personId)
  return limited ?? findMe(app, actor)
}
