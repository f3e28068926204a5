import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Role } from '../../src/database/tables.ts'
import { makeDisposableList } from '../../src/people/disposable-mail.ts'
import { readDomain, ruleFor } from '../../src/people/domain-rules.ts'
import { type Door, usualDoor } from '../../src/settings/door.ts'
import { changeDomainRule, changeDoor } from '../../src/stories/site-actions.ts'
import { type Answer, type Newsroom, startNewsroom } from '../newsroom.ts'
import { type Mailbox, startMailbox } from './mailbox.ts'
import { Visitor } from './visitor.ts'

const page = '/desk/people/door'
/** A notice may be lost: then it takes two seconds. */
const patient = { timeout: 10_000 }

test.each<[string, string | null]>([
  ['mail.example', 'mail.example'],
  [' Mail.Example. ', 'mail.example'],
  ['@mail.example', 'mail.example'],
  ['ada@mail.example', 'mail.example'],
  ['bücher.example', 'xn--bcher-kva.example'],
  ['example', null],
  ['mail example', null],
  ['-a.example', null],
  ['10.0.0.7', null],
  ['', null],
])('as a domain “%s” is %s', (typed, domain) => {
  expect(readDomain(typed)).toEqual(domain ?? expect.objectContaining({ problem: 'body-invalid' }))
})

test('of a domain’s rules, the one for the longest name counts, and none for what only ends alike', () => {
  const rules = [
    { domain: 'mail.example', effect: 'refuse' },
    { domain: 'press.mail.example', effect: 'look-first' },
  ] as const
  const of = (address: string) => ruleFor([...rules], address)
  expect(of('ada@mail.example')).toBe('refuse')
  expect(of('ada@eu.mail.example')).toBe('refuse')
  expect(of('ada@press.mail.example')).toBe('look-first')
  expect(of('ada@hotmail.example')).toBeUndefined()
  expect(of('mail.example@quill.example')).toBeUndefined()
})

test('the operator’s list of throw-away mailboxes is added to the short one', () => {
  const file = join(tmpdir(), `disposable-${process.pid}.txt`)
  writeFileSync(file, '# mine\nTenMinutes.example\n\nnowhere.example\r\n')
  const isDisposable = makeDisposableList(file)
  for (const domain of ['mailinator.com', 'tenminutes.example', 'nowhere.example'])
    expect(isDisposable(domain)).toBe(true)
  for (const domain of ['quill.example', 'mine', '#', '']) expect(isDisposable(domain)).toBe(false)
  expect(makeDisposableList(null)('tenminutes.example')).toBe(false)
})

let newsroom: Newsroom
let mailbox: Mailbox
let story: string
let visitor: Visitor
beforeAll(async () => {
  mailbox = await startMailbox()
  newsroom = await startNewsroom({ smtpUrl: mailbox.url })
  story = await newsroom.putStory()
})
afterAll(async () => {
  await newsroom?.close()
  await mailbox?.stop()
})
const setDoor = (door: Partial<Door>) => changeDoor(newsroom.app, { ...usualDoor, ...door })
beforeEach(async () => {
  visitor = new Visitor(newsroom, mailbox)
  await setDoor({})
})

