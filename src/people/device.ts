/** What a list of sessions calls a browser: its name and system, nothing finer. */
const browsers: [RegExp, string][] = [
  [/\bEdgA?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\bChrome\/|\bCriOS\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
]
const systems: [RegExp, string][] = [
  [/\bAndroid\b/, 'Android'],
  [/\b(iPhone|iPad|iPod)\b/, 'iOS'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
]

const nameIn = (list: [RegExp, string][], agent: string) => list.find(([pattern]) => pattern.test(agent))?.[1]

/** @param agent the User-Agent header
 *  @returns e.g. "Firefox · Linux"; null when it says nothing known */
export function describeDevice(agent: string | undefined): string | null {
  if (!agent) return null
  const known = [nameIn(browsers, agent), nameIn(systems, agent)].filter((part) => part !== undefined)
  return known.length === 0 ? null : known.join(' · ')
}
