/** How the embed looks: its sheet in the shadow, what a newsroom's sheet may reach, and the shape of a text to come. */

import { make } from './html.ts'

let sheet: CSSStyleSheet | undefined
let arriving: Promise<void> | undefined

/** The sheet that all discussions on the page share, fetched once: without it they are plain, and complete. Its sizes go
 *  by the text size that the reader has chosen, not by what the page makes of its root element, which `rem` would
 *  (62.5 % is common).
 *  @param origin of our server
 *  @param shadow where no rule of the page reaches
 *  @returns when the sheet is there, or will not come */
export function adoptSheet(origin: string, shadow: ShadowRoot): Promise<void> {
  sheet ??= new CSSStyleSheet()
  const mine = sheet
  shadow.adoptedStyleSheets = [mine]
  const probe = make('span', '')
  probe.style.fontSize = 'medium'
  shadow.append(probe)
  const size = Number.parseFloat(getComputedStyle(probe).fontSize)
  probe.remove()
  arriving ??= fetch(`${origin}/embed.css`, { credentials: 'omit' })
    .then((answer) => (answer.ok ? answer.text() : ''))
    .then((style) => mine.replaceSync(style.replace(/([\d.]+)rem/g, (_, rems) => `${rems * size}px`)))
    .catch(() => {
      arriving = undefined
    })
  return arriving
}

/** Names for `::part()`. They are given here and not in the server's HTML, where our own pages would carry them too. */
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

export function nameParts(shadow: ShadowRoot): void {
  for (const [name, selector] of Object.entries(parts))
    for (const element of shadow.querySelectorAll(`${selector}:not([part])`))
      element.setAttribute('part', name)
}

/** Lines of a text that is not there yet, for the eye only. */
export function makeShape(): HTMLElement {
  const shape = make('div', 'detente shape')
  shape.setAttribute('aria-hidden', 'true')
  for (let n = 0; n < 3; n++) shape.append(make('p', ''))
  return shape
}
