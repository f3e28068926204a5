import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'

type Received = { to: string[]; source: string }

export type Mailbox = { url: string; mails: Received[]; stop: () => Promise<void> }

/** A mail server that keeps what it is sent. It takes nothing for `bounce@…`. */
export async function startMailbox(): Promise<Mailbox> {
  const mails: Received[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: ({ address }, _session, done) =>
      done(address.startsWith('bounce@') ? new Error('no such mailbox') : null),
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map((address) => address.address)
        mails.push({ to, source: Buffer.concat(chunks).toString() })
        done()
      })
    },
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const { port } = server.server.address() as AddressInfo
  return {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** The link in a mail. A text with more letters beyond ASCII than of it comes in base64 (RFC 2045, 6.8), which of a Korean
 *  one is a matter of the link's letters; others in quoted-printable (6.7). */
export function linkIn(mail: Received | undefined): URL {
  const [head = '', ...rest] = (mail?.source ?? '').split('\r\n\r\n')
  const body = rest.join('\r\n\r\n')
  const text = /^content-transfer-encoding: base64/im.test(head)
    ? Buffer.from(body, 'base64').toString()
    : body.replaceAll('=\r\n', '').replaceAll('=3D', '=')
  const link = /^http\S+/m.exec(text)?.[0]
  if (link === undefined) throw new Error('There is no link in the mail.')
  return new URL(link)
}
