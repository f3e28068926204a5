/** The six digits that are mailed beside the link. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { type Mailbox, startMailbox } from './mailbox.ts'
import { Visitor } from './visitor.ts'

let newsroom: Newsroom
let mailbox: Mailbox
let visitor: Visitor

beforeAll(async () => {
  mailbox = await startMailbox()
  newsroom = await startNewsroom({ smtpUrl: mailbox.url })
})
afterAll(async () => {
  await newsroom?.close()
  await mailbox?.stop()
})
beforeEach(() => {
  visitor = new Visitor(newsroom, mailbox)
})

/** Asks for a mail. @returns the code in it, and what the page keeps to try it with */
async function askForCode(
  email: string,
  to = '/',
): Promise<{ ask: string; code: string; email: string; to: string }> {
  const page = await (await visitor.post('/sign-in', { email, to })).text()
  const ask = /name="ask" value="([^"]+)"/.exec(page)![1]!
  const mail = mailbox.mails.findLast((one) => one.to[0] === email)!
  return { ask, code: /\b(\d{6})\b/.exec(mail.source.split('\r\n\r\n').slice(1).join())![1]!, email, to }
}

const another = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0')

test('one who is known types the code and is signed in where they were', async () => {
  await visitor.signIn('tern@quill.example', 'Tern')
  const asked = await askForCode('tern@quill.example', '/me')
  const opened = await new Visitor(newsroom, mailbox).post('/sign-in/code', asked)
  expect([opened.status, opened.headers.get('location')]).toEqual([303, '/me'])
  expect(opened.headers.getSetCookie()).toHaveLength(2)
})

test('one who is new is asked for a name, and goes on to where they were', async () => {
  const asked = await askForCode('petrel@quill.example', '/me')
  const on = await visitor.post('/sign-in/code', asked)
  expect(on.headers.get('location')).toMatch(/^\/sign-in\/link\?token=[\w-]{43}&to=%2Fme$/)
  const page = await (await visitor.get(on.headers.get('location')!)).text()
  expect(page).toContain('Your name here')
  const token = new URL(on.headers.get('location')!, newsroom.origin).searchParams.get('token')!
  expect((await visitor.post('/sign-in/link', { token, to: '/me', name: 'Petrel' })).status).toBe(303)
  expect(await visitor.whoAmI()).toMatchObject({ name: 'Petrel', role: 'reader' })
})

test('digits may be typed with blanks, dashes, or an East Asian keyboard', async () => {
  await visitor.signIn('skua@quill.example', 'Skua')
  for (const write of [
    (code: string) => ` ${code.slice(0, 3)} ${code.slice(3)}`,
    (code: string) => code.replace(/(...)/, '$1-'),
    (code: string) => code.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
  ]) {
    const asked = await askForCode('skua@quill.example')
    const opened = await visitor.post('/sign-in/code', { ...asked, code: write(asked.code) })
    expect(opened.status).toBe(303)
  }
})

test('a wrong code is said to be wrong, five times; then only the link is good', async () => {
  await visitor.signIn('gannet@quill.example', 'Gannet')
  const asked = await askForCode('gannet@quill.example')
  const tries = Array.from({ length: 5 }, () =>
    visitor.post('/sign-in/code', { ...asked, code: another(asked.code) }),
  )
  for (const tried of await Promise.all(tries)) {
    expect(tried.status).toBe(422)
    expect(await tried.text()).toContain('These are not the digits of the newest mail')
  }
  expect((await visitor.post('/sign-in/code', asked)).status).toBe(410)
  const link = mailbox.mails.findLast((one) => one.to[0] === asked.email)!.source.replaceAll('=\r\n', '')
  const token = /token=3D([\w-]{43})/.exec(link)![1]!
  expect((await visitor.post('/sign-in/link', { token, to: '/' })).status).toBe(303)
})

test('the code is nothing without the page that asked for it, and good once', async () => {
  await visitor.signIn('fulmar@quill.example', 'Fulmar')
  const asked = await askForCode('fulmar@quill.example')
  const elsewhere = await askForCode('somebody@quill.example')
  expect((await visitor.post('/sign-in/code', { ...asked, ask: elsewhere.ask })).status).toBe(
    asked.code === elsewhere.code ? 303 : 422,
  )
  expect((await visitor.post('/sign-in/code', { ...asked, ask: 'x'.repeat(43) })).status).toBe(410)
  expect((await visitor.post('/sign-in/code', asked)).status).toBe(303)
  expect((await visitor.post('/sign-in/code', asked)).status).toBe(410)
})

test('neither code nor address stands in the database', async () => {
  const asked = await askForCode('shearwater@quill.example')
  const kept = JSON.stringify(await newsroom.app.db.selectFrom('once').selectAll().execute())
  for (const secret of ['shearwater', asked.ask, `"${asked.code}"`]) expect(kept).not.toContain(secret)
})
