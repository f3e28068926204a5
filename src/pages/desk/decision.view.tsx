import type { CommentStatus } from '../../database/tables.ts'
import type { MessageKey, Wording } from '../../language/messages.ts'
import { actionsFor, reasons } from '../../moderation/decision.ts'
import type { Decision } from '../../moderation/store.ts'

/** Buttons for what can be done in this state; a restriction names its rule. */
export function DecisionForm(props: { action: string; status: CommentStatus; wording: Wording; to: string }) {
  const { say } = props.wording
  const actions = actionsFor(props.status)
  if (actions.length === 0) return null
  const restricts = actions.some((action) => action === 'hold' || action === 'remove')
  return (
    <form class="decision-form" method="post" action={props.action}>
      <input type="hidden" name="to" value={props.to} />
      {restricts ? (
        <label>
          {say('desk-reason')}{' '}
          <select name="reason">
            <option value="">{say('desk-reason-none')}</option>
            {reasons.map((reason) => (
              <option key={reason} value={reason}>
                {say(`reason-${reason}`)}
              </option>
            ))}
          </select>
        </label>
      ) : null}
      <label>
        {say('desk-note')} <input name="note" maxLength={2000} dir="auto" />
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

/** Decisions as lines: who, what, when, by which rule.
 *  @param linked whether each leads to its comment */
export function DecisionLog(props: {
  decisions: Decision[]
  wording: Wording
  heading: MessageKey
  linked?: boolean
}) {
  const { decisions, wording, heading, linked } = props
  const { say, date } = wording
  return (
    <section aria-labelledby="log" class="decision-log">
      <h2 id="log">{say(heading)}</h2>
      <ol>
        {decisions.map((decision) => (
          <li key={decision.id}>
            {say('desk-log-line', {
              action: say(`desk-action-${decision.action}`),
              name: decision.moderatorName ?? '–',
              date: date(decision.decidedAt),
            })}
            {decision.reason ? ` · ${say(`reason-${decision.reason}` as 'reason-other')}` : ''}
            {decision.note ? (
              <>
                {' · '}
                <bdi>{decision.note}</bdi>
              </>
            ) : null}
            {linked ? (
              <>
                {' · '}
                <a href={`/s/${decision.storyId}/c/${decision.commentId}/more`}>{say('more-heading')}</a>
              </>
            ) : null}
          </li>
        ))}
      </ol>
    </section>
  )
}
