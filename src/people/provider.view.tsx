/** Signing in by others: the buttons, the page in between, and why nobody came in. */
import type { Wording } from '../language/messages.ts'
import { isolate } from '../language/names.ts'
import type { FlowRefusal } from './provider-flow.ts'

/** Isolated, so that a name in another script does not turn the sentence around it. */

/** One button a provider. `link`: for someone who is signed in, one more way in. */
export function ProviderButtons({
  wording,
  providers,
  to,
  link = false,
}: {
  wording: Wording
  providers: { id: string; name: string }[]
  to: string
  link?: boolean
}) {
  return (
    <ul class="providers">
      {providers.map(({ id, name }) => (
        <li key={id}>
          <form method="post" action={`/sign-in/provider/${id}`}>
            <input type="hidden" name="to" value={to} />
            {link ? <input type="hidden" name="link" value="yes" /> : null}
            <button type="submit">
              {wording.say(link ? 'sign-in-provider-add' : 'sign-in-provider', { name: isolate(name) })}
            </button>
          </form>
        </li>
      ))}
    </ul>
  )
}

/** A form's answer cannot lead to another site (CSP form-action), so this page does, at once; the link is for a browser
 *  that does not go by itself. */
export function OnwardView({ wording, name, url }: { wording: Wording; name: string; url: string }) {
  return (
    <>
      <h1>{wording.say('sign-in-provider', { name: isolate(name) })}</h1>
      <p>
        <a class="button main" href={url} rel="noreferrer">
          {wording.say('sign-in-provider-go', { name: isolate(name) })}
        </a>
      </p>
    </>
  )
}

export function FlowRefusedView({
  wording,
  name,
  refusal,
}: {
  wording: Wording
  name: string
  refusal: FlowRefusal
}) {
  const { say } = wording
  const { refused, to } = refusal
  const isMine = refused === 'taken' || to.startsWith('/me')
  return (
    <>
      <h1>{say('sign-in-provider-refused', { name: isolate(name) })}</h1>
      <p>{say(`sign-in-provider-refused-${refused}`, { name: isolate(name) })}</p>
      <p>
        <a class="button" href={isMine ? '/me' : `/sign-in?${new URLSearchParams({ to })}`}>
          {say(isMine ? 'sign-in-provider-back-me' : 'sign-in-provider-back')}
        </a>
      </p>
    </>
  )
}
