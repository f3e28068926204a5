import { sql } from 'kysely'
import type { Database } from '../database/connect.ts'

/** How much there is of a person, by what it is: for the pages that show what a download holds and what an erasure takes. */
export type Holdings = {
  /** Comments with words, whatever became of them. */
  comments: number
  published: number
  withdrawn: number
  revisions: number
  ballots: number
  reports: number
  decisions: number
  sanctions: number
  names: number
  mutes: number
  mutedBy: number
  follows: number
  sessions: number
  networks: number
  passkeys: number
  credentials: number
}

export async function countHoldings(db: Database, personId: string, now: Date): Promise<Holdings> {
  const { rows } = await sql<Holdings>`
    with self as (select id, identity_id from person where id = ${personId}),
    own as (select story_id, id, status from comment where author_id = ${personId})
    select
      (select count(*) from own where status not in ('withdrawn', 'missing'))::int as comments,
      (select count(*) from own where status = 'published')::int as published,
      (select count(*) from own where status = 'withdrawn')::int as withdrawn,
      (select count(*) from comment_revision past join own on own.story_id = past.story_id and own.id = past.comment_id)::int
        as revisions,
      (select count(*) from ballot where person_id = ${personId})::int as ballots,
      (select count(*) from report where person_id = ${personId})::int as reports,
      (select count(*) from decision join own on own.story_id = decision.story_id and own.id = decision.comment_id)::int
        as decisions,
      (select count(*) from sanction where person_id = ${personId})::int as sanctions,
      (select count(*) from name_change where person_id = ${personId})::int as names,
      (select count(*) from mute where person_id = ${personId})::int as mutes,
      (select count(*) from mute where muted_id = ${personId})::int as muted_by,
      (select count(*) from follow where person_id = ${personId})::int as follows,
      (select count(*) from session where person_id = ${personId} and expires_at > ${now})::int as sessions,
      (select count(*) from network_use where person_id = ${personId})::int as networks,
      (select count(*) from passkey where identity_id = (select identity_id from self))::int as passkeys,
      (select count(*) from credential where identity_id = (select identity_id from self))::int as credentials`.execute(
    db,
  )
  return rows[0] as Holdings
}
