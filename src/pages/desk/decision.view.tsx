import type { CommentStatus } from '../../database/tables.ts'
import type { Wording } from '../../language/messages.ts'
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
          <button type="submit" name="action" value={action} key={action} class={action === 'remove' ? 'danger' : undefined}>
            {say(`desk-action-${action}`)}
          </button>
        ))}
      </span>
    </form>
  )
}

export function DecisionLog({ decisions, wording }: { decisions: Decision[]; wording: Wording }) {
  const { say, date } = wording
  return (
    <section aria-labelledby="log" class="decision-log">
      <h2 id="log">{say('desk-log')}</h2>
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
          </li>
        ))}
      </ol>
    </section>
  )
}
