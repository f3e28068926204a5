/** Respect: shown at once, taken back when the server does not take it. */
import { make } from './html.ts'
import type { Mine } from './mine.ts'
import { isRefusal, type Refusal } from './refusal.ts'
import { signInFirst, signInLink } from './refusals.ts'
import { fill, idOf, nameRefusal, type View } from './view.ts'

const busy = new WeakSet<HTMLButtonElement>()

export async function toggleRespect(view: View, mine: Mine, button: HTMLButtonElement): Promise<void> {
  const article = button.closest<HTMLElement>('article')!
  if (busy.has(button)) return
  busy.add(button)
  article.querySelector('.field-error')?.remove()
  const refusal =
    (await signInFirst(view, () => view.say(view.words.signInWindow))) ??
    (await cast(view, mine, button, idOf(article)))
  busy.delete(button)
  if (refusal) article.append(note(view, refusal))
}

async function cast(
  view: View,
  mine: Mine,
  button: HTMLButtonElement,
  id: string,
): Promise<Refusal | undefined> {
  const was = mine.respected.has(id)
  const before = Number(button.value)
  mark(mine, button, id, !was)
  showRespect(view, button, before + (was ? -1 : 1))
  const answer = await view.server.call<{ respect: number }>(
    'PUT',
    `/api/stories/${view.story}/comments/${id}/ballot`,
    { value: was ? null : 1 },
  )
  if (!isRefusal(answer)) {
    showRespect(view, button, answer.respect)
    return undefined
  }
  mark(mine, button, id, was)
  showRespect(view, button, before)
  return answer
}

function mark({ respected }: Mine, button: HTMLButtonElement, id: string, pressed: boolean): void {
  if (pressed) respected.add(id)
  else respected.delete(id)
  button.setAttribute('aria-pressed', String(pressed))
}

export function showRespect({ language, words }: View, button: HTMLButtonElement, n: number): void {
  const number = new Intl.NumberFormat(language || 'en').format(n)
  button.value = String(n)
  button.setAttribute('aria-label', fill(words.respect, number))
  button.querySelector('.respect-count')!.textContent = n > 0 ? number : ''
}

function note(view: View, refusal: Refusal): HTMLElement {
  const text = make('p', 'field-error', nameRefusal(view, refusal))
  text.setAttribute('role', 'alert')
  if (refusal.problem === 'sign-in-needed' && !view.server.session) text.append(' ', signInLink(view))
  return text
}
