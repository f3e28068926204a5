import type { Newsroom } from '../newsroom.ts'
import { linkIn, type Mailbox } from './mailbox.ts'

/** One browser's worth of cookies. Redirects are not followed: where they lead is what is looked at. */
export class Visitor {
  readonly #newsroom: Newsroom
  readonly #mailbox: Mailbox
  readonly cookies = new Map<string, string>()

  constructor(newsroom: Newsroom, mailbox: Mailbox) {
    this.#newsroom = newsroom
    this.#mailbox = mailbox
  }

  async #send(path: string, init: RequestInit & { headers: Record<string, string> }): Promise<Response> {
    const { origin } = this.#newsroom
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { ...(cookie ? { cookie } : {}), ...init.headers }
    const response = await fetch(new URL(path, origin), { ...init, redirect: 'manual', headers })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (line.includes('Max-Age=0')) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    return response
  }

  get = (path: string, headers: Record<string, string> = {}) => this.#send(path, { headers })

  post = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    this.#send(path, {
      method: 'POST',
      body: new URLSearchParams(fields).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    })

  call = (path: string, body: object | undefined, headers: Record<string, string> = {}) =>
    this.#send(path, {
      method: 'POST',
      ...(body ? { body: JSON.stringify(body) } : {}),
      headers: { ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
    })

  /** The token of the link that is mailed. */
  async askForLink(email: string, to = '/'): Promise<string> {
    await this.post('/sign-in', { email, to })
    const mail = this.#mailbox.mails.findLast(({ to }) => to[0] === email.toLowerCase())
    return linkIn(mail).searchParams.get('token')!
  }

  async signIn(email: string, name: string): Promise<void> {
    await this.post('/sign-in/link', { token: await this.askForLink(email), name })
  }

  async whoAmI(
    headers: Record<string, string> = {},
  ): Promise<{ status: number; name?: string; id?: string; role?: string }> {
    const response = await this.get('/api/me', headers)
    return { status: response.status, ...(response.ok ? await response.json() : {}) }
  }
}
