/** Tokens as a newsroom, or somebody who would like to pass for one, makes them: by hand, so that any mistake can be made. */
import { createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import type { SsoKey } from '../../src/people/sso-key.ts'
import { makeKeySets } from '../../src/people/sso-key-sets.ts'

export const secret = randomBytes(32)
export const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
export const ed = generateKeyPairSync('ed25519')

export const pemOf = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString()

export const issuer = 'https://courier.example'
export const audience = 'https://talk.courier.example'

export const hsKey: SsoKey = {
  id: 'hs',
  label: 'Courier secret',
  kid: null,
  algorithm: 'HS256',
  material: { secret },
  issuer: null,
  audience: null,
  roles: ['reader', 'staff', 'moderator'],
}
export const rsKey: SsoKey = {
  ...hsKey,
  id: 'rs',
  label: 'Courier RSA',
  algorithm: 'RS256',
  material: { publicKey: pemOf(rsa.publicKey) },
  issuer,
  audience,
}
export const edKey: SsoKey = {
  ...rsKey,
  id: 'ed',
  label: 'Courier Ed25519',
  algorithm: 'EdDSA',
  material: { publicKey: pemOf(ed.publicKey) },
}

const encode = (part: object | string) =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')

/** A token whose header and claims are what is given, signed by HMAC under `key` or by a private key. */
export function forge(
  header: object | string,
  claims: object | string,
  key: Uint8Array | KeyObject = secret,
  hash = 'sha256',
): string {
  const text = `${encode(header)}.${encode(claims)}`
  const signature =
    key instanceof Uint8Array
      ? createHmac(hash, key).update(text).digest()
      : sign(key.asymmetricKeyType === 'ed25519' ? null : hash, Buffer.from(text), key)
  return `${text}.${signature.toString('base64url')}`
}

export const noSets = makeKeySets(async () => {
  throw new Error('nothing is published')
})
