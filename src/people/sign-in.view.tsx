/** The pages of signing in. Each is a form that works without a script. */
import type { ComponentChildren, VNode } from 'preact'
import type { MessageKey, Wording } from '../language/messages.ts'
import { isolate } from '../language/names.ts'
import type { Problem, ProblemType } from '../problem.ts'
import type { Invitation } from './invitation.ts'
import { LINK_MINUTES } from './one-time.ts'
import { TrapFields } from './trap.view.tsx'

/** What refuses a form here, in the reader's words. */
const refusals: Partial<Record<ProblemType, MessageKey>> = {
  'email-invalid': 'sign-in-refused-email-invalid',
  'name-invalid': 'sign-in-refused-name-invalid',
  'name-taken': 'sign-in-refused-name-taken',
  'name-reserved': 'sign-in-refused-name-reserved',
  'link-expired': 'sign-in-refused-link-expired',
  'code-wrong': 'sign-in-refused-code-wrong',
  'rate-limited': 'sign-in-refused-rate-limited',
  'mail-not-sent': 'sign-in-refused-busy',
  'mail-refused': 'sign-in-refused-mail-refused',
  'password-wrong': 'password-refused-wrong',
  'password-weak': 'password-refused-weak',
  'press-again': 'sign-in-refused-press-again',
}

/** Says why, beside the form: `id` ties it to the field it is about. */
export function Refusal({ wording, problem }: { wording: Wording; problem: Problem | undefined }) {
  if (!problem) return null
  const key = refusals[problem.problem]
  const minutes = Math.ceil((problem.retryAfter ?? 60) / 60)
  return (
    <p class="refusal" role="alert" id="refusal">
      {wording.say(key ?? `problem-${problem.problem}-text`, { minutes: LINK_MINUTES, n: minutes, id: '' })}
    </p>
  )
}

type Field = { wording: Wording; value: string; problem: Problem | undefined }

const isAbout = (problem: Problem | undefined, field: string): boolean => problem?.at === `/${field}`
const described = (id: string, refused: boolean): string => (refused ? `${id} refusal` : id)

export function NameField({ wording, value, problem }: Field) {
  const refused = isAbout(problem, 'name')
  return (
    <div class="field">
      <label for="name">{wording.say('sign-in-name')}</label>
      <input
        id="name"
        name="name"
        value={value}
        dir="auto"
        required
        maxLength={200}
        autocomplete="nickname"
        aria-invalid={refused ? 'true' : undefined}
        aria-describedby={described('name-hint', refused)}
      />
      <p class="hint" id="name-hint">
        {wording.say('sign-in-name-public')}
      </p>
    </div>
  )
}

function EmailField({ wording, value, problem, forAdmin }: Field & { forAdmin: boolean }) {
  const refused = isAbout(problem, 'email')
  return (
    <div class="field">
      <label for="email">{wording.say(forAdmin ? 'sign-in-admin-email' : 'sign-in-email')}</label>
      <input
        id="email"
        name="email"
        type="email"
        dir="ltr"
        value={value}
        required={!forAdmin}
        maxLength={254}
        autocomplete={forAdmin ? 'email' : 'email webauthn'}
        aria-invalid={refused ? 'true' : undefined}
        aria-describedby={described('email-hint', refused)}
      />
      <p class="hint" id="email-hint">
        {wording.say(forAdmin ? 'sign-in-admin-email-why' : 'sign-in-email-private')}
      </p>
    </div>
  )
}

function Form({ action, children }: { action: string; children: ComponentChildren }) {
  return (
    <form class="sign-in" method="post" action={action}>
      {children}
    </form>
  )
}

/** Asks for the address. `to` is where the reader was; `opened` is a stamp (trap.ts); `ways` stand below, when there are others than by mail. */
export function AskView({
  wording,
  to,
  ways,
  opened,
  email = '',
  problem,
}: {
  wording: Wording
  to: string
  ways: VNode[]
  opened: string
  email?: string | undefined
  problem?: Problem | undefined
}) {
  const { say } = wording
  const isExpired = problem?.problem === 'link-expired'
  return (
    <>
      <h1>{say(isExpired ? 'sign-in-expired' : 'sign-in')}</h1>
      <Refusal wording={wording} problem={problem} />
      {isExpired ? null : <p>{say('sign-in-intro')}</p>}
      <Form action="/sign-in">
        <input type="hidden" name="to" value={to} />
        <TrapFields wording={wording} opened={opened} />
        <EmailField wording={wording} value={email} problem={problem} forAdmin={false} />
        <button type="submit" class="main">
          {say('sign-in-send')}
        </button>
      </Form>
      {ways.length === 0 ? null : (
        <section class="ways" aria-labelledby="ways">
          <h2 id="ways">{say('sign-in-ways')}</h2>
          {ways}
        </section>
      )}
    </>
  )
}

/** The same for every address. The code is typed here; in a newsroom's popup the page also waits for the link to be opened
 *  in another tab. */
