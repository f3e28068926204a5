/** What a newsroom does with its stories: put them here, open and close their discussions. */
import { createHash, randomBytes } from 'node:crypto'
import type { App, Gate } from '../context.ts'
import { type Database, inTransaction, isTaken } from '../database/connect.ts'
import { keepAnswers, type RequestKey, readAnswers } from '../database/idempotency-store.ts'
import { newId } from '../database/ids.ts'
import { searchTerms } from '../language/search-terms.ts'
import { appendEvents } from '../live/store.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import { keepPassages } from './body.ts'
import { readInput, type StoryInput } from './input.ts'
import { readLine } from './line.ts'
import { findSiteKey, insertSiteKey, readSite, setSiteGate, tellOfSite } from './site-store.ts'
import {
  findStoryId,
  insertStory,
  insertVersion,
  listAllPassages,
  listNewestIds,
  listPassages,
  listVersions,
  lockStories,
  readStory,
  type StoryFields,
  type StoryReference,
  setSectionGate,
  setStoryGate,
  updateStory,
} from './store.ts'
import { describeStory, type Story, type StoryWithPassages } from './story.ts'

/** `:story` of an address: our id, or `ext:` and the newsroom's own id. */
export const readReference = (text: string): StoryReference =>
  text.startsWith('ext:') ? { external: text.slice(4) } : { id: text }

/** The story that an address names: of this site, or none. Every route that takes a story's name asks here, and what
 *  hangs on the story is then read by its id. */
export async function resolveStory(app: App, reference: StoryReference): Promise<{ id: string } | Problem> {
  const id = await findStoryId(app.db, app.site.id, reference)
  if (id) return { id }
  const name =
    'id' in reference
      ? reference.id
      : 'external' in reference
        ? `ext:${reference.external}`
        : reference.address
  return refuse('story-unknown', `No story ${name.slice(0, 200)}.`)
}

/** A story of this site with its text; one of another site is none. */
export async function readWholeStory(
  app: App,
  storyId: string,
  db: Database = app.db,
): Promise<StoryWithPassages | undefined> {
  const story = await readStory(db, app.site.id, storyId, app.now())
  if (!story) return undefined
  return { ...story, ...(await readText(app, storyId, db)) }
}

/** A story's paragraphs and its versions. */
export async function readText(app: App, storyId: string, db: Database = app.db) {
  const [passages, versions] = await Promise.all([listPassages(db, storyId), listVersions(db, storyId)])
  return { passages, versions }
}

