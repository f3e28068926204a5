/** What the desk's pages about people ask for. */
import { sql } from 'kysely'
import type { Database } from '../database/connect.ts'
import type { CommentStatus, Role } from '../database/tables.ts'
import { nameSkeleton } from '../language/names.ts'
import type { Person } from './person.ts'

export type PersonLine = Pick<
  Person,
  'id' | 'name' | 'role' | 'badge' | 'claim' | 'barredUntil' | 'lookFirst' | 'isMuted'
> & {
  created: Date
  /** An earlier name that was asked for, when it is not today's. */
  formerly: string | null
}

/** People of a site, who came last first. Names are found by what looks like them, in part too, and earlier names in whole.
 *  @param asked.after last id seen */
export async function searchPeople(
  db: Database,
  siteId: string,
  asked: { name: string; role: Role | undefined; after: string | undefined; limit: number },
): Promise<PersonLine[]> {
  const skeleton = nameSkeleton(asked.name)
  if (skeleton === '' && asked.name !== '') return []
  const formerly = sql<string | null>`(
    select name_change.name from name_change where name_change.person_id = person.id
      and name_change.skeleton = ${skeleton} order by changed_at desc limit 1)`
  let query = db
    .selectFrom('person')
    .select(['id', 'name', 'role', 'badge', 'claim', 'barredUntil', 'lookFirst', 'isMuted'])
    .select('createdAt as created')
    .select(skeleton === '' ? sql<string | null>`null`.as('formerly') : formerly.as('formerly'))
    .where('siteId', '=', siteId)
    .where('claim', '<>', 'erased')
    .orderBy('id', 'desc')
    .limit(asked.limit)
  if (asked.role) query = query.where('role', '=', asked.role)
  if (asked.after) query = query.where('id', '<', asked.after)
  if (skeleton !== '')
    query = query.where(sql<boolean>`(strpos(person.skeleton, ${skeleton}) > 0 or ${formerly} is not null)`)
  return query.execute()
}

export type PersonFacts = {
  created: Date
  language: string | null
  roleFrom: 'desk' | 'sso'
  /** How many comments there are in each state. */
  comments: Partial<Record<CommentStatus, number>>
  /** Reports of what they wrote that the desk has not settled. */
  reports: number
  sessions: number
}

export async function readFacts(db: Database, id: string, now: Date): Promise<PersonFacts | undefined> {
  const person = await db
    .selectFrom('person')
    .select(['createdAt as created', 'language', 'roleFrom'])
    .where('id', '=', id)
    .executeTakeFirst()
  const { rows } = await sql<{ status: CommentStatus; count: number }>`
    select status, count(*)::int as count from comment where author_id = ${id} group by status`.execute(db)
  const { rows: numbers } = await sql<{ reports: number; sessions: number }>`
    select (select count(*)::int from comment join report on report.story_id = comment.story_id
        and report.comment_id = comment.id where comment.author_id = ${id} and report.settled_at is null) as reports,
      (select count(*)::int from session where person_id = ${id} and expires_at > ${now}) as sessions`.execute(
    db,
  )
  const { reports = 0, sessions = 0 } = numbers[0] ?? {}
  const comments = Object.fromEntries(rows.map(({ status, count }) => [status, count]))
  return person && { ...person, comments, reports, sessions }
}
