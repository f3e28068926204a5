/** `<detente-thread story="…">`: a discussion in a newsroom's page, in a shadow of its own: no frame, no cookie, no
 *  request to anyone but our server, and nothing that a page's Content-Security-Policy forbids once it has
 *  `script-src` and `connect-src` for our origin.
 *
 *  - `story`: our id or the newsroom's own; or `url`: the story's address; without both, the page's canonical link
 *  - `src`: our origin; without it, where this script came from
 *  - `lang`: language of the words; without it, the nearest `lang` on the page
 *  - `sso`: a path of the newsroom's that answers its token for whoever is signed in there; or the property `signIn`, a
 *    function that does (docs/guides/sso.md)
 *
 *  What stands inside the element is shown until the discussion is there, and when there is none to be had: put a link
 *  to our page there. If it is the answer of `/fragment`, included by the newsroom's server, that is used as it is.
 *  `data-state` on the element says `loading`, `ready`, `unknown` (no such story here) or `failed`. */
import { showCounts } from './counts.ts'
import { type Discussion, enliven, isPlainClick } from './discussion.ts'
import { adoptSheet, makeShape, nameParts } from './embed-look.ts'
import type { AskNewsroom } from './embed-sso.ts'
import { embedWords } from './embed-words.ts'
import { make, makeButton, readHtml } from './html.ts'
import { isRefusal } from './refusal.ts'
import { makeServer, type Server } from './server.ts'
import { sessionWith } from './session.ts'
import { exchangeComments } from './turning.ts'
import { focusOn } from './view.ts'

/** Milliseconds before the shape of a text to come is shown: most answers are there by then. */
const SHAPE_AFTER = 400

class DetenteThread extends HTMLElement {
  static readonly observedAttributes = ['story', 'url', 'src', 'lang']
  readonly #shadow = this.shadowRoot ?? this.attachShadow({ mode: 'open' })
  readonly #parting = new MutationObserver(() => nameParts(this.#shadow))
  #discussion: Discussion | undefined
  #waiting = false
  #styled = Promise.resolve()
  /** Counts loads: the answer to an earlier one is not for us any more. */
  #turn = 0
  #ask: AskNewsroom | undefined

  constructor() {
    super()
    // Given before this script was there: as a property of the plain element, which would hide ours.
    const { signIn } = this
    if (!Object.hasOwn(this, 'signIn')) return
    Reflect.deleteProperty(this, 'signIn')
    this.signIn = signIn
  }

  get signIn(): AskNewsroom | undefined {
    return this.#ask
  }

  set signIn(ask: AskNewsroom | undefined) {
    this.#ask = ask
    if (this.#discussion) this.#trustNewsroom()
  }

  connectedCallback(): void {
    this.#styled = adoptSheet(this.#origin, this.#shadow)
    this.#parting.observe(this.#shadow, { childList: true, subtree: true })
    if (this.#discussion) this.#discussion.resume()
    else this.#start()
  }

  disconnectedCallback(): void {
    this.#discussion?.stop()
  }

  attributeChangedCallback(_name: string, before: string | null, now: string | null): void {
    if (this.isConnected && before !== now && this.dataset.state) void this.#load()
  }

  get #language(): string {
    return this.closest<HTMLElement>('[lang]')?.lang ?? ''
  }

  get #origin(): string {
    return new URL(this.getAttribute('src') || import.meta.url, location.href).origin
  }

  /** What the newsroom says of who is signed in comes by a script of its own: most pages need none of it. Where it says
   *  nothing, our own cookie may. */
  #trustNewsroom(): void {
    const origin = this.#origin
    const session = sessionWith(origin)
    if (!this.#ask && !this.hasAttribute('sso')) session.greet()
    else
      session.trust(async (asked) => {
        const { askNewsroom }: typeof import('./embed-sso.ts') = await import(`${origin}/embed-sso.js`)
        return askNewsroom(this.#ask, this.getAttribute('sso'), asked)
      })
  }

  #makeServer(): Server {
    return makeServer(this.#origin, sessionWith(this.#origin))
  }

  /** While the page is still being read, what stands inside may yet come. */
  #start(): void {
    const included = this.querySelector<HTMLElement>(':scope > .detente')
    if (!isRead(this)) this.#startLater()
    else if (included?.querySelector('.thread[data-words]')) void this.#showIncluded(included)
    else void this.#load()
  }

  /** What is in the page already stays as it is until its style is in the shadow too: so nothing moves. */
  async #showIncluded(included: HTMLElement): Promise<void> {
    const turn = ++this.#turn
    this.#shadow.replaceChildren(document.createElement('slot'))
    await this.#styled
    if (turn === this.#turn && this.isConnected) this.#show(included)
  }

