/** An invented newsroom for tests: the whole product on a real PostgreSQL, a database of its own each time. */
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { openApp, type Running, serve } from '../src/app.ts'
import type { App } from '../src/context.ts'
import type { Role } from '../src/database/tables.ts'
import { makeLog } from '../src/http/log.ts'
import { makeScriptToken } from '../src/people/actions.ts'
import { deriveKey, readSecret } from '../src/people/secret.ts'
import { mintToken } from '../src/people/token.ts'
import { isProblem } from '../src/problem.ts'
import { readSettings, type Settings } from '../src/settings/settings.ts'
import { makeSiteKey } from '../src/stories/actions.ts'

/** How tests reach the one PostgreSQL that they share; set by test/global-setup.ts. */
declare module 'vitest' {
  export interface ProvidedContext {
    database: { host: string; port: number; user: string; database: string }
    data: string
  }
}

export type Newsroom = {
  app: App
  /** Address of the server, http://127.0.0.1:… */
  origin: string
  running: Running
  database: Pick<OwnDatabase, 'connection'>
  /** The key of the newsroom's CMS. */
  siteKey: string
  /** A request to the server; a body that is not text goes out as JSON. */
  call: (
    method: string,
    path: string,
    options?: { body?: unknown; token?: string; headers?: Record<string, string> },
  ) => Promise<Answer>
  /** A script token of a person by this name, made on first use. */
  tokenOf: (name: string, role?: Role) => Promise<string>
  /** The access token that a session of theirs gives: for our cookie (`origin` null), or for a newsroom's page. */
  sessionTokenOf: (name: string, role: Role | undefined, origin: string | null) => Promise<string>
  /** Puts a story under ext:<external> and answers its id. */
  putStory: (external?: string, fields?: Record<string, unknown>) => Promise<string>
  /** Writes a comment as `name` and answers its id. */
  comment: (story: string, name: string, text: string, parent?: string) => Promise<string>
  close: () => Promise<void>
}

export type Answer = {
  status: number
  headers: Headers
  text: string
  json: <T = Record<string, unknown>>() => T
}

/** A database of its own on the shared server. @returns its connection and how to drop it */
export async function makeDatabase(): Promise<{
  connection: ReturnType<typeof connectionTo>
  drop: () => Promise<void>
}> {
  const name = `test_${randomBytes(8).toString('hex')}`
  const admin = new pg.Client(inject('database'))
  await admin.connect()
  await admin.query(`create database ${name} template detente_template`)
  return {
    connection: connectionTo(name),
    drop: async () => {
      await admin.query(`drop database ${name} with (force)`)
      await admin.end()
    },
  }
}

/** Every route of a server, as "GET /s/:story": the router's own list, whose lines are indented by four. */
export function listRoutes({ server }: Running): string[] {
  const above: string[] = ['', '']
  return server
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap((line) => {
      const [, indent = '', path = '', methods = ''] = /^([\s│└├─]*)(\S+) \(([A-Z, ]+)\)$/.exec(line) ?? []
      const depth = indent.length / 4
      if (depth < 1) return []
      // Below the second level a line is what its path goes on with, slash or not: /me/erase, then d.
      above[depth] = depth === 1 ? '' : depth === 2 ? `/${path.replace(/^\//, '')}` : above[depth - 1] + path
      return methods.split(', ').map((method) => `${method} ${above[depth] || '/'}`)
    })
}

const connectionTo = (database: string) => ({ ...inject('database'), database })

type OwnDatabase = Awaited<ReturnType<typeof makeDatabase>>

/** @param shared the database of another newsroom, which drops it: for two servers at once, or one after the other */
export async function startNewsroom(
  settings: Partial<Settings> = {},
  shared?: Pick<OwnDatabase, 'connection'>,
): Promise<Newsroom> {
  const { connection, drop } = shared ? { ...shared, drop: async () => undefined } : await makeDatabase()
  const all = readSettings(
    {},
    {
      port: 0,
      data: inject('data'),
      sample: false,
      rateLimits: false,
      logLevel: 'error',
      poolSize: 5,
      ...settings,
    },
  )
  const running = await serve(await openApp(all, connection, makeLog(all.logLevel)))
  const { app } = running
  const tokens = new Map<string, Promise<string>>()
  const siteKey = await makeSiteKey(app, 'test')

  const call: Newsroom['call'] = async (method, path, { body, token, headers = {} } = {}) => {
    const isText = typeof body === 'string' || body instanceof Uint8Array
    const response = await fetch(`${running.address}${path}`, {
      method,
      redirect: 'manual',
      signal: AbortSignal.timeout(20_000),
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isText ? (body as string) : JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, json: <T>() => JSON.parse(text) as T }
  }

  const tokenOf: Newsroom['tokenOf'] = (name, role) => {
    const known = tokens.get(`${name} ${role}`)
    if (known) return known
    const made = readSecret(all).then(async (secret) => {
      const token = await makeScriptToken(app, deriveKey(secret, 'access token'), name, role ?? null)
      if (isProblem(token)) throw new Error(token.detail)
      return token.token
    })
    tokens.set(`${name} ${role}`, made)
    return made
  }

  return {
    app,
    origin: running.address,
    running,
    database: { connection },
    siteKey,
    call,
    tokenOf,
    sessionTokenOf: async (name, role, origin) => {
      const key = deriveKey(await readSecret(all), 'access token')
      const made = await makeScriptToken(app, key, name, role ?? null)
      if (isProblem(made)) throw new Error(made.detail)
      const { id } = made.person
      return (
        await mintToken(
          key,
          { personId: id, siteId: app.site.id, sessionId: id, isStrong: false, origin },
          app.now(),
        )
      ).token
    },
    putStory: async (external = 'ferry', fields = {}) => {
      const body = {
        title: 'The ferry that will not wait',
        body: ['The ferry leaves at six.', 'It does not wait.'],
        language: 'en',
        ...fields,
      }
      const answer = await call('PUT', `/api/stories/ext:${external}`, { token: siteKey, body })
      if (answer.status > 201) throw new Error(answer.text)
      return answer.json<{ id: string }>().id
    },
    comment: async (story, name, text, parent) => {
      const answer = await call('POST', `/api/stories/${story}/comments`, {
        token: await tokenOf(name),
        body: { text, parent: parent ?? null },
      })
      if (answer.status !== 201) throw new Error(answer.text)
      return answer.json<{ id: string }>().id
    },
    close: async () => {
      await running.stop()
      await drop()
    },
  }
}
