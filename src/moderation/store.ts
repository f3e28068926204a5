import type { Database } from '../database/connect.ts'
import type { CommentStatus, DecisionAction } from '../database/tables.ts'
import type { FullComment } from '../discussion/store.ts'

export type Decision = {
  id: string
  storyId: string
  commentId: string
  moderatorId: string
  moderatorName: string | null
  action: DecisionAction
  reason: string | null
  note: string | null
  statusBefore: CommentStatus
  statusAfter: CommentStatus
  decidedAt: Date
}

/** Adds to the log, which the database lets nobody change. */
export async function insertDecision(tx: Database, decision: Omit<Decision, 'moderatorName'>): Promise<void> {
  await tx.insertInto('decision').values(decision).execute()
}

/** A comment's decisions, oldest first. */
export const listDecisions = (db: Database, storyId: string, commentId: string): Promise<Decision[]> =>
  db
    .selectFrom('decision')
    .leftJoin('person', 'person.id', 'decision.moderatorId')
    .selectAll('decision')
    .select('person.name as moderatorName')
    .where('decision.storyId', '=', storyId)
    .where('decision.commentId', '=', commentId)
    .orderBy('decision.id')
    .execute()

/** A decision with the comment it was about. */
export type PlacedDecision = Decision & {
  storyTitle: string | null
  authorName: string | null
  text: string | null
  language: string | null
}

const selectPlaced = (db: Database, siteId: string) =>
  db
    .selectFrom('decision')
    .innerJoin('story', 'story.id', 'decision.storyId')
    .leftJoin('comment', (join) =>
      join.onRef('comment.storyId', '=', 'decision.storyId').onRef('comment.id', '=', 'decision.commentId'),
    )
    .leftJoin('person', 'person.id', 'decision.moderatorId')
    .leftJoin('person as author', 'author.id', 'comment.authorId')
    .selectAll('decision')
    .select([
      'person.name as moderatorName',
      'story.title as storyTitle',
      'author.name as authorName',
      'comment.text',
      'comment.language',
    ])
    .where('story.siteId', '=', siteId)

/** The desk's last decisions, newest first, each with its comment. Index: decision_recent. */
export const listRecentDecisions = (db: Database, siteId: string, limit: number): Promise<PlacedDecision[]> =>
  selectPlaced(db, siteId).orderBy('decision.decidedAt', 'desc').limit(limit).execute()

/** The very last decision on a comment. Index: decision_of_comment. */
export const readLastDecision = (
  db: Database,
  siteId: string,
  commentId: string,
): Promise<PlacedDecision | undefined> =>
  selectPlaced(db, siteId)
    .where('decision.commentId', '=', commentId)
    .orderBy('decision.id', 'desc')
    .limit(1)
    .executeTakeFirst()

export async function settleReports(
  tx: Database,
  storyId: string,
  commentId: string,
  now: Date,
): Promise<void> {
  await tx
    .updateTable('report')
    .set({ settledAt: now })
    .where('storyId', '=', storyId)
    .where('commentId', '=', commentId)
    .where('settledAt', 'is', null)
    .execute()
}

/** Opens again what a decision settled, when that decision is undone. */
export async function reopenReports(
  tx: Database,
  storyId: string,
  commentId: string,
  settledAt: Date,
): Promise<void> {
  await tx
    .updateTable('report')
    .set({ settledAt: null })
    .where('storyId', '=', storyId)
    .where('commentId', '=', commentId)
    .where('settledAt', '=', settledAt)
    .execute()
}

/** A comment as the desk's lists show it. */
export type DeskComment = Pick<
  FullComment,
  'id' | 'storyId' | 'authorName' | 'status' | 'language' | 'html' | 'received' | 'revision'
> & { storyTitle: string | null }

export type OpenReport = { reasons: string[]; texts: string[]; count: number }

/** Comments with open reports, the most reported first. */
export async function listReported(
  db: Database,
  siteId: string,
  limit: number,
): Promise<{ report: OpenReport; comment: DeskComment }[]> {
  const rows = await db
    .selectFrom((from) =>
      from
        .selectFrom('report')
        .innerJoin('story', 'story.id', 'report.storyId')
        .select(['report.storyId', 'report.commentId', 'story.title as storyTitle'])
        .select(({ fn }) => [
          fn.agg<string[]>('array_agg', ['report.reason']).distinct().as('reasons'),
          fn.agg<string[]>('array_agg', ['report.text']).as('texts'),
          fn.countAll<number>().as('count'),
        ])
        .where('story.siteId', '=', siteId)
        .where('report.settledAt', 'is', null)
        .groupBy(['report.storyId', 'report.commentId', 'story.title'])
        .orderBy('count', 'desc')
        .orderBy('report.commentId')
        .limit(limit)
        .as('open'),
    )
    .innerJoin('comment as c', (join) =>
      join.onRef('c.storyId', '=', 'open.storyId').onRef('c.id', '=', 'open.commentId'),
    )
    .leftJoin('person', 'person.id', 'c.authorId')
    .select(['open.reasons', 'open.texts', 'open.count', 'open.storyTitle', 'c.id', 'c.storyId', 'c.status'])
    .select(['c.language', 'c.html', 'c.receivedAt as received', 'c.revision', 'person.name as authorName'])
    .orderBy('open.count', 'desc')
    .orderBy('c.id')
    .execute()
  return rows.map(({ reasons, texts, count, ...comment }) => ({
    report: { reasons, texts: texts.filter(Boolean), count },
    comment,
  }))
}

/** Of each of several comments the last decision that made it what it is now: what its author is told. A comment that
 *  was put back to where it was held or removed is so by the decision before. */
export async function readLastDecisions(db: Database, commentIds: string[]): Promise<Map<string, Decision>> {
  if (commentIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('decision')
    .innerJoin('comment', (join) =>
      join
        .onRef('comment.storyId', '=', 'decision.storyId')
        .onRef('comment.id', '=', 'decision.commentId')
        .onRef('comment.status', '=', 'decision.statusAfter'),
    )
    .leftJoin('person', 'person.id', 'decision.moderatorId')
    .selectAll('decision')
    .select('person.name as moderatorName')
    .where('decision.commentId', 'in', commentIds)
    .where((is) =>
      is.or([is('decision.action', '!=', 'restore'), is('decision.statusAfter', '=', 'published')]),
    )
    .orderBy('decision.id')
    .execute()
  return new Map(rows.map((row) => [row.commentId, row]))
}
