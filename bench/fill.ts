/** Fills the database by the million, straight in SQL: texts are written and rendered by the product's own code once,
 *  2,000 of them, and stand in many comments. Counts, ancestors and terms are what the product would have written. */
import type pg from 'pg'
import { COMMENT_RENDERER, plainText, renderComment } from '../src/language/comment-html.ts'
import { detectLanguage } from '../src/language/detect.ts'
import { searchTerms } from '../src/language/search-terms.ts'
import { seeded } from './measures.ts'
import { textLanguages, writeText } from './texts.ts'

const TEXTS = 2_000
export const PEOPLE = 2_000

/** Ids by number, in the shape of UUIDv7: the time in milliseconds, then what it is, the story's and its own number. */
const makeIdFunction = `
  create or replace function pg_temp.bench_id(at bigint, kind int, story int, number int) returns uuid immutable language sql as $$
    select (lpad(to_hex(at), 12, '0') || '7' || lpad(to_hex(kind), 3, '0') || '8' || lpad(to_hex(story), 7, '0')
      || lpad(to_hex(number), 8, '0'))::uuid $$;
  create or replace function pg_temp.story_id(story int) returns uuid immutable language sql as $$
    select pg_temp.bench_id(1760000000000 + story * 1000, 1, story, 0) $$;
  create or replace function pg_temp.comment_id(story int, number int) returns uuid immutable language sql as $$
    select pg_temp.bench_id(1760000600000 + story * 1000 + number * 3000::bigint, 2, story, number) $$`

/** Texts and people, once a database. */
export async function fillTexts(sql: pg.Client): Promise<void> {
  await sql.query(makeIdFunction)
  await sql.query(
    `create temp table bench_text (n int primary key, text text, html text, language text, terms tsvector)`,
  )
  const random = seeded(1)
  const texts = Array.from({ length: TEXTS }, (_, n) => {
    const text = writeText(textLanguages[n % textLanguages.length]!, random)
    const plain = plainText(text)
    const language = detectLanguage(plain)
    return { n, text, language, html: renderComment(text, language), terms: searchTerms(plain) }
  })
  await sql.query(
    `insert into bench_text select n, text, html, language, array_to_tsvector(terms)
     from jsonb_to_recordset($1::jsonb) as t (n int, text text, html text, language text, terms text[])`,
    [JSON.stringify(texts)],
  )
  await sql.query(
    `insert into person (id, site_id, name, skeleton, created_at)
     select pg_temp.bench_id(1750000000000, 3, 0, n), (select id from site), 'Reader ' || n, 'bench reader ' || n, now()
     from generate_series(0, $1::int - 1) n on conflict do nothing`,
    [PEOPLE],
  )
}

export const personId = (n: number): string =>
  `${pad(1_750_000_000_000, 12).replace(/^(.{8})/, '$1-')}-7003-8000-0000${pad(n, 8)}`
const pad = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')

/** A thread to be: the story's number, how many comments (a multiple of ten). */
export type ThreadPlan = { story: number; size: number }

/** Stories with twelve paragraphs each, and their comments in the order of their times, all stories at once.
 *  @returns the stories' ids, in the order of the plans */
export async function fillThreads(sql: pg.Client, plans: ThreadPlan[]): Promise<string[]> {
  await sql.query('begin')
  await sql.query('set local session_replication_role = replica') // the keys are right by how they are made: don't look each up
  await sql.query('set local synchronous_commit = off')
  await sql.query(
    `create temp table bench_plan on commit drop as select story, size, pg_temp.story_id(story) as id
     from unnest($1::int[], $2::int[]) as plan (story, size)`,
    [plans.map((plan) => plan.story), plans.map((plan) => plan.size)],
  )
  await sql.query(fillStories)
  await sql.query(`set local work_mem = '256MB'`)
  await sql.query(fillComments, [TEXTS, PEOPLE, COMMENT_RENDERER])
  const { rows } = await sql.query<{ id: string; story: number }>('select id, story from bench_plan')
  await sql.query('commit')
  const ids = new Map(rows.map((row) => [row.story, row.id]))
  return plans.map((plan) => ids.get(plan.story)!)
}

