import type { Wording } from '../language/messages.ts'
import type { Section } from './me-standing.ts'
import { listSessions, type SessionLine } from './sessions.ts'

/** Where somebody is signed in; any of it can be ended from here. */
export const sessionsSection: Section = async ({ app, wording, person, actor }) => {
  const { say } = wording
  const sessions = await listSessions(app.db, person.id, app.now())
  return (
    <section aria-labelledby="my-sessions">
      <h2 id="my-sessions">{say('me-sessions')}</h2>
      <ul class="me-list">
        {sessions.map((session) => (
          <li key={session.id}>
            <SessionText wording={wording} session={session} isThis={session.id === actor.sessionId} />
            <form method="post" action="/me/sessions/end">
              <input type="hidden" name="session" value={session.id} />
              <button
                type="submit"
                aria-label={say('me-sessions-end-label', {
                  device: session.device ?? say('me-sessions-unknown'),
                  date: wording.date(session.created),
                })}
              >
                {say('me-sessions-end')}
              </button>
            </form>
          </li>
        ))}
      </ul>
      <div class="me-buttons">
        {sessions.length > 1 ? (
          <form method="post" action="/me/sessions/others">
            <button type="submit">{say('me-sessions-end-others')}</button>
          </form>
        ) : null}
        <form method="post" action="/me/sessions/all">
          <button type="submit">{say('me-sessions-end-all')}</button>
        </form>
        <form class="me-out" method="post" action="/sign-out">
          <button type="submit">{say('sign-in-out')}</button>
        </form>
      </div>
    </section>
  )
}

function SessionText({
  wording,
  session,
  isThis,
}: {
  wording: Wording
  session: SessionLine
  isThis: boolean
}) {
  const { say, date, list } = wording
  const parts = [
    say(`me-way-${session.way}`),
    ...(session.origin === null ? [] : [say('me-sessions-in', { origin: session.origin })]),
    say('me-sessions-since', { date: date(session.created) }),
    say('me-sessions-seen', { date: date(session.seen) }),
  ]
  return (
    <p>
      <b>
        <bdi>{session.device ?? say('me-sessions-unknown')}</bdi>
      </b>{' '}
      {isThis ? <span class="badge">{say('me-sessions-this')}</span> : null}{' '}
      <span class="hint">{list(parts)}</span>
    </p>
  )
}
