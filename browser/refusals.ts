/** What was refused, and what a reader can do about it: the text is never lost over it. */
import { inThisLanguage, make, makeButton } from './html.ts'
import { dropQuote } from './quoted.ts'
import type { Refusal } from './refusal.ts'
import { nameRefusal, type View } from './view.ts'

/** Signs the reader in where that is done by a window: first of all in a click, or the window is blocked.
 *  @param opened called when there is one */
export async function signInFirst(
  { server, language }: View,
  opened: () => void,
): Promise<Refusal | undefined> {
  if (!server.session || server.session.use()) return undefined
  return server.session.signIn(language, opened)
}

/** Says under the field what went wrong, and what can be done. */
export function showRefusal(view: View, form: HTMLFormElement, refusal: Refusal): void {
  const { words } = view
  const field = form.querySelector('textarea')!
  const note = make('p', 'field-error')
  note.id = `${field.id}-error`
  note.setAttribute('role', 'alert')
  note.append(make('b', '', nameRefusal(view, refusal)), document.createElement('br'), words.kept)
  if (refusal.problem.startsWith('popup'))
    note.append(
      ' ',
      makeButton('elsewhere', words.elsewhere, () => postElsewhere(form)),
    )
  if (refusal.problem === 'quote-unknown')
    note.append(
      ' ',
      makeButton('unquoted', words.unquoted, () => {
        dropQuote(form)
        form.requestSubmit()
      }),
    )
  if (refusal.problem === 'sign-in-needed' || refusal.problem === 'guests-off')
    note.append(' ', signInControl(view, form))
  if (refusal.sanction) note.append(' ', restrictionsLink(view, words.barredMore))
  field.after(note)
  field.setAttribute('aria-invalid', 'true')
  field.dataset.described = field.getAttribute('aria-describedby') ?? ''
  field.setAttribute('aria-describedby', `${field.dataset.described} ${note.id}`)
}

/** Before another try, or when the reader types on. */
export function clearRefusal(form: HTMLFormElement): void {
  const field = form.querySelector('textarea')!
  for (const note of form.querySelectorAll('.field-error')) note.remove()
  field.removeAttribute('aria-invalid')
  if (field.dataset.described === undefined) return
  field.setAttribute('aria-describedby', field.dataset.described)
  delete field.dataset.described
}

/** Our own page takes the text, shows it, and asks who writes. */
function postElsewhere(form: HTMLFormElement): void {
  form.target = '_blank'
  form.submit()
}

/** What is typed stays where it is. */
function signInControl(view: View, form: HTMLFormElement): HTMLElement {
  const { session } = view.server
  if (!session) return signInLink(view)
  return makeButton('sign-in-link', view.words.signIn, async () => {
    const refusal = await session.signIn(view.language, () => view.say(view.words.signInWindow))
    clearRefusal(form)
    if (refusal) showRefusal(view, form, refusal)
  })
}

/** In a tab of its own as well: what is in force, and what can be done about it. */
export function restrictionsLink({ server }: View, text: string): HTMLAnchorElement {
  const link = make('a', '', text)
  link.href = `${server.origin}${inThisLanguage('/me')}#restrictions`
  link.target = '_blank'
  link.rel = 'noopener'
  return link
}

/** In a tab of its own: what is typed stays where it is. */
export function signInLink({ words }: View): HTMLAnchorElement {
  const link = make('a', 'sign-in-link', words.signIn)
  const to = inThisLanguage(location.pathname)
  link.href = inThisLanguage(`/sign-in?${new URLSearchParams({ to })}`)
  link.target = '_blank'
  link.rel = 'noopener'
  return link
}
