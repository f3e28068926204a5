/** Others that a site lets people in by: what the newsroom sets, and what such a provider says of somebody. */
import { isProblem, type Problem, refuse } from '../problem.ts'
import { readEmail } from './person.ts'
import type { Proof } from './proof.ts'

/** Where in a profile stands what. A path may lead inside: `data.id`. */
export type ProfileFields = { id: string; email?: string; verified?: string; name?: string }

export type Provider = {
  id: string
  kind: 'oidc' | 'oauth'
  name: string
  /** OpenID Connect: everything else is found by it. */
  issuer: string | null
  /** Plain OAuth 2: three addresses. */
  authorizeUrl: string | null
  tokenUrl: string | null
  profileUrl: string | null
  clientId: string
  secretSealed: Buffer | null
  /** As sent: words with spaces between. */
  scopes: string
  fields: Partial<ProfileFields>
  /** Whether an address that it calls verified counts as proven. */
  isTrusted: boolean
}

export const callbackAddress = (origin: string, id: string): string =>
  `${origin}/sign-in/provider/${id}/callback`

/** OpenID Connect Core 1.0, 5.1. */
const standardFields: ProfileFields = {
  id: 'sub',
  email: 'email',
  verified: 'email_verified',
  name: 'name',
}

/** The proof that a profile is, or undefined when it does not say who it is of. An address counts as proven only when the
 *  provider says so in one way that cannot be misread, and the site takes its word; otherwise it is a contact.
 *  @param profile claims of an ID token or of the user info (OIDC), or the profile's JSON (OAuth) */
export function readProfile(provider: Provider, profile: Record<string, unknown>): Proof | undefined {
  const fields = provider.kind === 'oidc' ? standardFields : provider.fields
  const subject = readSubject(valueAt(profile, fields.id))
  if (subject === undefined) return undefined
  const email = valueAt(profile, fields.email)
  const read = typeof email === 'string' ? readEmail(email) : null
  const address = typeof read === 'string' ? read : null
  const said = valueAt(profile, fields.verified)
  const isProven = provider.isTrusted && (said === true || said === 'true')
  return {
    way: 'provider',
    address: isProven ? address : null,
    contact: isProven ? null : address,
    credential: { provider: `provider:${provider.id}`, subject },
    name: readCalled(valueAt(profile, fields.name) ?? profile.preferred_username ?? profile.nickname),
  }
}

/** At most 255 characters (OpenID Connect Core 1.0, 2). A number that JSON could not carry exactly names two people. */
function readSubject(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined
  const isText = typeof value === 'string' && value !== '' && value.length <= 255 && value.isWellFormed()
  return isText && !value.includes('\0') ? value : undefined
}

const readCalled = (value: unknown): string | null =>
  typeof value === 'string' && value.trim() !== '' ? value.trim().toWellFormed().slice(0, 100) : null

function valueAt(profile: Record<string, unknown>, path: string | undefined): unknown {
  if (!path) return undefined
  let value: unknown = profile
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<string, unknown>)[step]
  }
  return value
}

/* What an admin types */

export type TypedProvider = Record<
  | 'kind'
  | 'name'
  | 'issuer'
  | 'authorizeUrl'
  | 'tokenUrl'
  | 'profileUrl'
  | 'clientId'
  | 'secret'
  | 'scopes'
  | 'fieldId'
  | 'fieldEmail'
  | 'fieldVerified'
  | 'fieldName',
  string
> & { trusted?: string | undefined }

export type NewProvider = Omit<Provider, 'id' | 'secretSealed'> & { secret: string | null }

/** @param allowed origins that may be reached although they are not public, or by http */
export function readProvider(typed: TypedProvider, allowed: string[]): NewProvider | Problem {
  const name = typed.name.normalize('NFC').trim()
  if (name === '' || name.length > 60 || /\p{Cc}|\p{Bidi_Control}/u.test(name))
    return unfit('name', 'A provider’s name has 1 to 60 characters.')
  const clientId = typed.clientId.trim()
  if (!isPlain(clientId, 300)) return unfit('clientId', 'The client id is what the provider calls this site.')
  const secret = readClientSecret(typed.secret)
  if (isProblem(secret)) return secret
  const scopes = typed.scopes.split(/\s+/).filter(Boolean)
  if (!scopes.every((scope) => /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/.test(scope)))
    return unfit('scopes', 'Scopes are words with spaces between (RFC 6749, 3.3).')
  const known = { name, clientId, secret, isTrusted: typed.trusted === 'yes' }
  return typed.kind === 'oauth'
    ? readOAuth(typed, known, scopes, allowed)
    : readOpenId(typed, known, scopes, allowed)
}

/** @returns null for a public client, which has none */
export function readClientSecret(typed: string): string | null | Problem {
  const secret = typed.trim()
  if (secret === '') return null
  return isPlain(secret, 2_000) ? secret : unfit('secret', 'This cannot be a client secret.')
}

type Known = Pick<NewProvider, 'name' | 'clientId' | 'secret' | 'isTrusted'>

function readOpenId(typed: TypedProvider, known: Known, scopes: string[], allowed: string[]) {
  const issuer = readAddress(typed.issuer.replace(/\/\.well-known\/openid-configuration\/?$/, ''), allowed)
  if (issuer === undefined || new URL(issuer).search !== '')
    return unfit('issuer', 'The issuer is an address that begins with https:// and has no “?”.')
  const wanted = scopes.length === 0 ? ['email', 'profile'] : scopes
  return {
    ...known,
    kind: 'oidc' as const,
    issuer,
    authorizeUrl: null,
    tokenUrl: null,
    profileUrl: null,
    scopes: [...new Set(['openid', ...wanted])].join(' '),
    fields: {},
  }
}

/** Without the scope `openid`: an ID token would come that nobody could check. */
function readOAuth(typed: TypedProvider, known: Known, scopes: string[], allowed: string[]) {
  const addresses = { authorizeUrl: '', tokenUrl: '', profileUrl: '' }
  for (const at of ['authorizeUrl', 'tokenUrl', 'profileUrl'] as const) {
    const address = readAddress(typed[at], allowed)
    if (address === undefined) return unfit(at, 'This is an address that begins with https://.')
    addresses[at] = address
  }
  const fields = {
    id: typed.fieldId.trim(),
    email: typed.fieldEmail.trim(),
    verified: typed.fieldVerified.trim(),
    name: typed.fieldName.trim(),
  }
  if (fields.id === '' || !Object.values(fields).every((path) => /^[\w.:/-]{0,100}$/.test(path)))
    return unfit('fieldId', 'A field of the profile is named as it stands there, such as id or data.id.')
  return {
    ...known,
    ...addresses,
    kind: 'oauth' as const,
    issuer: null,
    scopes: scopes.filter((scope) => scope !== 'openid').join(' '),
    fields,
  }
}

const unfit = (field: keyof TypedProvider, detail: string): Problem =>
  refuse('body-invalid', detail, { at: `/${field}` })

/** RFC 6749, appendix A: what is visible, in ASCII. */
const isPlain = (text: string, longest: number): boolean =>
  text.length <= longest && /^[\x20-\x7e]+$/.test(text)

function readAddress(typed: string, allowed: string[]): string | undefined {
  const text = typed.trim()
  return text.length <= 500 && isSafeAddress(text, allowed) ? text : undefined
}

/** Where a browser may be sent, or a secret: by https, or to an origin that whoever keeps the server allowed. */
export function isSafeAddress(text: string, allowed: string[]): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  if (url.username || url.password || url.hash) return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && allowed.includes(url.origin))
}
