/** What a site does about newcomers by the domain of their mail address. A rule holds for the domain and all below it; of
 *  several, the longest counts. Whoever has an account already keeps it: a rule is no sanction. */
import { domainToASCII } from 'node:url'
import type { Site } from '../context.ts'
import type { Database } from '../database/connect.ts'
import type { DomainEffect } from '../database/tables.ts'
import { type Problem, refuse } from '../problem.ts'

/** @param address lower case (`readEmail`) */
const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1)

/** The domain and those it lies in, the longest first: a.mail.example, mail.example, example. */
const listDomains = (domain: string): string[] => {
  const parts = domain.split('.')
  return parts.map((_, n) => parts.slice(n).join('.'))
}

/** A domain as an admin typed it (with an @ before it, in its own script, in any case), as addresses have it. */
export function readDomain(typed: string): string | Problem {
  const domain = domainToASCII(typed.trim().replace(/^.*@/, '').replace(/\.$/, '')).toLowerCase()
  if (domain.length <= 253 && /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*$/.test(domain))
    return domain
  return refuse('body-invalid', 'A domain looks like mail.example.', { at: '/domain' })
}

/** @returns undefined when there is no rule for it */
export function ruleFor(rules: Site['domainRules'], address: string): DomainEffect | undefined {
  for (const domain of rules.length === 0 ? [] : listDomains(domainOf(address))) {
    const rule = rules.find((one) => one.domain === domain)
    if (rule) return rule.effect
  }
  return undefined
}

/** Whether somebody may become one of the site's people with this address. A rule of the site's own goes before the list
 *  of throw-away addresses.
 *  @param address null: they have none */
export function refuseAddress(
  site: Pick<Site, 'door' | 'domainRules'>,
  isDisposable: (domain: string) => boolean,
  address: string | null,
): Problem | undefined {
  if (address === null) return undefined
  const rule = ruleFor(site.domainRules, address)
  const isRefused =
    rule === 'refuse' ||
    (rule === undefined &&
      site.door.disposableMail === 'refuse' &&
      listDomains(domainOf(address)).some(isDisposable))
  if (!isRefused) return undefined
  return refuse('mail-refused', `Addresses at ${domainOf(address)} are not taken here.`, { at: '/email' })
}

export async function putDomainRule(
  tx: Database,
  { siteId, domain, effect }: { siteId: string; domain: string; effect: DomainEffect | null },
  now: Date,
): Promise<void> {
  if (effect === null) {
    await tx.deleteFrom('domainRule').where('siteId', '=', siteId).where('domain', '=', domain).execute()
    return
  }
  await tx
    .insertInto('domainRule')
    .values({ siteId, domain, effect, createdAt: now })
    .onConflict((conflict) => conflict.columns(['siteId', 'domain']).doUpdateSet({ effect }))
    .execute()
}
