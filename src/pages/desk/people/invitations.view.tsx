import type { App } from '../../../context.ts'
import type { Wording } from '../../../language/messages.ts'
import { can, roles } from '../../../people/can.ts'
import type { OpenInvitation } from '../../../people/invitation-store.ts'
import type { Problem } from '../../../problem.ts'
import { ProblemNote } from '../../comment/comment.view.tsx'
import { renderDeskPage } from '../queue.view.tsx'

export const hourChoices = [24, 72, 168, 720] as const

export function renderInvitationsPage(props: {
  app: App
  wording: Wording
  path: string
  open: OpenInvitation[]
  /** The link that was just made. */
  made?: string
  refused?: { typed: Record<'role' | 'badge' | 'hours', string>; problem: Problem }
}): string {
  const { app, wording, path, open, made, refused } = props
  const { say, date } = wording
  const hours = (n: number) =>
    n < 72 ? say('desk-invitations-n-hours', { n }) : say('desk-invitations-n-days', { n: n / 24 })
  return renderDeskPage(
    { app, wording, title: say('desk-invitations-heading'), path },
    <>
      <h1>{say('desk-invitations-heading')}</h1>
      <p class="hint">{say('desk-invitations-note')}</p>
      {made === undefined ? null : (
        <p class="notice good" role="status">
          {say('desk-invitations-made')}{' '}
          <code dir="ltr" class="link">
            {made}
          </code>
        </p>
      )}
      {refused ? <ProblemNote problem={refused.problem} wording={wording} /> : null}
      <form class="measure-form" method="post" action={path}>
        <label>
          {say('desk-people-role')}{' '}
          <select name="role">
            {roles
              .filter((role) => can(role, 'name.reserved'))
              .map((role) => (
                <option key={role} value={role} selected={role === refused?.typed.role}>
                  {say(`me-role-${role}`)}
                </option>
              ))}
          </select>
        </label>
        <label>
          {say('desk-role-badge')}{' '}
          <input name="badge" maxLength={100} dir="auto" value={refused?.typed.badge} />
        </label>
        <label>
          {say('desk-invitations-hours')}{' '}
          <select name="hours">
            {hourChoices.map((choice) => (
              <option key={choice} value={choice} selected={String(choice) === refused?.typed.hours}>
                {hours(choice)}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" class="main">
          {say('desk-invitations-make')}
        </button>
      </form>
      <section aria-labelledby="open">
        <h2 id="open">{say('desk-invitations-open')}</h2>
        {open.length === 0 ? <p class="thread-empty">{say('desk-invitations-none')}</p> : null}
        <ul class="desk-list">
          {open.map(({ id, role, badge, isFirst, expires }) => (
            <li key={id}>
              <b>{say(`me-role-${role}`)}</b>{' '}
              {badge === null ? null : (
                <span class="badge">
                  <bdi>{badge}</bdi>
                </span>
              )}{' '}
              {isFirst ? <span>{say('desk-invitations-first')}</span> : null}{' '}
              <span>{say('desk-invitations-until', { date: date(expires) })}</span>
              <form method="post" action={`${path}/${id}/revoke`}>
                <button
                  type="submit"
                  aria-label={say('desk-invitations-revoke-label', {
                    role: say(`me-role-${role}`),
                    date: date(expires),
                  })}
                >
                  {say('desk-invitations-revoke')}
                </button>
              </form>
            </li>
          ))}
        </ul>
      </section>
    </>,
  )
}
