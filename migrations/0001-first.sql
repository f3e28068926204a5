-- The first schema: sites, people, stories with versions and passages, comments, decisions, events.
--
-- Every table that belongs to a story is keyed (story_id, …) and queried with story_id, so that the schema
-- distributes by story on a distributed PostgreSQL unchanged. Unknown is null. Ids are UUIDv7.

create table site (
  id uuid primary key,
  name text not null,
  language text not null,
  time_zone text not null default 'UTC',
  rules text not null default '',
  origins text[] not null default '{}',
  mode text not null default 'open' check (mode in ('open', 'premoderated', 'closed', 'off')),
  mode_reason text,
  mode_since timestamptz,
  close_after_days integer check (close_after_days > 0),
  created_at timestamptz not null
);

create table site_key (
  id uuid primary key,
  site_id uuid not null references site,
  label text not null,
  hash bytea not null unique,
  created_at timestamptz not null
);

create table section (
  site_id uuid not null references site,
  name text not null,
  mode text check (mode in ('open', 'premoderated', 'closed', 'off')),
  mode_reason text,
  mode_since timestamptz,
  close_after_days integer check (close_after_days > 0),
  primary key (site_id, name)
);

-- One import, so that all of it can be taken back.
create table batch (
  id uuid primary key,
  site_id uuid not null references site,
  format text not null,
  source text not null,
  report jsonb not null,
  created_at timestamptz not null,
  undone_at timestamptz
);
create unique index batch_source on batch (site_id, source) where undone_at is null;

