import type { ComponentChildren } from 'preact'
import type { App } from '../../context.ts'
import { type Comment, EDIT_MINUTES, refuseEdit } from '../../discussion/comment.ts'
import { CommentAlone, CommentBody } from '../../discussion/comment.view.tsx'
import { reportReasons } from '../../discussion/report-reasons.ts'
import { scriptWords } from '../../discussion/script-words.ts'
import type { FullComment } from '../../discussion/store.ts'
import { Composer, StateLine } from '../../discussion/thread.view.tsx'
import { renderPage } from '../../http/layout.view.tsx'
import { COMMENT_MAX_BYTES, plainText } from '../../language/comment-html.ts'
import type { Wording } from '../../language/messages.ts'
import type { Decision } from '../../moderation/store.ts'
import { shownName } from '../../people/shown-name.ts'
import { BarNote, MessageLine } from '../../people/told.view.tsx'
import type { Problem } from '../../problem.ts'
import type { StoryWithPassages } from '../../stories/story.ts'
import { DecisionForm, DecisionLog } from '../desk/decision.view.tsx'
import { MuteForm } from '../profile/profile.view.tsx'
import { nameStory, placeOf } from '../story/story.view.tsx'

type Common = { app: App; wording: Wording; story: StoryWithPassages }

/** A refusal in the reader's language; beneath it `children`, or what to do about it. Where it names a field, the detail
 *  says what of it, in English. */
export function ProblemNote(props: { problem: Problem; wording: Wording; children?: ComponentChildren }) {
  const { problem, wording, children } = props
  return (
    <div class="notice bad" role="alert" id="problem">
      <p>
        <b>{wording.say(`problem-${problem.problem}`)}</b>
      </p>
      {children ??
        (problem.sanction ? (
          <BarNote wording={wording} sanction={problem.sanction} />
        ) : (
          <p>{wording.say(`problem-${problem.problem}-text`, { id: '' })}</p>
        ))}
      {children === undefined && problem.at ? (
        <p class="detail" lang="en" dir="ltr">
          {problem.detail}
        </p>
      ) : null}
    </div>
  )
}

export function renderComposerPage(
  props: Common & {
    parent: Comment | undefined
    quote: { comment: string; exact: string } | undefined
    /** What the reader meant to answer to, and is no longer there. */
    lost: { parent: boolean; quote: boolean }
    /** Makes this page's form count once. */
    once: string
    signedIn: boolean
    told: number
    text: string
    problem?: Problem
    preview?: string
    foreign?: boolean
    /** A stamp (people/trap.ts). */
    opened?: string
  },
): string {
  const { app, wording, story, parent, quote, lost, problem } = props
  const { say } = wording
  const title =
    props.preview !== undefined
      ? say('preview-heading')
      : props.foreign
        ? say('confirm-heading')
        : say('composer-label')
  const needsSignIn = problem?.problem === 'sign-in-needed' || (props.foreign && !props.signedIn)
  return renderPage(
    { wording, site: app.site, title, path: `/s/${story.id}`, noIndex: true, scripts: ['thread.js'] },
    <section class="thread compose" data-story={story.id} data-base="" data-words={scriptWords(wording)}>
      <h1 class="exchange-head">
        <a href={`/s/${story.id}`}>{nameStory(story, wording)}</a>
      </h1>
      <MessageLine wording={wording} told={props.told} />
      <h2>{title}</h2>
      {problem ? (
        <ProblemNote problem={problem} wording={wording}>
          {problem.problem === 'discussion-closed' ? (
            <p>
              <StateLine state={story.state} wording={wording} />
            </p>
          ) : undefined}
        </ProblemNote>
      ) : null}
      {props.foreign ? <p class="notice">{say('confirm-note')}</p> : null}
      {needsSignIn ? (
        <p>
          <a href="/sign-in?to=/me" target="_blank" rel="noopener">
            {say('compose-sign-in')}
          </a>
        </p>
      ) : null}
      {props.preview === undefined ? null : (
        <>
          <p class="notice">{say('preview-note')}</p>
          <div class="preview">
            <CommentBody html={props.preview} language={null} />
          </div>
          <h3>{say('preview-edit')}</h3>
        </>
      )}
      {parent?.author ? <CommentAlone place={placeOf(app, { story, wording })} comment={parent} /> : null}
      <Composer
        action={`/s/${story.id}/comments`}
        wording={wording}
        rules={app.site.rules}
        text={props.text}
        refusedBy={problem?.at === '/text' ? 'problem' : undefined}
        {...(parent?.author
          ? { parent: { id: parent.id, name: shownName(parent.author.name, wording) } }
          : {})}
        {...(quote ? { quote } : {})}
        {...(lost.parent || lost.quote
          ? { post: lost.parent ? 'composer-post-alone' : 'composer-post-unquoted' }
          : {})}
        once={props.once}
        opened={props.opened}
      />
    </section>,
  )
}

