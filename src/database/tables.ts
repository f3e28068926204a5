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
  /** Origin where readers find it; null: the installation's own. */
  address: string | null
  languages: Generated<string[]>
  door: ColumnType<Record<string, unknown>, string | undefined, string>
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
  addressHash: Buffer | null
  addressSealed: Buffer | null
  provenAt: Date | null
  password: string | null
  createdAt: Date
}
type CredentialTable = {
  id: string
  identityId: string
  provider: string
  subject: string
  createdAt: Date
  usedAt: Date
}
type PasskeyTable = {
  id: string
  identityId: string
  rpId: string
  credentialId: Buffer
  publicKey: Buffer
  counter: number
  transports: string[]
  name: string
  createdAt: Date
  usedAt: Date | null
}
export type SessionWay = 'mail' | 'passkey' | 'password' | 'provider' | 'sso' | 'invitation' | 'guest'
type SessionTable = {
  id: string
  personId: string
  generation: Generated<number>
  rotatedAt: Date
  way: SessionWay
  isStrong: boolean
  device: string | null
  origin: string | null
  createdAt: Date
  seenAt: Date
  expiresAt: Date
}
type OnceTable = { key: string; value: string; expiresAt: Date }
type EndedSessionTable = { id: string; endedAt: Date }
export type Claim = 'claimed' | 'unclaimed' | 'guest' | 'erased'
type PersonTable = {
  id: string
  siteId: string
  identityId: string | null
  name: string
  skeleton: string
  role: Generated<Role>
  badge: string | null
  claim: Generated<Claim>
  batchId: string | null
  addressHash: Buffer | null
  roleFrom: Generated<'desk' | 'sso'>
  sanctionId: string | null
  /** `Infinity` for a ban (timestamptz infinity). */
  barredUntil: Date | number | null
  lookFirst: Generated<boolean>
  isMuted: Generated<boolean>
  /** Time of the newest measure that they have looked at. */
  toldAt: Date | null
  language: string | null
  notify: ColumnType<Record<string, string>, string | undefined, string>
  renamedAt: Date | null
  erasedAt: Date | null
  createdAt: Date
}
type NameChangeTable = { personId: string; changedAt: Date; name: string; skeleton: string }
type MuteTable = { personId: string; mutedId: string; mutedAt: Date }
type FollowTable = { personId: string; storyId: string; followedAt: Date }
export type SanctionKind = 'warn' | 'suspend' | 'ban' | 'look-first' | 'mute' | 'lift'
type SanctionTable = {
  id: string
  siteId: string | null
  personId: string
  kind: SanctionKind
  lifts: string | null
  reason: string
  note: string | null
  until: Date | null
  moderatorId: string
  decidedAt: Date
}
type NetworkKeyTable = { day: string; key: Buffer }
type NetworkUseTable = { storyId: string; commentId: string; personId: string; day: string; hash: Buffer }
export type SsoAlgorithm = 'HS256' | 'RS256' | 'EdDSA'
type SsoKeyTable = {
  id: string
  siteId: string
  label: string
  kid: string | null
  algorithm: SsoAlgorithm
  secretSealed: Buffer | null
  publicKey: string | null
  jwksUrl: string | null
  issuer: string | null
  audience: string | null
  roles: Role[]
  createdAt: Date
  retiredAt: Date | null
}
type ProviderTable = {
  id: string
  siteId: string
  kind: 'oidc' | 'oauth'
  name: string
  issuer: string | null
  authorizeUrl: string | null
  tokenUrl: string | null
  profileUrl: string | null
  clientId: string
  secretSealed: Buffer | null
  scopes: string
  fields: Json<Record<string, string>>
  isTrusted: boolean
  createdAt: Date
  retiredAt: Date | null
}
export type DomainEffect = 'refuse' | 'look-first'
type DomainRuleTable = { siteId: string; domain: string; effect: DomainEffect; createdAt: Date }
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
  credential: CredentialTable
  passkey: PasskeyTable
  session: SessionTable
  once: OnceTable
  endedSession: EndedSessionTable
  person: PersonTable
  nameChange: NameChangeTable
  mute: MuteTable
  follow: FollowTable
  sanction: SanctionTable
  networkKey: NetworkKeyTable
  networkUse: NetworkUseTable
  ssoKey: SsoKeyTable
  provider: ProviderTable
  domainRule: DomainRuleTable
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
