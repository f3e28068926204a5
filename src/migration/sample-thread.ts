/** A sample story's comments as rows. Times are counted back from `now`, so that the sample is always fresh. */
import { newId } from '../database/ids.ts'
import type { CommentKind, CommentStatus, Mode, Quote } from '../database/tables.ts'
import type { NewComment } from '../discussion/write-store.ts'
import { COMMENT_RENDERER, plainText, renderComment } from '../language/comment-html.ts'
import { searchTerms } from '../language/search-terms.ts'
import { firstSentence } from '../language/sentences.ts'
import type { Decision } from '../moderation/store.ts'

export type SampleStory = {
  external: string
  language: string
  section: string
  title: string
  byline: string | null
  credit: string | null
  url: string | null
  /** Before now: "-3d". */
  published: string
  paragraphs: string[]
  mode: Mode
  reason: string | null
  /** A reply stands after its parent. */
  comments: SampleComment[]
}

/** People, parents and quoted comments go by their keys. */
type SampleComment = {
  key: string
  parent: string | null
  author: string
  ago: string
  language: string
  kind: CommentKind | null
  text: string
  /** Paragraphs are counted from 1. */
  quotes: ({ paragraph: number } | { comment: string; exact: string })[]
  /** What it said before it was edited. */
  edited: false | string
  status: Exclude<CommentStatus, 'missing'>
  reason: string | null
  respectFrom: string[]
}

/** Who is who: ids by key, and who decided. */
export type SamplePeople = { ids: Map<string, string>; moderatorId: string }

export type SampleThread = {
  /** As they were posted: those in `edits` with the text before. */
  comments: NewComment[]
  edits: { comment: NewComment; text: PreparedText; at: Date }[]
  respect: { storyId: string; commentId: string; personId: string; castAt: Date }[]
  decisions: Omit<Decision, 'moderatorName'>[]
}

type PreparedText = Pick<NewComment, 'text' | 'html' | 'language' | 'terms'>
type Place = { id: string; at: Date; ancestors: string[] }

const MINUTE = 60_000
const units: Record<string, number> = { m: MINUTE, h: 60 * MINUTE, d: 24 * 60 * MINUTE }

/** @param span "35m", "52h" or "-3d" */
export function timeBefore(now: Date, span: string): Date {
  const [, count, unit = ''] = /^-?(\d+)([mhd])$/.exec(span) ?? []
  if (count === undefined) throw new Error(`${span} is no span of time such as 52h.`)
  return new Date(now.getTime() - Number(count) * units[unit]!)
}

const later = (time: Date, minutes: number) => new Date(time.getTime() + minutes * MINUTE)

export function growSampleThread(
  story: SampleStory,
  { storyId, people }: { storyId: string; people: SamplePeople },
  now: Date,
): SampleThread {
  const thread: SampleThread = { comments: [], edits: [], respect: [], decisions: [] }
  const places = new Map<string, Place>()
  const personOf = (key: string) => people.ids.get(key)!
  for (const [n, sample] of story.comments.entries()) {
    // A second apart, so that what came in one hour stays in order.
    const at = new Date(timeBefore(now, sample.ago).getTime() + n * 1000)
    if (sample.parent !== null && !places.has(sample.parent)) {
      const missing = { id: newId(later(at, -1).getTime()), at: later(at, -1), ancestors: [] }
      places.set(sample.parent, missing)
      thread.comments.push(composeMissing(storyId, missing))
    }
    const place = placeComment(sample.parent === null ? undefined : places.get(sample.parent), at)
    places.set(sample.key, place)
    const comment = composeComment(sample, { storyId, authorId: personOf(sample.author), place })
    comment.quotes = sample.quotes.map((quote) => findQuote(quote, story, places))
    thread.comments.push(comment)
    const { id: commentId } = place
    if (sample.edited !== false)
      thread.edits.push({ comment, text: prepareText(sample.text, sample.language), at: later(at, 5) })
    for (const [m, key] of sample.respectFrom.entries())
      thread.respect.push({ storyId, commentId, personId: personOf(key), castAt: later(at, m + 1) })
    if (sample.status === 'held' || sample.status === 'removed')
      thread.decisions.push(decide(sample, { storyId, commentId, at: later(at, 30) }, people.moderatorId))
  }
  return thread
}

const placeComment = (parent: Place | undefined, at: Date): Place => ({
  id: newId(at.getTime()),
  at,
  ancestors: parent ? [...parent.ancestors, parent.id] : [],
})

/** The sample knows its languages, also of texts too short to tell. */
const prepareText = (text: string, language: string): PreparedText => ({
  text,
  html: renderComment(text, language),
  language,
  terms: searchTerms(plainText(text)),
})

const empty = {
  kind: null,
  text: '',
  html: '',
  language: null,
  terms: [],
  quotes: [],
  respect: 0,
  reason: null,
  renderer: COMMENT_RENDERER,
  edited: null,
  batchId: null,
  source: null,
}

const composeMissing = (storyId: string, { id, at }: Place): NewComment => ({
  ...empty,
  storyId,
  id,
  parentId: null,
  ancestors: [],
  authorId: null,
  status: 'missing',
  posted: null,
  received: at,
})

/** One that its author took back has no words any more. */
function composeComment(
  sample: SampleComment,
  { storyId, authorId, place }: { storyId: string; authorId: string; place: Place },
): NewComment {
  const { id, at, ancestors } = place
  const words =
    sample.status === 'withdrawn'
      ? empty
      : { ...empty, kind: sample.kind, ...prepareText(sample.edited || sample.text, sample.language) }
  return {
    ...words,
    storyId,
    id,
    parentId: ancestors.at(-1) ?? null,
    ancestors,
    authorId,
    status: sample.status,
    reason: sample.reason,
    posted: at,
    received: at,
    respect: sample.respectFrom.length,
  }
}

function findQuote(
  quote: SampleComment['quotes'][number],
  story: SampleStory,
  places: Map<string, Place>,
): Quote {
  if ('comment' in quote) return { comment: places.get(quote.comment)!.id, exact: quote.exact, version: 1 }
  const paragraph = story.paragraphs[quote.paragraph - 1]!
  return { passage: `p${quote.paragraph}`, exact: firstSentence(paragraph, story.language), version: 1 }
}

const decide = (
  sample: SampleComment,
  { storyId, commentId, at }: { storyId: string; commentId: string; at: Date },
  moderatorId: string,
): Omit<Decision, 'moderatorName'> => ({
  id: newId(at.getTime()),
  storyId,
  commentId,
  moderatorId,
  action: sample.status === 'held' ? 'hold' : 'remove',
  reason: sample.reason,
  note: null,
  statusBefore: 'published',
  statusAfter: sample.status,
  decidedAt: at,
})
