import type { CommentStatus } from '../../database/tables.ts'
import { excerpt } from '../../language/comment-html.ts'
import type { MessageKey, Wording } from '../../language/messages.ts'
import { actionsFor, reasons } from '../../moderation/decision.ts'
import type { Decision, PlacedDecision } from '../../moderation/store.ts'
import { shownName } from '../../people/shown-name.ts'
import type { Problem } from '../../problem.ts'
import { Sentence } from './sentence.view.tsx'

/** What was typed into a decision's form that was refused, and why. */
export type TypedDecision = { reason: string; note: string; problem: Problem }

/** Buttons for what can be done in this state; a restriction names its rule. The note is a field of several lines, so
 *  that Enter in it decides nothing.
 *  @param revision of the text that stands beside the form: a decision about another one is refused */
export function DecisionForm(props: {
  action: string
  status: CommentStatus
  wording: Wording
  to: string
  revision?: number
  typed?: TypedDecision | undefined
}) {
  const { typed } = props
  const { say } = props.wording
  const actions = actionsFor(props.status)
  if (actions.length === 0) return null
  const restricts = actions.some((action) => action === 'hold' || action === 'remove')
  const isRuleWrong = typed?.problem.at === '/reason'
  return (
    <form class="decision-form" method="post" action={props.action}>
      <input type="hidden" name="to" value={props.to} />
      {props.revision === undefined ? null : <input type="hidden" name="revision" value={props.revision} />}
      {restricts ? (
        <label>
          {say('desk-reason')}{' '}
          <select
            name="reason"
            {...(isRuleWrong
              ? { 'aria-invalid': 'true', 'aria-describedby': 'problem', autofocus: true }
              : {})}
          >
            <option value="">{say('desk-reason-none')}</option>
            {reasons.map((reason) => (
              <option key={reason} value={reason} selected={reason === typed?.reason}>
                {say(`reason-${reason}`)}
              </option>
            ))}
          </select>
        </label>
      ) : null}
      <label>
        {say('desk-note')} <textarea name="note" rows={1} maxLength={2000} dir="auto" value={typed?.note} />
      </label>
      <span class="decision-buttons">
        {actions.map((action) => (
          <button
            type="submit"
            name="action"
            value={action}
            key={action}
            class={action === 'remove' ? 'danger' : undefined}
          >
            {say(`desk-action-${action}`)}
          </button>
        ))}
      </span>
    </form>
  )
}

/** Decisions as lines: who, what, when, by which rule; those of several comments also about what. */
export function DecisionLog(props: {
  decisions: (Decision | PlacedDecision)[]
  wording: Wording
  heading: MessageKey
}) {
  const { decisions, wording, heading } = props
  const { say, date } = wording
  return (
    <section aria-labelledby="log" class="decision-log">
      <h2 id="log">{say(heading)}</h2>
      <ol>
        {decisions.map((decision) => (
          <li key={decision.id}>
            {'authorName' in decision ? <DecidedAbout decision={decision} wording={wording} /> : null}
            <Sentence
              wording={wording}
              words="desk-log-line"
              values={{
                action: <>{say(`desk-action-${decision.action}`)}</>,
                name: shownName(decision.moderatorName, wording),
                date: <>{date(decision.decidedAt)}</>,
              }}
            />
            {decision.action === 'restore' ? ` · ${say(`desk-status-${decision.statusAfter}`)}` : ''}
            <RuleAndNote decision={decision} wording={wording} />
          </li>
        ))}
      </ol>
    </section>
  )
}

/** Whose comment, how it begins, and under which story. */
function DecidedAbout({ decision, wording }: { decision: PlacedDecision; wording: Wording }) {
  return (
    <>
      <a href={`/s/${decision.storyId}/c/${decision.commentId}/more`}>
        <Sentence
          wording={wording}
          words="desk-comment-by"
          values={{ name: shownName(decision.authorName, wording) }}
        />
      </a>{' '}
      {decision.text ? (
        <q lang={decision.language ?? undefined}>
          <bdi>{excerpt(decision.text, 28)}</bdi>
        </q>
      ) : null}{' '}
      <a href={`/s/${decision.storyId}`}>
        <Sentence
          wording={wording}
          words="desk-on"
          values={{ title: decision.storyTitle ?? wording.say('story-untitled') }}
        />
      </a>
      {' · '}
    </>
  )
}

/** By which rule, and what the desk noted. */
export function RuleAndNote({ decision, wording }: { decision: Decision; wording: Wording }) {
  return (
    <>
      {decision.reason ? ` · ${wording.say(`reason-${decision.reason}` as 'reason-other')}` : ''}
      {decision.note ? (
        <>
          {' · '}
          <bdi>{decision.note}</bdi>
        </>
      ) : null}
    </>
  )
}
