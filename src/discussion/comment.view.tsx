/** One comment, and the branch under it. Everything that is written by readers comes as HTML from the one renderer. */
import type { ComponentChildren } from 'preact'
import type { Wording } from '../language/messages.ts'
import { directionOf } from '../language/messages.ts'
import { Avatar } from '../people/avatar.view.tsx'
import { profilePath, shownName } from '../people/shown-name.ts'
import type { Author, Comment, ShownQuote } from './comment.ts'
import type { Branch } from './thread.ts'

/** What a view of comments needs to know of where it stands. */
export type Place = {
  wording: Wording
  /** '' on our own pages; our origin in a newsroom's page. */
  base: string
  storyId: string
  /** Whether the discussion takes comments: no Reply where it doesn't. */
  writable: boolean
  /** Whether initials stand beside names (settings/door.ts). */
  avatars: boolean
}

export const commentPath = (place: { base: string; storyId: string }, id: string): string =>
  `${place.base}/s/${place.storyId}/c/${id}`

/** A comment with its replies: two levels open, the third folded, what is deeper on its own page. */
export function BranchItem({ place, branch, level }: { place: Place; branch: Branch; level: number }) {
  const { comment, replies } = branch
  return (
    <li class="branch" id={`c-${comment.id}`}>
      <CommentArticle place={place} comment={comment} />
      {replies.length > 0 && level === 0 ? <Replies place={place} branch={branch} level={level} /> : null}
      {replies.length > 0 && level > 0 ? (
        <details class="folded">
          <summary>{place.wording.say('replies-folded', { n: replies.length + branch.more })}</summary>
          <Replies place={place} branch={branch} level={level} />
        </details>
      ) : null}
      {replies.length === 0 ? <More place={place} branch={branch} level={level} /> : null}
    </li>
  )
}

function Replies({ place, branch, level }: { place: Place; branch: Branch; level: number }) {
  return (
    <>
      <ol class="replies">
        {branch.replies.map((reply) => (
          <BranchItem key={reply.comment.id} place={place} branch={reply} level={level + 1} />
        ))}
      </ol>
      <More place={place} branch={branch} level={level} />
    </>
  )
}

function More({ place, branch, level }: { place: Place; branch: Branch; level: number }) {
  if (branch.more === 0) return null
  const key = level === 0 || branch.replies.length > 0 ? 'replies-more' : 'exchange-continue'
  return (
    <p class="more-replies">
      <a href={commentPath(place, branch.comment.id)}>{place.wording.say(key, { n: branch.more })}</a>
    </p>
  )
}

/** A comment in its thread. What is written by someone whom the staff muted is folded, for everyone. */
export function CommentArticle({ place, comment }: { place: Place; comment: Comment }) {
  const { author } = comment
  if (comment.shown === 'tombstone' || !author) return <Tombstone place={place} comment={comment} />
  const content = (
    <CommentContent place={place} comment={comment} author={author}>
      <CommentActions place={place} comment={comment} author={author} />
    </CommentContent>
  )
  return (
    <Article place={place} comment={comment} author={author}>
      {author.isMuted ? (
        <details class="muted">
          <summary>{place.wording.say('comment-folded-desk')}</summary>
          {content}
        </details>
      ) : (
        content
      )}
    </Article>
  )
}

/** A comment to be looked at, without what can be done with it: on the pages that are about it. */
export function CommentAlone({ place, comment }: { place: Place; comment: Comment }) {
  const { author } = comment
  if (comment.shown === 'tombstone' || !author) return <Tombstone place={place} comment={comment} />
  return (
    <Article place={place} comment={comment} author={author}>
      <CommentContent place={place} comment={comment} author={author} />
    </Article>
  )
}

type Written = { place: Place; comment: Comment; author: Author; children?: ComponentChildren }

function Article({ place, comment, author, children }: Written) {
  const { wording } = place
  return (
    <article
      class={`comment${author.role === 'reader' ? '' : ' by-newsroom'}`}
      data-comment={comment.id}
      data-author={author.id}
      aria-label={wording.say('comment-by', { name: shownName(author.name, wording) })}
    >
      {children}
    </article>
  )
}

function CommentContent({ place, comment, author, children }: Written) {
  const { say } = place.wording
  return (
    <>
      <header class="comment-head">
        <AuthorName author={author} place={place} />
        <CommentTime place={place} comment={comment} />
        {comment.edited ? (
          <a class="comment-edited" href={`${commentPath(place, comment.id)}/history`}>
            {say('comment-edited')}
          </a>
        ) : null}
        {comment.kind ? <span class="comment-kind">{say(`kind-${comment.kind}`)}</span> : null}
      </header>
      {comment.quotes.map((quote, n) => (
        <Quoted key={n} place={place} quote={quote} />
      ))}
      <CommentBody html={comment.html} language={comment.language} />
      {children}
    </>
  )
}

