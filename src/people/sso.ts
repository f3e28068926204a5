/** A newsroom's token (JWT, RFC 7519) checked as RFC 8725 asks. Nothing in it is believed before its signature is: not
 *  the algorithm, which is the key's; not where a key could be had, which is refused; `kid` alone chooses, among the keys
 *  that are set, by exact comparison. Each step is told in words, for whoever connects a newsroom. */
import type { KeyObject } from 'node:crypto'
import { compactVerify, errors } from 'jose'
import type { Role, SsoAlgorithm } from '../database/tables.ts'
import {
  type Claims,
  isInvalid,
  isPlain,
  readJti,
  readSsoPerson,
  type SsoPerson,
  show,
} from './sso-claims.ts'
import {
  readKeySet,
  readPublicKey,
  readSsoSecret,
  type SsoKey,
  type Unusable,
  type Verifier,
} from './sso-key.ts'
import type { KeySets } from './sso-key-sets.ts'
import { isSsoRefusal, refuseSso, type SsoRefusal } from './sso-refusals.ts'
import { checkTimes } from './sso-times.ts'

export type SsoClaims = SsoPerson & {
  keyId: string
  /** What the key lets the token give. */
  role: Role
  jti: string | null
  /** What its `jti` has to be remembered until, beside the skew. */
  expires: Date
}

export type SsoStep = {
  step: 'form' | 'header' | 'key' | 'signature' | 'issuer' | 'times' | 'person' | 'role'
  isGood: boolean
  says: string
}

/** The last step of a refused token says why. */
export type SsoCheck = { steps: SsoStep[]; claims: SsoClaims } | { steps: SsoStep[]; refusal: SsoRefusal }

type Header = { alg: string; kid: string | null }
type Candidate = { setting: SsoKey; verifier: Verifier }

const LONGEST = 8_192
const MOST_KID = 200

/** @param keys the site's live ones */
export async function checkSsoToken(
  token: string,
  keys: SsoKey[],
  { now, keySets }: { now: Date; keySets: KeySets },
): Promise<SsoCheck> {
  const steps: SsoStep[] = []
  const pass = (step: SsoStep['step'], says: string) => void steps.push({ step, isGood: true, says })
  const fail = (step: SsoStep['step'], refusal: SsoRefusal): SsoCheck => {
    steps.push({ step, isGood: false, says: refusal.why })
    return { steps, refusal }
  }

  const parts = readParts(token)
  if (isSsoRefusal(parts)) return fail('form', parts)
  pass('form', 'It has the form of a JWT: header, claims, signature.')

  const header = readHeader(parts.header)
  if (isSsoRefusal(header)) return fail('header', header)
  pass('header', `It says it is signed with ${header.alg}, ${sayKid(header)}.`)

  const candidates = await findCandidates(header, keys, { now, keySets })
  if (isSsoRefusal(candidates)) return fail('key', candidates)
  pass('key', sayCandidates(candidates))

  const setting = await findSigner(token, candidates)
  if (isSsoRefusal(setting)) return fail('signature', setting)
  pass('signature', `It was signed with the key “${setting.label}”, and nothing in it was changed.`)

  const claims = readJson(parts.claims)
  if (!isPlain(claims)) return fail('form', refuseSso('token-form', 'Its claims are not a JSON object.'))

  const issued = checkIssuer(claims, setting)
  if (isSsoRefusal(issued)) return fail('issuer', issued)
  pass('issuer', issued)

  const times = checkTimes(claims, now)
  if (isSsoRefusal(times)) return fail('times', times)
  pass('times', times.says)

  const person = readPerson(claims)
  if (isSsoRefusal(person)) return fail('person', person)
  pass('person', sayPerson(person))

  const role = setting.roles.includes(person.role) ? person.role : 'reader'
  pass('role', sayRole(person.role, role, setting))
  return { steps, claims: { ...person, keyId: setting.id, role, expires: times.expires } }
}

/* Form and header */

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** One text has one form: what decodes to the same bytes in another spelling is another text. */
function readPart(part: string): Uint8Array | undefined {
  if (!/^[\w-]*$/.test(part)) return undefined
  const bytes = Buffer.from(part, 'base64url')
  return bytes.toString('base64url') === part ? bytes : undefined
}

function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes))
  } catch {
    return undefined
  }
}

function readParts(token: string): { header: Uint8Array; claims: Uint8Array } | SsoRefusal {
  if (token.length > LONGEST) return refuseSso('token-long', `It has ${token.length} characters.`)
  const parts = token.split('.')
  if (parts.length === 5)
    return refuseSso('token-form', 'It is encrypted (five parts): a signed one has three.')
  if (parts.length !== 3)
    return refuseSso(
      'token-form',
      `It has ${parts.length} ${parts.length === 1 ? 'part' : 'parts'}, not three.`,
    )
  const [header, claims] = parts.map(readPart)
  if (!header || !claims || !readPart(parts[2]!))
    return refuseSso('token-form', 'A part of it is not base64url as RFC 7515 has it (without = at its end).')
  return { header, claims }
}

