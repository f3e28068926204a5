/** The sites of this process: for each an `App` of its own, kept as the database has it. What one process changes, the
 *  others hear of by NOTIFY (`tellOfSite`); as a notice may be lost, each also looks every two seconds. */
import { isDeepStrictEqual } from 'node:util'
import type { App, Site } from '../context.ts'
import { isDatabaseDown } from '../database/connect.ts'
import type { Problem } from '../problem.ts'
import { findSite } from './site.ts'
import { readSites } from './site-store.ts'

const EVERY = 2_000

export class Sites {
  /** The installation's own: what comes to no site's address comes to it. */
  readonly first: App
  readonly #apps = new Map<string, App>()
  #hosts = new Map<string, App>()
  #home: string
  #reading: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  /** @param first with the installation's origin, which is where its site is while that has no address of its own
   *  @param sites all of them, that one too */
  constructor(first: App, sites: Site[]) {
    this.first = first
    first.sites = () => this.all
    this.#apps.set(first.site.id, first)
    this.#home = first.origin
    this.moveFirst(first.origin)
    this.#take(sites)
  }

  /** All, the installation's own first. */
  get all(): App[] {
    return [...this.#apps.values()]
  }

  /** @param origin where the installation turned out to listen, when no address was given */
  moveFirst(origin: string): void {
    this.#home = origin
    this.first.origin = this.first.site.address ?? origin
    this.#nameHosts()
  }

  /** The site that a request is for (RFC 9110, 7.2). A host that nobody has gets the first: the name is only ever used to
   *  choose, never to write an address with. */
  at(host: string | undefined): App {
    if (this.#apps.size === 1 || host === undefined) return this.first
    return this.#hosts.get(host) ?? this.#hosts.get(plainHost(host)) ?? this.first
  }

  /** A site by what an operator calls it: its address, id or name; the first when nothing is said. */
  find(called: string | undefined): App | Problem {
    return called === undefined ? this.first : findSite(this.all, called)
  }

  /** Reads all sites: new ones are added, changed ones take their new form and lose their pages. One reading at a time, so
   *  that an older answer never comes after a newer one. */
  refresh(): Promise<void> {
    const read = this.#reading.then(async () => this.#take(await readSites(this.first.db)))
    this.#reading = read.catch(() => undefined)
    return read
  }

  /** Something was changed on a site, here or in another process. */
  async hear(siteId: string): Promise<void> {
    this.first.pages.forgetSite(siteId)
    await this.#refreshIfPossible()
  }

  /** Looks for changes until `stop`. */
  start(): void {
    const again = () => {
      this.#timer = setTimeout(async () => {
        await this.#refreshIfPossible()
        if (!this.#stopped) again()
      }, EVERY).unref()
    }
    again()
  }

  /** Resolves when nothing is being read any more. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#reading
  }

  async #refreshIfPossible(): Promise<void> {
    if (this.#stopped) return
    try {
      await this.refresh()
    } catch (error) {
      if (!isDatabaseDown(error)) this.first.log.error({ err: error }, 'the sites could not be read')
    }
  }

  #take(sites: Site[]): void {
    for (const site of sites) {
      const known = this.#apps.get(site.id)
      if (!known) this.#apps.set(site.id, this.#makeApp(site))
      else if (!isDeepStrictEqual(known.site, site)) {
        known.site = site
        known.origin = site.address ?? this.#home
        known.pages.forgetSite(site.id)
      }
    }
    this.#nameHosts()
  }

  /** Everything is shared but the site, where it is, and what the settings say of the first one alone. */
  #makeApp(site: Site): App {
    const { first } = this
    const settings = { ...first.settings, origins: [], ssoSecret: null, publicUrl: site.address }
    return { ...first, settings, site, origin: site.address ?? this.#home, now: () => first.now() }
  }

  #nameHosts(): void {
    this.#hosts = new Map(this.all.reverse().map((app) => [new URL(app.origin).host, app]))
  }
}

/** A host without what makes no difference: case, the dot at its end, the port that its scheme has anyway. */
const plainHost = (host: string): string =>
  host
    .toLowerCase()
    .replace(/:(80|443)$/, '')
    .replace(/\.(?=:\d+$|$)/, '')
