/** What one reads and what one would rather not: stories followed, people muted, what to be told of. */
import type { Wording } from '../../language/messages.ts'
import type { Followed } from '../../people/follow-store.ts'
import type { Muted } from '../../people/mute-store.ts'
import { type Notify, notifyChoices, notifyKinds } from '../../people/notify.ts'

export function FollowedStories({ wording, stories }: { wording: Wording; stories: Followed[] }) {
  const { say } = wording
  return (
    <section aria-labelledby="my-follows">
      <h2 id="my-follows">{say('me-follows')}</h2>
      {stories.length === 0 ? <p class="thread-empty">{say('me-follows-none')}</p> : null}
      <ul class="me-list">
        {stories.map(({ id, title, language }) => (
          <li key={id}>
            <p lang={language ?? undefined}>
              <a href={`/s/${id}`}>
                <bdi>{title ?? say('story-untitled')}</bdi>
              </a>
            </p>
            <form method="post" action={`/s/${id}/unfollow`}>
              <input type="hidden" name="to" value="/me/reading" />
              <button
                type="submit"
                aria-label={say('me-unfollow-label', { title: title ?? say('story-untitled') })}
              >
                {say('me-unfollow')}
              </button>
            </form>
          </li>
        ))}
      </ul>
    </section>
  )
}

export function MutedPeople({ wording, people }: { wording: Wording; people: Muted[] }) {
  const { say } = wording
  return (
    <section aria-labelledby="my-mutes">
      <h2 id="my-mutes">{say('me-mutes')}</h2>
      <p class={people.length === 0 ? 'thread-empty' : 'hint'}>
        {say(people.length === 0 ? 'me-mutes-none' : 'me-mutes-note')}
      </p>
      <ul class="me-list">
        {people.map(({ id, name }) => (
          <li key={id}>
            <p>
              <a href={`/p/${id}`}>
                <bdi>{name}</bdi>
              </a>
            </p>
            <form method="post" action={`/p/${id}/unmute`}>
              <input type="hidden" name="to" value="/me/reading" />
              <button type="submit" aria-label={say('me-unmute-label', { name })}>
                {say('more-unmute-go')}
              </button>
            </form>
          </li>
        ))}
      </ul>
    </section>
  )
}

export function NotifyForm({ wording, notify }: { wording: Wording; notify: Notify }) {
  const { say } = wording
  return (
    <section aria-labelledby="my-notify">
      <h2 id="my-notify">{say('me-notify')}</h2>
      <form class="me-form notify-form" method="post" action="/me/notify">
        {notifyKinds.map((kind) => (
          <div class="notify-row" key={kind}>
            <label for={`notify-${kind}`}>{say(`me-notify-${kind}`)}</label>
            <select id={`notify-${kind}`} name={kind}>
              {notifyChoices.map((choice) => (
                <option key={choice} value={choice} selected={choice === notify[kind]}>
                  {say(`me-notify-${choice}`)}
                </option>
              ))}
            </select>
          </div>
        ))}
        <p class="hint">{say('me-notify-note')}</p>
        <button type="submit">{say('me-save')}</button>
      </form>
    </section>
  )
}
