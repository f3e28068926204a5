import { once } from 'node:events'
import { request as openRequest } from 'node:http'
import { Readable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { sql } from 'kysely'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../src/database/ids.ts'
import { makeAddresses } from '../../src/people/addresses.ts'
import { openDownload, writeJson } from '../../src/people/download.ts'
import { readSecret } from '../../src/people/secret.ts'
import { usualDoor } from '../../src/settings/door.ts'
import { changeDoor } from '../../src/stories/site-actions.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { type Mailbox, startMailbox } from './mailbox.ts'
import { Visitor } from './visitor.ts'

let newsroom: Newsroom
let mailbox: Mailbox
let db: Newsroom['app']['db']
let visitor: Visitor
let id: string
let own: string
let story: string
let theirs: string
const name = 'Wren <b>Ashdown'

type File = Record<string, unknown> & {
  person: Record<string, unknown>
  comments: Record<string, unknown>[]
} & Record<
    'waysIn' | 'sessions' | 'names' | 'sanctions' | 'follows' | 'mutes' | 'reports' | 'ballots',
    unknown[]
  >

/** A person with something in every table, between two others. */
beforeAll(async () => {
  mailbox = await startMailbox()
  newsroom = await startNewsroom({ smtpUrl: mailbox.url })
  db = newsroom.app.db
  story = await newsroom.putStory('ferry', { title: 'The <i>ferry</i> that will not wait' })
  visitor = new Visitor(newsroom, mailbox)
  await visitor.signIn('wren@quill.example', name)
  id = (await visitor.whoAmI()).id!
  theirs = await newsroom.comment(story, 'Ferryman', 'It sails at six, says the marmot.')
  const cookie = () => [...visitor.cookies].map(([key, value]) => `${key}=${value}`).join('; ')
  const send = (method: string, path: string, body: object) =>
    fetch(`${newsroom.origin}/api/stories/${story}${path}`, {
      method,
      headers: { 'content-type': 'application/json', cookie: cookie() },
      body: JSON.stringify(body),
    })
  const quotes = [{ comment: theirs, exact: 'sails at six' }]
  const posted = await send('POST', '/comments', {
    text: 'First <script>words</script>.',
    parent: theirs,
    quotes,
  })
  own = ((await posted.json()) as { id: string }).id
  await send('PATCH', `/comments/${own}`, { text: 'Second <script>words</script>.' })
  await send('PUT', `/comments/${theirs}/ballot`, { value: 1 })
  await send('POST', `/comments/${theirs}/reports`, { reason: 'spam', text: 'Told the desk.' })
  const held = await send('POST', '/comments', { text: 'Held words.' })
  const heldId = ((await held.json()) as { id: string }).id
  await newsroom.call('POST', `/api/stories/${story}/comments/${heldId}/decisions`, {
    token: await newsroom.tokenOf('Tarrant Moss', 'moderator'),
    body: { action: 'hold', reason: 'off-topic', note: 'Between colleagues.' },
  })
  const now = new Date()
  const person = await db.selectFrom('person').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  const identityId = person.identityId!
  const other = await db
    .selectFrom('person')
    .select('id')
    .where('name', '=', 'Ferryman')
    .executeTakeFirstOrThrow()
  const moderator = await db
    .selectFrom('person')
    .select('id')
    .where('name', '=', 'Tarrant Moss')
    .executeTakeFirstOrThrow()
  await db
    .insertInto('nameChange')
    .values({ personId: id, changedAt: now, name: 'Elderberry', skeleton: 'e' })
    .execute()
  await db
    .insertInto('mute')
    .values([
      { personId: id, mutedId: other.id, mutedAt: now },
      { personId: moderator.id, mutedId: id, mutedAt: now },
    ])
    .execute()
  await db.insertInto('follow').values({ personId: id, storyId: story, followedAt: now }).execute()
  await db
    .insertInto('sanction')
    .values({
      id: newId(),
      siteId: person.siteId,
      personId: id,
      kind: 'suspend',
      lifts: null,
      reason: 'threat',
      note: 'Between colleagues.',
      until: now,
      moderatorId: moderator.id,
      decidedAt: now,
    })
    .execute()
  await db
    .insertInto('passkey')
    .values({
      id: newId(),
      identityId,
      rpId: 'localhost',
      credentialId: Buffer.from('credential id'),
      publicKey: Buffer.from('public key'),
      counter: 0,
      transports: [],
      name: 'The blue key',
      createdAt: now,
      usedAt: null,
    })
    .execute()
  const provider = `sso:${newsroom.app.site.id}`
  await db
    .insertInto('credential')
    .values({ id: newId(), identityId, provider, subject: 'wren', createdAt: now, usedAt: now })
    .execute()
})
afterAll(async () => {
  await newsroom?.close()
  await mailbox?.stop()
})

const readJson = async (): Promise<{ file: File; text: string }> => {
  const text = await (await visitor.get('/me/download/me.json')).text()
  return { file: JSON.parse(text) as File, text }
}
const readHtml = async (): Promise<string> => (await visitor.get('/me/download/me.html?lang=en')).text()

/** Every column that says whose a row is, and what of the row is in the download, or why it isn't. */
const covered: Record<string, ((file: File) => unknown) | { why: string }> = {
  'ballot.person_id': (file) => file.ballots[0],
  'comment.author_id': (file) => file.comments[0],
  'credential.identity_id': (file) => file.waysIn.find((way) => (way as { way: string }).way === 'sso'),
  'follow.person_id': (file) => file.follows[0],
  'mute.person_id': (file) => file.mutes[0],
  'name_change.person_id': (file) => file.names[0],
  'network_use.person_id': (file) => file.comments[0]?.networkDay,
  'passkey.identity_id': (file) => file.waysIn.find((way) => (way as { way: string }).way === 'passkey'),
  'person.identity_id': (file) => file.person.address,
  'report.person_id': (file) => file.reports[0],
  'sanction.person_id': (file) => file.sanctions[0],
  'session.person_id': (file) => file.sessions[0],
  'decision.moderator_id': { why: 'what the staff decide about others is the desk’s and those others’' },
  'sanction.moderator_id': { why: 'the same' },
  'idempotency.actor_id': {
    why: 'copies of answers that were given, for a day: what they say stands in the download',
  },
  'mute.muted_id': { why: 'whom others mute is theirs to know' },
}

test('every table in which something is a person’s is in the download, or there is a reason', async () => {
  const { rows } = await sql<{ place: string }>`
    select columns.table_name || '.' || column_name as place from information_schema.columns
    join information_schema.tables using (table_schema, table_name)
    where table_schema = 'public' and table_type = 'BASE TABLE'
      and column_name ~ '(^|_)(person|author|identity|moderator|actor|muted|reader|user|member|owner)_id$'
    order by place`.execute(db)
  expect(rows.map(({ place }) => place)).toEqual(Object.keys(covered).sort())
  const { file } = await readJson()
  for (const [place, how] of Object.entries(covered))
    if (typeof how === 'function') expect(how(file), place).toBeTruthy()
})

test('me.json holds all that is theirs, in the shape that the documentation describes', async () => {
  const { file, text } = await readJson()
  expect(file).toMatchObject({
    format: 'detente person',
    version: 1,
    site: { name: 'Detente', address: newsroom.origin },
    person: {
      id,
      name,
      claim: 'claimed',
      role: 'reader',
      address: { address: 'wren@quill.example', isProven: true },
    },
    waysIn: [
      { way: 'passkey', name: 'The blue key' },
      { way: 'sso', name: 'Detente' },
    ],
    names: [{ name: 'Elderberry' }],
    sanctions: [{ kind: 'suspend', rule: 'threat', everywhere: false }],
    follows: [{ story }],
    mutes: [{ name: 'Ferryman' }],
    reports: [{ story, comment: theirs, rule: 'spam', text: 'Told the desk.' }],
    ballots: [{ story, comment: theirs, value: 1 }],
    comments: [
      {
        id: own,
        story,
        replyTo: theirs,
        status: 'published',
        text: 'Second <script>words</script>.',
        quotes: [{ comment: theirs, exact: 'sails at six' }],
        revisions: [{ number: 1, text: 'First <script>words</script>.' }],
        networkDay: new Date().toISOString().slice(0, 10),
      },
      { status: 'held', rule: 'off-topic', decisions: [{ action: 'hold', rule: 'off-topic' }] },
    ],
  })
  expect(file.sessions).toHaveLength(1)
  expect(text.split('\n').filter((line) => line.startsWith('{"') && !line.includes('"format"'))).toHaveLength(
    2 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 2,
  )
})

test.each(['me.json', 'me.html'])('%s is a file of their own, kept by nobody in between', async (file) => {
  const answer = await visitor.get(`/me/download/${file}`)
  expect(answer.status).toBe(200)
  expect(answer.headers.get('cache-control')).toBe('private, no-store')
  expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="${file}"`)
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
})

test.each(['me.json', 'me.html'])(
  '%s has no moderator’s name, no colleague’s note, no secret and no other’s words',
  async (file) => {
    const text = await (await visitor.get(`/me/download/${file}`)).text()
    for (const foreign of ['Tarrant', 'Between colleagues', 'marmot', 'credential id', 'public key'])
      expect(text).not.toContain(foreign)
    const session = [...visitor.cookies].find(([key]) => key.endsWith('session'))?.[1] ?? ''
    expect(session).toHaveLength(70)
    expect(text).not.toContain(session)
  },
)

test('me.html opens from disk: one page, no script, nothing loaded, all words escaped', async () => {
  const page = await readHtml()
  expect(page).toMatch(/^<!doctype html>\n<html lang="en" dir="ltr">/)
  expect(page.trimEnd().endsWith('</html>')).toBe(true)
  expect(page).toContain(
    `content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"`,
  )
  expect(page).not.toMatch(/<script|<img|<link|<iframe|<b>Ashdown|<i>ferry|\son\w+=/)
  for (const words of [
    'Wren &lt;b>Ashdown',
    'The &lt;i>ferry&lt;/i> that will not wait',
    'Second',
    'Told the desk.',
    'Elderberry',
  ])
    expect(page).toContain(words)
  expect(page).toContain('held by the desk · Rule: off topic')
  expect(page.split('<article').length - 1).toBe(11)
})

