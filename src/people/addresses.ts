/** Mail addresses, and a few secrets of the newsroom's, as the database keeps them: sealed (AES-256-GCM), and found again
 *  by a keyed hash (HMAC-SHA-256). Both keys come from the installation's secret, so a copy of the database tells
 *  nobody's address. */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import { deriveKey } from './secret.ts'

export type Addresses = {
  /** 12 bytes nonce, 16 bytes tag, then the text. */
  seal: (text: string) => Buffer
  /** @throws when it was changed, or sealed under another secret */
  open: (sealed: Buffer) => string
  /** Of an address in lower case, as `readEmail` gives it. */
  hash: (address: string) => Buffer
}

const NONCE = 12
const TAG = 16

/** @param secret the installation's (`readSecret`) */
export function makeAddresses(secret: Buffer): Addresses {
  const sealing = deriveKey(secret, 'sealed addresses')
  const hashing = deriveKey(secret, 'address hash')
  return {
    seal(text) {
      const nonce = randomBytes(NONCE)
      const cipher = createCipheriv('aes-256-gcm', sealing, nonce)
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed])
    },
    open(sealed) {
      const decipher = createDecipheriv('aes-256-gcm', sealing, sealed.subarray(0, NONCE))
      decipher.setAuthTag(sealed.subarray(NONCE, NONCE + TAG))
      return Buffer.concat([decipher.update(sealed.subarray(NONCE + TAG)), decipher.final()]).toString('utf8')
    },
    hash: (address) => createHmac('sha256', hashing).update(address).digest(),
  }
}
