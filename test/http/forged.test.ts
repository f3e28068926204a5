/** Forms that another site sends with our reader's cookie do nothing. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listRoutes, type Newsroom, startNewsroom } from '../newsroom.ts'

let news: Newsroom
let story: string

beforeAll(async () => {
  news = await startNewsroom({ origins: ['https://news.example'] })
  story = await news.putStory()
})
afterAll(() => news?.close())

const forms: [string, Record<string, string>][] = [
  ['/s/:story/comments', { text: 'Forged.' }],
  ['/s/:story/c/:comment/respect', {}],
  ['/s/:story/c/:comment/edit', { text: 'Forged.' }],
  ['/s/:story/c/:comment/delete', {}],
  ['/s/:story/c/:comment/report', { reason: 'spam' }],
  ['/desk/decide/:story/:comment', { action: 'remove', reason: 'spam' }],
  ['/sign-in', { email: 'ada@quay.example' }],
  ['/sign-in/link', { token: 'x' }],
  ['/sign-in/invitation', { token: 'x', name: 'Eve' }],
  ['/sign-out', {}],
  ['/me/name', { name: 'Forged' }],
  ['/me/language', { language: 'ja' }],
  ['/me/notify', { reply: 'off', answer: 'off', pick: 'off', decision: 'off', story: 'off', mention: 'off' }],
  ['/me/address', { email: 'eve@quay.example' }],
  ['/me/address/confirm', { token: 'x' }],
  ['/me/ways/remove', { way: 'x' }],
  ['/me/erase', { kind: 'remove', name: 'Ada' }],
  ['/me/claim', { person: 'x' }],
  ['/me/sessions/end', { session: 'x' }],
  ['/me/sessions/others', {}],
  ['/me/sessions/all', {}],
  ['/p/:person/mute', { to: '/' }],
  ['/p/:person/unmute', { to: '/' }],
  ['/s/:story/follow', {}],
  ['/s/:story/unfollow', { to: '/' }],
  ['/desk/stories/edit', { external: 'forged', title: 'Forged', body: '' }],
  ['/desk/gate', { mode: 'off', site: '1' }],
  [
    '/desk/site',
    { name: 'Forged', language: 'en', timeZone: 'UTC', rules: '', origins: 'https://evil.example' },
  ],
  ['/desk/key', {}],
  ['/desk/people/:person/sanctions', { kind: 'ban', reason: 'spam', step: 'take' }],
  ['/desk/sanctions/:sanction/lift', { reason: 'mistake' }],
  ['/desk/people/:person/role', { role: 'reader' }],
  ['/desk/people/invitations', { role: 'admin', badge: '', hours: '24' }],
  ['/desk/people/invitations/:invitation/revoke', {}],
  ['/desk/people/sso', { label: 'Forged', kind: 'make' }],
  ['/desk/people/sso/check', { token: 'a.b.c' }],
  ['/desk/people/sso/:key/retire', {}],
  ['/desk/people/door', { guests: 'open', renameDays: '0' }],
  ['/desk/people/door/domains', { domain: 'quay.example', effect: 'refuse' }],
  ['/desk/people/providers', { kind: 'oidc', name: 'Forged', issuer: 'https://evil.example' }],
  ['/desk/people/providers/:provider/retire', {}],
  ['/desk/people/providers/:provider/secret', { secret: 'forged' }],
  ['/desk/people/providers/:provider/try', {}],
  ['/me/passkeys', { to: '/', response: '{}' }],
  ['/me/passkeys/remove', { passkey: 'x' }],
  ['/me/passkeys/rename', { passkey: 'x', name: 'Forged' }],
  ['/me/password', { password: 'blue lamp under the stairs' }],
  ['/me/password/remove', { remove: 'yes' }],
  ['/sign-in/code', { ask: 'x', code: '123456', email: 'ada@quay.example' }],
  ['/sign-in/guest', { name: 'Forged' }],
  ['/sign-in/passkey', { to: '/', response: '{}' }],
  ['/sign-in/passkey/begin', { for: 'sign-in' }],
  ['/sign-in/password', { email: 'ada@quay.example', password: 'x' }],
  ['/sign-in/provider/:provider', {}],
  ['/sign-in/visit/go', { code: 'x', to: '/' }],
]

/** Taken from other pages: they change nothing, and no cookie counts in them. */
const open = ['/s/:story/c/:comment/quote', '/sign-in/visit']

