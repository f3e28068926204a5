/** The server: every room's routes, in one readable list, made once a site. */
import swagger from '@fastify/swagger'
import type { Logger } from 'pino'
import type { App } from './context.ts'
import {
  type Connection,
  connect,
  connectAlone,
  inTransaction,
  isDatabaseDown,
  readDurability,
} from './database/connect.ts'
import { dropOldAnswers } from './database/idempotency-store.ts'
import { migrate } from './database/migrate.ts'
import { makeDiscussion } from './discussion/actions.ts'
import { discussionRoutes } from './discussion/routes.ts'
import { assetRoutes } from './http/assets.ts'
import type { Server } from './http/fastify.ts'
import { makeFetcher } from './http/fetching.ts'
import { keepLanguage } from './http/kept-language.ts'
import { type Limits, makeLimits } from './http/limits.ts'
import { drain, listen, makeListener } from './http/listener.ts'
import { PageCache } from './http/page-cache.ts'
import { makeServer } from './http/server.ts'
import { hear } from './live/hear.ts'
import { Live } from './live/live.ts'
import { liveRoutes } from './live/routes.ts'
import { listEvents, readPosition } from './live/store.ts'
import { moderationRoutes } from './moderation/routes.ts'
import { commentForms } from './pages/comment/routes.ts'
import { doorPages } from './pages/desk/people/door.ts'
import { invitationPages } from './pages/desk/people/invitations.ts'
import { peoplePages } from './pages/desk/people/routes.ts'
import { providerPages } from './pages/desk/providers.ts'
import { deskPages } from './pages/desk/routes.ts'
import { ssoPages } from './pages/desk/sso.ts'
import { homePages } from './pages/home/routes.ts'
import { followPages } from './pages/me/follow-routes.ts'
import { mePages } from './pages/me/routes.ts'
import { sendProblemPage } from './pages/problem/problem-page.ts'
import { profilePages } from './pages/profile/routes.ts'
import { rightsPages } from './pages/rights/routes.ts'
import { searchPages } from './pages/search/routes.ts'
import { storyPages } from './pages/story/routes.ts'
import { EndedSessions } from './people/ended.ts'
import { forgetEnded } from './people/ended-store.ts'
import { sweepErased } from './people/erase-store.ts'
import { guestRoutes } from './people/guest-routes.ts'
import { makeMailer } from './people/mail.ts'
import { meRoutes } from './people/me-routes.ts'
import { muteRoutes } from './people/mute-routes.ts'
import { destroyNetworkKeys } from './people/network-store.ts'
import { forgetUnused } from './people/one-time.ts'
import { passkeyRoutes } from './people/passkey-routes.ts'
import { passwordRoutes } from './people/password-routes.ts'
import { makePeople, type People } from './people/people.ts'
import { peopleRoutes } from './people/people-routes.ts'
import { providerRoutes } from './people/provider-routes.ts'
import { recognise } from './people/recognise.ts'
import { sessionRoutes, signInRoutes } from './people/routes.ts'
import { readSecret } from './people/secret.ts'
import { forgetExpired } from './people/sessions.ts'
import type { Settings } from './settings/settings.ts'
import { readReference, resolveStory } from './stories/actions.ts'
import { storyRoutes } from './stories/routes.ts'
import { insertFirstSite, readSites } from './stories/site-store.ts'
import { Sites } from './stories/sites.ts'

/** `app` is the first site's. */
export type Opened = { app: App; sites: Sites; connection: Connection; close: () => Promise<void> }

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
  const found = await readSites(db)
  if (found.length === 0) await inTransaction(db, (tx) => insertFirstSite(tx, 'Detente', now()))
  const all = found.length > 0 ? found : await readSites(db)
  const app: App = {
    settings,
    origin: settings.publicUrl ?? `http://${settings.host}:${settings.port}`,
    site: all[0]!,
    sites: () => [app],
    db,
    pages,
    live,
    fetcher: makeFetcher(settings),
    log,
    now,
  }
  const close = async () => {
    live.close()
    await db.destroy()
    if (!pool.ended) await pool.end()
  }
  return { app, sites: new Sites(app, all), connection, close }
}

