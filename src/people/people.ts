/** What this room holds while the server runs. Made once in app.ts, beside `App`. */
import type { App } from '../context.ts'
import type { Limits } from '../http/limits.ts'
import type { Mailer } from './mail.ts'
import { deriveKey } from './secret.ts'
import { type LinkKeeper, makeLinkKeeper } from './sign-in.ts'
import { makeTokenReader, TOKEN_SECONDS } from './token.ts'

export type People = {
  tokenKey: Uint8Array
  readToken: ReturnType<typeof makeTokenReader>
  links: LinkKeeper
  mail: Mailer
  limits: Limits
  ended: EndedSessions
}

/** @param secret the installation's (`readSecret`) */
export function makePeople(app: App, secret: Buffer, mail: Mailer, limits: Limits): People {
  const tokenKey = deriveKey(secret, 'access token')
  return {
    tokenKey,
    readToken: makeTokenReader(tokenKey),
    links: makeLinkKeeper(app, Buffer.from(deriveKey(secret, 'better-auth')).toString('hex')),
    mail,
    limits,
    ended: new EndedSessions(),
  }
}

/** Sessions that ended in this process while access tokens of theirs may still be about. Other processes let such a
 *  token pass until its quarter of an hour is over. */
class EndedSessions {
  readonly #until = new Map<string, number>()

  add(sessionId: string, now: Date): void {
    for (const [id, until] of this.#until) {
      if (until > now.getTime()) break
      this.#until.delete(id)
    }
    this.#until.set(sessionId, now.getTime() + TOKEN_SECONDS * 1000)
  }

  has(sessionId: string): boolean {
    return this.#until.has(sessionId)
  }
}