test('every form of the server is in the table but those that change nothing', () => {
  const posts = listRoutes(news.running).filter(
    (route) => route.startsWith('POST ') && !route.includes('/api/'),
  )
  expect(posts.map((route) => route.slice(5)).sort()).toEqual(
    [...forms.map(([path]) => path), ...open].sort(),
  )
})

test.each<[string, Record<string, string>]>([
  ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
  ['a neighbour’s subdomain', { 'sec-fetch-site': 'same-site', origin: 'http://localhost:9' }],
  ['the newsroom’s own page', { 'sec-fetch-site': 'cross-site', origin: 'https://news.example' }],
  ['a page that hides its origin', { origin: 'null' }],
  ['another site, by an old browser', { origin: 'https://evil.example' }],
])('a form from %s does nothing with our cookie', async (_, from) => {
  const cookie = `detente=${await news.sessionTokenOf('Ines Marsh', 'admin', null)}`
  const own = await news.comment(story, 'Ines Marsh', 'Mine to change.')
  const snapshot = async () =>
    JSON.stringify([
      await tableOf('comment'),
      await tableOf('ballot'),
      await tableOf('report'),
      await tableOf('decision'),
      await tableOf('site'),
      await tableOf('siteKey'),
      await tableOf('story'),
      await tableOf('person'),
    ])
  const before = await snapshot()
  for (const [path, fields] of forms) {
    const address = path.replace(':story', story).replace(':comment', own).replace(':person', own)
    const type = 'application/x-www-form-urlencoded'
    const answer = await news.call('POST', address, {
      body: new URLSearchParams(fields).toString(),
      headers: { cookie, 'content-type': type, ...from },
    })
    expect(answer.status, path).toBe(403)
    expect(answer.headers.get('set-cookie'), path).toBeNull()
  }
  const api = await news.call('POST', `/api/stories/${story}/comments`, {
    body: { text: 'Forged.' },
    headers: { cookie, ...from },
  })
  expect(api.json()).toMatchObject({ type: '/problems/origin-foreign' })
  expect(await snapshot()).toBe(before)
})

const tableOf = (
  table: 'comment' | 'ballot' | 'report' | 'decision' | 'site' | 'siteKey' | 'story' | 'person',
) => news.app.db.selectFrom(table).selectAll().execute()

test('the same forms from our own page are taken', async () => {
  const cookie = `detente=${await news.sessionTokenOf('Ines Marsh', 'admin', null)}`
  for (const from of [{ 'sec-fetch-site': 'same-origin', origin: news.origin }, { origin: news.origin }]) {
    const headers = { cookie, 'content-type': 'application/x-www-form-urlencoded', ...from }
    const answer = await news.call('POST', `/s/${story}/comments`, {
      body: new URLSearchParams({ text: `By ${JSON.stringify(from)}` }).toString(),
      headers,
    })
    expect(answer.status).toBe(303)
  }
})

test('a comment that another site’s form brought stands ready to be sent by its writer, who decides', async () => {
  const cookie = `detente=${await news.sessionTokenOf('Ines Marsh', 'admin', null)}`
  const headers = {
    cookie,
    'content-type': 'application/x-www-form-urlencoded',
    'sec-fetch-site': 'cross-site',
    origin: 'https://news.example',
  }
  const answer = await news.call('POST', `/s/${story}/comments`, {
    body: new URLSearchParams({ text: 'Typed <elsewhere>.' }).toString(),
    headers,
  })
  expect(answer.status).toBe(403)
  expect(answer.text).toContain('Typed &lt;elsewhere>.')
})
