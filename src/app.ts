/** The server: every room's routes, in one readable list. */
import type { AddressInfo } from 'node:net'
import swagger from '@fastify/swagger'
import type { Logger } from 'pino'
import type { App, Site } from './context.ts'
import { type Connection, connect, connectAlone, isDatabaseDown, readDurability } from './database/connect.ts'
import { dropOldAnswers } from './database/idempotency-store.ts'
import { migrate } from './database/migrate.ts'
import { makeDiscussion } from './discussion/actions.ts'
import { discussionRoutes } from './discussion/routes.ts'
import { assetRoutes } from './http/assets.ts'
import type { Server } from './http/fastify.ts'
import { keepLanguage } from './http/kept-language.ts'
import { makeLimits } from './http/limits.ts'
import { PageCache } from './http/page-cache.ts'
import { makeServer } from './http/server.ts'
import { hear } from './live/hear.ts'
import { Live } from './live/live.ts'
import { liveRoutes } from './live/routes.ts'
import { listEvents, readPosition } from './live/store.ts'
import { moderationRoutes } from './moderation/routes.ts'
import { commentForms } from './pages/comment/routes.ts'
import { deskPages } from './pages/desk/routes.ts'
import { homePages } from './pages/home/routes.ts'
import { mePages } from './pages/me/routes.ts'
import { sendProblemPage } from './pages/problem/problem-page.ts'
import { searchPages } from './pages/search/routes.ts'
import { storyPages } from './pages/story/routes.ts'
import { makeMailer } from './people/mail.ts'
import { makePeople } from './people/people.ts'
import { recognise } from './people/recognise.ts'
import { sessionRoutes, signInRoutes } from './people/routes.ts'
import { readSecret } from './people/secret.ts'
import type { Settings } from './settings/settings.ts'
import { readReference, resolveStory } from './stories/actions.ts'
import { storyRoutes } from './stories/routes.ts'
import { insertSite, readFirstSite } from './stories/store.ts'

export type Opened = { app: App; connection: Connection; close: () => Promise<void> }

/** The database brought up to date, and what every action needs: for the server and for commands alike.
 *  @throws an Error in words for the operator when the database does not keep what it acknowledges */
export async function openApp(settings: Settings, connection: Connection, log: Logger): Promise<Opened> {
  const { db, pool } = connect(connection, settings.poolSize, (error) =>
    log.warn({ err: error }, 'a database connection was lost'),
  )
  const off = await readDurability(db)
  if (off.length > 0)
    throw new Error(
      `The database has ${off.join(' and ')} off: it could lose comments it said were saved. Switch it on.`,
    )
  await migrate(db)
  const pages = new PageCache(settings.cacheMegabytes * 1024 * 1024)
  const live = new Live(
    {
      list: (storyId, after, limit) => listEvents(db, storyId, after, limit),
      position: (storyId) => readPosition(db, storyId),
    },
    {
      wake: (storyId) => pages.forget(storyId),
      hide: (storyId) => pages.drop(storyId),
      error: (error) => log.warn({ err: error }, 'live updates wait for the database'),
    },
  )
  const now = () => new Date()
  const site = await firstSite(db, now())
  const app: App = {
    settings,
    origin: settings.publicUrl ?? `http://${settings.host}:${settings.port}`,
    site,
    db,
    pages,
    live,
    log,
    now,
  }
  const close = async () => {
    live.close()
    await db.destroy()
    if (!pool.ended) await pool.end()
  }
  return { app, connection, close }
}

/** The first site, made on the first start; its name is changed on the desk. */
async function firstSite(db: App['db'], now: Date): Promise<Site> {
  const found = await readFirstSite(db)
  if (found) return found
  await insertSite(db, { name: 'Detente', language: 'en', timeZone: 'UTC', rules: '', origins: [] }, now)
  return (await readFirstSite(db))!
}

export type Running = { server: Server; app: App; address: string; stop: () => Promise<void> }

/** Serves readers until `stop`, which drains: no new requests, the running ones finish, streams end. */
export async function serve({ app, connection, close }: Opened): Promise<Running> {
  const { settings } = app
  const limits = makeLimits(settings.rateLimits)
  const people = makePeople(app, await readSecret(settings), makeMailer(settings, app.log), limits)
  const discussion = makeDiscussion(app)
  const server = makeServer(app, (request, reply, problem) => sendProblemPage(app, request, reply, problem))
  keepLanguage(server, app)

  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Detente',
        version: '1',
        description: 'Stories, discussions, decisions. Errors are RFC 9457.',
      },
    },
  })
  await server.register(async (routes: Server) => {
    recognise(routes, app, people)
    assetRoutes(routes)
    homePages(routes, app)
    storyPages(routes, app)
    commentForms(routes, app, discussion, limits)
    searchPages(routes, app, limits)
    signInRoutes(routes, app, people)
    mePages(routes, app)
    deskPages(routes, app)
    sessionRoutes(routes, app, people)
    storyRoutes(routes, app, limits)
    discussionRoutes(routes, app, discussion, limits)
    moderationRoutes(routes, app, limits)
    liveRoutes(routes, app, (name) => resolveStory(app, readReference(name)))
    healthRoutes(routes, app)
    routes.get('/api/openapi.json', { schema: { hide: true } }, () => server.swagger())
  })

  await server.listen({ port: settings.port, host: settings.host })
  const { port } = server.server.address() as AddressInfo
  const address = `http://${settings.host.includes(':') ? `[${settings.host}]` : settings.host}:${port}`
  if (!settings.publicUrl) app.origin = address

  const stopHearing = hear(app, () => connectAlone(connection))
  const chores = setInterval(() => dropOldAnswers(app.db, app.now()).catch(() => undefined), 600_000).unref()
  return {
    server,
    app,
    address,
    stop: async () => {
      clearInterval(chores)
      app.live.close()
      await Promise.race([server.close(), new Promise((resolve) => setTimeout(resolve, 20_000).unref())])
      await stopHearing()
      await close()
    },
  }
}

function healthRoutes(server: Server, app: App): void {
  server.get('/health/live', { schema: { hide: true } }, () => ({ live: true }))
  server.get('/health/ready', { schema: { hide: true } }, async (_request, reply) => {
    try {
      await readFirstSite(app.db)
      return reply.send({ ready: true })
    } catch (error) {
      if (!isDatabaseDown(error)) throw error
      return reply.status(503).send({ ready: false })
    }
  })
}
