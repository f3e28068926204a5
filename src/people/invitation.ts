/** Invitations by link: good once, for one site and one role. The first admin's is printed where the server is started,
 *  good for a day; while there is no admin, every start makes a new one and the older ones are void. Staff are invited
 *  from the desk. */
import type { App } from '../context.ts'
import { inTransaction } from '../database/connect.ts'
import type { Role } from '../database/tables.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import type { Actor } from './actor.ts'
import { outranks } from './can.ts'
import { findIdentityByAddress, insertIdentity } from './identity-store.ts'
import { chooseName, claimName } from './naming.ts'
import {
  INVITATION_HOURS,
  invitationKey,
  keepOnce,
  later,
  newSecret,
  peekOnce,
  takeOnce,
} from './one-time.ts'
import type { People } from './people.ts'
import { readEmail } from './person.ts'
import { listBarred } from './sanction-store.ts'
import { shortenSessions } from './sessions.ts'
import { type SignedIn, signIn } from './signed-in.ts'
import { hasAdmin, insertPerson, readPerson, setRole } from './store.ts'

export type Invitation = { siteId: string; role: Role; badge: string | null; isFirst: boolean }

/** @returns the link's address, or undefined when the site has an admin who can come in */
export async function inviteAdmin(app: App): Promise<string | undefined> {
  if (await hasAdmin(app.db, app.site.id, app.now())) return undefined
  return inviteStaff(app, { role: 'admin', badge: null, isFirst: true }, INVITATION_HOURS)
}

/** @param hours that it is good for
 *  @returns the link's address */
export async function inviteStaff(
  app: App,
  invitation: Omit<Invitation, 'siteId'>,
  hours: number,
): Promise<string> {
  const token = newSecret()
  const kept: Invitation = { siteId: app.site.id, ...invitation }
  await inTransaction(app.db, async (tx) => {
    if (invitation.isFirst)
      await tx
        .deleteFrom('once')
        .where('key', 'like', 'invitation:%')
        .where('value', '=', JSON.stringify(kept))
        .execute()
    await keepOnce(tx, invitationKey(token), {
      value: JSON.stringify(kept),
      expiresAt: later(app.now(), hours * 3600),
    })
  })
  return `${app.origin}/sign-in/invitation?token=${token}`
}

const refuseInvitation = () =>
  refuse('link-expired', 'Ask for a new one; while a site has no admin, each start of the server prints one.')

function readKept(app: App, value: string | undefined): Invitation | Problem {
  if (value === undefined) return refuseInvitation()
  const invitation = JSON.parse(value) as Invitation
  return invitation.siteId === app.site.id ? invitation : refuseInvitation()
}

/** What the invitation is to, without using it up. */
export async function readInvitation(app: App, token: string): Promise<Invitation | Problem> {
  const kept = await peekOnce(app.db, invitationKey(token), app.now())
  return readKept(app, kept?.value)
}

/** Someone who is signed in accepts; nobody is made less than they are. */
export async function acceptInvitation(app: App, actor: Actor, token: string): Promise<Problem | undefined> {
  return inTransaction(app.db, async (tx) => {
    const kept = await takeOnce(tx, invitationKey(token), app.now())
    const invitation = readKept(app, kept?.value)
    if (isProblem(invitation)) return invitation
    const person = await readPerson(tx, actor.personId)
    if (person?.siteId !== app.site.id || person.claim !== 'claimed')
      return refuse('sign-in-needed', 'Sign in with an account first.')
    const bar = (await listBarred(tx, [person], app.now())).get(person.id)
    if (bar) return bar
    const role = outranks(invitation.role, person.role) ? invitation.role : person.role
    await setRole(tx, person.id, role, invitation.badge ?? person.badge)
    await shortenSessions(tx, person.id, role, app.now())
    return undefined
  })
}

/** The first admin, who is new here. A mailbox is not asked for, but without one there is no way back when the session has
 *  ended, and the next start makes a new invitation. Who may read what the server prints is believed about their address;
 *  one that is known here is refused, for whoever has it may sign in first. All others who are invited sign in first. */
export async function openInvitation(
  app: App,
  people: People,
  given: { token: string; name: string; email: string; device: string | null },
): Promise<SignedIn | Problem> {
  const invitation = await readInvitation(app, given.token)
  if (isProblem(invitation)) return invitation
  if (!invitation.isFirst) return refuse('sign-in-needed', 'Sign in, then open the link again.')
  const { role, badge } = invitation
  const name = await chooseName(app, given.name, role, null)
  if (isProblem(name)) return name
  const email = given.email.trim() === '' ? null : readEmail(given.email)
  if (isProblem(email)) return email
  if (email !== null && (await findIdentityByAddress(app.db, people.addresses, email)))
    return refuse('email-taken', 'Sign in with this address first, then open the link again.', {
      at: '/email',
    })
  const now = app.now()
  return inTransaction(app.db, async (tx) => {
    const taken = await claimName(tx, app.site.id, name, null)
    if (taken) return taken
    const kept = await takeOnce(tx, invitationKey(given.token), now)
    const invitation = readKept(app, kept?.value)
    if (isProblem(invitation)) return invitation
    const identityId = await insertIdentity(tx, people.addresses, { address: email, contact: null }, now)
    const personId = await insertPerson(
      tx,
      { ...name, siteId: app.site.id, identityId, role, badge, batchId: null, claim: 'claimed' },
      now,
    )
    const { device } = given
    return signIn(tx, app, people, { personId, role, way: 'invitation', isStrong: false, device }, now)
  })
}
