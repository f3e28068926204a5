/** Erasure: somebody leaves, and what tells who they were goes, in one transaction.
 *
 *  Two kinds. To *anonymise* is usual: what everyone has read stays, under "a former reader", because others have answered
 *  it. To *remove* takes those words as well, also where others quoted them. Either way all goes that was not public
 *  (what waits or is held, what the desk removed, what a comment said before it was edited), and either way the places
 *  stay that others have replied to. docs/guides/rights.md says what stays, and why. */
import type { App } from '../context.ts'
import { inTransaction } from '../database/connect.ts'
import { appendEvents, type NewEvent } from '../live/store.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import {
  deleteBallots,
  deleteRevisions,
  deleteTraces,
  deleteWaysOfSite,
  emptyPerson,
  hideStories,
  listPublished,
  listSitesOf,
  listStoriesOf,
  lockAdmins,
  lockPerson,
  lockStoriesById,
  withdrawAll,
} from './erase-store.ts'
import { countHoldings, type Holdings } from './holdings-store.ts'
import { forgetIdentity } from './identity-store.ts'
import { endSessionsOf } from './sessions.ts'
import { readPerson } from './store.ts'

export const erasures = ['anonymise', 'remove'] as const
export type Erasure = (typeof erasures)[number]

export type EraseReport = {
  person: string
  kind: Erasure
  /** What was there before. */
  held: Holdings
  /** Comments that stay, under "a former reader". */
  kept: number
  /** Comments whose words went. */
  withdrawn: number
  /** Whether address and ways in went: they stay while another site's person needs them. */
  identity: 'gone' | 'none' | { sites: string[] }
  sessions: string[]
}

/** More stories were touched between the look and the leap: the next attempt locks these too. */
class StoriesGrown extends Error {}

/** Erases a person of the site. Their sessions end (`people.ended.add(report.sessions, …)` after it), pages and open
 *  threads hear of it.
 *  @returns `person-unknown` when there is none or they were erased already; `last-admin` */
export async function erasePerson(app: App, personId: string, kind: Erasure): Promise<EraseReport | Problem> {
  for (let attempt = 1; ; attempt++) {
    const storyIds = await listStoriesOf(app.db, personId)
    try {
      const report = await inTransaction(app.db, (tx) => erase(tx, app, { personId, kind, storyIds }))
      if (!isProblem(report)) for (const storyId of storyIds) app.live.hide(storyId)
      return report
    } catch (error) {
      if (!(error instanceof StoriesGrown) || attempt === 5) throw error
    }
  }
}

type Given = { personId: string; kind: Erasure; storyIds: string[] }

/** Every writer locks stories first, in id order, and then its author; so does this, and nobody waits in a circle. */
async function erase(
  tx: Parameters<typeof lockPerson>[0],
  app: App,
  { personId, kind, storyIds }: Given,
): Promise<EraseReport | Problem> {
  const now = app.now()
  await lockStoriesById(tx, storyIds)
  const isAdmin = (await readPerson(tx, personId))?.role === 'admin'
  const admins = isAdmin ? await lockAdmins(tx, app.site.id, now) : []
  const person = await lockPerson(tx, personId)
  if (person?.siteId !== app.site.id || person.claim === 'erased')
    return refuse('person-unknown', `There is nobody ${personId} here (any more).`)
  if (person.role === 'admin' && admins.every((id) => id === personId))
    return refuse('last-admin', 'Make somebody else an admin first.')
  const known = new Set(storyIds)
  if ((await listStoriesOf(tx, personId)).some((id) => !known.has(id))) throw new StoriesGrown()

  const held = await countHoldings(tx, personId, now)
  const revisions = await deleteRevisions(tx, personId)
  const { fallen } = await deleteBallots(tx, personId)
  const gone = await withdrawAll(tx, personId, kind === 'remove')
  const kept = await listPublished(tx, personId)
  await deleteTraces(tx, personId)
  const sessions = await endSessionsOf(tx, personId)
  await emptyPerson(tx, personId, now)
  const identity = await leaveIdentity(tx, app, person.identityId)
  const events = [
    ...gone.map(({ storyId, id, status, descendants }): NewEvent => {
      const wasSeen = status === 'published' || status === 'removed' || descendants > 0
      return { storyId, commentId: id, kind: wasSeen ? 'comment.hidden' : 'comment.waiting' }
    }),
    ...kept.map(({ storyId, id }): NewEvent => ({ storyId, commentId: id, kind: 'comment.changed' })),
    ...fallen.map(({ storyId, id }): NewEvent => ({ storyId, commentId: id, kind: 'respect.changed' })),
  ]
  await appendEvents(tx, events, now)
  await hideStories(tx, storyIds)
  return {
    person: personId,
    kind,
    held: { ...held, revisions },
    kept: kept.length,
    withdrawn: gone.length,
    identity,
    sessions,
  }
}

/** Address and ways in go with the last person who used them. */
async function leaveIdentity(
  tx: Parameters<typeof lockPerson>[0],
  app: App,
  identityId: string | null,
): Promise<EraseReport['identity']> {
  if (identityId === null) return 'none'
  const sites = await listSitesOf(tx, identityId)
  if (sites.length === 0) {
    await forgetIdentity(tx, identityId)
    return 'gone'
  }
  const hostOf = (origin: string) => new URL(origin).hostname
  const elsewhere = app.sites().filter(({ site }) => sites.some(({ id }) => id === site.id))
  const host = hostOf(app.origin)
  const isOwn = elsewhere.every(({ origin }) => hostOf(origin) !== host)
  await deleteWaysOfSite(tx, identityId, { siteId: app.site.id, host: isOwn ? host : null })
  return { sites: sites.map(({ name }) => name) }
}
