import type { ComponentChildren } from 'preact'
import type { App } from '../../context.ts'
import { CommentBody, commentPath } from '../../discussion/comment.view.tsx'
import { renderPage } from '../../http/layout.view.tsx'
import type { Wording } from '../../language/messages.ts'
import type { Decision, DeskComment, OpenReport, PlacedDecision } from '../../moderation/store.ts'
import { shownName } from '../../people/shown-name.ts'
import type { Problem } from '../../problem.ts'
import { ProblemNote } from '../comment/comment.view.tsx'
import { DecisionForm, DecisionLog, RuleAndNote, type TypedDecision } from './decision.view.tsx'
import { Sentence } from './sentence.view.tsx'

/** The desk's own shell: its pages beside each other, and under "People" those about people.
 *  @param page.settings false: whoever looks may not open the settings among them */
export function renderDeskPage(
  page: { app: App; wording: Wording; title: string; path: string; settings?: boolean },
  children: ComponentChildren,
): string {
  const { app, wording, title, path } = page
  const { say } = wording
  const links = [
    ['/desk', say('desk-nav-queue')],
    ['/desk/stories', say('desk-nav-stories')],
    ['/desk/people', say('desk-nav-people')],
    ['/desk/site', say('desk-nav-site')],
  ] as const
  const aboutPeople = [
    ['/desk/people/invitations', say('desk-nav-invitations')],
    ['/desk/people/door', say('desk-nav-door')],
    ['/desk/people/providers', say('desk-nav-providers')],
    ['/desk/people/sso', say('desk-nav-sso')],
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
      {path.startsWith('/desk/people') && page.settings !== false ? (
        <nav class="desk-nav below" aria-label={say('desk-people-nav')}>
          <ul>
            {aboutPeople.map(([href, name]) => (
              <li key={href}>
                <a href={href} aria-current={path === href ? 'page' : undefined}>
                  {name}
                </a>
              </li>
            ))}
          </ul>
        </nav>
      ) : null}
      {children}
    </div>,
  )
}

/** A form that was refused: what was typed stands in it again. */
export type OpenItem = { comment: DeskComment; typed: TypedDecision }

export function renderQueuePage(props: {
  app: App
  wording: Wording
  waiting: DeskComment[]
  reported: { report: OpenReport; comment: DeskComment }[]
  decisions: PlacedDecision[]
  /** Why those that are held are. */
  holds: Map<string, Decision>
  /** The page's own address, where its forms lead back to. */
  path: string
  next: string | null
  done: PlacedDecision | undefined
  open: OpenItem | undefined
}): string {
  const { app, wording, waiting, reported, decisions, next, open, done } = props
  const { say } = wording
  const isListed = [...waiting, ...reported.map(({ comment }) => comment)].some(
    ({ id }) => id === open?.comment.id,
  )
  const isWaiting = waiting.some(({ id }) => id === open?.comment.id)
  const item = (comment: DeskComment, section: string, isOpen: boolean) => (
    <QueueItem
      comment={comment}
      wording={wording}
      to={props.path}
      section={section}
      hold={props.holds.get(comment.id)}
      typed={isOpen && comment.id === open?.comment.id ? open.typed : undefined}
    />
  )
  return renderDeskPage(
    { app, wording, title: say('desk-heading'), path: '/desk' },
    <>
      <h1>{say('desk-heading')}</h1>
      {done ? <Done decision={done} wording={wording} to={props.path} /> : null}
      {open && !isListed ? (
        <section aria-labelledby="again">
          <h2 id="again">{say('desk-again')}</h2>
          {item(open.comment, 'again', true)}
        </section>
      ) : null}
      <section aria-labelledby="waiting">
        <h2 id="waiting">{say('desk-waiting')}</h2>
        {waiting.length === 0 ? <p class="thread-empty">{say('desk-none')}</p> : null}
        <ol class="queue">
          {waiting.map((comment) => (
            <li key={comment.id}>{item(comment, 'waiting', true)}</li>
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
              {item(comment, 'reported', !isWaiting)}
            </li>
          ))}
        </ol>
      </section>
      {decisions.length > 0 ? (
        <DecisionLog decisions={decisions} wording={wording} heading="desk-recent" />
      ) : null}
    </>,
  )
}

const decidePath = ({ storyId, id }: { storyId: string; id: string }) => `/desk/decide/${storyId}/${id}`

/** What one has just done, and the way back. It takes the focus, so that it is read out and Tab leads to the button. */
function Done({ decision, wording, to }: { decision: PlacedDecision; wording: Wording; to: string }) {
  const { say } = wording
  return (
    <div class="notice good done" role="status" id="done" tabIndex={-1} {...{ autofocus: true }}>
      <p>
        <Sentence
          wording={wording}
          words={`desk-done-${decision.action}`}
          values={{
            name: shownName(decision.authorName, wording),
            status: <>{say(`desk-status-${decision.statusAfter}`)}</>,
          }}
        />
      </p>
      <form method="post" action={decidePath({ storyId: decision.storyId, id: decision.commentId })}>
        <input type="hidden" name="to" value={to} />
        <input type="hidden" name="decision" value={decision.id} />
        <button type="submit" name="action" value="undo">
          {say('desk-undo')}
        </button>
      </form>
    </div>
  )
}

function QueueItem(props: {
  comment: DeskComment
  wording: Wording
  to: string
  section: string
  hold: Decision | undefined
  typed: TypedDecision | undefined
}) {
  const { comment, wording, hold, typed } = props
  const { say, date } = wording
  const path = commentPath({ base: '', storyId: comment.storyId }, comment.id)
  const name = `${props.section}-${comment.id}`
  return (
    <article class="comment queue-item" aria-labelledby={name}>
      <header class="comment-head">
        <h3 class="comment-name" id={name}>
          <Sentence
            wording={wording}
            words="desk-comment-by"
            values={{ name: shownName(comment.authorName, wording) }}
          />
        </h3>
        <a class="comment-time" href={`${path}/more`}>
          <time dateTime={comment.received.toISOString()}>{date(comment.received)}</time>
        </a>
        <span class="comment-note">{say(`desk-status-${comment.status}`)}</span>
        <a href={`/s/${comment.storyId}`}>
          <Sentence
            wording={wording}
            words="desk-on"
            values={{ title: comment.storyTitle ?? say('story-untitled') }}
          />
        </a>
      </header>
      {comment.status === 'held' && hold ? (
        <p class="comment-note">
          <Sentence
            wording={wording}
            words="desk-held-by"
            values={{ name: shownName(hold.moderatorName, wording), date: <>{date(hold.decidedAt)}</> }}
          />
          <RuleAndNote decision={hold} wording={wording} />
        </p>
      ) : null}
      {typed ? <Refusal problem={typed.problem} wording={wording} /> : null}
      <CommentBody html={comment.html} language={comment.language} />
      <DecisionForm
        action={decidePath(comment)}
        status={comment.status}
        wording={wording}
        to={props.to}
        revision={comment.revision}
        typed={typed}
      />
    </article>
  )
}

/** What the desk can do about a refusal, where there is more to say than what was refused. */
function Refusal({ problem, wording }: { problem: Problem; wording: Wording }) {
  const words =
    problem.at === '/revision'
      ? 'desk-text-changed'
      : problem.at === '/reason' && problem.problem === 'body-invalid'
        ? 'desk-rule-chosen'
        : undefined
  return (
    <ProblemNote problem={problem} wording={wording}>
      {words ? <p>{wording.say(words)}</p> : null}
    </ProblemNote>
  )
}
