import type { Wording } from '../../language/messages.ts'
import type { StoryWithPassages } from '../../stories/story.ts'
import { nameStory } from '../story/story.view.tsx'

export function FollowView(props: { wording: Wording; story: StoryWithPassages; follows: boolean }) {
  const { wording, story, follows } = props
  const { say } = wording
  return (
    <>
      <h1 class="exchange-head">
        <a href={`/s/${story.id}`}>{nameStory(story, wording)}</a>
      </h1>
      <p class={follows ? 'notice good' : 'notice'} role="status">
        {follows ? `${say('follow-done')} ${say('follow-note')}` : say('follow-undone')}
      </p>
      <form method="post" action={`/s/${story.id}/${follows ? 'unfollow' : 'follow'}`}>
        {follows ? <input type="hidden" name="to" value={`/s/${story.id}/follow`} /> : null}
        <button type="submit">{say(follows ? 'me-unfollow' : 'follow-go')}</button>
      </form>
      <p class="back">
        <a href={`/s/${story.id}`}>{say('branch-back')}</a> · <a href="/me/reading">{say('follow-list')}</a>
      </p>
    </>
  )
}
