-- People: several sites, identities with sealed addresses, sessions that rotate, passkeys, sign-in by a newsroom's
-- own token or another's, guests, sanctions, mutes, retention.
--
-- Sessions and mailboxes of the first schema are not carried over: addresses stood open in it, and the key to seal
-- them is not the database's to know. Who signed in before signs in anew.

alter table site
  -- Origin where readers find the site. Null: the installation's own (DETENTE_URL, or where it listens).
  add column address text unique,
  -- Languages that readers are offered; empty: all there are words in.
  add column languages text[] not null default '{}',
  -- How one comes in here (settings/door.ts reads it and knows the defaults).
  add column door jsonb not null default '{}';

-- Whoever can prove something: a mailbox, a passkey, a newsroom's word. A person is what others see.
alter table person drop constraint person_identity_id_fkey;
update person set identity_id = null;
drop table verification, credential, session, identity;

create table identity (
  id uuid primary key,
  -- Keyed hash of the address, which was proven; null when there is none.
  address_hash bytea unique,
  -- The address sealed with a key outside the database. Without a hash beside it, it was told but not proven.
  address_sealed bytea,
  proven_at timestamptz,
  -- argon2id, as a PHC string.
  password text,
  created_at timestamptz not null
);
alter table person add foreign key (identity_id) references identity on delete set null;

-- Ways in through others: `sso:<site>` or `provider:<id>`, and what they call the person.
create table credential (
  id uuid primary key,
  identity_id uuid not null references identity on delete cascade,
  provider text not null,
  subject text not null,
  created_at timestamptz not null,
  used_at timestamptz not null,
  unique (provider, subject)
);
create index credential_identity on credential (identity_id);

create table passkey (
  id uuid primary key,
  identity_id uuid not null references identity on delete cascade,
  rp_id text not null,
  credential_id bytea not null unique,
  public_key bytea not null,
  counter bigint not null,
  transports text[] not null,
  name text not null,
  created_at timestamptz not null,
  used_at timestamptz
);
create index passkey_identity on passkey (identity_id);

-- A session is a family of refresh secrets: each is `generation` under a key outside the database.
create table session (
  id uuid primary key,
  person_id uuid not null references person on delete cascade,
  generation integer not null default 1,
  rotated_at timestamptz not null,
  way text not null check (way in ('mail', 'passkey', 'password', 'provider', 'sso', 'invitation', 'guest')),
  is_strong boolean not null,
  device text,
  origin text,
  created_at timestamptz not null,
  seen_at timestamptz not null,
  expires_at timestamptz not null
);
create index session_person on session (person_id);
create index session_expires on session (expires_at);

-- What is good once: links, codes, invitations, challenges, tokens' ids.
create table once (
  key text primary key,
  value text not null,
  expires_at timestamptz not null
);
create index once_expires on once (expires_at);

-- Sessions that ended before their access tokens did: every process reads this at least once a second.
create table ended_session (
  id uuid primary key,
  ended_at timestamptz not null
);
create index ended_session_at on ended_session (ended_at);

alter table person
  -- Unclaimed: keyed hash of the address that the import gave. Proof of it claims the name.
  add column address_hash bytea,
  add column role_from text not null default 'desk' check (role_from in ('desk', 'sso')),
  -- The sanction in force, with its end: 'infinity' for a ban.
  add column sanction_id uuid,
  add column barred_until timestamptz,
  add column look_first boolean not null default false,
  add column is_muted boolean not null default false,
  -- When the newest measure was taken that they have looked at on their own page.
  add column told_at timestamptz,
  add column language text,
  add column notify jsonb not null default '{}',
  add column renamed_at timestamptz,
  add column erased_at timestamptz;
alter table person drop constraint person_claim_check;
alter table person add constraint person_claim_check check (claim in ('claimed', 'unclaimed', 'guest', 'erased'));
create index person_address on person (site_id, address_hash) where address_hash is not null;

create table name_change (
  person_id uuid not null references person on delete cascade,
  changed_at timestamptz not null,
  name text not null,
  skeleton text not null,
  primary key (person_id, changed_at)
);
create table mute (
  person_id uuid not null references person on delete cascade,
  muted_id uuid not null references person on delete cascade,
  muted_at timestamptz not null,
  primary key (person_id, muted_id)
);
create index mute_muted on mute (muted_id);
create table follow (
  person_id uuid not null references person on delete cascade,
  story_id uuid not null references story on delete cascade,
  followed_at timestamptz not null,
  primary key (person_id, story_id)
);
create index follow_story on follow (story_id);

-- Append-only. `site_id` null: on all sites of the installation. `lifts` ends an earlier one.
create table sanction (
  id uuid primary key,
  site_id uuid references site,
  person_id uuid not null references person,
  kind text not null check (kind in ('warn', 'suspend', 'ban', 'look-first', 'mute', 'lift')),
  lifts uuid references sanction,
  reason text not null,
  note text,
  until timestamptz,
  moderator_id uuid not null,
  decided_at timestamptz not null,
  check ((kind = 'suspend') = (until is not null)),
  check ((kind = 'lift') = (lifts is not null))
);
create index sanction_person on sanction (person_id, id);
create trigger sanction_append_only before update or delete on sanction
  for each row execute function refuse_change();
create trigger sanction_no_truncate before truncate on sanction
  for each statement execute function refuse_change();

-- Network addresses: keyed hashes only. The day's key is destroyed after thirty, and its hashes with it.
create table network_key (
  day date primary key,
  key bytea not null
);
create table network_use (
  story_id uuid not null,
  comment_id uuid not null,
  person_id uuid not null references person on delete cascade,
  day date not null references network_key on delete cascade,
  hash bytea not null,
  primary key (story_id, comment_id),
  foreign key (story_id, comment_id) references comment on delete cascade
);
create index network_use_hash on network_use (day, hash);
create index network_use_person on network_use (person_id);

-- A newsroom's keys: two may be live at once.
create table sso_key (
  id uuid primary key,
  site_id uuid not null references site,
  label text not null,
  kid text,
  algorithm text not null check (algorithm in ('HS256', 'RS256', 'EdDSA')),
  -- HS256: the secret, sealed. RS256, EdDSA: a public key (PEM or JWK), or where the newsroom publishes its set.
  secret_sealed bytea,
  public_key text,
  jwks_url text,
  issuer text,
  audience text,
  -- Roles that a token may give; all others make a reader.
  roles text[] not null default '{}',
  created_at timestamptz not null,
  retired_at timestamptz,
  check (num_nonnulls(secret_sealed, public_key, jwks_url) = 1)
);
create index sso_key_site on sso_key (site_id) where retired_at is null;

-- Sign-in by others: OpenID Connect by discovery, or plain OAuth 2 by its addresses.
create table provider (
  id uuid primary key,
  site_id uuid not null references site,
  kind text not null check (kind in ('oidc', 'oauth')),
  name text not null,
  issuer text,
  authorize_url text,
  token_url text,
  profile_url text,
  client_id text not null,
  secret_sealed bytea,
  scopes text not null,
  -- Which fields of the profile say who, by what address, called what (OAuth).
  fields jsonb not null default '{}',
  -- Whether an address that it calls verified counts as proven.
  is_trusted boolean not null default true,
  created_at timestamptz not null,
  retired_at timestamptz
);

create table domain_rule (
  site_id uuid not null references site,
  domain text not null,
  effect text not null check (effect in ('refuse', 'look-first')),
  created_at timestamptz not null,
  primary key (site_id, domain)
);
