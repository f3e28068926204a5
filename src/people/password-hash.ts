/** Passwords as they are kept: argon2id with OWASP's parameters (Password Storage Cheat Sheet: 19 MiB, two passes, one
 *  lane). Hashing takes a processor's time and memory on purpose, so two are made at once and a few may wait: whoever
 *  sends many passwords cannot use up the server. */
import { randomBytes } from 'node:crypto'
import { hash as argon2, verify } from '@node-rs/argon2'
import { type Problem, refuse } from '../problem.ts'
import { isInFile } from './breached-passwords.ts'

/** Algorithm 2 is argon2id. */
const parameters = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const
const AT_ONCE = 2
/** Who comes when so many wait is asked to come back: about two seconds' work. */
const MOST_WAITING = 60

export type Passwords = {
  /** @returns a PHC string */
  hash: (password: string) => Promise<string | Problem>
  /** Takes the same work whether there is a hash or not. */
  verify: (hash: string | null, password: string) => Promise<boolean | Problem>
  /** Whether it became known elsewhere. */
  isBreached: (password: string) => Promise<boolean>
}

/** @param breached the file that the settings name */
export function makePasswords(breached: string | null): Passwords {
  let running = 0
  const waiting: (() => void)[] = []
  const inTurn = async <T>(work: () => Promise<T>): Promise<T | Problem> => {
    if (running >= AT_ONCE) {
      if (waiting.length >= MOST_WAITING)
        return refuse('busy', 'Many sign in right now. Please try again in a few seconds.', { retryAfter: 5 })
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else running += 1
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running -= 1
    }
  }
  let nobodys: Promise<string> | undefined
  return {
    hash: (password) => inTurn(() => argon2(password, parameters)),
    verify: (kept, password) =>
      inTurn(async () => {
        nobodys ??= argon2(randomBytes(32), parameters)
        const isRight = await verify(kept ?? (await nobodys), password)
        return kept !== null && isRight
      }),
    isBreached: async (password) => breached !== null && isInFile(breached, password),
  }
}
