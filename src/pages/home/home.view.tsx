import type { App } from '../../context.ts'
import { renderPage } from '../../http/layout.view.tsx'
import { directionOf, type Wording } from '../../language/messages.ts'
import type { Story } from '../../stories/story.ts'

export function renderHomePage(props: {
  app: App
  wording: Wording
  stories: Story[]
  firsts: Map<string, string>
  next: string | null
}): string {
  const { app, wording, stories, firsts, next } = props
  const { say } = wording
  return renderPage(
    { wording, site: app.site, title: app.site.name, path: '/', canonical: `${app.origin}/` },
    <>
      <h1 class="visually-hidden">{say('home-heading')}</h1>
      {stories.length === 0 ? <p class="thread-empty">{say('home-empty')}</p> : null}
      <ol class="stories">
        {stories.map((story) => (
          <li key={story.id}>
            <StoryLine story={story} first={firsts.get(story.id)} wording={wording} />
          </li>
        ))}
      </ol>
      {next ? (
        <p class="pages">
          <a class="next" rel="next" href={`/?after=${next}`}>
            {say('home-more')}
          </a>
        </p>
      ) : null}
    </>,
  )
}

/** A story in a list: its headline, or its first words where the headline is not known. */
export function StoryLine(props: {
  story: Story
  first?: string | undefined
  wording: Wording
  heading?: 'h2' | 'h3'
}) {
  const { story, first, wording, heading: Heading = 'h2' } = props
  const { say, date } = wording
  return (
    <article class="story-line-item">
      {story.section ? <p class="story-section">{story.section}</p> : null}
      {/* The direction is the words' alone: a headline from right to left still begins over its byline. */}
      <Heading lang={story.language ?? undefined}>
        <a href={`/s/${story.id}`} dir={story.language ? directionOf(story.language) : 'auto'}>
          {story.title ?? (first ? `${first.slice(0, 90)}…` : say('story-untitled'))}
        </a>
      </Heading>
      <p class="story-line">
        {story.byline ? (
          <span class="story-byline">
            <bdi>{story.byline}</bdi>
          </span>
        ) : null}
        {story.published ? (
          <time dateTime={story.published.toISOString()}>{date(story.published)}</time>
        ) : null}
        <a href={`/s/${story.id}#talk`}>{say('comment-count', { n: story.comments })}</a>
      </p>
    </article>
  )
}

export function renderRulesPage({ app, wording }: { app: App; wording: Wording }): string {
  const { say } = wording
  return renderPage(
    {
      wording,
      site: app.site,
      title: say('rules-heading'),
      path: '/rules',
      canonical: `${app.origin}/rules`,
    },
    <section class="prose">
      <h1>{say('rules-heading')}</h1>
      <p>{app.site.rules ? <bdi>{app.site.rules}</bdi> : say('rules-none')}</p>
      <p>{say('rules-how')}</p>
    </section>,
  )
}
