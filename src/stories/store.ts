import { sql } from 'kysely'
import type { Gate } from '../context.ts'
import type { Database } from '../database/connect.ts'
import { isId } from '../database/ids.ts'
import type { Passage } from './body.ts'
import { readState } from './gate.ts'
import type { Story, StoryVersion } from './story.ts'

/** A story's row with the gates above it. */
const selectStories = (db: Database) =>
  db
    .selectFrom('story')
    .innerJoin('site', 'site.id', 'story.siteId')
    .leftJoin('section', (join) =>
      join.onRef('section.siteId', '=', 'story.siteId').onRef('section.name', '=', 'story.section'),
    )
    .selectAll('story')
    .select([
      'section.mode as sectionMode',
      'section.modeReason as sectionModeReason',
      'section.modeSince as sectionModeSince',
      'section.closeAfterDays as sectionCloseAfterDays',
      'site.mode as siteMode',
      'site.modeReason as siteModeReason',
      'site.modeSince as siteModeSince',
      'site.closeAfterDays as siteCloseAfterDays',
    ])

type GatedRow = Gate & {
  id: string
  siteId: string
  external: string | null
  url: string | null
  section: string | null
  language: string | null
  title: string | null
  byline: string | null
  credit: string | null
  publishedAt: Date | null
  version: number
  comments: number
  eventNumber: number
  createdAt: Date
  sectionMode: Gate['mode']
  sectionModeReason: string | null
  sectionModeSince: Date | null
  sectionCloseAfterDays: number | null
  siteMode: Gate['mode']
  siteModeReason: string | null
  siteModeSince: Date | null
  siteCloseAfterDays: number | null
}

function toStory(row: GatedRow, now: Date): Story {
  const section: Gate = {
    mode: row.sectionMode,
    modeReason: row.sectionModeReason,
    modeSince: row.sectionModeSince,
    closeAfterDays: row.sectionCloseAfterDays,
  }
  const site: Gate = {
    mode: row.siteMode,
    modeReason: row.siteModeReason,
    modeSince: row.siteModeSince,
    closeAfterDays: row.siteCloseAfterDays,
  }
  return {
    id: row.id,
    siteId: row.siteId,
    external: row.external,
    url: row.url,
    section: row.section,
    language: row.language,
    title: row.title,
    byline: row.byline,
    credit: row.credit,
    published: row.publishedAt,
    version: row.version,
    state: readState([row, section, site], row.publishedAt ?? row.createdAt, now),
    comments: row.comments,
    event: row.eventNumber,
  }
}

/** Which stories, by which of their names. */
export type StoryReference = { id: string } | { external: string } | { address: string }

/** The id of a story: our own id, `ext:` and the site's own, or an address in normal form. */
export async function findStoryId(
  db: Database,
  siteId: string,
  reference: StoryReference,
): Promise<string | undefined> {
  if ('id' in reference && !isId(reference.id)) return undefined
  const query = db.selectFrom('story').select('id').where('siteId', '=', siteId)
  const found = await ('id' in reference
    ? query.where('id', '=', reference.id)
    : 'external' in reference
      ? query.where('external', '=', reference.external)
      : query.where('address', '=', reference.address)
  ).executeTakeFirst()
  return found?.id
}

/** A story of this site; one of another site is none. */
export async function readStory(
  db: Database,
  siteId: string,
  storyId: string,
  now: Date,
): Promise<Story | undefined> {
  const row = await selectStories(db)
    .where('story.siteId', '=', siteId)
    .where('story.id', '=', storyId)
    .executeTakeFirst()
  return row && toStory(row, now)
}

/** Stories by id, of whatever site, their rows locked in id order for a write that depends on their state. */
export async function lockStories(tx: Database, storyIds: string[], now: Date): Promise<Map<string, Story>> {
  const rows = await selectStories(tx)
    .where('story.id', '=', sql<string>`any(${storyIds}::uuid[])`)
    .orderBy('story.id')
    .forUpdate('story')
    .execute()
  return new Map(rows.map((row) => [row.id, toStory(row, now)]))
}

/** Newest first; `before`: last id seen. */
export async function listStories(
  db: Database,
  siteId: string,
  before: string | undefined,
  limit: number,
  now: Date,
): Promise<Story[]> {
  let query = selectStories(db).where('story.siteId', '=', siteId).orderBy('story.id', 'desc').limit(limit)
  if (before) query = query.where('story.id', '<', before)
  return (await query.execute()).map((row) => toStory(row, now))
}

/** Counts of published comments, for up to 100 stories at once, by the name each was asked for. */
export async function countComments(
  db: Database,
  siteId: string,
  externals: string[],
  ids: string[],
): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('story')
    .select(['id', 'external', 'comments'])
    .where('siteId', '=', siteId)
    .where((is) =>
      is.or([
        is('external', 'in', externals.length ? externals : ['']),
        is('id', 'in', ids.length ? ids : [siteId]),
      ]),
    )
    .execute()
  return new Map(
    rows.flatMap((row) => [
      [row.id, row.comments] as const,
      ...(row.external ? [[`ext:${row.external}`, row.comments] as const] : []),
    ]),
  )
}

/** A version's passages in their order; the current version's without a number. */
export async function listPassages(db: Database, storyId: string, version?: number): Promise<Passage[]> {
  const { rows } = await sql<Passage>`
    select passage.id, passage.text
    from story
    join story_version on story_version.story_id = story.id
      and story_version.number = coalesce(${version ?? null}::int, story.version)
    cross join lateral unnest(story_version.passages) with ordinality as place (id, number)
    join passage on passage.story_id = story.id and passage.id = place.id
    where story.id = ${storyId} order by place.number`.execute(db)
  return rows
}

