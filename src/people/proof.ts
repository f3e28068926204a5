/** Where every way in ends: what somebody has proven, and whose it is.
 *
 *  A way in is another's only by proof: a credential that is known leads to its identity; a new one is tied to an identity
 *  when its proven address is that identity's proven address, or when it was added by someone signed in. An address that
 *  was only told, however it came, ties nothing. */
import type { App } from '../context.ts'
import { type Database, inTransaction, isTaken } from '../database/connect.ts'
import type { Role, SessionWay } from '../database/tables.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import { claimAsNewcomer } from './claim-store.ts'
import { refuseAddress } from './domain-rules.ts'
import { beginTakeover, finishTakeover, type Takeover, takeOverGuest } from './guest.ts'
import { bindCredential, findIdentity, insertIdentity } from './identity-store.ts'
import { chooseName, claimName, newcomer } from './naming.ts'
import { keepOnce, LINK_MINUTES, later, newSecret, peekOnce, proofKey, takeOnce } from './one-time.ts'
import type { People } from './people.ts'
import { type Name, type Person, refuseTaken } from './person.ts'
import { followBans } from './sanction-store.ts'
import { type SignedIn, signIn } from './signed-in.ts'
import { findPersonOfIdentity, insertPerson } from './store.ts'

export type Proof = {
  way: SessionWay
  /** A mail address that was proven, lower case. */
  address: string | null
  /** One that was told: for mail, never to find somebody by. */
  contact: string | null
  credential: { provider: string; subject: string } | null
  /** What they are called elsewhere. */
  name: string | null
}

export const mailProof = (address: string): Proof => ({
  way: 'mail',
  address,
  contact: null,
  credential: null,
  name: null,
})

/** Keeps a proof for a quarter of an hour, until a name is given with it or a mailed link is opened.
 *  @returns its token */
export async function keepProof(app: App, people: People, proof: Proof): Promise<string> {
  const token = newSecret()
  await keepProofAs(app, people, token, proof)
  return token
}

export async function keepProofAs(app: App, people: People, token: string, proof: Proof): Promise<void> {
  const value = people.addresses.seal(JSON.stringify({ site: app.site.id, ...proof })).toString('base64')
  await keepOnce(app.db, proofKey(token), { value, expiresAt: later(app.now(), LINK_MINUTES * 60) })
}

const expired = () => refuse('link-expired', 'Ask for a new link.')

function readProof(app: App, people: People, value: string | undefined): Proof | Problem {
  if (value === undefined) return expired()
  const { site, ...proof } = JSON.parse(people.addresses.open(Buffer.from(value, 'base64'))) as Proof & {
    site: string
  }
  return site === app.site.id ? proof : expired()
}

/** What a token stands for, without using it up, and whose it is. */
export async function peekProof(
  app: App,
  people: People,
  token: string,
): Promise<{ proof: Proof; person: Person | undefined } | Problem> {
  const kept = await peekOnce(app.db, proofKey(token), app.now())
  const proof = readProof(app, people, kept?.value)
  if (isProblem(proof)) return proof
  return { proof, person: await findPersonOfProof(app, people, proof) }
}

async function findPersonOfProof(app: App, people: People, proof: Proof): Promise<Person | undefined> {
  const identityId = await findIdentity(app.db, people.addresses, proof)
  return identityId === undefined ? undefined : findPersonOfIdentity(app.db, app.site.id, identityId)
}

/** Whether whoever this proof makes may become one of the site's people. Whoever is one already stays one. */
export const refuseNewcomer = (
  { site }: App,
  { isDisposable }: People,
  { address, contact }: Proof,
): Problem | undefined => refuseAddress(site, isDisposable, address ?? contact)

type Given = {
  /** For one who is new here. */
  name: string | null
  device: string | null
  /** A guest of this device, whose words become theirs. */
  guestId: string | null
  /** An imported person whom they say they are: believed if it was reached by the address that they have proven. */
  offerId?: string | undefined
}

