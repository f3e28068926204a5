import type { PublishedComment } from '../../discussion/author-store.ts'
import { commentPath } from '../../discussion/comment.view.tsx'
import { excerpt } from '../../language/comment-html.ts'
import type { Wording } from '../../language/messages.ts'
import { Avatar } from '../../people/avatar.view.tsx'
import type { Profile } from './profile.ts'

/** How others see somebody: what they wrote, and nothing that counts up to a score.
 *  @param viewer whether it is their own, and whether whoever looks has muted them; null: nobody is signed in */
export function ProfileView(props: {
  wording: Wording
  profile: Profile
  avatars: boolean
  comments: PublishedComment[]
  next: string | null
  viewer: { isSelf: boolean; hasMuted: boolean } | null
}) {
  const { wording, profile, comments, next, viewer } = props
  const { say } = wording
  const list = <PublishedList wording={wording} profile={profile} comments={comments} next={next} />
  return (
    <div class="profile">
      <h1>
        {props.avatars ? <Avatar id={profile.id} name={profile.name} /> : null} <bdi>{profile.name}</bdi>
        {profile.role === 'reader' ? null : (
          <>
            {' '}
            <span class="badge">{profile.badge ?? say(`badge-${profile.role}`)}</span>
          </>
        )}
      </h1>
      <p class="profile-line">
        {wording.list([
          ...(profile.since === null ? [] : [say('profile-since', { date: wording.day(profile.since) })]),
          say('profile-comments', { n: profile.comments }),
        ])}
      </p>
      {profile.claim === 'unclaimed' ? <p class="hint">{say('profile-unclaimed')}</p> : null}
      {profile.claim === 'guest' ? <p class="hint">{say('profile-guest')}</p> : null}
      {viewer?.isSelf ? (
        <p class="hint">
          {say('profile-self')} <a href="/me">{say('me')}</a>
        </p>
      ) : (
        <MuteForm
          wording={wording}
          person={profile}
          hasMuted={viewer?.hasMuted === true}
          to={`/p/${profile.id}`}
        />
      )}
      {comments.length === 0 ? null : profile.isMuted ? (
        <details class="muted">
          <summary>{say('profile-folded')}</summary>
          {list}
        </details>
      ) : (
        list
      )}
    </div>
  )
}

/** Mutes or unmutes, without script too. @param to where to go on */
export function MuteForm(props: {
  wording: Wording
  person: { id: string; name: string }
  hasMuted: boolean
  to: string
}) {
  const { wording, person, hasMuted, to } = props
  const { say } = wording
  const { name } = person
  return (
    <form class="mute-form" method="post" action={`/p/${person.id}/${hasMuted ? 'unmute' : 'mute'}`}>
      <p>{say(hasMuted ? 'more-muted' : 'more-mute-note', { name })}</p>
      {hasMuted ? <p class="hint">{say('profile-mute-script')}</p> : null}
      <input type="hidden" name="to" value={to} />
      <button type="submit">{say(hasMuted ? 'more-unmute-go' : 'more-mute-go')}</button>
    </form>
  )
}

function PublishedList(props: {
  wording: Wording
  profile: { id: string }
  comments: PublishedComment[]
  next: string | null
}) {
  const { wording, profile, comments, next } = props
  const { say, date } = wording
  return (
    <section aria-labelledby="written">
      <h2 id="written">{say('profile-list')}</h2>
      <ol class="found">
        {comments.map((comment) => (
          <li key={comment.id}>
            <article class="comment">
              <header class="comment-head">
                <bdi class="found-in">{comment.storyTitle ?? say('story-untitled')}</bdi>
                {comment.posted ? (
                  <time dateTime={comment.posted.toISOString()}>{date(comment.posted)}</time>
                ) : null}
              </header>
              <p class="excerpt" dir="auto" lang={comment.language ?? undefined}>
                <a href={commentPath({ base: '', storyId: comment.storyId }, comment.id)}>
                  {excerpt(comment.text, 280)}
                </a>
              </p>
            </article>
          </li>
        ))}
      </ol>
      {next ? (
        <p class="pages">
          <a class="next" rel="next" href={`/p/${profile.id}?after=${next}`}>
            {say('me-older')}
          </a>
        </p>
      ) : null}
    </section>
  )
}
