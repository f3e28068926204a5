/** Writes a copied page's story and comments, all of it or nothing. */
import type { App } from '../context.ts'
import { type Database, inTransaction } from '../database/connect.ts'
import { newId, newIds } from '../database/ids.ts'
import { countIn, insertComments, type NewComment } from '../discussion/write-store.ts'
import { COMMENT_RENDERER } from '../language/comment-html.ts'
import { nameSkeleton } from '../language/names.ts'
import { appendEvents } from '../live/store.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import { createStory } from '../stories/actions.ts'
import { findStoryId } from '../stories/store.ts'
import type { PagePlan, PageReport } from './page-plan.ts'
import { gatherReasons } from './report.ts'
import { type Batch, findBatchOfSource, insertBatch, insertPeople, keepReport } from './store.ts'

/** Comments in one statement: some MB of text at most. */
const AT_ONCE = 500

/** Imports a page. The same text again adds nothing: the report says in which batch it is. Times and votes stay unknown.
 *  @returns the report, or `import-refused` when the address is already a story's: comments are not merged into it */
export async function importPage(app: App, plan: PagePlan): Promise<PageReport | Problem> {
  try {
    const report = await inTransaction(app.db, (tx) => keepPage(tx, app, plan))
    if (isProblem(report) || report.kept === 0) return report
    for (const storyId of report.stories) app.live.wake(storyId)
    app.pages.forget(app.site.id)
    return report
  } catch (error) {
    if (error instanceof AddressTaken) return refuseAddress(plan, undefined)
    throw error
  }
}

/** Somebody put a story there between the look and the leap. Thrown, so that the transaction goes back. */
class AddressTaken extends Error {}

const refuseAddress = ({ fields }: PagePlan, storyId: string | undefined): Problem =>
  refuse(
    'import-refused',
    `${fields.url} is already the address of a story here${storyId ? ` (${storyId})` : ''}.`,
  )

async function keepPage(tx: Database, app: App, plan: PagePlan): Promise<PageReport | Problem> {
  const now = app.now()
  const siteId = app.site.id
  const { fields, source } = plan
  const before = await findBatchOfSource(tx, siteId, source)
  if (before) return reportKnown(plan, before)
  const taken =
    fields.address === null ? undefined : await findStoryId(tx, siteId, { address: fields.address })
  if (taken) return refuseAddress(plan, taken)

  const batchId = newId(now.getTime())
  if (!(await insertBatch(tx, { id: batchId, siteId, format: 'page', source }, now)))
    return reportKnown(plan, (await findBatchOfSource(tx, siteId, source))!)
  const storyId = await createStory(tx, { siteId, fields, paragraphs: plan.paragraphs, batchId }, now)
  if (storyId === undefined) throw new AddressTaken()
  await keepComments(tx, { siteId, storyId, batchId, plan }, now)
  await appendEvents(tx, [{ storyId, kind: 'story.changed', commentId: null }], now)
  const report: PageReport = { ...plan.report, batch: batchId, dryRun: false, stories: [storyId] }
  await keepReport(tx, batchId, report)
  return report
}

/** Who wrote stands here unclaimed, one person a name; their ids ascend as on the page, and so do the comments'. */
async function keepComments(
  tx: Database,
  { siteId, storyId, batchId, plan }: { siteId: string; storyId: string; batchId: string; plan: PagePlan },
  now: Date,
): Promise<void> {
  const personIds = newIds(plan.people.length, now.getTime())
  const authors = new Map(plan.people.map((name, n) => [name, personIds[n]!]))
  const people = [...authors].map(([name, id]) => ({
    id,
    siteId,
    name,
    skeleton: nameSkeleton(name),
    role: 'reader' as const,
    badge: null,
    claim: 'unclaimed' as const,
    batchId,
  }))
  await insertPeople(tx, people, now)

  const ids = newIds(plan.comments.length, now.getTime())
  const comments = plan.comments.map(({ line, name, ...prepared }, n): NewComment => {
    return {
      ...prepared,
      storyId,
      id: ids[n]!,
      parentId: null,
      ancestors: [],
      authorId: authors.get(name)!,
      status: 'published',
      reason: null,
      kind: null,
      renderer: COMMENT_RENDERER,
      quotes: [],
      posted: null,
      received: now,
      edited: null,
      respect: 0,
      source: `${plan.source}:${line}`,
      batchId,
    }
  })
  for (let start = 0; start < comments.length; start += AT_ONCE)
    await insertComments(tx, comments.slice(start, start + AT_ONCE))
  await countIn(tx, comments, 1)
}

/** What a second run says: nothing is added, every line is told. */
function reportKnown({ report, lines }: PagePlan, { id, stories }: Batch): PageReport {
  const reason = `already imported in batch ${id}`
  return {
    ...report,
    batch: id,
    dryRun: false,
    kept: 0,
    skipped: lines.length,
    reasons: gatherReasons(lines.map(({ line }) => ({ line, reason }))),
    stories,
  }
}
