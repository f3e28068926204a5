/** Another order, or the next comments, in a discussion that is open: what the server sends for it takes the place of
 *  the list, or is added to it. All else stays: what is being written, what was opened. */
import type { View } from './view.ts'

/** @param fresh a discussion's section as the server sends it
 *  @returns the articles that came, in their order */
export function exchangeComments(
  { section, dress }: View,
  fresh: HTMLElement,
  how: 'replace' | 'append',
): HTMLElement[] {
  const list = section.querySelector('.branches')!
  const pages = fresh.querySelector('.pages')
  if (how === 'replace') {
    list.replaceChildren()
    chooseTab(section, fresh)
  } else pages?.querySelector('.first')?.remove()
  // In an order that changes, a comment can be on two pages.
  const items = [...fresh.querySelectorAll('.branches > li')].filter(
    ({ id }) => !list.querySelector(`#${CSS.escape(id)}`),
  )
  list.append(...items)
  section.querySelector('.pages')?.remove()
  if (pages?.querySelector('a')) list.after(pages)
  const articles = items.flatMap((item) => [...item.querySelectorAll<HTMLElement>('article[data-comment]')])
  for (const article of articles) dress(article)
  // What the answer lacks of what this page heard, and the other way round, comes again with the events.
  section.dataset.event = String(Math.min(Number(section.dataset.event), Number(fresh.dataset.event)))
  return articles
}

function chooseTab(section: HTMLElement, fresh: HTMLElement): void {
  const chosen = fresh.querySelector('.sorts [aria-current]')?.getAttribute('href')
  for (const tab of section.querySelectorAll('.sorts a')) {
    if (tab.getAttribute('href') === chosen) tab.setAttribute('aria-current', 'true')
    else tab.removeAttribute('aria-current')
  }
}
