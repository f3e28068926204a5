import type { Wording } from '../language/messages.ts'
import type { Problem } from '../problem.ts'
import type { Door } from '../settings/door.ts'
import { NameField, Refusal } from './sign-in.view.tsx'
import { TrapFields } from './trap.view.tsx'

/** On the sign-in page: the way to the form. */
export function GuestWay({ wording, to }: { wording: Wording; to: string }) {
  return (
    <p>
      <a class="button" href={`/sign-in/guest?${new URLSearchParams({ to })}`}>
        {wording.say('guest-way')}
      </a>
    </p>
  )
}

export function GuestView(props: {
  wording: Wording
  to: string
  guests: Door['guests']
  opened: string
  name?: string
  problem?: Problem | undefined
}) {
  const { wording, to, name = '', problem } = props
  const { say } = wording
  return (
    <>
      <h1>{say('guest-way')}</h1>
      <p>{say('guest-intro')}</p>
      {props.guests === 'looked-at' ? <p class="notice">{say('guest-looked-at')}</p> : null}
      <Refusal wording={wording} problem={problem} />
      <form class="sign-in" method="post" action="/sign-in/guest">
        <input type="hidden" name="to" value={to} />
        <TrapFields wording={wording} opened={props.opened} />
        <NameField wording={wording} value={name} problem={problem} />
        <button type="submit" class="main">
          {say('guest-go')}
        </button>
      </form>
      <p>
        <a href={`/sign-in?${new URLSearchParams({ to })}`}>{say('guest-sign-in')}</a>
      </p>
    </>
  )
}
