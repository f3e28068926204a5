/** What every action and route is given: made once in app.ts, passed down, never global. */
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { Mode, Tables } from './database/tables.ts'
import type { PageCache } from './http/page-cache.ts'
import type { Live } from './live/live.ts'
import type { Settings } from './settings/settings.ts'

/** Who may write under a story, or under all of a section or site: null inherits from above. */
export type Gate = {
  mode: Mode | null
  modeReason: string | null
  modeSince: Date | null
  closeAfterDays: number | null
}

/** A publication. Held in memory: every page says its name. */
export type Site = {
  id: string
  name: string
  language: string
  timeZone: string
  rules: string
  origins: string[]
} & Gate

export type App = {
  settings: Settings
  /** Where readers find us, e.g. https://talk.news.example: the only source of absolute addresses. */
  origin: string
  site: Site
  db: Kysely<Tables>
  pages: PageCache
  live: Live
  log: Logger
  now: () => Date
}
