/** The desk's queue as its forms are used: nothing decided by accident, nothing typed lost, and a way back. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { CommentStatus } from '../../src/database/tables.ts'
import { wordingFor } from '../../src/language/messages.ts'
import { setGate } from '../../src/stories/actions.ts'
import { type Answer, type Newsroom, startNewsroom } from '../newsroom.ts'

let news: Newsroom
let story: string
let moderator: string

beforeAll(async () => {
  news = await startNewsroom()
  story = await news.putStory()
  moderator = await news.tokenOf('Mo Tide', 'moderator')
})
afterAll(() => news?.close())
beforeEach(() => gate(null))

const { say } = wordingFor('en')
const gate = (mode: 'premoderated' | null) =>
  setGate(news.app, { storyId: story }, { mode, reason: null, closeAfterDays: null })

/** A comment that waits for the desk. */
async function waiting(name: string, text: string): Promise<string> {
  await gate('premoderated')
  const id = await news.comment(story, name, text)
  await gate(null)
  return id
}
const show = (path: string, token = moderator): Promise<Answer> =>
  news.call('GET', path, { token, headers: { accept: 'text/html' } })
const decideBy = (id: string, fields: Record<string, string>, token = moderator): Promise<Answer> =>
  news.call('POST', `/desk/decide/${story}/${id}`, {
    token,
    body: new URLSearchParams({ to: '/desk', ...fields }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' },
  })
const decide = (id: string, body: object): Promise<Answer> =>
  news.call('POST', `/api/stories/${story}/comments/${id}/decisions`, { token: moderator, body })
const commentOf = (id: string) =>
  news.app.db
    .selectFrom('comment')
    .select(['status', 'reason', 'revision'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
const statusOf = async (id: string) => (await commentOf(id)).status
const edit = async (id: string, name: string, text: string) =>
  news.call('PATCH', `/api/stories/${story}/comments/${id}`, {
    token: await news.tokenOf(name),
    body: { text },
  })
const lastDecisionOf = async (id: string) =>
  news.app.db
    .selectFrom('decision')
    .selectAll()
    .where('commentId', '=', id)
    .orderBy('id', 'desc')
    .executeTakeFirstOrThrow()
/** The item of a comment on a page of the desk: from its article's name to its end. */
const itemOf = (page: Answer, id: string): string =>
  new RegExp(`<article[^>]*-${id}".*?</article>`, 's').exec(page.text)?.[0] ?? ''

test('Enter in the note decides nothing: no field of the form is one that browsers submit by it', async () => {
  const id = await waiting('Ada Quay', 'To be read first.')
  const item = itemOf(await show('/desk'), id)
  expect(item).toMatch(/<textarea name="note"/)
  expect(item.match(/<input(?! type="hidden")/g)).toBeNull()
})

test('an approval with a rule chosen is refused, and rule and note stand there again', async () => {
  const id = await waiting('Ada Quay', 'Cheap anchors.')
  expect((await decide(id, { action: 'approve', reason: 'spam' })).json()).toMatchObject({
    status: 422,
    at: '/reason',
  })
  const refused = await decideBy(id, { action: 'approve', reason: 'spam', note: 'Sells <anchors>.' })
  expect(refused.status).toBe(422)
  const item = itemOf(refused, id)
  expect(item).toContain(say('desk-rule-chosen'))
  expect(item).toContain('Sells &lt;anchors>.</textarea>')
  expect(item).toMatch(/<option [^>]*selected[^>]*value="spam"|<option [^>]*value="spam"[^>]*selected/)
  expect(await statusOf(id)).toBe('pending')
})

test.each(['approve', 'remove'])('to %s a text that was changed meanwhile is refused', async (action) => {
  const id = await waiting('Ada Quay', 'At first it was kind.')
  const item = itemOf(await show('/desk'), id)
  const revision = /name="revision" value="(\d+)"/.exec(item)?.[1] ?? ''
  expect(revision).toBe('1')
  await edit(id, 'Ada Quay', 'Then it was not.')
  const reason = action === 'remove' ? { reason: 'spam' } : {}
  expect((await decide(id, { action, ...reason, revision: 1 })).json()).toMatchObject({
    type: '/problems/status-conflict',
    status: 409,
    at: '/revision',
  })
  const refused = await decideBy(id, { action, ...reason, note: 'Kind words.', revision })
  expect(refused.status).toBe(409)
  const again = itemOf(refused, id)
  for (const words of [
    say('desk-text-changed'),
    'Then it was not.',
    'Kind words.',
    'name="revision" value="2"',
  ])
    expect(again).toContain(words)
  expect(await statusOf(id)).toBe('pending')
  expect((await decideBy(id, { action, ...reason, revision: '2' })).status).toBe(303)
  expect(await statusOf(id)).toBe(action === 'remove' ? 'removed' : 'published')
})

test('the queue for programs says which revision it shows', async () => {
  const id = await waiting('Ada Quay', 'Once.')
  await edit(id, 'Ada Quay', 'Twice.')
  const { items } = (await news.call('GET', '/api/queue', { token: moderator })).json<{
    items: { id: string; revision: number }[]
  }>()
  expect(items.find((item) => item.id === id)).toMatchObject({ revision: 2 })
})

test('restoring goes back to where it was, step by step, and publishes nothing that nobody approved', async () => {
  const id = await waiting('Ada Quay', 'Never approved.')
  const walk: [object, CommentStatus, string | null][] = [
    [{ action: 'remove', reason: 'hate' }, 'removed', 'hate'],
    [{ action: 'restore' }, 'pending', null],
    [{ action: 'hold', reason: 'spam' }, 'held', 'spam'],
    [{ action: 'remove', reason: 'hate' }, 'removed', 'hate'],
    [{ action: 'restore' }, 'held', 'spam'],
    [{ action: 'restore' }, 'pending', null],
    [{ action: 'approve' }, 'published', null],
    [{ action: 'remove', reason: 'spam' }, 'removed', 'spam'],
    [{ action: 'restore' }, 'published', null],
  ]
  for (const [body, status, reason] of walk) {
    expect((await decide(id, body)).json(), JSON.stringify(body)).toMatchObject({ status })
    expect(await commentOf(id)).toMatchObject({ status, reason })
    const isPublic = status === 'published' || status === 'removed'
    const shown = await news.call('GET', `/api/stories/${story}/comments/${id}`)
    expect(shown.status, status).toBe(isPublic ? 200 : 404)
  }
})

test('why a comment is held is not public; why it was removed is', async () => {
  const id = await news.comment(story, 'Ada Quay', 'Answered.')
  await news.comment(story, 'Bo Harbour', 'An answer.', id)
  const shown = async () =>
    (await news.call('GET', `/api/stories/${story}/comments/${id}`)).json<{ reason: string | null }>().reason
  await decide(id, { action: 'hold', reason: 'hate' })
  expect(await shown()).toBeNull()
  await decide(id, { action: 'remove', reason: 'hate' })
  expect(await shown()).toBe('hate')
})

test('after a decision the desk says what was done, and undoes it', async () => {
  const id = await news.comment(story, 'Yusra H.', 'Rude words about Bo.')
  await news.call('POST', `/api/stories/${story}/comments/${id}/reports`, {
    token: await news.tokenOf('Bo Harbour'),
    body: { reason: 'personal-attack', text: 'About me.' },
  })
  const landed = await decideBy(id, { action: 'remove', reason: 'personal-attack', revision: '1' })
  expect([landed.status, landed.headers.get('location')]).toEqual([303, `/desk?done=${id}`])
  const page = await show(`/desk?done=${id}`)
  const done = /<div[^>]*role="status".*?<\/form>/s.exec(page.text)?.[0] ?? ''
  expect(done).toContain('Removed <bdi>Yusra H.</bdi>’s comment.')
  expect(done).toMatch(/<div[^>]*tabindex="-1"[^>]*>/i)
  expect(done).toContain('autofocus')
  expect(page.text).not.toContain('About me.')
  const decision = /name="decision" value="([^"]+)"/.exec(done)?.[1] ?? ''
  const undone = await decideBy(id, { action: 'undo', decision })
  expect(undone.headers.get('location')).toBe(`/desk?done=${id}`)
  expect(await statusOf(id)).toBe('published')
  const after = await show(`/desk?done=${id}`)
  expect(after.text).toContain('Put <bdi>Yusra H.</bdi>’s comment back: published.')
  expect(after.text).toContain('About me.')
  const other = await show(`/desk?done=${id}`, await news.tokenOf('Nan Ebb', 'moderator'))
  expect(other.text).not.toContain('role="status"')
})

test.each<[string, object[], CommentStatus, string | null]>([
  ['an approval', [{ action: 'approve' }], 'pending', null],
  ['a hold', [{ action: 'hold', reason: 'spam' }], 'pending', null],
  [
    'an approval of what was held',
    [{ action: 'hold', reason: 'spam' }, { action: 'approve' }],
    'held',
    'spam',
  ],
  ['a restoring', [{ action: 'remove', reason: 'hate' }, { action: 'restore' }], 'removed', 'hate'],
])('undoing %s leads back to what was before, and is counted', async (_, decisions, status, reason) => {
  const count = async () =>
    (await news.app.db.selectFrom('story').select('comments').where('id', '=', story).executeTakeFirst())
      ?.comments
  const before = await count()
  const id = await waiting('Ada Quay', 'To and fro.')
  for (const decision of decisions) expect((await decide(id, decision)).status).toBe(201)
  const { id: decision } = await lastDecisionOf(id)
  expect((await decideBy(id, { action: 'undo', decision })).status).toBe(303)
  expect(await commentOf(id)).toMatchObject({ status, reason })
  expect(await count()).toBe(before)
  const stale = await decideBy(id, { action: 'undo', decision })
  expect(stale.status).toBe(409)
})

test('what was approved by mistake and undone is not published by restoring it later', async () => {
  const id = await waiting('Ada Quay', 'Never really approved.')
  await decide(id, { action: 'hold', reason: 'spam' })
  await decide(id, { action: 'approve' })
  await decideBy(id, { action: 'undo', decision: (await lastDecisionOf(id)).id })
  await decide(id, { action: 'restore' })
  expect(await statusOf(id)).toBe('pending')
})

test('a removal without a rule comes back to its place in the queue, with the note, and the rule is asked for', async () => {
  const before = await waiting('Ada Quay', 'The one before.')
  const id = await waiting('Di Shoal', 'Oars for sale.')
  const to = `/desk?after=${before}`
  const refused = await decideBy(id, { action: 'remove', reason: '', note: 'Oars again.', to })
  expect(refused.status).toBe(422)
  expect(itemOf(refused, before)).toBe('')
  const item = itemOf(refused, id)
  expect(item).toContain('Oars again.</textarea>')
  expect(item).toContain(`name="to" value="${to}"`)
  const select = /<select[^>]*>/.exec(item)?.[0] ?? ''
  for (const mark of ['aria-invalid="true"', 'autofocus', 'aria-describedby="problem"'])
    expect(select).toContain(mark)
  expect(item).toContain('id="problem"')
  const done = await decideBy(id, { action: 'remove', reason: 'spam', to })
  expect(done.headers.get('location')).toBe(`${to}&done=${id}`)
})

test('a decision about what is in no list any more stands on the page, with what was typed', async () => {
  const id = await news.comment(story, 'Ada Quay', 'Seen elsewhere.')
  const refused = await decideBy(id, { action: 'remove', reason: '', note: 'Hm.' })
  expect(refused.status).toBe(422)
  expect(itemOf(refused, id)).toContain('Hm.</textarea>')
})

test('each item of the queue has a name and a heading, and what is held says why and by whom', async () => {
  const id = await waiting('Di Shoal', 'Buy boats.')
  await decide(id, { action: 'hold', reason: 'spam', note: 'Ask Ines.' })
  const item = itemOf(await show('/desk'), id)
  const name = /aria-labelledby="([^"]+)"/.exec(item)?.[1] ?? ''
  expect(item).toMatch(new RegExp(`<h3[^>]*id="${name}"[^>]*>Comment by <bdi>Di Shoal</bdi></h3>`))
  for (const words of ['Held by <bdi>Mo Tide</bdi>', say('reason-spam'), '<bdi>Ask Ines.</bdi>'])
    expect(item).toContain(words)
})

