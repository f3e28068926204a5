/** Talking to a provider: OpenID Connect Core 1.0 by discovery, or plain OAuth 2 (RFC 6749); both by code, with PKCE
 *  (RFC 7636). All it takes to distrust what comes back is openid-client's; what it fetches goes through our fetcher. */
import {
  AuthorizationResponseError,
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type ClientAuth,
  ClientError,
  ClientSecretBasic,
  ClientSecretPost,
  Configuration,
  calculatePKCECodeChallenge,
  clockTolerance,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  None,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'openid-client'
import type { App } from '../context.ts'
import { FetchRefused, isFetchRefusal } from '../http/fetching.ts'
import type { People } from './people.ts'
import type { Proof } from './proof.ts'
import { isSafeAddress, type Provider, readProfile } from './provider.ts'

/** Why nobody came in: they said no; the provider does not answer; it is not set up as we think; what it said cannot be
 *  believed. `detail` is for the log: it holds no token and no address. */
export type TalkRefusal = { refused: 'declined' | 'down' | 'setup' | 'unsure'; detail: string }

export const isTalkRefusal = (value: object): value is TalkRefusal => 'refused' in value

/** What is made up for one sign-in and must come back, or be proven, with it. */
export type Secrets = { state: string; nonce: string; verifier: string }

export type Talk = {
  /** Where the browser goes. */
  begin: (provider: Provider, callback: string, secrets: Secrets) => Promise<URL | TalkRefusal>
  /** @param callback the whole address that the browser came back to */
  finish: (provider: Provider, callback: URL, secrets: Secrets) => Promise<Proof | TalkRefusal>
}

/** How long what discovery said is believed. Milliseconds. */
const DISCOVERED_FOR = 10 * 60 * 1000
/** Seconds that two clocks may differ. */
const SKEW = 60

type Means = { app: Pick<App, 'fetcher' | 'settings' | 'now'>; people: Pick<People, 'addresses'> }

export function makeTalk(means: Means): Talk {
  const { app } = means
  const known = new Map<string, { configuration: Promise<Configuration>; until: number }>()
  const configure = (provider: Provider): Promise<Configuration> => {
    // A provider with another secret is another to talk to.
    const name = `${provider.id} ${provider.secretSealed?.toString('base64')}`
    const found = known.get(name)
    if (found && found.until > app.now().getTime()) return found.configuration
    const configuration = discover(means, provider)
    known.set(name, { configuration, until: app.now().getTime() + DISCOVERED_FOR })
    configuration.catch(() => known.delete(name))
    return configuration
  }

  return {
    begin: (provider, callback, { state, nonce, verifier }) =>
      explained(async () =>
        buildAuthorizationUrl(await configure(provider), {
          redirect_uri: callback,
          ...(provider.scopes === '' ? {} : { scope: provider.scopes }),
          state,
          ...(provider.kind === 'oidc' ? { nonce } : {}),
          code_challenge: await calculatePKCECodeChallenge(verifier),
          code_challenge_method: 'S256',
        }),
      ),
    finish: (provider, callback, secrets) =>
      explained(async () => {
        const configuration = await configure(provider)
        return provider.kind === 'oidc'
          ? proofOf(provider, await readClaims(configuration, callback, secrets))
          : fetchProof(app, configuration, provider, callback, secrets)
      }),
  }
}

const proofOf = (provider: Provider, profile: Record<string, unknown>): Proof | TalkRefusal =>
  readProfile(provider, profile) ?? refuseTalk('unsure', 'the profile does not say who it is of')

/** Whether a provider answers as it should. @returns why not */
export async function tryProvider(means: Means, provider: Provider): Promise<TalkRefusal | undefined> {
  const outcome = await explained(() => discover(means, provider))
  return isTalkRefusal(outcome) ? outcome : undefined
}

async function discover({ app, people }: Means, provider: Provider): Promise<Configuration> {
  const secret = provider.secretSealed && people.addresses.open(provider.secretSealed)
  const metadata = { [clockTolerance]: SKEW }
  const fetchForIt: NonNullable<Parameters<typeof discovery>[4]>[typeof customFetch] = (
    url,
    { method, headers, body, signal },
  ) => app.fetcher.fetch(url, { method, headers, body, ...(signal ? { signal } : {}) })
  if (provider.kind === 'oidc') {
    const issuer = new URL(provider.issuer!)
    // Only an origin that whoever keeps the server allowed can have been set by http (`isSafeAddress`).
    const plainly = issuer.protocol === 'http:' ? [allowInsecureRequests] : []
    const found = await discovery(issuer, provider.clientId, metadata, authenticate(secret), {
      [customFetch]: fetchForIt,
      // The ID token's signature is looked at although it came straight from the provider.
      execute: [...plainly, enableNonRepudiationChecks],
    })
    for (const name of ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const)
      if (!isSafeAddress(String(found.serverMetadata()[name]), app.settings.fetchAllow)) throw new Unfit(name)
    return found
  }
  const server = {
    // Nothing says what a plain OAuth server calls itself; each provider has a callback of its own, which is how answers
    // of two are told apart (RFC 9700, 4.4.2.2).
    issuer: new URL(provider.authorizeUrl!).origin,
    authorization_endpoint: provider.authorizeUrl!,
    token_endpoint: provider.tokenUrl!,
  }
  const auth = secret === null ? None() : ClientSecretPost(secret)
  const configuration = new Configuration(server, provider.clientId, metadata, auth)
  configuration[customFetch] = fetchForIt
  if (provider.tokenUrl!.startsWith('http:')) allowInsecureRequests(configuration)
  return configuration
}

/** Discovery that leaves out, or gives no good address for, what is needed. */
class Unfit extends Error {}

/** As the provider says it takes secrets; one that says nothing takes them in the header (OpenID Connect Discovery 1.0, 3). */
function authenticate(secret: string | null): ClientAuth {
  if (secret === null) return None()
  const byForm = ClientSecretPost(secret)
  const byHeader = ClientSecretBasic(secret)
  return (server, client, body, headers) => {
    const ways = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    const auth =
      ways.includes('client_secret_basic') || !ways.includes('client_secret_post') ? byHeader : byForm
    auth(server, client, body, headers)
  }
}

/** The ID token's claims; what it leaves out, the user info may say. An address and whether it is verified come from the
 *  same of the two. */
async function readClaims(configuration: Configuration, callback: URL, { state, nonce, verifier }: Secrets) {
  const tokens = await authorizationCodeGrant(configuration, callback, {
    expectedState: state,
    expectedNonce: nonce,
    pkceCodeVerifier: verifier,
    idTokenExpected: true,
  })
  const claims = tokens.claims()!
  if ((claims.email && claims.name) || !configuration.serverMetadata().userinfo_endpoint) return claims
  const told = await fetchUserInfo(configuration, tokens.access_token, claims.sub)
  const { email, email_verified } = claims.email ? claims : told
  return { ...told, ...claims, email, email_verified, sub: claims.sub }
}

async function fetchProof(
  { fetcher }: Pick<App, 'fetcher'>,
  configuration: Configuration,
  provider: Provider,
  callback: URL,
  { state, verifier }: Secrets,
): Promise<Proof | TalkRefusal> {
  const address = new URL(callback)
  address.searchParams.delete('iss')
  const tokens = await authorizationCodeGrant(configuration, address, {
    expectedState: state,
    pkceCodeVerifier: verifier,
  })
  const fetched = await fetcher.fetchText(provider.profileUrl!, {
    accept: /^application\/([\w.-]+\+)?json$/,
    headers: { accept: 'application/json', authorization: `Bearer ${tokens.access_token}` },
  })
  if (isFetchRefusal(fetched)) return refuseTalk('down', fetched.why)
  const { status, text } = fetched
  if (status !== 200) return refuseTalk(status >= 500 ? 'down' : 'setup', `the profile: status ${status}`)
  const profile = parseObject(text)
  return profile ? proofOf(provider, profile) : refuseTalk('unsure', 'the profile is no JSON object')
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

const refuseTalk = (refused: TalkRefusal['refused'], detail: string): TalkRefusal => ({ refused, detail })

async function explained<T extends object>(talk: () => Promise<T>): Promise<T | TalkRefusal> {
  try {
    return await talk()
  } catch (error) {
    return explain(error)
  }
}

/** Errors of openid-client and the fetcher, as refusals. @throws what is neither's */
function explain(error: unknown): TalkRefusal {
  const { cause } = error as { cause?: unknown }
  const fetching = [error, cause].find((one) => one instanceof FetchRefused)
  if (fetching instanceof FetchRefused) return refuseTalk('down', fetching.refusal.why)
  if (error instanceof AuthorizationResponseError) {
    const said = ['access_denied', 'login_required', 'consent_required', 'interaction_required']
    return refuseTalk(said.includes(error.error) ? 'declined' : 'unsure', short(error.error))
  }
  if (error instanceof WWWAuthenticateChallengeError) return refuseTalk('setup', `status ${error.status}`)
  if (error instanceof ResponseBodyError) {
    if (error.status >= 500) return refuseTalk('down', `status ${error.status}`)
    return refuseTalk(error.error === 'invalid_grant' ? 'unsure' : 'setup', short(error.error))
  }
  if (error instanceof ClientError) {
    const status = cause instanceof Response ? cause.status : 0
    if (status >= 500 || error.code === 'OAUTH_TIMEOUT')
      return refuseTalk('down', `${error.message} ${status || ''}`)
    return refuseTalk('unsure', error.message)
  }
  if (error instanceof Unfit) return refuseTalk('setup', `no good ${error.message}`)
  // What a provider says can be of a kind that the library did not reckon with; it calls that a TypeError.
  if (error instanceof TypeError && 'code' in error) return refuseTalk('setup', error.message)
  throw error
}

const short = (text: string): string => text.slice(0, 60).replace(/[^\w .-]/g, '?')
