/** The page that gives people their data. Without this script its links are plain downloads; with it each counts what has
 *  come and saves the file once it is whole. */

for (const place of document.querySelectorAll<HTMLElement>('[data-download]')) {
  const link = place.querySelector('a')
  const line = place.querySelector<HTMLElement>('.download-progress')
  const bar = place.querySelector('progress')
  const output = place.querySelector('output')
  if (!link || !line || !bar || !output) continue
  let busy = false
  link.addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    if (busy) return
    busy = true
    line.hidden = false
    const show = (n: number) => {
      bar.value = n
      output.textContent = (output.dataset.busy ?? '').replace(
        '{n}',
        n.toLocaleString(document.documentElement.lang),
      )
    }
    show(0)
    fetchCounting(link.href, link.download.endsWith('.json') ? '\n' : '<article', show)
      .then((file) => {
        bar.value = bar.max
        output.textContent = output.dataset.done ?? ''
        save(file, link.download)
      })
      .catch(() => {
        output.textContent = output.dataset.failed ?? ''
      })
      .finally(() => {
        busy = false
      })
  })
}

/** @param mark what stands once in each entry of the file, and nowhere else
 *  @param show is told how many entries have come
 *  @throws when the answer is not the whole file */
async function fetchCounting(address: string, mark: string, show: (n: number) => void): Promise<Blob> {
  const response = await fetch(address)
  const type = response.headers.get('content-type') ?? ''
  if (!response.ok || response.redirected || !response.body) throw new Error(`HTTP ${response.status}`)
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  const parts: BlobPart[] = []
  let count = 0
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return new Blob(parts, { type })
    parts.push(value)
    const pieces = (rest + decoder.decode(value, { stream: true })).split(mark)
    count += pieces.length - 1
    const last = pieces.at(-1)!
    // A mark may come in two halves.
    rest = last.slice(Math.max(0, last.length - mark.length + 1))
    show(count)
  }
}

function save(file: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