  #startLater(): void {
    if (this.#waiting) return
    this.#waiting = true
    requestAnimationFrame(() => {
      this.#waiting = false
      if (this.isConnected) this.#start()
    })
  }

  async #load(): Promise<void> {
    const turn = ++this.#turn
    this.dataset.state = 'loading'
    if (!this.#discussion) this.#shadow.replaceChildren(document.createElement('slot'))
    const shape = setTimeout(() => this.#shadow.append(makeShape()), SHAPE_AFTER)
    const [page] = await Promise.all([this.#read(this.#makeServer(), {}), this.#styled])
    clearTimeout(shape)
    if (turn !== this.#turn) return
    if (isRefusal(page)) return this.#fail(page.problem)
    try {
      const fragment = readHtml(page.html).querySelector<HTMLElement>('.detente')
      if (fragment) this.#show(fragment)
      else this.#fail('unreachable')
    } catch (error) {
      // The page's own policy does not let our HTML in; its console says so.
      this.#fail('unreachable')
      throw error
    }
  }

  #read(server: Server, more: Record<string, string>) {
    const query = new URLSearchParams({ lang: this.#language, ...more })
    const [story, url] = [this.getAttribute('story'), this.getAttribute('url')]
    if (story) query.set('story', story)
    else query.set('url', url || canonicalAddress())
    return server.read(`/fragment?${query}`)
  }

  #show(fragment: HTMLElement): void {
    this.#discussion?.stop()
    this.#discussion = undefined
    this.#shadow.replaceChildren(fragment)
    nameParts(this.#shadow)
    const section = fragment.querySelector<HTMLElement>('.thread')
    this.dataset.state = section ? 'ready' : 'unknown'
    if (!section) return
    this.#discussion = enliven(section, this.#makeServer(), () => void this.#turnTo({ sort: 'newest' }))
    this.#discussion.resume()
    this.#trustNewsroom()
    section.addEventListener('click', (event) => {
      const link = (event.target as Element).closest<HTMLAnchorElement>('.sorts a, .pages a')
      if (!link || !isPlainClick(event)) return
      event.preventDefault()
      void this.#turnTo(Object.fromEntries(new URL(link.href).searchParams), link)
    })
  }

  /** @param query of `/fragment` @param link what was pressed for it, and is followed if there is no answer */
  async #turnTo(query: Record<string, string>, link?: HTMLAnchorElement): Promise<void> {
    const { view, resume } = this.#discussion!
    view.section.setAttribute('aria-busy', 'true')
    const page = await this.#read(view.server, query)
    view.section.removeAttribute('aria-busy')
    const fresh = isRefusal(page) ? null : readHtml(page.html).querySelector<HTMLElement>('.thread')
    if (!fresh) return link && location.assign(link.href)
    const more = link?.matches('.next') === true
    const [first] = exchangeComments(view, fresh, more ? 'append' : 'replace')
    resume()
    if (first && !link?.matches('.sorts a')) focusOn(first)
  }

  /** The newsroom's own link stays in view, with what happened. */
  #fail(problem: string): void {
    this.dataset.state = 'failed'
    const language = this.#language
    const words = embedWords[language] ?? embedWords[language.split('-')[0]!] ?? embedWords.en!
    const again = () => {
      removeEventListener('online', again)
      void this.#load()
    }
    addEventListener('online', again)
    if (problem !== 'offline') {
      const server = this.#origin
      console.warn(
        `Detente: no answer from ${server}. Is ${location.origin} among the origins in ${server}/desk/site?`,
      )
    }
    const note = make('p', 'thread-problem', problem === 'offline' ? words.offline : words.unreachable)
    note.setAttribute('role', 'alert')
    note.append(' ', makeButton('retry', words.retry, again))
    const wrapper = make('div', 'detente')
    wrapper.append(document.createElement('slot'), note)
    this.#discussion?.stop()
    this.#discussion = undefined
    this.#shadow.replaceChildren(wrapper)
  }
}

/** Whether the parser is past an element: something follows it, or something that it stands in. */
function isRead(element: Element): boolean {
  if (document.readyState !== 'loading') return true
  for (let node: Node | null = element; node; node = node.parentNode) if (node.nextSibling) return true
  return false
}

/** The story's address, by what the page says of itself. */
const canonicalAddress = (): string =>
  document.querySelector<HTMLLinkElement>('link[rel=canonical]')?.href ?? location.href

if (!customElements.get('detente-thread')) customElements.define('detente-thread', DetenteThread)
void showCounts(new URL(import.meta.url).origin)
