/** Reads of comments. Everything the public sees comes from the view public_comment: the one visibility predicate. */
import { sql } from 'kysely'
import type { Database } from '../database/connect.ts'
import type { CommentKind, CommentStatus, Quote, Role } from '../database/tables.ts'
import type { Comment, ShownQuote } from './comment.ts'
import type { Cursor, Sort } from './sorts/sort.ts'

type ShownRow = {
  id: string
  storyId: string
  parentId: string | null
  ancestors: string[]
  shown: 'text' | 'tombstone'
  status: CommentStatus
  reason: string | null
  kind: CommentKind | null
  language: string | null
  text: string | null
  html: string | null
  quotes: Quote[] | null
  postedAt: Date | null
  editedAt: Date | null
  revision: number | null
  respect: number
  replies: number
  descendants: number
  authorId: string | null
  authorName: string | null
  authorRole: Role | null
  authorBadge: string | null
  authorClaim: string | null
  authorIsMuted: boolean | null
}

const shownColumns = [
  'c.id',
  'c.storyId',
  'c.parentId',
  'c.ancestors',
  'c.shown',
  'c.status',
  'c.reason',
  'c.kind',
  'c.language',
  'c.text',
  'c.html',
  'c.quotes',
  'c.postedAt',
  'c.editedAt',
  'c.revision',
  'c.respect',
  'c.replies',
  'c.descendants',
  'c.authorId',
  'person.name as authorName',
  'person.role as authorRole',
  'person.badge as authorBadge',
  'person.claim as authorClaim',
  'person.isMuted as authorIsMuted',
] as const

const selectShown = (db: Database) =>
  db.selectFrom('publicComment as c').leftJoin('person', 'person.id', 'c.authorId').select(shownColumns)

const toComment = (row: ShownRow, quotes: ShownQuote[]): Comment => ({
  id: row.id,
  storyId: row.storyId,
  parentId: row.parentId,
  ancestors: row.ancestors,
  shown: row.shown,
  status: row.status,
  reason: row.reason,
  author:
    row.authorId === null
      ? null
      : {
          id: row.authorId,
          name: row.authorName ?? '',
          role: row.authorRole ?? 'reader',
          badge: row.authorBadge,
          claimed: row.authorClaim === 'claimed',
          isGuest: row.authorClaim === 'guest',
          isMuted: row.authorIsMuted === true,
        },
  posted: row.postedAt,
  edited: row.editedAt,
  revision: row.revision ?? 1,
  kind: row.kind,
  language: row.language,
  text: row.text ?? '',
  html: row.html ?? '',
  quotes,
  respect: row.respect,
  replies: row.replies,
  descendants: row.descendants,
})

/** Rows as comments; what they quote is looked up once for all of them, through the same view. */
async function toComments(db: Database, rows: ShownRow[]): Promise<Comment[]> {
  const wanted = [
    ...new Set(rows.flatMap((row) => (row.quotes ?? []).flatMap((quote) => quote.comment ?? []))),
  ]
  const seen = new Map<string, { author: string | null; revision: number }>()
  if (wanted.length > 0) {
    const quoted = await db
      .selectFrom('publicComment as c')
      .leftJoin('person', 'person.id', 'c.authorId')
      .select(['c.id', 'c.revision', 'person.name as author'])
      .where('c.storyId', '=', rows[0]!.storyId)
      .where('c.id', 'in', wanted)
      .where('c.shown', '=', 'text')
      .execute()
    for (const { id, author, revision } of quoted) seen.set(id, { author, revision: revision ?? 1 })
  }
  return rows.map((row) =>
    toComment(
      row,
      (row.quotes ?? []).map((quote) => showQuote(quote, seen)),
    ),
  )
}

function showQuote(quote: Quote, seen: Map<string, { author: string | null; revision: number }>): ShownQuote {
  if (quote.comment === undefined)
    return { passage: quote.passage ?? null, comment: null, exact: quote.exact, author: null, changed: false }
  const quoted = seen.get(quote.comment)
  return {
    passage: null,
    comment: quote.comment,
    exact: quoted ? quote.exact : null,
    author: quoted?.author ?? null,
    changed: quoted !== undefined && quoted.revision !== quote.version,
  }
}

