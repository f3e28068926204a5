/** The first admin comes in by a link that only who starts the server gets to see: good once and for a day. While there
 *  is no admin, every start makes a new one and the older ones are void. */
import type { App } from '../context.ts'
import { inTransaction } from '../database/connect.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import { chooseName, claimName, type SignedIn, signIn } from './actions.ts'
import type { Actor } from './actor.ts'
import { hashSecret, INVITATION_HOURS, invitationKey, later, newSecret, SESSION_DAYS } from './one-time.ts'
import type { People } from './people.ts'
import { readEmail } from './person.ts'
import {
  forgetInvitations,
  hasAdmin,
  hasIdentity,
  insertIdentity,
  insertPerson,
  insertSession,
  keepOnce,
  peekOnce,
  setRole,
  takeOnce,
} from './store.ts'

/** @returns the link's address, or undefined when the site has an admin who can come in */
export async function inviteAdmin(app: App): Promise<string | undefined> {
  if (await hasAdmin(app.db, app.site.id, app.now())) return undefined
  const token = newSecret()
  await inTransaction(app.db, async (tx) => {
    await forgetInvitations(tx)
    await keepOnce(tx, invitationKey(token), {
      value: app.site.id,
      expiresAt: later(app.now(), INVITATION_HOURS * 3600),
    })
  })
  return `${app.origin}/sign-in/admin?token=${token}`
}

const refuseInvitation = () =>
  refuse('link-expired', 'Start the server anew: while there is no admin it prints a new link.')

/** Whether the invitation is good, without using it up. */
export async function readInvitation(app: App, token: string): Promise<Problem | undefined> {
  const kept = await peekOnce(app.db, invitationKey(token), app.now())
  return kept?.value === app.site.id ? undefined : refuseInvitation()
}

/** Someone who is signed in becomes the admin. */
export async function acceptInvitation(app: App, actor: Actor, token: string): Promise<Problem | undefined> {
  return inTransaction(app.db, async (tx) => {
    const kept = await takeOnce(tx, invitationKey(token), app.now())
    if (kept?.value !== app.site.id) return refuseInvitation()
    await setRole(tx, actor.personId, 'admin')
    return undefined
  })
}

/** Someone new becomes the admin. A mailbox is not asked for, but without one there is no way back when the session has
 *  ended, and the next start makes a new invitation. One that belongs to somebody here is refused: it was proven by
 *  whoever signed in with it, and they may do so first. */
export async function openInvitation(
  app: App,
  people: People,
  given: { token: string; name: string; email: string },
): Promise<SignedIn | Problem> {
  const bad = await readInvitation(app, given.token)
  if (bad) return bad
  const name = await chooseName(app, given.name, 'admin', null)
  if (isProblem(name)) return name
  const email = given.email.trim() === '' ? null : readEmail(given.email)
  if (isProblem(email)) return email
  if (email !== null && (await hasIdentity(app.db, email)))
    return refuse('email-taken', 'Sign in with this address first, then open the link again.', {
      at: '/email',
    })
  const secret = newSecret()
  const made = await inTransaction(app.db, async (tx) => {
    const taken = await claimName(tx, app.site.id, name, null)
    if (taken) return taken
    const kept = await takeOnce(tx, invitationKey(given.token), app.now())
    if (kept?.value !== app.site.id) return refuseInvitation()
    const identityId = await insertIdentity(tx, email, app.now())
    const person = {
      ...name,
      siteId: app.site.id,
      identityId,
      role: 'admin',
      badge: null,
      batchId: null,
      claim: 'claimed',
    } as const
    const personId = await insertPerson(tx, person, app.now())
    const expiresAt = later(app.now(), SESSION_DAYS * 24 * 3600)
    const sessionId = await insertSession(tx, { identityId, hash: hashSecret(secret), expiresAt }, app.now())
    return { personId, sessionId }
  })
  return isProblem(made) ? made : signIn(app, people, { ...made, secret })
}
