import type { App } from '../../context.ts'
import type { Comment } from '../../discussion/comment.ts'
import { AuthorName, commentPath } from '../../discussion/comment.view.tsx'
import { renderPage } from '../../http/layout.view.tsx'
import { excerpt } from '../../language/comment-html.ts'
import type { Wording } from '../../language/messages.ts'
import type { Story } from '../../stories/story.ts'
import { StoryLine } from '../home/home.view.tsx'

export function renderSearchPage(props: {
  app: App
  wording: Wording
  query: string
  story: Story | undefined
  stories: Story[]
  comments: (Comment & { storyTitle: string | null })[]
  next: string | null
}): string {
  const { app, wording, query, story, stories, comments, next } = props
  const { say } = wording
  const asked = query.trim() !== ''
  const here = `/search?q=${encodeURIComponent(query)}${story ? `&story=${story.id}` : ''}`
  return renderPage(
    { wording, site: app.site, title: say('search-heading'), path: here, noIndex: true },
    <section class="search-page">
      <h1>{say('search-heading')}</h1>
      {story ? (
        <p>
          {say('search-in-story', { title: story.title ?? say('story-untitled') })} ·{' '}
          <a href={`/s/${story.id}`}>{say('story-link')}</a> ·{' '}
          <a href={`/search?q=${encodeURIComponent(query)}`}>{say('search-everywhere')}</a>
        </p>
      ) : null}
      <search>
        <form action="/search" class="search-form">
          {story ? <input type="hidden" name="story" value={story.id} /> : null}
          <label for="q">{say('search-label')}</label>
          <input id="q" name="q" type="search" value={query} maxLength={200} dir="auto" required />{' '}
          <button type="submit" class="main">
            {say('search-go')}
          </button>
        </form>
      </search>
      {asked && comments.length === 0 && stories.length === 0 ? (
        <p role="status" class="thread-empty">
          {say('search-none', { query })}
        </p>
      ) : null}
      {stories.length > 0 ? (
        <>
          <h2>{say('search-stories')}</h2>
          <ol class="stories">
            {stories.map((found) => (
              <li key={found.id}>
                <StoryLine story={found} wording={wording} heading="h3" />
              </li>
            ))}
          </ol>
        </>
      ) : null}
      {comments.length > 0 ? (
        <>
          <h2>{say('search-comments')}</h2>
          <ol class="found">
            {comments.map((comment) => (
              <li key={comment.id}>
                <Found
                  comment={comment}
                  wording={wording}
                  inStory={story !== undefined}
                  avatars={app.site.door.avatars}
                />
              </li>
            ))}
          </ol>
        </>
      ) : null}
      {next ? (
        <p class="pages">
          <a class="next" rel="next" href={`${here}&after=${next}`}>
            {say('page-next')}
          </a>
        </p>
      ) : null}
    </section>,
  )
}

function Found({
  comment,
  wording,
  inStory,
  avatars,
}: {
  comment: Comment & { storyTitle: string | null }
  wording: Wording
  inStory: boolean
  avatars: boolean
}) {
  const { say, date } = wording
  return (
    <article class="comment" {...(comment.language ? { lang: comment.language } : {})}>
      <header class="comment-head" lang={wording.language}>
        {comment.author ? (
          <AuthorName author={comment.author} place={{ wording, base: '', avatars }} />
        ) : null}
        {comment.posted ? <time dateTime={comment.posted.toISOString()}>{date(comment.posted)}</time> : null}
        {inStory ? null : (
          <span class="found-in">
            {say('search-in')} <bdi>{comment.storyTitle ?? say('story-untitled')}</bdi>
          </span>
        )}
      </header>
      <p class="excerpt" dir="auto">
        <a href={commentPath({ base: '', storyId: comment.storyId }, comment.id)}>
          {excerpt(comment.text, 280)}
        </a>
      </p>
    </article>
  )
}
