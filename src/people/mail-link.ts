/** The mailed link and the code beside it: both prove the mailbox, and using one uses the other up. The code counts only
 *  together with the page that asked for it, so knowing an address is no start at guessing. */
import { randomInt } from 'node:crypto'
import type { App } from '../context.ts'
import { networkOf } from '../http/limits.ts'
import type { Wording } from '../language/messages.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import { MailNotSent, writeLinkMail } from './mail.ts'
import { hashSecret, keepOnce, LINK_MINUTES, later, newSecret, peekOnce, takeOnce } from './one-time.ts'
import type { People } from './people.ts'
import { readEmail } from './person.ts'
import { keepProofAs, mailProof } from './proof.ts'

/** Wrong codes before a mail's code is void; its link still works. */
const MOST_TRIES = 5

const codeKeyOf = (ask: string): string => `mail-code:${hashSecret(ask)}`
const triesKeyOf = (ask: string, n: number): string => `mail-try:${hashSecret(`${ask} ${n}`)}`

/** Mails a link and a code. What comes back, and when, is the same whether the address is known here or not.
 *  @returns `ask`, which the page that asked keeps, to try a code with */
export async function requestLink(
  app: App,
  people: People,
  wish: { email: string; to: string; ip: string; wording: Wording },
): Promise<{ ask: string } | Problem> {
  const email = readEmail(wish.email)
  if (isProblem(email)) return email
  const limited =
    (await people.limits.take('mail-network', networkOf(wish.ip))) ??
    (await people.limits.take('mail', email))
  if (limited) return limited
  const [token, ask] = [newSecret(), newSecret()]
  const code = String(randomInt(1_000_000)).padStart(6, '0')
  try {
    await keepProofAs(app, people, token, mailProof(email))
    await keepOnce(app.db, codeKeyOf(ask), {
      value: JSON.stringify({
        code: hashSecret(`${ask} ${code}`),
        token: people.addresses.seal(token).toString('base64'),
      }),
      expiresAt: later(app.now(), LINK_MINUTES * 60),
    })
    await people.mail(
      writeLinkMail(wish.wording, app.site, email, { link: linkAddress(app, token, wish), code }),
    )
    return { ask }
  } catch (error) {
    if (!(error instanceof MailNotSent)) throw error
    app.log.error({ err: error.cause }, 'a mail could not be sent')
    return refuse('mail-not-sent', 'The mail could not be sent. Please try again in a few minutes.', {
      retryAfter: 120,
    })
  }
}

function linkAddress(app: App, token: string, wish: { to: string; wording: Wording }): string {
  const query = new URLSearchParams({ token, to: wish.to, lang: wish.wording.language })
  return `${app.origin}/sign-in/link?${query}`
}

/** The link's token for a code that was typed. */
export async function tryCode(
  app: App,
  people: People,
  given: { ask: string; code: string },
): Promise<{ token: string } | Problem> {
  const code = given.code.normalize('NFKC').replaceAll(/[\s-]/g, '')
  const now = app.now()
  const kept = await peekOnce(app.db, codeKeyOf(given.ask), now)
  if (!kept) return refuse('link-expired', 'This code is void. Ask for a new mail.')
  const value = JSON.parse(kept.value) as { code: string; token: string }
  if (!(await countTry(app, given.ask, kept.expiresAt))) {
    await takeOnce(app.db, codeKeyOf(given.ask), now)
    return refuse('link-expired', 'Too many wrong codes. Ask for a new mail.')
  }
  if (hashSecret(`${given.ask} ${code}`) !== value.code)
    return refuse('code-wrong', 'This is not the code of the newest mail.', { at: '/code' })
  return { token: people.addresses.open(Buffer.from(value.token, 'base64')).toString() }
}

/** Each try is a row that can be made once, so that many at the same time are counted too. */
async function countTry(app: App, ask: string, expiresAt: Date): Promise<boolean> {
  for (let n = 0; n < MOST_TRIES; n++)
    if (await keepOnce(app.db, triesKeyOf(ask, n), { value: '', expiresAt })) return true
  return false
}
