/** A page that is open and listens, as a browser does. */
import { expect } from 'vitest'
import type { Newsroom } from '../newsroom.ts'

export type Event = {
  number: number
  kind: string
  comment: string | null
  parent: string | null
  comments: number
}

export async function until(condition: () => unknown): Promise<void> {
  for (let tries = 0; !(await condition()); tries++) {
    if (tries > 2_000) throw new Error('It did not come.')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** An open page: keeps what it is sent, and the number it would come back with. */
export class Listener {
  readonly events: Event[] = []
  readonly #stop = new AbortController()
  last: number | undefined
  text = ''
  ended = false

  static async open(
    story: string,
    { to, after, lastId }: { to: Newsroom; after?: number; lastId?: number | string },
  ): Promise<Listener> {
    const listener = new Listener()
    const query = after === undefined ? '' : `?after=${after}`
    const headers = {
      accept: 'text/event-stream',
      ...(lastId === undefined ? {} : { 'last-event-id': String(lastId) }),
    }
    const response = await fetch(`${to.origin}/api/stories/${story}/events${query}`, {
      headers,
      signal: listener.#stop.signal,
    })
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    void listener.#read(response)
    await until(() => listener.text.includes('event: hello'))
    return listener
  }

  async #read(response: Response): Promise<void> {
    try {
      for await (const part of response.body!.pipeThrough(new TextDecoderStream())) this.#take(part)
    } catch {
      // Closed by us.
    }
    this.ended = true
  }

  /** As a browser does: a block of lines at a time; an unfinished one is dropped with the connection. */
  #take(part: string): void {
    this.text += part
    const end = this.text.lastIndexOf('\n\n')
    for (const block of this.text.slice(0, end).split('\n\n').slice(this.#blocks)) {
      this.#blocks++
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
      if (field('event') === 'hello') this.last ??= Number(field('data'))
      else if (field('id')) {
        this.last = Number(field('id'))
        this.events.push(JSON.parse(field('data')!) as Event)
      }
    }
  }
  #blocks = 0

  close(): void {
    this.#stop.abort()
  }
}
