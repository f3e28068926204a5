/** Comments on the page that have changed, been taken away or been respected: fetched together, put in their places. */

import { isRefusal } from './refusal.ts'
import { showRespect } from './respect.ts'
import { articleIn, findItem, focusOn, idOf, type View } from './view.ts'

export type Changes = {
  /** The comment's article is out of date. */
  note: (id: string) => void
  /** Its count of respect is. */
  noteRespect: (id: string) => void
  /** Brings one up to date now. */
  renew: (id: string) => Promise<void>
}

/** Milliseconds in which changes gather; counts at most once a second, and not all readers at the same moment. */
const GATHER = 200
const gatherRespect = () => 1_000 + Math.random() * 1_000
/** When the server was not reached. */
const AGAIN = 10_000

export function makeChanges(view: View): Changes {
  /** What is to be fetched; true: the whole article. */
  const wanted = new Map<string, boolean>()
  let due = Number.POSITIVE_INFINITY
  let timer: ReturnType<typeof setTimeout> | undefined

  const schedule = (delay: number) => {
    const at = Date.now() + delay
    if (at >= due) return
    due = at
    clearTimeout(timer)
    timer = setTimeout(fetchAll, delay)
  }

  const fetchAll = async () => {
    due = Number.POSITIVE_INFINITY
    const asked = [...wanted]
    wanted.clear()
    if (await bring(asked)) return
    for (const [id, whole] of asked) wanted.set(id, whole || wanted.get(id) === true)
    schedule(AGAIN)
  }

  /** @returns whether the server was reached */
  const bring = async (asked: [string, boolean][]): Promise<boolean> => {
    const here = asked.filter(([id]) => findItem(view, id))
    const items = await view.fetchItems(here.map(([id]) => id))
    if (isRefusal(items)) return false
    const fresh = new Map(items.map((item) => [item.id, articleIn(item)]))
    for (const [id, whole] of here) {
      const item = findItem(view, id)
      const article = fresh.get(`c-${id}`)
      if (!item) continue
      if (!article) takeAway(view, item)
      else if (whole) replace(view, item, article)
      else updateRespect(view, item, article)
    }
    return true
  }

  return {
    note: (id) => {
      wanted.set(id, true)
      schedule(GATHER)
    },
    noteRespect: (id) => {
      if (!wanted.has(id)) wanted.set(id, false)
      schedule(gatherRespect())
    },
    renew: async (id) => {
      if (!(await bring([[id, true]]))) wanted.set(id, true)
    },
  }
}

function replace(view: View, item: HTMLElement, fresh: HTMLElement): void {
  const old = articleIn(item)
  if (!old) return
  const held = view.root.activeElement
  const name = held && old.contains(held) ? held.classList[0] : undefined
  old.replaceWith(fresh)
  item.classList.remove('waiting')
  view.dress(fresh)
  if (name === undefined) return
  const same = fresh.querySelector<HTMLElement>(`.${CSS.escape(name)}`)
  if (same) same.focus()
  else focusOn(fresh)
}

function updateRespect(view: View, item: HTMLElement, fresh: HTMLElement): void {
  const button = articleIn(item)?.querySelector<HTMLButtonElement>('.respect')
  const now = fresh.querySelector<HTMLButtonElement>('.respect')
  if (button && now) showRespect(view, button, Number(now.value))
}

/** Takes a comment off the page. A reply that is being written under it stays, with its text. */
function takeAway(view: View, item: HTMLElement): void {
  const list = item.parentElement
  const hadFocus = item.contains(view.root.activeElement)
  const next = item.nextElementSibling ?? item.previousElementSibling ?? list?.closest('li')
  const written = [...item.querySelectorAll('textarea')].some((field) => field.value)
  if (written || item.matches('.focus, :has(li)')) {
    articleIn(item)?.remove()
    return
  }
  item.remove()
  if (list?.matches('.replies:empty:not(.branches)')) list.remove()
  const article = next && articleIn(next)
  if (hadFocus && article && idOf(article)) focusOn(article)
}
