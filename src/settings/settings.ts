/** What can be configured. One table gives the types, the defaults, `--help` and docs/guides/settings.md. */
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

type Setting<T> = { env: string; default: T; read: (text: string) => T; help: string }

const text = (value: string) => value
const optional = (value: string): string | null => value || null
const list = (value: string) => value.split(/[\s,]+/).filter(Boolean)
const onOff = (value: string) => {
  if (value === 'on' || value === 'true' || value === '1') return true
  if (value === 'off' || value === 'false' || value === '0') return false
  throw new Error('on or off')
}
const whole = (least: number, most: number) => (value: string) => {
  const number = Number(value)
  if (!/^\d+$/.test(value) || number < least || number > most)
    throw new Error(`a whole number from ${least} to ${most}`)
  return number
}
const origin = (value: string): string | null => {
  if (!value) return null
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search || url.username)
    throw new Error('an origin such as https://talk.news.example')
  return url.origin
}

const origins = (value: string): string[] => list(value).map((given) => origin(given)!)

const file = (value: string): string | null => {
  if (!value) return null
  if (!existsSync(value)) throw new Error('a file that is there')
  return resolve(value)
}

/** Bytes, as the newsroom's own code sees them (RFC 7518, 3.2). */
const sharedSecret = (value: string): string | null => {
  if (value && Buffer.byteLength(value) < 32) throw new Error('32 bytes or more (openssl rand -hex 32)')
  return value || null
}

const setting = <T>(env: string, fallback: T, read: (text: string) => T, help: string): Setting<T> => ({
  env,
  default: fallback,
  read,
  help,
})

export const settingsTable = {
  port: setting(
    'DETENTE_PORT',
    8080,
    whole(0, 65535),
    'port to listen on; 0 takes any free one and prints it',
  ),
  host: setting('DETENTE_HOST', '127.0.0.1', text, 'address to listen on'),
  data: setting('DETENTE_DATA', './data', text, 'folder for the embedded PostgreSQL and the secrets'),
  databaseUrl: setting(
    'DATABASE_URL',
    null,
    optional,
    'a PostgreSQL server to use instead of the embedded one',
  ),
  publicUrl: setting('DETENTE_URL', null, origin, 'origin that readers see, when a proxy stands in front'),
  trustedProxies: setting(
    'DETENTE_PROXIES',
    0,
    whole(0, 10),
    'how many proxies stand in front (for the reader’s address)',
  ),
  rateLimits: setting(
    'DETENTE_RATE_LIMITS',
    true,
    onOff,
    'limits per reader and network: on or off (off for benchmarks)',
  ),
  cacheMegabytes: setting('DETENTE_CACHE_MB', 32, whole(1, 65536), 'memory for rendered pages, in MB'),
  poolSize: setting('DETENTE_POOL', 10, whole(2, 200), 'database connections of this process'),
  smtpUrl: setting(
    'DETENTE_SMTP_URL',
    null,
    optional,
    'mail server, smtps://user:password@host; without one, mails are printed to the log',
  ),
  mailFrom: setting('DETENTE_MAIL_FROM', 'Detente <talk@localhost>', text, 'sender of mails'),
  origins: setting(
    'DETENTE_ORIGINS',
    [] as string[],
    list,
    'more origins that may embed the first site, comma-separated',
  ),
  fetchAllow: setting(
    'DETENTE_FETCH_ALLOW',
    [] as string[],
    origins,
    'origins that the server may call although they are not on the open internet, comma-separated',
  ),
  secret: setting(
    'DETENTE_SECRET',
    null,
    optional,
    'secret that keys are derived from, 32 characters or more; otherwise a file in the data folder',
  ),
  ssoSecret: setting(
    'DETENTE_SSO_SECRET',
    null,
    sharedSecret,
    'secret that the newsroom signs its readers’ tokens with (HS256, the first site’s), 32 bytes or more',
  ),
  networkDays: setting(
    'DETENTE_NETWORK_DAYS',
    30,
    whole(0, 30),
    'days that a keyed hash of a commenter’s network is kept for moderators; 0 keeps none',
  ),
  breachedPasswords: setting(
    'DETENTE_BREACHED_PASSWORDS',
    null,
    file,
    'sorted file of SHA-1 hashes of passwords that became known (as haveibeenpwned.com gives it); none of them is taken',
  ),
  disposableDomains: setting(
    'DETENTE_DISPOSABLE_DOMAINS',
    null,
    file,
    'file of domains of throw-away mailboxes, one a line, beside the short list that is built in',
  ),
  sample: setting(
    'DETENTE_SAMPLE',
    true,
    onOff,
    'fill an empty database with the sample newsroom: on or off',
  ),
  logLevel: setting('DETENTE_LOG', 'info', text, 'trace, debug, info, warn, error or silent'),
}

export type Settings = { [K in keyof typeof settingsTable]: (typeof settingsTable)[K]['default'] }

/** Settings from the environment, flags over it. Throws an Error naming the variable when one cannot be read. */
export function readSettings(env: NodeJS.ProcessEnv, flags: Partial<Settings> = {}): Settings {
  const settings: Record<string, unknown> = {}
  for (const [name, { env: variable, default: fallback, read }] of Object.entries(settingsTable) as [
    string,
    Setting<unknown>,
  ][]) {
    const given = env[variable]
    try {
      settings[name] = given === undefined ? fallback : read(given)
    } catch (error) {
      const shown = variable.endsWith('SECRET') ? '…' : given
      throw new Error(`${variable}=${shown}: expected ${(error as Error).message}`)
    }
  }
  const given = Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined))
  const all = { ...settings, ...given } as Settings
  return { ...all, data: resolve(all.data) }
}

/** The package's root folder: where migrations/, sample/ and dist/ stand, from source and from the bundle alike. */
export const packageRoot = (() => {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder)
  return folder
})()
