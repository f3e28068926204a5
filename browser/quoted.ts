/** The words a reply answers to: above the field, and among what is sent. */
import { make } from './html.ts'

export type Quote = { comment: string; exact: string }

const FIELDS = '[name=quoteComment], [name=quoteExact]'

export function showQuote(form: HTMLFormElement, { comment, exact }: Quote): void {
  dropQuote(form)
  for (const [name, value] of Object.entries({ quoteComment: comment, quoteExact: exact })) {
    const input = make('input', '')
    input.type = 'hidden'
    input.name = name
    input.value = value
    form.prepend(input)
  }
  const shown = make('blockquote', 'quoted')
  shown.dir = 'auto'
  shown.append(make('q', '', exact))
  form.querySelector('textarea')!.before(shown)
}

export function dropQuote(form: HTMLFormElement): void {
  for (const part of form.querySelectorAll(`.quoted, ${FIELDS}`)) part.remove()
}

/** As the API takes it. */
export function readQuotes(form: HTMLFormElement): Quote[] {
  const [exact, comment] = ['quoteExact', 'quoteComment'].map(
    (name) => form.querySelector<HTMLInputElement>(`[name=${name}]`)?.value,
  )
  return exact && comment ? [{ comment, exact }] : []
}
