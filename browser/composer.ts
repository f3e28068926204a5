/** The field a reader writes in. What is typed is kept on the device until the server has it, is posted once however
 *  often the button is pressed, and stands in the field again whatever goes wrong. */
import { type Attempt, draftAt } from './device.ts'
import { make, makeButton, readHtml } from './html.ts'
import { isRefusal, type Refusal } from './server.ts'
import { count, nameRefusal, type View } from './view.ts'

/** What the API answers to a new comment, as far as the page needs it. */
export type Written = { id: string; parent: string | null; status: string; html: string; language: string | null; author: { name: string } }

export type Composer = {
  form: HTMLFormElement
  field: HTMLTextAreaElement
  isEmpty: () => boolean
  /** Puts text into the field, as if it had been typed. */
  fill: (text: string) => void
}

/** Puts what was written on the page; the field is empty again. @param text as it was typed */
export type OnPosted = (written: Written, text: string, composer: Composer) => Promise<void>

/** Milliseconds after the last key until a draft is kept. */
const KEEP_AFTER = 400
/** From this share of the longest text on, the count is shown. */
const NEAR = 0.8

const segmenter = 'Segmenter' in Intl ? new Intl.Segmenter() : undefined
const countGraphemes = (text: string): number => [...(segmenter ? segmenter.segment(text) : text)].length

/** 128 random bits. (`crypto.randomUUID` is missing on pages that are not served by https.) */
const newKey = (): string => [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join('-')

export function makeComposer(
  view: View,
  form: HTMLFormElement,
  onPosted: OnPosted,
): Composer {
  const { words, server } = view
  const field = form.querySelector('textarea')!
  const counter = form.querySelector<HTMLElement>('.composer-count')!
  const status = form.querySelector<HTMLElement>('.composer-status')!
  const parent = form.querySelector<HTMLInputElement>('[name=parent]')?.value ?? ''
  const draft = draftAt(view.story, parent)
  const most = Number(field.dataset.most)
  let attempt: Attempt | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let busy = false
  let wasOver = false
  let toldDraft = false

  const keep = () => {
    clearTimeout(timer)
    removeEventListener('pagehide', keep)
    if (!field.value) draft.drop()
    else if (draft.keep({ text: field.value, attempt })) tellDraft()
  }

  /** Once: it is read out, and would be after every pause. */
  const tellDraft = () => {
    if (!toldDraft) status.textContent = words.draft
    toldDraft = true
  }

  const showCount = () => {
    const { value } = field
    const length = value.length < most * NEAR ? 0 : countGraphemes(value)
    const over = length > most
    counter.textContent = length < most * NEAR ? '' : count(view, over ? words.over : words.left, Math.abs(most - length))
    counter.classList.toggle('over', over)
    if (over !== wasOver) view.say(counter.textContent)
    wasOver = over
  }

  const typed = () => {
    clear(form)
    showCount()
    form.querySelector('.preview')?.remove()
    clearTimeout(timer)
    timer = setTimeout(keep, KEEP_AFTER)
    addEventListener('pagehide', keep)
  }

  const readBody = () => ({
    text: field.value,
    parent: parent || null,
    quotes: [...form.querySelectorAll<HTMLInputElement>('[name=quoteComment]')].map(({ value }) => ({
      comment: value,
      exact: form.querySelector<HTMLInputElement>('[name=quoteExact]')!.value,
    })),
  })

  /** Answers are for the text that was sent, so it stays as it is until they come. */
  const hold = (on: boolean) => {
    busy = on
    field.readOnly = on
    form.setAttribute('aria-busy', String(on))
  }

  const post = async () => {
    if (busy) return
    hold(true)
    clear(form)
    keep()
    const refusal = (await signInFirst(view, () => {
      status.textContent = words.signInWindow
    })) ?? (await view.alone(send))
    hold(false)
    status.textContent = ''
    if (refusal) {
      keep()
      refuse(view, form, refusal)
    }
  }

  const send = async (): Promise<Refusal | undefined> => {
    const body = readBody()
    const text = JSON.stringify(body)
    if (attempt?.body !== text) attempt = { body: text, key: newKey() }
    keep()
    const written = await server.call<Written>('POST', `/api/stories/${view.story}/comments`, body, attempt.key)
    if (isRefusal(written)) return written
    attempt = undefined
    toldDraft = false
    field.value = ''
    keep()
    showCount()
    form.querySelector('.preview')?.remove()
    await onPosted(written, body.text, composer)
    return undefined
  }

  const showPreview = async () => {
    const fields = new URLSearchParams(new FormData(form) as unknown as Record<string, string>)
    fields.set('preview', '1')
    const answer = await server.read(new URL(form.action).pathname, fields)
    clear(form)
    form.querySelector('.preview')?.remove()
    if (isRefusal(answer)) return refuse(view, form, answer)
    const page = readHtml(answer.html)
    const shown = page.querySelector('.preview')
    if (!shown) return refuse(view, form, { problem: '', detail: page.querySelector('.notice b')?.textContent ?? '' })
    shown.prepend(make('p', 'preview-note', words.preview))
    form.querySelector('.composer-row')!.before(shown)
    view.say(words.preview)
  }

  form.addEventListener('input', typed)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void ((event.submitter as HTMLButtonElement | null)?.name === 'preview' ? showPreview() : post())
  })
  form.addEventListener('keydown', (event) => {
    // While an input method is composing, Enter chooses a word; keyCode 229 is the same in Safari.
    if (event.key !== 'Enter' || event.isComposing || event.keyCode === 229) return
    if (event.ctrlKey || event.metaKey) form.requestSubmit()
  })

  const composer: Composer = {
    form,
    field,
    isEmpty: () => field.value.trim() === '',
    fill: (text) => {
      field.value = text
      typed()
    },
  }
  const kept = draft.read()
  if (kept && composer.isEmpty()) {
    field.value = kept.text
    attempt = kept.attempt
    tellDraft()
    showCount()
  }
  return composer
}

