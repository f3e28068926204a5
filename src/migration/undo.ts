/** Takes an import back. */
import type { App } from '../context.ts'
import { type Database, inTransaction } from '../database/connect.ts'
import { isId } from '../database/ids.ts'
import { appendEvents } from '../live/store.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import { lockStories } from '../stories/store.ts'
import {
  countClaimed,
  countWrittenSince,
  deleteBatch,
  listBatchPeople,
  listBatchStories,
  lockBatch,
} from './store.ts'

/** What went, and who stays: people of the batch that somebody has claimed since, or who wrote elsewhere too.
 *  `already`: it had been undone before, and nothing was done now. */
export type UndoReport = {
  batch: string
  undone: string
  already: boolean
  stories: number
  comments: number
  people: number
  stayed: { id: string; name: string; reason: 'claimed' | 'wrote elsewhere' }[]
}

/** Deletes a batch's stories, comments and people. What was decided about its comments stays in the log.
 *  @returns `batch-unknown`; or `undo-refused` when it holds more by now than what came with it: readers' comments, comments
 *  that somebody has claimed, or a text that the newsroom put in a story's place. Nothing is deleted then. */
export async function undoBatch(app: App, batchId: string): Promise<UndoReport | Problem> {
  if (!isId(batchId)) return refuseUnknown(batchId)
  let gone: string[] = []
  const report = await inTransaction(app.db, async (tx): Promise<UndoReport | Problem> => {
    gone = []
    const now = app.now()
    const batch = await lockBatch(tx, app.site.id, batchId)
    if (!batch) return refuseUnknown(batchId)
    const nothing = { batch: batchId, already: true, stories: 0, comments: 0, people: 0, stayed: [] }
    if (batch.undoneAt) return { ...nothing, undone: batch.undoneAt.toISOString() }
    const storyIds = await listBatchStories(tx, batchId)
    const refusal = await refuseGrown(tx, batchId, storyIds, now)
    if (refusal) return refusal
    // The events go with their stories; their hint is what makes other processes drop their pages.
    const events = storyIds.map((storyId) => ({ storyId, kind: 'comment.hidden' as const, commentId: null }))
    await appendEvents(tx, events, now)
    const counts = await deleteBatch(tx, batchId, now)
    gone = storyIds
    const stayed = (await listBatchPeople(tx, batchId)).map(({ id, name, claim }) => ({
      id,
      name,
      reason: claim === 'unclaimed' ? ('wrote elsewhere' as const) : ('claimed' as const),
    }))
    return { batch: batchId, undone: now.toISOString(), already: false, ...counts, stayed }
  })
  if (isProblem(report)) return report
  for (const storyId of gone) app.live.hide(storyId)
  app.pages.forget(app.site.id)
  return report
}

const refuseUnknown = (batchId: string) => refuse('batch-unknown', `No batch ${batchId.slice(0, 60)}.`)

/** The stories are locked, so that nobody writes meanwhile. */
async function refuseGrown(
  tx: Database,
  batchId: string,
  storyIds: string[],
  now: Date,
): Promise<Problem | undefined> {
  if (storyIds.length === 0) return undefined
  const stories = await lockStories(tx, storyIds, now)
  const written = await countWrittenSince(tx, batchId, storyIds)
  if (written > 0) {
    const comments = written === 1 ? '1 comment has' : `${written} comments have`
    return refuse(
      'undo-refused',
      `${comments} been written under batch ${batchId} since; nothing was deleted.`,
    )
  }
  const claimed = await countClaimed(tx, batchId)
  if (claimed > 0) {
    const comments = claimed === 1 ? '1 comment' : `${claimed} comments`
    return refuse(
      'undo-refused',
      `${comments} of batch ${batchId} were claimed by who wrote them; nothing was deleted.`,
    )
  }
  const taken = [...stories.values()].find((story) => story.version > 1 || story.external !== null)
  if (!taken) return undefined
  const detail = `The newsroom has put its own text in the place of story ${taken.id} since; nothing was deleted.`
  return refuse('undo-refused', detail)
}
