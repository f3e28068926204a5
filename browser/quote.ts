/** Quoting: select words of a comment, and a button beside them opens a reply to them. Without a pointer the page
 *  behind ⋯ offers the paragraphs to choose from. */
import { makeButton } from './html.ts'
import type { Quote } from './quoted.ts'
import type { Replies } from './replies.ts'
import { idOf, type View } from './view.ts'

/** The longest quote that the server takes, in UTF-16 units. */
const LONGEST = 2_000
/** Milliseconds that a selection stands still before it is looked at. */
const STILL = 150

export type Quoting = {
  /** Opens a reply to the selected words. @returns whether there were any */
  quoteSelected: () => boolean
  stop: () => void
}

export function makeQuoting(view: View, replies: Replies): Quoting {
  let selected: { article: HTMLElement; quote: Quote } | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  const quoteSelected = () => {
    if (!selected) return false
    const { article, quote } = selected
    hide()
    replies.open(article, quote)
    return true
  }

  const button = makeButton('quote-words', view.words.quote, quoteSelected)
  // A press on the button must leave the selection as it is.
  button.addEventListener('pointerdown', (event) => event.preventDefault())
  button.addEventListener('mousedown', (event) => event.preventDefault())

  const hide = () => {
    selected = undefined
    button.remove()
  }

  const look = () => {
    if (view.root.activeElement === button) return
    const range = readSelection(view.root)
    const body = range && parentOf(range.startContainer)?.closest('.comment-body')
    const article = body?.closest<HTMLElement>('article')
    if (!range || !body || !article?.querySelector('.reply') || !view.section.contains(article)) return hide()
    const exact = wordsOf(range, body)
    if (!exact || exact.length > LONGEST) return hide()
    selected = { article, quote: { comment: idOf(article), exact } }
    body.after(button)
    const box = article.getBoundingClientRect()
    const words = range.getBoundingClientRect()
    button.style.position = 'absolute'
    button.style.top = `${words.bottom - box.top + 4}px`
    button.style.left = `${Math.max(0, words.left - box.left)}px`
  }

  const changed = () => {
    clearTimeout(timer)
    timer = setTimeout(look, STILL)
  }
  document.addEventListener('selectionchange', changed)
  return { quoteSelected, stop: () => document.removeEventListener('selectionchange', changed) }
}

/** What is selected within a shadow is told in three ways: by the standard, by Chromium of old, by Firefox of old. */
type Selecting = { getComposedRanges?: (options: { shadowRoots: ShadowRoot[] }) => StaticRange[] }

function readSelection(root: Document | ShadowRoot): Range | undefined {
  const page = document.getSelection()
  const [composed] =
    root instanceof ShadowRoot
      ? ((page as Selecting | null)?.getComposedRanges?.({ shadowRoots: [root] }) ?? [])
      : []
  const selection = 'getSelection' in root ? root.getSelection() : page
  const found = composed ?? (selection?.rangeCount ? selection.getRangeAt(0) : undefined)
  if (!found || found.collapsed) return undefined
  const range = document.createRange()
  range.setStart(found.startContainer, found.startOffset)
  range.setEnd(found.endContainer, found.endOffset)
  return range
}

const parentOf = (node: Node): Element | null => (node instanceof Element ? node : node.parentElement)

/** The selected words as they stand in the comment's plain text: those of the paragraph that the selection begins in. */
function wordsOf(range: Range, body: Element): string {
  const block = parentOf(range.startContainer)?.closest('p, li, pre')
  if (!block || !body.contains(block)) return ''
  if (!block.contains(range.endContainer)) range.setEndAfter(block.lastChild!)
  const words = range.cloneContents()
  for (const line of words.querySelectorAll('br')) {
    const { nextSibling } = line
    if (nextSibling instanceof Text) nextSibling.data = nextSibling.data.replace(/^\n/, '')
    line.replaceWith('\n')
  }
  return words.textContent.trim()
}
