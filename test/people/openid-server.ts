import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'

type Account = { email?: string; email_verified?: boolean | string; name?: string }

export type OpenIdServer = {
  issuer: string
  accounts: Map<string, Account>
  /** Who signs in there next; null: they say no. */
  who: string | null
  begin: (client: { id: string; secret: string | null; callbacks: string[] }) => void
  stop: () => Promise<void>
}

/** A real OpenID Connect provider on the loopback, whose people sign in by themselves. Its address is known before it has
 *  clients: `begin` gives it one. */
export async function listenOpenId(): Promise<OpenIdServer> {
  let provider: Provider | undefined
  const server: Server = createServer((request, response) => {
    if (!provider) response.writeHead(503).end()
    else if (request.url?.startsWith('/meet/')) void meet(provider)
    else provider.callback()(request, response)
    async function meet(provider: Provider) {
      const { who } = openId
      const result =
        who === null ? { error: 'access_denied', error_description: 'no' } : { login: { accountId: who } }
      await provider.interactionFinished(request, response, result)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const openId: OpenIdServer = {
    issuer,
    accounts: new Map(),
    who: null,
    begin({ id, secret, callbacks }) {
      provider = new Provider(issuer, {
        clients: [
          {
            client_id: id,
            redirect_uris: callbacks,
            ...(secret === null ? { token_endpoint_auth_method: 'none' } : { client_secret: secret }),
          },
        ],
        claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
        features: { devInteractions: { enabled: false } },
        cookies: { keys: ['a key of the test'] },
        ttl: { Session: 600, Grant: 600, Interaction: 600, AccessToken: 600, IdToken: 600 },
        interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/meet/${uid}` },
        findAccount: (_context: unknown, accountId: string) => ({
          accountId,
          claims: async () => ({ sub: accountId, ...openId.accounts.get(accountId) }),
        }),
        // Nobody is asked whether they agree.
        loadExistingGrant: async ({
          oidc,
        }: {
          oidc: { client: { clientId: string }; session: { accountId: string } }
        }) => {
          const grant = new provider!.Grant({
            accountId: oidc.session.accountId,
            clientId: oidc.client.clientId,
          })
          grant.addOIDCScope('openid email profile')
          await grant.save()
          return grant
        },
      })
    },
    stop: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
  return openId
}