export function renderMorePage(
  props: Common & {
    comment: FullComment
    shown: Comment | undefined
    own: boolean
    decides: boolean
    decisions: Decision[]
    reported: boolean
    signedIn: boolean
    told: number
    now: Date
    isRespected: boolean
    hasMuted: boolean
    problem?: Problem
    text?: string
    report?: { reason: string; text: string }
  },
): string {
  const { app, wording, story, comment, shown, own } = props
  const { say } = wording
  const path = `/s/${story.id}/c/${comment.id}`
  const place = placeOf(app, { story, wording })
  return renderPage(
    { wording, site: app.site, title: say('more-heading'), path: `${path}/more`, noIndex: true },
    <section class="more-page">
      <h1>{say('more-heading')}</h1>
      <MessageLine wording={wording} told={props.told} />
      {props.problem ? <ProblemNote problem={props.problem} wording={wording} /> : null}
      {props.problem?.problem === 'sign-in-needed' ? (
        <p>
          <a href="/sign-in?to=/me" target="_blank" rel="noopener">
            {say('more-sign-in')}
          </a>
        </p>
      ) : null}
      {props.reported ? (
        <p class="notice good" role="status">
          {say('more-report-done')}
        </p>
      ) : null}
      {shown?.shown === 'text' ? (
        <CommentAlone place={place} comment={shown} />
      ) : (
        <article class="comment waiting">
          <header class="comment-head">
            <b class="comment-name">
              <bdi>{shownName(comment.authorName, wording)}</bdi>
            </b>
            <span class="comment-note">{say(`desk-status-${comment.status}`)}</span>
          </header>
          <CommentBody html={comment.html} language={comment.language} />
        </article>
      )}
      <p class="share-line">
        {say('more-share-note')} <a href={path}>{`${app.origin}${path}`}</a>
      </p>
      {props.decides ? (
        <section aria-labelledby="decide">
          <h2 id="decide">{say('desk-heading')}</h2>
          <DecisionForm
            action={`/desk/decide/${story.id}/${comment.id}`}
            status={comment.status}
            revision={comment.revision}
            wording={wording}
            to={`${path}/more`}
          />
        </section>
      ) : null}
      {props.decisions.length > 0 ? (
        <DecisionLog decisions={props.decisions} wording={wording} heading="desk-log" />
      ) : null}
      {own ? <OwnForms {...props} path={path} /> : null}
      {props.isRespected && shown?.shown === 'text' ? (
        <section aria-labelledby="respect">
          <h2 id="respect" tabIndex={-1}>
            {say('comment-respect')}
          </h2>
          <form method="post" action={`${path}/respect`}>
            <p>{say('more-respected')}</p>
            <button type="submit">{say('more-respect-back')}</button>
          </form>
        </section>
      ) : null}
      {!own && shown?.shown === 'text' && place.writable ? (
        <QuoteForm comment={shown} path={path} wording={wording} />
      ) : null}
      {!own && shown?.shown === 'text' ? (
        <ReportForm path={path} wording={wording} typed={props.report} />
      ) : null}
      {!own && shown?.author && shown.author.name !== '' ? (
        <section aria-labelledby="mute">
          <h2 id="mute" tabIndex={-1}>
            {say('more-mute-heading', { name: shown.author.name })}
          </h2>
          <MuteForm
            wording={wording}
            person={shown.author}
            hasMuted={props.hasMuted}
            to={`${path}/more#mute`}
          />
        </section>
      ) : null}
      <p class="back">
        <a href={path}>{say('branch-heading')}</a> ·{' '}
        <a href={`/s/${story.id}#c-${comment.id}`}>{say('branch-back')}</a>
      </p>
    </section>,
  )
}

