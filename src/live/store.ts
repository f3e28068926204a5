import { sql } from 'kysely'
import type { Database } from '../database/connect.ts'
import type { EventKind } from '../database/tables.ts'

export type NewEvent = { storyId: string; kind: EventKind; commentId: string | null }

/** An event as pages hear of it: what happened to which comment, and the count after it. No words, no names:
 *  those are fetched through the page's own door. */
export type LiveEvent = { number: number; kind: EventKind; comment: string | null; parent: string | null }

/** Puts events into the outbox, in this transaction. Locks each story's row, so that numbers have no gaps and commit
 *  order is number order; stories are taken in id order, so that two writers cannot wait for each other.
 *  @returns the last number of each story */
export async function appendEvents(tx: Database, events: NewEvent[], now: Date): Promise<Map<string, number>> {
  const stories = [...new Set(events.map((event) => event.storyId))].sort()
  if (stories.length === 0) return new Map()
  const counts = stories.map((story) => events.filter((event) => event.storyId === story).length)
  const { rows } = await sql<{ id: string; last: number }>`
    update story set event_number = event_number + added.count
    from (select * from unnest(${stories}::uuid[], ${counts}::int[]) as added (id, count)) as added
    where story.id = added.id returning story.id, story.event_number as last`.execute(tx)
  const last = new Map(rows.map((row) => [row.id, row.last]))
  const next = new Map(stories.map((story, n) => [story, (last.get(story) ?? 0) - counts[n]!]))
  const numbered = events.map((event) => {
    const number = next.get(event.storyId)! + 1
    next.set(event.storyId, number)
    return { ...event, number, happenedAt: now }
  })
  await tx.insertInto('event').values(numbered).execute()
  const hints = [...last].map(([id, number]) => {
    const hides = events.some((event) => event.storyId === id && event.kind === 'comment.hidden')
    return `${id} ${number}${hides ? ' hides' : ''}`
  })
  await sql`select pg_notify('detente', hint) from unnest(${hints}::text[]) as hint`.execute(tx)
  return last
}

/** Events of a story after a number, oldest first. Events about what readers may not see are left out by kind. */
export async function listEvents(db: Database, storyId: string, after: number, limit: number): Promise<LiveEvent[]> {
  const { rows } = await sql<LiveEvent>`
    select event.number, event.kind, event.comment_id as comment, comment.parent_id as parent
    from event left join comment on comment.story_id = event.story_id and comment.id = event.comment_id
    where event.story_id = ${storyId} and event.number > ${after} order by event.number limit ${limit}`.execute(db)
  return rows
}

/** A story's last event number and its count of published comments; undefined when there is no such story. */
export async function readPosition(db: Database, storyId: string): Promise<{ number: number; comments: number } | undefined> {
  return db
    .selectFrom('story')
    .select(['eventNumber as number', 'comments'])
    .where('id', '=', storyId)
    .executeTakeFirst()
}