test('words that are gone from the thread are gone from the quotes in a download too', async () => {
  await db.updateTable('comment').set({ status: 'removed' }).where('id', '=', theirs).execute()
  expect((await readJson()).text).not.toContain('sails at six')
  await db.updateTable('comment').set({ status: 'published' }).where('id', '=', theirs).execute()
})

test('the page counts what is in it and links to both files without a script', async () => {
  const page = await (await visitor.get('/me/download')).text()
  expect(page).toContain('2 comments, with what became of them')
  expect(page).toContain('1 decision of the desk about your comments')
  expect(page).toContain('href="/me/download/me.html?lang=en"')
  expect(page).toContain('data-entries="11"')
})

test('somebody who is not signed in, or comes with a newsroom’s page’s token, is sent to sign in', async () => {
  const bearer = await newsroom.sessionTokenOf(name.replace('<b>', ''), undefined, newsroom.origin)
  for (const path of [
    '/me/download',
    '/me/download/me.json',
    '/me/download/me.html',
    '/me/erase',
    '/me/claim',
  ])
    for (const token of [undefined, bearer]) {
      const answer = await newsroom.call(
        'GET',
        path,
        token ? { token, headers: { origin: newsroom.origin } } : {},
      )
      expect([answer.status, answer.headers.get('location')?.split('?')[0]]).toEqual([303, '/sign-in'])
    }
})