function OwnForms({
  path,
  comment,
  wording,
  text,
  now,
}: {
  path: string
  comment: FullComment
  wording: Wording
  text?: string
  now: Date
}) {
  const { say } = wording
  const refusal = refuseEdit(comment, now)
  return (
    <>
      {refusal?.problem === 'status-conflict' && text === undefined ? null : (
        <section aria-labelledby="edit">
          <h2 id="edit" tabIndex={-1}>
            {say('more-edit-heading')}
          </h2>
          {refusal === undefined || text !== undefined ? (
            <form class="composer" method="post" action={`${path}/edit`}>
              <label for="edit-text">{say('more-edit-label')}</label>
              <textarea
                id="edit-text"
                name="text"
                rows={8}
                dir="auto"
                required
                maxLength={COMMENT_MAX_BYTES}
                value={text ?? comment.text}
              />
              <p class="composer-hint">{say('more-edit-note')}</p>
              <p class="composer-row">
                <button type="submit" class="main">
                  {say('more-edit-go')}
                </button>
              </p>
            </form>
          ) : (
            <p>{say('more-edit-over', { n: EDIT_MINUTES })}</p>
          )}
        </section>
      )}
      {comment.status === 'withdrawn' ? null : (
        <section aria-labelledby="delete">
          <h2 id="delete" tabIndex={-1}>
            {say('more-delete-heading')}
          </h2>
          <form method="post" action={`${path}/delete`}>
            <p>{say('more-delete-note')}</p>
            <button type="submit" class="danger">
              {say('more-delete-go')}
            </button>
          </form>
        </section>
      )}
    </>
  )
}

/** Paragraphs of a comment to choose from: by key, by touch, without script. */
function QuoteForm({ comment, path, wording }: { comment: Comment; path: string; wording: Wording }) {
  const { say } = wording
  const paragraphs = plainText(comment.text)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && line.length <= 2_000)
  if (paragraphs.length === 0) return null
  return (
    <section aria-labelledby="quote">
      <h2 id="quote" tabIndex={-1}>
        {say('more-quote-heading')}
      </h2>
      <form method="post" action={`${path}/quote`} class="quote-form">
        <fieldset>
          <legend>{say('more-quote-note')}</legend>
          {paragraphs.map((paragraph, n) => (
            <label key={`${n}-${paragraph.slice(0, 20)}`} class="choice">
              <input type="radio" name="exact" value={paragraph} required checked={n === 0} />{' '}
              <span dir="auto">{paragraph}</span>
            </label>
          ))}
        </fieldset>
        <button type="submit">{say('more-quote-go')}</button>
      </form>
    </section>
  )
}

function ReportForm(props: {
  path: string
  wording: Wording
  typed: { reason: string; text: string } | undefined
}) {
  const { path, wording, typed } = props
  const { say } = wording
  return (
    <section aria-labelledby="report">
      <h2 id="report" tabIndex={-1}>
        {say('more-report-heading')}
      </h2>
      <form method="post" action={`${path}/report`} class="report-form">
        <fieldset>
          <legend>{say('more-report-reason')}</legend>
          {reportReasons.map((reason) => (
            <label key={reason} class="choice">
              <input type="radio" name="reason" value={reason} required checked={typed?.reason === reason} />{' '}
              <span>{say(`reason-${reason}`)}</span>
            </label>
          ))}
        </fieldset>
        <label for="report-text">{say('more-report-text')}</label>
        <textarea
          id="report-text"
          name="text"
          rows={3}
          dir="auto"
          maxLength={2000}
          value={typed?.text ?? ''}
        />
        <button type="submit">{say('more-report-go')}</button>
      </form>
    </section>
  )
}
