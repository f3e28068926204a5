/** `detente sso test`: makes a newsroom's token, or checks one and says step by step what it is worth. */
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { text as readAll } from 'node:stream/consumers'
import { Command, Option } from 'commander'
import { decodeProtectedHeader, SignJWT } from 'jose'
import type { App } from '../context.ts'
import type { Role, SsoAlgorithm } from '../database/tables.ts'
import { makeFetcher } from '../http/fetching.ts'
import { readSettings } from '../settings/settings.ts'
import { makeAddresses } from './addresses.ts'
import { roles } from './can.ts'
import { readSecret } from './secret.ts'
import { checkSsoToken } from './sso.ts'
import { LEAST_SECRET, readPublicKey, type SsoKey } from './sso-key.ts'
import { makeKeySets } from './sso-key-sets.ts'
import { keyFetcher, siteKeys } from './sso-keys.ts'
import { ssoRefusals } from './sso-refusals.ts'
import { sayOutcome, type Trial, tryToken } from './sso-trial.ts'

/** Opens the database that the command's options name, and closes it after the work. */
type Run = <T>(work: (app: App) => Promise<T>, command: Command) => Promise<T>

type Options = {
  token?: string
  make?: boolean
  secret?: string
  publicKey?: string
  jwks?: string
  issuer?: string
  audience?: string
  id?: string
  name?: string
  email?: string
  emailVerified?: boolean
  role?: Role
  coral?: boolean
  json?: boolean
}

/** Exit codes: 0 good or made, 1 refused, 2 wrong usage (commander's own errors, thrown for the caller to turn into it). */
export function ssoCommand(run: Run): Command {
  const command = new Command('sso').description('Newsroom sign-in by token (JWT).').exitOverride()
  command
    .command('test')
    .description('Check a newsroom’s token step by step, or make one.')
    .option('--token <jwt>', 'the token to check; - reads it from stdin')
    .addOption(new Option('--make', 'make a token that is good for five minutes').conflicts('token'))
    .option('--secret <text>', 'a shared secret (HS256) in place of the site’s keys')
    .option('--public-key <file>', 'a public key (PEM or JWK, RSA or Ed25519) in place of the site’s keys')
    .option('--jwks <url>', 'a published key set in place of the site’s keys')
    .option('--issuer <text>', 'the given key’s issuer')
    .option('--audience <text>', 'the given key’s audience')
    .option('--id <text>', 'with --make: who it is, for the newsroom')
    .option('--name <text>', 'with --make: the reader’s name')
    .option('--email <address>', 'with --make: the reader’s mail address')
    .option('--email-verified', 'with --make: the newsroom has verified the address')
    .addOption(new Option('--role <role>', 'with --make: a role to ask for').choices(roles))
    .option('--coral', 'with --make: in Coral’s shape')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('after', help)
    .action(async (options: Options, test: Command) => {
      refuseUsage(options, test)
      if (options.make) await make(options, test, run)
      else await check(options, test, run)
    })
  return command
}

const help = `
Without --secret, --public-key or --jwks the keys of the site are used.
A token as readers get it:   detente sso test --make --id 42 --name "Mara Quill"
What is wrong with one:      detente sso test --token eyJ…`

function refuseUsage(options: Options, command: Command): void {
  const { token, make, secret, publicKey, jwks, issuer, audience } = options
  const given = [secret, publicKey, jwks].filter((value) => value !== undefined).length
  if (token === undefined && !make) command.error('error: say --token to check one, or --make to make one')
  if (given > 1) command.error('error: --secret, --public-key and --jwks exclude each other')
  if (given === 0 && (issuer ?? audience) !== undefined)
    command.error('error: --issuer and --audience go with --secret, --public-key or --jwks')
  if (make && (options.id === undefined || options.name === undefined))
    command.error('error: --make needs --id and --name')
  if (make && (publicKey ?? jwks) !== undefined)
    command.error('error: a token is made with a shared secret: a public key cannot sign')
}

/* Checking */

async function check(options: Options, command: Command, run: Run): Promise<void> {
  const token = (options.token === '-' ? await readAll(process.stdin) : (options.token ?? '')).trim()
  const given = await givenKeys(options, token, command)
  const trial: Trial = given
    ? { check: await checkWith(token, given, fetcherOfSettings(command)), who: null }
    : await run((app) => checkForSite(app, token), command)
  const { check } = trial
  if ('refusal' in check) process.exitCode = 1
  print(options.json ? JSON.stringify(toJson(trial)) : describe(trial))
}

