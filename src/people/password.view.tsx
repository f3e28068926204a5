import type { Wording } from '../language/messages.ts'
import type { Problem } from '../problem.ts'
import { refusalOf, type Section } from './me-standing.ts'
import { LEAST, MOST, readPasswordStanding } from './password.ts'
import { Refusal } from './sign-in.view.tsx'

/** On the sign-in page: the way to the form. */
export function PasswordWay({ wording, to }: { wording: Wording; to: string }) {
  return (
    <p>
      <a class="button" href={`/sign-in/password?${new URLSearchParams({ to })}`}>
        {wording.say('password-way')}
      </a>
    </p>
  )
}

/** Whichever of both was wrong, both fields are said to be. */
export function PasswordSignInView(props: {
  wording: Wording
  to: string
  email?: string
  problem?: Problem | undefined
}) {
  const { wording, to, email = '', problem } = props
  const { say } = wording
  const isWrong = problem?.problem === 'password-wrong'
  const refused = {
    'aria-invalid': isWrong ? ('true' as const) : undefined,
    'aria-describedby': isWrong ? 'refusal' : undefined,
  }
  const isAddress = problem?.at === '/email'
  return (
    <>
      <h1>{say('password-way')}</h1>
      <Refusal wording={wording} problem={problem} />
      <form class="sign-in" method="post" action="/sign-in/password">
        <input type="hidden" name="to" value={to} />
        <div class="field">
          <label for="email">{say('sign-in-email')}</label>
          <input
            id="email"
            name="email"
            type="email"
            dir="ltr"
            required
            maxLength={254}
            autocomplete="username"
            value={email}
            {...(isAddress ? { 'aria-invalid': 'true', 'aria-describedby': 'refusal' } : refused)}
          />
        </div>
        <div class="field">
          <label for="password">{say('password')}</label>
          <input
            id="password"
            name="password"
            type="password"
            dir="ltr"
            required
            maxLength={800}
            autocomplete="current-password"
            {...refused}
          />
        </div>
        <button type="submit" class="main">
          {say('sign-in-confirm')}
        </button>
      </form>
      <p>
        {say('password-forgot')}{' '}
        <a href={`/sign-in?${new URLSearchParams({ to })}`}>{say('password-forgot-mail')}</a>
      </p>
    </>
  )
}

/** On the account's page: set, changed, removed. */
export const passwordSection: Section = async (standing) => {
  const { app, wording, actor, person } = standing
  const { say } = wording
  const { has, canHave, mustShow } = await readPasswordStanding(app, actor, person)
  if (!canHave && !has) return null
  const refused = refusalOf(standing, 'password')
  const isAbout = (field: string) =>
    refused?.problem.at === `/${field}`
      ? { 'aria-invalid': 'true' as const, 'aria-describedby': 'refusal' }
      : {}
  const current = (id: string) =>
    mustShow === 'password' ? (
      <div class="field">
        <label for={id}>{say('password-current')}</label>
        <input
          id={id}
          name="current"
          type="password"
          dir="ltr"
          required
          maxLength={800}
          autocomplete="current-password"
          {...isAbout('current')}
        />
      </div>
    ) : null
  return (
    <section aria-labelledby="my-password">
      <h2 id="my-password">{say('password')}</h2>
      <p>{say(has ? 'password-is-set' : 'password-none')}</p>
      {refused?.problem.problem === 'password-wrong' ? (
        <p class="refusal" role="alert" id="refusal">
          {say('password-refused-current')}
        </p>
      ) : (
        <Refusal wording={wording} problem={refused?.problem} />
      )}
      {mustShow === 'sign-in' ? (
        <p>
          {say('password-show')} <a href="/sign-in?to=/me/account">{say('password-show-go')}</a>
        </p>
      ) : null}
      {canHave && mustShow !== 'sign-in' ? (
        <form class="me-form" method="post" action="/me/password">
          {current('current-password')}
          <div class="field">
            <label for="new-password">{say(has ? 'password-new' : 'password-choose')}</label>
            <input
              id="new-password"
              name="password"
              type="password"
              dir="ltr"
              required
              maxLength={800}
              autocomplete="new-password"
              aria-describedby="password-hint"
              {...(refused?.problem.at === '/password'
                ? { 'aria-invalid': 'true', 'aria-describedby': 'password-hint refusal' }
                : {})}
            />
            <p class="hint" id="password-hint">
              {say('password-hint', { least: LEAST, most: MOST })}
            </p>
          </div>
          <button type="submit">{say('me-save')}</button>
        </form>
      ) : null}
      {has ? (
        <form class="me-form" method="post" action="/me/password/remove">
          <input type="hidden" name="remove" value="yes" />
          {current('remove-password')}
          <button type="submit">{say('password-remove')}</button>
        </form>
      ) : null}
    </section>
  )
}
