import type { ComponentChildren } from 'preact'
import type { App } from '../../../context.ts'
import type { FullComment } from '../../../discussion/store.ts'
import { nameOfLanguage } from '../../../http/layout.view.tsx'
import { excerpt } from '../../../language/comment-html.ts'
import type { Wording } from '../../../language/messages.ts'
import { roles } from '../../../people/can.ts'
import type { PastName } from '../../../people/me-store.ts'
import type { PersonFacts } from '../../../people/people-store.ts'
import type { Person } from '../../../people/person.ts'
import type { NamedSanction } from '../../../people/sanction-store.ts'
import type { Problem } from '../../../problem.ts'
import { ProblemNote } from '../../comment/comment.view.tsx'
import { renderDeskPage } from '../queue.view.tsx'
import { MeasureForm, Measures, type TypedMeasure } from './measure.view.tsx'
import { Standing, States } from './people.view.tsx'

/** A form of the page that stands open with what was typed: refused, or to be changed (no problem). */
export type RefusedHere = { problem?: Problem | undefined } & (
  | { form: 'measure'; typed: TypedMeasure }
  | { form: 'lift'; sanction: string; typed: { reason: string; note: string } }
  | { form: 'role'; typed: { role: string; badge: string } }
)

type Own = FullComment & { storyTitle: string | null }

export function renderPersonPage(props: {
  app: App
  wording: Wording
  now: Date
  person: Person
  facts: PersonFacts
  sanctions: NamedSanction[]
  names: PastName[]
  comments: Own[]
  next: string | null
  may: { act: boolean; everywhere: boolean; giveRole: boolean; settings: boolean }
  isSelf: boolean
  refused: RefusedHere | undefined
}): string {
  const { app, wording, now, person, sanctions, may, refused } = props
  const { say } = wording
  const path = `/desk/people/${person.id}`
  return renderDeskPage(
    { app, wording, title: person.name, path, settings: may.settings },
    <div class="person">
      <h1>
        <bdi>{person.name}</bdi>
      </h1>
      <p class="person-line">
        <Standing wording={wording} person={person} /> <States wording={wording} person={person} now={now} />{' '}
        <a href={`/p/${person.id}`}>{say('desk-person-profile')}</a>
      </p>
      <div class="person-panes">
        <div>
          <Facts {...props} />
          <section aria-labelledby="measures">
            <h2 id="measures">{say('desk-person-measures')}</h2>
            <Measures
              wording={wording}
              now={now}
              sanctions={sanctions}
              may={may}
              person={person}
              refused={refused?.form === 'lift' ? refused : undefined}
            />
            {may.act ? (
              <MeasureForm
                wording={wording}
                action={`${path}/sanctions`}
                everywhere={may.everywhere}
                typed={refused?.form === 'measure' ? refused.typed : undefined}
                problem={refused?.form === 'measure' ? refused.problem : undefined}
              />
            ) : null}
          </section>
          {may.giveRole && person.claim === 'claimed' ? (
            <RoleForm {...props} refused={refused?.form === 'role' ? refused : undefined} />
          ) : null}
          <Names wording={wording} names={props.names} />
        </div>
        <Comments wording={wording} comments={props.comments} next={props.next} path={path} />
      </div>
    </div>,
  )
}

function Facts(props: { wording: Wording; person: Person; facts: PersonFacts }) {
  const { wording, person, facts } = props
  const { say, number } = wording
  const states = (['published', 'pending', 'held', 'removed', 'withdrawn'] as const).flatMap((status) => {
    const count = facts.comments[status]
    return count ? [`${say(`desk-status-${status}`)} ${number(count)}`] : []
  })
  const account = person.claim === 'claimed' ? 'desk-person-claimed' : `desk-people-${person.claim}`
  return (
    <dl class="person-facts">
      <Fact term={say('desk-person-account')}>
        {wording.list([
          say(account as 'desk-person-claimed'),
          say('desk-people-since', { date: wording.day(facts.created) }),
          ...(facts.roleFrom === 'sso' ? [say('desk-person-role-sso')] : []),
        ])}
      </Fact>
      <Fact term={say('desk-person-comments')}>{states.length === 0 ? number(0) : wording.list(states)}</Fact>
      <Fact term={say('desk-person-reports')}>{number(facts.reports)}</Fact>
      <Fact term={say('desk-person-sessions')}>{say('desk-person-devices', { n: facts.sessions })}</Fact>
      {facts.language === null ? null : (
        <Fact term={say('desk-person-language')}>
          <span lang={facts.language}>{nameOfLanguage(facts.language)}</span>
        </Fact>
      )}
    </dl>
  )
}

