/** What of discussions is one reader's alone. */
import type { Database } from '../database/connect.ts'
import { countUntold } from '../people/sanction-store.ts'
import { type FullComment, selectFull } from './store.ts'

type Mine = {
  /** Own comments that only their author sees. */
  waiting: FullComment[]
  own: string[]
  respected: string[]
  /** People whom the reader muted, whether they wrote here or not: they may yet. */
  muted: string[]
  /** Of the comments that can be read here, how many are theirs. */
  mutedComments: number
  /** Measures in force about them that they have not looked at on their own page. */
  told: number
}

/** What of a story's thread is one reader's alone. */
export async function readMine(
  db: Database,
  { storyId, personId, now }: { storyId: string; personId: string; now: Date },
): Promise<Mine> {
  const [own, respected, muted, told] = await Promise.all([
    selectFull(db)
      .where('c.storyId', '=', storyId)
      .where('c.authorId', '=', personId)
      .orderBy('c.id')
      .execute(),
    db
      .selectFrom('ballot')
      .select('commentId')
      .where('storyId', '=', storyId)
      .where('personId', '=', personId)
      .where('value', '=', 1)
      .execute(),
    db.selectFrom('mute').select('mutedId').where('personId', '=', personId).execute(),
    countUntold(db, personId, now),
  ])
  return {
    waiting: own.filter((comment) => comment.status === 'pending' || comment.status === 'held'),
    own: own.map((comment) => comment.id),
    respected: respected.map((ballot) => ballot.commentId),
    muted: muted.map(({ mutedId }) => mutedId),
    mutedComments: muted.length === 0 ? 0 : await countMutedIn(db, storyId, personId),
    told,
  }
}

/** Index: comment_author, one short look for each who was muted. */
async function countMutedIn(db: Database, storyId: string, personId: string): Promise<number> {
  const { count } = await db
    .selectFrom('mute')
    .innerJoin('comment', 'comment.authorId', 'mute.mutedId')
    .innerJoin('publicComment as c', (join) =>
      join.onRef('c.storyId', '=', 'comment.storyId').onRef('c.id', '=', 'comment.id'),
    )
    .select((select) => select.fn.countAll<string>().as('count'))
    .where('mute.personId', '=', personId)
    .where('comment.storyId', '=', storyId)
    .where('c.shown', '=', 'text')
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** An author's own comments, newest first, with those that wait. `before`: last id seen. */
export async function listOwn(
  db: Database,
  authorId: string,
  before: string | undefined,
  limit: number,
): Promise<(FullComment & { storyTitle: string | null })[]> {
  let query = selectFull(db)
    .innerJoin('story', 'story.id', 'c.storyId')
    .select('story.title as storyTitle')
    .where('c.authorId', '=', authorId)
    .orderBy('c.id', 'desc')
    .limit(limit)
  if (before) query = query.where('c.id', '<', before)
  return query.execute()
}

/** What a reader respects and everyone can read, the latest written first. Index: ballot_person.
 *  @param limit of the list */
export async function listRespected(
  db: Database,
  personId: string,
  limit: number,
): Promise<{ id: string; storyId: string; text: string; language: string | null; author: string | null }[]> {
  const rows = await db
    .selectFrom('ballot')
    .innerJoin('publicComment as c', (join) =>
      join.onRef('c.storyId', '=', 'ballot.storyId').onRef('c.id', '=', 'ballot.commentId'),
    )
    .leftJoin('person', 'person.id', 'c.authorId')
    .select(['c.id', 'c.storyId', 'c.text', 'c.language', 'person.name as author'])
    .where('ballot.personId', '=', personId)
    .where('ballot.value', '=', 1)
    .where('c.shown', '=', 'text')
    .orderBy('c.id', 'desc')
    .limit(limit)
    .execute()
  return rows.map((row) => ({ ...row, text: row.text ?? '' }))
}