/** `app` and `server` are the first site's. */
export type Running = {
  server: Server
  app: App
  sites: Sites
  address: string
  stop: () => Promise<void>
}

/** What nobody asks for any more goes: once in ten minutes, in every process. */
const doChores = async ({ db, now, settings }: App): Promise<void> => {
  for (const chore of [dropOldAnswers, forgetUnused, forgetExpired, forgetEnded, sweepErased])
    await chore(db, now())
  await destroyNetworkKeys(db, now(), settings.networkDays)
}

/** Serves readers until `stop`, which drains: no new requests, the running ones finish, streams end. */
export async function serve({ app, sites, connection, close }: Opened): Promise<Running> {
  const { settings } = app
  const limits = makeLimits(settings.rateLimits)
  const ended = new EndedSessions()
  const people = makePeople(await readSecret(settings), settings, {
    mail: makeMailer(settings, app.log),
    limits,
    ended,
  })
  const servers = new Map<App, Promise<Server>>()
  const serverOf = (site: App): Promise<Server> => {
    const server = servers.get(site) ?? makeSiteServer(site, people, limits)
    servers.set(site, server)
    return server
  }

  const server = await serverOf(app)
  const listener = makeListener((host) => sites.at(host), serverOf)
  const address = await listen(listener, settings.port, settings.host)
  if (!settings.publicUrl) sites.moveFirst(address)

  const stopHearing = hear(
    app,
    () => connectAlone(connection),
    (siteId) => sites.hear(siteId),
  )
  sites.start()
  await ended.start(app)
  const chores = setInterval(() => void doChores(app).catch(() => undefined), 600_000).unref()
  return {
    server,
    app,
    sites,
    address,
    stop: async () => {
      clearInterval(chores)
      await ended.stop()
      app.live.close()
      await Promise.race([drain(listener), new Promise((resolve) => setTimeout(resolve, 20_000).unref())])
      for (const made of await Promise.all(servers.values())) await made.close()
      await stopHearing()
      await sites.stop()
      await close()
    },
  }
}

/** Every route, for one site: each closes over that site's `App`. */
async function makeSiteServer(app: App, people: People, limits: Limits): Promise<Server> {
  const discussion = makeDiscussion(app, people)
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
    commentForms(routes, app, discussion, people)
    searchPages(routes, app, limits)
    signInRoutes(routes, app, people)
    mePages(routes, app, people)
    rightsPages(routes, app, people)
    followPages(routes, app, limits)
    profilePages(routes, app)
    deskPages(routes, app)
    peoplePages(routes, app, people)
    invitationPages(routes, app)
    doorPages(routes, app)
    providerPages(routes, app, people)
    ssoPages(routes, app, people)
    meRoutes(routes, app, people)
    passwordRoutes(routes, app, people)
    guestRoutes(routes, app, people)
    muteRoutes(routes, app, people)
    peopleRoutes(routes, app, people)
    providerRoutes(routes, app, people)
    passkeyRoutes(routes, app, people)
    sessionRoutes(routes, app, people)
    storyRoutes(routes, app, limits)
    discussionRoutes(routes, app, discussion, limits)
    moderationRoutes(routes, app, limits)
    liveRoutes(routes, app, (name) => resolveStory(app, readReference(name)))
    healthRoutes(routes, app)
    routes.get('/api/openapi.json', { schema: { hide: true } }, () => server.swagger())
  })
  await server.ready()
  return server
}

function healthRoutes(server: Server, app: App): void {
  server.get('/health/live', { schema: { hide: true } }, () => ({ live: true }))
  server.get('/health/ready', { schema: { hide: true } }, async (_request, reply) => {
    try {
      await readSites(app.db)
      return reply.send({ ready: true })
    } catch (error) {
      if (!isDatabaseDown(error)) throw error
      return reply.status(503).send({ ready: false })
    }
  })
}
