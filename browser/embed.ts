/** `<detente-thread story="…">`: a discussion in a newsroom's page, in a shadow of its own: no frame, no cookie, no
 *  request to anyone but our server, and nothing that a page's Content-Security-Policy forbids once it has
 *  `script-src` and `connect-src` for our origin.
 *
 *  - `story`: our id or the newsroom's own; or `url`: the story's address
 *  - `src`: our origin; without it, where this script came from
 *  - `lang`: language of the words; without it, the nearest `lang` on the page
 *
 *  What stands inside the element is shown until the discussion is there, and when there is none to be had: put a link
 *  to our page there. If it is the answer of `/fragment`, included by the newsroom's server, that is used as it is.
 *  `data-state` on the element says `loading`, `ready`, `unknown` (no such story here) or `failed`. */
import style from './thread.css?text'
import { showCounts } from './counts.ts'
import { type Discussion, enliven } from './discussion.ts'
import { embedWords } from './embed-words.ts'
import { make, makeButton, readHtml } from './html.ts'
import { isRefusal, makeServer, type Server } from './server.ts'
import { sessionWith } from './session.ts'
import { articleIn, focusOn } from './view.ts'

/** What a newsroom's style sheet may reach by `::part()`. */
const parts: Record<string, string> = {
  thread: '.thread',
  head: '.thread-head',
  sorts: '.sorts',
  composer: '.composer',
  field: 'textarea',
  button: 'button',
  comment: 'article.comment',
  name: '.comment-name',
  time: '.comment-time',
  badge: '.badge',
  quote: '.quoted',
  body: '.comment-body',
  actions: '.comment-actions',
  replies: '.replies',
}

/** Milliseconds before a shape of the text to come is shown: most answers are there by then. */
const SHAPE_AFTER = 400

let sheet: CSSStyleSheet | undefined

function makeSheet(): CSSStyleSheet {
  const made = new CSSStyleSheet()
  made.replaceSync(style)
  return made
}

class DetenteThread extends HTMLElement {
  static readonly observedAttributes = ['story', 'url', 'src', 'lang']
  readonly #shadow = this.shadowRoot ?? this.attachShadow({ mode: 'open' })
  #discussion: Discussion | undefined
  #parting = new MutationObserver(() => this.#nameParts())
  #waiting = false
  /** Counts loads: the answer to an earlier one is not for us any more. */
  #turn = 0

