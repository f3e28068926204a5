/** What a passkey signs (W3C Web Authentication, 13.4.3): random, kept on our side under its hash, good once and for five
 *  minutes, for one site, one ceremony, one browser and, where somebody is signed in, one session. */
import type { App } from '../context.ts'
import { type Problem, refuse } from '../problem.ts'
import type { Actor } from './actor.ts'
import { hashSecret, keepOnce, later, newSecret, takeOnce } from './one-time.ts'

export const CHALLENGE_SECONDS = 5 * 60

export const refuseUnfit = () => refuse('passkey-refused', 'What came does not fit what was asked.')
const refuseLate = () => refuse('passkey-expired', 'Begin again: a challenge is good once, for five minutes.')

type Challenge = {
  site: string
  purpose: 'use' | 'make'
  /** Hash of the browser's cookie. */
  browser: string
  /** The session that is confirmed, or in which one is made; null: whoever comes in. */
  session: string | null
}

const challengeKey = (challenge: string): string => `passkey:${hashSecret(challenge)}`

/** @returns the challenge */
export async function keepChallenge(
  app: App,
  { purpose, browser, session }: Pick<Challenge, 'purpose' | 'browser' | 'session'>,
): Promise<string> {
  const challenge = newSecret()
  const kept: Challenge = { site: app.site.id, purpose, browser: hashSecret(browser), session }
  await keepOnce(app.db, challengeKey(challenge), {
    value: JSON.stringify(kept),
    expiresAt: later(app.now(), CHALLENGE_SECONDS),
  })
  return challenge
}

/** Uses up the challenge that an answer names, whatever comes of the answer. */
export async function takeChallenge(
  app: App,
  clientDataJSON: string,
  {
    purpose,
    browser,
    actor,
  }: { purpose: Challenge['purpose']; browser: string | undefined; actor: Actor | undefined },
): Promise<(Challenge & { challenge: string }) | Problem> {
  const challenge = readChallenge(clientDataJSON)
  if (challenge === undefined) return refuseUnfit()
  const taken = await takeOnce(app.db, challengeKey(challenge), app.now())
  if (!taken) return refuseLate()
  const kept = JSON.parse(taken.value) as Challenge
  const isHere = kept.site === app.site.id && kept.purpose === purpose
  const isSameBrowser = browser !== undefined && hashSecret(browser) === kept.browser
  const isSameSession = kept.session === null || (actor?.via === 'cookie' && actor.sessionId === kept.session)
  return isHere && isSameBrowser && isSameSession ? { ...kept, challenge } : refuseUnfit()
}

function readChallenge(clientDataJSON: string): string | undefined {
  const read = readJson(Buffer.from(clientDataJSON, 'base64url').toString())
  const challenge =
    typeof read === 'object' && read !== null && 'challenge' in read ? read.challenge : undefined
  return typeof challenge === 'string' && challenge.length <= 100 ? challenge : undefined
}

/** @returns undefined for what is no JSON */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
