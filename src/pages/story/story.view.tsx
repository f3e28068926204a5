/** The story's page and the pages around it: the story, its discussion, an exchange, a comment's history. */
import type { App } from '../../context.ts'
import type { Comment } from '../../discussion/comment.ts'
import {
  BranchItem,
  CommentAlone,
  CommentArticle,
  CommentBody,
  commentPath,
  type Place,
} from '../../discussion/comment.view.tsx'
import { scriptWords } from '../../discussion/script-words.ts'
import type { FullComment, PastText } from '../../discussion/store.ts'
import { Composer, Thread, type ThreadPage } from '../../discussion/thread.view.tsx'
import { renderPage, type Shell } from '../../http/layout.view.tsx'
import { offeredLanguages } from '../../http/wording.ts'
import { plainText } from '../../language/comment-html.ts'
import type { Wording } from '../../language/messages.ts'
import { shownName } from '../../people/shown-name.ts'
import type { Passage } from '../../stories/body.ts'
import { acceptsComments } from '../../stories/gate.ts'
import type { StoryWithPassages } from '../../stories/story.ts'
import { StoryArticle } from '../../stories/story.view.tsx'
import type { BranchPage } from '../thread-page.ts'
import { describeArticle } from './structured-data.ts'

type Common = { app: App; wording: Wording; story: StoryWithPassages }

export const placeOf = (
  { site }: Pick<App, 'site'>,
  { story, wording }: Pick<Common, 'story' | 'wording'>,
  base = '',
): Place => ({
  wording,
  base,
  storyId: story.id,
  writable: acceptsComments(story.state),
  avatars: site.door.avatars,
})

/** A story's name in a title or a link: its headline, else its first words. */
export const nameStory = (
  story: { title: string | null; passages?: Passage[] },
  wording: Wording,
): string => {
  if (story.title) return story.title
  const first = story.passages?.[0]?.text
  if (!first) return wording.say('story-untitled')
  return first.length > 70
    ? `${first.slice(0, first.lastIndexOf(' ', 70) > 40 ? first.lastIndexOf(' ', 70) : 70)}…`
    : first
}

export function renderStoryPage({ app, wording, story, page }: Common & { page: ThreadPage }): string {
  const path =
    page.sort.name === 'respected' && !page.continued
      ? `/s/${story.id}`
      : `/s/${story.id}?sort=${page.sort.name}`
  const title = nameStory(story, wording)
  return renderPage(
    {
      wording,
      site: app.site,
      title,
      path,
      canonical: `${app.origin}/s/${story.id}`,
      description: (story.passages[0]?.text ?? '').slice(0, 200),
      scripts: ['thread.js'],
      noIndex: page.continued,
      data: describeArticle(app, { story, wording, branches: page.branches }),
      head: <Alternates app={app} path={`/s/${story.id}`} />,
    },
    <>
      <StoryArticle story={story} wording={wording} />
      <Thread page={page} place={placeOf(app, { story, wording })} rules={app.site.rules} />
      <form class="follow" method="post" action={`/s/${story.id}/follow`}>
        <button type="submit">{wording.say('follow-go')}</button>
      </form>
      <SearchIn story={story} wording={wording} />
    </>,
  )
}

function Alternates({ app, path }: { app: App; path: string }) {
  return (
    <>
      {offeredLanguages(app.site).map((language) => (
        <link
          key={language}
          rel="alternate"
          hreflang={language}
          href={`${app.origin}${path}?lang=${language}`}
        />
      ))}
    </>
  )
}

function SearchIn({ story, wording }: { story: StoryWithPassages; wording: Wording }) {
  const { say } = wording
  return (
    <search>
      <form class="search-in" action="/search">
        <input type="hidden" name="story" value={story.id} />
        <label for="search-in">{say('search-label')}</label>
        <input id="search-in" name="q" type="search" dir="auto" required />{' '}
        <button type="submit">{say('search-go')}</button>
      </form>
    </search>
  )
}

/** What a comment answers: the last one open, those before it folded. */
function Parents({ place, parents }: { place: Place; parents: Comment[] }) {
  const { say } = place.wording
  const before = parents.slice(0, -1)
  const list = (comments: Comment[]) => (
    <ol class="parents" aria-label={say('branch-parents')}>
      {comments.map((parent) => (
        <li key={parent.id} id={`c-${parent.id}`}>
          <CommentArticle place={place} comment={parent} />
        </li>
      ))}
    </ol>
  )
  return (
    <>
      {before.length > 0 ? (
        <details class="before">
          <summary>{say('branch-before', { n: before.length })}</summary>
          {list(before)}
        </details>
      ) : null}
      {parents.length > 0 ? list(parents.slice(-1)) : null}
    </>
  )
}

type Exchange = { parents: Comment[]; comment: Comment; page: BranchPage }

