/** From which network a comment came: kept as a keyed hash that is the same for one network on one day, so that a
 *  moderator can see two names that write from one place, and nobody can see where that is. The key of each day is drawn
 *  at random and kept in the database, and counts only together with one derived from the installation's secret; it is
 *  destroyed after at most thirty days, and the hashes with it. An address itself is never written anywhere. */
import { createHmac, randomBytes } from 'node:crypto'
import type { Database } from '../database/connect.ts'
import { insertNetworkUses, takeNetworkKey } from './network-store.ts'
import { deriveKey } from './secret.ts'

/** Where a comment came from: `network` as `networkOf` (http/limits.ts) gives it. */
type Origin = { storyId: string; commentId: string; personId: string; network: string }

/** A day and its key. */
export type NetworkDay = { day: string; key: Buffer }

/** Gets the day's key, which is drawn on its first use; null where no hashes are kept. */
export type Networks = (db: Database, now: Date) => Promise<NetworkDay | null>

/** @param secret the installation's (`readSecret`)
 *  @param days that keys are kept (the setting DETENTE_NETWORK_DAYS): with 0 nothing is kept */
export function makeNetworks(secret: Buffer, days: number): Networks {
  const own = deriveKey(secret, 'network')
  let known: { day: string; ready: Promise<NetworkDay> } | undefined
  return async (db, now) => {
    if (days === 0) return null
    const day = now.toISOString().slice(0, 10)
    if (known?.day === day) return known.ready
    const ready = takeNetworkKey(db, day, randomBytes(32)).then((drawn) => ({
      day,
      key: createHmac('sha256', own).update(drawn).digest(),
    }))
    const made = { day, ready }
    known = made
    ready.catch(() => {
      if (known === made) known = undefined
    })
    return ready
  }
}

/** Keeps hashes in the transaction that writes the comments, after them. */
export async function noteNetworks(tx: Database, today: NetworkDay | null, origins: Origin[]): Promise<void> {
  if (today === null || origins.length === 0) return
  const uses = origins.map(({ network, ...use }) => ({ ...use, hash: hashNetwork(today.key, network) }))
  await insertNetworkUses(tx, today.day, uses)
}

/** HMAC-SHA-256, its first half: 128 bits tell a day's networks apart. */
const hashNetwork = (key: Buffer, network: string): Buffer =>
  createHmac('sha256', key).update(network).digest().subarray(0, 16)
