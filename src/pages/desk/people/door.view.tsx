import type { App } from '../../../context.ts'
import type { MessageKey, Wording } from '../../../language/messages.ts'
import { confirmPath } from '../../../people/passkey.view.tsx'
import type { Problem } from '../../../problem.ts'
import type { Door } from '../../../settings/door.ts'
import { ProblemNote } from '../../comment/comment.view.tsx'
import { renderDeskPage } from '../queue.view.tsx'

export type TypedDoor = Record<
  'guests' | 'passwords' | 'disposable' | 'staffPasskey' | 'firstLook' | 'renameDays' | 'avatars',
  string
>

/** The form that was refused, as it was typed. */
export type RefusedDoor = { problem: Problem } & ({ typed: TypedDoor } | { domain: string })

const yes = (is: boolean): string => (is ? 'yes' : '')
const fill = (door: Door): TypedDoor => ({
  guests: door.guests,
  passwords: yes(door.passwords),
  disposable: yes(door.disposableMail === 'refuse'),
  staffPasskey: yes(door.staffPasskey),
  firstLook: yes(door.firstLook),
  renameDays: String(door.renameDays),
  avatars: yes(door.avatars),
})

const groups: { legend: MessageKey; boxes: [keyof TypedDoor, MessageKey][] }[] = [
  {
    legend: 'desk-door-ways',
    boxes: [
      ['passwords', 'desk-door-passwords'],
      ['disposable', 'desk-door-disposable'],
      ['staffPasskey', 'desk-door-staff'],
    ],
  },
  { legend: 'desk-door-writing', boxes: [['firstLook', 'desk-door-first']] },
]

export function renderDoorPage(props: {
  app: App
  wording: Wording
  path: string
  saved?: boolean
  refused?: RefusedDoor
}): string {
  const { app, wording, path, refused } = props
  const { say } = wording
  const values = refused && 'typed' in refused ? refused.typed : fill(app.site.door)
  const box = ([name, label]: [keyof TypedDoor, MessageKey]) => (
    <label key={name} class="choice">
      <input type="checkbox" name={name} value="yes" checked={values[name] === 'yes'} />{' '}
      <span>{say(label)}</span>
    </label>
  )
  const problem = refused && 'typed' in refused ? refused.problem : undefined
  return renderDeskPage(
    { app, wording, title: say('desk-door-heading'), path },
    <>
      <h1>{say('desk-door-heading')}</h1>
      <p class="hint">{say('desk-door-note')}</p>
      {props.saved ? (
        <p class="notice good" role="status">
          {say('desk-door-saved')}
        </p>
      ) : null}
      {problem ? <DoorProblem wording={wording} problem={problem} path={path} /> : null}
      <form method="post" action={path} class="desk-form door">
        <fieldset>
          <legend>{say('desk-door-guests')}</legend>
          {(['off', 'looked-at', 'open'] as const).map((guests) => (
            <label key={guests} class="choice">
              <input type="radio" name="guests" value={guests} checked={values.guests === guests} required />{' '}
              <span>{say(`desk-door-guests-${guests}`)}</span>
            </label>
          ))}
        </fieldset>
        {groups.map(({ legend, boxes }) => (
          <fieldset key={legend}>
            <legend>{say(legend)}</legend>
            {boxes.map(box)}
          </fieldset>
        ))}
        <fieldset>
          <legend>{say('desk-door-names')}</legend>
          <label>
            {say('desk-door-rename')}{' '}
            <input
              name="renameDays"
              inputMode="numeric"
              required
              maxLength={3}
              size={4}
              value={values.renameDays}
              aria-invalid={problem?.at === '/renameDays' ? 'true' : undefined}
              aria-describedby={problem?.at === '/renameDays' ? 'problem' : undefined}
            />
          </label>
          {box(['avatars', 'desk-door-avatars'])}
        </fieldset>
        <button type="submit" class="main">
          {say('desk-door-save')}
        </button>
      </form>
      <DomainRules
        {...{ app, wording, path }}
        refused={refused && 'domain' in refused ? refused : undefined}
      />
    </>,
  )
}

function DoorProblem(props: { wording: Wording; problem: Problem; path: string }) {
  const { wording, problem, path } = props
  if (problem.problem !== 'passkey-needed') return <ProblemNote problem={problem} wording={wording} />
  return (
    <ProblemNote problem={problem} wording={wording}>
      <p>{wording.say('desk-door-passkey-first')}</p>
      <p>
        <a class="button" href={confirmPath(path)}>
          {wording.say('desk-door-passkey-go')}
        </a>
      </p>
    </ProblemNote>
  )
}

function DomainRules(props: {
  app: App
  wording: Wording
  path: string
  refused: { domain: string } | undefined
}) {
  const { app, wording, path, refused } = props
  const { say } = wording
  const { domainRules } = app.site
  return (
    <section aria-labelledby="domains">
      <h2 id="domains">{say('desk-door-domains')}</h2>
      <p class="hint">{say('desk-door-domains-note')}</p>
      {domainRules.length === 0 ? <p class="thread-empty">{say('desk-door-domains-none')}</p> : null}
      <ul class="desk-list">
        {domainRules.map(({ domain, effect }) => (
          <li key={domain}>
            <bdi dir="ltr">{domain}</bdi>
            <span>{say(`desk-door-effect-${effect}`)}</span>
            <form method="post" action={`${path}/domains`}>
              <input type="hidden" name="domain" value={domain} />
              <input type="hidden" name="effect" value="none" />
              <button type="submit" aria-label={say('desk-door-domain-remove-label', { domain })}>
                {say('desk-door-domain-remove')}
              </button>
            </form>
          </li>
        ))}
      </ul>
      {refused ? (
        <p class="refusal" role="alert" id="refusal">
          {say('desk-door-domain-refused')}
        </p>
      ) : null}
      <form class="measure-form" method="post" action={`${path}/domains`}>
        <label>
          {say('desk-door-domain')}{' '}
          <input
            name="domain"
            dir="ltr"
            required
            maxLength={253}
            autocomplete="off"
            value={refused?.domain}
            aria-invalid={refused ? 'true' : undefined}
            aria-describedby={refused ? 'refusal' : undefined}
          />
        </label>
        <label>
          {say('desk-door-effect')}{' '}
          <select name="effect">
            <option value="refuse">{say('desk-door-effect-refuse')}</option>
            <option value="look-first">{say('desk-door-effect-look-first')}</option>
          </select>
        </label>
        <button type="submit">{say('desk-door-domain-add')}</button>
      </form>
    </section>
  )
}
