/** Writes of comments, all set-based: a batch of readers' comments is one insert. */
import { sql } from 'kysely'
import type { Database } from '../database/connect.ts'
import type { CommentKind, CommentStatus, Quote } from '../database/tables.ts'

export type NewComment = {
  storyId: string
  id: string
  parentId: string | null
  ancestors: string[]
  authorId: string | null
  status: CommentStatus
  reason: string | null
  kind: CommentKind | null
  language: string | null
  text: string
  html: string
  renderer: number
  quotes: Quote[]
  posted: Date | null
  received: Date
  edited: Date | null
  respect: number
  terms: string[]
  source: string | null
  batchId: string | null
}

/** Inserts comments; one whose source is already there is left alone. @returns ids inserted */
export async function insertComments(tx: Database, comments: NewComment[]): Promise<Set<string>> {
  const { rows } = await sql<{ id: string }>`
    insert into comment (story_id, id, parent_id, ancestors, author_id, status, reason, kind, language, text, html, renderer,
      quotes, posted_at, received_at, edited_at, respect, terms, source, batch_id)
    select "storyId", id, "parentId", ancestors, "authorId", status, reason, kind, language, text, html, renderer,
      quotes, posted, received, edited, respect, array_to_tsvector(terms), source, "batchId"
    from jsonb_to_recordset(${JSON.stringify(comments)}::jsonb) as c ("storyId" uuid, id uuid, "parentId" uuid, ancestors uuid[],
      "authorId" uuid, status text, reason text, kind text, language text, text text, html text, renderer smallint, quotes jsonb,
      posted timestamptz, received timestamptz, edited timestamptz, respect int, terms text[], source text, "batchId" uuid)
    on conflict (story_id, source) where source is not null do nothing
    returning id`.execute(tx)
  return new Set(rows.map((row) => row.id))
}

export type PlacedComment = { storyId: string; parentId: string | null; ancestors: string[] }

/** Counts comments in (1) or out (-1) wherever they are counted: parent, ancestors, story. The stories' rows must be
 *  locked, so that no two writers count at once. */
export async function countIn(tx: Database, comments: PlacedComment[], sign: 1 | -1): Promise<void> {
  const below = new Map<string, { storyId: string; id: string; replies: number; descendants: number }>()
  const stories = new Map<string, number>()
  for (const { storyId, parentId, ancestors } of comments) {
    stories.set(storyId, (stories.get(storyId) ?? 0) + sign)
    for (const id of ancestors) {
      const count = below.get(id) ?? { storyId, id, replies: 0, descendants: 0 }
      count.descendants += sign
      if (id === parentId) count.replies += sign
      below.set(id, count)
    }
  }
  const counted =
    below.size > 0
      ? sql`
      update comment set replies = comment.replies + c.replies, descendants = comment.descendants + c.descendants
      from jsonb_to_recordset(${JSON.stringify([...below.values()])}::jsonb)
        as c ("storyId" uuid, id uuid, replies int, descendants int)
      where comment.story_id = c."storyId" and comment.id = c.id`.execute(tx)
      : undefined
  const summed =
    stories.size > 0
      ? sql`
    update story set comments = story.comments + c.count
    from unnest(${[...stories.keys()]}::uuid[], ${[...stories.values()]}::int[]) as c (id, count)
    where story.id = c.id`.execute(tx)
      : undefined
  await Promise.all([counted, summed])
}

/** @returns the name under which `readReferred` answers: a comment is one of its story's, and of no other's */
export const nameReferred = ({ storyId, id }: { storyId: string; id: string }): string => `${storyId} ${id}`

/** What a reply or a quote refers to: several comments of several stories at once. `text` only where it is public. */
export async function readReferred(
  tx: Database,
  wanted: { storyId: string; id: string }[],
): Promise<Map<string, { ancestors: string[]; text: string | null; revision: number }>> {
  if (wanted.length === 0) return new Map()
  const { rows } = await sql<{
    storyId: string
    id: string
    ancestors: string[]
    text: string | null
    revision: number
  }>`
    select c.story_id, c.id, c.ancestors, case when c.shown = 'text' then c.text end as text, c.revision
    from unnest(${wanted.map((one) => one.storyId)}::uuid[], ${wanted.map((one) => one.id)}::uuid[]) as w (story_id, id)
    join comment c on c.story_id = w.story_id and c.id = w.id`.execute(tx)
  return new Map(rows.map((row) => [nameReferred(row), row]))
}

