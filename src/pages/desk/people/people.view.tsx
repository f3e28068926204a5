import type { App } from '../../../context.ts'
import type { Wording } from '../../../language/messages.ts'
import { roles } from '../../../people/can.ts'
import type { PersonLine } from '../../../people/people-store.ts'
import type { Person } from '../../../people/person.ts'
import { isBarred } from '../../../people/sanction.ts'
import { renderDeskPage } from '../queue.view.tsx'
import { Sentence } from '../sentence.view.tsx'

export function renderPeoplePage(props: {
  app: App
  wording: Wording
  now: Date
  asked: { q: string; role: string }
  found: PersonLine[]
  next: string | null
  settings: boolean
}): string {
  const { app, wording, now, asked, found, next } = props
  const { say, day } = wording
  const path = '/desk/people'
  return renderDeskPage(
    { app, wording, title: say('desk-people-heading'), path, settings: props.settings },
    <>
      <h1>{say('desk-people-heading')}</h1>
      <form class="people-search" method="get" action={path}>
        <label>
          {say('desk-people-name')}{' '}
          <input type="search" name="q" value={asked.q} maxLength={100} dir="auto" />
        </label>
        <label>
          {say('desk-people-role')}{' '}
          <select name="role">
            <option value="">{say('desk-people-any')}</option>
            {roles.map((role) => (
              <option key={role} value={role} selected={role === asked.role}>
                {say(`me-role-${role}`)}
              </option>
            ))}
          </select>
        </label>
        <button type="submit">{say('desk-people-find')}</button>
      </form>
      {found.length === 0 ? <p class="thread-empty">{say('desk-people-none')}</p> : null}
      <ol class="desk-list people-list">
        {found.map((person) => (
          <li key={person.id}>
            <a href={`${path}/${person.id}`}>
              <bdi>{person.name}</bdi>
            </a>{' '}
            {person.formerly === null || person.formerly === person.name ? null : (
              <span>
                <Sentence wording={wording} words="desk-people-formerly" values={{ name: person.formerly }} />
              </span>
            )}{' '}
            <Standing wording={wording} person={person} />{' '}
            <span>{say('desk-people-since', { date: day(person.created) })}</span>{' '}
            <States wording={wording} person={person} now={now} />
          </li>
        ))}
      </ol>
      {next ? (
        <p class="pages">
          <a class="next" rel="next" href={`${path}?${new URLSearchParams({ ...asked, after: next })}`}>
            {say('page-next')}
          </a>
        </p>
      ) : null}
    </>,
  )
}

/** Role and badge, or that there is no account. */
export function Standing(props: { wording: Wording; person: Pick<Person, 'role' | 'badge' | 'claim'> }) {
  const { say } = props.wording
  const { role, badge, claim } = props.person
  return (
    <span>
      {claim === 'claimed' ? say(`me-role-${role}`) : say(`desk-people-${claim as 'guest' | 'unclaimed'}`)}
      {badge === null ? null : (
        <>
          {' '}
          <span class="badge">
            <bdi>{badge}</bdi>
          </span>
        </>
      )}
    </span>
  )
}

type Restricted = Pick<Person, 'barredUntil' | 'lookFirst' | 'isMuted'>

/** What is in force about somebody, in a few words. */
export function States({ wording, person, now }: { wording: Wording; person: Restricted; now: Date }) {
  const { say } = wording
  const states = [
    ...(isBarred(person, now)
      ? [
          person.barredUntil instanceof Date
            ? say('desk-people-suspended', { date: wording.date(person.barredUntil) })
            : say('desk-people-banned'),
        ]
      : []),
    ...(person.lookFirst ? [say('desk-people-looked-at')] : []),
    ...(person.isMuted ? [say('desk-people-muted')] : []),
  ]
  return states.length === 0 ? null : <b class="person-states">{wording.list(states)}</b>
}
