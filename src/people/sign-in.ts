/** Proving a mailbox by a link. better-auth keeps the identities and sees to it that a link counts once; it is called
 *  as a library: none of its routes is mounted, none of its cookies set. Its session gets a secret of ours, of which
 *  the database knows the hash only.
 *
 *  It is loaded by the first who wants a link: it takes half a second and 40 MB, which a server that is only read
 *  need not spend. */
import type { App } from '../context.ts'
import { newId } from '../database/ids.ts'
import { LINK_MINUTES, newSecret, SESSION_DAYS } from './one-time.ts'

export type LinkKeeper = {
  /** Makes a link's token and has it delivered. Throws what the delivery throws. */
  makeLink: (email: string, deliver: (token: string) => Promise<void>) => Promise<void>
  /** Uses a token up: a new session of the identity whose mailbox it proves, or undefined for a token that was
   *  used meanwhile. */
  useLink: (token: string) => Promise<{ sessionId: string; identityId: string } | undefined>
}

type Auth = Awaited<ReturnType<typeof loadAuth>>

/** @param secret better-auth's own key, ≥ 32 characters */
export function makeLinkKeeper(app: App, secret: string): LinkKeeper {
  const deliveries = new Map<string, (token: string) => Promise<void>>()
  let loading: Promise<Auth> | undefined
  const auth = () => {
    loading ??= loadAuth(app, secret, (call, token) => deliveries.get(call)!(token))
    return loading
  }
  return {
    async makeLink(email, deliver) {
      const call = newId()
      deliveries.set(call, deliver)
      try {
        await (await auth()).api.signInMagicLink({
          body: { email, metadata: { call } },
          headers: new Headers(),
        })
      } finally {
        deliveries.delete(call)
      }
    },
    async useLink(token) {
      try {
        const { session } = await (await auth()).api.magicLinkVerify({
          query: { token },
          headers: new Headers(),
        })
        return { sessionId: session.id, identityId: session.userId }
      } catch (error) {
        if (isRedirect(error)) return undefined
        throw error
      }
    },
  }
}

/** How better-auth refuses a link: it sends the browser elsewhere. */
const isRedirect = (error: unknown): boolean =>
  error instanceof Error && error.name === 'APIError' && 'status' in error && error.status === 'FOUND'

async function loadAuth(app: App, secret: string, deliver: (call: string, token: string) => Promise<void>) {
  const [{ betterAuth }, { magicLink }] = await Promise.all([
    import('better-auth'),
    import('better-auth/plugins/magic-link'),
  ])
  const times = { createdAt: 'created_at', updatedAt: 'updated_at' }
  return betterAuth({
    appName: 'Detente',
    // Asked for, but nothing of it is ever shown: links are ours.
    baseURL: 'http://localhost',
    secret,
    database: { db: app.db.withoutPlugins(), type: 'postgres', transaction: true },
    user: { modelName: 'identity', fields: { emailVerified: 'email_verified', ...times } },
    session: {
      expiresIn: SESSION_DAYS * 24 * 60 * 60,
      fields: {
        userId: 'identity_id',
        expiresAt: 'expires_at',
        ipAddress: 'ip_address',
        userAgent: 'user_agent',
        ...times,
      },
    },
    account: {
      modelName: 'credential',
      fields: {
        userId: 'identity_id',
        accountId: 'account_id',
        providerId: 'provider_id',
        accessToken: 'access_token',
        refreshToken: 'refresh_token',
        idToken: 'id_token',
        accessTokenExpiresAt: 'access_token_expires_at',
        refreshTokenExpiresAt: 'refresh_token_expires_at',
        ...times,
      },
    },
    verification: { fields: { expiresAt: 'expires_at', ...times } },
    advanced: { database: { generateId: () => newId() }, ipAddress: { disableIpTracking: true } },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { level: 'warn', log: (_level, message) => app.log.warn({ from: 'better-auth' }, message) },
    plugins: [
      magicLink({
        expiresIn: LINK_MINUTES * 60,
        storeToken: 'hashed',
        generateToken: newSecret,
        sendMagicLink: ({ token, metadata }) => deliver(String(metadata?.call), token),
      }),
    ],
  })
}
