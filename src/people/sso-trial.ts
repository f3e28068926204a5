/** A token looked at without being used: in the same words on the desk and on the command line. */
import type { App } from '../context.ts'
import type { Addresses } from './addresses.ts'
import { checkSsoToken, type SsoCheck, type SsoClaims } from './sso.ts'
import { makeKeySets } from './sso-key-sets.ts'
import { keyFetcher, siteKeys } from './sso-keys.ts'
import { ssoRefusals } from './sso-refusals.ts'
import { findSsoPerson } from './sso-store.ts'

/** `who`: whom it would sign in; null when it would nobody, or there is no site to look at. */
export type Trial = { check: SsoCheck; who: string | null }

export async function tryToken(app: App, addresses: Addresses, token: string): Promise<Trial> {
  const keys = await siteKeys(app, addresses)
  const check = await checkSsoToken(token, keys, { now: app.now(), keySets: makeKeySets(keyFetcher(app)) })
  return { check, who: 'claims' in check ? await sayWho(app, addresses, check.claims) : null }
}

async function sayWho(app: App, addresses: Addresses, claims: SsoClaims): Promise<string> {
  const person = await findSsoPerson(app.db, addresses, app.site.id, claims)
  return person
    ? `It signs in ${person.name}, who is here already.`
    : `It makes a new person, called ${claims.name} if the name is free.`
}

/** What it comes to, after the steps. */
export function sayOutcome({ check, who }: Trial): string[] {
  if ('claims' in check) return ['The token is good.', ...(who === null ? [] : [who])]
  const { refused } = check.refusal
  return [`The token is refused (${refused}).`, ssoRefusals[refused]]
}
