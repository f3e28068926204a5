import type { Wording } from '../language/messages.ts'
import type { Problem } from '../problem.ts'
import { Refusal } from './sign-in.view.tsx'

/** The page of the link that was mailed to a new address: opening it changes nothing, the button does.
 *  @param address null when the link is no good, or not in this browser */
export function NewAddressView(props: {
  wording: Wording
  token: string
  address: string | null
  problem?: Problem | undefined
}) {
  const { wording, token, address, problem } = props
  const { say } = wording
  return (
    <>
      <h1>{say('me-address-confirm')}</h1>
      <Refusal wording={wording} problem={problem} />
      {address === null ? null : (
        <form class="me-form" method="post" action="/me/address/confirm">
          <p>{say('me-address-confirm-text', { email: address })}</p>
          <input type="hidden" name="token" value={token} />
          <button type="submit" class="main">
            {say('me-address-confirm-go')}
          </button>
        </form>
      )}
      <p>
        <a href="/me/account">{say('me')}</a>
      </p>
    </>
  )
}