/** Signs the reader in where that is done by a window: first of all in a click, or the window is blocked.
 *  @param opened called when there is one */
export async function signInFirst({ server, language }: View, opened: () => void): Promise<Refusal | undefined> {
  if (!server.session || server.session.use()) return undefined
  const outcome = server.session.signIn(language)
  opened()
  return outcome
}

/** Says under the field what went wrong, and what can be done. */
function refuse(view: View, form: HTMLFormElement, refusal: Refusal): void {
  const { words, server } = view
  const field = form.querySelector('textarea')!
  const note = make('p', 'field-error')
  note.id = `${field.id}-error`
  note.setAttribute('role', 'alert')
  note.append(make('b', '', nameRefusal(view, refusal)), ' ', words.kept)
  if (refusal.problem.startsWith('popup')) note.append(' ', makeButton('elsewhere', words.elsewhere, () => postElsewhere(form)))
  if (refusal.problem === 'sign-in-needed' && !server.session) note.append(' ', signInLink(view))
  field.after(note)
  field.setAttribute('aria-invalid', 'true')
  field.setAttribute('aria-describedby', `${field.dataset.described ??= field.getAttribute('aria-describedby') ?? ''} ${note.id}`)
}

function clear(form: HTMLFormElement): void {
  const field = form.querySelector('textarea')!
  for (const note of form.querySelectorAll('.field-error')) note.remove()
  field.removeAttribute('aria-invalid')
  if (field.dataset.described !== undefined) field.setAttribute('aria-describedby', field.dataset.described)
}

/** Our own page takes the text, shows it, and asks who writes. */
function postElsewhere(form: HTMLFormElement): void {
  form.target = '_blank'
  form.submit()
}

/** In a tab of its own: what is typed stays where it is. */
export function signInLink({ words }: View): HTMLAnchorElement {
  const link = make('a', 'sign-in', words.signIn)
  link.href = `/sign-in?${new URLSearchParams({ to: location.pathname })}`
  link.target = '_blank'
  link.rel = 'noopener'
  return link
}
