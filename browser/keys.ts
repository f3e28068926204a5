/** Keys of the discussion, for those who read by keyboard: single letters, only while the focus is inside and not in a
 *  field, and switchable (WCAG 2.2, 2.1.4). */
import { keySwitch } from './device.ts'
import { make, makeButton } from './html.ts'
import type { Quoting } from './quote.ts'
import type { Replies } from './replies.ts'
import { articleIn, focusOn, type View } from './view.ts'

export function addKeys(view: View, replies: Replies, quoting: Quoting): void {
  const { section } = view
  const dialog = makeDialog(view)
  section.append(dialog)
  // For those who switched the keys off, or do not know of them: seen when the focus is on it.
  section.prepend(makeButton('keys-open visually-hidden', view.words.keys.heading, () => dialog.showModal()))

  section.addEventListener('keydown', (event) => {
    const { target, ctrlKey, metaKey, altKey, isComposing } = event
    const typing = (target as Element).matches('input, textarea, select, dialog, dialog *')
    if (typing || ctrlKey || metaKey || altKey || isComposing || !keySwitch.isOn()) return
    const key = letterOf(event)
    if (!(key in view.words.keys.list)) return
    event.preventDefault()
    const current = (target as Element).closest<HTMLElement>('article') ?? undefined
    if (key === '?') dialog.showModal()
    else if (key === 'j' || key === 'k') step(section, current, key === 'j' ? 1 : -1)
    else if (current) act(key, current, replies, quoting)
  })
}

function act(key: string, article: HTMLElement, replies: Replies, quoting: Quoting): void {
  const item = article.parentElement!
  const press = (selector: string, within: Element = article) =>
    within.querySelector<HTMLElement>(selector)?.click()
  if (key === 'r' && article.querySelector('.reply')) replies.open(article)
  if (key === 'q' && !quoting.quoteSelected()) press('.more')
  if (key === 'o') press(':scope > .folded > summary, :scope > .more-replies > a', item)
  if (key === 'u') {
    const parent = item.parentElement?.closest('.branch')
    const above = parent && articleIn(parent)
    if (above) focusOn(above)
  }
}

/** To the next comment that can be seen, or the one before. */
function step(section: HTMLElement, current: HTMLElement | undefined, by: number): void {
  const seen = [...section.querySelectorAll<HTMLElement>('article.comment')].filter(
    (article) => article.getClientRects().length > 0,
  )
  const at = current ? seen.indexOf(current) + by : 0
  const article = seen[at]
  if (article) focusOn(article)
}

/** The letter on the key, also where the keyboard is set to a script without Latin letters. */
const letterOf = ({ key, code }: KeyboardEvent): string =>
  /^[^\0-\x7f]$/.test(key) ? code.replace('Key', '').toLowerCase() : key

function makeDialog({ words: { keys } }: View): HTMLDialogElement {
  const dialog = make('dialog', 'keys')
  const heading = make('h3', '', keys.heading)
  const list = make('dl', '')
  for (const [key, meaning] of Object.entries(keys.list)) {
    const name = make('dt', '')
    name.append(make('kbd', '', key))
    list.append(name, make('dd', '', meaning))
  }
  const label = make('label', 'choice')
  const on = make('input', '')
  on.type = 'checkbox'
  on.checked = keySwitch.isOn()
  on.addEventListener('change', () => keySwitch.set(on.checked))
  label.append(on, ' ', keys.on)
  dialog.append(
    heading,
    make('p', '', keys.note),
    list,
    label,
    makeButton('close', keys.close, () => dialog.close()),
  )
  dialog.setAttribute('aria-label', keys.heading)
  return dialog
}
