/** Measures of the desk about people: taken, lifted, listed. The log grows and the person's row changes in one
 *  transaction, for which whatever the person is writing waits, or is waited for. */
import type { App } from '../context.ts'
import { type Database, inTransaction } from '../database/connect.ts'
import { isId, newId } from '../database/ids.ts'
import { appendEvents, type NewEvent } from '../live/store.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import { type Actor, refuseRole, roleOf } from './actor.ts'
import { can } from './can.ts'
import { hideStories, listPublished, lockStoriesById } from './erase-store.ts'
import type { People } from './people.ts'
import { meet, refuseLast } from './roles.ts'
import {
  type InForce,
  inForce,
  liftReasons,
  readReason,
  readWish,
  type Sanction,
  stateOf,
  type Wish,
} from './sanction.ts'
import {
  findSubject,
  insertSanction,
  listAbout,
  listNamedAbout,
  listStoriesWith,
  lockSubjects,
  readSanction,
  setState,
} from './sanction-store.ts'
import { endSessionsOf } from './sessions.ts'
import { readPerson } from './store.ts'

/** A form that is sent twice within this time, or a request that is tried again, is one measure. Milliseconds. */
const TWICE = 60_000

type Taken = { sanction: Sanction; ended: string[]; folded: Folded[] }

/** Somebody whose comments fold or unfold, and the stories that they stand under. */
type Folded = { personId: string; stories: string[] }

export async function imposeSanction(
  app: App,
  people: People,
  actor: Actor,
  personId: string,
  wish: Wish,
): Promise<Sanction | Problem> {
  const now = app.now()
  const taken = await inTransaction(app.db, async (tx): Promise<Taken | Problem> => {
    const action = wish.everywhere ? 'person.ban-everywhere' : 'person.sanction'
    const met = await meet(tx, app, actor, { personId, action })
    if (isProblem(met)) return met
    const read = readWish(wish, now)
    if (isProblem(read)) return read
    const { everywhere, ...measure } = read
    const sanction: Sanction = {
      id: newId(now.getTime()),
      siteId: everywhere ? null : app.site.id,
      personId,
      lifts: null,
      moderatorId: actor.personId,
      decidedAt: now,
      ...measure,
    }
    const twin = inForce(await listAbout(tx, personId), now).find((one) => isTwin(one, sanction))
    if (twin) return { sanction: twin, ended: [], folded: [] }
    const subjects = await lockSubjects(tx, met.person, everywhere)
    const bars = sanction.kind === 'ban' || sanction.kind === 'suspend'
    const staffElsewhere = subjects.some(({ siteId, role }) => siteId !== app.site.id && role !== 'reader')
    if (staffElsewhere)
      return refuse('not-allowed', 'They are of the staff of another site: only that one can bar them.')
    const last = bars && met.person.role === 'admin' ? refuseLast(personId, met.admins) : undefined
    if (last) return last
    await insertSanction(tx, sanction)
    return { sanction, ...(await settle(tx, app, sanction, subjects)) }
  })
  if (isProblem(taken)) return taken
  people.ended.add(taken.ended)
  await tellPages(app, taken.folded)
  return taken.sanction
}

const isTwin = (one: Sanction, other: Sanction): boolean =>
  one.kind === other.kind &&
  one.siteId === other.siteId &&
  one.reason === other.reason &&
  one.note === other.note &&
  one.moderatorId === other.moderatorId &&
  other.decidedAt.getTime() - one.decidedAt.getTime() < TWICE &&
  Math.abs((one.until?.getTime() ?? 0) - (other.until?.getTime() ?? 0)) < TWICE

/** What a sanction, or its end, changes at once: the rows of all whom it is about, their sessions, the stories' pages. */
async function settle(
  tx: Database,
  app: App,
  { kind }: Pick<Sanction, 'kind'>,
  subjects: { id: string }[],
  isLifted = false,
): Promise<{ ended: string[]; folded: Folded[] }> {
  const now = app.now()
  const ended: string[] = []
  const folded: Folded[] = []
  for (const { id } of subjects) {
    const state = stateOf(await listAbout(tx, id), now)
    const change = changeBy(kind, state)
    if (change) await setState(tx, id, change)
    if (kind === 'ban' && !isLifted) ended.push(...(await endSessionsOf(tx, id)))
    if (kind === 'mute') folded.push({ personId: id, stories: await listStoriesWith(tx, id) })
  }
  for (const { stories } of folded) await hideStories(tx, stories)
  return { ended, folded }
}

/** Open pages fold or unfold what stands on them. A transaction of its own: stories are locked before people, and the
 *  measure holds without it. */
