/** A story's discussion: its head, the composer, a page of branches. The same markup stands in our page, in a
 *  newsroom's page and in the answer of /fragment; one script makes it live (browser/thread.ts). */
import { COMMENT_MAX_BYTES, COMMENT_MAX_GRAPHEMES } from '../language/comment-html.ts'
import type { Wording } from '../language/messages.ts'
import { TrapFields } from '../people/trap.view.tsx'
import type { ThreadState } from '../stories/gate.ts'
import type { Story } from '../stories/story.ts'
import { BranchItem, type Place } from './comment.view.tsx'
import { scriptWords } from './script-words.ts'
import type { Sort } from './sorts/sort.ts'
import { sorts } from './sorts/sorts.ts'
import type { Branch } from './thread.ts'

export type ThreadPage = {
  story: Story
  sort: Sort
  branches: Branch[]
  /** Cursor of the next page, or null on the last. */
  next: string | null
  /** Whether this is not the first page. */
  continued: boolean
}

export function Thread({ page, place, rules }: { page: ThreadPage; place: Place; rules: string }) {
  const { story, branches } = page
  const { say } = place.wording
  const path = `${place.base}/s/${story.id}`
  return (
    <section
      class="thread"
      id="talk"
      aria-labelledby="talk-head"
      data-story={story.id}
      data-event={story.event}
      data-base={place.base}
      data-sort={page.sort.name}
      data-continued={page.continued ? '' : undefined}
      data-words={scriptWords(place.wording)}
    >
      <header class="thread-head">
        <h2 id="talk-head" class="thread-count">
          {say('comment-count', { n: story.comments })}
        </h2>
        <p class="thread-state">
          <StateLine state={story.state} wording={place.wording} />
        </p>
        {place.base === '' ? null : (
          <p class="thread-me">
            <a href={`${place.base}/me`} target="_blank" rel="noopener">
              {say('me')}
            </a>
          </p>
        )}
      </header>
      {place.writable ? <Composer action={`${path}/comments`} wording={place.wording} rules={rules} /> : null}
      {branches.length > 0 ? (
        <nav class="sorts" aria-label={say('sorts')}>
          <ul>
            {sorts.map((sort) => (
              <li key={sort.name}>
                <a
                  href={`${path}?sort=${sort.name}#talk`}
                  aria-current={sort === page.sort ? 'true' : undefined}
                >
                  {say(sort.label)}
                </a>
              </li>
            ))}
          </ul>
        </nav>
      ) : null}
      <div class="news" role="status" />
      {branches.length === 0 && !page.continued ? (
        <p class="thread-empty">{say(place.writable ? 'thread-empty' : 'thread-empty-closed')}</p>
      ) : null}
      <ol class="branches">
        {branches.map((branch) => (
          <BranchItem key={branch.comment.id} place={place} branch={branch} level={0} />
        ))}
      </ol>
      <Pages
        path={path}
        sort={page.sort.name}
        next={page.next}
        continued={page.continued}
        wording={place.wording}
      />
    </section>
  )
}

export function Pages(props: {
  path: string
  sort: string
  next: string | null
  continued: boolean
  wording: Wording
}) {
  const { path, sort, next, continued, wording } = props
  if (!next && !continued) return null
  return (
    <p class="pages">
      {next ? (
        <a class="next" rel="next" href={`${path}?sort=${sort}&after=${next}#talk`}>
          {wording.say('page-next')}
        </a>
      ) : null}
      {continued ? (
        <a class="first" href={`${path}?sort=${sort}#talk`}>
          {wording.say('page-first')}
        </a>
      ) : null}
    </p>
  )
}

/** "open until Friday", "closed since …: why". */
export function StateLine({ state, wording }: { state: ThreadState; wording: Wording }) {
  const { say, date, list } = wording
  const parts: string[] = []
  if (state.mode === 'closed')
    parts.push(state.since ? say('state-closed-since', { date: date(state.since) }) : say('state-closed'))
  else if (state.mode === 'off')
    parts.push(state.since ? say('state-off-since', { date: date(state.since) }) : say('state-off'))
  else parts.push(state.closes ? say('state-open-until', { date: date(state.closes) }) : say('state-open'))
  if (state.mode === 'premoderated') parts.push(say('state-premoderated'))
  return (
    <>
      {list(parts)}
      {state.reason ? (
        <>
          {': '}
          <bdi>{state.reason}</bdi>
        </>
      ) : null}
    </>
  )
}

/** The field a reader writes in. `parent` makes it a reply; `text` is given back after an error.
 *  @param once makes a page that is one reader's alone post once  @param opened its stamp (people/trap.ts)  @param post what the button says, if not "Post"
 *  @param refusedBy id of what says, elsewhere on the page, why the text was not taken */
export function Composer(props: {
  action: string
  wording: Wording
  rules?: string
  parent?: { id: string; name: string }
  quote?: { comment: string; exact: string }
  once?: string
  opened?: string | undefined
  post?: 'composer-post-alone' | 'composer-post-unquoted'
  text?: string
  refusedBy?: string | undefined
}) {
  const { wording, parent, quote } = props
  const { say } = wording
  const id = parent ? 'reply' : 'write'
  return (
    <form class="composer" id={id} method="post" action={props.action}>
      {parent ? <input type="hidden" name="parent" value={parent.id} /> : null}
      {quote ? <input type="hidden" name="quoteComment" value={quote.comment} /> : null}
      {quote ? <input type="hidden" name="quoteExact" value={quote.exact} /> : null}
      {props.once ? <input type="hidden" name="once" value={props.once} /> : null}
      <TrapFields wording={wording} opened={props.opened} />
      <label for={`${id}-text`}>
        {parent ? say('composer-reply-label', { name: parent.name }) : say('composer-label')}
      </label>
      {quote ? (
        <blockquote class="quoted" dir="auto">
          <q>{quote.exact}</q>
        </blockquote>
      ) : null}
      <textarea
        id={`${id}-text`}
        name="text"
        dir="auto"
        rows={parent ? 4 : 3}
        required
        aria-describedby={`${id}-hint${props.refusedBy ? ` ${props.refusedBy}` : ''}`}
        aria-invalid={props.refusedBy ? 'true' : undefined}
        data-most={COMMENT_MAX_GRAPHEMES}
        maxLength={COMMENT_MAX_BYTES}
        value={props.text ?? ''}
      />
      <p class="composer-hint" id={`${id}-hint`}>
        {props.rules ? <bdi>{props.rules}</bdi> : null} <span>{say('composer-hint')}</span>
      </p>
      <p class="composer-row">
        <button type="submit" class="main">
          {say(props.post ?? (parent ? 'composer-reply' : 'composer-post'))}
        </button>
        <button type="submit" name="preview" value="1">
          {say('composer-preview')}
        </button>
        <span class="composer-count" />
        <span class="composer-status" role="status" />
      </p>
    </form>
  )
}
