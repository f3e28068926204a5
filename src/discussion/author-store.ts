/** What everyone may read of one author: found by the author's index, read through the view public_comment. */
import type { Database } from '../database/connect.ts'

const selectPublished = (db: Database, authorId: string) =>
  db
    .selectFrom('comment as written')
    .innerJoin('publicComment as c', (join) =>
      join.onRef('c.storyId', '=', 'written.storyId').onRef('c.id', '=', 'written.id'),
    )
    .where('written.authorId', '=', authorId)
    .where('c.shown', '=', 'text')

export type PublishedComment = {
  id: string
  storyId: string
  storyTitle: string | null
  text: string
  language: string | null
  posted: Date | null
}

/** An author's published comments, newest first. Index: comment_author. `before`: last id seen. */
export async function listPublished(
  db: Database,
  authorId: string,
  before: string | undefined,
  limit: number,
): Promise<PublishedComment[]> {
  let query = selectPublished(db, authorId)
    .innerJoin('story', 'story.id', 'c.storyId')
    .select([
      'c.id',
      'c.storyId',
      'story.title as storyTitle',
      'c.text',
      'c.language',
      'c.postedAt as posted',
    ])
    .orderBy('written.id', 'desc')
    .limit(limit)
  if (before) query = query.where('written.id', '<', before)
  const rows = await query.execute()
  return rows.map((row) => ({ ...row, text: row.text ?? '' }))
}

export async function countPublished(db: Database, authorId: string): Promise<number> {
  const { count } = await selectPublished(db, authorId)
    .select((select) => select.fn.countAll<string>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}
