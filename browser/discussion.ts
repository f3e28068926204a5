/** A discussion made live. The server's HTML is complete without this script (src/discussion/thread.view.tsx); here
 *  its forms and links are answered in place, and what happens elsewhere arrives. Our own pages and newsrooms' pages
 *  use the same. */
import { makeChanges } from './changes.ts'
import { follow, type StoryEvent } from './events.ts'
import { make, readHtml } from './html.ts'
import { addKeys } from './keys.ts'
import { makeMine } from './mine.ts'
import { makeNews } from './news.ts'
import { showPosted } from './posted.ts'
import { makeQuoting } from './quote.ts'
import { isRefusal } from './refusal.ts'
import { makeReplies, type Replies } from './replies.ts'
import { toggleRespect } from './respect.ts'
import type { Server } from './server.ts'
import { articleIn, count, findItem, makeView, type View } from './view.ts'

export type Discussion = {
  view: View
  /** Goes on from the events that the section's HTML shows now: after its comments were exchanged, or after a stop. */
  resume: () => void
  stop: () => void
}

/** @param openNewest shows the thread's newest comments in place of those on the page */
export function enliven(section: HTMLElement, server: Server, openNewest: () => void): Discussion {
  const view = makeView(section, server)
  const mine = makeMine(view)
  const changes = makeChanges(view)
  const news = makeNews(view, openNewest)
  const replies = makeReplies(view, (written, text, composer) =>
    showPosted(view, { mine, changes, replies }, { written, text, composer }),
  )
  const quoting = makeQuoting(view, replies)
  addKeys(view, replies, quoting)

  let busy = 0
  const heard: StoryEvent[] = []
  view.alone = async (work) => {
    busy++
    try {
      return await work()
    } finally {
      if (--busy === 0) for (const event of heard.splice(0)) answer(event)
    }
  }

  const answer = (event: StoryEvent) => {
    const { kind, comment: id, parent, comments } = event
    const head = section.querySelector('.thread-count')
    if (head) head.textContent = count(view, view.words.count, comments)
    const isMuted = mine.hearMuted(event)
    if (id === null) return kind === 'story.changed' ? void renewHead(view, replies) : undefined
    const item = findItem(view, id)
    if (kind === 'respect.changed') return item ? changes.noteRespect(id) : undefined
    if (kind === 'comment.hidden') news.remove(id)
    if (!item) return kind === 'comment.published' ? news.add(id, parent, isMuted) : undefined
    // Published again, or at last: where its author saw it waiting, or all saw that it was gone.
    if (kind !== 'comment.published' || articleIn(item)?.matches('.waiting, .tombstone')) changes.note(id)
  }

  section.addEventListener('submit', (event) => {
    const button = (event.target as Element).querySelector<HTMLButtonElement>('.respect')
    if (!button) return
    event.preventDefault()
    void toggleRespect(view, mine, button)
  })
  section.addEventListener('click', (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>('a.reply, a.share')
    if (!link || !isPlainClick(event)) return
    if (link.matches('.share')) void share(view, link)
    else if (link.closest('.parents') || !replies.open(link.closest('article')!)) return
    event.preventDefault()
  })

  section.addEventListener('click', (event) => {
    const link = (event.target as Element).closest('a')
    const token = link?.href.startsWith(`${server.origin}/me`) && server.session?.use()
    if (!token) return
    event.preventDefault()
    visit(view, link!.href, token)
  })

  for (const article of section.querySelectorAll<HTMLElement>('article[data-comment]')) view.dress(article)
  server.session?.onSignIn(() => void mine.load())
  if (!server.session || server.session.use()) setTimeout(() => void mine.load())

  let stopFollowing: (() => void) | undefined
  const stop = () => {
    stopFollowing?.()
    stopFollowing = undefined
  }
  return {
    view,
    resume: () => {
      stop()
      news.tidy()
      if (section.dataset.event === undefined) return
      const url = `${server.origin}/api/stories/${view.story}/events`
      stopFollowing = follow(url, Number(section.dataset.event), (event) => {
        section.dataset.event = String(event.number)
        if (busy > 0) heard.push(event)
        else answer(event)
      })
    },
    stop,
  }
}

/** Opens one of the reader's own pages from a newsroom's, which may be all that knows them: our page asks whether it is
 *  them, and takes them in. */
function visit({ section, server, language }: View, address: string, token: string): void {
  const form = make('form', '')
  const fields = { token, to: address.slice(server.origin.length) }
  for (const [name, value] of Object.entries(fields)) {
    const field = make('input', '')
    Object.assign(field, { type: 'hidden', name, value })
    form.append(field)
  }
  const action = `${server.origin}/sign-in/visit?lang=${language}`
  Object.assign(form, { method: 'post', action, target: '_blank', rel: 'noopener' })
  section.append(form)
  form.submit()
  form.remove()
}

/** Not one that asks for a new tab or window. */
export const isPlainClick = ({ button, ctrlKey, metaKey, shiftKey, altKey }: MouseEvent): boolean =>
  button === 0 && !ctrlKey && !metaKey && !shiftKey && !altKey

/** The discussion was closed or opened. A text that is being written stays. */
async function renewHead(view: View, replies: Replies): Promise<void> {
  const { section, server, story, language } = view
  const page = await server.read(`/fragment?${new URLSearchParams({ story, lang: language })}`)
  if (isRefusal(page) || page.status !== 200) return
  const fresh = readHtml(page.html)
  const state = fresh.querySelector('.thread-state')
  if (state) section.querySelector('.thread-state')?.replaceWith(state)
  const closed = !fresh.querySelector('.composer')
  if (!closed) bringReplying(view, replies, fresh)
  for (const link of section.querySelectorAll<HTMLElement>('.reply')) link.hidden = closed
  for (const field of section.querySelectorAll('textarea')) field.form!.hidden = closed && !field.value
}

/** A page that was made while the discussion was closed has no composer and no links to reply: `fresh` does. */
function bringReplying({ section }: View, replies: Replies, fresh: DocumentFragment): void {
  const composer = fresh.querySelector<HTMLFormElement>('form.composer')
  if (composer && !section.querySelector('form.composer')) {
    // On an exchange's page, only replies are written.
    section.querySelector('.thread-head')?.after(composer)
    replies.adopt(composer)
  }
  const pattern = fresh.querySelector<HTMLAnchorElement>('a.reply')
  if (!pattern) return
  for (const share of section.querySelectorAll<HTMLAnchorElement>('a.share')) {
    const article = share.closest('article')!
    if (article.querySelector('.reply')) continue
    const link = pattern.cloneNode(true) as HTMLAnchorElement
    link.href = `${share.href}#reply`
    link.dataset.name = article.querySelector('.comment-name')?.textContent ?? ''
    share.before(link, ' ')
  }
}

/** By the device's own way if it has one, else a copy of the address; at the worst, the address itself. */
async function share(view: View, link: HTMLAnchorElement): Promise<void> {
  try {
    if ('share' in navigator) return await navigator.share({ url: link.href })
    await (navigator as Navigator).clipboard.writeText(link.href)
  } catch (error) {
    if ((error as Error).name !== 'AbortError') location.assign(link.href)
    return
  }
  const { textContent } = link
  link.textContent = view.words.copied
  view.say(view.words.copied)
  setTimeout(() => {
    link.textContent = textContent
  }, 3_000)
}