async function tellPages(app: App, folded: Folded[]): Promise<void> {
  for (const { personId, stories } of folded) {
    await inTransaction(app.db, async (tx) => {
      await lockStoriesById(tx, stories)
      const told = await listPublished(tx, personId)
      const events = told.map(
        ({ storyId, id }): NewEvent => ({ storyId, commentId: id, kind: 'comment.changed' }),
      )
      await appendEvents(tx, events, app.now())
    })
    for (const storyId of stories) app.live.hide(storyId)
  }
}

/** Only what the kind is about: a comment may be looked at first for another reason than a sanction. */
function changeBy(kind: Sanction['kind'], state: InForce): Partial<InForce> | undefined {
  if (kind === 'ban' || kind === 'suspend')
    return { sanctionId: state.sanctionId, barredUntil: state.barredUntil }
  if (kind === 'look-first') return { lookFirst: state.lookFirst }
  return kind === 'mute' ? { isMuted: state.isMuted } : undefined
}

/** Ends a measure before its time. One on all sites is lifted on all of them.
 *  @returns the log's entry, and whom it is about on this site */
export async function liftSanction(
  app: App,
  actor: Actor,
  sanctionId: string,
  given: { reason: string | null; note: string | null },
): Promise<{ sanction: Sanction; personId: string } | Problem> {
  const now = app.now()
  const unknown = refuse('not-found', `There is no measure ${sanctionId.slice(0, 40)} here.`)
  const lifted = await inTransaction(
    app.db,
    async (tx): Promise<(Taken & { personId: string }) | Problem> => {
      const sanction = isId(sanctionId) ? await readSanction(tx, sanctionId) : undefined
      if (!sanction || sanction.kind === 'lift') return unknown
      const personId = await findSubject(tx, app.site.id, sanction)
      if (personId === undefined) return unknown
      const everywhere = sanction.siteId === null
      const action = everywhere ? 'person.ban-everywhere' : 'person.sanction'
      const met = await meet(tx, app, actor, { personId, action })
      if (isProblem(met)) return met
      const read = readReason(given, liftReasons)
      if (isProblem(read)) return read
      if (!inForce(await listAbout(tx, personId), now).some(({ id }) => id === sanctionId))
        return refuse('status-conflict', 'It has ended, or was lifted already.')
      const subjects = await lockSubjects(tx, met.person, everywhere)
      const lift: Sanction = {
        id: newId(now.getTime()),
        siteId: sanction.siteId,
        personId: sanction.personId,
        kind: 'lift',
        lifts: sanction.id,
        until: null,
        moderatorId: actor.personId,
        decidedAt: now,
        ...read,
      }
      await insertSanction(tx, lift)
      return { sanction: lift, personId, ...(await settle(tx, app, sanction, subjects, true)) }
    },
  )
  if (isProblem(lifted)) return lifted
  await tellPages(app, lifted.folded)
  return { sanction: lifted.sanction, personId: lifted.personId }
}

/** What the desk decided about somebody, oldest first: moderators read all of it, the person what they are told. */
export async function listSanctions(
  app: App,
  actor: Actor,
  personId: string,
): Promise<ReturnType<typeof describeSanction>[] | Problem> {
  const unknown = refuse('person-unknown', `There is nobody ${personId.slice(0, 40)} here.`)
  const me = await readPerson(app.db, actor.personId)
  if (me?.siteId !== app.site.id) return refuse('sign-in-needed', 'This person is no longer here.')
  const own = me.id === personId
  const role = roleOf(app, actor, me)
  if (!can(role, 'person.history', { own }))
    return refuseRole(app, actor, me, 'person.history', 'Only moderators read this.')
  const person = isId(personId) ? await readPerson(app.db, personId) : undefined
  if (person?.siteId !== app.site.id) return unknown
  const isDesk = can(role, 'person.history')
  const all = await listNamedAbout(app.db, personId)
  return all.map((sanction) => {
    const told = describeSanction(sanction)
    return isDesk
      ? {
          ...told,
          note: sanction.note,
          moderator: { id: sanction.moderatorId, name: sanction.moderatorName },
        }
      : told
  })
}

/** The words of the API, as the person may read them: who decided is the newsroom. */
export const describeSanction = (sanction: Sanction) => ({
  id: sanction.id,
  kind: sanction.kind,
  reason: sanction.reason,
  note: toldNote(sanction),
  until: sanction.until?.toISOString() ?? null,
  everywhere: sanction.siteId === null,
  lifts: sanction.lifts,
  decided: sanction.decidedAt.toISOString(),
})

/** A note is the desk's own, but where it is the reason. */
export const toldNote = ({ reason, note }: Pick<Sanction, 'reason' | 'note'>): string | null =>
  reason === 'other' ? note : null
