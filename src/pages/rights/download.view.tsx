import type { MessageKey, Wording } from '../../language/messages.ts'
import type { Holdings } from '../../people/holdings-store.ts'

/** Lines of counts; what there is none of is left out, but for comments. */
export function HoldingLines({ wording, lines }: { wording: Wording; lines: [MessageKey, number][] }) {
  return (
    <>
      {lines
        .filter(([, n]) => n > 0)
        .map(([key, n]) => (
          <li key={key}>{wording.say(key, { n })}</li>
        ))}
    </>
  )
}

const files = [
  ['html', 'download-html', 'download-html-text'],
  ['json', 'download-json', 'download-json-text'],
] as const

/** What is in it, and two links. With a script each counts what has come, and saves the file at its end.
 *  @param props.entries of all lists, for the count */
export function DownloadView(props: { wording: Wording; site: string; holdings: Holdings; entries: number }) {
  const { wording, site, holdings, entries } = props
  const { say } = wording
  return (
    <>
      <h1>{say('download-title')}</h1>
      <p>{say('download-intro', { site })}</p>
      <section aria-labelledby="download-holds">
        <h2 id="download-holds">{say('download-holds')}</h2>
        <ul class="rights-list">
          <li>{say('download-always')}</li>
          <li>{say('download-n-comments', { n: holdings.comments })}</li>
          <HoldingLines
            wording={wording}
            lines={[
              ['download-n-revisions', holdings.revisions],
              ['download-n-decisions', holdings.decisions],
              ['download-n-sanctions', holdings.sanctions],
              ['download-n-ballots', holdings.ballots],
              ['download-n-reports', holdings.reports],
              ['download-n-mutes', holdings.mutes],
              ['download-n-follows', holdings.follows],
              ['download-n-names', holdings.names],
              ['download-n-sessions', holdings.sessions],
              ['download-n-ways', holdings.passkeys + holdings.credentials],
              ['download-n-networks', holdings.networks],
            ]}
          />
        </ul>
        <p class="hint">{say('download-not')}</p>
      </section>
      <section aria-labelledby="download-get">
        <h2 id="download-get">{say('download-get')}</h2>
        <ul class="rights-files">
          {files.map(([form, label, hint]) => (
            <li key={form} data-download data-entries={entries}>
              <a
                class="button"
                href={`/me/download/me.${form}?lang=${wording.language}`}
                download={`me.${form}`}
              >
                {say(label)}
              </a>
              <p class="hint">{say(hint)}</p>
              <p class="download-progress" hidden>
                <progress max={Math.max(1, entries)} value={0} aria-label={say(label)} />{' '}
                <output
                  data-busy={say('download-busy', { n: '{n}', all: wording.number(entries) })}
                  data-done={say('download-done')}
                  data-failed={say('download-failed')}
                />
              </p>
            </li>
          ))}
        </ul>
      </section>
    </>
  )
}
