import type { Database } from '../database/connect.ts'
import type { CommentStatus, DecisionAction } from '../database/tables.ts'

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

/** The desk's last decisions, newest first, each with the comment's place. Index: the log is read backwards by id. */
export const listRecentDecisions = (
  db: Database,
  siteId: string,
  limit: number,
): Promise<(Decision & { storyTitle: string | null })[]> =>
  db
    .selectFrom('decision')
    .innerJoin('story', 'story.id', 'decision.storyId')
    .leftJoin('person', 'person.id', 'decision.moderatorId')
    .selectAll('decision')
    .select(['person.name as moderatorName', 'story.title as storyTitle'])
    .where('story.siteId', '=', siteId)
    .orderBy('decision.decidedAt', 'desc')
    .limit(limit)
    .execute()

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

export type OpenReport = {
  storyId: string
  commentId: string
  reasons: string[]
  texts: string[]
  count: number
  since: Date
}

/** Comments with open reports, the most reported first. */
export async function listReported(db: Database, siteId: string, limit: number): Promise<OpenReport[]> {
  const rows = await db
    .selectFrom('report')
    .innerJoin('story', 'story.id', 'report.storyId')
    .select(['report.storyId', 'report.commentId'])
    .select(({ fn }) => [
      fn.agg<string[]>('array_agg', ['report.reason']).distinct().as('reasons'),
      fn.agg<string[]>('array_agg', ['report.text']).as('texts'),
      fn.countAll<number>().as('count'),
      fn.min('report.reportedAt').as('since'),
    ])
    .where('story.siteId', '=', siteId)
    .where('report.settledAt', 'is', null)
    .groupBy(['report.storyId', 'report.commentId'])
    .orderBy('count', 'desc')
    .limit(limit)
    .execute()
  return rows.map((row) => ({ ...row, texts: row.texts.filter(Boolean) }))
}

/** The last decision on each of several comments: what their authors are told. */
export async function readLastDecisions(db: Database, commentIds: string[]): Promise<Map<string, Decision>> {
  if (commentIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('decision')
    .leftJoin('person', 'person.id', 'decision.moderatorId')
    .selectAll('decision')
    .select('person.name as moderatorName')
    .where('decision.commentId', 'in', commentIds)
    .orderBy('decision.id')
    .execute()
  return new Map(rows.map((row) => [row.commentId, row]))
}
