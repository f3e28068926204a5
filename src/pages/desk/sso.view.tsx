import type { App } from '../../context.ts'
import type { Role } from '../../database/tables.ts'
import type { Wording } from '../../language/messages.ts'
import { roles } from '../../people/can.ts'
import type { SsoKey } from '../../people/sso-key.ts'
import { type KeyForm, type KeyKind, keyKinds } from '../../people/sso-settings.ts'
import { sayOutcome, type Trial } from '../../people/sso-trial.ts'
import type { Problem } from '../../problem.ts'
import { ProblemNote } from '../comment/comment.view.tsx'
import { renderDeskPage } from './queue.view.tsx'

/** Roles that a token has to be allowed to give. */
export const givenRoles: Role[] = roles.filter((role) => role !== 'reader')

export function renderSsoPage(props: {
  app: App
  wording: Wording
  path: string
  keys: SsoKey[]
  /** Of a key just made: shown this once. */
  secret?: string
  refused?: { typed: KeyForm; problem: Problem }
  checked?: { token: string; trial: Trial }
}): string {
  const { app, wording, path, keys, secret, checked } = props
  const { say } = wording
  return renderDeskPage(
    { app, wording, title: say('desk-sso-heading'), path },
    <>
      <h1>{say('desk-sso-heading')}</h1>
      <p>{say('desk-sso-note')}</p>
      <p>{say('desk-sso-rotation')}</p>
      {secret === undefined ? null : (
        <p class="notice good" role="status">
          {say('desk-sso-made')} <code dir="ltr">{secret}</code>
        </p>
      )}
      {keys.length === 0 ? <p class="thread-empty">{say('desk-sso-none')}</p> : null}
      {keys.map((key) => (
        <KeySection key={key.id} wording={wording} path={path} sso={key} />
      ))}
      <AddForm {...{ wording, path, refused: props.refused, isOpen: keys.length === 0 }} />
      <section aria-labelledby="check">
        <h2 id="check">{say('desk-sso-check')}</h2>
        <p>{say('desk-sso-check-note')}</p>
        {checked ? <TrialNote trial={checked.trial} /> : null}
        <form method="post" action={`${path}/check`} class="desk-form">
          <label>
            {say('desk-sso-check-label')}{' '}
            <textarea
              name="token"
              rows={4}
              required
              maxLength={10_000}
              dir="ltr"
              value={checked?.token ?? ''}
            />
          </label>
          <button type="submit">{say('desk-sso-check-send')}</button>
        </form>
      </section>
    </>,
  )
}

function KeySection({ wording, path, sso }: { wording: Wording; path: string; sso: SsoKey }) {
  const { say } = wording
  const { id, label, kid, algorithm, material, issuer, audience } = sso
  const facts = [
    [say('desk-sso-algorithm'), algorithm],
    [say('desk-sso-kid'), kid],
    [say('desk-sso-where'), 'setUrl' in material ? material.setUrl : null],
    [say('desk-sso-issuer'), issuer],
    [say('desk-sso-audience'), audience],
  ] as const
  const given = sso.roles.map((role) => say(`me-role-${role}`)).join(', ')
  return (
    <section aria-labelledby={`key-${id}`}>
      <h2 id={`key-${id}`}>
        <bdi>{label}</bdi>
      </h2>
      <dl class="sso-facts">
        {facts.map(([name, value]) =>
          value === null ? null : (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <bdi dir="ltr">{value}</bdi>
              </dd>
            </div>
          ),
        )}
        <div>
          <dt>{say('desk-sso-roles')}</dt>
          <dd>{given || say('desk-sso-roles-none')}</dd>
        </div>
      </dl>
      {id === 'settings' ? (
        <p>{say('desk-sso-from-settings')}</p>
      ) : (
        <form method="post" action={`${path}/${id}/retire`}>
          <button type="submit">{say('desk-sso-retire')}</button>
        </form>
      )}
    </section>
  )
}

const empty: KeyForm = { label: '', kind: 'make', text: '', kid: '', issuer: '', audience: '', roles: [] }

/** A secret that was typed is not sent back. */
const shownText = ({ kind, text }: KeyForm): string => (kind === 'secret' ? '' : text)

function AddForm(props: {
  wording: Wording
  path: string
  refused: { typed: KeyForm; problem: Problem } | undefined
  isOpen: boolean
}) {
  const { wording, path, refused, isOpen } = props
  const { say } = wording
  const typed = refused?.typed ?? empty
  const invalid = (name: string) => (refused?.problem.at === `/${name}` ? 'true' : undefined)
  const line = (name: 'label' | 'kid' | 'issuer' | 'audience', most: number) => (
    <label>
      {say(`desk-sso-${name}`)}{' '}
      <input
        name={name}
        required={name === 'label'}
        maxLength={most}
        autocomplete="off"
        dir={name === 'label' ? 'auto' : 'ltr'}
        value={typed[name]}
        aria-invalid={invalid(name)}
      />
    </label>
  )
  return (
    <details open={refused !== undefined || isOpen}>
      <summary>{say('desk-sso-add')}</summary>
      {refused ? (
        <ProblemNote problem={refused.problem} wording={wording}>
          <p lang="en" dir="ltr">
            {refused.problem.detail}
          </p>
        </ProblemNote>
      ) : null}
      <form method="post" action={path} class="desk-form">
        {line('label', 60)}
        <fieldset>
          <legend>{say('desk-sso-kind')}</legend>
          {keyKinds.map((kind: KeyKind) => (
            <label key={kind} class="choice">
              <input type="radio" name="kind" value={kind} checked={typed.kind === kind} />{' '}
              {say(`desk-sso-kind-${kind}`)}
            </label>
          ))}
        </fieldset>
        <label>
          {say('desk-sso-text')}{' '}
          <textarea
            name="text"
            rows={4}
            maxLength={8_000}
            dir="ltr"
            spellcheck={false}
            value={shownText(typed)}
            aria-invalid={invalid('text')}
          />
        </label>
        {line('kid', 200)}
        <p>{say('desk-sso-both')}</p>
        {line('issuer', 300)}
        {line('audience', 300)}
        <fieldset>
          <legend>{say('desk-sso-roles')}</legend>
          {givenRoles.map((role) => (
            <label key={role} class="choice">
              <input type="checkbox" name={`role-${role}`} value="1" checked={typed.roles.includes(role)} />{' '}
              {say(`me-role-${role}`)}
            </label>
          ))}
        </fieldset>
        <button type="submit" class="main">
          {say('desk-sso-save')}
        </button>
      </form>
    </details>
  )
}

/** For whoever connects the newsroom, in the words of `detente sso test`. */
function TrialNote({ trial }: { trial: Trial }) {
  const isGood = 'claims' in trial.check
  return (
    <div class={`notice ${isGood ? 'good' : 'bad'}`} role="status" lang="en" dir="ltr">
      <ol class="sso-steps">
        {trial.check.steps.map(({ step, isGood, says }) => (
          <li key={step}>
            {isGood ? '✓' : '✗'} <b>{step}</b> {says}
          </li>
        ))}
      </ol>
      {sayOutcome(trial).map((line) => (
        <p key={line}>{line}</p>
      ))}
    </div>
  )
}
