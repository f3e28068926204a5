import { renderPage } from '../../http/layout.view.tsx'
import type { Wording } from '../../language/messages.ts'
import type { Problem } from '../../problem.ts'

export function renderProblemPage(props: {
  wording: Wording
  site: { name: string }
  problem: Problem
  typed: string | undefined
}): string {
  const { wording, site, problem, typed } = props
  const { say } = wording
  const title = say(`problem-${problem.problem}`)
  return renderPage(
    { wording, site, title, path: '/', noIndex: true },
    <div class="problem">
      <h1>{title}</h1>
      <p class="detail" lang="en" dir="ltr">
        {problem.detail}
      </p>
      {typed === undefined ? null : (
        <p>
          <label for="typed">{say('problem-kept')}</label>
          <textarea id="typed" rows={8} readOnly dir="auto" value={typed} />
        </p>
      )}
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