async function desk(role: Role, path = page, fields?: Record<string, string>): Promise<Answer> {
  const cookie = `detente=${await newsroom.sessionTokenOf(`Desk ${role}`, role, null)}`
  const headers = { cookie, accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' }
  return fields
    ? newsroom.call('POST', path, { body: new URLSearchParams(fields).toString(), headers })
    : newsroom.call('GET', path, { headers })
}
async function write(who: Visitor, text: string): Promise<string> {
  const { status, id } = await (await who.call(`/api/stories/${story}/comments`, { text })).json()
  expect(['published', 'pending']).toContain(status)
  lastId = id
  return status
}
let lastId: string
const publish = async () => {
  const answer = await newsroom.call('POST', `/api/stories/${story}/comments/${lastId}/decisions`, {
    token: await newsroom.tokenOf('Desk moderator', 'moderator'),
    body: { action: 'approve' },
  })
  expect(answer.status, answer.text).toBeLessThan(300)
}

test.each<[string, Record<string, string>, Partial<Door>]>([
  ['nothing ticked', { guests: 'off', renameDays: '30' }, {}],
  ['guests', { guests: 'looked-at', renameDays: '30' }, { guests: 'looked-at' }],
  ['open guests', { guests: 'open', renameDays: '30' }, { guests: 'open' }],
  ['passwords', { guests: 'off', renameDays: '30', passwords: 'yes' }, { passwords: true }],
  ['a look at first comments', { guests: 'off', renameDays: '30', firstLook: 'yes' }, { firstLook: true }],
  [
    'no throw-away mail',
    { guests: 'off', renameDays: '30', disposable: 'yes' },
    { disposableMail: 'refuse' },
  ],
  ['days between names', { guests: 'off', renameDays: '0' }, { renameDays: 0 }],
  ['initials', { guests: 'off', renameDays: '30', avatars: 'yes' }, { avatars: true }],
])('an admin decides: %s', async (_, fields, door) => {
  const saved = await desk('admin', page, fields)
  expect([saved.status, saved.headers.get('location')]).toEqual([303, `${page}?saved=1&lang=en`])
  expect(newsroom.app.site.door).toEqual({ ...usualDoor, ...door })
  const shown = (await desk('admin')).text
  for (const [name, value] of Object.entries(fields))
    expect(shown).toMatch(
      new RegExp(
        `<input[^>]*name="${name}"[^>]*value="${value}"${name === 'renameDays' ? '' : '[^>]*checked'}`,
      ),
    )
})

test('only an admin may see and decide it', async () => {
  for (const role of ['reader', 'moderator', 'editor'] as const) {
    expect((await desk(role)).status).toBe(403)
    expect((await desk(role, page, { guests: 'open', renameDays: '30' })).status).toBe(403)
    expect((await desk(role, `${page}/domains`, { domain: 'a.example', effect: 'refuse' })).status).toBe(403)
  }
  expect(newsroom.app.site.door).toEqual(usualDoor)
})

test.each([
  ['days', { guests: 'off', renameDays: '366', passwords: 'yes' }],
  ['days that are none', { guests: 'off', renameDays: 'often', passwords: 'yes' }],
  ['guests of another kind', { guests: 'all', renameDays: '30', passwords: 'yes' }],
])('what cannot be saved comes back as it was typed: %s', async (_, fields) => {
  const refused = await desk('admin', page, fields)
  expect(refused.status).toBe(422)
  expect(refused.text).toContain(`value="${fields.renameDays}"`)
  expect(refused.text).toMatch(/name="passwords" value="yes" checked/)
  expect(newsroom.app.site.door).toEqual(usualDoor)
})

test('an admin who has not used a passkey cannot ask one of the whole newsroom and so lock themselves out', async () => {
  const refused = await desk('admin', page, { guests: 'off', renameDays: '30', staffPasskey: 'yes' })
  expect(refused.status).toBe(403)
  expect(refused.text).toContain('/sign-in/passkey?to=%2Fdesk%2Fpeople%2Fdoor')
  expect(newsroom.app.site.door.staffPasskey).toBe(false)
})

test('another process of the installation hears of it', async () => {
  const second = await startNewsroom({}, newsroom.database)
  await setDoor({ guests: 'open' })
  await changeDomainRule(newsroom.app, 'heard.example', 'refuse')
  await expect.poll(() => second.app.site.door.guests, patient).toBe('open')
  await expect
    .poll(() => second.app.site.domainRules, patient)
    .toEqual([{ domain: 'heard.example', effect: 'refuse' }])
  await changeDomainRule(newsroom.app, 'heard.example', null)
  await expect.poll(() => second.app.site.domainRules, patient).toEqual([])
  await second.close()
})

test('an admin adds a rule for a domain, changes and removes it', async () => {
  const path = `${page}/domains`
  const rules = () => newsroom.app.site.domainRules
  expect((await desk('admin', path, { domain: 'Spam.Example', effect: 'refuse' })).status).toBe(303)
  expect(rules()).toEqual([{ domain: 'spam.example', effect: 'refuse' }])
  expect((await desk('admin')).text).toContain('<bdi dir="ltr">spam.example</bdi>')
  await desk('admin', path, { domain: 'spam.example', effect: 'look-first' })
  expect(rules()).toEqual([{ domain: 'spam.example', effect: 'look-first' }])
  const refused = await desk('admin', path, { domain: 'no domain', effect: 'refuse' })
  expect(refused.status).toBe(422)
  expect(refused.text).toContain('value="no domain"')
  await desk('admin', path, { domain: 'spam.example', effect: 'none' })
  expect(rules()).toEqual([])
})

test('a newcomer from a domain that is turned away is told so, whoever has an account comes in, and asking tells nobody which', async () => {
  const member = new Visitor(newsroom, mailbox)
  await member.signIn('old@spam.example', 'Old Hand')
  await changeDomainRule(newsroom.app, 'spam.example', 'refuse')
  const token = await visitor.askForLink('new@spam.example')
  const shown = await visitor.get(`/sign-in/link?token=${token}`)
  expect(await shown.text()).toContain('Addresses of this mail service are not taken here.')
  const refused = await visitor.post('/sign-in/link', { token, name: 'New Hand' })
  expect(refused.status).toBe(422)
  expect(await refused.text()).toContain('value="New Hand"')
  expect((await visitor.whoAmI()).status).toBe(401)
  const phone = new Visitor(newsroom, mailbox)
  await phone.post('/sign-in/link', { token: await phone.askForLink('old@spam.example') })
  expect((await phone.whoAmI()).name).toBe('Old Hand')
  await changeDomainRule(newsroom.app, 'spam.example', null)
  expect((await visitor.post('/sign-in/link', { token, name: 'New Hand' })).status).toBe(303)
})

test('nobody goes over to an address that is turned away', async () => {
  await setDoor({ disposableMail: 'refuse' })
  await visitor.signIn('kit@quill.example', 'Kit Quill')
  const refused = await visitor.post('/me/address', { email: 'kit@mailinator.com' })
  expect(refused.status).toBe(422)
  expect(mailbox.mails.some(({ to }) => to.includes('kit@mailinator.com'))).toBe(false)
})

test('throw-away addresses are taken unless the site says no; a rule of its own goes before the list', async () => {
  await visitor.signIn('one@mailinator.com', 'Lou One')
  expect((await visitor.whoAmI()).name).toBe('Lou One')
  await setDoor({ disposableMail: 'refuse' })
  const second = new Visitor(newsroom, mailbox)
  await second.signIn('two@eu.mailinator.com', 'Lou Two')
  expect((await second.whoAmI()).status).toBe(401)
  await changeDomainRule(newsroom.app, 'mailinator.com', 'look-first')
  await second.signIn('two@eu.mailinator.com', 'Lou Two')
  expect((await second.whoAmI()).name).toBe('Lou Two')
  expect(await write(second, 'I am looked at.')).toBe('pending')
  await changeDomainRule(newsroom.app, 'mailinator.com', null)
})

test('where first comments are looked at, one waits until an editor has published one; staff never do', async () => {
  await setDoor({ firstLook: true })
  await visitor.signIn('mo@quill.example', 'Mo Quill')
  expect(await write(visitor, 'The first.')).toBe('pending')
  expect(await write(visitor, 'The second, before anybody looked.')).toBe('pending')
  await publish()
  expect(await write(visitor, 'The third.')).toBe('published')
  const staff = await newsroom.call('POST', `/api/stories/${story}/comments`, {
    token: await newsroom.tokenOf('Desk moderator', 'moderator'),
    body: { text: 'We fixed the timetable.' },
  })
  expect(staff.json<{ status: string }>().status).toBe('published')
})

test('what an editor looked at is looked at again when it becomes something else', async () => {
  await setDoor({ firstLook: true })
  await visitor.signIn('nia@quill.example', 'Nia Quill')
  await write(visitor, 'A kind word.')
  await publish()
  const path = `/s/${story}/c/${lastId}`
  expect((await visitor.post(`${path}/edit`, { text: 'Buy my pills.' })).status).toBe(303)
  const read = await newsroom.call('GET', `/api/stories/${story}/comments/${lastId}`)
  expect(read.text).not.toContain('pills')
})

test('a rule that looks at a domain holds for who is here already, and for no one else', async () => {
  await visitor.signIn('ola@press.example', 'Ola Press')
  const other = new Visitor(newsroom, mailbox)
  await other.signIn('pim@quill.example', 'Pim Quill')
  expect(await write(visitor, 'Before the rule.')).toBe('published')
  await changeDomainRule(newsroom.app, 'press.example', 'look-first')
  expect(await write(visitor, 'After the rule.')).toBe('pending')
  expect(await write(other, 'Not about me.')).toBe('published')
  await changeDomainRule(newsroom.app, 'press.example', null)
  expect(await write(visitor, 'Without it again.')).toBe('published')
})
