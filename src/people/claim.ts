/** What came with an import under somebody's mail address is theirs once they have proven the address: the comments go over
 *  to their name. An address that was only told proves nothing, and a name alone never does. */
import type { App } from '../context.ts'
import { type Database, inTransaction } from '../database/connect.ts'
import { appendEvents, type NewEvent } from '../live/store.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import { listOffers, lockOffer, mergePerson, type Offer, readProvenHash } from './claim-store.ts'
import { listPublished, listStoriesOf, lockPerson, lockStoriesById } from './erase-store.ts'

/** What a person of the site may claim. */
export async function readOffers(app: App, personId: string): Promise<Offer[]> {
  const hash = await readProvenHash(app.db, personId)
  return hash === undefined ? [] : listOffers(app.db, app.site.id, hash)
}

/** All that an imported person wrote becomes the claimer's. Of two who claim at once, one gets it.
 *  @returns how many published comments came over; `person-unknown` when it is not theirs to claim (any more) */
export async function claimOffer(
  app: App,
  personId: string,
  offerId: string,
): Promise<{ comments: number } | Problem> {
  let storyIds: string[] = []
  const claimed = await inTransaction(app.db, async (tx) => {
    storyIds = await listStoriesOf(tx, offerId)
    return claim(tx, app, { personId, offerId, storyIds })
  })
  if (!isProblem(claimed)) for (const storyId of storyIds) app.live.wake(storyId)
  return claimed
}

async function claim(
  tx: Database,
  app: App,
  { personId, offerId, storyIds }: { personId: string; offerId: string; storyIds: string[] },
): Promise<{ comments: number } | Problem> {
  // Stories first, as every writer does. An import that is taken back waits for this, or this for it.
  await lockStoriesById(tx, storyIds)
  const person = await lockPerson(tx, personId)
  const hash = await readProvenHash(tx, personId)
  const isHere = person?.siteId === app.site.id && person.claim === 'claimed' && hash !== undefined
  if (!isHere || !(await lockOffer(tx, { siteId: app.site.id, offerId, hash })))
    return refuse('person-unknown', 'These comments are not yours to claim (any more).')
  const published = await listPublished(tx, offerId)
  const now = app.now()
  const fallen = await mergePerson(tx, offerId, personId, now)
  const events = [
    ...published.map(({ storyId, id }): NewEvent => ({ storyId, commentId: id, kind: 'comment.changed' })),
    ...fallen.map(({ storyId, id }): NewEvent => ({ storyId, commentId: id, kind: 'respect.changed' })),
  ]
  await appendEvents(tx, events, now)
  return { comments: published.length }
}
