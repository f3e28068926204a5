/** What is one person's, read for them: pages of rows in the order of a key, so that a person with much of it costs no more
 *  memory than one with little. Of others it holds no words but those that the person quoted. */
import { sql } from 'kysely'
import type { Database } from '../database/connect.ts'
import type {
  CommentKind,
  CommentStatus,
  DecisionAction,
  Role,
  SanctionKind,
  SessionWay,
} from '../database/tables.ts'
import { listAbout } from './sanction-store.ts'

/** Rows that come after a key, `limit` at most. */
type More<T> = (after: string | undefined, limit: number) => Promise<T[]>

const PAGE = 100

/** All rows, a page at a time; the next is read only when somebody has taken this one. */
async function* turnPages<T>(more: More<T>, keyOf: (row: T) => string): AsyncGenerator<T> {
  let after: string | undefined
  for (;;) {
    const rows = await more(after, PAGE)
    yield* rows
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE) return
    after = keyOf(last)
  }
}

/** Ids sort behind it all: it stands for "from the beginning". */
const FIRST = '00000000-0000-0000-0000-000000000000'

export type OwnPerson = {
  id: string
  name: string
  role: Role
  badge: string | null
  claim: string
  since: Date
  renamed: Date | null
  language: string | null
  notify: Record<string, string>
  suspendedUntil: Date | number | null
  looksFirst: boolean
  isMuted: boolean
  identityId: string | null
  siteId: string
}

export const readOwnPerson = (db: Database, id: string): Promise<OwnPerson | undefined> =>
  db
    .selectFrom('person')
    .select([
      'id',
      'name',
      'role',
      'badge',
      'claim',
      'createdAt as since',
      'renamedAt as renamed',
      'language',
    ])
    .select(['notify', 'barredUntil as suspendedUntil', 'lookFirst as looksFirst', 'isMuted'])
    .select(['identityId', 'siteId'])
    .where('id', '=', id)
    .executeTakeFirst()

export type OwnRevision = { number: number; text: string; html: string; written: Date | null }
export type OwnDecision = {
  action: DecisionAction
  rule: string | null
  status: CommentStatus
  decided: Date
}
export type OwnQuote = { passage: string | null; comment: string | null; exact: string | null }

export type OwnComment = {
  id: string
  story: string
  title: string | null
  url: string | null
  replyTo: string | null
  status: CommentStatus
  /** The rule that it was held or removed by. */
  rule: string | null
  kind: CommentKind | null
  language: string | null
  text: string
  html: string
  quotes: OwnQuote[]
  posted: Date | null
  received: Date
  edited: Date | null
  respect: number
  replies: number
  revisions: OwnRevision[]
  decisions: OwnDecision[]
  /** The day of which a keyed hash of the network is kept; ISO 8601. */
  networkDay: string | null
}

/** Oldest first. Words that were quoted of another's comment stand there as long as everyone can read it.
 *  Index: comment_author. */
export const listOwnComments = (db: Database, personId: string): AsyncGenerator<OwnComment> =>
  turnPages(
    async (after, limit) => {
      const { rows } = await sql<OwnComment>`
        select c.id, c.story_id as story, story.title, story.url, c.parent_id as reply_to, c.status, c.reason as rule, c.kind,
          c.language, c.text, c.html, c.posted_at as posted, c.received_at as received, c.edited_at as edited, c.respect,
          c.replies, network_use.day::text as network_day,
          coalesce((
            select jsonb_agg(jsonb_build_object('passage', quote ->> 'passage', 'comment', quote ->> 'comment', 'exact',
              case when quote ->> 'comment' is null or quoted.shown = 'text' then quote ->> 'exact' end) order by place)
            from jsonb_array_elements(c.quotes) with ordinality as said (quote, place)
            left join public_comment quoted on quoted.story_id = c.story_id and quoted.id = (quote ->> 'comment')::uuid
          ), '[]') as quotes
        from comment c join story on story.id = c.story_id
        left join network_use on network_use.story_id = c.story_id and network_use.comment_id = c.id
        where c.author_id = ${personId} and c.id > ${after ?? FIRST}::uuid order by c.id limit ${limit}`.execute(
        db,
      )
      return addPast(db, rows)
    },
    ({ id }) => id,
  )

async function addPast(db: Database, comments: OwnComment[]): Promise<OwnComment[]> {
  const ids = comments.map(({ id }) => id)
  if (ids.length === 0) return comments
  const stories = [...new Set(comments.map(({ story }) => story))]
  const revisions = await db
    .selectFrom('commentRevision')
    .select(['commentId', 'number', 'text', 'html', 'writtenAt as written'])
    .where('storyId', 'in', stories)
    .where('commentId', 'in', ids)
    .orderBy('number')
    .execute()
  const decisions = await db
    .selectFrom('decision')
    .select(['commentId', 'action', 'reason as rule', 'statusAfter as status', 'decidedAt as decided'])
    .where('commentId', 'in', ids)
    .orderBy('id')
    .execute()
  const of = <T extends { commentId: string }>(rows: T[], id: string) =>
    rows.filter((row) => row.commentId === id).map(({ commentId: _, ...row }) => row)
  return comments.map((comment) => ({
    ...comment,
    revisions: of(revisions, comment.id),
    decisions: of(decisions, comment.id),
  }))
}

