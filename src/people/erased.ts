/** What an erasure tells the one who is gone: kept for an hour, counts alone, under a secret that only their browser has. */
import type { App } from '../context.ts'
import type { EraseReport } from './erase.ts'
import { hashSecret, keepOnce, later, newSecret, peekOnce } from './one-time.ts'

/** Seconds that the page can be looked at. */
const SHOWN = 3600

export type Erased = Omit<EraseReport, 'person' | 'sessions'>

const erasedKey = (secret: string): string => `erased:${hashSecret(secret)}`

/** @returns the secret */
export async function keepErased(
  app: App,
  { person: _, sessions: __, ...erased }: EraseReport,
): Promise<string> {
  const secret = newSecret()
  const value = JSON.stringify({ site: app.site.id, erased })
  await keepOnce(app.db, erasedKey(secret), { value, expiresAt: later(app.now(), SHOWN) })
  return secret
}

export async function readErased(app: App, secret: string): Promise<Erased | undefined> {
  const kept = await peekOnce(app.db, erasedKey(secret), app.now())
  if (!kept) return undefined
  const { site, erased } = JSON.parse(kept.value) as { site: string; erased: Erased }
  return site === app.site.id ? erased : undefined
}
