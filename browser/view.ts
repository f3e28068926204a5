/** A discussion as it stands on the page: what the parts of the script share, and where things are in it. The markup is
 *  the server's (src/discussion/*.view.tsx). */
import type { ScriptWords } from '../src/discussion/script-words.ts'
import { make, readHtml } from './html.ts'
import { isRefusal, type Refusal } from './refusal.ts'
import type { Server } from './server.ts'

export type View = {
  section: HTMLElement
  /** The page, or the shadow that the section stands in. */
  root: Document | ShadowRoot
  story: string
  /** BCP 47 tag of the words around the comments. */
  language: string
  words: ScriptWords
  server: Server
  /** Says something to those who do not see it appear. */
  say: (text: string) => void
  /** Comments as list items, in the order asked for; those that are not to be seen are left out. */
  fetchItems: (ids: string[]) => Promise<HTMLElement[] | Refusal>
  /** Makes an article that has just come onto the page like the others: marks what is the reader's own. */
  dress: (article: HTMLElement) => void
  /** Lets a write of the reader's own finish before events are looked at: or one's own comment would be announced. */
  alone: <T>(work: () => Promise<T>) => Promise<T>
}

/** Ids that the server takes in one request for items. */
const MOST_ITEMS = 50

export function makeView(section: HTMLElement, server: Server): View {
  const announcer = make('p', 'visually-hidden')
  announcer.setAttribute('role', 'status')
  section.prepend(announcer)
  const story = section.dataset.story!
  const language = section.closest<HTMLElement>('[lang]')?.lang ?? ''
  return {
    section,
    root: section.getRootNode() as Document | ShadowRoot,
    story,
    language,
    words: JSON.parse(section.dataset.words!),
    server,
    say: (text) => {
      announcer.textContent = text
    },
    fetchItems: async (ids) => {
      const items: HTMLElement[] = []
      for (let n = 0; n < ids.length; n += MOST_ITEMS) {
        const query = new URLSearchParams({ story, ids: ids.slice(n, n + MOST_ITEMS).join(), lang: language })
        if (section.dataset.base) query.set('base', '1')
        const answer = await server.read(`/fragment/items?${query}`)
        if (isRefusal(answer)) return answer
        if (answer.status !== 200) return { problem: 'unreachable', detail: '' }
        items.push(...readHtml(answer.html).querySelectorAll<HTMLElement>('li'))
      }
      return items
    },
    dress: () => undefined,
    alone: (work) => work(),
  }
}

/** A number's words, by the plural rules of the page's language. */
export function count(view: View, forms: Record<string, string>, n: number): string {
  const language = view.language || 'en'
  const form = forms[new Intl.PluralRules(language).select(n)] ?? forms.other ?? '#'
  return form.replace('#', new Intl.NumberFormat(language).format(n))
}

/** Words with a name put in. */
export const fill = (template: string, name: string): string => template.replace('#', () => name)

/** What holds a comment and its replies: a list item, or on an exchange's page the place of the comment it is about. */
export const findItem = (view: View, id: string): HTMLElement | null =>
  view.section.querySelector(`#${CSS.escape(`c-${id}`)}`)

export const articleIn = (item: Element): HTMLElement | null => item.querySelector(':scope > article')

export const idOf = (article: HTMLElement): string => article.dataset.comment ?? ''

/** Whether a reply to `parent` (null: a first comment) has a place on this page. */
export function hasPlace(view: View, parent: string | null): boolean {
  const { exchange } = view.section.dataset
  if (parent === null) return exchange === undefined && view.section.querySelector('.branches') !== null
  const item = findItem(view, parent)
  return item !== null && !item.closest('.parents')
}

/** Puts a comment in its place: a first one on top, a reply under the others. */
export function place(view: View, item: HTMLElement, parent: string | null): void {
  view.section.querySelector('.thread-empty')?.remove()
  if (parent === null) view.section.querySelector('.branches')!.prepend(item)
  else listUnder(view, parent).append(item)
  const article = articleIn(item)
  if (article) view.dress(article)
}

/** The list of a comment's replies, made when there is none yet. */
function listUnder(view: View, parent: string): Element {
  if (view.section.dataset.exchange === parent) return view.section.querySelector('.branches')!
  const item = findItem(view, parent)!
  const found = item.querySelector(':scope > .replies, :scope > .folded > .replies')
  if (found) return found
  const list = make('ol', 'replies')
  item.insertBefore(list, item.querySelector(':scope > .more-replies'))
  return list
}

/** Brings an article before the reader's eyes and takes the focus there. */
export function focusOn(article: HTMLElement): void {
  for (let fold = article.closest('details'); fold; fold = fold.parentElement?.closest('details') ?? null)
    fold.open = true
  article.tabIndex = -1
  article.focus()
}

/** A refusal in the reader's language where it is one that readers meet. */
export function nameRefusal(view: View, { problem, detail, sanction }: Refusal): string {
  const { words } = view
  const name = words.problems[problem] ?? (detail || words.problems.unreachable!)
  return sanction ? `${name}. ${describeBar(view, sanction)}` : name
}

function describeBar({ words, language }: View, { reason, until }: NonNullable<Refusal['sanction']>): string {
  const dates = new Intl.DateTimeFormat(language || 'en', { dateStyle: 'medium', timeStyle: 'short' })
  const end = until === null ? words.barredNoEnd : fill(words.barredUntil, dates.format(new Date(until)))
  return `${end} ${fill(words.barredRule, words.rules[reason] ?? '')}`
}
