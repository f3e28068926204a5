import { sql } from 'kysely'
import type { Database } from '../database/connect.ts'
import type { Name } from './person.ts'

/** A name that came with an import, and how much stands under it. */
export type Offer = { id: string; name: string; comments: number }

/** Imported people of a site who were reached by this address. Index: person_address.
 *  @param hash of a proven address (`Addresses.hash`) */
export async function listOffers(db: Database, siteId: string, hash: Buffer): Promise<Offer[]> {
  const { rows } = await sql<Offer>`
    select person.id, person.name, (
      select count(*)::int from comment where author_id = person.id and status = 'published'
    ) as comments from person
    where site_id = ${siteId} and claim = 'unclaimed' and address_hash = ${hash} order by id limit 50`.execute(
    db,
  )
  return rows
}

/** Of the address that a person's identity has proven; undefined when it has proven none. */
export async function readProvenHash(db: Database, personId: string): Promise<Buffer | undefined> {
  const found = await db
    .selectFrom('person')
    .innerJoin('identity', 'identity.id', 'person.identityId')
    .select('identity.addressHash')
    .where('person.id', '=', personId)
    .executeTakeFirst()
  return found?.addressHash ?? undefined
}

/** An imported person becomes a newcomer: the same one, now with an identity, a name of their own choice.
 *  @param hash of the address that the newcomer has proven
 *  @returns whether it was still there to be claimed */
export async function claimAsNewcomer(
  tx: Database,
  claim: { siteId: string; offerId: string; hash: Buffer; identityId: string; name: Name },
): Promise<boolean> {
  const claimed = await tx
    .updateTable('person')
    .set({ claim: 'claimed', identityId: claim.identityId, addressHash: null, batchId: null, ...claim.name })
    .where('id', '=', claim.offerId)
    .where('siteId', '=', claim.siteId)
    .where('claim', '=', 'unclaimed')
    .where('addressHash', '=', claim.hash)
    .returning('id')
    .executeTakeFirst()
  return claimed !== undefined
}

/** The imported person, from here on nobody else's to claim until the transaction ends. */
export async function lockOffer(
  tx: Database,
  { siteId, offerId, hash }: { siteId: string; offerId: string; hash: Buffer },
): Promise<boolean> {
  const found = await tx
    .selectFrom('person')
    .select('id')
    .where('id', '=', offerId)
    .where('siteId', '=', siteId)
    .where('claim', '=', 'unclaimed')
    .where('addressHash', '=', hash)
    .forUpdate()
    .executeTakeFirst()
  return found !== undefined
}

/** What hangs on the imported person passes to the one who claims it, before `mergePerson` (store.ts) takes the comments:
 *  others' mutes and the desk's measures hold on; one's own yes to what is now one's own does not count. Measures of both
 *  are in force: the later end counts. */
export async function passOn(tx: Database, fromId: string, intoId: string): Promise<void> {
  await sql`
    with gone as (
      delete from ballot using comment where ballot.person_id = ${intoId} and comment.author_id = ${fromId}
        and comment.story_id = ballot.story_id and comment.id = ballot.comment_id
      returning ballot.story_id, ballot.comment_id, ballot.value
    )
    update comment set respect = comment.respect - 1 from gone
    where gone.value = 1 and comment.story_id = gone.story_id and comment.id = gone.comment_id`.execute(tx)
  await sql`
    insert into mute (person_id, muted_id, muted_at)
    select person_id, ${intoId}::uuid, muted_at from mute where muted_id = ${fromId} and person_id <> ${intoId}
    on conflict do nothing`.execute(tx)
  await tx.deleteFrom('mute').where('mutedId', '=', fromId).execute()
  await sql`
    update person set
      sanction_id = case when coalesce(before.barred_until, '-infinity') > coalesce(person.barred_until, '-infinity')
        then before.sanction_id else coalesce(person.sanction_id, before.sanction_id) end,
      barred_until = greatest(person.barred_until, before.barred_until),
      look_first = person.look_first or before.look_first, is_muted = person.is_muted or before.is_muted
    from person before where person.id = ${intoId} and before.id = ${fromId}`.execute(tx)
  await tx.updateTable('person').set({ batchId: null }).where('id', '=', fromId).execute()
}