/** Puts a new text in the old one's place. What the public has read is kept as a revision and marked as edited; what
 *  nobody has read yet leaves no trace. */
export async function replaceText(
  tx: Database,
  comment: { storyId: string; id: string },
  text: {
    text: string
    html: string
    renderer: number
    language: string | null
    terms: string[]
    status: CommentStatus
  },
  now: Date,
): Promise<void> {
  await sql`
    insert into comment_revision (story_id, comment_id, number, text, html, written_at)
    select story_id, id, revision, text, html, coalesce(edited_at, posted_at) from comment
    where story_id = ${comment.storyId} and id = ${comment.id} and status = 'published'`.execute(tx)
  await sql`
    update comment set text = ${text.text}, html = ${text.html}, renderer = ${text.renderer}, language = ${text.language},
      terms = array_to_tsvector(${text.terms}::text[]), status = ${text.status}, revision = revision + 1,
      edited_at = case when status = 'published' then ${now}::timestamptz else edited_at end
    where story_id = ${comment.storyId} and id = ${comment.id}`.execute(tx)
}

export async function setStatus(
  tx: Database,
  comment: { storyId: string; id: string },
  status: CommentStatus,
  reason: string | null,
): Promise<void> {
  await tx
    .updateTable('comment')
    .set({ status, reason })
    .where('storyId', '=', comment.storyId)
    .where('id', '=', comment.id)
    .execute()
}

/** A withdrawn comment keeps its place and nothing else: words, earlier words, quotes and search terms go. */
export async function eraseText(tx: Database, comment: { storyId: string; id: string }): Promise<void> {
  await sql`
    update comment set status = 'withdrawn', reason = null, text = '', html = '', quotes = '[]', terms = null, kind = null
    where story_id = ${comment.storyId} and id = ${comment.id}`.execute(tx)
  await tx
    .deleteFrom('commentRevision')
    .where('storyId', '=', comment.storyId)
    .where('commentId', '=', comment.id)
    .execute()
}

/** Sets or takes back a reader's ballot and keeps the comment's count of yes. @returns whether anything changed */
export async function setBallot(
  tx: Database,
  ballot: { storyId: string; commentId: string; personId: string; value: number | null },
  now: Date,
): Promise<boolean> {
  const { rows } = await sql<{ before: number | null }>`
    select (select value from ballot where story_id = ${ballot.storyId} and comment_id = ${ballot.commentId}
      and person_id = ${ballot.personId}) as before`.execute(tx)
  const before = rows[0]?.before ?? null
  if (before === ballot.value) return false
  if (ballot.value === null)
    await tx
      .deleteFrom('ballot')
      .where('storyId', '=', ballot.storyId)
      .where('commentId', '=', ballot.commentId)
      .where('personId', '=', ballot.personId)
      .execute()
  else
    await tx
      .insertInto('ballot')
      .values({
        storyId: ballot.storyId,
        commentId: ballot.commentId,
        personId: ballot.personId,
        value: ballot.value,
        castAt: now,
      })
      .onConflict((conflict) =>
        conflict
          .columns(['storyId', 'commentId', 'personId'])
          .doUpdateSet({ value: ballot.value as number, castAt: now }),
      )
      .execute()
  const change = (ballot.value === 1 ? 1 : 0) - (before === 1 ? 1 : 0)
  if (change !== 0)
    await sql`update comment set respect = respect + ${change} where story_id = ${ballot.storyId} and id = ${ballot.commentId}`.execute(
      tx,
    )
  return change !== 0
}

/** A reader's flag; a second one by the same reader replaces the first. */
export async function putReport(
  tx: Database,
  {
    storyId,
    commentId,
    personId,
    reason,
    text,
  }: { storyId: string; commentId: string; personId: string; reason: string; text: string },
  now: Date,
): Promise<void> {
  const fields = { reason, text, reportedAt: now, settledAt: null }
  await tx
    .insertInto('report')
    .values({ storyId, commentId, personId, ...fields })
    .onConflict((conflict) => conflict.columns(['storyId', 'commentId', 'personId']).doUpdateSet(fields))
    .execute()
}
