import type { Wording } from '../../language/messages.ts'
import { type Erasure, erasures } from '../../people/erase.ts'
import type { Erased } from '../../people/erased.ts'
import { FRESH_MINUTES } from '../../people/fresh.ts'
import type { Holdings } from '../../people/holdings-store.ts'
import type { Problem } from '../../problem.ts'
import { HoldingLines } from './download.view.tsx'

const words = {
  anonymise: ['erase-anonymise', 'erase-anonymise-text'],
  remove: ['erase-remove', 'erase-remove-text'],
} as const

/** Explains both kinds, what goes and what stays, and asks for the name.
 *  @param props.fresh whether they came in a moment ago: otherwise that is asked first */
export function EraseView(props: {
  wording: Wording
  site: string
  name: string
  holdings: Holdings
  fresh: boolean
  typed: { kind: Erasure; name: string; problem?: Problem }
  /** Whether the newsroom signs readers in with accounts of its own. */
  told: boolean
}) {
  const { wording, site, name, holdings, fresh, typed, told } = props
  const { say } = wording
  return (
    <>
      <h1>{say('erase-title')}</h1>
      <p>{say('erase-intro', { site })}</p>
      <p>
        <a href="/me/download">{say('erase-download-first')}</a>
      </p>
      <Refused wording={wording} problem={typed.problem} />
      <section aria-labelledby="erase-goes">
        <h2 id="erase-goes">{say('erase-goes')}</h2>
        <ul class="rights-list">
          <li>{say('erase-goes-person')}</li>
          <li>{say('erase-goes-unseen')}</li>
          <HoldingLines
            wording={wording}
            lines={[
              ['download-n-revisions', holdings.revisions],
              ['download-n-ballots', holdings.ballots],
              ['download-n-names', holdings.names],
              ['download-n-mutes', holdings.mutes],
              ['download-n-follows', holdings.follows],
              ['erase-n-sessions', holdings.sessions],
              ['erase-n-networks', holdings.networks],
            ]}
          />
        </ul>
      </section>
      <section aria-labelledby="erase-stays">
        <h2 id="erase-stays">{say('erase-stays')}</h2>
        <Stays
          wording={wording}
          decisions={holdings.decisions + holdings.sanctions}
          reports={holdings.reports}
          told={told}
        />
      </section>
      {fresh ? (
        <form class="rights-form" method="post" action="/me/erase">
          <fieldset>
            <legend>{say('erase-kind', { n: holdings.published })}</legend>
            {erasures.map((kind) => (
              <p key={kind}>
                <label class="choice">
                  <input type="radio" name="kind" value={kind} checked={typed.kind === kind} />{' '}
                  <b>{say(words[kind][0])}</b>
                </label>
                <span class="hint">{say(words[kind][1])}</span>
              </p>
            ))}
          </fieldset>
          <div class="field">
            <label for="name">{say('erase-name')}</label>
            <input
              id="name"
              name="name"
              value={typed.name}
              dir="auto"
              required
              maxLength={200}
              autocomplete="off"
              aria-invalid={typed.problem?.at === '/name' ? 'true' : undefined}
              aria-describedby={typed.problem?.at === '/name' ? 'name-hint refusal' : 'name-hint'}
            />
            <p class="hint" id="name-hint">
              {say('erase-name-hint')} <bdi>{name}</bdi>
            </p>
          </div>
          <button type="submit" class="danger">
            {say('erase-go')}
          </button>
        </form>
      ) : (
        <section aria-labelledby="erase-first">
          <h2 id="erase-first">{say('erase-first')}</h2>
          <p>{say('erase-first-text', { minutes: FRESH_MINUTES })}</p>
          <p>
            <a class="button main" href="/sign-in?to=/me/erase">
              {say('erase-sign-in')}
            </a>
          </p>
        </section>
      )}
    </>
  )
}

function Refused({ wording, problem }: { wording: Wording; problem: Problem | undefined }) {
  if (!problem) return null
  const { say } = wording
  const key =
    problem.at === '/name'
      ? 'erase-refused-name'
      : problem.problem === 'last-admin'
        ? 'erase-refused-last-admin'
        : 'erase-refused-old'
  return (
    <p class="refusal" role="alert" id="refusal">
      {say(key)}
    </p>
  )
}

/** What stays, each with its reason. */
function Stays({
  wording,
  kept,
  decisions,
  reports,
  told,
}: {
  wording: Wording
  kept?: number
  decisions: number
  reports: number
  told: boolean
}) {
  const { say } = wording
  return (
    <ul class="rights-list">
      {kept === undefined || kept === 0 ? null : (
        <li>{say('erased-kept', { n: kept, name: say('person-erased') })}</li>
      )}
      <li>{say('erase-stays-place')}</li>
      {decisions === 0 ? null : <li>{say('erase-stays-decisions', { n: decisions })}</li>}
      {reports === 0 ? null : <li>{say('erase-stays-reports', { n: reports })}</li>}
      <li>{say('erase-stays-others')}</li>
      {told ? <li>{say('erase-stays-newsroom')}</li> : null}
      <li>{say('erase-stays-backups')}</li>
      <li>{say('erase-stays-drafts')}</li>
    </ul>
  )
}

/** For who is signed out already and nobody here any more. */
export function ErasedView({ wording, erased, told }: { wording: Wording; erased: Erased; told: boolean }) {
  const { say, list } = wording
  const { held, kept, withdrawn, identity } = erased
  return (
    <>
      <h1>{say('erased-title')}</h1>
      <p>{say('erased-intro')}</p>
      <section aria-labelledby="erased-went">
        <h2 id="erased-went">{say('erased-went')}</h2>
        <ul class="rights-list">
          <li>{say('erased-name')}</li>
          {identity === 'gone' ? <li>{say('erased-address')}</li> : null}
          <HoldingLines
            wording={wording}
            lines={[
              ['erased-withdrawn', withdrawn],
              ['download-n-revisions', held.revisions],
              ['download-n-ballots', held.ballots],
              ['download-n-names', held.names],
              ['download-n-mutes', held.mutes],
              ['erased-muted-by', held.mutedBy],
              ['download-n-follows', held.follows],
              ['erase-n-sessions', held.sessions],
              ['erase-n-networks', held.networks],
            ]}
          />
        </ul>
      </section>
      <section aria-labelledby="erased-stays">
        <h2 id="erased-stays">{say('erase-stays')}</h2>
        {typeof identity === 'object' ? (
          <p>{say('erased-elsewhere', { sites: list(identity.sites) })}</p>
        ) : null}
        <Stays
          wording={wording}
          kept={kept}
          decisions={held.decisions + held.sanctions}
          reports={held.reports}
          told={told}
        />
      </section>
    </>
  )
}
