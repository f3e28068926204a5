/** The ways in beside the mailed link, as the sign-in page offers them, in this order. */
import type { VNode } from 'preact'
import type { App } from '../context.ts'
import { isDatabaseDown } from '../database/connect.ts'
import type { AssetName } from '../http/assets.ts'
import type { Wording } from '../language/messages.ts'
import { GuestWay } from './guest.view.tsx'
import { PasskeyForm } from './passkey.view.tsx'
import { passkeyHost } from './passkey-host.ts'
import { PasswordWay } from './password.view.tsx'
import { ProviderButtons } from './provider.view.tsx'
import { listLiveProviders } from './provider-store.ts'

export type WayPlace = { wording: Wording; to: string }

/** Scripts that the ways need where there is a script. */
export const wayScripts: AssetName[] = ['passkey.js']

export async function listWays(app: App, { wording, to }: WayPlace): Promise<VNode[]> {
  const ways: VNode[] = []
  if (passkeyHost(app.origin) !== undefined) ways.push(PasskeyForm({ wording, ceremony: 'sign-in', to }))
  const providers = await listProviders(app)
  if (providers.length > 0) ways.push(ProviderButtons({ wording, providers, to }))
  if (app.site.door.passwords) ways.push(PasswordWay({ wording, to }))
  if (app.site.door.guests !== 'off') ways.push(GuestWay({ wording, to }))
  return ways
}

/** With the database away the page still says what stands in it: nobody can come in, by any way. */
async function listProviders(app: App) {
  try {
    return await listLiveProviders(app.db, app.site.id)
  } catch (error) {
    if (!isDatabaseDown(error)) throw error
    return []
  }
}
