import { sql } from 'kysely'
import type { Database } from '../database/connect.ts'
import { newId } from '../database/ids.ts'
import { deleteTraces, emptyPerson, type Placed } from './erase-store.ts'
import type { Name } from './person.ts'
import { inForce } from './sanction.ts'
import { insertSanction, listAbout } from './sanction-store.ts'

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

/** All that hangs on one without an account, a guest or an imported person, becomes another's: what they wrote, cast,
 *  reported, followed and muted, others' mutes of them, the desk's measures. Of their own row, which decisions may name,
 *  nothing is left but its id; answers that were kept to be given to them again go, for a comment's words stand in them.
 *  Both people must be locked, and before them the stories (`listStoriesOf`) of the one who goes.
 *  @returns comments whose count of respect fell */
export async function mergePerson(
  tx: Database,
  fromId: string,
  intoId: string,
  now: Date,
): Promise<Placed[]> {
  const fallen = await passBallots(tx, fromId, intoId)
  await passReports(tx, fromId, intoId)
  await passMutes(tx, fromId, intoId)
  await passMeasures(tx, fromId, intoId, now)
  await sql`
    insert into follow (person_id, story_id, followed_at)
    select ${intoId}::uuid, story_id, followed_at from follow where person_id = ${fromId} on conflict do nothing`.execute(
    tx,
  )
  await tx.updateTable('comment').set({ authorId: intoId }).where('authorId', '=', fromId).execute()
  await tx.updateTable('networkUse').set({ personId: intoId }).where('personId', '=', fromId).execute()
  await deleteTraces(tx, fromId)
  await emptyPerson(tx, fromId, now)
  return fallen
}

/** One's own yes to what is now one's own does not count, nor do two to the same comment. */
async function passBallots(tx: Database, fromId: string, intoId: string): Promise<Placed[]> {
  const { rows: fallen } = await sql<Placed>`
    with gone as (
      delete from ballot using comment
      where comment.story_id = ballot.story_id and comment.id = ballot.comment_id
        and ballot.person_id in (${fromId}, ${intoId}) and (
          comment.author_id in (${fromId}, ${intoId})
          or ballot.person_id = ${fromId} and exists (
            select from ballot other where other.person_id = ${intoId}
              and other.story_id = ballot.story_id and other.comment_id = ballot.comment_id))
      returning ballot.story_id, ballot.comment_id, ballot.value
    )
    update comment set respect = comment.respect - gone.count
    from (select story_id, comment_id, count(*)::int from gone where value = 1 group by story_id, comment_id) gone
    where comment.story_id = gone.story_id and comment.id = gone.comment_id
    returning comment.story_id, comment.id`.execute(tx)
  await tx.updateTable('ballot').set({ personId: intoId }).where('personId', '=', fromId).execute()
  return fallen
}

/** Of two about one comment the open one stays, else the account's. What one said of the other was said of oneself. */
async function passReports(tx: Database, fromId: string, intoId: string): Promise<void> {
  await sql`
    delete from report using comment
    where comment.story_id = report.story_id and comment.id = report.comment_id
      and (report.person_id, comment.author_id) in ((${fromId}, ${intoId}), (${intoId}, ${fromId}))`.execute(
    tx,
  )
  await sql`
    delete from report using report other
    where other.story_id = report.story_id and other.comment_id = report.comment_id and (
      report.person_id = ${fromId} and other.person_id = ${intoId}
        and (other.settled_at is null or report.settled_at is not null)
      or report.person_id = ${intoId} and other.person_id = ${fromId}
        and other.settled_at is null and report.settled_at is not null)`.execute(tx)
  await tx.updateTable('report').set({ personId: intoId }).where('personId', '=', fromId).execute()
}

/** Both ways: whom they muted, and who muted them. Nobody mutes themselves. */
async function passMutes(tx: Database, fromId: string, intoId: string): Promise<void> {
  await sql`
    insert into mute (person_id, muted_id, muted_at)
    select ${intoId}::uuid, muted_id, muted_at from mute where person_id = ${fromId} and muted_id <> ${intoId}
    union all
    select person_id, ${intoId}::uuid, muted_at from mute where muted_id = ${fromId} and person_id <> ${intoId}
    on conflict do nothing`.execute(tx)
}

/** Measures of both are in force: of two that bar the later end counts (`listAbout` finds it by the row), and the others
 *  are noted about the account as well, so that they are told there and can be lifted. */
async function passMeasures(tx: Database, fromId: string, intoId: string, now: Date): Promise<void> {
  for (const measure of inForce(await listAbout(tx, fromId), now))
    if (measure.kind !== 'ban' && measure.kind !== 'suspend')
      await insertSanction(tx, { ...measure, id: newId(now.getTime()), personId: intoId })
  await sql`
    update person set
      sanction_id = case when coalesce(before.barred_until, '-infinity') > coalesce(person.barred_until, '-infinity')
        then before.sanction_id else coalesce(person.sanction_id, before.sanction_id) end,
      barred_until = greatest(person.barred_until, before.barred_until),
      look_first = person.look_first or before.look_first, is_muted = person.is_muted or before.is_muted
    from person before where person.id = ${intoId} and before.id = ${fromId}`.execute(tx)
}
