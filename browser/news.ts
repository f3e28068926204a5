/** New comments: counted while one reads, shown when one asks for them. Nothing moves by itself. */
import { makeButton } from './html.ts'
import { isRefusal } from './refusal.ts'
import { articleIn, count, findItem, focusOn, hasPlace, nameRefusal, place, type View } from './view.ts'

export type News = {
  /** @param isQuiet comes with the others when they are shown, but is not counted */
  add: (id: string, parent: string | null, isQuiet: boolean) => void
  remove: (id: string) => void
  has: (id: string) => boolean
  /** Forgets what has come onto the page in another way. */
  tidy: () => void
}

/** The count is read out, so it changes at most this often. Milliseconds. */
const CHANGE_EVERY = 3_000
/** So many at once are better read on a page of their own. */
const MOST_IN_PLACE = 200

/** @param openNewest shows the thread's newest comments instead of what is on the page */
export function makeNews(view: View, openNewest: () => void): News {
  const region = view.section.querySelector('.news')
  const waiting = new Map<string, string | null>()
  const quiet = new Set<string>()
  const button = makeButton('news-show', '', () => void show())
  let timer: ReturnType<typeof setTimeout> | undefined
  let stale = false

  const counted = () => [...waiting.keys()].filter((id) => !quiet.has(id)).length

  const render = () => {
    stale = false
    button.textContent = count(view, view.words.news, counted())
    region?.append(button)
    timer = setTimeout(() => {
      timer = undefined
      if (stale) changed()
    }, CHANGE_EVERY)
  }

  const changed = () => {
    if (counted() === 0) button.remove()
    else if (timer === undefined) render()
    else stale = true
  }

  const show = async () => {
    if (waiting.size > MOST_IN_PLACE) return openNewest()
    const asked = new Map(waiting)
    const items = await view.fetchItems([...asked.keys()])
    if (isRefusal(items)) return view.say(nameRefusal(view, items))
    for (const old of view.section.querySelectorAll('.fresh')) old.classList.remove('fresh')
    for (const item of items) {
      const id = item.id.slice('c-'.length)
      const parent = asked.get(id)!
      if (!waiting.has(id) || findItem(view, id) || !hasPlace(view, parent)) continue
      item.classList.add('fresh')
      place(view, item, parent)
    }
    for (const id of asked.keys()) waiting.delete(id)
    changed()
    const first = view.section.querySelector('.fresh')
    const article = first && articleIn(first)
    if (article) focusOn(article)
  }

  return {
    add: (id, parent, isQuiet) => {
      if (!hasPlace(view, parent) && !waiting.has(parent ?? '')) return
      if (isQuiet) quiet.add(id)
      waiting.set(id, parent)
      changed()
    },
    remove: (id) => {
      if (waiting.delete(id)) changed()
    },
    has: (id) => waiting.has(id),
    tidy: () => {
      for (const id of waiting.keys()) if (findItem(view, id)) waiting.delete(id)
      changed()
    },
  }
}
