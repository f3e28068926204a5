/** Passkeys: the buttons, the part of one's own page, the page that asks for one. A button is shown by its
 *  script (browser/passkey.ts), in the place of the line that says what it needs. */
import type { Wording } from '../language/messages.ts'
import type { Problem } from '../problem.ts'
import { type RefusedForm, refusalOf, type Section } from './me-standing.ts'
import { listOwnPasskeys, type Making, readMaking } from './passkey.ts'
import type { Passkey } from './passkey-store.ts'
import { Refusal } from './sign-in.view.tsx'

/** To come in; to confirm who is signed in; to make one. */
type Ceremony = 'sign-in' | 'confirm' | 'make'

const labels = { 'sign-in': 'passkey-sign-in', confirm: 'passkey-confirm', make: 'passkey-make' } as const

/** What the script says when nothing came of it. */
export type PasskeyWords = Record<
  'unsupported' | 'cancelled' | 'exists' | 'failed' | 'later' | 'again' | 'confirm' | 'unknown',
  string
>

/** @param to where to go on to */
export function PasskeyForm(props: { wording: Wording; ceremony: Ceremony; to: string; main?: boolean }) {
  const { ceremony, to, main = false } = props
  const { say } = props.wording
  const words: PasskeyWords = {
    unsupported: say('passkey-unsupported'),
    cancelled: say('passkey-cancelled'),
    exists: say('passkey-exists'),
    failed: say('passkey-failed'),
    later: say('passkey-later'),
    again: say('passkey-again'),
    confirm: say('passkey-confirm-first'),
    unknown: say('problem-passkey-unknown-text'),
  }
  return (
    <div class="passkey">
      <form
        method="post"
        action={ceremony === 'make' ? '/me/passkeys' : '/sign-in/passkey'}
        data-passkey={ceremony}
        data-words={JSON.stringify(words)}
        hidden
      >
        <input type="hidden" name="to" value={to} />
        <input type="hidden" name="response" value="" />
        <button type="submit" class={main ? 'main' : undefined}>
          {say(labels[ceremony])}
        </button>
      </form>
      <p class="refusal" role="alert" hidden />
      <p class="hint">{say('passkey-no-script')}</p>
    </div>
  )
}

/** Why there are none at this address, for whoever looks for them. */
function Nowhere({ wording: { say }, origin }: { wording: Wording; origin: string }) {
  const { hostname, port, protocol } = new URL(origin)
  const isOwnMachine = protocol === 'http:' && (hostname.startsWith('127.') || hostname === '[::1]')
  const address = `http://localhost${port === '' ? '' : `:${port}`}`
  return (
    <>
      <p>{say('passkey-nowhere', { origin })}</p>
      {isOwnMachine ? <p class="hint">{say('passkey-nowhere-local', { address })}</p> : null}
    </>
  )
}

/** What one can do towards a passkey now. */
function Next(props: { wording: Wording; making: Making; origin: string; to: string; main?: boolean }) {
  const { wording, making, origin, to, main = false } = props
  const { say } = wording
  if (making === 'nowhere') return <Nowhere wording={wording} origin={origin} />
  if (making === 'may') return <PasskeyForm wording={wording} ceremony="make" to={to} main={main} />
  if (making === 'confirm')
    return (
      <>
        <p>{say('passkey-confirm-first')}</p>
        <PasskeyForm wording={wording} ceremony="confirm" to="/me/account" />
      </>
    )
  return (
    <>
      <p>{say('passkey-again')}</p>
      <p>
        <a class="button" href={`/sign-in?${new URLSearchParams({ to })}`}>
          {say('passkey-again-go')}
        </a>
      </p>
    </>
  )
}

