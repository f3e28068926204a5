/** Names: nobody passes for another, nor for the newsroom; what one was called before is kept for moderators. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { listNames } from '../../src/people/me-store.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { type Mailbox, startMailbox } from './mailbox.ts'
import { Visitor } from './visitor.ts'

let newsroom: Newsroom
let mailbox: Mailbox
let ahead = 0
let ada: Visitor
beforeAll(async () => {
  mailbox = await startMailbox()
  newsroom = await startNewsroom({ smtpUrl: mailbox.url })
  newsroom.app.now = () => new Date(Date.now() + ahead)
  for (const name of ['Paula Admiral', 'Ian Shoal', 'Straße Süd', 'Иван Морской'])
    await new Visitor(newsroom, mailbox).signIn(`${Buffer.from(name).toString('hex')}@quill.example`, name)
  await newsroom.tokenOf('Tove Marsh', 'moderator')
  ada = new Visitor(newsroom, mailbox)
  await ada.signIn('ada@quill.example', 'Ada Quill')
})
afterAll(async () => {
  await newsroom?.close()
  await mailbox?.stop()
})
/** Past the wait between two changes. */
beforeEach(() => {
  ahead += 31 * 24 * 3600_000
})

const rename = async (name: string) => {
  await ada.signIn('ada@quill.example', 'Ada Quill')
  return ada.post('/me/name', { name })
}

test.each([
  ['Cyrillic letters', 'Раula Admiral'],
  ['the other case', 'PAULA ADMIRAL'],
  ['no blank', 'PaulaAdmiral'],
  ['a zero-width joiner', 'Paula\u200d Admiral'],
  ['full width', 'Ｐａｕｌａ Ａｄｍｉｒａｌ'],
  ['an L for an I', 'lan Shoal'],
  ['a name of staff', 'Tove Marsh'],
  ['a name of staff in Greek letters', 'Τοvε Marsh'],
  ['Latin letters for a Cyrillic name', 'Иван Mopской'],
])('look-alike names: with %s, “%s” is another’s', async (_, name) => {
  expect([409, 422]).toContain((await rename(name)).status)
  expect((await ada.whoAmI()).name).not.toBe(name)
})

test.each(['Newsroom', 'Moderator', 'モデレーター', 'Detente', 'EDITOR', 'Еditor'])(
  'look-alike names: “%s” would pass for the newsroom',
  async (name) => expect((await rename(name)).status).toBe(422),
)

test('bidi: a name that would turn its surroundings round is kept without what turns it', async () => {
  expect((await rename('\u202eMirror\u202c \u2066Mara\u2069\u200f')).status).toBe(303)
  expect((await ada.whoAmI()).name).toBe('Mirror Mara')
  const { id } = await ada.whoAmI()
  expect(await (await ada.get(`/p/${id}`)).text()).toContain('<bdi>Mirror Mara</bdi>')
})

test('bidi: a name of a script from right to left is kept as it is', async () => {
  expect((await rename('ليلى البحر')).status).toBe(303)
  expect((await ada.whoAmI()).name).toBe('ليلى البحر')
})

test('a name can be changed again only after a while, and moderators see what it was', async () => {
  expect((await rename('Ada Ebb')).status).toBe(303)
  const soon = await ada.post('/me/name', { name: 'Ada Flood' })
  expect(soon.status).toBe(429)
  expect(Number(soon.headers.get('retry-after'))).toBeGreaterThan(29 * 24 * 3600)
  expect(await soon.text()).toContain('value="Ada Flood"')
  ahead += 31 * 24 * 3600_000
  expect((await rename('Ada Flood')).status).toBe(303)
  const { id } = await ada.whoAmI()
  const names = (await listNames(newsroom.app.db, id!)).map(({ name }) => name)
  expect(names.slice(0, 2)).toEqual(['Ada Ebb', 'ليلى البحر'])
  expect(names.at(-1)).toBe('Ada Quill')
})
