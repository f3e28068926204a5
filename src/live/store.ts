import { sql } from 'kysely'
import type { Database } from '../database/connect.ts'
import type { EventKind } from '../database/tables.ts'

export type NewEvent = { storyId: string; kind: EventKind; commentId: string | null }

/** An event as pages hear of it: what happened to which comment, and the count after it. No words, no names:
 *  those are fetched through the page's own door. `author` is whose words can be read now: pages of those who muted
 *  them do not announce it. */
export type LiveEvent = {
  number: number
  kind: EventKind
  comment: string | null
  parent: string | null
  author: string | null
}

/** Puts events into the outbox, in this transaction, and hints at them to all processes. Locks each story's row, so that
 *  numbers have no gaps and commit order is number order. A transaction with events of several stories has locked them
 *  before, in id order (`lockStories`), so that two writers cannot wait for each other. */
export async function appendEvents(tx: Database, events: NewEvent[], now: Date): Promise<void> {
  if (events.length === 0) return
  await sql`
    with told as (
      select told.*, row_number() over (partition by story_id order by place) as rank
      from unnest(${events.map((event) => event.storyId)}::uuid[], ${events.map((event) => event.kind)}::text[],
        ${events.map((event) => event.commentId)}::uuid[]) with ordinality as told (story_id, kind, comment_id, place)
    ), counts as (
      select story_id, count(*) as count, bool_or(kind = 'comment.hidden') as hides from told group by story_id
    ), numbered as (
      update story set event_number = event_number + counts.count from counts where story.id = counts.story_id
      returning story.id, event_number as last, event_number - counts.count as before, counts.hides
    ), kept as (
      insert into event (story_id, number, kind, comment_id, happened_at)
      select told.story_id, numbered.before + told.rank, told.kind, told.comment_id, ${now}
      from told join numbered on numbered.id = told.story_id
    )
    select pg_notify('detente', id || ' ' || last || case when hides then ' hides' else '' end) from numbered`.execute(
    tx,
  )
}

/** Events of a story after a number, oldest first. Events about what readers may not see are left out by kind. */
export async function listEvents(
  db: Database,
  storyId: string,
  after: number,
  limit: number,
): Promise<LiveEvent[]> {
  const { rows } = await sql<LiveEvent>`
    select event.number, event.kind, event.comment_id as comment, comment.parent_id as parent,
      case when comment.shown = 'text' then comment.author_id end as author
    from event left join comment on comment.story_id = event.story_id and comment.id = event.comment_id
    where event.story_id = ${storyId} and event.number > ${after} order by event.number limit ${limit}`.execute(
    db,
  )
  return rows
}

/** A story's last event number and its count of published comments; undefined when there is no such story. */
export async function readPosition(
  db: Database,
  storyId: string,
): Promise<{ number: number; comments: number } | undefined> {
  return db
    .selectFrom('story')
    .select(['eventNumber as number', 'comments'])
    .where('id', '=', storyId)
    .executeTakeFirst()
}
