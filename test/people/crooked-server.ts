import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK, type KeyObject } from 'jose'

type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  form: URLSearchParams,
) => void | Promise<void>

export type CrookedServer = {
  issuer: string
  publicKey: JWK
  privateKey: KeyObject | CryptoKey
  /** What answers a path; anything can be put in the place of what is right. */
  paths: Map<string, Handler>
  /** Requests to its token address: what came with each. */
  tokens: { form: URLSearchParams; authorization: string | undefined }[]
  /** What came with the last visit to its sign-in page. */
  asked: URLSearchParams
  stop: () => void
}

export const sendJson = (response: ServerResponse, body: unknown, status = 200): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** A provider that does as it is told: it signs everyone in at once, and what its token address answers is the test's. */
export async function listenCrooked(): Promise<CrookedServer> {
  const paths = new Map<string, Handler>()
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const form = new URLSearchParams(Buffer.concat(chunks).toString())
    const path = request.url!.split('?')[0]!
    if (path === '/token') crooked.tokens.push({ form, authorization: request.headers.authorization })
    const handler = paths.get(path)
    if (handler) await handler(request, response, form)
    else response.writeHead(404).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
  const crooked: CrookedServer = {
    issuer,
    publicKey: { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' },
    privateKey,
    paths,
    tokens: [],
    asked: new URLSearchParams(),
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
  paths.set('/.well-known/openid-configuration', (_request, response) =>
    sendJson(response, {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    }),
  )
  paths.set('/keys', (_request, response) => sendJson(response, { keys: [crooked.publicKey] }))
  paths.set('/authorize', (request, response) => {
    crooked.asked = new URL(request.url!, issuer).searchParams
    const back = new URL(crooked.asked.get('redirect_uri')!)
    back.searchParams.set('code', 'a-code')
    back.searchParams.set('state', crooked.asked.get('state')!)
    response.writeHead(302, { location: back.href }).end()
  })
  return crooked
}
