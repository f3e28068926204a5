import { pino } from 'pino'
import { expect, test } from 'vitest'
import { wordingFor } from '../../src/language/messages.ts'
import { MailNotSent, makeMailer, writeLinkMail } from '../../src/people/mail.ts'
import { linkIn, startMailbox } from './mailbox.ts'

const silent = pino({ level: 'silent' })

const settings = { mailFrom: 'The Courier <talk@courier.example>' }

test('a mail goes out as plain text to one address, whatever the site’s name tries', async () => {
  const server = await startMailbox()
  const site = { name: 'Courier\r\nBcc: eve@quill.example\r\n\r\n<a href="https://evil.example">' }
  const link = 'http://127.0.0.1:8080/sign-in/link?token=abc'
  await makeMailer(
    { ...settings, smtpUrl: server.url },
    silent,
  )(writeLinkMail(wordingFor('en'), site, 'ada@quill.example', { link, code: '012345' }))
  await server.stop()
  expect(server.mails).toHaveLength(1)
  const { to, source } = server.mails[0]!
  expect(to).toEqual(['ada@quill.example'])
  const head = source.split('\r\n\r\n')[0]!
  expect(head).toMatch(/^From: The Courier <talk@courier.example>$/m)
  expect(head).toMatch(/^To: ada@quill.example$/m)
  expect(head).toMatch(/^Content-Type: text\/plain/m)
  expect(head).toMatch(/^Auto-Submitted: auto-generated$/m)
  expect(head).not.toMatch(/^(Bcc|Cc):/im)
  expect(linkIn(server.mails[0]).href).toBe(link)
})

test('an address cannot bring a header or a second address along', async () => {
  const server = await startMailbox()
  const send = makeMailer({ ...settings, smtpUrl: server.url }, silent)
  await send({ to: 'ada@quill.example\r\nBcc: eve@quill.example', subject: 'a', text: 'b' }).catch(
    () => undefined,
  )
  await server.stop()
  expect(server.mails.flatMap((mail) => mail.to)).not.toContain('eve@quill.example')
})

test('a mail server that is not there is said to be the reason', async () => {
  const server = await startMailbox()
  await server.stop()
  const send = makeMailer({ ...settings, smtpUrl: server.url }, silent)
  await expect(send({ to: 'ada@quill.example', subject: 'a', text: 'b' })).rejects.toThrow(MailNotSent)
})

test('without a mail server the mail stands in the log, link and all', async () => {
  const lines: string[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) })
  const link = 'http://127.0.0.1:8080/sign-in/link?token=abc'
  await makeMailer(
    { ...settings, smtpUrl: null },
    log,
  )(writeLinkMail(wordingFor('en'), { name: 'Courier' }, 'ada@quill.example', { link, code: '012345' }))
  expect(lines).toHaveLength(1)
  const { msg } = JSON.parse(lines[0]!) as { msg: string }
  expect(msg).toContain('To: ada@quill.example')
  expect(msg).toContain('Subject: Sign in to Courier')
  expect(msg.split('\n')).toContain(link)
})
