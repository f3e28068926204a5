import type { ComponentChildren } from 'preact'
import type { Wording } from '../language/messages.ts'
import type { Problem } from '../problem.ts'
import type { Me } from './actions.ts'
import { NameField, Refusal } from './sign-in.view.tsx'

/** My page: what is mine stands in `children`, then my name and the way out.
 *  @param typed a name that was refused, with why */
export function MeView(props: {
  wording: Wording
  me: Me
  isChanged?: boolean
  typed?: { name: string; problem: Problem }
  children?: ComponentChildren
}) {
  const { wording, me, isChanged = false, typed, children } = props
  const { say } = wording
  return (
    <>
      <h1>
        <bdi>{me.name}</bdi>
        {me.badge === null ? null : (
          <>
            {' '}
            <span class="badge">
              <bdi>{me.badge}</bdi>
            </span>
          </>
        )}
      </h1>
      {me.role === 'reader' ? null : <p>{say('me-role', { role: say(`me-role-${me.role}`) })}</p>}
      {isChanged ? (
        <p class="notice good" role="status">
          {say('me-name-changed')}
        </p>
      ) : null}
      {children}
      <section aria-labelledby="my-name">
        <h2 id="my-name">{say('me-name')}</h2>
        <Refusal wording={wording} problem={typed?.problem} />
        <form class="me-name" method="post" action="/me/name">
          <NameField wording={wording} value={typed?.name ?? me.name} problem={typed?.problem} />
          <button type="submit">{say('me-name-save')}</button>
        </form>
      </section>
      <form class="me-out" method="post" action="/sign-out">
        <button type="submit">{say('sign-in-out')}</button>
      </form>
    </>
  )
}