/** A newsroom's page may only be claimed from a site that is registered. */
function refuseForeign(app: App, url: string | null): Problem | undefined {
  if (url === null) return undefined
  const { origin } = new URL(url)
  const host = (one: string) => one.replace(/^https?:\/\//, '')
  const registered = [...app.site.origins, ...app.settings.origins, app.origin]
  if (registered.some((one) => host(one) === host(origin))) return undefined
  return refuse(
    'story-invalid',
    `${origin} is not one of this site’s origins (desk, Site; or DETENTE_ORIGINS).`,
    { at: '/url' },
  )
}

/** What a newsroom is answered, and kept under its Idempotency-Key. */
type PutAnswer = { created: boolean; story: ReturnType<typeof describeStory> }

/** Puts a story, new or changed. A changed text, title, byline or credit makes a new version, in which passages keep
 *  their ids where the text is the same. Identity: the site's own id, then the normalised address.
 *  @param storyId the story that is changed, whatever its names
 *  @param request under which the answer is kept: sent again, it writes nothing */
export async function putStory(
  app: App,
  external: string,
  input: StoryInput,
  storyId?: string,
  request?: RequestKey,
): Promise<PutAnswer | Problem> {
  const read = readInput(external, input)
  if (isProblem(read)) return read
  const foreign = refuseForeign(app, input.url)
  if (foreign) return foreign
  const put = await putRead(app, read, storyId, request)
  if (isProblem(put)) return put
  if (put.changed) {
    app.live.wake(put.answer.story.id)
    app.pages.forget(app.site.id)
  }
  return put.answer
}

/** Two who put the same story at once both find it missing, and two with the same Idempotency-Key its answer: the slower
 *  one looks again and finds the other's. */
async function putRead(
  app: App,
  read: { fields: StoryFields; paragraphs: string[] },
  storyId: string | undefined,
  request: RequestKey | undefined,
): Promise<{ answer: PutAnswer; changed: boolean } | Problem> {
  for (let attempt = 1; ; attempt++) {
    try {
      const put = await inTransaction(app.db, (tx) => putOnce(tx, app, read, storyId, request))
      if (put || attempt === 3)
        return put ?? refuse('story-taken', 'It was put here a moment ago; please try again.')
    } catch (error) {
      if (!isTaken(error) || attempt === 3) throw error
    }
  }
}

async function putOnce(
  tx: Database,
  app: App,
  read: { fields: StoryFields; paragraphs: string[] },
  storyId: string | undefined,
  request: RequestKey | undefined,
): Promise<{ answer: PutAnswer; changed: boolean } | Problem | undefined> {
  const [given] = await readAnswers<PutAnswer>(tx, [request])
  if (given) return isProblem(given) ? given : { answer: given, changed: false }
  const put = await putIn(tx, app, read, storyId)
  if (!put || isProblem(put)) return put
  const { created, changed } = put
  const answer = { created, story: describeStory((await readWholeStory(app, put.id, tx))!) }
  if (request) await keepAnswers(tx, [{ key: request, answer }], app.now())
  return { answer, changed }
}

type Put = { id: string; created: boolean; changed: boolean }

/** @returns undefined when the story's id or address was taken meanwhile */
async function putIn(
  tx: Database,
  app: App,
  { fields, paragraphs }: { fields: StoryFields; paragraphs: string[] },
  storyId: string | undefined,
): Promise<Put | Problem | undefined> {
  const now = app.now()
  const siteId = app.site.id
  const { external, address, url } = fields
  const byExternal = external === null ? undefined : await findStoryId(tx, siteId, { external })
  const byAddress = address === null ? undefined : await findStoryId(tx, siteId, { address })
  const known = storyId ?? byExternal ?? byAddress
  if (byExternal && byExternal !== known)
    return refuse('story-taken', `ext:${external} is story ${byExternal}.`, { at: '/external' })
  if (byAddress && byAddress !== known)
    return refuse('story-taken', `${url} belongs to story ${byAddress}.`, { at: '/url' })
  if (known === undefined) {
    const id = await createStory(tx, { siteId, fields, paragraphs, batchId: null }, now)
    return id === undefined ? undefined : { id, created: true, changed: true }
  }
  const story = (await lockStories(tx, [known], now)).get(known)
  if (!story || story.siteId !== siteId) return refuse('story-unknown', `No story ${known}.`)
  if (story.external !== null && story.external !== external)
    return refuse('story-taken', `Story ${known} is ext:${story.external}.`, {
      at: storyId ? '/external' : '/url',
    })
  return { id: known, created: false, changed: await reviseStory(tx, story, fields, paragraphs, now) }
}

/** @returns the id, or undefined when the story's id or address was taken meanwhile */
export async function createStory(
  tx: Database,
  story: { siteId: string; fields: StoryFields; paragraphs: string[]; batchId: string | null },
  now: Date,
): Promise<string | undefined> {
  const id = newId(now.getTime())
  const terms = termsOf(story.fields, story.paragraphs)
  if (
    !(await insertStory(
      tx,
      { id, siteId: story.siteId, fields: story.fields, terms, batchId: story.batchId },
      now,
    ))
  )
    return undefined
  const { title, byline, credit } = story.fields
  const passages = keepPassages([], story.paragraphs)
  await insertVersion(tx, { storyId: id, number: 1, title, byline, credit, passages }, now)
  return id
}

/** @returns whether anything is different now */
async function reviseStory(
  tx: Database,
  story: Story,
  fields: StoryFields,
  paragraphs: string[],
  now: Date,
): Promise<boolean> {
  const { title, byline, credit } = fields
  const before = await listPassages(tx, story.id)
  const sameText =
    before.length === paragraphs.length &&
    before.every((passage, n) => passage.text === paragraphs[n]) &&
    story.title === title &&
    story.byline === byline &&
    story.credit === credit
  const sameFacts =
    story.external === fields.external &&
    story.url === fields.url &&
    story.section === fields.section &&
    story.language === fields.language &&
    story.published?.getTime() === fields.publishedAt?.getTime()
  if (sameText && sameFacts) return false
  await updateStory(tx, story.id, fields, termsOf(fields, paragraphs))
  if (!sameText) {
    const passages = keepPassages(await listAllPassages(tx, story.id), paragraphs)
    await insertVersion(
      tx,
      { storyId: story.id, number: story.version + 1, title, byline, credit, passages },
      now,
    )
  }
  await appendEvents(tx, [{ storyId: story.id, kind: 'story.changed', commentId: null }], now)
  return true
}

const termsOf = (fields: StoryFields, paragraphs: string[]): string[] =>
  searchTerms([fields.title ?? '', ...paragraphs].join('\n'))

/** Stories whose open pages hear of a change of their section's or site's gate: the newest ones. Older pages learn it
 *  when they are next loaded or written to. */
const MOST_TOLD = 500

/** Opens, pre-moderates, closes or switches off the discussion of a story, of a section, or of the whole site. */
export async function setGate(
  app: App,
  what: { storyId: string } | { section: string } | 'site',
  gate: { mode: Gate['mode']; reason: string | null; closeAfterDays: number | null },
): Promise<{ done: true } | Problem> {
  const now = app.now()
  const reason = readLine(gate.reason, '/reason')
  if (isProblem(reason)) return reason
  if (gate.mode === null && reason !== null)
    return refuse('body-invalid', 'A reason goes with a setting of its own; without one it would be lost.', {
      at: '/reason',
    })
  const full: Gate = {
    mode: gate.mode,
    modeReason: reason,
    modeSince: gate.mode === null ? null : now,
    closeAfterDays: gate.closeAfterDays,
  }
  if (what !== 'site' && 'storyId' in what) return setGateOfStory(app, what.storyId, full)
  const section = what === 'site' ? undefined : readLine(what.section, '/section')
  if (isProblem(section)) return section
  if (section === null) return refuse('body-invalid', 'Name the section.', { at: '/section' })
  const siteId = app.site.id
  const told = await inTransaction(app.db, async (tx) => {
    if (section === undefined) await setSiteGate(tx, siteId, full)
    else await setSectionGate(tx, siteId, section, full)
    const ids = await listNewestIds(tx, siteId, section, MOST_TOLD)
    await tellOfSite(tx, siteId)
    await lockStories(tx, ids, now)
    await appendEvents(
      tx,
      ids.map((storyId) => ({ storyId, kind: 'story.changed', commentId: null })),
      now,
    )
    return ids
  })
  if (section === undefined) app.site = await readSite(app.db, siteId)
  app.pages.forgetSite(siteId)
  for (const storyId of told) app.live.wake(storyId)
  return { done: true }
}

async function setGateOfStory(app: App, storyId: string, gate: Gate): Promise<{ done: true } | Problem> {
  const now = app.now()
  const known = await inTransaction(app.db, async (tx) => {
    const story = (await lockStories(tx, [storyId], now)).get(storyId)
    if (!story || story.siteId !== app.site.id) return false
    await setStoryGate(tx, storyId, gate)
    await appendEvents(tx, [{ storyId, kind: 'story.changed', commentId: null }], now)
    return true
  })
  if (!known) return refuse('story-unknown', `No story ${storyId}.`)
  app.live.wake(storyId)
  return { done: true }
}

const hashKey = (key: string): Buffer => createHash('sha256').update(key).digest()

/** A new key for the newsroom's CMS. It is shown once: only its hash is kept. */
export async function makeSiteKey(app: App, label: string): Promise<string> {
  const key = `dtk_${randomBytes(32).toString('base64url')}`
  await insertSiteKey(app.db, { siteId: app.site.id, label, hash: hashKey(key) }, app.now())
  return key
}

/** The key that an Authorization header carries, if it is this site's: its id, and whose it is. */
export async function findKey(
  app: App,
  authorization: string | undefined,
): Promise<{ id: string; siteId: string } | Problem> {
  const key = /^Bearer (dtk_[\w-]{43})$/.exec(authorization ?? '')?.[1]
  const found = key === undefined ? undefined : await findSiteKey(app.db, hashKey(key))
  if (!found) return refuse('key-unknown', 'Expected Authorization: Bearer dtk_… (detente key makes one).')
  if (found.siteId === app.site.id) return found
  return refuse('key-unknown', `This key is of another site, ${found.siteName}; here is ${app.site.name}.`)
}
