import type { ComponentChildren } from 'preact'
import type { App } from '../../context.ts'
import { CommentBody, commentPath } from '../../discussion/comment.view.tsx'
import type { FullComment } from '../../discussion/store.ts'
import { renderPage } from '../../http/layout.view.tsx'
import type { Wording } from '../../language/messages.ts'
import type { Decision, OpenReport } from '../../moderation/store.ts'
import { DecisionForm, DecisionLog } from './decision.view.tsx'

/** The desk's own shell: its pages beside each other. */
export function renderDeskPage(
  page: { app: App; wording: Wording; title: string; path: string },
  children: ComponentChildren,
): string {
  const { app, wording, title, path } = page
  const { say } = wording
  const links = [
    ['/desk', say('desk-nav-queue')],
    ['/desk/stories', say('desk-nav-stories')],
    ['/desk/site', say('desk-nav-site')],
  ] as const
  return renderPage(
    { wording, site: app.site, title, path, noIndex: true, wide: true },
    <div class="desk">
      <nav class="desk-nav" aria-label={say('desk-heading')}>
        <ul>
          {links.map(([href, name]) => (
            <li key={href}>
              <a
                href={href}
                aria-current={
                  path.startsWith(href) && (href !== '/desk' || path === '/desk') ? 'page' : undefined
                }
              >
                {name}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      {children}
    </div>,
  )
}

export function renderQueuePage(props: {
  app: App
  wording: Wording
  waiting: (FullComment & { storyTitle: string | null })[]
  reported: { report: OpenReport; comment: FullComment }[]
  decisions: Decision[]
  next: string | null
}): string {
  const { app, wording, waiting, reported, decisions, next } = props
  const { say } = wording
  return renderDeskPage(
    { app, wording, title: say('desk-heading'), path: '/desk' },
    <>
      <h1>{say('desk-heading')}</h1>
      <section aria-labelledby="waiting">
        <h2 id="waiting">{say('desk-waiting')}</h2>
        {waiting.length === 0 ? <p class="thread-empty">{say('desk-none')}</p> : null}
        <ol class="queue">
          {waiting.map((comment) => (
            <li key={comment.id}>
              <QueueItem comment={comment} wording={wording} storyTitle={comment.storyTitle} />
            </li>
          ))}
        </ol>
        {next ? (
          <p class="pages">
            <a class="next" href={`/desk?after=${next}`}>
              {say('page-next')}
            </a>
          </p>
        ) : null}
      </section>
      <section aria-labelledby="reported">
        <h2 id="reported">{say('desk-reported')}</h2>
        {reported.length === 0 ? <p class="thread-empty">{say('desk-none-reported')}</p> : null}
        <ol class="queue">
          {reported.map(({ report, comment }) => (
            <li key={comment.id}>
              <p class="comment-note">
                {wording.list([
                  say('desk-reports', { n: report.count }),
                  ...report.reasons.map((reason) => say(`reason-${reason}` as 'reason-other')),
                ])}
              </p>
              {report.texts.map((text) => (
                <p key={text} class="report-text" dir="auto">
                  {text}
                </p>
              ))}
              <QueueItem comment={comment} wording={wording} storyTitle={null} />
            </li>
          ))}
        </ol>
      </section>
      {decisions.length > 0 ? (
        <DecisionLog decisions={decisions} wording={wording} heading="desk-recent" linked />
      ) : null}
    </>,
  )
}

function QueueItem({
  comment,
  wording,
  storyTitle,
}: {
  comment: FullComment
  wording: Wording
  storyTitle: string | null
}) {
  const { say, date } = wording
  const path = commentPath({ base: '', storyId: comment.storyId }, comment.id)
  return (
    <article class="comment queue-item">
      <header class="comment-head">
        <b class="comment-name">
          <bdi>{comment.authorName}</bdi>
        </b>
        <a class="comment-time" href={`${path}/more`}>
          <time dateTime={comment.received.toISOString()}>{date(comment.received)}</time>
        </a>
        <span class="comment-note">{say(`desk-status-${comment.status}`)}</span>
        {storyTitle ? <a href={`/s/${comment.storyId}`}>{say('desk-on', { title: storyTitle })}</a> : null}
      </header>
      <CommentBody html={comment.html} language={comment.language} />
      <DecisionForm action={`${path}/decide`} status={comment.status} wording={wording} to="/desk" />
    </article>
  )
}
