/** How many characters are left, as readers count them: shown only when it begins to matter. */
import { count, type View } from './view.ts'

/** From this share of the longest text on, the count is shown. */
const NEAR = 0.8

const segmenter = 'Segmenter' in Intl ? new Intl.Segmenter() : undefined
const countGraphemes = (text: string): number => [...(segmenter ? segmenter.segment(text) : text)].length

/** @returns how to bring the count up to date. Crossing the limit is said aloud; each key is not. */
export function makeCounter(view: View, form: HTMLFormElement): () => void {
  const field = form.querySelector('textarea')!
  const shown = form.querySelector<HTMLElement>('.composer-count')!
  const most = Number(field.dataset.most)
  let wasOver = false
  return () => {
    const { value } = field
    // Never more graphemes than UTF-16 units, so most texts need not be segmented.
    const length = value.length < most * NEAR ? 0 : countGraphemes(value)
    const over = length > most
    const forms = over ? view.words.over : view.words.left
    shown.textContent = length < most * NEAR ? '' : count(view, forms, Math.abs(most - length))
    shown.classList.toggle('over', over)
    if (over !== wasOver) view.say(shown.textContent)
    wasOver = over
  }
}
