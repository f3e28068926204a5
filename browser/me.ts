/** On one's own page: the drafts that are kept on this device. */
import type { DraftWords } from '../src/pages/me/me.view.tsx'
import { listDrafts } from './device.ts'
import { inThisLanguage, make, makeButton } from './html.ts'

/** Characters of a draft that are shown. */
const EXCERPT = 200

const section = document.querySelector<HTMLElement>('.drafts[data-words]')
if (section) showDrafts(section, JSON.parse(section.dataset.words!))

function showDrafts(section: HTMLElement, words: DraftWords): void {
  const drafts = listDrafts()
  const note = section.querySelector('.hint')!
  if (drafts.length === 0) {
    note.textContent = words.none
    return
  }
  const list = make('ul', 'me-list')
  for (const { story, parent, text, drop } of drafts) {
    const item = make('li', '')
    const excerpt = make('p', 'excerpt', text.length > EXCERPT ? `${text.slice(0, EXCERPT)}…` : text)
    excerpt.dir = 'auto'
    const link = make('a', '', parent ? words.reply : words.story)
    link.href = inThisLanguage(parent ? `/s/${story}/c/${parent}#reply` : `/s/${story}#write`)
    const away = makeButton('', words.drop, () => {
      drop()
      item.remove()
      if (list.childElementCount === 0) {
        list.replaceWith(note)
        note.textContent = words.none
      }
      section.querySelector('h2')?.focus()
    })
    const row = make('p', 'me-buttons')
    row.append(link, away)
    item.append(excerpt, row)
    list.append(item)
  }
  note.replaceWith(list)
}
