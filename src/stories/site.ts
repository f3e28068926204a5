/** What may be said of a site. Pure. */
import type { Site } from '../context.ts'
import { languages } from '../language/messages.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import { readLine, readNote } from './line.ts'
import type { SiteFields } from './site-store.ts'

/** What the newsroom says of its site, cleaned, or what is wrong with it. */
export function readSiteFields(fields: SiteFields): SiteFields | Problem {
  const foreign = fields.origins.find((origin) => readOrigin(origin) !== origin)
  if (foreign !== undefined)
    return refuse('body-invalid', `${foreign.slice(0, 100)} is not an origin such as https://news.example.`, {
      at: '/origins',
    })
  if (!isTimeZone(fields.timeZone))
    return refuse('body-invalid', `${fields.timeZone.slice(0, 60)} is not a time zone such as Europe/Oslo.`, {
      at: '/timeZone',
    })
  if (!languages.includes(fields.language))
    return refuse(
      'body-invalid',
      `There are no words in ${fields.language.slice(0, 35)} here, only in ${languages.join(', ')}.`,
      { at: '/language' },
    )
  const name = readLine(fields.name, '/name')
  if (isProblem(name)) return name
  if (name === null) return refuse('body-invalid', 'A site has a name.', { at: '/name' })
  const rules = readNote(fields.rules, '/rules')
  if (isProblem(rules)) return rules
  const { language, timeZone, origins } = fields
  return {
    name,
    language,
    languages: readOffered(fields.languages, language),
    timeZone,
    rules: rules ?? '',
    origins,
  }
}

/** The languages that readers are offered, as they are kept: none when it is all of them, so that those which come with a
 *  later version are offered too. A site's own language is always among them. */
function readOffered(chosen: string[], own: string): string[] {
  if (chosen.length === 0) return []
  const offered = languages.filter((one) => one === own || chosen.includes(one))
  return offered.length === languages.length ? [] : offered
}

/** Where readers will find a site: an origin, by a host that no other site has.
 *  @param others origins of the sites there are */
export function readAddress(text: string, others: string[]): string | Problem {
  const address = readOrigin(text)
  if (address === undefined)
    return refuse(
      'body-invalid',
      `${text.slice(0, 100)} is not an origin such as https://talk.news.example: scheme and host, no path.`,
      { at: '/address' },
    )
  const host = hostOf(address)
  const taken = others.find((other) => hostOf(other) === host)
  return taken === undefined
    ? address
    : refuse('body-invalid', `${taken} is a site already: each needs a host of its own.`, { at: '/address' })
}

/** An origin in its one way of writing (WHATWG URL); a lone slash at its end is let go. */
function readOrigin(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isOrigin =
    url && /^https?:$/.test(url.protocol) && url.pathname === '/' && !url.search && !url.hash && !url.username
  return isOrigin ? url.origin : undefined
}

const hostOf = (origin: string): string => new URL(origin).host

function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }))
  } catch {
    return false
  }
}

/** A site by what an operator calls it: its address, id or name.
 *  @param sites with their origins, the installation's own first */
export function findSite<T extends { site: Pick<Site, 'id' | 'name'>; origin: string }>(
  sites: T[],
  called: string,
): T | Problem {
  const origin = readOrigin(called)
  const found = sites.filter(
    ({ site, origin: own }) => site.id === called || own === origin || site.name === called,
  )
  if (found.length === 1) return found[0]!
  const names = sites.map(({ site, origin: own }) => `${own} (${site.name})`).join(', ')
  return refuse(
    'not-found',
    found.length === 0
      ? `No site is called ${called.slice(0, 100)}. There are: ${names}.`
      : `Several sites are called ${called.slice(0, 100)}; say it by address: ${names}.`,
  )
}
