/** What readers do with comments. Every door (API, forms, command line, import) comes through here. */
import type { App } from '../context.ts'
import type { Database } from '../database/connect.ts'
import { gather } from '../database/gather.ts'
import {
  dropAnswersAbout,
  keepAnswers,
  type RequestKey,
  readAnswers,
  refuseReuse,
} from '../database/idempotency-store.ts'
import { isId, newId } from '../database/ids.ts'
import type { CommentKind, CommentStatus, EventKind, Quote } from '../database/tables.ts'
import { COMMENT_RENDERER, plainText, renderComment } from '../language/comment-html.ts'
import { detectLanguage } from '../language/detect.ts'
import { searchTerms } from '../language/search-terms.ts'
import { appendEvents } from '../live/store.ts'
import type { Person } from '../people/person.ts'
import { readPersons } from '../people/store.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import { screen } from '../screening/screen.ts'
import { readNote } from '../stories/line.ts'
import { listPassages, lockStories } from '../stories/store.ts'
import type { Story } from '../stories/story.ts'
import { type CommentAnswer, describeComment, readText, refuseClosed, refuseEdit } from './comment.ts'
import { writeOnce } from './once.ts'
import { isQuotable } from './quote.ts'
import { lockFull, readShown } from './store.ts'
import {
  countIn,
  eraseText,
  insertComments,
  type NewComment,
  nameReferred,
  putReport,
  readReferred,
  replaceText,
  setBallot,
  setStatus,
} from './write-store.ts'

export type DraftQuote = { passage?: string; comment?: string; exact: string }

export type Draft = {
  storyId: string
  siteId: string
  authorId: string
  parentId: string | null
  kind: CommentKind | null
  text: string
  quotes: DraftQuote[]
  /** The request this comes with, when it has an Idempotency-Key. */
  request: RequestKey | undefined
}

/** What a text becomes before it is kept: made once, at write. */
type Prepared = Draft & { html: string; language: string | null; terms: string[] }

export type Discussion = {
  submit: (draft: Draft) => Promise<CommentAnswer | Problem>
}

/** A door for new comments: those that arrive together are written together. */
export function makeDiscussion(app: App): Discussion {
  const write = gather((drafts: Prepared[]) => submitAll(app, drafts))
  return {
    submit: async (draft) => {
      const read = readText(draft.text)
      if (isProblem(read)) return read
      return write({ ...draft, ...prepareText(read.text) })
    },
  }
}

export function prepareText(text: string): {
  text: string
  html: string
  language: string | null
  terms: string[]
} {
  const plain = plainText(text)
  const language = detectLanguage(plain)
  return { text, html: renderComment(text, language), language, terms: searchTerms(plain) }
}