/** A page of comments under `parent` (null: the thread's first comments) in a sort; one more than `limit` tells that
 *  there is a next page. Index: comment_children, or the sort's own. */
export async function listChildren(
  db: Database,
  page: { storyId: string; parent: string | null; sort: Sort; after: Cursor | undefined; limit: number },
): Promise<Comment[]> {
  const { sort, after } = page
  let query = selectShown(db).where('c.storyId', '=', page.storyId)
  query =
    page.parent === null ? query.where('c.parentId', 'is', null) : query.where('c.parentId', '=', page.parent)
  const columns = sql.join(sort.keys.map((key) => sql.ref(`c.${key}`)))
  if (after) {
    const types = sort.keys.map((key, n) => (key === 'id' ? sql`${after[n]}::uuid` : sql`${after[n]}::int`))
    query = query.where(
      sql<boolean>`(${columns}) ${sql.raw(sort.descending ? '<' : '>')} (${sql.join(types)})`,
    )
  }
  for (const key of sort.keys) query = query.orderBy(sql.ref(`c.${key}`), sort.descending ? 'desc' : 'asc')
  return toComments(db, await query.limit(page.limit).execute())
}

/** The first replies of each of several comments, oldest first. Index: comment_children, one short look a parent. */
export async function listFirstReplies(
  db: Database,
  storyId: string,
  parents: string[],
  each: number,
): Promise<Comment[]> {
  if (parents.length === 0) return []
  const rows = await db
    .selectFrom(sql<{ id: string }>`unnest(${parents}::uuid[])`.as<'parent'>(sql`parent(id)`))
    .innerJoinLateral(
      (eb) =>
        eb
          .selectFrom('publicComment')
          .selectAll()
          .where('publicComment.storyId', '=', storyId)
          .whereRef('publicComment.parentId', '=', 'parent.id')
          .orderBy('publicComment.id')
          .limit(each)
          .as('c'),
      (join) => join.onTrue(),
    )
    .leftJoin('person', 'person.id', 'c.authorId')
    .select(shownColumns)
    .execute()
  return toComments(db, rows)
}

/** Comments by id, in the order asked for; those the public may not see are left out. */
export async function readShown(db: Database, storyId: string, ids: string[]): Promise<Comment[]> {
  if (ids.length === 0) return []
  const rows = await selectShown(db).where('c.storyId', '=', storyId).where('c.id', 'in', ids).execute()
  const comments = await toComments(db, rows)
  const order = new Map(ids.map((id, n) => [id, n]))
  return comments.sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0))
}

/** All comments of a story in order of posting, flat, for programs. `after`: last id seen. */
export async function listComments(
  db: Database,
  storyId: string,
  after: string | undefined,
  limit: number,
): Promise<Comment[]> {
  let query = selectShown(db).where('c.storyId', '=', storyId).orderBy('c.id').limit(limit)
  if (after) query = query.where('c.id', '>', after)
  return toComments(db, await query.execute())
}

export type PastText = { number: number; text: string; html: string; written: Date | null }

/** What a published comment said before, oldest first. Nothing for one that is not to be seen. */
export async function listRevisions(db: Database, storyId: string, commentId: string): Promise<PastText[]> {
  return db
    .selectFrom('commentRevision as past')
    .innerJoin('publicComment as c', (join) =>
      join.onRef('c.storyId', '=', 'past.storyId').onRef('c.id', '=', 'past.commentId'),
    )
    .select(['past.number', 'past.text', 'past.html', 'past.writtenAt as written'])
    .where('past.storyId', '=', storyId)
    .where('past.commentId', '=', commentId)
    .where('c.shown', '=', 'text')
    .orderBy('past.number')
    .execute()
}

