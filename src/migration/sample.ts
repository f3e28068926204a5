/** The sample newsroom that a first start shows, out of sample/newsroom.json (its format: the README beside it). */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { App } from '../context.ts'
import { type Database, inTransaction } from '../database/connect.ts'
import { newIds } from '../database/ids.ts'
import type { CommentStatus, EventKind, Role } from '../database/tables.ts'
import { countIn, insertComments, replaceText } from '../discussion/write-store.ts'
import { COMMENT_RENDERER } from '../language/comment-html.ts'
import { nameSkeleton } from '../language/names.ts'
import { appendEvents } from '../live/store.ts'
import { insertDecision } from '../moderation/store.ts'
import { packageRoot } from '../settings/settings.ts'
import { createStory } from '../stories/actions.ts'
import { readSite, tellOfSite, updateSite } from '../stories/site-store.ts'
import { setStoryGate } from '../stories/store.ts'
import { growSampleThread, type SamplePeople, type SampleStory, timeBefore } from './sample-thread.ts'
import { insertPeople, insertRespect, insertSections, lockUntouched } from './store.ts'

type Sample = {
  site: { name: string; language: string; rules: string; timezone: string }
  sections: { name: string }[]
  people: { key: string; name: string; role: Role; badge: string | null }[]
  stories: SampleStory[]
}

const readSample = async (): Promise<Sample> =>
  JSON.parse(await readFile(join(packageRoot, 'sample/newsroom.json'), 'utf8'))

/** Fills a database in which nothing was ever put: the site's name and rules, sections, people, stories, comments.
 *  @returns whether there was nothing, and the sample stands here now */
export async function loadSampleIfEmpty(app: App): Promise<boolean> {
  const sample = await readSample()
  const { name, language, rules, timezone } = sample.site
  const loaded = await inTransaction(app.db, async (tx) => {
    const skeletons = sample.people.map((person) => nameSkeleton(person.name))
    if (!(await lockUntouched(tx, app.site.id, skeletons))) return false
    await updateSite(tx, app.site.id, { name, language, rules, timeZone: timezone })
    await tellOfSite(tx, app.site.id)
    await loadSample(tx, app.site.id, sample, app.now())
    return true
  })
  if (!loaded) return false
  app.site = await readSite(app.db, app.site.id)
  app.pages.forgetSite(app.site.id)
  return true
}

/** What became of a comment since it was posted, for the outbox. */
const eventOf: Record<Exclude<CommentStatus, 'missing'>, EventKind> = {
  published: 'comment.published',
  pending: 'comment.waiting',
  held: 'comment.hidden',
  removed: 'comment.hidden',
  withdrawn: 'comment.hidden',
}

async function loadSample(tx: Database, siteId: string, sample: Sample, now: Date): Promise<void> {
  const sections = sample.sections.map((section) => section.name)
  await insertSections(tx, siteId, sections)
  const people = await loadPeople(tx, siteId, sample.people, now)
  const threads = []
  for (const story of sample.stories)
    threads.push(growSampleThread(story, { storyId: await loadStory(tx, siteId, story, now), people }, now))

  const comments = threads.flatMap((thread) => thread.comments)
  await insertComments(tx, comments)
  const published = comments.filter((comment) => comment.status === 'published')
  await countIn(tx, published, 1)
  const respect = threads.flatMap((thread) => thread.respect)
  await insertRespect(tx, respect)
  for (const { comment, text, at } of threads.flatMap((thread) => thread.edits))
    await replaceText(tx, comment, { ...text, renderer: COMMENT_RENDERER, status: comment.status }, at)
  for (const decision of threads.flatMap((thread) => thread.decisions)) await insertDecision(tx, decision)
  const events = comments.flatMap(({ storyId, id, status }) =>
    status === 'missing' ? [] : [{ storyId, kind: eventOf[status], commentId: id }],
  )
  await appendEvents(tx, events, now)
}

async function loadPeople(
  tx: Database,
  siteId: string,
  people: Sample['people'],
  now: Date,
): Promise<SamplePeople> {
  const ids = newIds(people.length, now.getTime())
  const rows = people.map(({ name, role, badge }, n) => ({
    id: ids[n]!,
    siteId,
    name,
    skeleton: nameSkeleton(name),
    role,
    badge,
    claim: 'claimed' as const,
    batchId: null,
  }))
  await insertPeople(tx, rows, now)
  return {
    ids: new Map(people.map(({ key }, n) => [key, ids[n]!])),
    moderatorId: rows.find(({ role }) => role === 'moderator')!.id,
  }
}

/** @returns the story's id */
async function loadStory(tx: Database, siteId: string, story: SampleStory, now: Date): Promise<string> {
  const { external, url, section, language, title, byline, credit, paragraphs, mode, reason } = story
  const publishedAt = timeBefore(now, story.published)
  const fields = { external, address: null, url, section, language, title, byline, credit, publishedAt }
  const id = await createStory(tx, { siteId, fields, paragraphs, batchId: null }, publishedAt)
  if (id === undefined) throw new Error(`The sample has two stories ${external}.`)
  if (mode !== 'open')
    await setStoryGate(tx, id, {
      mode,
      modeReason: reason,
      modeSince: closedSince(story, now),
      closeAfterDays: null,
    })
  return id
}

/** A discussion closed with its last comment; any other setting is as old as the story. */
const closedSince = ({ mode, comments, published }: SampleStory, now: Date): Date => {
  const last = mode === 'closed' ? comments.at(-1) : undefined
  return timeBefore(now, last?.ago ?? published)
}
