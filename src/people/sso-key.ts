/** A newsroom's keys: what is set, made into what verifies. Whatever is wrong with one is said in words, to whoever sets
 *  it and to whoever's token it should have let in. */
import { createPublicKey, createSecretKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import type { Role, SsoAlgorithm } from '../database/tables.ts'

export type SsoKey = {
  id: string
  label: string
  kid: string | null
  /** What verifies is fixed here: a token's own `alg` has to agree, and chooses nothing (RFC 8725, 3.1). */
  algorithm: SsoAlgorithm
  material: { secret: Uint8Array } | { publicKey: string } | { setUrl: string }
  issuer: string | null
  audience: string | null
  /** Roles that its tokens may give; any other makes a reader. */
  roles: Role[]
}

/** One of a key's verifiers: a set (RFC 7517) has several. */
export type Verifier = { kid: string | null; key: KeyObject }

export type Unusable = { unusable: string }

/** Bytes: as long as the hash, or it is guessed before the signature is (RFC 7518, 3.2). */
export const LEAST_SECRET = 32
/** Bits (RFC 7518, 3.3). */
const LEAST_MODULUS = 2048
/** Keys of a set that are looked at: two are live while one takes over from the other. */
const MOST_KEYS = 20

export function readSsoSecret(secret: Uint8Array): KeyObject | Unusable {
  if (secret.length < LEAST_SECRET)
    return { unusable: `the secret has ${secret.length} bytes and needs ${LEAST_SECRET} or more` }
  return createSecretKey(secret)
}

/** @param text a public key as PEM or as JWK */
export function readPublicKey(text: string, algorithm: SsoAlgorithm): KeyObject | Unusable {
  if (/PRIVATE KEY/.test(text))
    return { unusable: 'it is a private key: set the public one, and keep this one secret' }
  if (!text.trim().startsWith('{')) return makeKey(() => createPublicKey(text), algorithm)
  try {
    return readJwk(JSON.parse(text), algorithm)
  } catch {
    return { unusable: 'it is neither PEM nor a JWK' }
  }
}

function readJwk(jwk: unknown, algorithm: SsoAlgorithm): KeyObject | Unusable {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) return { unusable: 'it is not a JWK' }
  const { kty, d, k, use, alg, key_ops: uses } = jwk as Record<string, unknown>
  if (d !== undefined)
    return { unusable: 'it is a private key: set the public one, and keep this one secret' }
  if (kty === 'oct' || k !== undefined)
    return { unusable: 'it is a shared secret, which cannot be published' }
  if (use !== undefined && use !== 'sig') return { unusable: 'it is for encryption, not for signatures' }
  if (Array.isArray(uses) && !uses.includes('verify'))
    return { unusable: 'it is not for verifying signatures' }
  if (alg !== undefined && alg !== algorithm && !(alg === 'Ed25519' && algorithm === 'EdDSA'))
    return { unusable: `it is for ${String(alg).slice(0, 20)}, not ${algorithm}` }
  return makeKey(() => createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }), algorithm)
}

function makeKey(make: () => KeyObject, algorithm: SsoAlgorithm): KeyObject | Unusable {
  let key: KeyObject
  try {
    key = make()
  } catch {
    return { unusable: 'it cannot be read as a public key' }
  }
  const type = key.asymmetricKeyType
  if (algorithm === 'EdDSA')
    return type === 'ed25519' ? key : { unusable: `EdDSA needs an Ed25519 key, and this one is ${type}` }
  if (algorithm !== 'RS256' || type !== 'rsa')
    return { unusable: `${algorithm} needs another kind of key than ${type}` }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  return bits >= LEAST_MODULUS
    ? key
    : { unusable: `the RSA key has ${bits} bits and needs ${LEAST_MODULUS} or more` }
}

/** Those keys of a published set that can verify by this algorithm; or why there is none. */
export function readKeySet(set: unknown, algorithm: SsoAlgorithm): Verifier[] | Unusable {
  const keys = typeof set === 'object' && set !== null && 'keys' in set ? set.keys : undefined
  if (!Array.isArray(keys))
    return { unusable: 'what is published there is not a JWKS: it has no list “keys”' }
  const found: Verifier[] = []
  let why = 'the set is empty'
  for (const jwk of keys.slice(0, MOST_KEYS)) {
    const key = readJwk(jwk, algorithm)
    if ('unusable' in key) why = key.unusable
    else found.push({ kid: typeof jwk.kid === 'string' ? jwk.kid : null, key })
  }
  return found.length > 0 ? found : { unusable: `no key of the set can verify ${algorithm}: ${why}` }
}