export function renderExchangePage({
  app,
  wording,
  story,
  exchange,
  continued,
}: Common & { exchange: Exchange; continued: boolean }): string {
  const { say } = wording
  const { parents, comment, page } = exchange
  const place = placeOf(app, { story, wording })
  const path = commentPath(place, comment.id)
  const shell: Shell = {
    wording,
    site: app.site,
    title: comment.author
      ? say('comment-by', { name: shownName(comment.author.name, wording) })
      : say('branch-heading'),
    path,
    canonical: `${app.origin}${path}`,
    scripts: ['thread.js'],
    noIndex: continued,
  }
  return renderPage(
    shell,
    <section
      class="thread exchange"
      data-story={story.id}
      data-event={story.event}
      data-base=""
      data-exchange={comment.id}
      data-words={scriptWords(wording)}
    >
      <h1 class="exchange-head">
        <a href={`/s/${story.id}`}>{nameStory(story, wording)}</a>
      </h1>
      <Parents place={place} parents={parents} />
      <div class="focus" id={`c-${comment.id}`}>
        <CommentArticle place={place} comment={comment} />
      </div>
      {place.writable && comment.author ? (
        <Composer
          action={`/s/${story.id}/comments`}
          wording={wording}
          parent={{ id: comment.id, name: shownName(comment.author.name, wording) }}
        />
      ) : null}
      <div class="news" role="status" />
      <ol class="branches replies">
        {page.branches.map((branch) => (
          <BranchItem key={branch.comment.id} place={place} branch={branch} level={0} />
        ))}
      </ol>
      {page.next ? (
        <p class="pages">
          <a class="next" rel="next" href={`${path}?after=${page.next}`}>
            {say('page-next')}
          </a>
        </p>
      ) : null}
      <p class="back">
        <a href={`/s/${story.id}#c-${comment.id}`}>{say('branch-back')}</a>
      </p>
    </section>,
  )
}

export function renderHistoryPage({
  app,
  wording,
  story,
  comment,
  past,
}: Common & { comment: Comment; past: PastText[] }): string {
  const { say, date } = wording
  const place = placeOf(app, { story, wording })
  return renderPage(
    {
      wording,
      site: app.site,
      title: say('history-heading'),
      path: `${commentPath(place, comment.id)}/history`,
      noIndex: true,
    },
    <section class="history">
      <h1>{say('history-heading')}</h1>
      <h2>{say('history-now')}</h2>
      <CommentAlone place={place} comment={comment} />
      {[...past].reverse().map((text, n) => (
        <div class="past" key={text.number}>
          <h2>
            {say('history-then', {
              date: date(
                (n === 0 ? comment.edited : past[past.length - n]?.written) ?? comment.edited ?? new Date(0),
              ),
            })}
            {text.number === 1 ? ` · ${say('history-first')}` : ''}
          </h2>
          <CommentBody html={text.html} language={comment.language} />
        </div>
      ))}
      <p class="back">
        <a href={commentPath(place, comment.id)}>{say('branch-heading')}</a>
      </p>
    </section>,
  )
}

export function renderVersionPage({
  app,
  wording,
  story,
  passages,
  number,
}: Common & { passages: Passage[]; number: number }): string {
  const { say } = wording
  return renderPage(
    {
      wording,
      site: app.site,
      title: nameStory(story, wording),
      path: `/s/${story.id}/versions/${number}`,
      canonical: `${app.origin}/s/${story.id}`,
      noIndex: true,
    },
    <>
      <p class="version-note" role="note">
        {say('version-heading', { n: number, total: story.versions.length })} ·{' '}
        <a href={`/s/${story.id}`}>{say('version-current')}</a>
      </p>
      <StoryArticle story={{ ...story, passages }} wording={wording} />
    </>,
  )
}

/** A comment only its author can see, with why. */
export function renderOwnPage({ app, wording, story, comment }: Common & { comment: FullComment }): string {
  const { say } = wording
  const isWithdrawn = comment.status === 'withdrawn'
  return renderPage(
    {
      wording,
      site: app.site,
      title: plainText(comment.text).slice(0, 60) || say('branch-heading'),
      path: `/s/${story.id}/c/${comment.id}`,
      noIndex: true,
    },
    <section class="thread own">
      <h1 class="exchange-head">
        <a href={`/s/${story.id}`}>{nameStory(story, wording)}</a>
      </h1>
      <p
        class={comment.status === 'removed' || comment.status === 'held' ? 'notice bad' : 'notice'}
        role="status"
      >
        {tellState(comment, wording)}
      </p>
      {isWithdrawn ? null : (
        <article class="comment waiting">
          <CommentBody html={comment.html} language={comment.language} />
        </article>
      )}
      <p class="back">
        {isWithdrawn ? null : (
          <>
            <a href={`/s/${story.id}/c/${comment.id}/more`}>{say('more-heading')}</a> ·{' '}
          </>
        )}
        <a href={`/s/${story.id}`}>{say('branch-back')}</a>
      </p>
    </section>,
  )
}

/** What became of a comment that the public does not see, to its author. */
function tellState({ status, reason }: FullComment, { say }: Wording): string {
  const rule = say(`reason-${reason ?? 'other'}` as 'reason-other')
  if (status === 'held') return say('own-held', { rule })
  if (status === 'removed') return say('own-removed', { rule })
  return say(status === 'withdrawn' ? 'own-withdrawn' : 'done-waiting')
}