/** Uses a kept proof up. A name that is refused leaves it good. */
export async function openProof(
  app: App,
  people: People,
  token: string,
  given: Given,
): Promise<SignedIn | Problem> {
  const peeked = await peekProof(app, people, token)
  if (isProblem(peeked)) return peeked
  const name = peeked.person
    ? undefined
    : await chooseName(app, given.name ?? '', newcomer.role, given.offerId ?? given.guestId)
  if (isProblem(name)) return name
  return settle(app, people, { ...given, name }, async (tx) => {
    const kept = await takeOnce(tx, proofKey(token), app.now())
    return readProof(app, people, kept?.value)
  })
}

/** Signs in whose proof this is.
 *  @returns undefined for someone new here: keep the proof, and ask for a name */
export async function settleProof(
  app: App,
  people: People,
  proof: Proof,
  given: Pick<Given, 'device' | 'guestId'>,
): Promise<SignedIn | undefined | Problem> {
  if (!(await findPersonOfProof(app, people, proof))) return undefined
  return settle(app, people, { ...given, name: undefined }, async () => proof)
}

async function settle(
  app: App,
  people: People,
  given: Omit<Given, 'name'> & { name: Name | undefined },
  take: (tx: Database) => Promise<Proof | Problem>,
): Promise<SignedIn | Problem> {
  const { name, device, guestId, offerId } = given
  const now = app.now()
  let takeover: Takeover | null = null
  try {
    const done = await inTransaction(app.db, async (tx) => {
      const proof = await take(tx)
      if (isProblem(proof)) return proof
      takeover = guestId === null ? null : await beginTakeover(tx, guestId)
      const identityId = await proveIdentity(tx, people, proof, now)
      const known = await findPersonOfIdentity(tx, app.site.id, identityId)
      const hash = proof.address === null ? null : people.addresses.hash(proof.address)
      const offer = offerId === undefined || hash === null ? null : { id: offerId, hash }
      const refused = known ? undefined : refuseNewcomer(app, people, proof)
      if (refused) return refused
      const person = known ?? (await makePerson(tx, app, { name, identityId, takeover, offer }, now))
      if (isProblem(person)) return person
      if (!known) await followBans(tx, person.id, now)
      if (known && takeover) await takeOverGuest(tx, app, takeover, { personId: person.id })
      const { way } = proof
      return signIn(
        tx,
        app,
        people,
        { personId: person.id, role: person.role, way, isStrong: false, device },
        now,
      )
    })
    if (!isProblem(done) && takeover) finishTakeover(app, people, takeover)
    return done
  } catch (error) {
    if (!isTaken(error) || !name) throw error
    return refuseTaken(name.name)
  }
}

/** The identity of a proof, made when there is none; from here on the proof's credential leads to it. An identity that was
 *  there before gets no address by it: whoever lies in wait in one (with a passkey, say) would have another's tied to it
 *  by a provider's word, and with it whoever proves that address later. */
async function proveIdentity(tx: Database, people: People, proof: Proof, now: Date): Promise<string> {
  const { addresses } = people
  const found = await findIdentity(tx, addresses, proof)
  const id = found ?? (await insertIdentity(tx, addresses, proof, now))
  if (proof.credential) await bindCredential(tx, id, proof.credential, now)
  return id
}

async function makePerson(
  tx: Database,
  app: App,
  given: {
    name: Name | undefined
    identityId: string
    takeover: Takeover | null
    offer: { id: string; hash: Buffer } | null
  },
  now: Date,
): Promise<{ id: string; role: Role } | Problem> {
  const { name, identityId, takeover, offer } = given
  const siteId = app.site.id
  if (!name) return expired()
  if (offer) {
    const taken = await claimName(tx, siteId, name, offer.id)
    if (taken) return taken
    if (await claimAsNewcomer(tx, { siteId, offerId: offer.id, hash: offer.hash, identityId, name })) {
      if (takeover) await takeOverGuest(tx, app, takeover, { personId: offer.id })
      return { id: offer.id, role: newcomer.role }
    }
  }
  const taken = await claimName(tx, siteId, name, takeover?.guestId ?? null)
  if (taken) return taken
  if (takeover && (await takeOverGuest(tx, app, takeover, { identityId, name })))
    return { id: takeover.guestId, role: newcomer.role }
  const id = await insertPerson(tx, { ...name, ...newcomer, siteId: app.site.id, identityId }, now)
  return { id, role: newcomer.role }
}
