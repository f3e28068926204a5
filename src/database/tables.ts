/** The tables as Kysely sees them (camelCase through its plugin). migrations/ is the truth. */
import type { ColumnType, Generated } from 'kysely'

export type Mode = 'open' | 'premoderated' | 'closed' | 'off'
export type Role = 'reader' | 'staff' | 'moderator' | 'editor' | 'admin'
export type CommentStatus = 'published' | 'pending' | 'held' | 'removed' | 'withdrawn' | 'missing'
export type CommentKind = 'claim' | 'question' | 'experience' | 'correction' | 'about-coverage'

/** Written as JSON text, read as a value. */
type Json<T> = ColumnType<T, string, string>

type Gate = {
  mode: Mode | null
  modeReason: string | null
  modeSince: Date | null
  closeAfterDays: number | null
}

type SiteTable = {
  id: string
  name: string
  language: string
  timeZone: string
  rules: string
  origins: string[]
  mode: Generated<Mode>
  modeReason: string | null
  modeSince: Date | null
  closeAfterDays: number | null
  createdAt: Date
}
type SiteKeyTable = { id: string; siteId: string; label: string; hash: Buffer; createdAt: Date }
type SectionTable = { siteId: string; name: string } & Gate
type BatchTable = {
  id: string
  siteId: string
  format: string
  source: string
  report: Json<unknown>
  createdAt: Date
  undoneAt: Date | null
}
type IdentityTable = {
  id: string
  email: string
  emailVerified: boolean
  name: string
  createdAt: Date
  updatedAt: Date
}
type SessionTable = {
  id: string
  identityId: string
  token: string
  expiresAt: Date
  createdAt: Date
  updatedAt: Date
}
type VerificationTable = { id: string; identifier: string; value: string; expiresAt: Date }
type PersonTable = {
  id: string
  siteId: string
  identityId: string | null
  name: string
  skeleton: string
  role: Generated<Role>
  badge: string | null
  claim: Generated<'claimed' | 'unclaimed' | 'guest'>
  batchId: string | null
  createdAt: Date
}
type StoryTable = {
  id: string
  siteId: string
  external: string | null
  address: string | null
  url: string | null
  section: string | null
  language: string | null
  title: string | null
  byline: string | null
  credit: string | null
  publishedAt: Date | null
  version: Generated<number>
  comments: Generated<number>
  eventNumber: Generated<number>
  terms: ColumnType<string | null, unknown, unknown>
  batchId: string | null
  createdAt: Date
} & Gate
type StoryVersionTable = {
  storyId: string
  number: number
  title: string | null
  byline: string | null
  credit: string | null
  passages: string[]
  createdAt: Date
}
type PassageTable = { storyId: string; id: string; text: string }

export type Quote = { passage?: string; comment?: string; exact: string; version: number }

type PublicColumns = {
  storyId: string
  id: string
  parentId: string | null
  ancestors: string[]
  status: CommentStatus
  reason: string | null
  replies: Generated<number>
  descendants: Generated<number>
  postedAt: Date | null
  receivedAt: Date
}
type CommentTable = PublicColumns & {
  shown: ColumnType<'text' | 'tombstone' | null, never, never>
  authorId: string | null
  kind: CommentKind | null
  language: string | null
  text: string
  html: string
  renderer: number
  quotes: Json<Quote[]>
  editedAt: Date | null
  revision: Generated<number>
  respect: Generated<number>
  terms: ColumnType<string | null, unknown, unknown>
  source: string | null
  batchId: string | null
}
type PublicCommentView = PublicColumns & {
  shown: 'text' | 'tombstone'
  authorId: string | null
  kind: CommentKind | null
  language: string | null
  text: string | null
  html: string | null
  quotes: Quote[] | null
  editedAt: Date | null
  revision: number | null
  respect: number
  terms: string | null
}
type CommentRevisionTable = {
  storyId: string
  commentId: string
  number: number
  text: string
  html: string
  writtenAt: Date | null
}
type BallotTable = {
  storyId: string
  commentId: string
  personId: string
  value: number
  asked: Generated<boolean>
  castAt: Date
}
type ReportTable = {
  storyId: string
  commentId: string
  personId: string
  reason: string
  text: string
  reportedAt: Date
  settledAt: Date | null
}
export type DecisionAction = 'approve' | 'hold' | 'remove' | 'restore'
type DecisionTable = {
  storyId: string
  id: string
  commentId: string
  moderatorId: string
  action: DecisionAction
  reason: string | null
  note: string | null
  statusBefore: CommentStatus
  statusAfter: CommentStatus
  decidedAt: Date
}
export type EventKind =
  | 'comment.published'
  | 'comment.changed'
  | 'comment.hidden'
  | 'comment.waiting'
  | 'respect.changed'
  | 'story.changed'
type EventTable = {
  storyId: string
  number: number
  kind: EventKind
  commentId: string | null
  happenedAt: Date
}
type IdempotencyTable = {
  actorId: string
  key: string
  bodyHash: Buffer
  answer: Json<unknown>
  createdAt: Date
}

export type Tables = {
  site: SiteTable
  siteKey: SiteKeyTable
  section: SectionTable
  batch: BatchTable
  identity: IdentityTable
  session: SessionTable
  verification: VerificationTable
  person: PersonTable
  story: StoryTable
  storyVersion: StoryVersionTable
  passage: PassageTable
  comment: CommentTable
  publicComment: PublicCommentView
  commentRevision: CommentRevisionTable
  ballot: BallotTable
  report: ReportTable
  decision: DecisionTable
  event: EventTable
  idempotency: IdempotencyTable
}
