/** Passkeys (W3C Web Authentication, Level 3): made by someone who is signed in, then used to come in, or to confirm that it
 *  is still them. A session that a passkey began is a strong one.
 *
 *  Each ceremony has a challenge that is good once, for five minutes, in the browser it was made for: somebody else's
 *  answer, sent through a reader's browser so that they write in the sender's name, is refused (login CSRF). */
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import type { App } from '../context.ts'
import { inTransaction } from '../database/connect.ts'
import { isId } from '../database/ids.ts'
import { cleanName } from '../language/names.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import { type Actor, lacksPasskey } from './actor.ts'
import { isFreshByOwn } from './fresh.ts'
import { beginTakeover, finishTakeover, type Takeover, takeOverGuest } from './guest.ts'
import {
  CHALLENGE_SECONDS,
  keepChallenge,
  readJson,
  refuseUnfit,
  takeChallenge,
} from './passkey-challenge.ts'
import { passkeyHost } from './passkey-host.ts'
import {
  deletePasskey,
  findPasskey,
  insertPasskey,
  listPasskeys,
  notePasskeyUse,
  type Passkey,
  renamePasskey,
} from './passkey-store.ts'
import type { People } from './people.ts'
import type { Person } from './person.ts'
import { endSession } from './sessions.ts'
import { type SignedIn, signIn } from './signed-in.ts'
import { findPersonOfIdentity } from './store.ts'
import { refuseLastWay, refuseStale, waysHere } from './ways-in.ts'

/** What signs: EdDSA, ES256, RS256 (IANA COSE Algorithms). */
const ALGORITHMS = [-8, -7, -257]
const TRANSPORTS = ['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'] as const

/** Loaded when the first passkey comes: it is large, and most starts of the server do without. */
const webauthn = () => import('@simplewebauthn/server')

const refuseNowhere = () =>
  refuse(
    'not-found',
    'There are no passkeys at this address: browsers ask for https and a name, or for localhost.',
  )
const refuseUnknown = () => refuse('passkey-unknown', 'Nobody here has this passkey (any more).')

/** Somebody with an account, signed in on our own page. */
export type Owner = { actor: Actor; person: Person }

/* Whether one may be made */

/** `may`; or what has to come first: a passkey that there is already, or signing in anew; or `nowhere`. */
export type Making = 'may' | 'confirm' | 'again' | 'nowhere'

/** Whoever finds a browser that was left signed in makes no key of their own to the account. And where staff need a passkey,
 *  one who has some uses one of those: a mailbox alone is not enough to come by another. */
export async function readMaking(app: App, { actor, person }: Owner, passkeys: Passkey[]): Promise<Making> {
  if (passkeyHost(app.origin) === undefined || person.identityId === null) return 'nowhere'
  if (actor.isStrong) return 'may'
  if (passkeys.length > 0 && lacksPasskey(app, actor, person)) return 'confirm'
  if (await isFreshByOwn(app, actor, person)) return 'may'
  return passkeys.length > 0 ? 'confirm' : 'again'
}

/** A person's passkeys on this site's host. */
export async function listOwnPasskeys(app: App, person: Pick<Person, 'identityId'>): Promise<Passkey[]> {
  const host = passkeyHost(app.origin)
  return host === undefined || person.identityId === null ? [] : listPasskeys(app.db, person.identityId, host)
}

/* Answers of a browser, as JSON */

const bytes = (maxLength: number) => Type.String({ maxLength, pattern: '^[A-Za-z0-9_-]+$' })
const common = { id: bytes(1_400), rawId: bytes(1_400), type: Type.Literal('public-key') }
const usedSchema = Type.Object({
  ...common,
  response: Type.Object({
    clientDataJSON: bytes(4_000),
    authenticatorData: bytes(4_000),
    signature: bytes(4_000),
    userHandle: Type.Optional(Type.Union([Type.Null(), Type.String({ maxLength: 100 })])),
  }),
})
const madeSchema = Type.Object({
  ...common,
  response: Type.Object({
    clientDataJSON: bytes(4_000),
    attestationObject: bytes(12_000),
    transports: Type.Optional(Type.Array(Type.String({ maxLength: 40 }), { maxItems: 20 })),
  }),
})

/* Using one */

/** @param given.owner who confirms that it is them; undefined: whoever comes in */
export async function beginUse(
  app: App,
  { browser, owner }: { browser: string; owner: Owner | undefined },
): Promise<PublicKeyCredentialRequestOptionsJSON | Problem> {
  const host = passkeyHost(app.origin)
  if (host === undefined) return refuseNowhere()
  const own = owner ? await listOwnPasskeys(app, owner.person) : []
  if (owner && own.length === 0) return refuseUnknown()
  const session = owner?.actor.sessionId ?? null
  const challenge = await keepChallenge(app, { purpose: 'use', browser, session })
  const { generateAuthenticationOptions } = await webauthn()
  return generateAuthenticationOptions({
    rpID: host,
    challenge: Buffer.from(challenge, 'base64url'),
    userVerification: 'required',
    timeout: CHALLENGE_SECONDS * 1000,
    ...(owner ? { allowCredentials: own.map(describe) } : {}),
  })
}

