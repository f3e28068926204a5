/** Removing a way in. The last one stays: without any, nobody could come back, not even to erase what they wrote. */
import type { App } from '../context.ts'
import { type Database, inTransaction } from '../database/connect.ts'
import { isId } from '../database/ids.ts'
import { type Problem, refuse } from '../problem.ts'
import type { Actor } from './actor.ts'
import { isFresh } from './fresh.ts'
import { countWays, deleteCredential, type WaysHere } from './me-store.ts'
import { passkeyHost } from './passkey-host.ts'
import type { Person } from './person.ts'

export const waysHere = ({ site, origin }: App, identityId: string): WaysHere => ({
  identityId,
  siteId: site.id,
  host: passkeyHost(origin),
})

/** A session that was left open locks nobody out: asked before a way in is removed. */
export async function refuseStale(
  app: App,
  { actor, person }: { actor: Actor; person: Person },
): Promise<Problem | undefined> {
  if (actor.isStrong || (await isFresh(app, actor, person))) return undefined
  return refuse('sign-in-again', 'Sign in again, then remove a way in.')
}

/** Whether one of an identity's ways in may go: asked in the transaction that removes it, before it does. */
export async function refuseLastWay(tx: Database, ways: WaysHere): Promise<Problem | undefined> {
  if ((await countWays(tx, ways)) > 1) return undefined
  return refuse('last-way', 'Add another way in first; without any you could not come back.')
}

/** @param id of a credential: somebody else's, or another site's, is as if it were none */
export async function removeCredential(
  app: App,
  owner: { actor: Actor; person: Person },
  id: string,
): Promise<Problem | undefined> {
  const { identityId } = owner.person
  if (identityId === null || !isId(id)) return refuseUnknown()
  const stale = await refuseStale(app, owner)
  if (stale) return stale
  const ways = waysHere(app, identityId)
  return inTransaction(app.db, async (tx) => {
    const last = await refuseLastWay(tx, ways)
    return (await deleteCredential(tx, ways, id)) ? last : refuseUnknown()
  })
}

const refuseUnknown = () => refuse('not-found', 'You have no such way in.')
