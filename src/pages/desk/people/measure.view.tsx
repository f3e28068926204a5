/** Measures about a person: those taken, the form for another, and what the person will be told before it is taken. */
import type { App } from '../../../context.ts'
import type { Wording } from '../../../language/messages.ts'
import { restrictionReasons } from '../../../people/house-rules.ts'
import type { Person } from '../../../people/person.ts'
import {
  inForce,
  liftReasons,
  MOST_DAYS,
  measures,
  type Sanction,
  type Wish,
} from '../../../people/sanction.ts'
import type { NamedSanction } from '../../../people/sanction-store.ts'
import { shownName } from '../../../people/shown-name.ts'
import { nameRule, numberOf, ToldView } from '../../../people/told.view.tsx'
import type { Problem } from '../../../problem.ts'
import { ProblemNote } from '../../comment/comment.view.tsx'
import { renderDeskPage } from '../queue.view.tsx'
import { Sentence } from '../sentence.view.tsx'

export type TypedMeasure = Record<'kind' | 'reason' | 'days' | 'note' | 'everywhere', string>
type RefusedLift = {
  sanction: string
  typed: { reason: string; note: string }
  problem?: Problem | undefined
}

const Choices = <T extends string>(props: {
  values: readonly T[]
  chosen: string | undefined
  say: (value: T) => string
}) => (
  <>
    {props.values.map((value) => (
      <option key={value} value={value} selected={value === props.chosen}>
        {props.say(value)}
      </option>
    ))}
  </>
)

/** The form comes to a page that shows the message; nothing is taken before. */
export function MeasureForm(props: {
  wording: Wording
  action: string
  everywhere: boolean
  typed: TypedMeasure | undefined
  problem: Problem | undefined
}) {
  const { wording, typed, problem } = props
  const { say } = wording
  return (
    <details class="take" open={typed !== undefined} id="take">
      <summary>{say('desk-measure-take')}</summary>
      {problem ? <ProblemNote problem={problem} wording={wording} /> : null}
      <form class="measure-form" method="post" action={props.action}>
        <label>
          {say('desk-measure-kind')}{' '}
          <select name="kind">
            <option value="">{say('desk-measure-choose')}</option>
            <Choices values={measures} chosen={typed?.kind} say={(kind) => say(`desk-measure-${kind}`)} />
          </select>
        </label>
        <label>
          {say('desk-reason')}{' '}
          <select name="reason">
            <option value="">{say('desk-reason-none')}</option>
            <Choices
              values={restrictionReasons}
              chosen={typed?.reason}
              say={(reason) => say(`reason-${reason}`)}
            />
          </select>
        </label>
        <label>
          {say('desk-measure-days')}{' '}
          <input type="number" name="days" min={1} max={MOST_DAYS} inputMode="numeric" value={typed?.days} />
        </label>
        {props.everywhere ? (
          <label class="choice">
            <input type="checkbox" name="everywhere" value="1" checked={typed?.everywhere === '1'} />{' '}
            {say('desk-measure-on-all')}
          </label>
        ) : null}
        <label class="wide">
          {say('desk-measure-note')}{' '}
          <textarea name="note" rows={2} maxLength={2000} dir="auto" value={typed?.note} />
        </label>
        <button type="submit" name="step" value="look">
          {say('desk-measure-look')}
        </button>
      </form>
    </details>
  )
}

/** The step between the form and the measure.
 *  @param theirs words in the person's language */
export function renderMeasurePage(props: {
  app: App
  wording: Wording
  theirs: Wording
  person: Person
  told: Pick<Sanction, 'kind' | 'reason' | 'note' | 'until' | 'siteId'> & Pick<Wish, 'everywhere'>
  typed: TypedMeasure
  settings: boolean
}): string {
  const { app, wording, theirs, person, told, typed } = props
  const { say } = wording
  const path = `/desk/people/${person.id}`
  return renderDeskPage(
    { app, wording, title: say('desk-measure-take'), path, settings: props.settings },
    <section class="measure" aria-labelledby="told">
      <h1 id="told">
        <Sentence wording={wording} words="desk-measure-told" values={{ name: person.name }} />
      </h1>
      <p>
        <b>{say(`desk-measure-${told.kind}`)}</b>
        {told.everywhere ? ` · ${say('desk-measure-everywhere')}` : ''} · {nameRule(wording, told.reason)}
      </p>
      <div class="notice bad">
        <ToldView wording={theirs} app={app} told={told} number={null} />
      </div>
      <p class="hint">{say('desk-measure-told-note')}</p>
      <form class="measure-form" method="post" action={`${path}/sanctions`}>
        {Object.entries(typed).map(([name, value]) => (
          <input type="hidden" name={name} value={value} key={name} />
        ))}
        <button type="submit" name="step" value="take" class="danger">
          {say('desk-measure-confirm')}
        </button>{' '}
        <button type="submit" name="step" value="change">
          {say('desk-measure-change')}
        </button>
      </form>
    </section>,
  )
}