const fillStories = `
  with new_story as (
    insert into story (id, site_id, external, language, title, byline, published_at, comments, terms, created_at)
    select id, (select id from site), 'bench-' || story, 'en', 'The quarrel over the two bays, part ' || story, 'Mara Ostrander',
      to_timestamp(1760000000 + story), size, array_to_tsvector(array['quarrel', 'over', 'two', 'bays', 'part', story::text]), now()
    from bench_plan returning id),
  new_version as (
    insert into story_version (story_id, number, title, byline, passages, created_at)
    select id, 1, 'The quarrel over the two bays', 'Mara Ostrander', array(select 'p' || n from generate_series(1, 12) n), now()
    from new_story)
  insert into passage (story_id, id, text)
  select plan.id, 'p' || paragraph, t.text from bench_plan plan cross join generate_series(1, 12) paragraph
  join bench_text t on t.n = (plan.story * 31 + paragraph) % 600 * 3`

/** Ten comments are a pattern: 0 answered by 1 and 2, 1 by 3 and 4, 3 by 5; 6 answered by 7 and 8; 9 alone. In threads of
 *  1,000 and more, a tenth of all answers the very first comment. */
const fillComments = `
  insert into comment (story_id, id, parent_id, ancestors, author_id, status, language, text, html, renderer, posted_at,
    received_at, replies, descendants, respect, terms)
  select plan.id, pg_temp.comment_id(plan.story, b),
    case when up.numbers[1] is null then null else pg_temp.comment_id(plan.story, up.numbers[array_upper(up.numbers, 1)]) end,
    array(select pg_temp.comment_id(plan.story, number) from unnest(up.numbers) number),
    pg_temp.bench_id(1750000000000, 3, 0, (plan.story * 7 + b * 13) % $2::int), 'published', t.language, t.text, t.html, $3::int,
    posted.at, posted.at,
    case when flat then 0 else (array[2, 2, 0, 1, 0, 0, 2, 0, 0, 0])[b % 10 + 1] + case when b = 0 then hot.size else 0 end end,
    case when flat then 0 else (array[5, 3, 0, 1, 0, 0, 2, 0, 0, 0])[b % 10 + 1] + case when b = 0 then hot.size else 0 end end,
    (abs(hashint4(plan.story * 40009 + b)) % 1000)::int / (1 + b % 37), t.terms
  from generate_series(0, (select max(size) from bench_plan) - 1) b
  join bench_plan plan on b < plan.size
  cross join lateral (select case when plan.size >= 1000 then plan.size / 10 - 10 else 0 end as size) hot
  cross join lateral (select b >= 10 and b < 10 + hot.size as flat) form
  cross join lateral (select case when flat then array[0] else
    case b % 10 when 1 then array[b - 1] when 2 then array[b - 2] when 3 then array[b - 3, b - 2] when 4 then array[b - 4, b - 3]
      when 5 then array[b - 5, b - 4, b - 2] when 7 then array[b - 1] when 8 then array[b - 2] else array[]::int[] end end as numbers) up
  cross join lateral (select to_timestamp(1760000600 + plan.story + b * 3) as at) posted
  join bench_text t on t.n = (plan.story * 17 + b * 7) % $1::int
  order by b`

/** The same with the indexes of comment away meanwhile, but for its key: quicker from some 100,000 comments on. */
export async function fillMany(sql: pg.Client, plans: ThreadPlan[]): Promise<string[]> {
  const { rows } = await sql.query<{ name: string; definition: string }>(
    `select indexname as name, indexdef as definition from pg_indexes
     where schemaname = 'public' and tablename = 'comment' and indexname <> 'comment_pkey'`,
  )
  for (const { name } of rows) await sql.query(`drop index ${name}`)
  const ids = await fillThreads(sql, plans)
  await sql.query(`set maintenance_work_mem = '512MB'; set max_parallel_maintenance_workers = 2`)
  for (const { definition } of rows) await sql.query(definition)
  await sql.query('analyze')
  return ids
}
