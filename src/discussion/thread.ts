/** How a thread is cut into a page: whole branches, each with the first of its replies, the rest counted. */
import type { Comment } from './comment.ts'

/** First comments on a page, replies shown under each, replies shown under each of those. */
export const BRANCHES = 20
export const REPLIES = 3
export const SUB_REPLIES = 2

export type Branch = {
  comment: Comment
  replies: Branch[]
  /** Published comments below this one that are not on the page. */
  more: number
}

/** Puts replies under what they answer. Comments whose parent is not among them are the roots, in their order; the
 *  children keep theirs.
 *  @param comments parents before children or after, it does not matter */
export function growBranches(comments: Comment[]): Branch[] {
  const branches = new Map(
    comments.map((comment) => [comment.id, { comment, replies: [], more: 0 } as Branch]),
  )
  const roots: Branch[] = []
  for (const branch of branches.values()) {
    const parent = branch.comment.parentId === null ? undefined : branches.get(branch.comment.parentId)
    if (parent) parent.replies.push(branch)
    else roots.push(branch)
  }
  for (const root of roots) countMissing(root)
  return roots
}

/** Fills in `more` from the leaves up. @returns published comments in the branch that are on the page */
function countMissing(branch: Branch): number {
  const below = branch.replies.reduce((sum, reply) => sum + countMissing(reply), 0)
  branch.more = Math.max(0, branch.comment.descendants - below - missingBelow(branch))
  return below + (branch.comment.shown === 'text' ? 1 : 0)
}

/** What the replies already announce as theirs, so that nothing is announced twice. */
const missingBelow = (branch: Branch): number =>
  branch.replies.reduce((sum, reply) => sum + reply.more + missingBelow(reply), 0)
