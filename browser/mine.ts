/** What of a discussion is the reader's alone, laid over the page that all readers share: own comments, those that wait
 *  for an editor, what was respected, what is folded because its author is muted, and that the newsroom has written. */
import type { StoryEvent } from './events.ts'
import { inThisLanguage, make, readHtml } from './html.ts'
import { isRefusal } from './refusal.ts'
import { restrictionsLink } from './refusals.ts'
import { count, fill, findItem, hasPlace, idOf, place, type View } from './view.ts'

export type Mine = {
  own: Set<string>
  respected: Set<string>
  /** An event of a comment, when the reader muted its author; the count says so.
   *  @returns whether they did */
  hearMuted: (event: StoryEvent) => boolean
  /** Asks the server. Nothing changes for who is not signed in. */
  load: () => Promise<void>
}

type Waiting = {
  id: string
  parent: string | null
  status: string
  /** The rule that a held one is held for. */
  reason?: string | null
  html: string
  language: string | null
}

type Answer = {
  own: string[]
  respected: string[]
  muted: string[]
  mutedComments: number
  told: number
  waiting: Waiting[]
}

/** Milliseconds in which an author may still edit (discussion/comment.ts); the page behind the link knows better. */
const EDITABLE = 10 * 60_000

export function makeMine(view: View): Mine {
  const { section, server, words } = view
  const own = new Set<string>()
  const respected = new Set<string>()
  const muted = new Set<string>()
  /** Comments of people whom the reader muted, of all in the thread. */
  let mutedComments = 0
  /** Those of them that came while the page was open: of one that is hidden, nobody is told the author. */
  const heard = new Set<string | null>()

  const countMuted = (more: number) => {
    mutedComments += more
    section.querySelector('.thread-muted')?.remove()
    if (mutedComments > 0)
      section
        .querySelector('.thread-count')
        ?.after(make('p', 'thread-muted', count(view, words.mutedCount, mutedComments)))
  }

  /** As the server says it where there is no script (told.view.tsx). */
  const tell = (told: number) => {
    section.querySelector('.message')?.remove()
    if (!told) return
    const line = make('p', 'notice message')
    line.setAttribute('role', 'status')
    line.append(restrictionsLink(view, words.told))
    section.querySelector('.thread-head, .exchange-head')?.after(line)
  }

  /** As the server folds what someone wrote whom the staff muted (comment.view.tsx). */
  const fold = (article: HTMLElement) => {
    if (!muted.has(article.dataset.author!) || article.querySelector('.muted')) return
    const details = make('details', 'muted')
    details.append(make('summary', '', words.muted), ...article.childNodes)
    article.append(details)
  }

  view.dress = (article) => {
    const id = idOf(article)
    const button = article.querySelector<HTMLButtonElement>('.respect')
    button?.setAttribute('aria-pressed', String(respected.has(id)))
    const more = article.querySelector<HTMLAnchorElement>('.more')
    if (more && server.session) openAside(more)
    fold(article)
    if (!own.has(id) || article.classList.contains('own')) return
    article.classList.add('own')
    if (button) button.disabled = true
    if (!more) return
    const written = Date.parse(article.querySelector('time')?.dateTime ?? '')
    const links = make('span', 'own-actions')
    if (Date.now() - written < EDITABLE) links.append(linkTo(more, 'edit', words.edit), ' ')
    links.append(linkTo(more, 'delete', words.withdraw))
    more.after(' ', links)
  }

  return {
    own,
    respected,
    hearMuted: ({ kind, comment, author }) => {
      const writer =
        author ?? section.querySelector<HTMLElement>(`[data-comment="${comment}"]`)?.dataset.author
      if (!heard.has(comment) && !muted.has(writer!)) return false
      if (kind === 'comment.hidden') {
        countMuted(-1)
        heard.delete(comment)
      } else if (kind === 'comment.published' && !heard.has(comment)) {
        countMuted(1)
        heard.add(comment)
      }
      return true
    },
    load: async () => {
      const mine = await server.call<Answer>('GET', `/api/stories/${view.story}/mine`)
      if (isRefusal(mine)) return
      for (const id of mine.own) own.add(id)
      for (const id of mine.respected) respected.add(id)
      for (const id of mine.muted) muted.add(id)
      countMuted(mine.mutedComments - mutedComments)
      tell(mine.told)
      for (const waiting of mine.waiting)
        if (!findItem(view, waiting.id) && hasPlace(view, waiting.parent))
          place(view, ownItem(view, waiting), waiting.parent)
      for (const article of section.querySelectorAll<HTMLElement>('article[data-comment]'))
        view.dress(article)
    },
  }
}

/** A comment that only its author can see. Its text is the server's HTML, as everywhere. */
export function ownItem({ words, section, story }: View, comment: Omit<Waiting, 'parent'>): HTMLElement {
  const item = make('li', 'branch waiting')
  item.id = `c-${comment.id}`
  const article = make('article', 'comment waiting')
  article.dataset.comment = comment.id
  const body = make('div', 'comment-body')
  body.append(readHtml(comment.html))
  if (comment.language) body.lang = comment.language
  const actions = make('footer', 'comment-actions')
  const more = make('a', 'more', '⋯')
  const path = `/s/${story}/c/${comment.id}/more`
  const { base } = section.dataset
  more.href = base ? base + path : inThisLanguage(path)
  more.setAttribute('aria-label', `${words.edit}, ${words.withdraw}`)
  actions.append(more)
  const { status, reason } = comment
  const rule = words.rules[reason ?? ''] ?? words.rules.other!
  const note = status === 'held' ? fill(words.held, rule) : words.waiting
  article.append(make('p', 'comment-note', note), body, actions)
  item.append(article)
  return item
}

/** In a newsroom's page these lead to ours, which the reader comes back from by closing it. */
function openAside(link: HTMLAnchorElement): void {
  link.target = '_blank'
  link.rel = 'noopener'
}

function linkTo(more: HTMLAnchorElement, part: string, text: string): HTMLAnchorElement {
  const link = make('a', part, text)
  link.href = `${more.href}#${part}`
  if (more.target) openAside(link)
  return link
}
