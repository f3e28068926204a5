/** All that is kept about one person, for that person: `me.json` for programs and `me.html` to read. Both are written as
 *  they are read, an entry at a time, each entry on a line of its own (`me.json`) or in an `article` of its own
 *  (`me.html`): whoever receives them can count. Nobody else's words are in it but those quoted, no moderator's name, and
 *  nothing that one could sign in by. docs/guides/rights.md describes the shape; `version` grows when it changes. */
import type { App } from '../context.ts'
import type { Addresses } from './addresses.ts'
import {
  listOwnBallots,
  listOwnComments,
  listOwnFollows,
  listOwnMutes,
  listOwnNames,
  listOwnReports,
  listOwnSanctions,
  listOwnSessions,
  listOwnWays,
  type OwnBallot,
  type OwnComment,
  type OwnFollow,
  type OwnMute,
  type OwnPerson,
  type OwnReport,
  type OwnSanction,
  type OwnSession,
  type OwnWay,
  readOwnPerson,
} from './download-store.ts'
import type { Holdings } from './holdings-store.ts'
import { readAddress } from './identity-store.ts'

const VERSION = 1

/** Lists by the name that they have in `me.json`, in its order. */
export type Lists = {
  waysIn: OwnWay
  sessions: OwnSession
  names: { name: string; until: Date }
  sanctions: OwnSanction
  follows: OwnFollow
  mutes: OwnMute
  reports: OwnReport
  ballots: OwnBallot
  comments: OwnComment
}
export type ListName = keyof Lists

export type Download = {
  made: Date
  site: { name: string; address: string }
  person: OwnPerson
  address: { address: string; isProven: boolean } | null
  lists: { [N in ListName]: AsyncIterable<Lists[N]> }
}

/** Nothing is read of the lists before somebody asks for it.
 *  @returns undefined when there is no such person on the site */
export async function openDownload(
  app: App,
  addresses: Addresses,
  personId: string,
): Promise<Download | undefined> {
  const { db, site } = app
  const made = app.now()
  const person = await readOwnPerson(db, personId)
  if (person?.siteId !== site.id) return undefined
  const { identityId } = person
  return {
    made,
    site: { name: site.name, address: app.origin },
    person,
    address: identityId === null ? null : await readAddress(db, addresses, identityId),
    lists: {
      waysIn: each(async () => (identityId === null ? [] : listOwnWays(db, identityId))),
      sessions: each(() => listOwnSessions(db, personId, made)),
      names: each(() => listOwnNames(db, personId)),
      sanctions: each(() => listOwnSanctions(db, personId)),
      follows: listOwnFollows(db, personId),
      mutes: listOwnMutes(db, personId),
      reports: listOwnReports(db, personId),
      ballots: listOwnBallots(db, personId),
      comments: listOwnComments(db, personId),
    },
  }
}

async function* each<T>(list: () => Promise<T[]>): AsyncGenerator<T> {
  yield* await list()
}

/** How many entries the lists hold, as far as it can be said before they are read. */
export const countEntries = (holdings: Holdings): number =>
  holdings.comments +
  holdings.withdrawn +
  holdings.ballots +
  holdings.reports +
  holdings.sanctions +
  holdings.names +
  holdings.mutes +
  holdings.follows +
  holdings.sessions +
  holdings.passkeys +
  holdings.credentials

/** `me.json`. A ban without an end is "infinity"; the identity's own id is ours alone. */
export async function* writeJson({ made, site, person, address, lists }: Download): AsyncGenerator<string> {
  const { identityId: _, siteId: __, ...self } = person
  const until =
    self.suspendedUntil instanceof Date || self.suspendedUntil === null ? self.suspendedUntil : 'infinity'
  const head = { ...self, suspendedUntil: until, address }
  yield `{"format":"detente person","version":${VERSION},"made":${JSON.stringify(made)},"site":${JSON.stringify(site)},"person":${JSON.stringify(head)}`
  for (const [name, list] of Object.entries(lists)) {
    let between = ''
    yield `,"${name}":[`
    for await (const entry of list) {
      yield `${between}\n${JSON.stringify(entry)}`
      between = ','
    }
    yield ']'
  }
  yield '}\n'
}