/** Several comments in one transaction: each is refused or written on its own merits, in their order. */
async function submitAll(app: App, drafts: Prepared[]): Promise<(CommentAnswer | Problem)[]> {
  const touched = new Set<string>()
  const answers = await writeOnce(app, async (tx) => {
    touched.clear()
    const now = app.now()
    // Sent together (pipelined), answered in this order: the lock comes first.
    const [stories, authors, known, referred, passages] = await Promise.all([
      lockStories(tx, [...new Set(drafts.map((draft) => draft.storyId))], now),
      readPersons(tx, [...new Set(drafts.map((draft) => draft.authorId))]),
      readAnswers<CommentAnswer>(
        tx,
        drafts.map((draft) => draft.request),
      ),
      readReferred(tx, drafts.flatMap(listReferred)),
      readQuotedPassages(tx, drafts),
    ])
    const inBatch = new Map<string, number>()
    const written: { comment: NewComment; answer: CommentAnswer; request: RequestKey | undefined }[] = []

    const answers = drafts.map((draft, n): CommentAnswer | Problem | { sameAs: number } => {
      const given = known[n]
      if (given) return given
      const name = draft.request && `${draft.request.actorId} ${draft.request.key}`
      const twin = name === undefined ? undefined : inBatch.get(name)
      if (twin !== undefined)
        return drafts[twin]!.request!.bodyHash.equals(draft.request!.bodyHash)
          ? { sameAs: twin }
          : refuseReuse(draft.request!.key)
      const story = stories.get(draft.storyId)
      const author = authors.get(draft.authorId)
      const comment = composeComment({ draft, story, author, referred, passages }, now)
      if (isProblem(comment)) return comment
      if (name !== undefined) inBatch.set(name, n)
      const answer = describeComment(toAnswer(comment, author!))
      written.push({ comment, answer, request: draft.request })
      return answer
    })

    if (written.length > 0) {
      const comments = written.map((one) => one.comment)
      const published = comments.filter((comment) => comment.status === 'published')
      const events = comments.map((comment) => ({
        storyId: comment.storyId,
        kind: comment.status === 'published' ? ('comment.published' as const) : ('comment.waiting' as const),
        commentId: comment.id,
      }))
      await Promise.all([
        insertComments(tx, comments),
        countIn(tx, published, 1),
        appendEvents(tx, events, now),
        keepAnswers(
          tx,
          written.flatMap(({ request, answer }) => (request ? [{ key: request, answer }] : [])),
          now,
        ),
      ])
      for (const { storyId } of comments) touched.add(storyId)
    }
    return answers
  })
  for (const storyId of touched) app.live.wake(storyId)
  return answers.map((answer) => ('sameAs' in answer ? (answers[answer.sameAs] as CommentAnswer) : answer))
}

const listReferred = (draft: Draft) =>
  [draft.parentId, ...draft.quotes.map((quote) => quote.comment)]
    .filter((id): id is string => typeof id === 'string' && isId(id))
    .map((id) => ({ storyId: draft.storyId, id }))

async function readQuotedPassages(tx: Database, drafts: Draft[]): Promise<Map<string, string>> {
  const passages = new Map<string, string>()
  const stories = new Set(
    drafts.filter((draft) => draft.quotes.some((quote) => quote.passage)).map((draft) => draft.storyId),
  )
  for (const storyId of stories)
    for (const passage of await listPassages(tx, storyId))
      passages.set(`${storyId} ${passage.id}`, passage.text)
  return passages
}

type Found = {
  draft: Prepared
  story: Story | undefined
  author: Person | undefined
  referred: Awaited<ReturnType<typeof readReferred>>
  passages: Map<string, string>
}

/** The row a draft becomes, or why it is refused. */
function composeComment(
  { draft, story, author, referred, passages }: Found,
  now: Date,
): NewComment | Problem {
  if (!story || story.siteId !== draft.siteId) return refuse('story-unknown', `No story ${draft.storyId}.`)
  if (!author) return refuse('sign-in-needed', 'This account is not one of this site’s.')
  const closed = refuseClosed(story.state)
  if (closed) return closed
  const parent =
    draft.parentId === null
      ? null
      : referred.get(nameReferred({ storyId: draft.storyId, id: draft.parentId }))
  if (parent === undefined || parent?.text === null)
    return refuse('parent-unknown', `No comment ${draft.parentId} in this thread.`, { at: '/parent' })
  const quotes = draft.quotes.map((quote, n) =>
    checkQuote(quote, draft.storyId, { referred, passages, at: `/quotes/${n}` }),
  )
  const wrong = quotes.find(isProblem)
  if (wrong) return wrong
  const verdict = screen(story.state.mode)
  return {
    storyId: draft.storyId,
    id: newId(now.getTime()),
    parentId: draft.parentId,
    ancestors: parent === null ? [] : [...parent.ancestors, draft.parentId as string],
    authorId: draft.authorId,
    status: verdict.status,
    reason: null,
    kind: draft.kind,
    language: draft.language,
    text: draft.text,
    html: draft.html,
    renderer: COMMENT_RENDERER,
    quotes: quotes as Quote[],
    posted: now,
    received: now,
    edited: null,
    respect: 0,
    terms: draft.terms,
    source: null,
    batchId: null,
  }
}

