/** Passwords, where a site allows them: one more way in for somebody whose mailbox is proven, never a way to become
 *  somebody. So nobody can lie in wait with a password on an address that is not theirs, and whoever forgets theirs comes
 *  in by the mailed link. */
import type { App } from '../context.ts'
import { inTransaction } from '../database/connect.ts'
import { networkOf } from '../http/limits.ts'
import { countGraphemes } from '../language/graphemes.ts'
import { type Wording, wordingFor } from '../language/messages.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import type { Actor } from './actor.ts'
import { isFreshByOwn } from './fresh.ts'
import { readAddress } from './identity-store.ts'
import { MailNotSent } from './mail.ts'
import { listPersonsOf, readPreferences } from './me-store.ts'
import { findPassword, readPasswordOf, writePassword } from './password-store.ts'
import type { People } from './people.ts'
import { type Person, readEmail } from './person.ts'
import { keepProof, mailProof, settleProof } from './proof.ts'
import { endSessionsOf } from './sessions.ts'
import type { SignedIn } from './signed-in.ts'
import { isCommon } from './weak-passwords.ts'

export const LEAST = 10
export const MOST = 200

/** As RFC 8265 has it for passwords (OpaqueString, 4.2): every space the same, composed (NFC, so that the keyboard makes no
 *  difference), nothing folded. */
export const preparePassword = (typed: string): string => typed.replaceAll(/\p{Zs}/gu, ' ').normalize('NFC')

/** @param own what it must not be made of
 *  @returns undefined when it may be somebody's password, as far as can be told here */
export function refuseWeak(password: string, own: string[]): Problem | undefined {
  const weak = (detail: string) => refuse('password-weak', detail, { at: '/password' })
  if (/[\p{Cc}\p{Cs}]/u.test(password)) return weak('It holds characters that cannot be typed everywhere.')
  if (password.length > 4 * MOST || countGraphemes(password) > MOST)
    return weak(`At most ${MOST} characters.`)
  if (countGraphemes(password) < LEAST) return weak(`At least ${LEAST} characters.`)
  if (isCommon(password, own)) return weak('It is among those that are guessed first.')
  return undefined
}

/** Signs in by address and password. Which of both was wrong is not said, and cannot be told by the time it takes.
 *  @returns a kept proof for somebody who is new on this site: their address was proven on another */
export async function signInByPassword(
  app: App,
  people: People,
  given: { email: string; password: string; ip: string; device: string | null; guestId: string | null },
): Promise<SignedIn | { newcomer: string } | Problem> {
  if (!app.site.door.passwords) return refuse('not-found', 'Passwords are not in use here.')
  const email = readEmail(given.email)
  if (isProblem(email)) return email
  const [network, account, now] = [
    networkOf(given.ip),
    people.addresses.hash(email).toString('base64'),
    app.now(),
  ]
  const limited =
    (await people.limits.take('sign-in-network', network)) ??
    people.limits.attempt('password-network', network, now) ??
    people.limits.attempt('password', account, now)
  if (limited) return limited
  const hash = await findPassword(app.db, people.addresses.hash(email))
  const right = await people.passwords.verify(hash, preparePassword(given.password))
  if (isProblem(right)) {
    people.limits.forgive('password-network', network, false)
    people.limits.forgive('password', account, false)
    return right
  }
  if (!right) return refuse('password-wrong', 'The address and the password do not go together.')
  people.limits.forgive('password-network', network, false)
  people.limits.forgive('password', account, true)
  const { device, guestId } = given
  const proof = { ...mailProof(email), way: 'password' } as const
  const settled = await settleProof(app, people, proof, { device, guestId })
  return settled ?? { newcomer: await keepProof(app, people, proof) }
}

/** Where somebody stands with their password. `mustShow`: it, or who they are, has to be shown before a change. */
type PasswordStanding = { has: boolean; canHave: boolean; mustShow: 'password' | 'sign-in' | null }

export async function readPasswordStanding(
  app: App,
  actor: Actor,
  person: Person,
): Promise<PasswordStanding> {
  const none = { has: false, canHave: false, mustShow: null }
  if (person.identityId === null) return none
  const kept = await readPasswordOf(app.db, person.identityId)
  if (!kept?.isProven) return none
  const has = kept.password !== null
  const isShown = await isFreshByOwn(app, actor, person)
  return { has, canHave: app.site.door.passwords, mustShow: isShown ? null : has ? 'password' : 'sign-in' }
}