/** The first passage of several stories' current text, by story; without those that have none. */
export async function readFirstPassages(db: Database, storyIds: string[]): Promise<Map<string, string>> {
  if (storyIds.length === 0) return new Map()
  const { rows } = await sql<{ id: string; text: string }>`
    select story.id, passage.text
    from story
    join story_version on story_version.story_id = story.id and story_version.number = story.version
    join passage on passage.story_id = story.id and passage.id = story_version.passages[1]
    where story.id = any(${storyIds}::uuid[])`.execute(db)
  return new Map(rows.map(({ id, text }) => [id, text]))
}

/** Every passage the story ever had, oldest first. */
export async function listAllPassages(db: Database, storyId: string): Promise<Passage[]> {
  const rows = await db.selectFrom('passage').select(['id', 'text']).where('storyId', '=', storyId).execute()
  return rows.sort((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)))
}

export const listVersions = (db: Database, storyId: string): Promise<StoryVersion[]> =>
  db
    .selectFrom('storyVersion')
    .select(['number', 'createdAt'])
    .where('storyId', '=', storyId)
    .orderBy('number')
    .execute()

export type StoryFields = {
  external: string | null
  address: string | null
  url: string | null
  section: string | null
  language: string | null
  title: string | null
  byline: string | null
  credit: string | null
  publishedAt: Date | null
}

const termsOf = (terms: string[]) => sql`array_to_tsvector(${terms}::text[])`

/** A new story, not yet with a version. Answers false when its id or address was taken meanwhile. */
export async function insertStory(
  tx: Database,
  story: { id: string; siteId: string; fields: StoryFields; terms: string[]; batchId: string | null },
  now: Date,
): Promise<boolean> {
  const inserted = await tx
    .insertInto('story')
    .values({
      id: story.id,
      siteId: story.siteId,
      ...story.fields,
      terms: termsOf(story.terms),
      mode: null,
      modeReason: null,
      modeSince: null,
      closeAfterDays: null,
      batchId: story.batchId,
      createdAt: now,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  return inserted !== undefined
}

export async function updateStory(
  tx: Database,
  storyId: string,
  fields: StoryFields,
  terms: string[],
): Promise<void> {
  await tx
    .updateTable('story')
    .set({ ...fields, terms: termsOf(terms) })
    .where('id', '=', storyId)
    .execute()
}

/** Adds a version and makes it the current one. */
export async function insertVersion(
  tx: Database,
  version: {
    storyId: string
    number: number
    title: string | null
    byline: string | null
    credit: string | null
    passages: Passage[]
  },
  now: Date,
): Promise<void> {
  const { passages, ...rest } = version
  if (passages.length > 0)
    await tx
      .insertInto('passage')
      .values(passages.map((passage) => ({ storyId: version.storyId, ...passage })))
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  await tx
    .insertInto('storyVersion')
    .values({ ...rest, passages: passages.map((passage) => passage.id), createdAt: now })
    .execute()
  await tx.updateTable('story').set({ version: version.number }).where('id', '=', version.storyId).execute()
}

/** A story's own gate, before section and site have their say. */
export const readStoryGate = (db: Database, storyId: string): Promise<Gate | undefined> =>
  db
    .selectFrom('story')
    .select(['mode', 'modeReason', 'modeSince', 'closeAfterDays'])
    .where('id', '=', storyId)
    .executeTakeFirst()

/** The newest stories of a site, or of one of its sections. Index: story_recent. */
export async function listNewestIds(
  db: Database,
  siteId: string,
  section: string | undefined,
  limit: number,
): Promise<string[]> {
  let query = db
    .selectFrom('story')
    .select('id')
    .where('siteId', '=', siteId)
    .orderBy('id', 'desc')
    .limit(limit)
  if (section !== undefined) query = query.where('section', '=', section)
  return (await query.execute()).map(({ id }) => id)
}

export async function setStoryGate(tx: Database, storyId: string, gate: Gate): Promise<void> {
  await tx.updateTable('story').set(gate).where('id', '=', storyId).execute()
}

export async function setSectionGate(tx: Database, siteId: string, name: string, gate: Gate): Promise<void> {
  await tx
    .insertInto('section')
    .values({ siteId, name, ...gate })
    .onConflict((conflict) => conflict.columns(['siteId', 'name']).doUpdateSet(gate))
    .execute()
}

export async function listSections(db: Database, siteId: string): Promise<({ name: string } & Gate)[]> {
  return db
    .selectFrom('section')
    .select(['name', 'mode', 'modeReason', 'modeSince', 'closeAfterDays'])
    .where('siteId', '=', siteId)
    .orderBy('name')
    .execute()
}

/** Sections that stories name, with or without a gate of their own. */
export async function listSectionNames(db: Database, siteId: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select distinct section as name from story where site_id = ${siteId} and section is not null
    union select name from section where site_id = ${siteId} order by name`.execute(db)
  return rows.map((row) => row.name)
}

/** Stories whose title or text has all the terms, newest first. */
export async function searchStories(
  db: Database,
  siteId: string,
  tsquery: string,
  limit: number,
  now: Date,
): Promise<Story[]> {
  const rows = await selectStories(db)
    .where('story.siteId', '=', siteId)
    .where(sql<boolean>`story.terms @@ ${tsquery}::tsquery`)
    .orderBy('story.id', 'desc')
    .limit(limit)
    .execute()
  return rows.map((row) => toStory(row, now))
}