test('the last decisions name whose comment it was, where, and how it begins', async () => {
  const id = await news.comment(story, 'Yusra H.', 'It begins like this and goes on and on.')
  await decide(id, { action: 'remove', reason: 'off-topic' })
  const log = /<section[^>]*class="decision-log".*?<\/section>/s.exec((await show('/desk')).text)?.[0] ?? ''
  const [line = ''] = log.match(/<li.*?<\/li>/gs) ?? []
  expect(line).toContain(`<a href="/s/${story}/c/${id}/more">Comment by <bdi>Yusra H.</bdi></a>`)
  for (const words of ['It begins like this and', 'The ferry that will not wait', say('reason-off-topic')])
    expect(line).toContain(words)
  expect(line).not.toContain('goes on and on')
})

test('its author is told of the removal that holds, also when it holds again', async () => {
  const id = await news.comment(story, 'Cy Strand', 'Told about.')
  await decide(id, { action: 'remove', reason: 'hate' })
  await decide(id, { action: 'restore' })
  await decideBy(id, { action: 'undo', decision: (await lastDecisionOf(id)).id })
  const me = (await news.call('GET', '/me', { token: await news.tokenOf('Cy Strand') })).text
  expect(me).toContain('The desk removed this comment')
  expect(me).not.toContain('The desk restored this comment')
})

test('each comment with open reports stands on the desk, with its reports and its story', async () => {
  const ids = await Promise.all(
    Array.from({ length: 6 }, (_, n) => news.comment(story, 'Ada Quay', `Reported ${n}.`)),
  )
  const report = async (id: string) =>
    news.call('POST', `/api/stories/${story}/comments/${id}/reports`, {
      token: await news.tokenOf('Bo Harbour'),
      body: { reason: 'spam', text: `About ${id}.` },
    })
  for (const id of ids) await report(id)
  const page = await show('/desk')
  for (const id of ids) {
    expect(page.text).toContain(`About ${id}.`)
    expect(itemOf(page, id)).toContain('The ferry that will not wait')
  }
})
