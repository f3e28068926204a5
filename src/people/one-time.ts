/** Secrets that travel through mail and windows: 256 random bits out, only their hash kept, good once. */
import { createHash, randomBytes } from 'node:crypto'
import type { Database } from '../database/connect.ts'

export const newSecret = (): string => randomBytes(32).toString('base64url')

/** SHA-256, base64url: enough for a secret of 256 bits. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('base64url')

/** Minutes that a mailed link, or any kept proof, is good for. */
export const LINK_MINUTES = 15
export const INVITATION_HOURS = 24
/** Seconds from a popup's code to its token. */
export const CODE_SECONDS = 60

/** Names of what is kept until it is used once. */
export const proofKey = (token: string): string => `proof:${hashSecret(token)}`
export const codeKey = (code: string): string => `popup-code:${hashSecret(code)}`
export const invitationKey = (token: string): string => `invitation:${hashSecret(token)}`

export const later = (now: Date, seconds: number): Date => new Date(now.getTime() + seconds * 1000)

type Kept = { value: string; expiresAt: Date }

/** @returns false when something is kept under that name already */
export async function keepOnce(db: Database, key: string, { value, expiresAt }: Kept): Promise<boolean> {
  const kept = await db
    .insertInto('once')
    .values({ key, value, expiresAt })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .returning('key')
    .executeTakeFirst()
  return kept !== undefined
}

export const peekOnce = (db: Database, key: string, now: Date): Promise<Kept | undefined> =>
  db
    .selectFrom('once')
    .select(['value', 'expiresAt'])
    .where('key', '=', key)
    .where('expiresAt', '>', now)
    .executeTakeFirst()

/** Takes it away; of several who ask at once, one gets it. */
export async function takeOnce(db: Database, key: string, now: Date): Promise<Kept | undefined> {
  const kept = await db
    .deleteFrom('once')
    .where('key', '=', key)
    .returning(['value', 'expiresAt'])
    .executeTakeFirst()
  return kept && kept.expiresAt > now ? kept : undefined
}

/** A chore of the server's: what nobody came for. */
export async function forgetUnused(db: Database, now: Date): Promise<void> {
  await db.deleteFrom('once').where('expiresAt', '<', now).execute()
}