/** Published comments that have all the terms, newest first; of one story or of all the site's. */
export async function searchComments(
  db: Database,
  where: {
    siteId: string
    storyId: string | undefined
    tsquery: string
    before: string | undefined
    limit: number
  },
): Promise<(Comment & { storyTitle: string | null })[]> {
  let query = selectShown(db)
    .innerJoin('story', 'story.id', 'c.storyId')
    .select('story.title as storyTitle')
    .where('story.siteId', '=', where.siteId)
    .where('c.status', '=', 'published')
    .where(sql<boolean>`c.terms @@ ${where.tsquery}::tsquery`)
    .orderBy('c.id', 'desc')
    .limit(where.limit)
  if (where.storyId) query = query.where('c.storyId', '=', where.storyId)
  if (where.before) query = query.where('c.id', '<', where.before)
  const rows = await query.execute()
  const comments: Comment[] = []
  for (const storyId of new Set(rows.map((row) => row.storyId)))
    comments.push(
      ...(await toComments(
        db,
        rows.filter((row) => row.storyId === storyId),
      )),
    )
  const titles = new Map(rows.map((row) => [row.id, row.storyTitle]))
  return comments
    .sort((a, b) => (a.id < b.id ? 1 : -1))
    .map((comment) => ({ ...comment, storyTitle: titles.get(comment.id) ?? null }))
}

/** A comment as its author or a moderator sees it, whatever its status. */
export type FullComment = {
  id: string
  storyId: string
  parentId: string | null
  ancestors: string[]
  authorId: string | null
  authorName: string | null
  status: CommentStatus
  reason: string | null
  kind: CommentKind | null
  language: string | null
  text: string
  html: string
  quotes: Quote[]
  posted: Date | null
  received: Date
  edited: Date | null
  revision: number
  respect: number
  replies: number
  descendants: number
}

/** Rows whatever their status: for the author's own pages and the desk, and for writes. Never for the public. */
export const selectFull = (db: Database) =>
  db
    .selectFrom('comment as c')
    .leftJoin('person', 'person.id', 'c.authorId')
    .select([
      'c.id',
      'c.storyId',
      'c.parentId',
      'c.ancestors',
      'c.authorId',
      'person.name as authorName',
      'c.status',
      'c.reason',
      'c.kind',
      'c.language',
      'c.text',
      'c.html',
      'c.quotes',
      'c.postedAt as posted',
      'c.receivedAt as received',
      'c.editedAt as edited',
      'c.revision',
      'c.respect',
      'c.replies',
      'c.descendants',
    ])

export const readFull = (db: Database, storyId: string, id: string): Promise<FullComment | undefined> =>
  selectFull(db).where('c.storyId', '=', storyId).where('c.id', '=', id).executeTakeFirst()

/** A comment locked for a change of its state. */
export const lockFull = (tx: Database, storyId: string, id: string): Promise<FullComment | undefined> =>
  selectFull(tx).where('c.storyId', '=', storyId).where('c.id', '=', id).forUpdate('c').executeTakeFirst()

/** A reader's answer to "worth reading?" on a comment; undefined when there is none. */
export async function readBallot(
  db: Database,
  storyId: string,
  commentId: string,
  personId: string,
): Promise<number | undefined> {
  const row = await db
    .selectFrom('ballot')
    .select('value')
    .where('storyId', '=', storyId)
    .where('commentId', '=', commentId)
    .where('personId', '=', personId)
    .executeTakeFirst()
  return row?.value
}

/** Whether a reader has told the desk of a comment. */
export async function hasReported(
  db: Database,
  storyId: string,
  commentId: string,
  personId: string,
): Promise<boolean> {
  const row = await db
    .selectFrom('report')
    .select('reason')
    .where('storyId', '=', storyId)
    .where('commentId', '=', commentId)
    .where('personId', '=', personId)
    .executeTakeFirst()
  return row !== undefined
}

/** Comments that wait for the desk, oldest first. Index: comment_waiting. */
export async function listWaiting(
  db: Database,
  siteId: string,
  after: string | undefined,
  limit: number,
): Promise<(FullComment & { storyTitle: string | null })[]> {
  let query = selectFull(db)
    .innerJoin('story', 'story.id', 'c.storyId')
    .select('story.title as storyTitle')
    .where('story.siteId', '=', siteId)
    .where('c.status', 'in', ['pending', 'held'])
    .orderBy('c.id')
    .limit(limit)
  if (after) query = query.where('c.id', '>', after)
  return query.execute()
}