export function SentView({
  wording,
  to,
  email,
  ask,
  code = '',
  popup,
  problem,
}: {
  wording: Wording
  to: string
  email: string
  ask: string
  code?: string
  popup: string | undefined
  problem?: Problem | undefined
}) {
  const { say } = wording
  const refused = isAbout(problem, 'code')
  return (
    <>
      <h1>{say('sign-in-sent')}</h1>
      <p>{say('sign-in-sent-text', { email, minutes: LINK_MINUTES })}</p>
      <Refusal wording={wording} problem={problem} />
      <Form action="/sign-in/code">
        <input type="hidden" name="to" value={to} />
        <input type="hidden" name="ask" value={ask} />
        <input type="hidden" name="email" value={email} />
        <div class="field">
          <label for="code">{say('sign-in-code')}</label>
          <input
            id="code"
            name="code"
            value={code}
            dir="ltr"
            required
            maxLength={20}
            inputMode="numeric"
            autocomplete="one-time-code"
            aria-invalid={refused ? 'true' : undefined}
            aria-describedby={refused ? 'refusal' : undefined}
          />
        </div>
        <button type="submit" class="main">
          {say('sign-in-confirm')}
        </button>
      </Form>
      {popup === undefined ? null : (
        <form class="sign-in" method="get" action="/sign-in/popup" data-popup={popup}>
          <p>{say('sign-in-sent-popup')}</p>
          <input type="hidden" name="origin" value={popup} />
          <button type="submit">{say('sign-in-opened')}</button>
        </form>
      )}
      <p>
        <a href={`/sign-in?${new URLSearchParams({ to })}`}>{say('sign-in-again')}</a>
      </p>
    </>
  )
}

/** Mail scanners follow links, so the link only shows this; the button signs in. Who comes for the first time is asked
 *  for a name. */
export function LinkView(props: {
  wording: Wording
  token: string
  to: string
  /** The address that was proven; null when they came in by another way. */
  email: string | null
  isNew: boolean
  name?: string | undefined
  /** What came with an import from their address. */
  offer?: { id: string; name: string; comments: number } | undefined
  problem?: Problem | undefined
}) {
  const { wording, token, to, email, isNew, name = '', offer, problem } = props
  const { say } = wording
  return (
    <>
      <h1>{say('sign-in')}</h1>
      {email === null ? null : <p>{say('sign-in-as', { email })}</p>}
      <Refusal wording={wording} problem={problem} />
      <Form action="/sign-in/link">
        <input type="hidden" name="token" value={token} />
        <input type="hidden" name="to" value={to} />
        {isNew ? <NameField wording={wording} value={name} problem={problem} /> : null}
        {offer ? (
          <p>
            <label class="choice">
              <input type="checkbox" name="claim" value={offer.id} checked />{' '}
              {say('claim-mine', { n: offer.comments, name: offer.name })}
            </label>
          </p>
        ) : null}
        <button type="submit" class="main">
          {say('sign-in-confirm')}
        </button>
      </Form>
    </>
  )
}

/** For who was invited. One who is signed in only says yes; the first admin may be new here; all others sign in first. */
export function InvitationView(props: {
  wording: Wording
  site: string
  token: string
  invitation: Pick<Invitation, 'role' | 'isFirst'>
  isSignedIn: boolean
  name?: string | undefined
  email?: string | undefined
  problem?: Problem | undefined
}) {
  const { wording, site, token, invitation, isSignedIn, name = '', email = '', problem } = props
  const { say } = wording
  const role = say(`me-role-${invitation.role}`)
  const mustSignIn = !isSignedIn && !invitation.isFirst
  const to = `/sign-in/invitation?${new URLSearchParams({ token })}`
  return (
    <>
      <h1>{invitation.isFirst ? say('sign-in-admin', { site }) : say('sign-in-invited', { site, role })}</h1>
      <p>{invitation.isFirst ? say('sign-in-admin-text') : say('sign-in-invited-text')}</p>
      {problem?.problem === 'email-invalid' || problem?.problem === 'email-taken' ? (
        <p class="refusal" role="alert" id="refusal">
          {say('sign-in-admin-email-refused')}
        </p>
      ) : (
        <Refusal wording={wording} problem={problem} />
      )}
      {mustSignIn ? (
        <p>
          <a class="button main" href={`/sign-in?${new URLSearchParams({ to })}`}>
            {say('sign-in')}
          </a>
        </p>
      ) : (
        <Form action="/sign-in/invitation">
          <input type="hidden" name="token" value={token} />
          {isSignedIn ? null : (
            <>
              <NameField wording={wording} value={name} problem={problem} />
              <EmailField wording={wording} value={email} problem={problem} forAdmin />
            </>
          )}
          <button type="submit" class="main">
            {invitation.isFirst ? say('sign-in-admin-accept') : say('sign-in-invited-accept')}
          </button>
        </Form>
      )}
    </>
  )
}

/** A heading and a sentence. */
export function NoteView({ title, text }: { title: string; text: string }) {
  return (
    <>
      <h1>{title}</h1>
      <p>{text}</p>
    </>
  )
}

/** Signed in, in a newsroom's popup or in the tab that the mailed link opened: the script hands over and closes. */
export function DoneView({ wording, popup }: { wording: Wording; popup: string }) {
  return (
    <div data-popup={popup} data-signed-in>
      <NoteView title={wording.say('sign-in-done')} text={wording.say('sign-in-done-text')} />
    </div>
  )
}

/** Whether it is them whom the newsroom says they are: asked of whoever comes from its page. */
export function VisitView(props: { wording: Wording; site: string; name: string; code: string; to: string }) {
  const { wording, site, name, code, to } = props
  const { say } = wording
  return (
    <>
      <h1>{say('sign-in-visit', { name: isolate(name) })}</h1>
      <p>{say('sign-in-visit-text', { site })}</p>
      <Form action="/sign-in/visit/go">
        <input type="hidden" name="code" value={code} />
        <input type="hidden" name="to" value={to} />
        <button type="submit" class="main">
          {say('sign-in-visit-go')}
        </button>
      </Form>
    </>
  )
}
