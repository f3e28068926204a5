/** Access tokens: JWT (RFC 7519), HS256, good for 15 minutes and read without a look-up. The audience says where one may
 *  be used; shown elsewhere it is nobody's. So a newsroom's page cannot make a cookie of its token, nor a cookie pass
 *  as a token. */
import { webcrypto } from 'node:crypto'
import { decodeJwt, errors, jwtVerify, SignJWT } from 'jose'
import type { Role } from '../database/tables.ts'
import type { Actor } from './actor.ts'
import { isRole } from './can.ts'
import { later } from './one-time.ts'

export type AccessToken = { token: string; expires: Date }

/** Seconds that an access token is good for. */
export const TOKEN_SECONDS = 15 * 60
const SCRIPT_SECONDS = 24 * 60 * 60

/** Audiences; a newsroom's page has its origin for one, which always holds `://`. */
const FIRST_PARTY = 'first-party'
const SCRIPT = 'script'

type Holder = {
  personId: string
  siteId: string
  sessionId: string
  isStrong: boolean
  origin: string | null
  /** The most that counts; nothing: the person's own. */
  role?: Role | null
}

/** For a cookie on our pages: `origin` null; for a newsroom's page: its origin. */
export const mintToken = (key: Uint8Array, holder: Holder, now: Date): Promise<AccessToken> =>
  sign(
    key,
    {
      site: holder.siteId,
      sid: holder.sessionId,
      ...(holder.isStrong ? { amr: 'passkey' } : {}),
      ...(holder.role ? { role: holder.role } : {}),
    },
    holder.personId,
    holder.origin ?? FIRST_PARTY,
    TOKEN_SECONDS,
    now,
  )

/** For a script of whoever keeps the server, good for a day. It may carry staff rights: `role` null means the person's
 *  own. Nothing on the web mints one. */
export const mintScriptToken = (
  key: Uint8Array,
  holder: { personId: string; siteId: string; role: Role | null },
  now: Date,
): Promise<AccessToken> =>
  sign(
    key,
    { site: holder.siteId, ...(holder.role ? { role: holder.role } : {}) },
    holder.personId,
    SCRIPT,
    SCRIPT_SECONDS,
    now,
  )

async function sign(
  key: Uint8Array,
  claims: Record<string, string>,
  person: string,
  audience: string,
  seconds: number,
  now: Date,
) {
  const expires = later(now, seconds)
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
    .setIssuer('detente')
    .setSubject(person)
    .setAudience(audience)
    .setIssuedAt(now)
    .setExpirationTime(expires)
    .sign(key)
  return { token, expires }
}

/** Whose token this is, or undefined when it is not one of ours, is past its time or was changed. The algorithm is ours
 *  to choose, never the token's (RFC 8725, 3.1). */
export async function readToken(
  key: Uint8Array | webcrypto.CryptoKey,
  token: string,
  now: Date,
): Promise<Actor | undefined> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['HS256'],
      typ: 'at+jwt',
      issuer: 'detente',
      requiredClaims: ['sub', 'aud', 'iat', 'exp', 'site'],
      currentDate: now,
    })
    return toActor(payload)
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined
    throw error
  }
}

const HMAC = { name: 'HMAC', hash: 'SHA-256' }

/** Tokens remembered at most: one a reader who has been here in the last quarter of an hour. */
const MOST_REMEMBERED = 20_000

/** `readToken` that checks each token's signature once: a reader sends the same one many times in its quarter of an hour.
 *  Only good tokens are remembered, and none past its time. */
export function makeTokenReader(key: Uint8Array): (token: string, now: Date) => Promise<Actor | undefined> {
  const remembered = new Map<string, { actor: Actor; until: number }>()
  const imported = webcrypto.subtle.importKey('raw', Uint8Array.from(key), HMAC, false, ['verify'])
  return async (token, now) => {
    const known = remembered.get(token)
    if (known && known.until > now.getTime()) return known.actor
    remembered.delete(token)
    const actor = await readToken(await imported, token, now)
    if (!actor) return undefined
    if (remembered.size >= MOST_REMEMBERED) remembered.clear()
    remembered.set(token, { actor, until: (decodeJwt(token).exp ?? 0) * 1000 })
    return actor
  }
}

function toActor({ sub, aud, site, sid, role, amr }: Record<string, unknown>): Actor | undefined {
  if (typeof sub !== 'string' || typeof aud !== 'string' || typeof site !== 'string') return undefined
  const base = {
    personId: sub,
    siteId: site,
    sessionId: typeof sid === 'string' ? sid : null,
    origin: null,
    role: typeof role === 'string' && isRole(role) ? role : null,
    isStrong: amr === 'passkey',
  }
  if (aud === SCRIPT) return { ...base, via: 'script' }
  if (base.sessionId === null) return undefined
  if (aud === FIRST_PARTY) return { ...base, via: 'cookie' }
  return { ...base, via: 'bearer', origin: aud }
}