function checkQuote(
  quote: DraftQuote,
  storyId: string,
  { referred, passages, at }: { referred: Found['referred']; passages: Map<string, string>; at: string },
): Quote | Problem {
  if (quote.comment !== undefined) {
    const quoted = referred.get(nameReferred({ storyId, id: quote.comment }))
    if (!quoted?.text || !isQuotable(quote.exact, plainText(quoted.text)))
      return refuse('quote-unknown', 'The quoted words do not stand in that comment (any more).', { at })
    return { comment: quote.comment, exact: quote.exact, version: quoted.revision }
  }
  const text = quote.passage === undefined ? undefined : passages.get(`${storyId} ${quote.passage}`)
  if (!text || !isQuotable(quote.exact, text))
    return refuse('quote-unknown', 'The quoted words do not stand in that passage.', { at })
  return { passage: quote.passage as string, exact: quote.exact, version: 1 }
}

const toAnswer = (comment: NewComment, author: Person) => ({
  ...comment,
  shown: 'text' as const,
  author: {
    id: author.id,
    name: author.name,
    role: author.role,
    badge: author.badge,
    claimed: author.claim === 'claimed',
  },
  revision: 1,
  replies: 0,
  descendants: 0,
  quotes: comment.quotes.map((quote) => ({
    passage: quote.passage ?? null,
    comment: quote.comment ?? null,
    exact: quote.exact,
    author: null,
    changed: false,
  })),
})

type Target = { storyId: string; commentId: string; personId: string; request: RequestKey | undefined }

/** Runs a change of one comment: its story locked, its answer kept under the request's key, its page told. */
async function changeComment<T extends object>(
  app: App,
  target: Target,
  change: (tx: Database, story: Story, now: Date) => Promise<{ answer: T; kind: EventKind | null } | Problem>,
): Promise<T | Problem> {
  let told: EventKind | null = null
  const outcome = await writeOnce(app, async (tx): Promise<T | Problem> => {
    told = null
    const now = app.now()
    const story = (await lockStories(tx, [target.storyId], now)).get(target.storyId)
    if (!story) return refuse('story-unknown', `No story ${target.storyId}.`)
    const [given] = await readAnswers<T>(tx, [target.request])
    if (given) return given
    const changed = await change(tx, story, now)
    if (isProblem(changed)) return changed
    if (changed.kind) {
      await appendEvents(
        tx,
        [{ storyId: target.storyId, kind: changed.kind, commentId: target.commentId }],
        now,
      )
      told = changed.kind
    }
    if (target.request) await keepAnswers(tx, [{ key: target.request, answer: changed.answer }], now)
    return changed.answer
  })
  if (told === 'comment.hidden') app.live.hide(target.storyId)
  else if (told) app.live.wake(target.storyId)
  return outcome
}

const unknownComment = (id: string) => refuse('comment-unknown', `No comment ${id} in this thread.`)

/** The author's change of text, within the time for it; the text before stays in the public history. */
export async function editComment(
  app: App,
  target: Target,
  text: string,
): Promise<{ id: string; status: string; text: string; html: string } | Problem> {
  const read = readText(text)
  if (isProblem(read)) return read
  const prepared = prepareText(read.text)
  return changeComment(app, target, async (tx, story, now) => {
    const comment = await lockFull(tx, target.storyId, target.commentId)
    if (!comment || comment.authorId !== target.personId) return unknownComment(target.commentId)
    // A closed discussion has no screening, so what is public stays as it was screened.
    const refusal =
      refuseEdit(comment, now) ?? (comment.status === 'published' ? refuseClosed(story.state) : undefined)
    if (refusal) return refusal
    // What waits for the desk goes on waiting, even when the discussion no longer makes new comments wait.
    const status = comment.status === 'pending' ? comment.status : screen(story.state.mode).status
    await replaceText(
      tx,
      { storyId: target.storyId, id: target.commentId },
      { ...prepared, renderer: COMMENT_RENDERER, status },
      now,
    )
    const wasPublished = comment.status === 'published'
    if (wasPublished && status !== 'published') await countIn(tx, [comment], -1)
    const kind =
      status === 'published' ? 'comment.changed' : wasPublished ? 'comment.hidden' : 'comment.waiting'
    return { answer: { id: comment.id, status, text: prepared.text, html: prepared.html }, kind }
  })
}