const describe = ({ credentialId, transports }: Passkey) => ({
  id: credentialId.toString('base64url'),
  transports,
})

type Answered = {
  /** JSON, as the form brought it. */
  response: string
  /** The secret of the browser's cookie. */
  browser: string | undefined
  device: string | null
}

/** Signs in whose passkey it is: always a new session. The one that the browser had ends. */
export async function usePasskey(
  app: App,
  people: People,
  given: Answered & { actor: Actor | undefined; guestId: string | null },
): Promise<SignedIn | Problem> {
  const { browser, actor, device, guestId } = given
  const host = passkeyHost(app.origin)
  const answer = readJson(given.response)
  if (!Value.Check(usedSchema, answer)) return refuseUnfit()
  const kept = await takeChallenge(app, answer.response.clientDataJSON, { purpose: 'use', browser, actor })
  if (isProblem(kept)) return kept
  if (host === undefined) return refuseNowhere()
  const passkey = await findPasskey(app.db, host, Buffer.from(answer.id, 'base64url'))
  const person = passkey && (await findPersonOfIdentity(app.db, app.site.id, passkey.identityId))
  if (!passkey || !person) return refuseUnknown()
  if (kept.session !== null && person.id !== actor?.personId) return refuseUnfit()
  const { userHandle } = answer.response
  if (userHandle && userHandle !== handleOf(passkey.identityId).toString('base64url')) return refuseUnfit()
  const counter = await verifyUse(app, host, { answer, passkey, challenge: kept.challenge })
  if (counter === undefined) return refuseUnfit()
  const now = app.now()
  let takeover: Takeover | null = null
  const signedIn = await inTransaction(app.db, async (tx): Promise<SignedIn | Problem> => {
    takeover = guestId === null ? null : await beginTakeover(tx, guestId)
    if (!(await notePasskeyUse(tx, passkey, counter, now))) return refuseUnfit()
    if (takeover) await takeOverGuest(tx, app, takeover, { personId: person.id })
    const who = { personId: person.id, role: person.role, way: 'passkey', isStrong: true, device } as const
    return signIn(tx, app, people, who, now)
  })
  if (isProblem(signedIn)) return signedIn
  if (takeover) finishTakeover(app, people, takeover)
  await endOld(app, people, actor)
  return signedIn
}

async function endOld(app: App, people: People, actor: Actor | undefined): Promise<void> {
  if (actor?.via === 'cookie' && actor.sessionId !== null) await endSession(app, people, actor.sessionId)
}

/** What a passkey's device keeps as the account's id: random to all but us. */
const handleOf = (identityId: string): Buffer<ArrayBuffer> =>
  Buffer.from(identityId.replaceAll('-', ''), 'hex')

/** @returns the new count; undefined when anything about the answer is not as it has to be: origin, host, challenge,
 *  signature, whoever holds the device not verified, or a count that does not go up */
async function verifyUse(
  app: App,
  host: string,
  given: { answer: Type.Static<typeof usedSchema>; passkey: Passkey; challenge: string },
): Promise<number | undefined> {
  const { answer, passkey, challenge } = given
  const { id, rawId, type } = answer
  const { clientDataJSON, authenticatorData, signature } = answer.response
  const response: AuthenticationResponseJSON = {
    id,
    rawId,
    type,
    response: { clientDataJSON, authenticatorData, signature },
    clientExtensionResults: {},
  }
  const { verifyAuthenticationResponse } = await webauthn()
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: app.origin,
      expectedRPID: host,
      requireUserVerification: true,
      credential: {
        id: passkey.credentialId.toString('base64url'),
        publicKey: new Uint8Array(passkey.publicKey),
        counter: passkey.counter,
      },
    })
    return verified ? authenticationInfo.newCounter : undefined
  } catch (error) {
    app.log.warn({ err: error, passkey: passkey.id }, 'a passkey was refused')
    return undefined
  }
}

/* Making one */

export async function beginMaking(
  app: App,
  { browser, owner }: { browser: string; owner: Owner },
): Promise<PublicKeyCredentialCreationOptionsJSON | Problem> {
  const { actor, person } = owner
  const { identityId } = person
  const host = passkeyHost(app.origin)
  const own = await listOwnPasskeys(app, person)
  const making = await readMaking(app, owner, own)
  if (making === 'confirm') return refuse('passkey-needed', 'Confirm with a passkey that you have.')
  if (making === 'again') return refuse('sign-in-again', 'Sign in again, then make a passkey.')
  if (making === 'nowhere' || host === undefined || identityId === null) return refuseNowhere()
  const challenge = await keepChallenge(app, { purpose: 'make', browser, session: actor.sessionId })
  const { generateRegistrationOptions } = await webauthn()
  return generateRegistrationOptions({
    rpName: app.site.name,
    rpID: host,
    userName: person.name,
    userDisplayName: person.name,
    userID: new Uint8Array(handleOf(identityId)),
    challenge: Buffer.from(challenge, 'base64url'),
    attestationType: 'none',
    timeout: CHALLENGE_SECONDS * 1000,
    excludeCredentials: own.map(describe),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    supportedAlgorithmIDs: ALGORITHMS,
  })
}

