/** Replying in place: a composer like the page's own, under the comment it answers. */
import { type Composer, makeComposer, type OnPosted } from './composer.ts'
import { make, makeButton } from './html.ts'
import { type Quote, showQuote } from './quoted.ts'
import { articleIn, fill, findItem, focusOn, idOf, type View } from './view.ts'

export type Replies = {
  /** Opens the composer under a comment, or goes to the one that is open. @param quote words to answer to */
  open: (article: HTMLElement, quote?: Quote) => Composer | undefined
  /** Opens it with a text; without `parent` it is the page's own composer. */
  giveBack: (parent: string | null, text: string) => void
  /** Takes the page's own composer, which came later: with none on the page there were no replies either. */
  adopt: (form: HTMLFormElement) => void
}

export function makeReplies(view: View, onPosted: OnPosted): Replies {
  const { section, words } = view
  const composers = new WeakMap<HTMLFormElement, Composer>()
  let first: HTMLFormElement | undefined
  let pattern: HTMLFormElement | undefined

  const adopt = (form: HTMLFormElement) => {
    pattern = form.cloneNode(true) as HTMLFormElement
    if (!section.contains(form)) return
    first = form
    composers.set(form, makeComposer(view, form, onPosted))
  }
  const own = section.querySelector<HTMLFormElement>('form.composer')
  if (own) adopt(own)

  const add = (article: HTMLElement): HTMLFormElement | undefined => {
    if (!pattern) return undefined
    const form = shape(pattern.cloneNode(true) as HTMLFormElement, article)
    const close = () => {
      form.remove()
      const link = article.querySelector<HTMLElement>('.reply')
      if (link) link.focus()
      else focusOn(article)
    }
    form.querySelector('.composer-row')!.append(makeButton('cancel', words.cancel, close))
    form.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !event.isComposing && composers.get(form)?.isEmpty()) close()
    })
    article.after(form)
    composers.set(form, makeComposer(view, form, onPosted))
    return form
  }

  /** A copy of the page's composer becomes the one for a reply to `article`. */
  const shape = (form: HTMLFormElement, article: HTMLElement): HTMLFormElement => {
    for (const left of form.querySelectorAll('[type=hidden], .quoted, .field-error, .preview')) left.remove()
    const id = `reply-${idOf(article)}`
    form.id = id
    const parent = make('input', '')
    parent.type = 'hidden'
    parent.name = 'parent'
    parent.value = idOf(article)
    const label = form.querySelector<HTMLLabelElement>('label[for]')!
    label.htmlFor = `${id}-text`
    label.textContent = fill(words.replyTo, article.querySelector('.comment-name')?.textContent ?? '')
    const field = form.querySelector('textarea')!
    field.id = label.htmlFor
    field.value = ''
    field.removeAttribute('aria-invalid')
    const hint = form.querySelector('.composer-hint')!
    hint.id = `${id}-hint`
    field.setAttribute('aria-describedby', hint.id)
    form.querySelector('.main')!.textContent = words.reply
    form.prepend(parent)
    return form
  }

  const open: Replies['open'] = (article, quote) => {
    const isFor = ({ value }: HTMLInputElement) => value === idOf(article)
    const there = [...section.querySelectorAll<HTMLInputElement>('.composer > [name=parent]')].find(
      isFor,
    )?.form
    const form = there ?? add(article)
    if (!form) return undefined
    if (quote) showQuote(form, quote)
    const composer = composers.get(form)
    composer?.field.focus()
    return composer
  }

  return {
    open,
    adopt,
    giveBack: (parent, text) => {
      const item = parent === null ? null : findItem(view, parent)
      const article = item && articleIn(item)
      const composer = article ? open(article) : first && composers.get(first)
      // What was begun meanwhile stays; the text that comes back goes before it.
      composer?.fill([text, composer.field.value].filter(Boolean).join('\n\n'))
      composer?.field.focus()
    },
  }
}
