import { isIP } from 'node:net'

/** The host that a site's passkeys are for (the RP id); undefined where browsers have none: at an address that is a number,
 *  and without https, but for localhost (Web Authentication, 5.1.3; Secure Contexts, 3.1). */
export function passkeyHost(origin: string): string | undefined {
  const { protocol, hostname } = new URL(origin)
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) return undefined
  const isLocal = hostname === 'localhost' || hostname.endsWith('.localhost')
  return protocol === 'https:' || isLocal ? hostname : undefined
}
