/** Another mail address for an account: the new one proves itself by a mailed link that counts only in a browser where its
 *  account is signed in, so that nobody can tie somebody else's mailbox to an account of their own by having them press a
 *  button. The old address is told, and all other sessions end, on every site where the identity is somebody. */
import type { App } from '../context.ts'
import { inTransaction, isTaken } from '../database/connect.ts'
import { networkOf } from '../http/limits.ts'
import { type Wording, wordingFor } from '../language/messages.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import type { Actor } from './actor.ts'
import { refuseAddress } from './domain-rules.ts'
import { isFreshByOwn } from './fresh.ts'
import { findIdentityByAddress, proveAddress, readAddress } from './identity-store.ts'
import { type Mailer, MailNotSent } from './mail.ts'
import { listPersonsOf, readPreferences } from './me-store.ts'
import { hashSecret, keepOnce, LINK_MINUTES, later, newSecret, peekOnce, takeOnce } from './one-time.ts'
import type { People } from './people.ts'
import { type Person, readEmail } from './person.ts'
import { endSessionsOf } from './sessions.ts'

type Wish = { personId: string; identityId: string; address: string }

const wishKey = (token: string): string => `new-address:${hashSecret(token)}`

/** Mails a link to the new address. The answer is the same whether it is known here or not.
 *  @param typed as it came */
export async function askForAddress(
  app: App,
  people: People,
  { actor, person }: { actor: Actor; person: Person },
  { typed, ip, wording }: { typed: string; ip: string; wording: Wording },
): Promise<Problem | undefined> {
  const { id: personId, identityId } = person
  if (identityId === null) return refuse('not-allowed', 'An account without a way in has no address.')
  const address = readEmail(typed)
  if (isProblem(address)) return address
  const refused = refuseAddress(app.site, people.isDisposable, address)
  if (refused) return refused
  if (!(await isFreshByOwn(app, actor, person)))
    return refuse('sign-in-again', 'Sign in anew by the mailed link or a passkey, then change the address.')
  const limited =
    (await people.limits.take('mail-network', networkOf(ip))) ?? (await people.limits.take('mail', address))
  if (limited) return limited
  const token = newSecret()
  const wish: Wish = { personId, identityId, address }
  await keepOnce(app.db, wishKey(token), {
    value: people.addresses.seal(JSON.stringify(wish)).toString('base64'),
    expiresAt: later(app.now(), LINK_MINUTES * 60),
  })
  const query = new URLSearchParams({ token, lang: wording.language })
  const { say } = await wordingTo(app, personId, wording)
  const values = { site: app.site.name, link: `${app.origin}/me/address?${query}`, minutes: LINK_MINUTES }
  return send(app, people, {
    to: address,
    subject: say('me-address-mail-subject', values),
    text: say('me-address-mail-text', values),
  })
}

/** The language that somebody chose for mail, or the page's. */
async function wordingTo(app: App, personId: string, page: Wording): Promise<Wording> {
  const chosen = (await readPreferences(app.db, personId))?.language
  return chosen ? wordingFor(chosen, app.site.timeZone) : page
}

async function send(app: App, people: People, mail: Parameters<Mailer>[0]): Promise<Problem | undefined> {
  try {
    await people.mail(mail)
    return undefined
  } catch (error) {
    if (!(error instanceof MailNotSent)) throw error
    app.log.error({ err: error.cause }, 'a mail could not be sent')
    return refuse('mail-not-sent', 'The mail could not be sent. Please try again in a few minutes.', {
      retryAfter: 120,
    })
  }
}

function readWish(people: People, actor: Actor, value: string | undefined): Wish | Problem {
  const wish =
    value === undefined
      ? undefined
      : (JSON.parse(people.addresses.open(Buffer.from(value, 'base64'))) as Wish)
  if (!wish) return refuse('link-expired', 'Ask for a new link on your page.')
  if (wish.personId !== actor.personId)
    return refuse('not-allowed', 'The link was asked for by another account than is signed in here.')
  return wish
}

/** The address that a link stands for, without using it up. */
export async function peekAddress(
  app: App,
  people: People,
  actor: Actor,
  token: string,
): Promise<{ address: string } | Problem> {
  const kept = await peekOnce(app.db, wishKey(token), app.now())
  return readWish(people, actor, kept?.value)
}

/** From now on the new address is the account's. */
export async function takeAddress(
  app: App,
  people: People,
  actor: Actor,
  { token, wording }: { token: string; wording: Wording },
): Promise<Problem | undefined> {
  const now = app.now()
  const taken = refuse('email-taken', 'This address belongs to another account.', { at: '/email' })
  const work = inTransaction(app.db, async (tx) => {
    const kept = await takeOnce(tx, wishKey(token), now)
    const wish = readWish(people, actor, kept?.value)
    if (isProblem(wish)) return wish
    const { identityId, address } = wish
    const other = await findIdentityByAddress(tx, people.addresses, address)
    if (other !== undefined && other !== identityId) return taken
    const before = await readAddress(tx, people.addresses, identityId)
    await proveAddress(tx, people.addresses, identityId, address, now)
    const ended: string[] = []
    for (const personId of await listPersonsOf(tx, identityId))
      ended.push(...(await endSessionsOf(tx, personId, actor.sessionId)))
    return { before: before?.address === address ? undefined : before?.address, ended }
  })
  const done = await work.catch((error: unknown) => {
    if (isTaken(error)) return taken
    throw error
  })
  if (isProblem(done)) return done
  people.ended.add(done.ended)
  if (done.before === undefined) return undefined
  const { say } = await wordingTo(app, actor.personId, wording)
  const values = { site: app.site.name }
  // It is changed whether the old mailbox takes this or not.
  await send(app, people, {
    to: done.before,
    subject: say('me-address-notice-subject', values),
    text: say('me-address-notice-text', values),
  })
  return undefined
}
