/** Showing anew who one is, for what a session that was left open must not be enough for. */
import type { App } from '../context.ts'
import type { SessionWay } from '../database/tables.ts'
import type { Actor } from './actor.ts'
import { hasWayIn, isAddressProven } from './identity-store.ts'
import { later } from './one-time.ts'
import type { Person } from './person.ts'
import { readBeginning } from './sessions.ts'

export const FRESH_MINUTES = 10

/** What somebody else says of who one is: the newsroom, a provider that it chose, its admin who made an invitation. */
const told: SessionWay[] = ['sso', 'provider', 'invitation']

/** Whether whoever asks has come in a moment ago. One who has no way to come in again (a guest on this device, somebody
 *  without a mailbox) has nothing else to show than this session. */
export async function isFresh(app: App, actor: Actor, person: Person): Promise<boolean> {
  if (person.identityId === null || !(await hasWayIn(app.db, person.identityId))) return true
  return (await readFreshWay(app, actor, person)) !== undefined
}

/** The same, by something of their own (mailbox, passkey, password): for a new address, password or passkey. These are the
 *  identity's, on every site of the installation, while an SSO key, a provider or an invitation is the word of one site,
 *  whose admin could bring anybody's address with it. Where no address is proven there is nothing to come by, except, for
 *  staff, the desk: a newsroom's token lies in a newsroom's page. */
export async function isFreshByOwn(app: App, actor: Actor, person: Person): Promise<boolean> {
  const way = await readFreshWay(app, actor, person)
  if (way === undefined || person.identityId === null) return false
  if (way === 'sso' && person.role !== 'reader') return false
  return !told.includes(way) || !(await isAddressProven(app.db, person.identityId))
}

/** How a session began, if that was a moment ago. */
async function readFreshWay(app: App, { sessionId }: Actor, person: Person): Promise<SessionWay | undefined> {
  const begun = sessionId === null ? undefined : await readBeginning(app.db, sessionId, person.id)
  return begun && app.now() <= later(begun.createdAt, FRESH_MINUTES * 60) ? begun.way : undefined
}