test('each has their own: another’s download holds nothing of it', async () => {
  const other = new Visitor(newsroom, mailbox)
  await other.signIn('other@quill.example', 'Somebody Else')
  const text = await (await other.get('/me/download/me.json')).text()
  expect(JSON.parse(text)).toMatchObject({ person: { name: 'Somebody Else' }, comments: [] })
  for (const foreign of ['Ashdown', 'words', 'wren@quill.example']) expect(text).not.toContain(foreign)
})

test('nobody asks for it again and again', async () => {
  const limited = await startNewsroom({ smtpUrl: mailbox.url, rateLimits: true }, newsroom.database)
  try {
    const known = new Visitor(newsroom, mailbox)
    await known.signIn('again@quill.example', 'Again And Again')
    const reader = new Visitor(limited, mailbox)
    for (const [name, value] of known.cookies) reader.cookies.set(name, value)
    const statuses: number[] = []
    for (let n = 0; n < 11; n++) {
      const answer = await reader.get('/me/download/me.json')
      await answer.text()
      statuses.push(answer.status)
    }
    expect(statuses).toEqual([...Array(10).fill(200), 429])
  } finally {
    await limited.close()
  }
})

/** Bytes that are in use, what nobody needs any more swept away before. */
setFlagsFromString('--expose-gc')
const sweep = runInNewContext('gc') as () => void
const inUse = (): number => {
  sweep()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

test('fifty thousand comments go out as they are taken, in flat memory', async () => {
  const much = await writeMuch()
  const cookie = [...much.cookies].map(([key, value]) => `${key}=${value}`).join('; ')
  const before = inUse()
  let most = 0
  let bytes = 0
  let lines = 0
  const answer = await fetch(`${newsroom.origin}/me/download/me.json`, { headers: { cookie } })
  for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
    for (const byte of chunk) if (byte === 10) lines++
    if (Math.floor(bytes / 10_000_000) < Math.floor((bytes + chunk.length) / 10_000_000))
      most = Math.max(most, inUse())
    bytes += chunk.length
  }
  expect(bytes).toBeGreaterThan(100_000_000)
  expect(lines).toBe(50_000 + 1 + 1)
  expect(most - before).toBeLessThan(bytes / 5)
})

