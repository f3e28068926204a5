/** The sign-in window of a newsroom's page. Once the reader is signed in, here or in the tab that the mailed link
 *  opened, the window that opened this one is given a code: it alone, and only while it shows the page it is for. */
const place = document.querySelector<HTMLElement>('[data-popup]')
const origin = place?.dataset.popup
const channel = new BroadcastChannel('detente-sign-in')

async function handOver(origin: string): Promise<void> {
  const opener = window.opener as Window | null
  if (!opener) return
  const response = await fetch('/api/session/code', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ origin }),
  })
  if (!response.ok) return
  const { code } = (await response.json()) as { code: string }
  opener.postMessage({ type: 'detente-code', code }, origin)
  window.close()
}

if (origin !== undefined) {
  channel.onmessage = () => handOver(origin)
  if (place?.dataset.signedIn !== undefined) {
    channel.postMessage('signed-in')
    void handOver(origin)
  }
}
