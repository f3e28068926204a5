/** What the form of a comment holds, and under which key its outcome is kept. */
import { createHash } from 'node:crypto'
import type { App } from '../../context.ts'
import { makeRequestKey, type RequestKey, readAnswers } from '../../database/idempotency-store.ts'
import type { Comment } from '../../discussion/comment.ts'
import { isQuotable } from '../../discussion/quote.ts'
import { plainText } from '../../language/comment-html.ts'
import { type Problem, refuse } from '../../problem.ts'

export type CommentForm = {
  text: string
  parent?: string
  quoteComment?: string
  quoteExact?: string
  once?: string
}

/** A form's quote; browsers send line ends as CR LF. */
export const readQuote = (form: CommentForm): { comment: string; exact: string } | undefined =>
  form.quoteComment && form.quoteExact
    ? { comment: form.quoteComment, exact: form.quoteExact.replaceAll('\r\n', '\n') }
    : undefined

/** What a reader meant to answer to and is no longer there. */
export function nameLost(lost: { parent: boolean; quote: boolean }): Problem | undefined {
  if (lost.parent) return refuse('parent-unknown', 'The comment replied to is gone.', { at: '/parent' })
  if (lost.quote) return refuse('quote-unknown', 'The quoted words do not stand there.', { at: '/quotes/0' })
  return undefined
}

/** Whether words may be shown as quoted from a comment. */
export const checkQuoted = (comment: Comment | undefined, exact: string): Problem | undefined =>
  comment?.shown === 'text' && isQuotable(exact, plainText(comment.text))
    ? undefined
    : refuse('quote-unknown', 'The quoted words do not stand in that comment (any more).', { at: '/exact' })

/** Milliseconds in which the same words from a page that all share count as sent again. */
const AGAIN = 600_000

/** Under which key a form's outcome is kept, so that a second click gives the first one's. A page of one reader has a
 *  key of its own; a page that all share cannot, so there who, where and what make one, for the time it takes. */
export async function makeFormKey(
  app: App,
  personId: string,
  storyId: string,
  { once, ...content }: CommentForm,
): Promise<RequestKey> {
  const hash = createHash('sha256')
    .update(JSON.stringify([storyId, content]))
    .digest('base64url')
  const keyOf = (part: string | number) => makeRequestKey(personId, `form:${part}:${hash}`, content)
  if (once) return keyOf(once)
  const turn = Math.floor(app.now().getTime() / AGAIN)
  const before = keyOf(turn - 1)
  const [given] = await readAnswers(app.db, [before])
  return given ? before : keyOf(turn)
}
