import type { Wording } from '../../language/messages.ts'
import type { Offer } from '../../people/claim-store.ts'
import type { Problem } from '../../problem.ts'

/** What came with an import from the reader's own address, each with a button.
 *  @param props.claimed how many comments came over a moment ago */
export function ClaimView(props: {
  wording: Wording
  name: string
  offers: Offer[]
  claimed?: number
  problem?: Problem
}) {
  const { wording, name, offers, claimed, problem } = props
  const { say } = wording
  return (
    <>
      <h1>{say('claim-title')}</h1>
      {claimed === undefined ? null : (
        <p class="notice good" role="status">
          {say('claim-done', { n: claimed, name })}
        </p>
      )}
      {problem ? (
        <p class="refusal" role="alert" id="refusal">
          {say('claim-refused')}
        </p>
      ) : null}
      <p>{say(offers.length === 0 ? 'claim-none' : 'claim-intro')}</p>
      <ul class="rights-files">
        {offers.map((offer) => (
          <li key={offer.id}>
            <p>{say('claim-offer', { n: offer.comments, name: offer.name })}</p>
            <form method="post" action="/me/claim">
              <input type="hidden" name="person" value={offer.id} />
              <button type="submit">{say('claim-go')}</button>
            </form>
          </li>
        ))}
      </ul>
      <p>
        <a href="/me">{say('claim-back')}</a>
      </p>
    </>
  )
}

/** One line for one's own page; nothing when nothing is offered. */
export function ClaimNotice({ wording, offers }: { wording: Wording; offers: Offer[] }) {
  const [first] = offers
  if (!first) return null
  return (
    <p class="notice">
      {wording.say('claim-offer', { n: first.comments, name: first.name })}{' '}
      <a href="/me/claim">{wording.say('claim-look')}</a>
    </p>
  )
}
