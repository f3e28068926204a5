/** Our two cookies: an access token for 15 minutes, and the session that makes a new one. Set by signing in only.
 *  On https they carry the `__Host-` prefix (RFC 6265bis, 4.1.3.2): no neighbouring subdomain can set them. */
import { TOKEN_SECONDS } from './token.ts'

type Names = { access: string; session: string }

const plain: Names = { access: 'detente', session: 'detente-session' }
const secure: Names = { access: '__Host-detente', session: '__Host-detente-session' }

const isSecure = (origin: string): boolean => origin.startsWith('https:')
const namesFor = (origin: string): Names => (isSecure(origin) ? secure : plain)

/** What a request's Cookie header holds of ours. */
export function readCookies(
  header: string,
  origin: string,
): { access: string | undefined; session: string | undefined } {
  const names = namesFor(origin)
  const found = new Map<string, string>()
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    const name = pair.slice(0, equals).trim()
    if (equals > 0 && !found.has(name)) found.set(name, pair.slice(equals + 1).trim())
  }
  return { access: found.get(names.access), session: found.get(names.session) }
}

/** Set-Cookie values. */
export const accessCookie = (origin: string, token: string): string =>
  writeCookie(origin, 'access', token, TOKEN_SECONDS)

/** @param seconds until the session ends */
export const sessionCookie = (origin: string, secret: string, seconds: number): string =>
  writeCookie(origin, 'session', secret, seconds)

export const clearedCookies = (origin: string): string[] => [
  writeCookie(origin, 'access', '', 0),
  writeCookie(origin, 'session', '', 0),
]

function writeCookie(origin: string, kind: keyof Names, value: string, seconds: number): string {
  const end = isSecure(origin) ? '; Secure' : ''
  return `${namesFor(origin)[kind]}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${end}`
}
