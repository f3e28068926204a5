/** Counts of comments anywhere on a newsroom's page: one request for all of them, and for those that come later.
 *
 *  ```html
 *  <a href="/ferry#talk" data-detente-count="1234">Comments</a>
 *  ```
 *  becomes "Comments 12": the number, written as the page's language does, follows the element's own words in a
 *  `<span class="detente-number">`, and stands in the element's `data-detente-number` for style sheets
 *  (`[data-detente-number="0"] { … }`). Where the words should change with the number, give them as plural forms of
 *  the page's language (CLDR categories); they take the place of the element's text:
 *  ```html
 *  <a … data-detente-words='{"one": "# comment", "other": "# comments"}'>Comments</a>
 *  ```
 *  An element whose story is not known here stays as it is. */

/** Stories that the server counts in one request. */
const MOST = 100
/** Milliseconds in which elements gather that come onto the page later, as in a list that grows. */
const GATHER = 300

const NEW = '[data-detente-count]:not([data-detente-number])'

/** Fills in counts now and, on a page that has some, when more come. @param origin of our server */
export async function showCounts(origin: string): Promise<void> {
  if ((await fillIn(origin, new Set())) === 0) return
  const asked = new Set<Element>()
  let gathering = false
  new MutationObserver(() => {
    if (gathering) return
    gathering = true
    setTimeout(() => {
      gathering = false
      void fillIn(origin, asked)
    }, GATHER)
  }).observe(document.body, { childList: true, subtree: true })
}

/** @param asked elements that were asked for already @returns how many there were */
async function fillIn(origin: string, asked: Set<Element>): Promise<number> {
  const elements = [...document.querySelectorAll<HTMLElement>(NEW)].filter((element) => !asked.has(element))
  for (const element of elements) asked.add(element)
  const names = [...new Set(elements.map((element) => element.dataset.detenteCount!.trim()))]
  for (let n = 0; n < names.length; n += MOST) {
    const counts = await readCounts(origin, names.slice(n, n + MOST))
    for (const element of elements) {
      const count = counts[element.dataset.detenteCount!.trim()]
      if (typeof count === 'number') show(element, count)
    }
  }
  return elements.length
}

async function readCounts(origin: string, names: string[]): Promise<Record<string, number | null>> {
  try {
    const response = await fetch(`${origin}/counts?${new URLSearchParams({ story: names.join() })}`, {
      credentials: 'omit',
    })
    return response.ok ? await response.json() : {}
  } catch {
    return {}
  }
}

function show(element: HTMLElement, count: number): void {
  const language = element.closest<HTMLElement>('[lang]')?.lang || 'en'
  const number = new Intl.NumberFormat(language).format(count)
  element.dataset.detenteNumber = String(count)
  const forms =
    element.dataset.detenteWords && (JSON.parse(element.dataset.detenteWords) as Record<string, string>)
  if (forms) {
    const form = forms[new Intl.PluralRules(language).select(count)] ?? forms.other ?? '#'
    element.textContent = form.replace('#', number)
    return
  }
  const shown = document.createElement('span')
  shown.className = 'detente-number'
  shown.textContent = number
  element.append(' ', shown)
}
