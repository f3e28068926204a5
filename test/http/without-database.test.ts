/** With the database away: what was read is read on, what is written is refused and given back. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DatabaseLine, layLine } from '../database-line.ts'
import { makeDatabase, type Newsroom, startNewsroom } from '../newsroom.ts'

let news: Newsroom
let line: DatabaseLine<Newsroom['database']['connection']>
let drop: () => Promise<void>
let story: string
let comment: string

beforeAll(async () => {
  const database = await makeDatabase()
  drop = database.drop
  line = await layLine(database.connection)
  news = await startNewsroom({ origins: ['https://news.example'] }, { connection: line.connection })
  story = await news.putStory()
  comment = await news.comment(story, 'Ada Quay', 'Low water at four.')
})
afterAll(async () => {
  await news?.close()
  await line?.close()
  await drop?.()
})

test('with the database away, pages that were read before are read on, however old; what must not be seen is not', async () => {
  const quiet = await news.putStory('quiet')
  await news.comment(quiet, 'Ada Quay', 'Quiet words.')
  const busy = await news.putStory('busy')
  await news.comment(busy, 'Ada Quay', 'Busy words.')
  const shamed = await news.putStory('shamed')
  const removed = await news.comment(shamed, 'Ada Quay', 'Unspeakable words.')
  for (const id of [quiet, busy, shamed]) await news.call('GET', `/s/${id}`)
  await news.comment(busy, 'Ada Quay', 'Later words.')
  await news.call('POST', `/api/stories/${shamed}/comments/${removed}/decisions`, {
    token: await news.tokenOf('Mo Tide', 'moderator'),
    body: { action: 'remove', reason: 'hate' },
  })
  await line.cut()
  try {
    for (const minutes of [0, 1, 60]) {
      news.app.now = () => new Date(Date.now() + minutes * 60_000)
      const [still, old, gone, head] = await Promise.all([
        news.call('GET', `/s/${quiet}`),
        news.call('GET', `/s/${busy}`),
        news.call('GET', `/s/${shamed}`),
        news.call('HEAD', `/s/${quiet}`),
      ])
      expect([still.status, still.text.includes('Quiet words.')]).toEqual([200, true])
      expect([old.status, old.text.includes('Busy words.')]).toEqual([200, true])
      expect([gone.status, gone.text.includes('Unspeakable')]).toEqual([503, false])
      expect(head.status).toBe(200)
    }
    for (const path of [
      `/s/${quiet}?sort=newest`,
      `/s/${quiet}/c/${removed}`,
      '/search?q=low',
      '/api/me',
      `/api/stories/${quiet}/comments`,
    ]) {
      const answer = await news.call('GET', path, {
        token: await news.tokenOf('Ada Quay'),
        headers: { accept: 'text/html' },
      })
      expect([answer.status, Number(answer.headers.get('retry-after')) > 0], path).toEqual([503, true])
    }
    expect((await news.call('GET', '/health/live')).status).toBe(200)
    expect((await news.call('GET', '/health/ready')).status).toBe(503)
  } finally {
    news.app.now = () => new Date()
    await line.mend()
  }
  const again = await news.call('GET', `/s/${busy}`)
  expect([again.status, again.text.includes('Later words.')]).toEqual([200, true])
  expect((await news.call('GET', '/health/ready')).status).toBe(200)
})

test('with the database away, a form gives back what was typed and says that it was not saved', async () => {
  const token = await news.tokenOf('Ada Quay')
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' }
  const body = new URLSearchParams({ text: 'Words that <took> an hour.' }).toString()
  await line.cut()
  try {
    for (const path of [`/s/${story}/comments`, `/s/${story}/c/${comment}/edit`]) {
      const answer = await news.call('POST', path, { token, body, headers })
      expect([answer.status, Number(answer.headers.get('retry-after')) > 0], path).toEqual([503, true])
      expect(answer.text, path).toContain('Words that &lt;took> an hour.')
    }
  } finally {
    await line.mend()
  }
  expect((await news.call('POST', `/s/${story}/comments`, { token, body, headers })).status).toBe(303)
})

test('one whom only the session’s cookie names gets the text back too, and reads on as a stranger', async () => {
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'text/html',
    cookie: 'detente-session=kept-from-last-week',
  }
  await news.call('GET', `/s/${story}`)
  await line.cut()
  try {
    const answer = await news.call('POST', `/s/${story}/comments`, {
      headers,
      body: new URLSearchParams({ text: 'Words that <took> a night.' }).toString(),
    })
    expect([answer.status, Number(answer.headers.get('retry-after')) > 0]).toEqual([503, true])
    expect(answer.text).toContain('Words that &lt;took> a night.')
    for (const method of ['GET', 'HEAD'])
      expect((await news.call(method, '/sign-in', { headers: { cookie: headers.cookie } })).status).toBe(200)
  } finally {
    await line.mend()
  }
})