/** The part of /me/account. */
export const passkeysSection: Section = async (standing) => {
  const { app, wording } = standing
  const { say } = wording
  const passkeys = await listOwnPasskeys(app, standing.person)
  const making = await readMaking(app, standing, passkeys)
  return (
    <section aria-labelledby="my-passkeys">
      <h2 id="my-passkeys">{say('passkeys')}</h2>
      {making === 'nowhere' ? null : <p>{say('passkeys-intro')}</p>}
      <Refusal wording={wording} problem={refusalOf(standing, 'passkeys')?.problem} />
      {passkeys.length === 0 ? null : (
        <ul class="me-list">
          {passkeys.map((passkey) => (
            <PasskeyLine
              key={passkey.id}
              wording={wording}
              passkey={passkey}
              refused={refusalOf(standing, `passkey ${passkey.id}`)}
            />
          ))}
        </ul>
      )}
      <Next wording={wording} making={making} origin={app.origin} to="/me/account?changed=passkey" />
    </section>
  )
}

function PasskeyLine(props: { wording: Wording; passkey: Passkey; refused: RefusedForm | undefined }) {
  const { wording, passkey, refused } = props
  const { say, date, list } = wording
  const { id, name, created, used } = passkey
  const told = [
    say('passkey-since', { date: date(created) }),
    used ? say('passkey-used', { date: date(used) }) : say('passkey-unused'),
  ]
  return (
    <li>
      <p>
        <b>
          <bdi>{name}</bdi>
        </b>{' '}
        <span class="hint">{list(told)}</span>
      </p>
      <div class="me-buttons">
        <details open={refused !== undefined}>
          <summary aria-label={say('passkey-rename-label', { name })}>{say('passkey-rename')}</summary>
          <Refusal wording={wording} problem={refused?.problem} />
          <form class="me-form" method="post" action="/me/passkeys/rename">
            <input type="hidden" name="passkey" value={id} />
            <div class="field">
              <label for={`name-${id}`}>{say('passkey-name')}</label>
              <input
                id={`name-${id}`}
                name="name"
                value={refused?.typed ?? name}
                dir="auto"
                required
                maxLength={200}
                autocomplete="off"
                aria-invalid={refused ? 'true' : undefined}
                aria-describedby={refused ? 'refusal' : undefined}
              />
            </div>
            <button type="submit">{say('me-save')}</button>
          </form>
        </details>
        <form method="post" action="/me/passkeys/remove">
          <input type="hidden" name="passkey" value={id} />
          <button type="submit" aria-label={say('passkey-remove-label', { name })}>
            {say('passkey-remove')}
          </button>
        </form>
      </div>
    </li>
  )
}

/** Asks someone who is signed in for their passkey, or to make one first.
 *  @param props.isStaff the desk asks, and not they */
export function ConfirmView(props: {
  wording: Wording
  site: string
  origin: string
  to: string
  isStaff: boolean
  has: boolean
  making: Making
  problem?: Problem | undefined
}) {
  const { wording, site, origin, to, isStaff, has, making, problem } = props
  const { say } = wording
  return (
    <>
      <h1>{say(isStaff ? 'passkey-staff' : 'passkey-confirm')}</h1>
      <p>{isStaff ? say('passkey-staff-text', { site }) : say('passkey-confirm-text')}</p>
      <Refusal wording={wording} problem={problem} />
      {has ? (
        <PasskeyForm wording={wording} ceremony="confirm" to={to} main />
      ) : (
        <>
          {making === 'nowhere' ? null : <p>{say('passkey-staff-none')}</p>}
          <Next
            wording={wording}
            making={making}
            origin={origin}
            to={making === 'again' ? confirmPath(to) : to}
            main
          />
        </>
      )}
      <p>
        <a href="/me/account">{say('me')}</a>
      </p>
    </>
  )
}

/** Where somebody is asked for their passkey, on the way to a page. */
export const confirmPath = (to: string): string => `/sign-in/passkey?${new URLSearchParams({ to })}`

/** A passkey with which nobody came in. */
export function PasskeyRefusedView(props: { wording: Wording; to: string; problem: Problem }) {
  const { wording, to, problem } = props
  const { say } = wording
  return (
    <>
      <h1>{say('passkey-sign-in')}</h1>
      <Refusal wording={wording} problem={problem} />
      <PasskeyForm wording={wording} ceremony="sign-in" to={to} />
      <p>
        <a href={`/sign-in?${new URLSearchParams({ to })}`}>{say('passkey-other')}</a>
      </p>
    </>
  )
}