/** What is in force, each with the form that lifts it; and all there was. */
export function Measures(props: {
  wording: Wording
  now: Date
  sanctions: NamedSanction[]
  person: Person
  may: { act: boolean; everywhere: boolean }
  refused: RefusedLift | undefined
}) {
  const { wording, now, sanctions, person, may, refused } = props
  const { say } = wording
  const active = inForce(sanctions, now)
  const isForced = new Set(active.map(({ id }) => id))
  const looksOtherwise = person.lookFirst && !active.some(({ kind }) => kind === 'look-first')
  return (
    <>
      {active.length === 0 && !looksOtherwise ? (
        <p class="thread-empty">{say('desk-person-no-measures')}</p>
      ) : null}
      {looksOtherwise ? <p>{say('desk-person-looked-at-otherwise')}</p> : null}
      <ol class="measures">
        {active.toReversed().map((sanction) => (
          <li key={sanction.id}>
            <MeasureLine wording={wording} sanction={sanction} isOver={false} />
            {may.act && (sanction.siteId !== null || may.everywhere) ? (
              <LiftForm
                wording={wording}
                sanction={sanction}
                personId={person.id}
                refused={refused?.sanction === sanction.id ? refused : undefined}
              />
            ) : null}
          </li>
        ))}
      </ol>
      {refused && !isForced.has(refused.sanction) && refused.problem ? (
        <ProblemNote problem={refused.problem} wording={wording} />
      ) : null}
      {sanctions.length > active.length ? (
        <details>
          <summary>{say('desk-person-log')}</summary>
          <ol class="measures">
            {sanctions.toReversed().map((sanction) => (
              <li key={sanction.id}>
                <MeasureLine wording={wording} sanction={sanction} isOver={!isForced.has(sanction.id)} />
              </li>
            ))}
          </ol>
        </details>
      ) : null}
    </>
  )
}

function MeasureLine(props: { wording: Wording; sanction: NamedSanction; isOver: boolean }) {
  const { wording, sanction, isOver } = props
  const { say, date } = wording
  const { kind, until, note } = sanction
  const decided = (
    <time key="decided" dateTime={sanction.decidedAt.toISOString()}>
      {date(sanction.decidedAt)}
    </time>
  )
  const values = {
    measure: <b key="measure">{say(`desk-measure-${kind}`)}</b>,
    name: shownName(sanction.moderatorName, wording),
    date: decided,
  }
  const rule =
    kind === 'lift'
      ? say(`desk-lift-${sanction.reason}` as 'desk-lift-other')
      : nameRule(wording, sanction.reason)
  return (
    <>
      <Sentence wording={wording} words="desk-measure-line" values={values} />
      {until === null ? '' : ` · ${say('desk-measure-until', { date: date(until) })}`}
      {sanction.siteId === null ? ` · ${say('desk-measure-everywhere')}` : ''}
      {` · ${rule}`}
      {note === null ? null : (
        <>
          {' · '}
          <bdi>{note}</bdi>
        </>
      )}
      {isOver && kind !== 'lift' ? ` · ${say('desk-measure-over')}` : ''}{' '}
      <code class="number" dir="ltr">
        {numberOf(sanction)}
      </code>
    </>
  )
}

function LiftForm(props: {
  wording: Wording
  sanction: Sanction
  personId: string
  refused: RefusedLift | undefined
}) {
  const { wording, sanction, refused } = props
  const { say } = wording
  const label = {
    measure: say(`desk-measure-${sanction.kind}`),
    date: wording.date(sanction.decidedAt),
  }
  return (
    <details class="take" open={refused !== undefined}>
      <summary aria-label={say('desk-measure-lift-label', label)}>{say('desk-measure-lift-go')}</summary>
      {refused?.problem ? <ProblemNote problem={refused.problem} wording={wording} /> : null}
      <form class="measure-form" method="post" action={`/desk/sanctions/${sanction.id}/lift`}>
        <input type="hidden" name="person" value={props.personId} />
        <label>
          {say('desk-measure-lift-reason')}{' '}
          <select name="reason">
            <Choices
              values={liftReasons}
              chosen={refused?.typed.reason}
              say={(reason) => say(`desk-lift-${reason}`)}
            />
          </select>
        </label>
        <label>
          {say('desk-note')}{' '}
          <textarea name="note" rows={1} maxLength={2000} dir="auto" value={refused?.typed.note} />
        </label>
        <button type="submit">{say('desk-measure-lift-go')}</button>
      </form>
    </details>
  )
}
