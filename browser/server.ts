/** How the script speaks with the server: by cookie on our own pages; elsewhere by token, and without cookies. */
import type { Refusal } from './refusal.ts'
import type { Session } from './session.ts'

export type Server = {
  /** '' on our own pages. */
  origin: string
  /** Undefined on our own pages, where the browser has the cookie. */
  session: Session | undefined
  /** A request of the API. @param key Idempotency-Key of a write that may be sent again */
  call: <T extends object>(method: string, path: string, body?: object, key?: string) => Promise<T | Refusal>
  /** A page or a piece of one, whatever its status. @param form sent as a form would be */
  read: (path: string, form?: URLSearchParams) => Promise<{ status: number; html: string } | Refusal>
}

/** Milliseconds after which an answer is no longer waited for; a write is then sent again with the same key. */
const PATIENCE = 30_000

export function makeServer(origin: string, session?: Session): Server {
  const send = (path: string, init: RequestInit, headers: Record<string, string>) => {
    const token = session?.use()
    return fetch(origin + path, {
      ...init,
      credentials: session ? 'omit' : 'same-origin',
      headers: token ? { ...headers, authorization: `Bearer ${token}` } : headers,
      signal: AbortSignal.timeout(PATIENCE),
    })
  }
  const call = async <T extends object>(
    method: string,
    path: string,
    body?: object,
    key?: string,
    isAgain = false,
  ): Promise<T | Refusal> => {
    try {
      const headers = {
        ...(body && { 'content-type': 'application/json' }),
        ...(key && { 'idempotency-key': key }),
      }
      const response = await send(path, { method, body: body ? JSON.stringify(body) : null }, headers)
      const answer = await response.json()
      if (response.ok) return answer as T
      if (response.status === 401 && (await session?.drop(isAgain)))
        return call(method, path, body, key, true)
      const { type, detail, sanction } = answer
      return { problem: type.split('/').pop(), detail, ...(sanction && { sanction }) }
    } catch {
      return notReached()
    }
  }
  return {
    origin,
    session,
    call,
    async read(path, form) {
      try {
        // A copy that the browser has may be old (stale-while-revalidate), and this is asked for to be up to date.
        const init: RequestInit = form ? { method: 'POST', body: form } : { cache: 'no-cache' }
        const response = await send(path, init, { accept: 'text/html' })
        return { status: response.status, html: await response.text() }
      } catch {
        return notReached()
      }
    },
  }
}

const notReached = (): Refusal => ({ problem: navigator.onLine ? 'unreachable' : 'offline', detail: '' })
