/** What every action and route is given: made in app.ts and stories/sites.ts, passed down, never global. */
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { DomainEffect, Mode, Tables } from './database/tables.ts'
import type { Fetcher } from './http/fetching.ts'
import type { PageCache } from './http/page-cache.ts'
import type { Live } from './live/live.ts'
import type { Door } from './settings/door.ts'
import type { Settings } from './settings/settings.ts'

/** Who may write under a story, or under all of a section or site: null inherits from above. */
export type Gate = {
  mode: Mode | null
  modeReason: string | null
  modeSince: Date | null
  closeAfterDays: number | null
}

/** A publication. Held in memory: every page says its name. Never changed in place: what changes is another value. */
export type Site = {
  id: string
  name: string
  /** Origin where readers find it; null: the installation's own (DETENTE_URL, or where it listens). */
  address: string | null
  language: string
  /** Languages that readers are offered, its own among them; empty: all that there are words in. */
  languages: string[]
  timeZone: string
  rules: string
  /** Origins of the newsroom's own pages, which may embed. */
  origins: string[]
  door: Door
  /** What is done about newcomers by the domain of their mail address, in order of the domains' names. */
  domainRules: { domain: string; effect: DomainEffect }[]
} & Gate

/** One a site. All but settings, origin and site is one thing for all sites of the process. */
export type App = {
  /** As they hold for this site: DETENTE_ORIGINS is the first one's alone. */
  settings: Settings
  /** Where readers find us, e.g. https://talk.news.example: the only source of absolute addresses. */
  origin: string
  site: Site
  /** All sites of the installation with where they are, this one among them, the installation's own first. */
  sites: () => { site: Site; origin: string }[]
  db: Kysely<Tables>
  pages: PageCache
  live: Live
  /** The only way out to the web. */
  fetcher: Fetcher
  log: Logger
  now: () => Date
}