/** What would let a token choose its key, or how it is read. */
const forbidden: Record<string, string> = {
  jku: 'an address to fetch keys from',
  x5u: 'an address to fetch a certificate from',
  x5c: 'a certificate of its own',
  jwk: 'a key of its own',
  crit: 'extensions that must be understood',
  b64: 'another form for its claims',
  zip: 'compression',
  enc: 'encryption',
}

function readHeader(bytes: Uint8Array): Header | SsoRefusal {
  const header = readJson(bytes)
  if (!isPlain(header)) return refuseSso('token-form', 'Its header is not a JSON object.')
  for (const [name, what] of Object.entries(forbidden))
    if (Object.hasOwn(header, name))
      return refuseSso('header-refused', `Its header brings “${name}”, ${what}.`)
  const { alg, typ, kid } = header
  if (typeof alg !== 'string') return refuseSso('header-refused', 'Its header names no algorithm (“alg”).')
  if (alg.toLowerCase() === 'none')
    return refuseSso('algorithm-other', 'It is not signed: its “alg” is none.')
  if (typ !== undefined && (typeof typ !== 'string' || typ.toLowerCase() !== 'jwt'))
    return refuseSso('header-refused', `Its “typ” is ${show(typ)}, not "JWT".`)
  if (kid !== undefined && (typeof kid !== 'string' || kid === '' || kid.length > MOST_KID))
    return refuseSso('header-refused', `Its “kid” is no text of 1 to ${MOST_KID} characters: ${show(kid)}.`)
  return { alg, kid: kid ?? null }
}

const sayKid = ({ kid }: Header) => (kid === null ? 'and names no key' : `by the key ${show(kid)}`)

/* Keys */

/** Those that the token may have been signed with: by its `kid`, or all of its algorithm when it names none. */
async function findCandidates(
  { alg, kid }: Header,
  keys: SsoKey[],
  sets: { now: Date; keySets: KeySets },
): Promise<Candidate[] | SsoRefusal> {
  if (keys.length === 0) return refuseSso('key-missing', 'No key is set for this site.')
  const named = keys.filter((key) => kid !== null && key.kid === kid)
  const published = keys.filter((key) => 'setUrl' in key.material)
  const asked = kid === null ? keys : named.length > 0 ? named : published
  if (asked.length === 0) return unknownKid(kid)
  const fitting = asked.filter(({ algorithm }) => algorithm === alg)
  if (fitting.length === 0) return otherAlgorithm(alg, asked)
  const found: Candidate[] = []
  let refusal: SsoRefusal | undefined
  for (const setting of fitting) {
    const verifiers = await readVerifiers(setting, kid, sets)
    if (isSsoRefusal(verifiers)) refusal ??= verifiers
    else found.push(...verifiers.map((verifier) => ({ setting, verifier })))
  }
  return found.length > 0 ? found : (refusal ?? unknownKid(kid))
}

const unknownKid = (kid: string | null) =>
  refuseSso('kid-unknown', `No key of this site has the kid ${show(kid)}.`)

function otherAlgorithm(alg: string, asked: SsoKey[]): SsoRefusal {
  const theirs = [...new Set(asked.map(({ algorithm }) => algorithm))].join(' or ')
  return refuseSso('algorithm-other', `It says ${show(alg)}, and the key is for ${theirs}.`)
}

const isUnusable = (value: unknown): value is Unusable =>
  typeof value === 'object' && value !== null && 'unusable' in value

async function readVerifiers(
  setting: SsoKey,
  kid: string | null,
  sets: { now: Date; keySets: KeySets },
): Promise<Verifier[] | SsoRefusal> {
  const { material, algorithm } = setting
  if ('setUrl' in material) return readPublished(setting, material.setUrl, kid, sets)
  const key = openKey(material, algorithm)
  if (isUnusable(key)) return unusable(setting, key)
  return [{ kid: setting.kid, key }]
}

const unusable = ({ label }: SsoKey, { unusable }: Unusable) =>
  refuseSso('key-unusable', `The key “${label}” cannot be used: ${unusable}.`)

function openKey(
  material: { secret: Uint8Array } | { publicKey: string },
  algorithm: SsoAlgorithm,
): KeyObject | Unusable {
  if ('publicKey' in material) return readPublicKey(material.publicKey, algorithm)
  return algorithm === 'HS256'
    ? readSsoSecret(material.secret)
    : { unusable: `${algorithm} has a public key, and this is a shared secret` }
}

