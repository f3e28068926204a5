/** Muting: one reader's own, and nobody else's. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { type Mailbox, startMailbox } from './mailbox.ts'
import { Visitor } from './visitor.ts'

let newsroom: Newsroom
let mailbox: Mailbox
let story: string
beforeAll(async () => {
  mailbox = await startMailbox()
  newsroom = await startNewsroom({ smtpUrl: mailbox.url })
  story = await newsroom.putStory()
})
afterAll(async () => {
  await newsroom?.close()
  await mailbox?.stop()
})

const nobody = '01890000-0000-7000-8000-000000000000'

const idOf = async (name: string): Promise<string> =>
  (await newsroom.call('GET', '/api/me', { token: await newsroom.tokenOf(name) })).json<{ id: string }>().id
const act = async (method: string, person: string, name?: string) =>
  newsroom.call(method, `/api/people/${person}/mute`, name ? { token: await newsroom.tokenOf(name) } : {})
const mineOf = async (name: string) =>
  (await newsroom.call('GET', `/api/stories/${story}/mine`, { token: await newsroom.tokenOf(name) })).json<{
    muted: string[]
    mutedComments: number
  }>()

test('who is muted is told to the one who muted, with how many comments are theirs, and to nobody else', async () => {
  await newsroom.comment(story, 'Loud Larry', 'Listen.')
  await newsroom.comment(story, 'Loud Larry', 'Listen to me.')
  const larry = await idOf('Loud Larry')
  expect((await act('PUT', larry, 'Ada Quay')).json()).toEqual({ person: larry, muted: true })
  expect((await act('PUT', larry, 'Ada Quay')).status).toBe(200)
  expect(await mineOf('Ada Quay')).toMatchObject({ muted: [larry], mutedComments: 2 })
  expect(await mineOf('Bo Harbour')).toMatchObject({ muted: [], mutedComments: 0 })
  expect(await mineOf('Loud Larry')).toMatchObject({ muted: [], mutedComments: 0 })
  expect((await act('DELETE', larry, 'Ada Quay')).json()).toEqual({ person: larry, muted: false })
  expect(await mineOf('Ada Quay')).toMatchObject({ muted: [], mutedComments: 0 })
  expect((await act('DELETE', larry, 'Ada Quay')).status).toBe(200)
})

test('a comment of theirs that is not to be seen is not counted', async () => {
  const id = await newsroom.comment(story, 'Cy Strand', 'Soon gone.')
  await act('PUT', await idOf('Cy Strand'), 'Di Shoal')
  expect((await mineOf('Di Shoal')).mutedComments).toBe(1)
  await newsroom.call('POST', `/api/stories/${story}/comments/${id}/decisions`, {
    token: await newsroom.tokenOf('Tove Desk', 'moderator'),
    body: { action: 'hold', reason: 'spam' },
  })
  expect((await mineOf('Di Shoal')).mutedComments).toBe(0)
})

test('one can mute staff, not oneself, and nobody who is not here', async () => {
  expect((await act('PUT', await idOf('Tove Desk'), 'Ada Quay')).status).toBe(200)
  expect((await act('PUT', await idOf('Ada Quay'), 'Ada Quay')).json()).toMatchObject({
    type: '/problems/not-allowed',
  })
  for (const person of [nobody, 'x', `${nobody}0`])
    expect((await act('PUT', person, 'Ada Quay')).json()).toMatchObject({ type: '/problems/person-unknown' })
  expect((await act('PUT', await idOf('Tove Desk'))).status).toBe(401)
  await newsroom.app.db
    .updateTable('person')
    .set({ claim: 'erased', name: '', skeleton: '' })
    .where('id', '=', await idOf('Eve Gone'))
    .execute()
  const erased = await newsroom.app.db
    .selectFrom('person')
    .select('id')
    .where('claim', '=', 'erased')
    .execute()
  expect((await act('PUT', erased[0]!.id, 'Ada Quay')).status).toBe(404)
})

test('the same by forms: from the profile and from the comment, with the list on one’s own page', async () => {
  const visitor = new Visitor(newsroom, mailbox)
  const comment = await newsroom.comment(story, 'Flo Tide', 'High water.')
  const flo = await idOf('Flo Tide')
  const stranger = await visitor.post(`/p/${flo}/mute`, { to: `/p/${flo}` })
  expect(stranger.headers.get('location')).toBe(`/sign-in?to=${encodeURIComponent(`/p/${flo}`)}`)
  await visitor.signIn('hal@quill.example', 'Hal Reed')
  const more = `/s/${story}/c/${comment}/more`
  expect(await (await visitor.get(more)).text()).toContain(`action="/p/${flo}/mute"`)
  const muted = await visitor.post(`/p/${flo}/mute`, { to: `${more}#mute` })
  expect([muted.status, muted.headers.get('location')]).toEqual([303, `${more}#mute`])
  expect(await (await visitor.get(more)).text()).toContain(`action="/p/${flo}/unmute"`)
  expect(await (await visitor.get('/me/reading')).text()).toContain('Flo Tide')
  const back = await visitor.post(`/p/${flo}/unmute`, { to: '/me/reading' })
  expect(back.headers.get('location')).toBe('/me/reading')
  expect(await (await visitor.get('/me/reading')).text()).not.toContain('Flo Tide')
})

test('open redirect: a form leads only to paths of ours', async () => {
  const visitor = new Visitor(newsroom, mailbox)
  await visitor.signIn('hal@quill.example', 'Hal Reed')
  const flo = await idOf('Flo Tide')
  for (const to of ['https://evil.example', '//evil.example', '/\\evil.example'])
    expect((await visitor.post(`/p/${flo}/mute`, { to })).headers.get('location')).toBe('/')
})

test('a live event says whose words came, so that pages need not announce what is muted', async () => {
  const id = await newsroom.comment(story, 'Gus Ebb', 'Low water.')
  const events = async () =>
    (await newsroom.call('GET', `/api/stories/${story}/events`)).json<{
      items: { comment: string; author: string | null }[]
    }>().items
  expect((await events()).find(({ comment }) => comment === id)?.author).toBe(await idOf('Gus Ebb'))
  await newsroom.call('DELETE', `/api/stories/${story}/comments/${id}`, {
    token: await newsroom.tokenOf('Gus Ebb'),
  })
  expect((await events()).filter(({ comment, author }) => comment === id && author !== null)).toEqual([])
})

test('whom the staff muted is folded for everyone, words and all still on the page', async () => {
  const id = await newsroom.comment(story, 'Ike Surge', 'I shout on.')
  await newsroom.app.db
    .updateTable('person')
    .set({ isMuted: true })
    .where('id', '=', await idOf('Ike Surge'))
    .execute()
  newsroom.app.pages.forgetSite(newsroom.app.site.id)
  for (const path of [
    `/s/${story}?sort=newest`,
    `/fragment?story=${story}&sort=newest`,
    `/fragment/items?story=${story}&ids=${id}`,
  ]) {
    const { text } = await newsroom.call('GET', path)
    expect(text, path).toMatch(/<details class="muted"><summary>Folded by the desk<\/summary>.*I shout on\./)
    expect(text.match(/Folded by the desk/g), path).toHaveLength(1)
  }
})
