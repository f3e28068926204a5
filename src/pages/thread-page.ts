/** What a page of a discussion is made of: read in a few short look-ups, whatever the thread's length. */
import type { App } from '../context.ts'
import type { Comment } from '../discussion/comment.ts'
import { oldest } from '../discussion/sorts/oldest.ts'
import type { Cursor, Sort } from '../discussion/sorts/sort.ts'
import { writeCursor } from '../discussion/sorts/sort.ts'
import { listChildren, listFirstReplies, readShown } from '../discussion/store.ts'
import { BRANCHES, type Branch, growBranches, REPLIES, SUB_REPLIES } from '../discussion/thread.ts'

export type BranchPage = { branches: Branch[]; next: string | null }

/** A page of branches under a comment, or the thread's own (`parent` null). */
export async function readBranches(
  app: App,
  page: { storyId: string; parent: string | null; sort: Sort; after: Cursor | undefined },
): Promise<BranchPage> {
  const found = await listChildren(app.db, { ...page, limit: BRANCHES + 1 })
  const roots = found.slice(0, BRANCHES)
  const branches = await growWithReplies(app, page.storyId, roots)
  return { branches, next: found.length > BRANCHES ? writeCursor(page.sort, roots.at(-1)!) : null }
}

async function growWithReplies(app: App, storyId: string, roots: Comment[]): Promise<Branch[]> {
  const answered = (comments: Comment[]) =>
    comments
      .filter((comment) => comment.descendants > 0 || comment.shown === 'tombstone')
      .map((comment) => comment.id)
  const replies = await listFirstReplies(app.db, storyId, answered(roots), REPLIES)
  const subReplies = await listFirstReplies(app.db, storyId, answered(replies), SUB_REPLIES)
  return growBranches([...roots, ...replies, ...subReplies])
}

/** A comment in its context: what it answers, from the thread's first comment down, and a page of its replies. */
export async function readExchange(
  app: App,
  storyId: string,
  commentId: string,
  after: Cursor | undefined,
): Promise<{ parents: Comment[]; comment: Comment; page: BranchPage } | undefined> {
  const [comment] = await readShown(app.db, storyId, [commentId])
  if (!comment) return undefined
  const parents = await readShown(app.db, storyId, comment.ancestors.slice(-MOST_PARENTS))
  return {
    parents,
    comment,
    page: await readBranches(app, { storyId, parent: commentId, sort: oldest, after }),
  }
}

/** How far up a comment's own page goes; a longer chain is followed by the first link. */
const MOST_PARENTS = 10