/** Keeps a new passkey. Whoever makes one has shown that they can use it: their session is a new, strong one.
 *  @param given.name what it is called when its device says nothing of itself */
export async function makePasskey(
  app: App,
  people: People,
  given: Answered & { owner: Owner; name: string },
): Promise<SignedIn | Problem> {
  const { owner, browser, device, name } = given
  const { actor, person } = owner
  const host = passkeyHost(app.origin)
  const answer = readJson(given.response)
  if (!Value.Check(madeSchema, answer)) return refuseUnfit()
  const kept = await takeChallenge(app, answer.response.clientDataJSON, { purpose: 'make', browser, actor })
  if (isProblem(kept)) return kept
  const { identityId } = person
  if (host === undefined || identityId === null) return refuseNowhere()
  const made = await verifyMade(app, host, { answer, challenge: kept.challenge })
  if (!made) return refuseUnfit()
  const now = app.now()
  const signedIn = await inTransaction(app.db, async (tx): Promise<SignedIn | Problem> => {
    const passkey = { ...made, identityId, name: device ?? name }
    if (!(await insertPasskey(tx, host, passkey, now)))
      return refuse('way-taken', 'There is a passkey by this id already.')
    const who = { personId: person.id, role: person.role, way: 'passkey', isStrong: true, device } as const
    return signIn(tx, app, people, who, now)
  })
  if (!isProblem(signedIn)) await endOld(app, people, actor)
  return signedIn
}

async function verifyMade(
  app: App,
  host: string,
  { answer, challenge }: { answer: Type.Static<typeof madeSchema>; challenge: string },
): Promise<Pick<Passkey, 'credentialId' | 'publicKey' | 'counter' | 'transports'> | undefined> {
  const { id, rawId, type } = answer
  const { clientDataJSON, attestationObject, transports = [] } = answer.response
  const response: RegistrationResponseJSON = {
    id,
    rawId,
    type,
    response: { clientDataJSON, attestationObject },
    clientExtensionResults: {},
  }
  const [{ verifyRegistrationResponse }, { decodeAttestationObject }] = await Promise.all([
    webauthn(),
    import('@simplewebauthn/server/helpers'),
  ])
  try {
    // We ask for no maker's certificate. One that comes all the same is not looked into: the library would fetch
    // revocation lists for it, and nothing here calls out but through our own fetcher.
    const attestation = decodeAttestationObject(new Uint8Array(Buffer.from(attestationObject, 'base64url')))
    const format = attestation.get('fmt')
    const isSelf = format === 'packed' && attestation.get('attStmt').get('x5c') === undefined
    if (format !== 'none' && !isSelf) throw new Error(`attestation ${format} was not asked for`)
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: app.origin,
      expectedRPID: host,
      requireUserPresence: true,
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    })
    if (!verified) return undefined
    const { credential } = registrationInfo
    return {
      credentialId: Buffer.from(credential.id, 'base64url'),
      publicKey: Buffer.from(credential.publicKey),
      counter: credential.counter,
      transports: TRANSPORTS.filter((transport) => transports.includes(transport)),
    }
  } catch (error) {
    app.log.warn({ err: error }, 'a new passkey was refused')
    return undefined
  }
}

/* Those that one has */

const refuseNotMine = () => refuse('not-found', 'You have no such passkey.')

/** @param typed as it came */
export async function callPasskey(
  app: App,
  { identityId }: Pick<Person, 'identityId'>,
  id: string,
  typed: string,
): Promise<Problem | undefined> {
  const host = passkeyHost(app.origin)
  if (identityId === null || host === undefined || !isId(id)) return refuseNotMine()
  const cleaned = cleanName(typed)
  if ('refused' in cleaned)
    return refuse('name-invalid', `This cannot be a name: ${cleaned.refused}.`, { at: '/name' })
  return (await renamePasskey(app.db, { identityId, host }, id, cleaned.name)) ? undefined : refuseNotMine()
}

/** Somebody else's is as if it were none; the last way in stays. */
export async function removePasskey(app: App, owner: Owner, id: string): Promise<Problem | undefined> {
  const { identityId } = owner.person
  const host = passkeyHost(app.origin)
  if (identityId === null || host === undefined || !isId(id)) return refuseNotMine()
  if (lacksPasskey(app, owner.actor, owner.person))
    return refuse('passkey-needed', 'Confirm with a passkey that you have.')
  const stale = await refuseStale(app, owner)
  if (stale) return stale
  return inTransaction(app.db, async (tx) => {
    const last = await refuseLastWay(tx, waysHere(app, identityId))
    if (!(await deletePasskey(tx, { identityId, host }, id))) return refuseNotMine()
    return last
  })
}
