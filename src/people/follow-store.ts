/** Which stories somebody follows. */
import type { Database } from '../database/connect.ts'

export type Followed = { id: string; title: string | null; language: string | null; since: Date }

/** The one followed last first.
 *  @param limit of the list */
export const listFollowed = (db: Database, personId: string, limit: number): Promise<Followed[]> =>
  db
    .selectFrom('follow')
    .innerJoin('story', 'story.id', 'follow.storyId')
    .select(['story.id', 'story.title', 'story.language', 'follow.followedAt as since'])
    .where('follow.personId', '=', personId)
    .orderBy('follow.followedAt', 'desc')
    .orderBy('story.id')
    .limit(limit)
    .execute()

export async function isFollowing(db: Database, personId: string, storyId: string): Promise<boolean> {
  const found = await db
    .selectFrom('follow')
    .select('followedAt')
    .where('personId', '=', personId)
    .where('storyId', '=', storyId)
    .executeTakeFirst()
  return found !== undefined
}

export async function insertFollow(
  db: Database,
  personId: string,
  storyId: string,
  now: Date,
): Promise<void> {
  await db
    .insertInto('follow')
    .values({ personId, storyId, followedAt: now })
    .onConflict((conflict) => conflict.columns(['personId', 'storyId']).doNothing())
    .execute()
}

export async function deleteFollow(db: Database, personId: string, storyId: string): Promise<void> {
  await db.deleteFrom('follow').where('personId', '=', personId).where('storyId', '=', storyId).execute()
}
