/** What this room holds while the server runs: made once, for all sites. */
import type { Limits } from '../http/limits.ts'
import type { Settings } from '../settings/settings.ts'
import { type Addresses, makeAddresses } from './addresses.ts'
import { makeDisposableList } from './disposable-mail.ts'
import type { EndedSessions } from './ended.ts'
import type { Mailer } from './mail.ts'
import { makeNetworks, type Networks } from './network.ts'
import { makePasswords, type Passwords } from './password-hash.ts'
import { deriveKey } from './secret.ts'
import { makeTokenReader } from './token.ts'
import { makeTrap, type Trap } from './trap.ts'

export type People = {
  tokenKey: Uint8Array
  sessionKey: Uint8Array
  readToken: ReturnType<typeof makeTokenReader>
  addresses: Addresses
  mail: Mailer
  limits: Limits
  ended: EndedSessions
  networks: Networks
  trap: Trap
  passwords: Passwords
  /** Of a domain, whether its mailboxes are to be thrown away. */
  isDisposable: (domain: string) => boolean
}

/** @param secret the installation's (`readSecret`)
 *  @throws an Error for the operator when a file that the settings name cannot be read */
export function makePeople(
  secret: Buffer,
  settings: Pick<Settings, 'networkDays' | 'breachedPasswords' | 'disposableDomains'>,
  { mail, limits, ended }: Pick<People, 'mail' | 'limits' | 'ended'>,
): People {
  const tokenKey = deriveKey(secret, 'access token')
  return {
    tokenKey,
    sessionKey: deriveKey(secret, 'session'),
    readToken: makeTokenReader(tokenKey),
    addresses: makeAddresses(secret),
    mail,
    limits,
    ended,
    networks: makeNetworks(secret, settings.networkDays),
    trap: makeTrap(deriveKey(secret, 'trap'), limits.isOn),
    passwords: makePasswords(settings.breachedPasswords),
    isDisposable: makeDisposableList(settings.disposableDomains),
  }
}
