/** The story as an article: what is not known is said, never invented. */
import { directionOf, type Wording } from '../language/messages.ts'
import type { StoryWithPassages } from './story.ts'

export function StoryArticle({ story, wording }: { story: StoryWithPassages; wording: Wording }) {
  const { say, date } = wording
  const language = story.language
  return (
    <article
      class="story"
      aria-labelledby="story-title"
      {...(language ? { lang: language, dir: directionOf(language) } : {})}
    >
      <header class="story-head">
        {story.section ? <p class="story-section">{story.section}</p> : null}
        <h1 id="story-title" class={story.title ? undefined : 'unknown'}>
          {story.title ?? <span lang={wording.language}>{say('story-untitled')}</span>}
        </h1>
        <p class="story-line" lang={wording.language} dir={wording.direction}>
          <span class={story.byline ? 'story-byline' : 'unknown'}>
            {story.byline ? <bdi>{story.byline}</bdi> : say('story-byline-unknown')}
          </span>
          {story.published ? (
            <time dateTime={story.published.toISOString()}>
              {say('story-published', { date: date(story.published) })}
            </time>
          ) : (
            <span class="unknown">{say('story-published-unknown')}</span>
          )}
          <a href="#talk">{say('story-comments-jump', { n: story.comments })}</a>
        </p>
      </header>
      <div class="story-body">
        {story.passages.map((passage) => (
          <p key={passage.id} id={passage.id} dir="auto">
            {passage.text}
          </p>
        ))}
      </div>
      <footer class="story-foot" lang={wording.language} dir={wording.direction}>
        {story.credit ? <p class="story-credit">{story.credit}</p> : null}
        {story.url ? (
          <p>
            <a href={story.url}>{say('story-original')}</a>
          </p>
        ) : null}
        {story.versions.length > 1 ? (
          <details class="story-versions">
            <summary>{say('story-versions', { n: story.versions.length })}</summary>
            <ol>
              {story.versions.map((version) => (
                <li key={version.number}>
                  <a href={`/s/${story.id}/versions/${version.number}`}>
                    {say('story-version', { n: version.number })}
                  </a>{' '}
                  <time dateTime={version.createdAt.toISOString()}>{date(version.createdAt)}</time>
                </li>
              ))}
            </ol>
          </details>
        ) : null}
      </footer>
    </article>
  )
}
