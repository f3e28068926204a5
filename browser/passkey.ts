/** Passkeys. A form holds what is asked for; the browser's answer goes into it as JSON and the form is sent, so that signing
 *  in ends as every other way does: by a page. */
import {
  browserSupportsWebAuthn,
  browserSupportsWebAuthnAutofill,
  startAuthentication,
  startRegistration,
  WebAuthnError,
} from '@simplewebauthn/browser'
import type { PasskeyWords } from '../src/people/passkey.view.tsx'

/** Milliseconds after which what the browser offers beside the address's field is asked for anew: the server forgets a
 *  challenge after five minutes. */
const OFFER_EVERY = 4 * 60_000

type Word = keyof PasskeyWords

/** Why nothing came of it, as one of the page's words. */
class Refused extends Error {
  readonly word: Word
  constructor(word: Word) {
    super(word)
    this.word = word
  }
}

for (const form of document.querySelectorAll<HTMLFormElement>('form[data-passkey]')) prepare(form)

function prepare(form: HTMLFormElement): void {
  const words = JSON.parse(form.dataset.words!) as PasskeyWords
  const note = form.parentElement!.querySelector<HTMLElement>('.refusal')!
  const button = form.querySelector('button')!
  const tell = (word: Word | undefined) => {
    note.textContent = word ? words[word] : ''
    note.hidden = !word
  }
  form.hidden = false
  form.parentElement!.querySelector<HTMLElement>('.hint')!.hidden = true
  const offers = new AbortController()
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    if (!browserSupportsWebAuthn()) return tell('unsupported')
    offers.abort()
    tell(undefined)
    button.disabled = true
    answer(form)
      .catch((error) => tell(wordFor(error)))
      .finally(() => {
        button.disabled = false
      })
  })
  if (form.dataset.passkey === 'sign-in') offer(form, offers.signal)
}

/** Asks the server what to ask the browser, and sends what it answers.
 *  @param offer for what the browser only offers: given up as soon as the button is pressed */
async function answer(form: HTMLFormElement, offer?: AbortSignal): Promise<void> {
  const ceremony = form.dataset.passkey!
  const asked = await fetch('/sign-in/passkey/begin', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ for: ceremony }),
  })
  if (!asked.ok) throw new Refused(await wordOf(asked))
  const optionsJSON = await asked.json()
  // A browser does one ceremony at a time, and a later one ends the one before.
  if (offer?.aborted) return
  const given =
    ceremony === 'make'
      ? await startRegistration({ optionsJSON })
      : await startAuthentication({ optionsJSON, useBrowserAutofill: offer !== undefined })
  form.querySelector<HTMLInputElement>('[name=response]')!.value = JSON.stringify(given)
  form.submit()
}

/** Passkeys beside the addresses that the browser offers to fill in; nothing is said when there are none, or none is
 *  chosen. */
function offer(form: HTMLFormElement, until: AbortSignal): void {
  if (!document.querySelector('input[autocomplete$=webauthn]')) return
  const begin = async () => {
    if (!document.hidden && (await browserSupportsWebAuthnAutofill()))
      await answer(form, until).catch(() => undefined)
  }
  void begin()
  const again = setInterval(begin, OFFER_EVERY)
  until.addEventListener('abort', () => clearInterval(again))
}

const refusals: Record<string, Word> = {
  'sign-in-needed': 'again',
  'sign-in-again': 'again',
  'passkey-needed': 'confirm',
  'passkey-unknown': 'unknown',
  'rate-limited': 'later',
}

async function wordOf(response: Response): Promise<Word> {
  const { type = '' } = (await response.json().catch(() => ({}))) as { type?: string }
  return refusals[type.replace('/problems/', '')] ?? 'failed'
}

/** NotAllowedError is all that a browser says of a reader who called it off, waited too long, or has no passkey. */
function wordFor(error: unknown): Word {
  if (error instanceof Refused) return error.word
  if (error instanceof WebAuthnError && error.code === 'ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED')
    return 'exists'
  const isOver = error instanceof Error && (error.name === 'NotAllowedError' || error.name === 'AbortError')
  return isOver ? 'cancelled' : 'failed'
}
