import { commentPath } from '../../discussion/comment.view.tsx'
import type { FullComment } from '../../discussion/store.ts'
import { excerpt } from '../../language/comment-html.ts'
import type { Wording } from '../../language/messages.ts'
import type { Decision } from '../../moderation/store.ts'
import { shownName } from '../../people/shown-name.ts'

type Own = FullComment & { storyTitle: string | null }

/** A person's own comments with what the desk did with them, and why. */
export function OwnComments(props: {
  wording: Wording
  comments: Own[]
  decisions: Map<string, Decision>
  next: string | null
  isDesk: boolean
}) {
  const { wording, comments, decisions, next } = props
  const { say, date } = wording
  return (
    <section aria-labelledby="my-comments">
      {props.isDesk ? (
        <p>
          <a href="/desk">{say('desk-heading')}</a>
        </p>
      ) : null}
      <h2 id="my-comments">{say('me-comments')}</h2>
      {comments.length === 0 ? <p class="thread-empty">{say('me-no-comments')}</p> : null}
      <ol class="found">
        {comments.map((comment) => (
          <li key={comment.id}>
            <article class="comment">
              <header class="comment-head">
                <bdi class="found-in">{comment.storyTitle ?? say('story-untitled')}</bdi>
                <time dateTime={comment.received.toISOString()}>{date(comment.received)}</time>
                {comment.status === 'published' ? null : (
                  <span class="comment-note">{say(`me-status-${comment.status}` as 'me-status-held')}</span>
                )}
              </header>
              {comment.status === 'withdrawn' ? null : (
                <p class="excerpt" dir="auto" lang={comment.language ?? undefined}>
                  <a href={commentPath({ base: '', storyId: comment.storyId }, comment.id)}>
                    {excerpt(comment.text, 200)}
                  </a>
                </p>
              )}
              <Told decision={decisions.get(comment.id)} wording={wording} />
              {comment.status === 'withdrawn' ? null : (
                <p class="comment-actions">
                  <a href={`${commentPath({ base: '', storyId: comment.storyId }, comment.id)}/more`}>
                    {say('comment-more')}
                  </a>
                </p>
              )}
            </article>
          </li>
        ))}
      </ol>
      {next ? (
        <p class="pages">
          <a class="next" href={`/me?after=${next}`}>
            {say('me-older')}
          </a>
        </p>
      ) : null}
    </section>
  )
}

/** Drafts are on the device: the script lists them in the place of the note (browser/me.ts). */
export function Drafts({ wording: { say } }: { wording: Wording }) {
  const words: DraftWords = {
    none: say('me-drafts-none'),
    story: say('me-drafts-story'),
    reply: say('me-drafts-reply'),
    drop: say('me-drafts-drop'),
  }
  return (
    <section aria-labelledby="my-drafts" class="drafts" data-words={JSON.stringify(words)}>
      <h2 id="my-drafts" tabIndex={-1}>
        {say('me-drafts')}
      </h2>
      <p class="hint">{say('me-drafts-note')}</p>
    </section>
  )
}

export type DraftWords = { none: string; story: string; reply: string; drop: string }

type Respected = { id: string; storyId: string; text: string; language: string | null; author: string | null }

/** What a person marked as worth reading; nothing while there is nothing. */
export function RespectedComments({ wording, comments }: { wording: Wording; comments: Respected[] }) {
  if (comments.length === 0) return null
  return (
    <section aria-labelledby="my-respect">
      <h2 id="my-respect">{wording.say('me-respected')}</h2>
      <ol class="found">
        {comments.map((comment) => (
          <li key={comment.id}>
            <article class="comment">
              <header class="comment-head">
                <b class="comment-name">
                  <bdi>{shownName(comment.author, wording)}</bdi>
                </b>
              </header>
              <p class="excerpt" dir="auto" lang={comment.language ?? undefined}>
                <a href={commentPath({ base: '', storyId: comment.storyId }, comment.id)}>
                  {excerpt(comment.text, 200)}
                </a>
              </p>
            </article>
          </li>
        ))}
      </ol>
    </section>
  )
}

const comesBack = ({ action }: Decision): boolean => action === 'approve' || action === 'restore'

function Told({ decision, wording }: { decision: Decision | undefined; wording: Wording }) {
  if (!decision) return null
  const { say, date } = wording
  const words = {
    date: date(decision.decidedAt),
    rule: say(`reason-${decision.reason ?? 'other'}` as 'reason-other'),
  }
  const key = ({ remove: 'removed', hold: 'held', restore: 'restored', approve: 'approved' } as const)[
    decision.action
  ]
  return <p class={`notice ${comesBack(decision) ? 'good' : 'bad'}`}>{say(`me-told-${key}`, words)}</p>
}
