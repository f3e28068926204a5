/** Removing a way in. The last one stays: without any, nobody could come back, not even to erase what they wrote. */
import type { App } from '../context.ts'
import { type Database, inTransaction } from '../database/connect.ts'
import { isId } from '../database/ids.ts'
import { type Problem, refuse } from '../problem.ts'
import { countWays, deleteCredential } from './me-store.ts'
import type { Person } from './person.ts'

/** Whether one of an identity's ways in may go: asked in the transaction that removes it, before it does. */
export async function refuseLastWay(tx: Database, identityId: string): Promise<Problem | undefined> {
  if ((await countWays(tx, identityId)) > 1) return undefined
  return refuse('last-way', 'Add another way in first; without any you could not come back.')
}

/** @param id of a credential: somebody else's is as if it were none */
export async function removeCredential(
  app: App,
  person: Pick<Person, 'identityId'>,
  id: string,
): Promise<Problem | undefined> {
  const unknown = refuse('not-found', 'You have no such way in.')
  const { identityId } = person
  if (identityId === null || !isId(id)) return unknown
  return inTransaction(app.db, async (tx) => {
    const last = await refuseLastWay(tx, identityId)
    if (!(await deleteCredential(tx, identityId, id))) return unknown
    return last
  })
}
