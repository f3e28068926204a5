/** A comment as the public may see it, and what may be refused of one. */
import type { CommentKind, CommentStatus, Role } from '../database/tables.ts'
import { COMMENT_MAX_BYTES, COMMENT_MAX_GRAPHEMES } from '../language/comment-html.ts'
import { exceedsGraphemes } from '../language/graphemes.ts'
import type { Wording } from '../language/messages.ts'
import { cleanText } from '../language/text.ts'
import { shownName } from '../people/shown-name.ts'
import { type Problem, refuse } from '../problem.ts'
import { acceptsComments, type ThreadState } from '../stories/gate.ts'

export type Author = {
  id: string
  /** Empty when they were erased: people/shown-name.ts has the words for it. */
  name: string
  role: Role
  badge: string | null
  claimed: boolean
  /** Writes under a name only. */
  isGuest: boolean
  /** By the staff: their comments are folded for everyone. */
  isMuted: boolean
}

/** Words quoted from a passage of the story or from another comment. `exact` is null when what was quoted is no
 *  longer to be seen: a quote must not keep alive what was taken away. */
export type ShownQuote = {
  passage: string | null
  comment: string | null
  exact: string | null
  author: string | null
  changed: boolean
}

export type Comment = {
  id: string
  storyId: string
  parentId: string | null
  ancestors: string[]
  /** A tombstone has no author, text, quotes or respect. */
  shown: 'text' | 'tombstone'
  status: CommentStatus
  /** The rule a removal went by. */
  reason: string | null
  author: Author | null
  /** Unknown for imported comments whose source has no time. */
  posted: Date | null
  edited: Date | null
  revision: number
  kind: CommentKind | null
  language: string | null
  text: string
  html: string
  quotes: ShownQuote[]
  respect: number
  replies: number
  descendants: number
}

/** The words of the API. `created` is null where the source of an import has no time.
 *  @param wording in the site's language */
export const describeComment = (comment: Comment, wording: Wording) => ({
  id: comment.id,
  story: comment.storyId,
  parent: comment.parentId,
  author: comment.author && {
    id: comment.author.id,
    name: shownName(comment.author.name, wording),
    role: comment.author.role,
    claimed: comment.author.claimed,
    guest: comment.author.isGuest,
  },
  created: comment.posted?.toISOString() ?? null,
  edited: comment.edited?.toISOString() ?? null,
  status: comment.status,
  reason: comment.reason,
  kind: comment.kind,
  language: comment.language,
  text: comment.shown === 'text' ? comment.text : null,
  html: comment.shown === 'text' ? comment.html : null,
  respect: comment.respect,
  replies: comment.replies,
  quotes: comment.quotes.map(({ passage, comment: quoted, exact, changed }) => ({
    passage,
    comment: quoted,
    exact,
    changed,
  })),
  citations: [],
})

export type CommentAnswer = ReturnType<typeof describeComment>

/** A reader's text made fit to keep, or why it cannot be. */
export function readText(input: string): { text: string } | Problem {
  if (Buffer.byteLength(input) > COMMENT_MAX_BYTES)
    return refuse(
      'text-too-long',
      `A comment has at most ${COMMENT_MAX_BYTES} bytes; this one has ${Buffer.byteLength(input)}.`,
      { at: '/text' },
    )
  const cleaned = cleanText(input)
  if ('refused' in cleaned)
    return refuse('text-invalid', `The text holds a character that cannot be kept (${cleaned.refused}).`, {
      at: '/text',
    })
  if (!/[\p{L}\p{N}\p{S}\p{P}]/u.test(cleaned.text))
    return refuse('text-empty', 'Please write something first.', { at: '/text' })
  if (exceedsGraphemes(cleaned.text, COMMENT_MAX_GRAPHEMES))
    return refuse('text-too-long', `A comment has at most ${COMMENT_MAX_GRAPHEMES} characters.`, {
      at: '/text',
    })
  return { text: cleaned.text }
}

/** Minutes after posting in which its author may still change a comment. */
export const EDIT_MINUTES = 10

/** Whether a discussion takes comments now. */
export function refuseClosed(state: ThreadState): Problem | undefined {
  if (acceptsComments(state)) return undefined
  const since = state.since ? ` since ${state.since.toISOString().slice(0, 10)}` : ''
  return refuse(
    'discussion-closed',
    state.reason ?? (state.mode === 'off' ? 'Commenting is off here.' : `It takes no comments${since}.`),
  )
}

/** Whether the author may still change the text. */
export function refuseEdit(
  comment: { status: CommentStatus; received: Date },
  now: Date,
): Problem | undefined {
  if (comment.status !== 'published' && comment.status !== 'pending')
    return refuse('status-conflict', 'Only a comment that is published or waiting can be edited.')
  if (now.getTime() - comment.received.getTime() > EDIT_MINUTES * 60_000)
    return refuse(
      'edit-over',
      `A comment can be edited for ${EDIT_MINUTES} minutes; after that, reply to add to it.`,
    )
  return undefined
}
