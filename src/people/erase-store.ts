/** An erasure's SQL: set-based, so that ten thousand comments go in a handful of statements. It touches the tables of
 *  every room, because the one rule it keeps is about all of them: test/people/erase.test.ts looks for what is left. */
import { sql } from 'kysely'
import type { Database } from '../database/connect.ts'
import type { CommentStatus } from '../database/tables.ts'
import { isOfSite } from './me-store.ts'
import type { Person } from './person.ts'
import { canComeIn } from './store.ts'

/** Stories on whose pages something of the person's stands: comments, and ballots that are counted. In id order. */
export async function listStoriesOf(db: Database, personId: string): Promise<string[]> {
  const { rows } = await sql<{ storyId: string }>`
    select story_id from comment where author_id = ${personId}
    union select story_id from ballot where person_id = ${personId} order by story_id`.execute(db)
  return rows.map((row) => row.storyId)
}

/** In id order, as every writer locks them. */
export async function lockStoriesById(tx: Database, ids: string[]): Promise<void> {
  await sql`select from story where id = any(${ids}::uuid[]) order by id for update`.execute(tx)
}

/** The person, whom from here until the transaction ends nobody can write for. */
export const lockPerson = (
  tx: Database,
  id: string,
): Promise<Pick<Person, 'id' | 'siteId' | 'identityId' | 'name' | 'role' | 'claim'> | undefined> =>
  tx
    .selectFrom('person')
    .select(['id', 'siteId', 'identityId', 'name', 'role', 'claim'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()

/** The site's admins who can act: not barred, and able to come in. While none can, as at a newsroom that signs in by its
 *  token alone, all who are not barred. Locked in id order: of two who leave at once, the second sees that they are the
 *  last. */
export async function lockAdmins(tx: Database, siteId: string, now: Date): Promise<string[]> {
  const admins = await tx
    .selectFrom('person')
    .select(['id', canComeIn(now).as('isAble')])
    .where('siteId', '=', siteId)
    .where('role', '=', 'admin')
    .where('claim', '=', 'claimed')
    .where((when) => when.or([when('barredUntil', 'is', null), when('barredUntil', '<=', now)]))
    .orderBy('id')
    .forUpdate()
    .execute()
  const able = admins.filter(({ isAble }) => isAble)
  return (able.length > 0 ? able : admins).map(({ id }) => id)
}

export type Placed = { storyId: string; id: string }

/** Takes the person's ballots back, out of the counts of respect too.
 *  @returns how many there were, and the comments whose count fell */
export async function deleteBallots(
  tx: Database,
  personId: string,
): Promise<{ ballots: number; fallen: Placed[] }> {
  const { rows } = await sql<Placed & { fell: boolean }>`
    with gone as (delete from ballot where person_id = ${personId} returning story_id, comment_id, value),
    counted as (
      update comment set respect = comment.respect - 1 from gone
      where gone.value = 1 and comment.story_id = gone.story_id and comment.id = gone.comment_id
      returning comment.story_id, comment.id
    )
    select gone.story_id, gone.comment_id as id, counted.id is not null as fell
    from gone left join counted on counted.story_id = gone.story_id and counted.id = gone.comment_id`.execute(
    tx,
  )
  return { ballots: rows.length, fallen: rows.filter(({ fell }) => fell) }
}

/** Comments of theirs that everyone can read. */
export const listPublished = (tx: Database, personId: string): Promise<Placed[]> =>
  tx
    .selectFrom('comment')
    .select(['storyId', 'id'])
    .where('authorId', '=', personId)
    .where('status', '=', 'published')
    .orderBy('id')
    .execute()

type Gone = Placed & { status: CommentStatus; descendants: number }

/** Withdraws the person's comments: words, earlier words, quotes and search terms go, the place stays where others replied.
 *  The words go from what others quoted of them as well, and out of answers that are kept to be given again. Their
 *  stories must be locked.
 *  @param all otherwise only what is not public
 *  @returns what went, as it was */
export async function withdrawAll(tx: Database, personId: string, all: boolean): Promise<Gone[]> {
  const { rows: gone } = await sql<Gone>`
    select story_id, id, status, descendants from comment
    where author_id = ${personId} and status not in ('withdrawn', 'missing') and (${all} or status <> 'published')
    order by id`.execute(tx)
  if (gone.length === 0) return gone
  if (all) await countOut(tx, personId)
  const ids = gone.map(({ id }) => id)
  const stories = [...new Set(gone.map(({ storyId }) => storyId))]
  await sql`
    update comment set status = 'withdrawn', reason = null, text = '', html = '', quotes = '[]', terms = null, kind = null,
      language = null
    where story_id = any(${stories}::uuid[]) and id = any(${ids}::uuid[])`.execute(tx)
  await sql`
    with told as (
      update comment set quotes = (
        select jsonb_agg(case when quote ->> 'comment' = any(${ids}::text[]) then quote || '{"exact": ""}' else quote end
          order by place)
        from jsonb_array_elements(comment.quotes) with ordinality as said (quote, place))
      where story_id = any(${stories}::uuid[]) and quotes <> '[]' and exists (
        select from jsonb_array_elements(comment.quotes) as quote where quote ->> 'comment' = any(${ids}::text[]))
      returning id
    )
    delete from idempotency using told where answer ->> 'id' = told.id::text`.execute(tx)
  return gone
}

/** Published comments of the person's are no longer counted by their parents, ancestors and stories. */
async function countOut(tx: Database, personId: string): Promise<void> {
  await sql`
    update comment set replies = comment.replies - c.replies, descendants = comment.descendants - c.descendants
    from (
      select own.story_id, above.id, count(*)::int as descendants,
        (count(*) filter (where above.id = own.parent_id))::int as replies
      from comment own cross join lateral unnest(own.ancestors) as above (id)
      where own.author_id = ${personId} and own.status = 'published' group by own.story_id, above.id
    ) c where comment.story_id = c.story_id and comment.id = c.id`.execute(tx)
  await sql`
    update story set comments = story.comments - c.count
    from (
      select story_id, count(*)::int as count from comment
      where author_id = ${personId} and status = 'published' group by story_id
    ) c where story.id = c.story_id`.execute(tx)
}

/** What their comments said before they were edited. @returns how many earlier texts there were */
export async function deleteRevisions(tx: Database, personId: string): Promise<number> {
  const { rows } = await sql`
    delete from comment_revision past using comment
    where comment.author_id = ${personId} and past.story_id = comment.story_id and past.comment_id = comment.id
    returning past.number`.execute(tx)
  return rows.length
}

/** All else that hangs on a person but their sessions: names before, mutes both ways, what they follow, hashes of
 *  networks, the words of their reports, answers that are kept to be given again. */
export async function deleteTraces(tx: Database, personId: string): Promise<void> {
  await tx.deleteFrom('networkUse').where('personId', '=', personId).execute()
  await tx.deleteFrom('nameChange').where('personId', '=', personId).execute()
  await tx
    .deleteFrom('mute')
    .where((when) => when.or([when('personId', '=', personId), when('mutedId', '=', personId)]))
    .execute()
  await tx.deleteFrom('follow').where('personId', '=', personId).execute()
  await tx.updateTable('report').set({ text: '' }).where('personId', '=', personId).execute()
  await tx.deleteFrom('idempotency').where('actorId', '=', personId).execute()
}

/** The row stays, so that replies, decisions and counts go on meaning something; it says nobody's name. That the staff
 *  muted them stays: their comments would otherwise unfold. */
export async function emptyPerson(tx: Database, personId: string, now: Date): Promise<void> {
  await tx
    .updateTable('person')
    .set({
      claim: 'erased',
      identityId: null,
      name: '',
      skeleton: '',
      role: 'reader',
      roleFrom: 'desk',
      badge: null,
      batchId: null,
      addressHash: null,
      sanctionId: null,
      barredUntil: null,
      lookFirst: false,
      language: null,
      notify: '{}',
      toldAt: null,
      renamedAt: null,
      erasedAt: now,
    })
    .where('id', '=', personId)
    .execute()
}

/** Ways in that lead to this site alone, when the identity stays for another site's sake.
 *  @param host of the site's pages, when no other site has it: passkeys are for a host */
export async function deleteWaysOfSite(
  tx: Database,
  identityId: string,
  { siteId, host }: { siteId: string; host: string | null },
): Promise<void> {
  await tx.deleteFrom('credential').where('identityId', '=', identityId).where(isOfSite(siteId)).execute()
  if (host !== null)
    await tx.deleteFrom('passkey').where('identityId', '=', identityId).where('rpId', '=', host).execute()
}

/** Sites on which an identity has a person, by name. */
export async function listSitesOf(db: Database, identityId: string): Promise<{ id: string; name: string }[]> {
  return db
    .selectFrom('person')
    .innerJoin('site', 'site.id', 'person.siteId')
    .select(['site.id', 'site.name'])
    .where('person.identityId', '=', identityId)
    .orderBy('site.name')
    .execute()
}

/** What hints at the stories' pages in every process that they must not be shown again as they are. */
export async function hideStories(tx: Database, storyIds: string[]): Promise<void> {
  await sql`
    select pg_notify('detente', id || ' ' || event_number || ' hides') from story
    where id = any(${storyIds}::uuid[])`.execute(tx)
}

/** A chore of the server's: what a request that was under way when its person was erased has left behind. */
export async function sweepErased(db: Database, now: Date): Promise<void> {
  const since = new Date(now.getTime() - 3_600_000)
  for (const table of ['session', 'follow', 'nameChange', 'mute'] as const)
    await db
      .deleteFrom(table)
      .where('personId', 'in', (from) =>
        from.selectFrom('person').select('id').where('erasedAt', '>=', since),
      )
      .execute()
}