async function readPublished(
  setting: SsoKey,
  url: string,
  kid: string | null,
  { now, keySets }: { now: Date; keySets: KeySets },
): Promise<Verifier[] | SsoRefusal> {
  if (setting.algorithm === 'HS256')
    return unusable(setting, { unusable: 'a shared secret is not published' })
  const read = async (how: keyof KeySets) => {
    const set = await keySets[how](url, now)
    if (set === undefined)
      return refuseSso('keys-unreachable', `The keys of “${setting.label}” cannot be had from ${url}.`)
    const verifiers = readKeySet(set, setting.algorithm)
    return isUnusable(verifiers) ? unusable(setting, verifiers) : verifiers
  }
  const named = (verifiers: Verifier[]) =>
    kid === null || kid === setting.kid ? verifiers : verifiers.filter((verifier) => verifier.kid === kid)
  const first = await read('read')
  if (!isSsoRefusal(first) && named(first).length > 0) return named(first)
  const second = await read('readAgain')
  return isSsoRefusal(second) ? second : named(second)
}

function sayCandidates(candidates: Candidate[]): string {
  const labels = [...new Set(candidates.map(({ setting }) => `“${setting.label}” (${setting.algorithm})`))]
  return `It may be signed with ${labels.join(' or ')}.`
}

/* Signature, issuer, person */

async function findSigner(token: string, candidates: Candidate[]): Promise<SsoKey | SsoRefusal> {
  for (const { setting, verifier } of candidates)
    if (await isSignedWith(token, verifier.key, setting.algorithm)) return setting
  const [first] = candidates
  return refuseSso(
    'signature-wrong',
    candidates.length === 1
      ? `The signature is not of the key “${first!.setting.label}”, or the token was changed.`
      : 'The signature is of none of these keys, or the token was changed.',
  )
}

async function isSignedWith(token: string, key: KeyObject, algorithm: SsoAlgorithm): Promise<boolean> {
  try {
    await compactVerify(token, key, { algorithms: [algorithm] })
    return true
  } catch (error) {
    if (error instanceof errors.JOSEError) return false
    throw error
  }
}

/** A secret that only this site and its newsroom have says by itself who issued a token and for whom: it may go without
 *  `iss` and `aud`, as Coral's tokens do. A public key may be the newsroom's for everything it signs. */
function checkIssuer({ iss, aud }: Claims, setting: SsoKey): string | SsoRefusal {
  const { issuer, audience, algorithm, label } = setting
  if (algorithm !== 'HS256' && (issuer === null || audience === null))
    return refuseSso(
      'key-unusable',
      `The key “${label}” needs an issuer and an audience: others may trust it for something else.`,
    )
  if (issuer !== null && iss !== issuer)
    return refuseSso('issuer-wrong', `Its “iss” is ${show(iss)}, and the key’s issuer is ${show(issuer)}.`)
  const audiences: unknown[] = Array.isArray(aud) ? aud : [aud]
  if (audience !== null && !audiences.includes(audience))
    return refuseSso(
      'audience-wrong',
      `Its “aud” is ${show(aud)}, and the key’s audience is ${show(audience)}.`,
    )
  if (issuer === null && audience === null)
    return 'The key has no issuer or audience set, so none is asked for.'
  return 'Its issuer and audience are the key’s.'
}

function readPerson(claims: Claims): (SsoPerson & { jti: string | null }) | SsoRefusal {
  for (const part of [claims, claims.user])
    if (isPlain(part) && Object.hasOwn(part, '__proto__'))
      return refuseSso('claim-invalid', 'It holds a claim called “__proto__”.')
  const jti = readJti(claims.jti)
  if (isInvalid(jti)) return refuseSso('claim-invalid', `The claim ${jti.invalid}.`)
  const person = readSsoPerson(claims)
  if (isInvalid(person)) return refuseSso('claim-invalid', `The claim ${person.invalid}.`)
  return { ...person, jti }
}

function sayPerson({ shape, subject, name, email, isEmailVerified }: SsoPerson): string {
  const mail = isEmailVerified ? 'a verified mail address' : 'a mail address that is not said to be verified'
  return `It is in ${shape === 'coral' ? 'Coral’s' : 'our'} shape and signs in “${name}”, whom the newsroom calls ${show(subject)}, with ${email === null ? 'no mail address' : mail}.`
}

function sayRole(asked: Role, given: Role, { label }: SsoKey): string {
  if (asked === given) return `The role is ${given}.`
  return `It asks for the role ${asked}, which the key “${label}” may not give: the role is reader.`
}
