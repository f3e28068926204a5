/** Mailboxes that anyone can have for ten minutes. The list here is short and our own: services that say of themselves
 *  that this is what they are for. They come and go, so an operator can give a longer, newer one
 *  (DETENTE_DISPOSABLE_DOMAINS). */
import { readFileSync } from 'node:fs'

const known = `
  10minutemail.com 10minutemail.net 20minutemail.com 33mail.com anonbox.net burnermail.io byom.de discard.email
  dispostable.com dropmail.me emailondeck.com fakeinbox.com fakemailgenerator.com getairmail.com getnada.com
  grr.la guerrillamail.com guerrillamail.biz guerrillamail.de guerrillamail.info guerrillamail.net
  guerrillamail.org guerrillamailblock.com harakirimail.com inboxbear.com inboxkitten.com incognitomail.org
  jetable.org mail-temp.com mail.tm mailcatch.com maildrop.cc mailexpire.com mailforspam.com mailinator.com
  mailinator.net mailnesia.com mailnull.com mailpoof.com mailsac.com mailtemp.net minutemail.com
  mintemail.com moakt.com mohmal.com mytemp.email mytrashmail.com nada.email owlymail.com sharklasers.com
  spam4.me spambox.us spamgourmet.com spamex.com temp-mail.io temp-mail.org tempail.com tempinbox.com
  tempmail.dev tempmail.net tempmailaddress.com tempr.email throwaway.email throwawaymail.com tmail.ws
  tmpmail.net tmpmail.org trash-mail.com trashmail.com trashmail.de trashmail.net wegwerfmail.de
  wegwerfmail.net wegwerfmail.org yopmail.com yopmail.fr yopmail.net`

/** @param file with more domains, one a line; lines that begin with # are notes
 *  @throws an Error for the operator when it cannot be read */
export function makeDisposableList(file: string | null): (domain: string) => boolean {
  const more = file === null ? '' : readFileSync(file, 'utf8')
  const lines = more.split('\n').filter((line) => !line.startsWith('#'))
  const domains = new Set([known, ...lines].join(' ').toLowerCase().split(/\s+/).filter(Boolean))
  return (domain) => domains.has(domain)
}
