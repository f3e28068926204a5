/** Batches: what came with one import, so that all of it can be taken back. And writes of many rows at once, for which
 *  only imports and the sample have a need. */
import { sql } from 'kysely'
import type { Database } from '../database/connect.ts'
import type { Role } from '../database/tables.ts'
import type { Person } from '../people/person.ts'

/* Batches */

export type Batch = { id: string; createdAt: Date; stories: string[] }

/** The batch that holds this source now; one that was taken back does not count. Index: batch_source. */
export async function findBatchOfSource(
  db: Database,
  siteId: string,
  source: string,
): Promise<Batch | undefined> {
  const batch = await db
    .selectFrom('batch')
    .select(['id', 'createdAt'])
    .where('siteId', '=', siteId)
    .where('source', '=', source)
    .where('undoneAt', 'is', null)
    .executeTakeFirst()
  return batch && { ...batch, stories: await listBatchStories(db, batch.id) }
}

/** Index: story_batch. */
export async function listBatchStories(db: Database, batchId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('story')
    .select('id')
    .where('batchId', '=', batchId)
    .orderBy('id')
    .execute()
  return rows.map((row) => row.id)
}

/** @returns false when another import of the same source was quicker: it is waited for */
export async function insertBatch(
  tx: Database,
  batch: { id: string; siteId: string; format: string; source: string },
  now: Date,
): Promise<boolean> {
  const inserted = await tx
    .insertInto('batch')
    .values({ ...batch, report: '{}', createdAt: now, undoneAt: null })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  return inserted !== undefined
}

export async function keepReport(tx: Database, batchId: string, report: object): Promise<void> {
  await tx
    .updateTable('batch')
    .set({ report: JSON.stringify(report) })
    .where('id', '=', batchId)
    .execute()
}

/** The batch, locked so that it is taken back once. */
export const lockBatch = (
  tx: Database,
  siteId: string,
  batchId: string,
): Promise<{ id: string; undoneAt: Date | null } | undefined> =>
  tx
    .selectFrom('batch')
    .select(['id', 'undoneAt'])
    .where('siteId', '=', siteId)
    .where('id', '=', batchId)
    .forUpdate()
    .executeTakeFirst()

/** How many comments stand under the batch's stories that did not come with it and still have words. */
export async function countWrittenSince(tx: Database, batchId: string, storyIds: string[]): Promise<number> {
  const { count } = await tx
    .selectFrom('comment')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('storyId', 'in', storyIds)
    .where((is) => is.or([is('batchId', 'is', null), is('batchId', '!=', batchId)]))
    .where('status', '!=', 'withdrawn')
    .executeTakeFirstOrThrow()
  return count
}

/** How many comments of the batch belong to somebody by now who answers to them: the import is no longer all there is to
 *  them. Their authors are locked, so that nobody claims one until the transaction ends. */
export async function countClaimed(tx: Database, batchId: string): Promise<number> {
  await sql`
    select from person where id in (select author_id from comment where batch_id = ${batchId}) order by id for share`.execute(
    tx,
  )
  const { count } = await tx
    .selectFrom('comment')
    .innerJoin('person', 'person.id', 'comment.authorId')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('comment.batchId', '=', batchId)
    .where('comment.status', '!=', 'withdrawn')
    .where('person.claim', '=', 'claimed')
    .executeTakeFirstOrThrow()
  return count
}

/** Takes back the stories with all that hangs on them, then the people whom nobody claimed and who wrote nowhere else,
 *  and marks the batch. The decision log is not touched. @returns how many went */
export async function deleteBatch(
  tx: Database,
  batchId: string,
  now: Date,
): Promise<{ stories: number; comments: number; people: number }> {
  const comments = await tx
    .selectFrom('comment')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('batchId', '=', batchId)
    .executeTakeFirstOrThrow()
  const stories = await tx.deleteFrom('story').where('batchId', '=', batchId).returning('id').execute()
  const { rows: people } = await sql`
    delete from person where batch_id = ${batchId} and claim = 'unclaimed'
      and not exists (select from comment where comment.author_id = person.id)
      and not exists (select from ballot where ballot.person_id = person.id)
      and not exists (select from report where report.person_id = person.id)
      and not exists (select from sanction where sanction.person_id = person.id)
    returning id`.execute(tx)
  await tx.updateTable('batch').set({ undoneAt: now }).where('id', '=', batchId).execute()
  return { stories: stories.length, comments: comments.count, people: people.length }
}

/** Index: person_batch. */
export const listBatchPeople = (
  db: Database,
  batchId: string,
): Promise<{ id: string; name: string; claim: Person['claim'] }[]> =>
  db
    .selectFrom('person')
    .select(['id', 'name', 'claim'])
    .where('batchId', '=', batchId)
    .orderBy('id')
    .execute()

/* Many rows at once */

export type BulkPerson = {
  id: string
  siteId: string
  name: string
  skeleton: string
  role: Role
  badge: string | null
  claim: Person['claim']
  batchId: string | null
}

export async function insertPeople(tx: Database, people: BulkPerson[], now: Date): Promise<void> {
  await sql`
    insert into person (id, site_id, name, skeleton, role, badge, claim, batch_id, created_at)
    select id, "siteId", name, skeleton, role, badge, claim, "batchId", ${now}
    from jsonb_to_recordset(${JSON.stringify(people)}::jsonb) as p (id uuid, "siteId" uuid, name text, skeleton text,
      role text, badge text, claim text, "batchId" uuid)`.execute(tx)
}

export async function insertSections(tx: Database, siteId: string, names: string[]): Promise<void> {
  await sql`insert into section (site_id, name) select ${siteId}::uuid, unnest(${names}::text[])`.execute(tx)
}

/** Readers' yes to comments; the comments' own counts are not touched. */
export async function insertRespect(
  tx: Database,
  ballots: { storyId: string; commentId: string; personId: string; castAt: Date }[],
): Promise<void> {
  await sql`
    insert into ballot (story_id, comment_id, person_id, value, cast_at)
    select "storyId", "commentId", "personId", 1, "castAt"
    from jsonb_to_recordset(${JSON.stringify(ballots)}::jsonb)
      as b ("storyId" uuid, "commentId" uuid, "personId" uuid, "castAt" timestamptz)`.execute(tx)
}

/** Whether nothing was ever put here: no story, no import, no second site. The site's row is locked, so that of two who
 *  ask at once one sees what the other put.
 *  @param skeletons of names that nobody may have yet */
export async function lockUntouched(tx: Database, siteId: string, skeletons: string[]): Promise<boolean> {
  await tx.selectFrom('site').select('id').where('id', '=', siteId).forUpdate().execute()
  const { rows } = await sql<{ touched: boolean }>`
    select exists (select from story) or exists (select from batch) or (select count(*) from site) > 1
      or exists (select from person where skeleton = any(${skeletons}::text[])) as touched`.execute(tx)
  return rows[0]?.touched === false
}
