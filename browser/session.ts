/** Signing in from a newsroom's page: a window on our origin hands over a code, the code becomes a token. The token is
 *  kept in memory, for this page alone; no cookie of ours is needed here. */
import type { Refusal } from './refusal.ts'

export type Session = {
  /** The token if there is one, for a request that is about to be made. */
  use: () => string | undefined
  /** To be called in the click itself, or browsers block the window. Resolves to why it failed, if it did. */
  signIn: (language: string) => Promise<Refusal | undefined>
  /** The token was refused. */
  drop: () => void
  /** Called when the reader has signed in. */
  onSignIn: (listener: () => void) => void
}

/** Milliseconds after which a token that was used is renewed: it is good for 15 minutes. */
const RENEW_AFTER = 12 * 60_000
const LOOK_EVERY = 400
/** Looks at a closed window before it counts as given up: its last message may still be on the way. */
const LOOKS = 3

const sessions = new Map<string, Session>()

/** The page's session with a server: all discussions on the page share it. */
export function sessionWith(origin: string): Session {
  const known = sessions.get(origin)
  if (known) return known
  const session = makeSession(origin)
  sessions.set(origin, session)
  return session
}

function makeSession(origin: string): Session {
  let token: string | undefined
  let used = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let open: { window: Window; outcome: Promise<Refusal | undefined> } | undefined
  const listeners: (() => void)[] = []

  const take = async (path: string, init: RequestInit): Promise<boolean> => {
    try {
      const response = await fetch(origin + path, { ...init, method: 'POST', credentials: 'omit' })
      if (!response.ok) return false
      token = ((await response.json()) as { token: string }).token
      used = false
      clearTimeout(timer)
      timer = setTimeout(renew, RENEW_AFTER)
      return true
    } catch {
      return false
    }
  }

  /** One that nobody used lapses: the next click opens the window again, which closes at once while the reader is
   *  signed in there. */
  const renew = () => {
    if (used && token) void take('/api/session/renew', { headers: { authorization: `Bearer ${token}` } })
    else token = undefined
  }

  const exchange = async (code: unknown): Promise<Refusal | undefined> => {
    const headers = { 'content-type': 'application/json' }
    if (!(await take('/api/session/exchange', { headers, body: JSON.stringify({ code }) })))
      return { problem: 'unreachable', detail: '' }
    for (const listener of listeners) listener()
    return undefined
  }

  const waitFor = (window_: Window): Promise<Refusal | undefined> =>
    new Promise((resolve) => {
      let looks = 0
      const finish = (outcome: Refusal | undefined | Promise<Refusal | undefined>) => {
        removeEventListener('message', hear)
        clearInterval(watch)
        resolve(outcome)
      }
      const hear = ({ origin: from, source, data }: MessageEvent) => {
        if (from === origin && source === window_ && data?.type === 'detente-code')
          finish(exchange(data.code))
      }
      const watch = setInterval(() => {
        if (window_.closed && ++looks > LOOKS) finish({ problem: 'popup-closed', detail: '' })
      }, LOOK_EVERY)
      addEventListener('message', hear)
    })

  return {
    use: () => {
      used = true
      return token
    },
    signIn: async (language) => {
      if (open) {
        open.window.focus()
        return open.outcome
      }
      const query = new URLSearchParams({ origin: location.origin, lang: language })
      const opened = window.open(`${origin}/sign-in/popup?${query}`, '_blank', 'popup,width=480,height=640')
      if (!opened) return { problem: 'popup-blocked', detail: '' }
      open = { window: opened, outcome: waitFor(opened) }
      const outcome = await open.outcome
      open = undefined
      return outcome
    },
    drop: () => {
      token = undefined
    },
    onSignIn: (listener) => listeners.push(listener),
  }
}
