/** Secrets that travel through mail, cookies and windows: 256 random bits out, only their hash kept. */
import { createHash, randomBytes } from 'node:crypto'

export const newSecret = (): string => randomBytes(32).toString('base64url')

/** SHA-256, base64url: enough for a secret of 256 bits, and what better-auth calls `storeToken: 'hashed'`. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('base64url')

/** Minutes that a mailed link is good for. */
export const LINK_MINUTES = 15
export const SESSION_DAYS = 30
export const INVITATION_HOURS = 24
/** Seconds from a popup's code to its token. */
export const CODE_SECONDS = 60

/** Names of what is kept until it is used once. The first is better-auth's own (its magic-link plugin). */
export const linkKey = (token: string): string => `magic-link:${hashSecret(token)}`
export const codeKey = (code: string): string => `popup-code:${hashSecret(code)}`
export const invitationKey = (token: string): string => `${INVITATION}${hashSecret(token)}`
export const INVITATION = 'admin-invitation:'

export const later = (now: Date, seconds: number): Date => new Date(now.getTime() + seconds * 1000)