/** The author takes a comment back: its words go, its place stays where others have replied. */
export async function withdrawComment(
  app: App,
  target: Target,
): Promise<{ id: string; status: 'withdrawn' } | Problem> {
  return changeComment(app, target, async (tx) => {
    const comment = await lockFull(tx, target.storyId, target.commentId)
    if (!comment || comment.authorId !== target.personId || comment.status === 'withdrawn')
      return unknownComment(target.commentId)
    await eraseText(tx, { storyId: target.storyId, id: target.commentId })
    await dropAnswersAbout(tx, target.personId, target.commentId)
    if (comment.status === 'published') await countIn(tx, [comment], -1)
    return {
      answer: { id: comment.id, status: 'withdrawn' as const },
      kind: leavesTrace(comment) ? 'comment.hidden' : 'comment.waiting',
    }
  })
}

/** "Worth reading, even if you disagree?" 1 yes, 0.5 not sure, 0 no, null takes the answer back. Not for one's own. */
export async function castBallot(
  app: App,
  target: Target,
  value: number | null,
): Promise<{ comment: string; value: number | null; respect: number } | Problem> {
  return changeComment(app, target, async (tx, _story, now) => {
    const [comment] = await readShown(tx, target.storyId, [target.commentId])
    if (comment?.shown !== 'text') return unknownComment(target.commentId)
    if (comment.author?.id === target.personId)
      return refuse('not-allowed', 'One’s own comment is for others to judge.')
    const changed = await setBallot(tx, { ...target, value }, now)
    const [after] = changed ? await readShown(tx, target.storyId, [target.commentId]) : [comment]
    return {
      answer: { comment: comment.id, value, respect: after?.respect ?? comment.respect },
      kind: changed ? 'respect.changed' : null,
    }
  })
}

/** A reader's flag, for the desk. */
export async function reportComment(
  app: App,
  target: Target,
  report: { reason: string; text: string },
): Promise<{ comment: string; reason: string } | Problem> {
  const text = readNote(report.text, '/text')
  if (isProblem(text)) return text
  return changeComment(app, target, async (tx, _story, now) => {
    const [comment] = await readShown(tx, target.storyId, [target.commentId])
    if (comment?.shown !== 'text') return unknownComment(target.commentId)
    await putReport(tx, { ...target, reason: report.reason, text: text ?? '' }, now)
    return { answer: { comment: comment.id, reason: report.reason }, kind: null }
  })
}

/** Whether the public sees anything in a comment's place, so that pages must hear of its going: its text or a
 *  tombstone (the view public_comment). */
export const leavesTrace = ({ status, descendants }: { status: string; descendants: number }): boolean =>
  status === 'published' || status === 'removed' || status === 'missing' || descendants > 0

/** Moves a comment between states for the desk, counting it in or out. The story's row must be locked. */
export async function moveComment(
  tx: Database,
  comment: { storyId: string; id: string; parentId: string | null; ancestors: string[]; status: string },
  status: CommentStatus,
  reason: string | null,
): Promise<void> {
  await setStatus(tx, comment, status, reason)
  if (comment.status === 'published' && status !== 'published') await countIn(tx, [comment], -1)
  if (comment.status !== 'published' && status === 'published') await countIn(tx, [comment], 1)
}
