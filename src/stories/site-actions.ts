/** What is done about a site as a whole. */
import type { App } from '../context.ts'
import { type Database, inTransaction, isTaken } from '../database/connect.ts'
import type { DomainEffect } from '../database/tables.ts'
import { putDomainRule } from '../people/domain-rules.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import type { Door } from '../settings/door.ts'
import { readAddress, readSiteFields } from './site.ts'
import { insertSite, readSite, type SiteFields, setDoor, tellOfSite, updateSite } from './site-store.ts'

/** Changes what a site says of itself, in which languages, and who may embed it. */
export async function changeSite(app: App, fields: SiteFields): Promise<{ done: true } | Problem> {
  const read = readSiteFields(fields)
  if (isProblem(read)) return read
  const { id } = app.site
  app.site = await inTransaction(app.db, async (tx) => {
    await updateSite(tx, id, read)
    await tellOfSite(tx, id)
    return readSite(tx, id)
  })
  app.pages.forgetSite(id)
  return { done: true }
}

/** Changes how one comes in. */
export const changeDoor = (app: App, door: Door): Promise<void> =>
  changeEntry(app, (tx) => setDoor(tx, app.site.id, door))

/** What is done from now on about newcomers by the domain of their mail address.
 *  @param domain as `readDomain` gives it
 *  @param effect null: nothing */
export const changeDomainRule = (app: App, domain: string, effect: DomainEffect | null): Promise<void> =>
  changeEntry(app, (tx) => putDomainRule(tx, { siteId: app.site.id, domain, effect }, app.now()))

async function changeEntry(app: App, write: (tx: Database) => Promise<void>): Promise<void> {
  const { id } = app.site
  app.site = await app.db.transaction().execute(async (tx) => {
    await write(tx)
    await tellOfSite(tx, id)
    return readSite(tx, id)
  })
  app.pages.forgetSite(id)
}

/** Adds a site to the installation. Running servers answer at its address within two seconds.
 *  @param app of any site there is
 *  @returns its id */
export async function addSite(
  app: App,
  given: { name: string; address: string; language: string; timeZone: string },
): Promise<{ id: string } | Problem> {
  const fields = readSiteFields({ ...given, rules: '', origins: [], languages: [] })
  if (isProblem(fields)) return fields
  const address = readAddress(
    given.address,
    app.sites().map(({ origin }) => origin),
  )
  if (isProblem(address)) return address
  const { name, language, timeZone } = fields
  try {
    return await inTransaction(app.db, async (tx) => {
      const id = await insertSite(tx, { name, address, language, timeZone }, app.now())
      await tellOfSite(tx, id)
      return { id }
    })
  } catch (error) {
    if (!isTaken(error)) throw error
    return refuse('body-invalid', `${address} became a site a moment ago.`, { at: '/address' })
  }
}
