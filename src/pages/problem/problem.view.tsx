import { renderPage } from '../../http/layout.view.tsx'
import type { MessageKey, Wording } from '../../language/messages.ts'
import type { Problem } from '../../problem.ts'

/** A field as it was typed. */
export type Kept = { name: string; label: MessageKey; long: boolean; value: string }

/** @param props.id the request's, under which a bug stands in the log */
export function renderProblemPage(props: {
  wording: Wording
  site: { name: string }
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
      <p class="detail">{say(`problem-${problem.problem}-text`, { id })}</p>
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
        ) : (
          <a href="/">{say('problem-home')}</a>
        )}
      </p>
    </div>,
  )
}
