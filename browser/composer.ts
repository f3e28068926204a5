/** The field a reader writes in. What is typed is kept on the device until the server has it, is posted once however
 *  often the button is pressed, and stands in the field again whatever goes wrong. */
import { makeCounter } from './counter.ts'
import { type Attempt, draftAt } from './device.ts'
import { dropPreview, showPreview } from './preview.ts'
import { dropQuote, readQuotes, showQuote } from './quoted.ts'
import { isRefusal, type Refusal } from './refusal.ts'
import { clearRefusal, showRefusal, signInFirst } from './refusals.ts'
import type { View } from './view.ts'

/** What the API answers to a new comment, as far as the page needs it. */
export type Written = {
  id: string
  parent: string | null
  status: string
  html: string
  language: string | null
  author: { name: string }
}

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

/** 128 random bits. (`crypto.randomUUID` is missing on pages that are not served by https.) */
const newKey = (): string =>
  [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join('-')

export function makeComposer(view: View, form: HTMLFormElement, onPosted: OnPosted): Composer {
  const { words, server } = view
  const field = form.querySelector('textarea')!
  const status = form.querySelector<HTMLElement>('.composer-status')!
  const parent = form.querySelector<HTMLInputElement>('[name=parent]')?.value ?? ''
  const draft = draftAt(view.story, parent)
  const showCount = makeCounter(view, form)
  let attempt: Attempt | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let busy = false
  let toldDraft = false

  const keep = () => {
    clearTimeout(timer)
    removeEventListener('pagehide', keep)
    if (!field.value) draft.drop()
    else if (draft.keep({ text: field.value, quote: readQuotes(form)[0], attempt })) tellDraft()
  }

  /** Once: it is read out, and would be after every pause. */
  const tellDraft = () => {
    if (!toldDraft) status.textContent = words.draft
    toldDraft = true
  }

  const typed = () => {
    clearRefusal(form)
    showCount()
    dropPreview(form)
    clearTimeout(timer)
    timer = setTimeout(keep, KEEP_AFTER)
    addEventListener('pagehide', keep)
  }

  const readBody = () => ({
    text: field.value,
    parent: parent || null,
    quotes: readQuotes(form),
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
    try {
      clearRefusal(form)
      keep()
      const opened = () => {
        status.textContent = words.signInWindow
      }
      const refusal = (await signInFirst(view, opened)) ?? (await view.alone(send))
      status.textContent = ''
      if (refusal) showRefusal(view, form, refusal)
    } finally {
      hold(false)
    }
  }

  const send = async (): Promise<Refusal | undefined> => {
    const body = readBody()
    const text = JSON.stringify(body)
    if (attempt?.body !== text) attempt = { body: text, key: newKey() }
    keep()
    const written = await server.call<Written>(
      'POST',
      `/api/stories/${view.story}/comments`,
      body,
      attempt.key,
    )
    if (isRefusal(written)) return written
    attempt = undefined
    toldDraft = false
    field.value = ''
    keep()
    showCount()
    dropPreview(form)
    dropQuote(form)
    await onPosted(written, body.text, composer)
    return undefined
  }

  form.addEventListener('input', typed)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void ((event.submitter as HTMLButtonElement | null)?.name === 'preview'
      ? showPreview(view, form)
      : post())
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
  server.session?.onSignIn((note) => {
    clearRefusal(form)
    if (note) status.textContent = note
  })
  server.session?.onLapse(() => {
    clearRefusal(form)
    if (field.value) showRefusal(view, form, { problem: 'sign-in-needed', detail: '' })
  })
  const kept = draft.read()
  if (kept && composer.isEmpty()) {
    field.value = kept.text
    if (kept.quote && readQuotes(form).length === 0) showQuote(form, kept.quote)
    attempt = kept.attempt
    tellDraft()
    showCount()
  }
  return composer
}
