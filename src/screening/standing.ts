/** Where an author stands at the door: what screening is told of them. */
import type { Site } from '../context.ts'
import type { Database } from '../database/connect.ts'
import type { Addresses } from '../people/addresses.ts'
import { can } from '../people/can.ts'
import { ruleFor } from '../people/domain-rules.ts'
import type { Person } from '../people/person.ts'
import { type Entrants, listEntrants } from './entrants-store.ts'
import type { Standing } from './screen.ts'

type Entry = Pick<Site, 'door' | 'domainRules'>

const looksAtDomains = ({ domainRules }: Entry): boolean =>
  domainRules.some(({ effect }) => effect === 'look-first')

/** Nothing is asked where the site looks at neither first comments nor mail domains.
 *  @param exceptId a comment that does not count, since it is the one that is looked at */
export const readEntrants = async (
  tx: Database,
  site: Entry,
  authorIds: string[],
  exceptId: string | null = null,
): Promise<Entrants> =>
  site.door.firstLook || looksAtDomains(site) ? listEntrants(tx, authorIds, exceptId) : new Map()

/** Of the staff, nobody is looked at. */
export function standingOf(
  { id, role, claim, lookFirst }: Pick<Person, 'id' | 'role' | 'claim' | 'lookFirst'>,
  { site, addresses, entrants }: { site: Entry; addresses: Addresses; entrants: Entrants },
): Standing {
  const entrant = entrants.get(id)
  const isStaff = can(role, 'name.reserved')
  const address =
    entrant?.addressSealed && looksAtDomains(site) ? addresses.open(entrant.addressSealed) : null
  return {
    lookFirst,
    isLookedAtGuest: claim === 'guest' && site.door.guests === 'looked-at',
    isUnread: site.door.firstLook && !isStaff && entrant?.isRead === false,
    isOfLookedAtDomain: !isStaff && address !== null && ruleFor(site.domainRules, address) === 'look-first',
  }
}
