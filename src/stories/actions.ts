/** What a newsroom does with its stories: put them here, open and close their discussions. */
import { createHash, randomBytes } from 'node:crypto'
import type { App, Gate, Site } from '../context.ts'
import { type Database, inTransaction } from '../database/connect.ts'
import { newId } from '../database/ids.ts'
import { searchTerms } from '../language/search-terms.ts'
import { cleanText } from '../language/text.ts'
import { appendEvents } from '../live/store.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import { normaliseAddress } from './address.ts'
import { keepPassages, readParagraphs } from './body.ts'
import {
  findSiteOfKey,
  findStoryId,
  insertSiteKey,
  insertStory,
  insertVersion,
  listAllPassages,
  listPassages,
  listVersions,
  lockStories,
  readStory,
  type StoryFields,
  type StoryReference,
  setSectionGate,
  setSiteGate,
  setStoryGate,
  updateSite,
  updateStory,
} from './store.ts'
import type { Story, StoryWithPassages } from './story.ts'

/** A story as a newsroom hands it in. `body` is paragraphs, or HTML that is reduced to them. Absent is unknown. */
export type StoryInput = {
  title: string | null
  body: string[] | string
  byline: string | null
  credit: string | null
  published: string | null
  url: string | null
  language: string | null
  section: string | null
}

const MOST_PARAGRAPHS = 1_000
const LONGEST_PARAGRAPH = 20_000

/** `:story` of an address: our id, or `ext:` and the newsroom's own id. */
export const readReference = (text: string): StoryReference => (text.startsWith('ext:') ? { external: text.slice(4) } : { id: text })

export async function resolveStory(app: App, reference: StoryReference): Promise<{ id: string } | Problem> {
  const id = await findStoryId(app.db, app.site.id, reference)
  if (id) return { id }
  const name = 'id' in reference ? reference.id : 'external' in reference ? `ext:${reference.external}` : reference.address
  return refuse('story-unknown', `No story ${name.slice(0, 200)}.`)
}

export async function readWholeStory(app: App, storyId: string): Promise<StoryWithPassages | undefined> {
  const story = await readStory(app.db, storyId, app.now())
  if (!story) return undefined
  return { ...story, passages: await listPassages(app.db, storyId), versions: await listVersions(app.db, storyId) }
}

/** Checks and cleans what was handed in. */
function readInput(input: StoryInput): { fields: Omit<StoryFields, 'external' | 'address'>; paragraphs: string[] } | Problem {
  const line = (name: keyof StoryInput, value: string | null): string | null | Problem => {
    if (value === null) return null
    const cleaned = cleanText(value)
    if ('refused' in cleaned) return refuse('story-invalid', `It holds a character that cannot be kept (${cleaned.refused}).`, { at: `/${name}` })
    return cleaned.text.replace(/\s+/g, ' ').trim() || null
  }
  const title = line('title', input.title)
  const byline = line('byline', input.byline)
  const credit = line('credit', input.credit)
  const section = line('section', input.section)
  for (const one of [title, byline, credit, section]) if (isProblem(one)) return one
  const publishedAt = input.published === null ? null : new Date(input.published)
  if (publishedAt && Number.isNaN(publishedAt.getTime()))
    return refuse('story-invalid', 'Expected a time such as 2026-05-04T09:30:00Z.', { at: '/published' })
  if (input.url !== null && normaliseAddress(input.url) === undefined)
    return refuse('story-invalid', 'Expected an address with http or https.', { at: '/url' })
  if (input.language !== null && !/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(input.language))
    return refuse('story-invalid', 'Expected a language tag such as en or pt-BR.', { at: '/language' })
  const paragraphs: string[] = []
  const given = typeof input.body === 'string' ? readParagraphs(input.body) : input.body
  for (const [n, paragraph] of given.entries()) {
    const text = line('body', paragraph)
    if (isProblem(text)) return { ...text, at: typeof input.body === 'string' ? '/body' : `/body/${n}` }
    if (text && text.length > LONGEST_PARAGRAPH)
      return refuse('story-invalid', `A paragraph has at most ${LONGEST_PARAGRAPH} characters.`, { at: `/body/${n}` })
    if (text) paragraphs.push(text)
  }
  if (paragraphs.length > MOST_PARAGRAPHS)
    return refuse('story-invalid', `A story has at most ${MOST_PARAGRAPHS} paragraphs; this one has ${paragraphs.length}.`, { at: '/body' })
  if (paragraphs.length === 0 && title === null) return refuse('story-invalid', 'It has neither a title nor a paragraph.', { at: '/body' })
  return {
    fields: {
      url: input.url,
      section: section as string | null,
      language: input.language,
      title: title as string | null,
      byline: byline as string | null,
      credit: credit as string | null,
      publishedAt,
    },
    paragraphs,
  }
}