export type OwnBallot = { story: string; comment: string; value: number; cast: Date }
export type OwnReport = {
  story: string
  comment: string
  rule: string
  text: string
  reported: Date
  settled: Date | null
}

/** Rows of a story and a comment go by both: `after` is "story comment". */
const placeAfter = (after: string | undefined) => {
  const [story = FIRST, comment = FIRST] = after?.split(' ') ?? []
  return sql<boolean>`(story_id, comment_id) > (${story}::uuid, ${comment}::uuid)`
}
const placeOf = ({ story, comment }: { story: string; comment: string }) => `${story} ${comment}`

/** Index: ballot_person. */
export const listOwnBallots = (db: Database, personId: string): AsyncGenerator<OwnBallot> =>
  turnPages(
    (after, limit) =>
      db
        .selectFrom('ballot')
        .select(['storyId as story', 'commentId as comment', 'value', 'castAt as cast'])
        .where('personId', '=', personId)
        .where(placeAfter(after))
        .orderBy('storyId')
        .orderBy('commentId')
        .limit(limit)
        .execute(),
    placeOf,
  )

/** Index: report_person. */
export const listOwnReports = (db: Database, personId: string): AsyncGenerator<OwnReport> =>
  turnPages(
    (after, limit) =>
      db
        .selectFrom('report')
        .select(['storyId as story', 'commentId as comment', 'reason as rule', 'text'])
        .select(['reportedAt as reported', 'settledAt as settled'])
        .where('personId', '=', personId)
        .where(placeAfter(after))
        .orderBy('storyId')
        .orderBy('commentId')
        .limit(limit)
        .execute(),
    placeOf,
  )

export type OwnMute = { id: string; name: string; since: Date }

export const listOwnMutes = (db: Database, personId: string): AsyncGenerator<OwnMute> =>
  turnPages(
    (after, limit) =>
      db
        .selectFrom('mute')
        .innerJoin('person', 'person.id', 'mute.mutedId')
        .select(['person.id', 'person.name', 'mute.mutedAt as since'])
        .where('mute.personId', '=', personId)
        .where('mute.mutedId', '>', after ?? FIRST)
        .orderBy('mute.mutedId')
        .limit(limit)
        .execute(),
    ({ id }) => id,
  )

export type OwnFollow = { story: string; title: string | null; url: string | null; since: Date }

export const listOwnFollows = (db: Database, personId: string): AsyncGenerator<OwnFollow> =>
  turnPages(
    (after, limit) =>
      db
        .selectFrom('follow')
        .innerJoin('story', 'story.id', 'follow.storyId')
        .select(['story.id as story', 'story.title', 'story.url', 'follow.followedAt as since'])
        .where('follow.personId', '=', personId)
        .where('follow.storyId', '>', after ?? FIRST)
        .orderBy('follow.storyId')
        .limit(limit)
        .execute(),
    ({ story }) => story,
  )

/* What there is little of */

export const listOwnNames = (db: Database, personId: string): Promise<{ name: string; until: Date }[]> =>
  db
    .selectFrom('nameChange')
    .select(['name', 'changedAt as until'])
    .where('personId', '=', personId)
    .orderBy('changedAt')
    .execute()

export type OwnSanction = {
  id: string
  kind: SanctionKind
  lifts: string | null
  rule: string
  until: Date | null
  everywhere: boolean
  decided: Date
}

/** Those too that came with an earlier name of theirs, and those on all sites. */
export async function listOwnSanctions(db: Database, personId: string): Promise<OwnSanction[]> {
  const sanctions = await listAbout(db, personId)
  return sanctions.map(({ id, kind, lifts, reason, until, siteId, decidedAt }) => ({
    id,
    kind,
    lifts,
    rule: reason,
    until,
    everywhere: siteId === null,
    decided: decidedAt,
  }))
}

export type OwnSession = {
  way: SessionWay
  device: string | null
  origin: string | null
  created: Date
  seen: Date
  expires: Date
}

export const listOwnSessions = (db: Database, personId: string, now: Date): Promise<OwnSession[]> =>
  db
    .selectFrom('session')
    .select(['way', 'device', 'origin', 'createdAt as created', 'seenAt as seen', 'expiresAt as expires'])
    .where('personId', '=', personId)
    .where('expiresAt', '>', now)
    .orderBy('createdAt')
    .execute()

export type OwnWay = {
  way: 'passkey' | 'password' | 'provider' | 'sso'
  name: string | null
  created: Date | null
  used: Date | null
}

/** Ways in beside the mailbox, without anything that one could come in by. */
export async function listOwnWays(db: Database, identityId: string): Promise<OwnWay[]> {
  const { rows } = await sql<OwnWay>`
    select 'passkey' as way, name, created_at as created, used_at as used from passkey where identity_id = ${identityId}
    union all
    select case when credential.provider like 'sso:%' then 'sso' else 'provider' end,
      coalesce(provider.name, site.name), credential.created_at, credential.used_at
    from credential left join provider on credential.provider = 'provider:' || provider.id
    left join site on credential.provider = 'sso:' || site.id where identity_id = ${identityId}
    union all select 'password', null, null, null from identity where id = ${identityId} and password is not null
    order by way, created`.execute(db)
  return rows
}
