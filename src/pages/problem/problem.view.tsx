import { renderPage, type Shell } from '../../http/layout.view.tsx'
import type { MessageKey, Wording } from '../../language/messages.ts'
import { confirmPath } from '../../people/passkey.view.tsx'
import { BarNote } from '../../people/told.view.tsx'
import type { Problem } from '../../problem.ts'

/** A field as it was typed. */
export type Kept = { name: string; label: MessageKey; long: boolean; value: string }

/** @param props.id the request's, under which a bug stands in the log */
export function renderProblemPage(props: {
  wording: Wording
  site: Shell['site']
  problem: Problem
  id: string
  kept: Kept[]
}): string {
  const { wording, site, problem, id, kept } = props
  const { say } = wording
  const title = say(`problem-${problem.problem}`)
  return renderPage(
    { wording, site, title, path: '/', noIndex: true },
    <div class="problem">
      <h1>{title}</h1>
      {problem.sanction ? (
        <BarNote wording={wording} sanction={problem.sanction} />
      ) : (
        <p class="detail">{say(`problem-${problem.problem}-text`, { id })}</p>
      )}
      {kept.length === 0 ? null : <p>{say('problem-kept')}</p>}
      {kept.map((field) => (
        <p key={field.name}>
          <label for={`kept-${field.name}`}>{say(field.label)}</label>
          <textarea
            id={`kept-${field.name}`}
            rows={field.long ? 8 : 1}
            readOnly
            dir="auto"
            value={field.value}
          />
        </p>
      ))}
      <p>
        {problem.problem === 'sign-in-needed' ? (
          <a href="/sign-in">{say('problem-sign-in-needed')}</a>
        ) : problem.problem === 'passkey-needed' ? (
          <a href={confirmPath('/desk')}>{say('passkey-confirm')}</a>
        ) : (
          <a href="/">{say('problem-home')}</a>
        )}
      </p>
    </div>,
  )
}
