/** The newsroom's keys as an admin sets them: checked here, so that what is kept can be used. */
import type { App } from '../context.ts'
import type { Role, SsoAlgorithm } from '../database/tables.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import type { Addresses } from './addresses.ts'
import { newSecret } from './one-time.ts'
import { LEAST_SECRET, readKeySet, readPublicKey, type SsoKey } from './sso-key.ts'
import { keyFetcher } from './sso-keys.ts'
import { insertSsoKey, listSsoKeys, retireSsoKey } from './sso-store.ts'

/** How a key comes: made by us, a secret that the newsroom has, a public key, or where its set is published. */
export const keyKinds = ['make', 'secret', 'public', 'set'] as const
export type KeyKind = (typeof keyKinds)[number]
export const isKeyKind = (text: string): text is KeyKind => (keyKinds as readonly string[]).includes(text)

export type KeyForm = {
  label: string
  kind: KeyKind
  /** The secret, the key (PEM, JWK) or the address. */
  text: string
  kid: string
  issuer: string
  audience: string
  roles: Role[]
}

/** Two take turns, and a third is there by mistake; each is tried in turn with a token that names none. */
const MOST_KEYS = 6
const CONTROL = /[\p{Cc}\p{Cf}\p{Cs}]/u

/** @returns the secret where it was made here: it is shown this once */
export async function addSsoKey(
  app: App,
  addresses: Addresses,
  form: KeyForm,
): Promise<{ secret: string | null } | Problem> {
  const label = form.label.trim()
  const kid = form.kid.trim() || null
  const issuer = form.issuer.trim() || null
  const audience = form.audience.trim() || null
  if (!label) return refuse('body-invalid', 'Give the key a name.', { at: '/label' })
  if (CONTROL.test(label + form.kid + form.issuer + form.audience))
    return refuse('body-invalid', 'There are characters that cannot be seen.', { at: '/label' })
  const live = await listSsoKeys(app.db, addresses, app.site.id)
  if (live.length >= MOST_KEYS)
    return refuse('body-invalid', `There are ${MOST_KEYS} keys: retire one that is no longer used.`)
  if (kid !== null && live.some((key) => key.kid === kid))
    return refuse('body-invalid', `Another key has the kid “${kid}”.`, { at: '/kid' })
  const made = await readMaterial(app, form)
  if (isProblem(made)) return made
  if (made.algorithm !== 'HS256' && (issuer === null || audience === null))
    return refuse('body-invalid', 'A public key needs an issuer and an audience.', {
      at: issuer === null ? '/issuer' : '/audience',
    })
  const { algorithm, material } = made
  const { roles } = form
  const key = { label, kid, issuer, audience, algorithm, material, roles }
  await insertSsoKey(app.db, addresses, app.site.id, key, app.now())
  return { secret: form.kind === 'make' ? made.text : null }
}

type Made = { algorithm: SsoAlgorithm; material: SsoKey['material']; text: string }

const unfit = (detail: string) => refuse('body-invalid', detail, { at: '/text' })

async function readMaterial(app: App, { kind, text }: KeyForm): Promise<Made | Problem> {
  if (kind === 'make' || kind === 'secret') {
    const secret = kind === 'make' ? newSecret() : text
    const bytes = Buffer.from(secret)
    if (bytes.length < LEAST_SECRET)
      return unfit(`The secret has ${bytes.length} bytes and needs ${LEAST_SECRET} or more.`)
    return { algorithm: 'HS256', material: { secret: bytes }, text: secret }
  }
  const given = text.trim()
  if (kind === 'set') return readSet(app, given)
  let why = ''
  for (const algorithm of ['EdDSA', 'RS256'] as const) {
    const key = readPublicKey(given, algorithm)
    if (!('unusable' in key)) return { algorithm, material: { publicKey: given }, text: given }
    why = key.unusable
  }
  return unfit(`This key cannot be used: ${why}.`)
}

/** Tried at once: what cannot be read now would refuse every reader. */
async function readSet(app: App, url: string): Promise<Made | Problem> {
  const address = URL.canParse(url) ? new URL(url) : undefined
  const isFine =
    address?.protocol === 'https:' || (address && app.settings.fetchAllow.includes(address.origin))
  if (!isFine) return unfit('The address of a key set begins with https.')
  let set: unknown
  try {
    set = await keyFetcher(app)(address!.href)
  } catch (error) {
    return unfit(`The key set cannot be read: ${(error as Error).message}.`)
  }
  let why = ''
  for (const algorithm of ['EdDSA', 'RS256'] as const) {
    const keys = readKeySet(set, algorithm)
    if (!('unusable' in keys)) return { algorithm, material: { setUrl: address!.href }, text: url }
    why = keys.unusable
  }
  return unfit(`The key set cannot be used: ${why}.`)
}

/** Its tokens count for nothing from now on; who came in with one stays in for the quarter of an hour that theirs is good
 *  for. */
export async function retireKey(app: App, id: string): Promise<Problem | undefined> {
  const isRetired = await retireSsoKey(app.db, app.site.id, id, app.now())
  return isRetired ? undefined : refuse('not-found', 'There is no such key.')
}
