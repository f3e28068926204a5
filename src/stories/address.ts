/** A story's address as its identity: the same story under any of the addresses that newsrooms' pages have.
 *  The host is kept as it is, since two hosts can be two newsrooms. */

/** Parameters that say how a reader came, not what the page is. `utm_*` and `at_*` go by prefix. */
const tracking = new Set(
  (
    'fbclid gclid dclid gbraid wbraid msclkid yclid igshid mc_cid mc_eid ref ref_src ref_url referrer source src cmpid ' +
    'ncid ocid smid smtyp sh share st_cid _ga _gl __twitter_impression amp outputtype cid xtor s_cid'
  ).split(' '),
)
const isTracking = (name: string) =>
  tracking.has(name.toLowerCase()) || /^(utm|at|mtm|pk|hsa|vero)_/i.test(name)

/** The normalised address, or undefined when the text is no http(s) address: https, no fragment, no tracking
 *  parameters (the others sorted), no AMP marks in the path, no trailing slash, no default file name. */
export function normaliseAddress(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined
  const parsed = new URL(url)
  if (!/^https?:$/.test(parsed.protocol) || parsed.username || parsed.password) return undefined
  const query = [...parsed.searchParams].filter(([name]) => !isTracking(name))
  query.sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1))
  const search = query.length > 0 ? `?${new URLSearchParams(query)}` : ''
  const host =
    parsed.hostname + (parsed.port && parsed.port !== '80' && parsed.port !== '443' ? `:${parsed.port}` : '')
  return `https://${host}${normalisePath(parsed.pathname)}${search}`
}

function normalisePath(path: string): string {
  const plain = path
    .replace(/\/{2,}/g, '/')
    .replace(/\/(index|default)\.(html?|php|aspx?)$/i, '/')
    .replace(/^\/amp(?=\/)/i, '')
    .replace(/\/amp\/?$/i, '/')
    .replace(/\.amp(\.html?)?$/i, (_, ending?: string) => ending ?? '')
  return plain.length > 1 ? plain.replace(/\/$/, '') || '/' : '/'
}
