import { sql } from 'kysely'
import type { Database } from '../database/connect.ts'
import type { Claim } from '../database/tables.ts'

/** The key of a day, made on its first use; of several processes that make one at once, one's stands.
 *  @param day ISO 8601, UTC
 *  @param fresh what becomes the key when there is none */
export async function takeNetworkKey(db: Database, day: string, fresh: Buffer): Promise<Buffer> {
  await db
    .insertInto('networkKey')
    .values({ day, key: fresh })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const { key } = await db
    .selectFrom('networkKey')
    .select('key')
    .where('day', '=', day)
    .executeTakeFirstOrThrow()
  return key
}

export type NetworkUse = { storyId: string; commentId: string; personId: string; hash: Buffer }

/** Notes from where comments came, in the transaction that writes them; nothing when the day's key is gone meanwhile. */
export async function insertNetworkUses(tx: Database, day: string, uses: NetworkUse[]): Promise<void> {
  await sql`
    insert into network_use (story_id, comment_id, person_id, day, hash)
    select u.story_id, u.comment_id, u.person_id, network_key.day, decode(u.hash, 'hex')
    from unnest(${uses.map((use) => use.storyId)}::uuid[], ${uses.map((use) => use.commentId)}::uuid[],
      ${uses.map((use) => use.personId)}::uuid[], ${uses.map((use) => use.hash.toString('hex'))}::text[])
      as u (story_id, comment_id, person_id, hash)
    join network_key on network_key.day = ${day}::date`.execute(tx)
}

/** A chore of the server's. Without its key nobody can make a day's hashes again; they go with it.
 *  @param days that keys are kept, the day of their use among them; 0 destroys all */
export async function destroyNetworkKeys(db: Database, now: Date, days: number): Promise<void> {
  const last = new Date(now.getTime() - days * 86_400_000).toISOString().slice(0, 10)
  await db.deleteFrom('networkKey').where('day', '<=', last).execute()
}

export type Neighbour = {
  id: string
  name: string
  claim: Claim
  /** Days on which both wrote from one network, 1 or more. */
  days: number
  /** The last of them, ISO 8601. */
  last: string
}

/** Others of the person's site who wrote from the same network on the same day, within the days that keys are kept: for
 *  moderators. It says nothing of who they are: a household, a school and a phone company's street look alike.
 *  Index: network_use_person, network_use_hash. */
export async function listSameNetwork(db: Database, personId: string, limit = 50): Promise<Neighbour[]> {
  const { rows } = await sql<Neighbour>`
    select person.id, person.name, person.claim, count(distinct theirs.day)::int as days, max(theirs.day)::text as last
    from (select distinct day, hash from network_use where person_id = ${personId}) own
    join network_use theirs on theirs.day = own.day and theirs.hash = own.hash and theirs.person_id <> ${personId}
    join person on person.id = theirs.person_id
    join person self on self.id = ${personId} and self.site_id = person.site_id
    group by person.id order by days desc, last desc, person.id limit ${limit}`.execute(db)
  return rows
}
