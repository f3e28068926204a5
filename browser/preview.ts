/** How a text will look: the answer of the same form that shows a preview without script, taken into the composer. */
import { make, readHtml } from './html.ts'
import { isRefusal } from './refusal.ts'
import { clearRefusal, showRefusal } from './refusals.ts'
import type { View } from './view.ts'

export async function showPreview(view: View, form: HTMLFormElement): Promise<void> {
  const fields = new URLSearchParams(new FormData(form) as unknown as Record<string, string>)
  fields.set('preview', '1')
  const answer = await view.server.read(new URL(form.action).pathname, fields)
  clearRefusal(form)
  dropPreview(form)
  if (isRefusal(answer)) return showRefusal(view, form, answer)
  const page = readHtml(answer.html)
  const shown = page.querySelector('.preview')
  if (!shown) {
    const detail = page.querySelector('.notice b')?.textContent ?? ''
    return showRefusal(view, form, { problem: '', detail })
  }
  shown.prepend(make('p', 'preview-note', view.words.preview))
  form.querySelector('.composer-row')!.before(shown)
  view.say(view.words.preview)
}

/** What it shows is no longer what is in the field. */
export const dropPreview = (form: HTMLFormElement): void => form.querySelector('.preview')?.remove()
