/** Mails: plain text, to one address, of words that are ours. No reader's words go into one. */
import type { Logger } from 'pino'
import type { Wording } from '../language/messages.ts'
import { LINK_MINUTES } from './one-time.ts'

type Mail = { to: string; subject: string; text: string }
export type Mailer = (mail: Mail) => Promise<void>

/** The mail was refused or the mail server not reached; `cause` says why. */
export class MailNotSent extends Error {}

/** Sends by SMTP; without a mail server, prints the mail to the log, so that a first try needs none.
 *  @throws MailNotSent */
export function makeMailer(settings: { smtpUrl: string | null; mailFrom: string }, log: Logger): Mailer {
  const { smtpUrl } = settings
  if (smtpUrl === null)
    return async ({ to, subject, text }) => {
      log.info(`No mail server is set, so here is the mail:\n\nTo: ${to}\nSubject: ${subject}\n\n${text}\n`)
    }
  let transport: Promise<{ sendMail: (message: object) => Promise<unknown> }> | undefined
  return async ({ to, subject, text }) => {
    try {
      transport ??= openTransport(smtpUrl)
      await (await transport).sendMail({
        from: settings.mailFrom,
        to: { name: '', address: oneLine(to) },
        subject: oneLine(subject),
        text,
        headers: { 'Auto-Submitted': 'auto-generated' },
        disableFileAccess: true,
        disableUrlAccess: true,
      })
    } catch (cause) {
      throw new MailNotSent('A mail could not be sent.', { cause })
    }
  }
}

/** nodemailer is loaded with the first mail: most processes send none. */
async function openTransport(smtpUrl: string) {
  const { createTransport } = await import('nodemailer')
  return createTransport({
    url: smtpUrl,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 20_000,
  })
}

/** A header ends where its line ends: nothing that goes into one may end it. */
const oneLine = (text: string): string => text.replace(/\p{Cc}+/gu, ' ').trim()

export function writeLinkMail(
  wording: Wording,
  site: { name: string },
  to: string,
  { link, code }: { link: string; code: string },
): Mail {
  const values = { site: oneLine(site.name), link, code, minutes: LINK_MINUTES }
  return {
    to,
    subject: wording.say('sign-in-mail-subject', values),
    text: wording.say('sign-in-mail-text', values),
  }
}
