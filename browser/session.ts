/** Signing in from a newsroom's page: a window on our origin hands over a code, or the newsroom a token of its own; that
 *  becomes our token. It is kept in memory, for this page alone; no cookie of ours is needed here. */
import type { Refusal } from './refusal.ts'

/** Asks the newsroom who is signed in there. @param asked the reader pressed something for it */
export type Newsroom = (asked: boolean) => Promise<string | undefined>

export type Session = {
  /** The token if there is one, for a request that is about to be made. */
  use: () => string | undefined
  /** To be called in the click itself, or browsers block the window. Resolves to why it failed, if it did.
   *  @param opened called when there is a window */
  signIn: (language: string, opened: () => void) => Promise<Refusal | undefined>
  /** The token was refused. @param isLast nothing more is tried
   *  @returns whether there is another one now, by the newsroom's word */
  drop: (isLast: boolean) => Promise<boolean>
  /** From now on it is the newsroom that says who is here, and no window is opened. */
  trust: (newsroom: Newsroom) => void
  /** Whoever is signed in on our own pages is so here too, when both are parts of one site: the browser then sends our
   *  cookie along. Asked once a page. */
  greet: () => void
  /** Called when the reader has signed in. @param note what is to be said about it */
  onSignIn: (listener: (note: string | null | undefined) => void) => void
  /** Called when the newsroom no longer says that the reader is signed in. */
  onLapse: (listener: () => void) => void
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
  let newsroom: Newsroom | undefined
  let entering: Promise<Refusal | undefined> | undefined
  let isGreeted = ending(location.hostname) !== ending(new URL(origin).hostname)
  const listeners: ((note: string | null | undefined) => void)[] = []
  const lapsing: (() => void)[] = []

  const take = async (path: string, init: RequestInit, isNew: boolean): Promise<Refusal | undefined> => {
    try {
      const response = await fetch(origin + path, { method: 'POST', credentials: 'omit', ...init })
      const answer = await response.json()
      if (!response.ok) {
        if (!init.credentials) console.warn('Detente:', answer.detail)
        return { problem: answer.type.split('/').pop(), detail: answer.detail }
      }
      token = answer.token
      used = false
      clearTimeout(timer)
      timer = setTimeout(renew, RENEW_AFTER)
      if (isNew) for (const listener of listeners) listener(answer.note)
      return undefined
    } catch {
      return { problem: 'unreachable', detail: '' }
    }
  }

  const exchange = (proof: { code: unknown } | { token: string }, isNew: boolean) =>
    take(
      '/api/session/exchange',
      { headers: { 'content-type': 'application/json' }, body: JSON.stringify(proof) },
      isNew,
    )

  /** One question at a time. */
  const enter = (asked: boolean): Promise<Refusal | undefined> => {
    entering ??= askNewsroom(asked).finally(() => {
      entering = undefined
    })
    return entering
  }

  const askNewsroom = async (asked: boolean): Promise<Refusal | undefined> => {
    const before = token
    const given = await newsroom!(asked)
    if (given) return exchange({ token: given }, !before)
    return { problem: 'sign-in-needed', detail: '' }
  }

  /** One that nobody used lapses: the next click asks for another, which is there at once while the reader is signed in. */
  const renew = async () => {
    if (!used || !token) token = undefined
    else if (!newsroom)
      void take('/api/session/renew', { headers: { authorization: `Bearer ${token}` } }, false)
    else if (await enter(false)) {
      token = undefined
      for (const listener of lapsing) listener()
    }
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
          finish(exchange({ code: data.code }, true))
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
    signIn: async (language, opened) => {
      if (newsroom) {
        // A question that is under way was asked for nobody in particular: its "no" is not the last word.
        if (entering && !(await entering)) return undefined
        return enter(true)
      }
      if (open) {
        open.window.focus()
        opened()
        return open.outcome
      }
      const query = new URLSearchParams({ origin: location.origin, lang: language })
      const window_ = window.open(`${origin}/sign-in/popup?${query}`, '_blank', 'popup,width=480,height=640')
      if (!window_) return { problem: 'popup-blocked', detail: '' }
      open = { window: window_, outcome: waitFor(window_) }
      opened()
      const outcome = await open.outcome
      open = undefined
      return outcome
    },
    drop: async (isLast) => {
      const had = token !== undefined
      token = undefined
      return had && !isLast && newsroom !== undefined && !(await enter(false))
    },
    trust: (asking) => {
      if (newsroom) return
      newsroom = asking
      void enter(false)
    },
    greet: () => {
      if (!isGreeted) void take('/api/session/neighbour', { credentials: 'include' }, true)
      isGreeted = true
    },
    onSignIn: (listener) => listeners.push(listener),
    onLapse: (listener) => lapsing.push(listener),
  }
}

/** www.news.example and talk.news.example end alike. Whether hosts that do are one site (of a.co.uk and b.co.uk they are
 *  not) is for the browser to say, which has the list: it sends no cookie when they are two. */
const ending = (host: string): string => host.split('.').slice(-2).join('.')
