import type { ComponentChildren } from 'preact'
import type { MessageKey, Wording } from '../language/messages.ts'
import type { Me } from './actions.ts'
import { profilePath } from './shown-name.ts'

const pages = [
  { path: '/me', label: 'me-nav-comments' },
  { path: '/me/reading', label: 'me-nav-reading' },
  { path: '/me/account', label: 'me-nav-account' },
] as const satisfies { path: string; label: MessageKey }[]

export type MePath = (typeof pages)[number]['path']

/** What is said at the top after something was changed. */
const changes: Record<string, MessageKey> = {
  name: 'me-name-changed',
  address: 'me-address-changed',
  sent: 'me-address-sent',
  password: 'password-changed',
  way: 'me-ways-removed',
  session: 'me-sessions-ended',
  passkey: 'passkey-made',
  'passkey-gone': 'passkey-removed',
  saved: 'me-saved',
}

/** The frame of one's own pages: who one is, where one stands among them, what was just changed.
 *  @param children what is mine */
export function MeView(props: {
  wording: Wording
  me: Me
  here: MePath
  changed?: string | undefined
  children: ComponentChildren
}) {
  const { wording, me, here, children } = props
  const { say } = wording
  const changed = changes[props.changed ?? '']
  const profile = profilePath(me)
  return (
    <div class="me">
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
      {me.claimed ? (
        <nav class="me-nav" aria-label={say('me-nav')}>
          <ul>
            {pages.map(({ path, label }) => (
              <li key={path}>
                <a href={path} aria-current={path === here ? 'page' : undefined}>
                  {say(label)}
                </a>
              </li>
            ))}
            <li>{profile === undefined ? null : <a href={profile}>{say('me-profile')}</a>}</li>
          </ul>
        </nav>
      ) : (
        <div class="notice">
          <p>{say('me-guest')}</p>
          <p>
            <a href="/sign-in?to=/me">{say('me-guest-claim')}</a>
          </p>
          <form method="post" action="/sign-out">
            <button type="submit">{say('guest-leave')}</button>
          </form>
        </div>
      )}
      {changed ? (
        <p class="notice good" role="status">
          {say(changed)}
        </p>
      ) : null}
      {children}
    </div>
  )
}