/** The rendered text of a comment: the one place where HTML made from readers' words enters a page. */
export function CommentBody({ html, language }: { html: string; language: string | null }) {
  return (
    <div
      class="comment-body"
      {...(language ? { lang: language, dir: directionOf(language) } : {})}
      dangerouslySetInnerHTML={{ __html: html }}
    />
  )
}

/** Who wrote: the name leads to what else they wrote here. */
export function AuthorName({
  author,
  place,
}: {
  author: Author
  place: Pick<Place, 'wording' | 'base' | 'avatars'>
}) {
  const { wording, base, avatars } = place
  const name = <bdi>{shownName(author.name, wording)}</bdi>
  const profile = profilePath(author, base)
  return (
    <>
      {avatars && author.name !== '' ? <Avatar id={author.id} name={author.name} /> : null}
      <b class="comment-name">{profile === undefined ? name : <a href={profile}>{name}</a>}</b>
      {author.role === 'reader' ? null : (
        <span class="badge">{author.badge ?? wording.say(`badge-${author.role}`)}</span>
      )}
      {author.claimed || author.name === '' ? null : (
        <span class="comment-note">
          {wording.say(author.isGuest ? 'comment-guest' : 'comment-unclaimed')}
        </span>
      )}
    </>
  )
}

function CommentTime({ place, comment }: { place: Place; comment: Comment }) {
  const { wording } = place
  return (
    <a class="comment-time" href={commentPath(place, comment.id)} title={wording.say('comment-permalink')}>
      {comment.posted ? (
        <time dateTime={comment.posted.toISOString()}>{wording.date(comment.posted)}</time>
      ) : (
        wording.say('comment-time-unknown')
      )}
    </a>
  )
}

function Quoted({ place, quote }: { place: Place; quote: ShownQuote }) {
  const { say } = place.wording
  if (quote.exact === null) return <p class="quoted gone">{say('comment-quote-gone')}</p>
  const href = quote.comment
    ? commentPath(place, quote.comment)
    : `${place.base}/s/${place.storyId}#${quote.passage}`
  return (
    <blockquote class="quoted" cite={href} dir="auto">
      <a href={href}>
        <span class="quoted-by">
          {quote.comment
            ? say('comment-quoted', { name: shownName(quote.author, place.wording) })
            : say('comment-quoted-passage')}
          {quote.changed ? ` (${say('comment-quote-changed')})` : ''}
        </span>{' '}
        <q>{quote.exact}</q>
      </a>
    </blockquote>
  )
}

function CommentActions({ place, comment, author }: { place: Place; comment: Comment; author: Author }) {
  const { say, number } = place.wording
  const path = commentPath(place, comment.id)
  const name = shownName(author.name, place.wording)
  return (
    <footer class="comment-actions">
      <form method="post" action={`${path}/respect`} class="respect-form">
        <button
          type="submit"
          class="respect"
          value={comment.respect}
          aria-label={say('comment-respect-label', { n: number(comment.respect) })}
        >
          {say('comment-respect')}{' '}
          <span class="respect-count">{comment.respect > 0 ? number(comment.respect) : ''}</span>
        </button>
      </form>
      {place.writable ? (
        <a class="reply" href={`${path}#reply`} data-name={name}>
          {say('comment-reply')}
        </a>
      ) : null}
      <a class="share" href={path}>
        {say('comment-share')}
      </a>
      <a class="more" href={`${path}/more`} aria-label={say('comment-more-label', { name })}>
        ⋯
      </a>
    </footer>
  )
}

function Tombstone({ place, comment }: { place: Place; comment: Comment }) {
  const { say } = place.wording
  const rule = comment.reason ? say(`reason-${comment.reason}` as 'reason-other') : say('reason-other')
  const text = {
    removed: say('tombstone-removed', { rule }),
    withdrawn: say('tombstone-withdrawn'),
    missing: say('tombstone-missing'),
    held: say('tombstone-waiting'),
    pending: say('tombstone-waiting'),
    published: '',
  }[comment.status]
  return (
    <article class="comment tombstone" data-comment={comment.id}>
      <p>
        <a href={commentPath(place, comment.id)}>{text}</a>
      </p>
    </article>
  )
}