function fetcherOfSettings(command: Command): App['fetcher'] {
  try {
    return makeFetcher(readSettings(process.env))
  } catch (error) {
    return command.error(`error: ${(error as Error).message}`)
  }
}

const checkWith = (token: string, keys: SsoKey[], fetcher: App['fetcher']) =>
  checkSsoToken(token, keys, { now: new Date(), keySets: makeKeySets(keyFetcher({ fetcher })) })

const checkForSite = async (app: App, token: string): Promise<Trial> =>
  tryToken(app, makeAddresses(await readSecret(app.settings)), token)

/** The keys that the options give, or undefined: then the site's are meant. */
async function givenKeys(options: Options, token: string, command: Command): Promise<SsoKey[] | undefined> {
  const { secret, publicKey, jwks } = options
  if (secret !== undefined) return [makeKey(options, '--secret', 'HS256', { secret: Buffer.from(secret) })]
  if (publicKey !== undefined) {
    const text = await readFile(publicKey, 'utf8').catch(() => undefined)
    if (text === undefined) return command.error(`error: ${publicKey} cannot be read`)
    const isEd = !('unusable' in readPublicKey(text, 'EdDSA'))
    return [makeKey(options, publicKey, isEd ? 'EdDSA' : 'RS256', { publicKey: text })]
  }
  if (jwks === undefined) return undefined
  if (!URL.canParse(jwks)) command.error(`error: ${jwks} is no address`)
  return [makeKey(options, jwks, saysEdDsa(token) ? 'EdDSA' : 'RS256', { setUrl: jwks })]
}

/** Whoever tries a set has not said for which algorithm it will be set. */
function saysEdDsa(token: string): boolean {
  try {
    return decodeProtectedHeader(token).alg === 'EdDSA'
  } catch {
    return false
  }
}

const makeKey = (
  { issuer = null, audience = null }: { issuer?: string | null; audience?: string | null },
  label: string,
  algorithm: SsoAlgorithm,
  material: SsoKey['material'],
): SsoKey => ({ id: 'given', label, kid: null, algorithm, material, issuer, audience, roles })

const marks = { true: '✓', false: '✗' }

function describe(trial: Trial): string {
  const lines = trial.check.steps.map(
    ({ step, isGood, says }) => `${marks[`${isGood}`]} ${step.padEnd(9)} ${says}`,
  )
  return [...lines, '', ...sayOutcome(trial)].join('\n')
}

function toJson({ check, who }: Trial): object {
  const { steps } = check
  if ('claims' in check) return { good: true, steps, claims: check.claims, who }
  const { refused, why } = check.refusal
  return { good: false, steps, refused, why, help: ssoRefusals[refused] }
}

/* Making */

const MINUTES = 5

async function make(options: Options, command: Command, run: Run): Promise<void> {
  const keys = (await givenKeys(options, '', command)) ?? (await run(keysOfSite, command))
  const key = keys.find((one) => 'secret' in one.material)
  if (!key || !('secret' in key.material))
    return fail('The site has no shared secret to sign with: give --secret.')
  const { secret } = key.material
  if (secret.length < LEAST_SECRET)
    return fail(
      `The secret has ${secret.length} bytes and needs ${LEAST_SECRET} or more (openssl rand -hex 32).`,
    )
  const claims = makeClaims(options, key, Math.floor(Date.now() / 1000))
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT', ...(key.kid === null ? {} : { kid: key.kid }) })
    .sign(secret)
  print(options.json ? JSON.stringify({ token, claims }) : token)
}

const keysOfSite = async (app: App) => siteKeys(app, makeAddresses(await readSecret(app.settings)))

/** @param iat seconds since 1970 */
function makeClaims(options: Options, { issuer, audience }: SsoKey, iat: number): Record<string, unknown> {
  const { id, name, email, emailVerified, role, coral } = options
  const around = {
    jti: randomUUID(),
    iat,
    exp: iat + MINUTES * 60,
    ...(issuer === null ? {} : { iss: issuer }),
    ...(audience === null ? {} : { aud: audience }),
  }
  const more = { ...(email === undefined ? {} : { email }) }
  if (coral)
    return { ...around, user: { id, username: name, ...more, ...(role ? { role: role.toUpperCase() } : {}) } }
  return {
    ...around,
    sub: id,
    name,
    ...more,
    ...(emailVerified ? { email_verified: true } : {}),
    ...(role ? { role } : {}),
  }
}

const print = (text: string): void => void process.stdout.write(`${text}\n`)

function fail(message: string): void {
  process.stderr.write(`${message}\n`)
  process.exitCode = 1
}
