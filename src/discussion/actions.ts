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
import { siteWording } from '../http/wording.ts'
import { COMMENT_RENDERER, plainText, renderComment } from '../language/comment-html.ts'
import { detectLanguage } from '../language/detect.ts'
import { searchTerms } from '../language/search-terms.ts'
import { appendEvents } from '../live/store.ts'
import { refuseGuests } from '../people/guest.ts'
import { noteNetworks } from '../people/network.ts'
import type { People } from '../people/people.ts'
import type { Person } from '../people/person.ts'
import { listBarred } from '../people/sanction-store.ts'
import { lockAuthors } from '../people/store.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import type { Entrants } from '../screening/entrants-store.ts'
import { screen } from '../screening/screen.ts'
import { readEntrants, standingOf } from '../screening/standing.ts'
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
  /** Where it came from (`networkOf`): only a keyed hash of it is kept. Null: not from a reader’s browser. */
  network: string | null
  /** The request this comes with, when it has an Idempotency-Key. */
  request: RequestKey | undefined
}

/** What a text becomes before it is kept: made once, at write. */
type Prepared = Draft & { html: string; language: string | null; terms: string[] }

export type Discussion = {
  submit: (draft: Draft) => Promise<CommentAnswer | Problem>
  edit: (target: Target, text: string) => Promise<Edited | Problem>
}

/** The door for texts: comments that arrive together are written together. */
export function makeDiscussion(app: App, people: People): Discussion {
  const write = gather((drafts: Prepared[]) => submitAll(app, people, drafts))
  return {
    submit: async (draft) => {
      const read = readText(draft.text)
      if (isProblem(read)) return read
      return write({ ...draft, ...prepareText(read.text) })
    },
    edit: (target, text) => editComment(app, people, target, text),
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
async function submitAll(app: App, people: People, drafts: Prepared[]): Promise<(CommentAnswer | Problem)[]> {
  const touched = new Set<string>()
  const today = await people.networks(app.db, app.now())
  const answers = await writeOnce(app, async (tx) => {
    touched.clear()
    const now = app.now()
    // Sent together (pipelined), answered in this order: the lock comes first.
    const authorIds = [...new Set(drafts.map((draft) => draft.authorId))]
    const [stories, authors, entrants, known, referred, passages] = await Promise.all([
      lockStories(tx, [...new Set(drafts.map((draft) => draft.storyId))], now),
      lockAuthors(tx, authorIds),
      readEntrants(tx, app.site, authorIds),
      readAnswers<CommentAnswer>(
        tx,
        drafts.map((draft) => draft.request),
      ),
      readReferred(tx, drafts.flatMap(listReferred)),
      readQuotedPassages(tx, drafts),
    ])
    const barred = await listBarred(tx, authors.values(), now)
    const crowded = await takeGuests(people, drafts, authors, known)
    const inBatch = new Map<string, number>()
    const written: { draft: Draft; comment: NewComment; answer: CommentAnswer }[] = []

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
      const bar = barred.get(draft.authorId) ?? crowded[n]
      const found = { draft, story, author, entrants, referred, passages }
      const comment = bar ?? composeComment(app, people, found, now)
      if (isProblem(comment)) return comment
      if (name !== undefined) inBatch.set(name, n)
      const answer = describeComment(toAnswer(comment, author!), siteWording(app))
      written.push({ draft, comment, answer })
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
          written.flatMap(({ draft: { request }, answer }) => (request ? [{ key: request, answer }] : [])),
          now,
        ),
        noteNetworks(
          tx,
          today,
          written.flatMap(({ draft: { network, authorId }, comment: { storyId, id } }) =>
            network === null ? [] : [{ storyId, commentId: id, personId: authorId, network }],
          ),
        ),
      ])
      for (const { storyId } of comments) touched.add(storyId)
    }
    return answers
  })
  for (const storyId of touched) app.live.wake(storyId)
  return answers.map((answer) => ('sameAs' in answer ? (answers[answer.sameAs] as CommentAnswer) : answer))
}

/** Guests of one network write only so much, however many they are.
 *  @returns for each draft, why it is refused */
async function takeGuests(
  { limits }: People,
  drafts: Draft[],
  authors: Map<string, Person>,
  known: unknown[],
): Promise<(Problem | undefined)[]> {
  return Promise.all(
    drafts.map(({ authorId, network }, n) =>
      authors.get(authorId)?.claim === 'guest' && network !== null && !known[n]
        ? limits.take('guest-comment', network)
        : undefined,
    ),
  )
}

/** A guest, where guests no longer write. */
const refuseShut = (app: App, author: Person): Problem | undefined =>
  author.claim === 'guest' && app.site.door.guests === 'off' ? refuseGuests() : undefined

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
  entrants: Entrants
  referred: Awaited<ReturnType<typeof readReferred>>
  passages: Map<string, string>
}