/** A newsroom's page may only be claimed from a site that is registered. */
function refuseForeign(app: App, url: string | null): Problem | undefined {
  if (url === null) return undefined
  const { origin } = new URL(url)
  const host = (one: string) => one.replace(/^https?:\/\//, '')
  const registered = [...app.site.origins, ...app.settings.origins, app.origin]
  if (registered.some((one) => host(one) === host(origin))) return undefined
  return refuse('story-invalid', `${origin} is not one of this site’s origins (desk, Site; or DETENTE_ORIGINS).`, { at: '/url' })
}

/** Puts a story, new or changed. A changed text, title, byline or credit makes a new version, in which passages keep
 *  their ids where the text is the same. Identity: the site's own id, then the normalised address. */
export async function putStory(
  app: App,
  external: string,
  input: StoryInput,
  storyId?: string,
): Promise<{ story: StoryWithPassages; created: boolean } | Problem> {
  const read = readInput(input)
  if (isProblem(read)) return read
  const foreign = refuseForeign(app, input.url)
  if (foreign) return foreign
  const fields = { ...read.fields, external, address: input.url === null ? null : normaliseAddress(input.url)! }
  const put = await inTransaction(app.db, async (tx) => {
    const now = app.now()
    const byExternal = await findStoryId(tx, app.site.id, { external })
    const byAddress = fields.address === null ? undefined : await findStoryId(tx, app.site.id, { address: fields.address })
    const known = storyId ?? byExternal ?? byAddress
    if (byExternal && byExternal !== known) return refuse('story-taken', `ext:${external} is story ${byExternal}.`, { at: '/external' })
    if (byAddress && byAddress !== known) return refuse('story-taken', `${input.url} belongs to story ${byAddress}.`, { at: '/url' })
    if (known === undefined) {
      const created = await createStory(tx, { siteId: app.site.id, fields, paragraphs: read.paragraphs, batchId: null }, now)
      return created ? { id: created, created: true } : refuse('story-taken', 'It was put here a moment ago; please try again.')
    }
    const story = (await lockStories(tx, [known], now)).get(known)
    if (!story || story.siteId !== app.site.id) return refuse('story-unknown', `No story ${known}.`)
    if (story.external !== null && story.external !== external)
      return refuse('story-taken', `${input.url} belongs to story ext:${story.external}.`, { at: '/url' })
    await reviseStory(tx, story, fields, read.paragraphs, now)
    return { id: known, created: false }
  })
  if (isProblem(put)) return put
  app.live.wake(put.id)
  app.pages.forget('site')
  return { story: (await readWholeStory(app, put.id))!, created: put.created }
}

/** @returns the id, or undefined when the story's id or address was taken meanwhile */
export async function createStory(
  tx: Database,
  story: { siteId: string; fields: StoryFields; paragraphs: string[]; batchId: string | null },
  now: Date,
): Promise<string | undefined> {
  const id = newId(now.getTime())
  const terms = termsOf(story.fields, story.paragraphs)
  if (!(await insertStory(tx, { id, siteId: story.siteId, fields: story.fields, terms, batchId: story.batchId }, now))) return undefined
  const { title, byline, credit } = story.fields
  const passages = keepPassages([], story.paragraphs)
  await insertVersion(tx, { storyId: id, number: 1, title, byline, credit, passages }, now)
  return id
}

async function reviseStory(tx: Database, story: Story, fields: StoryFields, paragraphs: string[], now: Date): Promise<void> {
  await updateStory(tx, story.id, fields, termsOf(fields, paragraphs))
  const before = await listPassages(tx, story.id)
  const same =
    before.length === paragraphs.length &&
    before.every((passage, n) => passage.text === paragraphs[n]) &&
    story.title === fields.title &&
    story.byline === fields.byline &&
    story.credit === fields.credit
  if (!same) {
    const { title, byline, credit } = fields
    const passages = keepPassages(await listAllPassages(tx, story.id), paragraphs)
    await insertVersion(tx, { storyId: story.id, number: story.version + 1, title, byline, credit, passages }, now)
  }
  await appendEvents(tx, [{ storyId: story.id, kind: 'story.changed', commentId: null }], now)
}

const termsOf = (fields: StoryFields, paragraphs: string[]): string[] => searchTerms([fields.title ?? '', ...paragraphs].join('\n'))

/** Opens, pre-moderates, closes or switches off the discussion of a story, of a section, or of the whole site. */
export async function setGate(
  app: App,
  what: { storyId: string } | { section: string } | 'site',
  gate: { mode: Gate['mode']; reason: string | null; closeAfterDays: number | null },
): Promise<{ done: true } | Problem> {
  const now = app.now()
  const full: Gate = {
    mode: gate.mode,
    modeReason: gate.mode === null ? null : gate.reason,
    modeSince: gate.mode === null ? null : now,
    closeAfterDays: gate.closeAfterDays,
  }
  if (what !== 'site' && 'storyId' in what) {
    const known = await inTransaction(app.db, async (tx) => {
      const story = (await lockStories(tx, [what.storyId], now)).get(what.storyId)
      if (!story || story.siteId !== app.site.id) return false
      await setStoryGate(tx, what.storyId, full)
      await appendEvents(tx, [{ storyId: what.storyId, kind: 'story.changed', commentId: null }], now)
      return true
    })
    if (!known) return refuse('story-unknown', `No story ${what.storyId}.`)
    app.live.wake(what.storyId)
    return { done: true }
  }
  if (what === 'site') {
    await setSiteGate(app.db, app.site.id, full)
    app.site = { ...app.site, ...full }
  } else await setSectionGate(app.db, app.site.id, what.section, full)
  app.pages.forgetAll()
  return { done: true }
}

/** Changes what a site says of itself and who may embed it. */
export async function changeSite(app: App, fields: Pick<Site, 'name' | 'language' | 'timeZone' | 'rules' | 'origins'>): Promise<{ done: true } | Problem> {
  const foreign = fields.origins.find((origin) => !/^https?:$/.test(URL.canParse(origin) ? new URL(origin).protocol : '') || new URL(origin).origin !== origin)
  if (foreign !== undefined) return refuse('body-invalid', `${foreign.slice(0, 100)} is not an origin such as https://news.example.`, { at: '/origins' })
  if (!isTimeZone(fields.timeZone)) return refuse('body-invalid', `${fields.timeZone.slice(0, 60)} is not a time zone such as Europe/Oslo.`, { at: '/timeZone' })
  await updateSite(app.db, app.site.id, fields)
  app.site = { ...app.site, ...fields }
  app.pages.forgetAll()
  return { done: true }
}

function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }))
  } catch {
    return false
  }
}

const hashKey = (key: string): Buffer => createHash('sha256').update(key).digest()

/** A new key for the newsroom's CMS. It is shown once: only its hash is kept. */
export async function makeSiteKey(app: App, label: string): Promise<string> {
  const key = `dtk_${randomBytes(32).toString('base64url')}`
  await insertSiteKey(app.db, { siteId: app.site.id, label, hash: hashKey(key) }, app.now())
  return key
}

/** The site whose key an Authorization header carries. */
export async function findKeyedSite(app: App, authorization: string | undefined): Promise<string | Problem> {
  const key = /^Bearer (dtk_[\w-]{43})$/.exec(authorization ?? '')?.[1]
  const siteId = key === undefined ? undefined : await findSiteOfKey(app.db, hashKey(key))
  return siteId ?? refuse('key-unknown', 'Expected Authorization: Bearer dtk_… (detente key makes one).')
}
