/** One's own comment, just posted: in its place, with a minute to take it back. */
import type { Changes } from './changes.ts'
import type { Composer, Written } from './composer.ts'
import { inThisLanguage, make, makeButton } from './html.ts'
import { type Mine, ownItem } from './mine.ts'
import { isRefusal } from './refusal.ts'
import type { Replies } from './replies.ts'
import { articleIn, findItem, focusOn, hasPlace, nameRefusal, place, type View } from './view.ts'

/** Milliseconds in which one's own comment can be taken back in one step. */
const UNDO = 60_000

export async function showPosted(
  view: View,
  parts: { mine: Mine; changes: Changes; replies: Replies },
  posted: { written: Written; text: string; composer: Composer },
): Promise<void> {
  const { words, section, story } = view
  const { written, text, composer } = posted
  const { id, parent, status } = written
  parts.mine.own.add(id)
  if (section.matches('.compose')) return location.assign(inThisLanguage(`/s/${story}/c/${id}#c-${id}`))
  const isReplyInPlace = composer.form.parentElement?.matches('li') === true
  const item = hasPlace(view, parent)
    ? ((await publicItem(view, written)) ?? ownItem(view, written))
    : undefined
  if (isReplyInPlace) composer.form.remove()
  if (item) place(view, item, parent)
  view.say(status === 'published' ? words.posted : words.waiting)
  const article = item && articleIn(item)
  if (!article) return composer.field.focus()

  const note = make('p', 'posted-note', words.posted)
  let busy = false
  const undo = makeButton('undo', words.undo, async () => {
    if (busy) return
    busy = true
    const answer = await view.alone(() => takeBack(view, parts.changes, id))
    busy = false
    if (isRefusal(answer)) {
      note.append(' ', nameRefusal(view, answer))
      return
    }
    view.say(words.undone)
    parts.replies.giveBack(parent, text)
  })
  note.append(' ', undo)
  article.after(note)
  setTimeout(() => {
    if (note.contains(view.root.activeElement)) focusOn(article)
    note.remove()
  }, UNDO)
  focusOn(article)
}

/** The comment as all readers see it, if they do. */
async function publicItem(view: View, { id, status }: Written): Promise<HTMLElement | undefined> {
  if (status !== 'published') return undefined
  const items = await view.fetchItems([id])
  return isRefusal(items) ? undefined : items[0]
}

async function takeBack(view: View, changes: Changes, id: string) {
  const answer = await view.server.call('DELETE', `/api/stories/${view.story}/comments/${id}`)
  if (isRefusal(answer)) return answer
  findItem(view, id)?.querySelector('.posted-note')?.remove()
  await changes.renew(id)
  return answer
}