const Fact = ({ term, children }: { term: string; children: ComponentChildren }) => (
  <div>
    <dt>{term}</dt>
    <dd>{children}</dd>
  </div>
)

function RoleForm(props: {
  wording: Wording
  person: Person
  isSelf: boolean
  refused: { typed: { role: string; badge: string }; problem?: Problem | undefined } | undefined
}) {
  const { wording, person, refused } = props
  const { say } = wording
  const chosen = refused?.typed.role ?? person.role
  return (
    <section aria-labelledby="role">
      <h2 id="role">{say('desk-role-heading')}</h2>
      {refused?.problem ? <ProblemNote problem={refused.problem} wording={wording} /> : null}
      <form class="measure-form" method="post" action={`/desk/people/${person.id}/role`}>
        <label>
          {say('desk-people-role')}{' '}
          <select name="role">
            {roles.map((role) => (
              <option key={role} value={role} selected={role === chosen}>
                {say(`me-role-${role}`)}
              </option>
            ))}
          </select>
        </label>
        <label>
          {say('desk-role-badge')}{' '}
          <input name="badge" maxLength={100} dir="auto" value={refused?.typed.badge ?? person.badge ?? ''} />
        </label>
        <p class="hint">
          {say('desk-role-note')} {props.isSelf ? <b>{say('desk-role-own')}</b> : null}
        </p>
        <button type="submit">{say('desk-role-save')}</button>
      </form>
    </section>
  )
}

function Names({ wording, names }: { wording: Wording; names: PastName[] }) {
  if (names.length === 0) return null
  const { say } = wording
  return (
    <section aria-labelledby="names">
      <h2 id="names">{say('desk-person-names')}</h2>
      <ul class="desk-list">
        {names.map(({ name, until }) => (
          <li key={until.toISOString()}>
            <bdi>{name}</bdi> <span>{say('desk-person-until', { date: wording.date(until) })}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** What they wrote with the state it is in; more about one, and deciding about it, is a click away. */
function Comments(props: { wording: Wording; comments: Own[]; next: string | null; path: string }) {
  const { wording, comments, next } = props
  const { say, date } = wording
  return (
    <section aria-labelledby="written" class="person-comments">
      <h2 id="written">{say('desk-person-recent')}</h2>
      {comments.length === 0 ? <p class="thread-empty">{say('me-no-comments')}</p> : null}
      <ol class="desk-list">
        {comments.map((comment) => (
          <li key={comment.id}>
            <a
              href={`/s/${comment.storyId}/c/${comment.id}/more`}
              lang={comment.language ?? undefined}
              dir="auto"
            >
              {comment.text === '' ? say(`desk-status-${comment.status}`) : excerpt(comment.text, 120)}
            </a>{' '}
            <span>
              {comment.status === 'published' ? null : <b>{say(`desk-status-${comment.status}`)} · </b>}
              <bdi>{comment.storyTitle ?? say('story-untitled')}</bdi> ·{' '}
              <time dateTime={comment.received.toISOString()}>{date(comment.received)}</time>
            </span>
          </li>
        ))}
      </ol>
      {next ? (
        <p class="pages">
          <a class="next" rel="next" href={`${props.path}?after=${next}#written`}>
            {say('me-older')}
          </a>
        </p>
      ) : null}
    </section>
  )
}
