/** The keys that a site takes tokens of: those set on its desk, and the secret from the settings. */
import type { App } from '../context.ts'
import { isFetchRefusal } from '../http/fetching.ts'
import type { Addresses } from './addresses.ts'
import type { SsoKey } from './sso-key.ts'
import { listSsoKeys } from './sso-store.ts'

/** Of DETENTE_SSO_SECRET: in Coral's manner, without issuer and audience, and for readers only. */
const keyOfSettings = (secret: string): SsoKey => ({
  id: 'settings',
  label: 'DETENTE_SSO_SECRET',
  kid: null,
  algorithm: 'HS256',
  material: { secret: Buffer.from(secret) },
  issuer: null,
  audience: null,
  roles: [],
})

export async function siteKeys(app: App, addresses: Addresses): Promise<SsoKey[]> {
  const kept = await listSsoKeys(app.db, addresses, app.site.id)
  const { ssoSecret } = app.settings
  return ssoSecret === null ? kept : [...kept, keyOfSettings(ssoSecret)]
}

/** @returns how a newsroom's published set is read, for `makeKeySets` */
export const keyFetcher =
  ({ fetcher }: Pick<App, 'fetcher'>) =>
  async (url: string): Promise<unknown> => {
    const answer = await fetcher.fetchText(url, { accept: SET_TYPES })
    if (isFetchRefusal(answer)) throw new Error(answer.detail)
    if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`)
    return JSON.parse(answer.text)
  }

/** RFC 7517, 8.5; many publish theirs as plain JSON. */
const SET_TYPES = /^application\/(jwk-set\+)?json$/
