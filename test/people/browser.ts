export type Page = { url: string; status: number; headers: Headers; text: string }

/** A browser that goes where it is sent, by redirects and by pages that lead on, with cookies for each origin. */
export class Browser {
  readonly #jars = new Map<string, Map<string, string>>()

  jar(url: string): Map<string, string> {
    const { origin } = new URL(url)
    const jar = this.#jars.get(origin) ?? new Map<string, string>()
    this.#jars.set(origin, jar)
    return jar
  }

  async #send(url: string, form: Record<string, string> | undefined): Promise<Page> {
    const jar = this.jar(url)
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, {
      redirect: 'manual',
      headers: {
        accept: 'text/html',
        ...(cookie ? { cookie } : {}),
        ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
      },
      ...(form ? { method: 'POST', body: new URLSearchParams(form).toString() } : {}),
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/Max-Age=0|expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(name)
      else jar.set(name, value)
    }
    return { url, status: response.status, headers: response.headers, text: await response.text() }
  }

  /** @param stop an address that is not gone to any more: the page says where it would be */
  async go(url: string, form?: Record<string, string>, stop?: RegExp): Promise<Page> {
    let page = await this.#send(url, form)
    for (let step = 0; step < 20; step++) {
      const next = page.headers.get('location') ?? /^0;url=(.+)$/.exec(page.headers.get('refresh') ?? '')?.[1]
      if (!next) return page
      const address = new URL(next, page.url).href
      if (stop?.test(address)) return { ...page, url: address }
      page = await this.#send(address, undefined)
    }
    throw new Error(`It goes on and on, at last to ${page.url}.`)
  }
}