  connectedCallback(): void {
    sheet ??= makeSheet()
    this.#shadow.adoptedStyleSheets = [sheet]
    if (this.#discussion) this.#discussion.resume()
    else this.#start()
  }

  disconnectedCallback(): void {
    this.#discussion?.stop()
  }

  attributeChangedCallback(_name: string, before: string | null, now: string | null): void {
    if (this.isConnected && before !== now && (this.#discussion || this.dataset.state)) void this.#load()
  }

  get #origin(): string {
    return new URL(this.getAttribute('src') || import.meta.url, location.href).origin
  }

  get #language(): string {
    return this.closest<HTMLElement>('[lang]')?.lang ?? ''
  }

  /** While the page is still being read, what stands inside may yet come. */
  #start(): void {
    const included = this.querySelector<HTMLElement>(':scope > .detente')
    if (!isRead(this)) {
      if (!this.#waiting) requestAnimationFrame(() => {
        this.#waiting = false
        if (this.isConnected) this.#start()
      })
      this.#waiting = true
    } else if (included?.querySelector('.thread[data-words]')) this.#show(included)
    else void this.#load()
  }

  async #load(): Promise<void> {
    const turn = ++this.#turn
    this.dataset.state = 'loading'
    if (!this.#discussion) this.#shadow.replaceChildren(document.createElement('slot'))
    const shape = setTimeout(() => this.#shadow.append(makeShape()), SHAPE_AFTER)
    const page = await this.#read(this.#server, {})
    clearTimeout(shape)
    if (turn !== this.#turn) return
    try {
      const fragment = isRefusal(page) ? null : readHtml(page.html).querySelector<HTMLElement>('.detente')
      if (fragment) this.#show(fragment)
      else this.#fail(isRefusal(page) ? page.problem : 'unreachable')
    } catch (error) {
      // The page's own policy does not let our HTML in; its console says so.
      this.#fail('unreachable')
      throw error
    }
  }

  get #server(): Server {
    return makeServer(this.#origin, sessionWith(this.#origin))
  }

  #read(server: Server, more: Record<string, string>) {
    const named: Record<string, string> = {}
    for (const name of ['story', 'url']) {
      const value = this.getAttribute(name)
      if (value) named[name] = value
    }
    if (!named.story && !named.url) named.url = canonicalAddress()
    return server.read(`/fragment?${new URLSearchParams({ ...named, lang: this.#language, ...more })}`)
  }

  #show(fragment: HTMLElement): void {
    this.#discussion?.stop()
    this.#shadow.replaceChildren(fragment)
    this.#nameParts()
    this.#parting.observe(this.#shadow, { childList: true, subtree: true })
    const section = fragment.querySelector<HTMLElement>('.thread')
    this.dataset.state = section ? 'ready' : 'unknown'
    if (!section) return
    const server = this.#server
    this.#discussion = enliven(section, server, () => void this.#turnTo({ sort: 'newest' }))
    this.#discussion.resume()
    section.addEventListener('click', (event) => {
      const link = (event.target as Element).closest<HTMLAnchorElement>('.sorts a, .pages a')
      if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return
      event.preventDefault()
      void this.#turnTo(Object.fromEntries(new URL(link.href).searchParams), link)
    })
  }

  /** Another order, or more comments, in place; what is being written stays. */
  async #turnTo(query: Record<string, string>, link?: HTMLAnchorElement): Promise<void> {
    const { section, server } = this.#discussion!.view
    section.setAttribute('aria-busy', 'true')
    const page = await this.#read(server, query)
    section.removeAttribute('aria-busy')
    const fresh = isRefusal(page) ? null : readHtml(page.html).querySelector<HTMLElement>('.thread')
    if (!fresh) {
      if (link) location.assign(link.href)
      return
    }
    const list = section.querySelector('.branches')!
    const more = link?.matches('.next') === true
    const items = [...fresh.querySelectorAll<HTMLElement>('.branches > li')].filter((item) => !more || !list.querySelector(`#${item.id}`))
    if (!more) list.replaceChildren()
    list.append(...items)
    for (const item of items)
      for (const article of item.querySelectorAll<HTMLElement>('article[data-comment]')) this.#discussion!.view.dress(article)
    section.querySelector('.pages')?.remove()
    const pages = fresh.querySelector('.pages')
    if (more) pages?.querySelector('.first')?.remove()
    if (pages?.hasChildNodes()) list.after(pages)
    if (!more) this.#chooseTab(section, fresh)
    // What the answer lacks of what came since, and the other way round, comes again with the events.
    section.dataset.event = String(Math.min(Number(section.dataset.event), Number(fresh.dataset.event)))
    this.#discussion!.resume()
    const first = more && items[0] && articleIn(items[0])
    if (first) focusOn(first)
  }

  #chooseTab(section: HTMLElement, fresh: HTMLElement): void {
    const chosen = fresh.querySelector('.sorts [aria-current]')?.getAttribute('href')
    for (const tab of section.querySelectorAll('.sorts a')) {
      if (tab.getAttribute('href') === chosen) tab.setAttribute('aria-current', 'true')
      else tab.removeAttribute('aria-current')
    }
  }

  /** The newsroom's own link stays in view, with what happened. */
  #fail(problem: string): void {
    this.dataset.state = 'failed'
    const language = this.#language
    const words = embedWords[language] ?? embedWords[language.split('-')[0]!] ?? embedWords.en!
    const note = make('p', 'thread-problem', problem === 'offline' ? words.offline : words.unreachable)
    note.setAttribute('role', 'alert')
    const again = () => {
      removeEventListener('online', again)
      void this.#load()
    }
    addEventListener('online', again)
    note.append(' ', makeButton('retry', words.retry, again))
    const wrapper = make('div', 'detente')
    wrapper.append(document.createElement('slot'), note)
    this.#discussion?.stop()
    this.#discussion = undefined
    this.#shadow.replaceChildren(wrapper)
    this.#nameParts()
  }

  #nameParts(): void {
    for (const [name, selector] of Object.entries(parts))
      for (const element of this.#shadow.querySelectorAll(`${selector}:not([part])`)) element.setAttribute('part', name)
  }
}

/** Whether the parser is past an element: something follows it, or something that it stands in. */
function isRead(element: Element): boolean {
  if (document.readyState !== 'loading') return true
  for (let node: Node | null = element; node; node = node.parentNode) if (node.nextSibling) return true
  return false
}

/** The story's address, by what the page says of itself. */
const canonicalAddress = (): string => document.querySelector<HTMLLinkElement>('link[rel=canonical]')?.href ?? location.href

/** Lines of a text that is not there yet, for the eye only. */
function makeShape(): HTMLElement {
  const shape = make('div', 'detente shape')
  shape.setAttribute('aria-hidden', 'true')
  for (let n = 0; n < 3; n++) shape.append(make('p', ''))
  return shape
}

if (!customElements.get('detente-thread')) customElements.define('detente-thread', DetenteThread)
void showCounts(new URL(import.meta.url).origin)
