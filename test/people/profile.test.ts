/** Profiles: what anybody may know of a person, and those who are not here any more. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { avatarColour, initialsOf } from '../../src/people/avatar.ts'
import { usualDoor } from '../../src/settings/door.ts'
import { changeDoor } from '../../src/stories/site-actions.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'

let newsroom: Newsroom
let story: string
beforeAll(async () => {
  newsroom = await startNewsroom()
  story = await newsroom.putStory()
})
afterAll(() => newsroom?.close())

const nobody = '01890000-0000-7000-8000-000000000000'
const idOf = async (name: string): Promise<string> =>
  (await newsroom.call('GET', '/api/me', { token: await newsroom.tokenOf(name) })).json<{ id: string }>().id
const pageOf = async (id: string, query = '') => newsroom.call('GET', `/p/${id}${query}`)
const erase = async (name: string): Promise<string> => {
  const id = await idOf(name)
  await newsroom.app.db
    .updateTable('person')
    .set({ claim: 'erased', name: '', skeleton: '', identityId: null, erasedAt: newsroom.app.now() })
    .where('id', '=', id)
    .execute()
  newsroom.app.pages.forgetSite(newsroom.app.site.id)
  return id
}

test('a profile says what somebody wrote and since when, and only what everyone can read', async () => {
  await newsroom.comment(story, 'Ada Quay', 'The first word.')
  const held = await newsroom.comment(story, 'Ada Quay', 'The canary word.')
  await newsroom.call('POST', `/api/stories/${story}/comments/${held}/decisions`, {
    token: await newsroom.tokenOf('Tove Desk', 'moderator'),
    body: { action: 'hold', reason: 'spam' },
  })
  const id = await idOf('Ada Quay')
  const page = await pageOf(id)
  expect(page.status).toBe(200)
  expect(page.headers.get('cache-control')).toBe('private, no-store')
  expect(page.text).toContain('The first word.')
  expect(page.text).toContain('1 published comment')
  expect(page.text).not.toContain('canary')
  expect(page.text).toContain('<meta name="robots" content="noindex"/>')
  const answer = await newsroom.call('GET', `/api/people/${id}`)
  expect(answer.json()).toEqual({
    id,
    name: 'Ada Quay',
    role: 'reader',
    badge: null,
    claimed: true,
    since: newsroom.app.now().toISOString().slice(0, 10),
    comments: 1,
  })
})

test('the list goes on, page by page, with no comment twice', async () => {
  for (let n = 0; n < 33; n++) await newsroom.comment(story, 'Bo Harbour', `Word number ${n}.`)
  const id = await idOf('Bo Harbour')
  const seen: string[] = []
  for (let path: string | undefined = ''; path !== undefined; ) {
    const { text } = await pageOf(id, path)
    seen.push(...[...text.matchAll(/Word number (\d+)\./g)].map(([, n]) => n!))
    path = /href="\/p\/[^"?]+(\?after=[^"]+)"/.exec(text)?.[1]
  }
  expect(seen).toEqual(Array.from({ length: 33 }, (_, n) => String(32 - n)))
})

test('nobody, someone erased and someone of another site have no profile', async () => {
  const { db } = newsroom.app
  const erased = await erase('Eve Gone')
  const site = await db.selectFrom('site').selectAll().executeTakeFirstOrThrow()
  await db
    .insertInto('site')
    .values({ ...site, id: nobody, address: 'https://other.example', door: '{}', createdAt: new Date() })
    .execute()
  const other = nobody.replace('0189', '0188')
  await db
    .insertInto('person')
    .values({ id: other, siteId: nobody, name: 'Ulf', skeleton: 'ulf', createdAt: new Date() })
    .execute()
  for (const id of [nobody, erased, other, 'x']) {
    expect((await pageOf(id)).status, id).toBe(404)
    expect((await newsroom.call('GET', `/api/people/${id}`)).json(), id).toMatchObject({
      type: '/problems/person-unknown',
    })
  }
})

test('someone erased is “a former reader” wherever they wrote: page, API, quote, JSON-LD, fragment, search, desk', async () => {
  const id = await newsroom.comment(story, 'Gone Girl', 'The ferry bell is cracked.')
  const quote = await newsroom.call('POST', `/api/stories/${story}/comments`, {
    token: await newsroom.tokenOf('Cy Strand'),
    body: { text: 'Is it?', parent: id, quotes: [{ comment: id, exact: 'bell is cracked' }] },
  })
  expect(quote.status).toBe(201)
  await erase('Gone Girl')
  const page = await newsroom.call('GET', `/s/${story}?sort=newest`)
  const fragment = await newsroom.call('GET', `/fragment?story=${story}&sort=newest`)
  for (const { text } of [page, fragment]) {
    expect(text).toMatch(/<b class="comment-name"><bdi>A former reader<\/bdi><\/b>/)
    expect(text).toContain('A former reader wrote')
    expect(text).not.toContain('Gone Girl')
  }
  expect(page.text).toContain('"author":{"@type":"Person","name":"A former reader"}')
  const api = await newsroom.call('GET', `/api/stories/${story}/comments/${id}`)
  expect(api.json()).toMatchObject({ author: { name: 'A former reader', claimed: false } })
  expect((await newsroom.call('GET', '/search?q=cracked')).text).toContain('A former reader')
  expect((await newsroom.call('GET', `/s/${story}/c/${id}`)).text).toContain('Comment by A former reader')
  expect((await newsroom.call('GET', `/s/${story}?sort=newest&lang=en`)).text).not.toContain(`/p/${id}`)
  const items = await newsroom.call('GET', `/fragment/items?story=${story}&ids=${id}`)
  expect(items.text).toContain('A former reader')
  await newsroom.call('POST', `/api/stories/${story}/comments/${id}/decisions`, {
    token: await newsroom.tokenOf('Tove Desk', 'moderator'),
    body: { action: 'hold', reason: 'spam' },
  })
  const queue = await newsroom.call('GET', '/api/queue', {
    token: await newsroom.tokenOf('Tove Desk', 'moderator'),
  })
  expect(queue.text).toContain('A former reader')
  const desk = await newsroom.call('GET', '/desk', {
    token: await newsroom.tokenOf('Tove Desk', 'moderator'),
  })
  expect(desk.text).toContain('A former reader')
})

test('a name leads to its profile, from the page and from a newsroom’s page', async () => {
  const id = await idOf('Bo Harbour')
  expect((await newsroom.call('GET', `/s/${story}`)).text).toContain(
    `<a href="/p/${id}"><bdi>Bo Harbour</bdi></a>`,
  )
  expect((await newsroom.call('GET', `/fragment?story=${story}`)).text).toContain(
    `<a href="${newsroom.origin}/p/${id}"><bdi>Bo Harbour</bdi></a>`,
  )
})

test('initials stand beside names only where a site wants them, and are not read out', async () => {
  const of = async () => (await newsroom.call('GET', `/s/${story}`)).text
  expect(await of()).not.toContain('class="avatar')
  const { app } = newsroom
  await changeDoor(app, { ...usualDoor, avatars: true })
  expect(await of()).toMatch(/<span class="avatar avatar-[0-7]" aria-hidden="true">BH<\/span>/)
  await changeDoor(app, usualDoor)
})

test.each([
  ['Ada Quay', 'AQ'],
  ['ada', 'A'],
  ['Jean-Luc de la Mer', 'JM'],
  ['7 Seas', '7'],
  ['Élodie ß', 'ÉSS'],
  ['e\u0301lodie', 'E\u0301'],
  ['佐藤 花子', '佐'],
  ['김철수', '김'],
  ['ليلى البحر', 'ل'],
  ['कृष्ण राव', 'कृ'],
  ['👩‍👧 Mara', 'M'],
  ['Ελένη Θάλασσα', 'ΕΘ'],
])('initials of %s are %s, in any script', (name, initials) => expect(initialsOf(name)).toBe(initials))

test('a person keeps their colour', () => {
  expect(avatarColour(nobody)).toBe(0)
  expect(avatarColour(nobody.replace(/.$/, 'b'))).toBe(3)
})