-- better-auth's tables: who can prove an address. A person is what others see.
create table identity (
  id uuid primary key,
  email text not null unique,
  email_verified boolean not null,
  name text not null,
  image text,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create table session (
  id uuid primary key,
  identity_id uuid not null references identity on delete cascade,
  token text not null unique,
  expires_at timestamptz not null,
  ip_address text,
  user_agent text,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index session_identity on session (identity_id);
create table credential (
  id uuid primary key,
  identity_id uuid not null references identity on delete cascade,
  account_id text not null,
  provider_id text not null,
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expires_at timestamptz,
  refresh_token_expires_at timestamptz,
  scope text,
  password text,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create table verification (
  id text primary key,
  identifier text not null,
  value text not null,
  expires_at timestamptz not null,
  created_at timestamptz,
  updated_at timestamptz
);
create index verification_identifier on verification (identifier);

create table person (
  id uuid primary key,
  site_id uuid not null references site,
  identity_id uuid references identity on delete set null,
  name text not null,
  skeleton text not null,
  role text not null default 'reader' check (role in ('reader', 'staff', 'moderator', 'editor', 'admin')),
  badge text,
  claim text not null default 'claimed' check (claim in ('claimed', 'unclaimed', 'guest')),
  batch_id uuid references batch,
  created_at timestamptz not null
);
create unique index person_identity on person (site_id, identity_id);
create unique index person_name on person (site_id, lower(name)) where claim = 'claimed';
create index person_skeleton on person (site_id, skeleton);
create index person_batch on person (batch_id) where batch_id is not null;

create table story (
  id uuid primary key,
  site_id uuid not null references site,
  external text,
  address text,
  url text,
  section text,
  language text,
  title text,
  byline text,
  credit text,
  published_at timestamptz,
  version integer not null default 1,
  mode text check (mode in ('open', 'premoderated', 'closed', 'off')),
  mode_reason text,
  mode_since timestamptz,
  close_after_days integer check (close_after_days > 0),
  comments integer not null default 0,
  event_number bigint not null default 0,
  terms tsvector,
  batch_id uuid references batch,
  created_at timestamptz not null
);
create unique index story_external on story (site_id, external);
create unique index story_address on story (site_id, address);
create index story_recent on story (site_id, id);
create index story_terms on story using gin (terms);
create index story_batch on story (batch_id) where batch_id is not null;

create table story_version (
  story_id uuid not null references story on delete cascade,
  number integer not null,
  title text,
  byline text,
  credit text,
  passages text[] not null,
  created_at timestamptz not null,
  primary key (story_id, number)
);
create table passage (
  story_id uuid not null references story on delete cascade,
  id text not null,
  text text not null,
  primary key (story_id, id)
);

create table comment (
  story_id uuid not null references story on delete cascade,
  id uuid not null,
  parent_id uuid,
  ancestors uuid[] not null default '{}',
  author_id uuid references person,
  status text not null check (status in ('published', 'pending', 'held', 'removed', 'withdrawn', 'missing')),
  reason text,
  kind text check (kind in ('claim', 'question', 'experience', 'correction', 'about-coverage')),
  language text,
  text text not null,
  html text not null,
  renderer smallint not null,
  quotes jsonb not null default '[]',
  posted_at timestamptz,
  received_at timestamptz not null,
  edited_at timestamptz,
  revision integer not null default 1,
  replies integer not null default 0,
  descendants integer not null default 0,
  respect integer not null default 0,
  terms tsvector,
  source text,
  batch_id uuid references batch,
  -- What the public sees in its place: its text, a tombstone, or nothing at all.
  shown text generated always as (
    case when status = 'published' then 'text'
         when status in ('removed', 'missing') or descendants > 0 then 'tombstone' end) stored,
  -- What counts for order and shows: a tombstone has none, so it does not stay on top.
  shown_respect integer generated always as (case when status = 'published' then respect else 0 end) stored,
  primary key (story_id, id)
);
create index comment_children on comment (story_id, parent_id, id) where shown is not null;
create index comment_most_replied on comment (story_id, descendants, id) where parent_id is null and shown is not null;
create index comment_most_respected on comment (story_id, shown_respect, id) where parent_id is null and shown is not null;
create index comment_author on comment (author_id, id);
create index comment_waiting on comment (id) where status in ('pending', 'held');
-- The expression of public_comment.terms below, letter for letter: so a search through the view finds this index.
create index comment_terms on comment using gin ((case when shown = 'text' then terms end)) where shown is not null;
create unique index comment_source on comment (story_id, source) where source is not null;
create index comment_batch on comment (batch_id) where batch_id is not null;

-- The one visibility predicate for everyone who is neither the author nor a moderator. Every public
-- output reads this view; a tombstone's words, author and quotes cannot leave through it.
create view public_comment as
  select story_id, id, parent_id, ancestors, shown, status,
    case when status = 'removed' then reason end as reason, replies, descendants, posted_at, received_at,
    shown_respect as respect,
    case when shown = 'text' then author_id end as author_id,
    case when shown = 'text' then kind end as kind,
    case when shown = 'text' then language end as language,
    case when shown = 'text' then text end as text,
    case when shown = 'text' then html end as html,
    case when shown = 'text' then quotes end as quotes,
    case when shown = 'text' then edited_at end as edited_at,
    case when shown = 'text' then revision end as revision,
    case when shown = 'text' then terms end as terms
  from comment where shown is not null;

-- What a comment said before each edit. The current text stands in comment.
create table comment_revision (
  story_id uuid not null,
  comment_id uuid not null,
  number integer not null,
  text text not null,
  html text not null,
  written_at timestamptz,
  primary key (story_id, comment_id, number),
  foreign key (story_id, comment_id) references comment on delete cascade
);

create table ballot (
  story_id uuid not null,
  comment_id uuid not null,
  person_id uuid not null references person,
  value real not null check (value in (0, 0.5, 1)),
  asked boolean not null default false,
  cast_at timestamptz not null,
  primary key (story_id, comment_id, person_id),
  foreign key (story_id, comment_id) references comment on delete cascade
);
create index ballot_person on ballot (person_id, story_id);

create table report (
  story_id uuid not null,
  comment_id uuid not null,
  person_id uuid not null references person,
  reason text not null,
  text text not null default '',
  reported_at timestamptz not null,
  settled_at timestamptz,
  primary key (story_id, comment_id, person_id),
  foreign key (story_id, comment_id) references comment on delete cascade
);
create index report_person on report (person_id);
create index report_open on report (reported_at) where settled_at is null;

create table decision (
  story_id uuid not null,
  id uuid not null,
  comment_id uuid not null,
  moderator_id uuid not null,
  action text not null check (action in ('approve', 'hold', 'remove', 'restore')),
  reason text,
  note text,
  status_before text not null,
  status_after text not null,
  decided_at timestamptz not null,
  primary key (story_id, id),
  check (reason is not null or action in ('approve', 'restore'))
);
create index decision_comment on decision (story_id, comment_id, id);
create index decision_recent on decision (decided_at);
create index decision_of_comment on decision (comment_id);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the decision log is append-only';
end $$;
create trigger decision_append_only before update or delete on decision
  for each row execute function refuse_change();
create trigger decision_no_truncate before truncate on decision
  for each statement execute function refuse_change();

-- The outbox: what happened under a story, numbered without gaps under the story's row lock, so that
-- commit order is number order. Live updates, and later mails and webhooks, read it afterwards.
create table event (
  story_id uuid not null references story on delete cascade,
  number bigint not null,
  kind text not null,
  comment_id uuid,
  happened_at timestamptz not null,
  primary key (story_id, number)
);

create table idempotency (
  actor_id uuid not null,
  key text not null,
  body_hash bytea not null,
  answer jsonb not null,
  created_at timestamptz not null,
  primary key (actor_id, key)
);
create index idempotency_created on idempotency (created_at);