test('what nobody takes is not read: a reader who waits holds it up, and one who hangs up ends it', async () => {
  const much = await writeMuch()
  const person = (await much.whoAmI()).id!
  let read = 0
  const addresses = makeAddresses(await readSecret(newsroom.app.settings))
  const download = (await openDownload(newsroom.app, addresses, person))!

  async function* counted() {
    for await (const part of writeJson(download)) {
      read++
      yield part
    }
  }
  const waiting = Readable.from(counted(), { objectMode: false })
  await once(waiting, 'readable')
  for (let n = 0; n < 200; n++) await sql`select 1`.execute(db)
  expect(read).toBeLessThan(200)
  waiting.destroy()

  const lines: string[] = []
  const { log } = newsroom.app
  newsroom.app.log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) })
  try {
    const cookie = [...much.cookies].map(([key, value]) => `${key}=${value}`).join('; ')
    const leaving = openRequest(`${newsroom.origin}/me/download/me.html`, { headers: { cookie } }).end()
    const [response] = await once(leaving, 'response')
    await once(response, 'readable')
    leaving.on('error', () => undefined).destroy()
    await expect.poll(() => lines.join('')).toContain('a download was broken off')
  } finally {
    newsroom.app.log = log
  }
})

let written: Promise<Visitor> | undefined

/** One who wrote fifty thousand comments. */
async function writeMuch(): Promise<Visitor> {
  written ??= (async () => {
    const much = new Visitor(newsroom, mailbox)
    await much.signIn('much@quill.example', 'Much Written')
    const person = (await much.whoAmI()).id!
    const words = 'A line of words about the harbour. '.repeat(30)
    await sql`
      insert into comment (story_id, id, author_id, status, text, html, renderer, posted_at, received_at)
      select ${story}::uuid, gen_random_uuid(), ${person}::uuid, 'published', ${words}, ${`<p>${words}</p>`}, 1, now(), now()
      from generate_series(1, 50000)`.execute(db)
    return much
  })()
  return written
}

test('what somebody reported, followed and muted as a guest is in the download of the account that they came in to', async () => {
  await changeDoor(newsroom.app, { ...usualDoor, guests: 'open' })
  const member = new Visitor(newsroom, mailbox)
  await member.signIn('teal@quill.example', 'Teal Ashdown')
  const guest = new Visitor(newsroom, mailbox)
  await guest.post('/sign-in/guest', { name: 'Passer By', to: '/' })
  await guest.call(`/api/stories/${story}/comments`, { text: 'As a guest.' })
  await guest.post(`/s/${story}/c/${theirs}/report`, { reason: 'spam', text: 'Told as a guest.' })
  await guest.post(`/s/${story}/follow`, {})
  const { authorId } = await db
    .selectFrom('comment')
    .select('authorId')
    .where('id', '=', theirs)
    .executeTakeFirstOrThrow()
  await guest.post(`/p/${authorId}/mute`, { to: '/' })
  const sanction = {
    id: newId(),
    siteId: newsroom.app.site.id,
    personId: (await guest.whoAmI()).id!,
    lifts: null,
    note: 'Between colleagues.',
    until: new Date(Date.now() - 1_000),
    moderatorId: authorId!,
    decidedAt: new Date(),
  }
  await db
    .insertInto('sanction')
    .values({ ...sanction, kind: 'suspend', reason: 'threat' })
    .execute()
  const { id: sanctionId, until: barredUntil } = sanction
  await db
    .updateTable('person')
    .set({ sanctionId, barredUntil })
    .where('id', '=', sanction.personId)
    .execute()
  await guest.post('/sign-in/link', { token: await guest.askForLink('teal@quill.example') })
  const text = await (await guest.get('/me/download/me.json')).text()
  expect(JSON.parse(text)).toMatchObject({
    person: { name: 'Teal Ashdown' },
    follows: [{ story }],
    mutes: [{ id: authorId }],
    reports: [{ story, comment: theirs, text: 'Told as a guest.' }],
    comments: [{ text: 'As a guest.' }],
    sanctions: [{ kind: 'suspend', rule: 'threat' }],
  })
  expect(text).not.toContain('Between colleagues.')
})
