/** One sign-in by a provider, from the button to the way back.
 *
 *  What was made up for it (state, nonce, verifier) is kept on our side under the state's hash, good once, and for one
 *  provider and one browser: the one that holds the cookie set at the button. Somebody else's way back, sent to a reader
 *  so that they write in the sender's name, leads nowhere in the reader's browser (login CSRF, RFC 9700, 4.7). */
import type { App } from '../context.ts'
import { inTransaction } from '../database/connect.ts'
import { isProblem, type Problem } from '../problem.ts'
import type { Actor } from './actor.ts'
import { bindCredential } from './identity-store.ts'
import { hashSecret, keepOnce, later, newSecret, peekOnce, takeOnce } from './one-time.ts'
import type { People } from './people.ts'
import { keepProof, type Proof, settleProof } from './proof.ts'
import { callbackAddress, type Provider } from './provider.ts'
import { isTalkRefusal, type Secrets, type Talk, type TalkRefusal } from './provider-talk.ts'
import type { SignedIn } from './signed-in.ts'
import { readPerson } from './store.ts'

/** Seconds for signing in at the provider's. */
const FLOW_SECONDS = 15 * 60

type Flow = Omit<Secrets, 'state'> & {
  site: string
  provider: string
  /** Hash of the browser's cookie. */
  browser: string
  to: string
  /** Who is signed in and wants this way in besides; null: whoever comes back. */
  personId: string | null
}

/** Why nobody came in, beside what the talk itself refuses: used already or too old; begun in another browser, or by
 *  another person; the way in is another's. */
export type FlowRefusal = { refused: TalkRefusal['refused'] | 'stale' | 'elsewhere' | 'taken'; to: string }

export type Arrival =
  | { signedIn: SignedIn; to: string }
  /** New here: the proof is kept until a name is given. */
  | { token: string; to: string }
  | { linked: string; to: string }

type Means = { app: App; people: People; talk: Talk }

const flowKey = (state: string): string => `provider:${hashSecret(state)}`

/** @param browser the secret of the browser's cookie
 *  @param personId who wants to come in this way too from now on
 *  @returns the provider's page */
export async function beginFlow(
  { app, talk }: Means,
  provider: Provider,
  wish: { to: string; browser: string; personId: string | null },
): Promise<{ url: URL } | FlowRefusal> {
  const state = newSecret()
  const secrets = { nonce: newSecret(), verifier: newSecret() }
  const { to, personId } = wish
  const url = await talk.begin(provider, callbackAddress(app.origin, provider.id), { state, ...secrets })
  if (!(url instanceof URL)) return refuseTalked(app, provider, url, to)
  const flow: Flow = {
    ...secrets,
    site: app.site.id,
    provider: provider.id,
    browser: hashSecret(wish.browser),
    to,
    personId,
  }
  const expiresAt = later(app.now(), FLOW_SECONDS)
  await keepOnce(app.db, flowKey(state), { value: JSON.stringify(flow), expiresAt })
  return { url }
}

type Back = {
  /** The whole query of the address that the browser came back to. */
  query: URLSearchParams
  browser: string | undefined
  actor: Actor | undefined
  device: string | null
  guestId: string | null
}

export async function finishFlow(
  means: Means,
  provider: Provider,
  back: Back,
): Promise<Arrival | FlowRefusal | Problem> {
  const { app, talk } = means
  const state = back.query.get('state') ?? ''
  const kept = await peekOnce(app.db, flowKey(state), app.now())
  const flow = kept && (JSON.parse(kept.value) as Flow)
  if (flow?.site !== app.site.id || flow.provider !== provider.id) return { refused: 'stale', to: '/' }
  const { to } = flow
  const isSameBrowser = back.browser !== undefined && hashSecret(back.browser) === flow.browser
  const isSamePerson = flow.personId === null || flow.personId === personOf(back.actor)
  if (!isSameBrowser || !isSamePerson) return { refused: 'elsewhere', to: '/' }
  if (!(await takeOnce(app.db, flowKey(state), app.now()))) return { refused: 'stale', to }
  const callback = new URL(callbackAddress(app.origin, provider.id))
  callback.search = back.query.toString()
  const { nonce, verifier, personId } = flow
  const proof = await talk.finish(provider, callback, { state, nonce, verifier })
  if (isTalkRefusal(proof)) return refuseTalked(app, provider, proof, to)
  return personId === null ? arrive(means, proof, back, to) : link(means, proof, personId, to)
}

const personOf = (actor: Actor | undefined): string | undefined =>
  actor?.via === 'cookie' ? actor.personId : undefined

async function arrive(
  { app, people }: Means,
  proof: Proof,
  { device, guestId }: Back,
  to: string,
): Promise<Arrival | Problem> {
  const settled = await settleProof(app, people, proof, { device, guestId })
  if (settled === undefined) return { token: await keepProof(app, people, proof), to }
  return isProblem(settled) ? settled : { signedIn: settled, to }
}

/** One more way in for someone who is signed in. The address that came with it changes nothing: it may be another's. */
async function link(
  { app }: Means,
  { credential }: Proof,
  personId: string,
  to: string,
): Promise<Arrival | FlowRefusal> {
  const person = await readPerson(app.db, personId)
  const identityId = person?.siteId === app.site.id ? person.identityId : null
  if (identityId === null || credential === null) return { refused: 'elsewhere', to }
  const bound = await inTransaction(app.db, (tx) => bindCredential(tx, identityId, credential, app.now()))
  return bound ? { linked: credential.provider, to } : { refused: 'taken', to }
}

function refuseTalked(
  app: App,
  provider: Provider,
  { refused, detail }: TalkRefusal,
  to: string,
): FlowRefusal {
  if (refused !== 'declined')
    app.log.warn({ provider: provider.id, refused, detail }, 'a sign-in by a provider failed')
  return { refused, to }
}

export const isFlowRefusal = (value: object): value is FlowRefusal => 'refused' in value

/* The browser's cookie */

const cookieName = (origin: string): string =>
  origin.startsWith('https:') ? '__Host-detente-flow' : 'detente-flow'

/** What a browser that began a sign-in here holds: the same for all its tabs. */
export function readFlowCookie(header: string | undefined, origin: string): string | undefined {
  const name = cookieName(origin)
  const found = header?.split(';').find((pair) => pair.trim().startsWith(`${name}=`))
  const value = found?.split('=')[1]?.trim() ?? ''
  return /^[\w-]{43}$/.test(value) ? value : undefined
}

export const flowCookie = (origin: string, secret: string): string =>
  `${cookieName(origin)}=${secret}; Path=/; Max-Age=${FLOW_SECONDS}; HttpOnly; SameSite=Lax${origin.startsWith('https:') ? '; Secure' : ''}`