type Wish = { password: string; current: string; ip: string; wording: Wording }

/** Sets a password, or changes it: by the one before, or shortly after coming in by something of one's own. All other sessions end, on every site
 *  where the identity is somebody, and the mailbox is told. */
export async function setPassword(
  app: App,
  people: People,
  owner: { actor: Actor; person: Person },
  wish: Wish,
): Promise<Problem | undefined> {
  const { person } = owner
  const { identityId } = person
  if (identityId === null || !app.site.door.passwords)
    return refuse('not-allowed', 'Passwords are not in use here.')
  const unshown = await refuseUnshown(app, people, owner, wish)
  if (unshown) return unshown
  const kept = await readAddress(app.db, people.addresses, identityId)
  if (!kept?.isProven) return refuse('not-allowed', 'A password needs a proven mail address beside it.')
  const password = preparePassword(wish.password)
  const weak = refuseWeak(password, [kept.address, person.name, app.site.name])
  if (weak) return weak
  if (await people.passwords.isBreached(password))
    return refuse('password-weak', 'It is among those that became known elsewhere.', { at: '/password' })
  const hash = await people.passwords.hash(password)
  if (isProblem(hash)) return hash
  const limited = await people.limits.take('password-change', person.id)
  if (limited) return limited
  return change(app, people, { ...owner, identityId }, { hash, to: kept.address, wording: wish.wording })
}

/** Removes the password: the mailed link is still there. */
export async function removePassword(
  app: App,
  people: People,
  owner: { actor: Actor; person: Person },
  wish: Omit<Wish, 'password'>,
): Promise<Problem | undefined> {
  const { id, identityId } = owner.person
  if (identityId === null) return refuse('not-found', 'There is no password.')
  const refused =
    (await refuseUnshown(app, people, owner, wish)) ?? (await people.limits.take('password-change', id))
  if (refused) return refused
  const kept = await readAddress(app.db, people.addresses, identityId)
  return change(
    app,
    people,
    { ...owner, identityId },
    { hash: null, to: kept?.address, wording: wish.wording },
  )
}

/** A session that was left open is not enough to change how one comes in. */
async function refuseUnshown(
  app: App,
  people: People,
  { actor, person }: { actor: Actor; person: Person },
  { current, ip }: { current: string; ip: string },
): Promise<Problem | undefined> {
  const { mustShow } = await readPasswordStanding(app, actor, person)
  if (mustShow === null) return undefined
  if (mustShow === 'sign-in')
    return refuse('sign-in-again', 'Sign in anew by the mailed link, then set a password.', {
      at: '/current',
    })
  const now = app.now()
  const [network, account] = [networkOf(ip), `person ${person.id}`]
  const limited =
    people.limits.attempt('password-network', network, now) ?? people.limits.attempt('password', account, now)
  if (limited) return limited
  const kept = person.identityId === null ? undefined : await readPasswordOf(app.db, person.identityId)
  const right = await people.passwords.verify(kept?.password ?? null, preparePassword(current))
  if (right === false) return refuse('password-wrong', 'This is not your password.', { at: '/current' })
  people.limits.forgive('password-network', network, false)
  people.limits.forgive('password', account, right === true)
  return right === true ? undefined : right
}

async function change(
  app: App,
  people: People,
  { actor, person, identityId }: { actor: Actor; person: Person; identityId: string },
  { hash, to, wording }: { hash: string | null; to: string | undefined; wording: Wording },
): Promise<Problem | undefined> {
  const ended = await inTransaction(app.db, async (tx) => {
    if (!(await writePassword(tx, identityId, hash)))
      return refuse('not-allowed', 'A password needs a proven mail address beside it.')
    const ids: string[] = []
    for (const personId of await listPersonsOf(tx, identityId))
      ids.push(...(await endSessionsOf(tx, personId, actor.sessionId)))
    return ids
  })
  if (isProblem(ended)) return ended
  people.ended.add(ended)
  if (to === undefined) return undefined
  const chosen = (await readPreferences(app.db, person.id))?.language
  const { say } = chosen ? wordingFor(chosen, app.site.timeZone) : wording
  const values = { site: app.site.name }
  try {
    const [subject, text] = [say('password-mail-subject', values), say('password-mail-text', values)]
    await people.mail({ to, subject, text })
  } catch (error) {
    // It is changed whether the mailbox takes this or not.
    if (!(error instanceof MailNotSent)) throw error
    app.log.error({ err: error.cause }, 'a mail could not be sent')
  }
  return undefined
}
