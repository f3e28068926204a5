/** A passkey's device without a browser around it (W3C Web Authentication, 6.5): so that a test can send what no browser
 *  would. ES256 alone. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isoCBOR } from '@simplewebauthn/server/helpers'

type CreationOptions = { challenge: string; rp: { id: string }; user: { id: string } }
type RequestOptions = { challenge: string; rpId: string }

/** What is not as it has to be. */
export type Crooked = {
  origin?: string
  rpId?: string
  type?: string
  challenge?: string
  /** Whoever holds the device was present (1), was verified (4). */
  flags?: number
  counter?: number
  format?: string
  certificates?: Buffer[]
  userHandle?: string
  id?: Buffer
  signature?: Buffer
}

const PRESENT = 1
const VERIFIED = 4
const WITH_CREDENTIAL = 0x40

const sha256 = (data: Buffer | string): Buffer => createHash('sha256').update(data).digest()

export class Authenticator {
  readonly id = randomBytes(16)
  readonly #publicKey: KeyObject
  readonly #privateKey: KeyObject
  readonly #origin: string
  #handle = ''
  counter = 0

  /** @param origin of the page that it is asked by */
  constructor(origin: string) {
    this.#origin = origin
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.#publicKey = pair.publicKey
    this.#privateKey = pair.privateKey
  }

  #clientData(type: string, challenge: string, crooked: Crooked): Buffer {
    const told = { challenge: crooked.challenge ?? challenge, origin: crooked.origin ?? this.#origin }
    return Buffer.from(JSON.stringify({ type: crooked.type ?? type, ...told, crossOrigin: false }))
  }

  #data(rpId: string, flags: number, crooked: Crooked): Buffer {
    const head = Buffer.alloc(5)
    head[0] = (crooked.flags ?? PRESENT | VERIFIED) | flags
    head.writeUInt32BE(crooked.counter ?? this.counter, 1)
    return Buffer.concat([sha256(crooked.rpId ?? rpId), head])
  }

  #coseKey(): Buffer {
    const { x, y } = this.#publicKey.export({ format: 'jwk' })
    const entries: [number, number | Uint8Array][] = [
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, new Uint8Array(Buffer.from(x!, 'base64url'))],
      [-3, new Uint8Array(Buffer.from(y!, 'base64url'))],
    ]
    return Buffer.from(isoCBOR.encode(new Map(entries)))
  }

  /** The answer to `navigator.credentials.create`, as JSON. */
  make({ challenge, rp, user }: CreationOptions, crooked: Crooked = {}): string {
    this.#handle = user.id
    const id = crooked.id ?? this.id
    const length = Buffer.alloc(2)
    length.writeUInt16BE(id.length)
    const credential = Buffer.concat([Buffer.alloc(16), length, id, this.#coseKey()])
    const authData = Buffer.concat([this.#data(rp.id, WITH_CREDENTIAL, crooked), credential])
    const clientData = this.#clientData('webauthn.create', challenge, crooked)
    const statement = new Map<string, number | Uint8Array | Uint8Array[]>()
    if (crooked.format === 'packed') {
      const signature = sign('sha256', Buffer.concat([authData, sha256(clientData)]), this.#privateKey)
      statement.set('alg', -7).set('sig', new Uint8Array(signature))
      if (crooked.certificates)
        statement.set(
          'x5c',
          crooked.certificates.map((one) => new Uint8Array(one)),
        )
    }
    const attestation = new Map<string, string | Uint8Array | typeof statement>([
      ['fmt', crooked.format ?? 'none'],
      ['attStmt', statement],
      ['authData', new Uint8Array(authData)],
    ])
    return JSON.stringify({
      id: id.toString('base64url'),
      rawId: id.toString('base64url'),
      type: 'public-key',
      clientExtensionResults: {},
      authenticatorAttachment: 'platform',
      response: {
        clientDataJSON: clientData.toString('base64url'),
        attestationObject: Buffer.from(isoCBOR.encode(attestation)).toString('base64url'),
        transports: ['internal', 'telepathy'],
      },
    })
  }

  /** The answer to `navigator.credentials.get`, as JSON. */
  use({ challenge, rpId }: RequestOptions, crooked: Crooked = {}): string {
    if (this.counter > 0) this.counter += 1
    const authData = this.#data(rpId, 0, crooked)
    const clientData = this.#clientData('webauthn.get', challenge, crooked)
    const signature = sign('sha256', Buffer.concat([authData, sha256(clientData)]), this.#privateKey)
    const id = (crooked.id ?? this.id).toString('base64url')
    return JSON.stringify({
      id,
      rawId: id,
      type: 'public-key',
      clientExtensionResults: {},
      response: {
        clientDataJSON: clientData.toString('base64url'),
        authenticatorData: authData.toString('base64url'),
        signature: (crooked.signature ?? signature).toString('base64url'),
        userHandle: crooked.userHandle ?? this.#handle,
      },
    })
  }
}
