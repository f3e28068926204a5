/** Guests, where a site lets them write: a name on this device and nothing behind it. They own no name, so anyone who
 *  signs in may take it; they cast no ballots; and what one wrote becomes an account's only in the browser that wrote it. */
import type { App } from '../context.ts'
import { type Database, inTransaction } from '../database/connect.ts'
import { networkOf } from '../http/limits.ts'
import { appendEvents, type NewEvent } from '../live/store.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import { mergePerson } from './claim-store.ts'
import { listPublished, listStoriesOf, lockPerson, lockStoriesById } from './erase-store.ts'
import { chooseName, claimName } from './naming.ts'
import type { People } from './people.ts'
import type { Name } from './person.ts'
import { isBarred } from './sanction.ts'
import { endSessionsOf } from './sessions.ts'
import { type SignedIn, signIn } from './signed-in.ts'
import { claimGuest, insertPerson, readPerson } from './store.ts'

export const refuseGuests = (): Problem =>
  refuse('guests-off', 'Guests cannot write here. Sign in, and what you wrote as a guest becomes yours.')

/** Begins to write under a name only. Nothing but the name is taken from the form, and it must not be, or look like,
 *  that of anybody who has an account. */
export async function beGuest(
  app: App,
  people: People,
  given: { name: string; ip: string; device: string | null },
): Promise<SignedIn | Problem> {
  if (app.site.door.guests === 'off') return refuseGuests()
  const name = await chooseName(app, given.name, 'reader', null)
  if (isProblem(name)) return name
  const limited = await people.limits.take('guest-network', networkOf(given.ip))
  if (limited) return limited
  const guest = { role: 'reader', claim: 'guest', badge: null, batchId: null, identityId: null } as const
  const now = app.now()
  return inTransaction(app.db, async (tx) => {
    const taken = await claimName(tx, app.site.id, name, null)
    if (taken) return taken
    const personId = await insertPerson(tx, { ...name, ...guest, siteId: app.site.id }, now)
    const session = {
      personId,
      role: guest.role,
      way: 'guest',
      isStrong: false,
      device: given.device,
    } as const
    return signIn(tx, app, people, session, now)
  })
}

/** What of a guest's is touched when they become somebody with an account. `ended`: their sessions, once that is done. */
export type Takeover = { guestId: string; storyIds: string[]; ended: string[] | null }

/** The guest's stories, locked: every writer locks stories first. */
export async function beginTakeover(tx: Database, guestId: string): Promise<Takeover> {
  const storyIds = await listStoriesOf(tx, guestId)
  await lockStoriesById(tx, storyIds)
  return { guestId, storyIds, ended: null }
}

/** The guest of this browser becomes the one who has just come in: a newcomer is the same person, now with a name that is
 *  theirs; for one who was here already, all that was the guest's becomes theirs, unless the desk has barred the guest (the
 *  same device may be a family's) or the account is being erased. The guest's sessions end, and the pages hear of the new name.
 *  @returns whether there was such a guest */
export async function takeOverGuest(
  tx: Database,
  app: Pick<App, 'site' | 'now'>,
  takeover: Takeover,
  into: { identityId: string; name: Name } | { personId: string },
): Promise<boolean> {
  const { guestId, storyIds } = takeover
  const [siteId, now] = [app.site.id, app.now()]
  await lockPerson(tx, guestId)
  const guest = await readPerson(tx, guestId)
  if (guest?.siteId !== siteId || guest.claim !== 'guest') return false
  if ('personId' in into) {
    if (isBarred(guest, now)) return false
    const account = await lockPerson(tx, into.personId)
    if (account?.siteId !== siteId || account.claim !== 'claimed') return false
  }
  const published = await listPublished(tx, guestId)
  takeover.ended = await endSessionsOf(tx, guestId)
  const fallen = 'personId' in into ? await mergePerson(tx, guestId, into.personId, now) : []
  if ('identityId' in into) await claimGuest(tx, { siteId, guestId, ...into })
  const events = [
    ...published.map(({ storyId, id }): NewEvent => ({ storyId, commentId: id, kind: 'comment.changed' })),
    ...fallen.map(({ storyId, id }): NewEvent => ({ storyId, commentId: id, kind: 'respect.changed' })),
  ]
  // A story that was first written under a moment ago is not locked: its page comes to the new name by itself.
  await appendEvents(
    tx,
    events.filter(({ storyId }) => storyIds.includes(storyId)),
    now,
  )
  return true
}

/** After the transaction. */
export function finishTakeover(app: App, people: People, { ended, storyIds }: Takeover): void {
  if (ended === null) return
  people.ended.add(ended)
  for (const storyId of storyIds) app.live.wake(storyId)
}