/** The row a draft becomes, or why it is refused. */
function composeComment(
  app: App,
  people: People,
  { draft, story, author, entrants, referred, passages }: Found,
  now: Date,
): NewComment | Problem {
  if (!story || story.siteId !== draft.siteId) return refuse('story-unknown', `No story ${draft.storyId}.`)
  if (!author || author.claim === 'erased')
    return refuse('sign-in-needed', 'This account is not one of this site’s.')
  const shut = refuseShut(app, author)
  if (shut) return shut
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
  const standing = standingOf(author, { site: app.site, addresses: people.addresses, entrants })
  const verdict = screen(story.state.mode, standing)
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
    isGuest: author.claim === 'guest',
    isMuted: author.isMuted,
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

type Change<T> = (
  tx: Database,
  story: Story,
  now: Date,
  author: Person,
) => Promise<{ answer: T; kind: EventKind | null } | Problem>

/** A change that is refused to those who are suspended or banned, and to guests where there are none any more. One's own
 *  words can be taken back all the same. */
const unlessBarred =
  <T>(app: App, change: Change<T>): Change<T> =>
  async (tx, story, now, author) =>
    (await listBarred(tx, [author], now)).get(author.id) ??
    refuseShut(app, author) ??
    change(tx, story, now, author)

/** Runs a change of one comment: its story locked, its answer kept under the request's key, its page told. */
async function changeComment<T extends object>(
  app: App,
  target: Target,
  change: Change<T>,
): Promise<T | Problem> {
  let told: EventKind | null = null
  const outcome = await writeOnce(app, async (tx): Promise<T | Problem> => {
    told = null
    const now = app.now()
    const [stories, [given], authors] = await Promise.all([
      lockStories(tx, [target.storyId], now),
      readAnswers<T>(tx, [target.request]),
      lockAuthors(tx, [target.personId]),
    ])
    const story = stories.get(target.storyId)
    if (story?.siteId !== app.site.id) return refuse('story-unknown', `No story ${target.storyId}.`)
    if (given) return given
    const author = authors.get(target.personId)
    if (!author || author.claim === 'erased')
      return refuse('sign-in-needed', 'This account is not one of this site’s.')
    const changed = await change(tx, story, now, author)
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

type Edited = { id: string; status: string; text: string; html: string }

/** The author's change of text, within the time for it; the text before stays in the public history. */
async function editComment(
  app: App,
  { addresses }: Pick<People, 'addresses'>,
  target: Target,
  text: string,
): Promise<Edited | Problem> {
  const read = readText(text)
  if (isProblem(read)) return read
  const prepared = prepareText(read.text)
  const change = unlessBarred<Edited>(app, async (tx, story, now, author) => {
    const comment = await lockFull(tx, target.storyId, target.commentId)
    if (!comment || comment.authorId !== target.personId) return unknownComment(target.commentId)
    // A closed discussion has no screening, so what is public stays as it was screened.
    const refusal =
      refuseEdit(comment, now) ?? (comment.status === 'published' ? refuseClosed(story.state) : undefined)
    if (refusal) return refusal
    // What waits for the desk goes on waiting, even when the discussion no longer makes new comments wait.
    const entrants = await readEntrants(tx, app.site, [author.id], comment.id)
    const standing = standingOf(author, { site: app.site, addresses, entrants })
    const status = comment.status === 'pending' ? comment.status : screen(story.state.mode, standing).status
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
  return changeComment(app, target, change)
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

type Ballot = { comment: string; value: number | null; respect: number }

/** "Worth reading, even if you disagree?" 1 yes, 0.5 not sure, 0 no, null takes the answer back. Not for one's own, and
 *  not for guests. */
export async function castBallot(app: App, target: Target, value: number | null): Promise<Ballot | Problem> {
  const change = unlessBarred<Ballot>(app, async (tx, _story, now, author) => {
    if (author.claim === 'guest')
      return refuse('sign-in-needed', 'Guests have no vote: one person could be many of them.')
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
  return changeComment(app, target, change)
}

type Reported = { comment: string; reason: string }

/** A reader's flag, for the desk. */
export async function reportComment(
  app: App,
  target: Target,
  report: { reason: string; text: string },
): Promise<Reported | Problem> {
  const text = readNote(report.text, '/text')
  if (isProblem(text)) return text
  const change = unlessBarred<Reported>(app, async (tx, _story, now) => {
    const [comment] = await readShown(tx, target.storyId, [target.commentId])
    if (comment?.shown !== 'text') return unknownComment(target.commentId)
    await putReport(tx, { ...target, reason: report.reason, text: text ?? '' }, now)
    return { answer: { comment: comment.id, reason: report.reason }, kind: null }
  })
  return changeComment(app, target, change)
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
