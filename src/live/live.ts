/** The outbox becomes server-sent events.
 *
 *  A commit wakes its story: here at once, in other processes by NOTIFY. Waking reads the events after the last one
 *  sent, once for all who listen, and writes them as one text. Numbers have no gaps, so a listener takes an event
 *  only when it follows the last one it has, and otherwise reads what it lacks from the outbox: none is missed and
 *  none comes twice, whatever the order of hints. A hint that is lost costs time, never an event: stories that are
 *  listened to are also looked at every few seconds. */
import { writeEvent } from './event-stream.ts'
import type { LiveEvent } from './store.ts'

export type Listener = {
  /** The last event's number that this listener has or knows it need not have. */
  last: number
  /** Takes text; answers false when the listener is too slow to be kept. */
  write: (text: string) => boolean
  close: () => void
}

export type Outbox = {
  list: (storyId: string, after: number, limit: number) => Promise<LiveEvent[]>
  position: (storyId: string) => Promise<{ number: number; comments: number } | undefined>
}

const PAGE = 500
const LOOK_AGAIN = 5_000
const HEARTBEAT = 15_000

export class Live {
  readonly #listeners = new Map<string, Set<Listener>>()
  readonly #busy = new Map<string, { again: boolean }>()
  readonly #outbox: Outbox
  readonly #onWake: (storyId: string) => void
  readonly #onHide: (storyId: string) => void
  readonly #onError: (error: unknown) => void
  readonly #timers: NodeJS.Timeout[]
  #closed = false

  constructor(
    outbox: Outbox,
    on: { wake: (storyId: string) => void; hide: (storyId: string) => void; error: (error: unknown) => void },
  ) {
    this.#outbox = outbox
    this.#onWake = on.wake
    this.#onHide = on.hide
    this.#onError = on.error
    this.#timers = [
      setInterval(() => {
        for (const storyId of this.#listeners.keys()) void this.#deliver(storyId)
      }, LOOK_AGAIN).unref(),
      setInterval(() => this.#beat(), HEARTBEAT).unref(),
    ]
  }

  /** Something was committed under the story. */
  wake(storyId: string): void {
    this.#onWake(storyId)
    if (this.#listeners.has(storyId)) void this.#deliver(storyId)
  }

  /** The same, and something that readers saw must not be seen again. */
  hide(storyId: string): void {
    this.#onHide(storyId)
    this.wake(storyId)
  }

  get count(): number {
    let count = 0
    for (const set of this.#listeners.values()) count += set.size
    return count
  }

  /** Adds a listener once it has caught up by itself, so that one who was away long holds nobody up.
   *  @param isGone asked between pages: the reader may have left meanwhile */
  async listen(storyId: string, listener: Listener, isGone: () => boolean): Promise<void> {
    let more = true
    while (more) {
      const events = await this.#outbox.list(storyId, listener.last, PAGE)
      const comments = (await this.#outbox.position(storyId))?.comments ?? 0
      if (isGone()) return
      if (this.#closed) return listener.close()
      const text = events.map((event) => writeEvent(event, comments)).join('')
      listener.last = events.at(-1)?.number ?? listener.last
      if (text && !listener.write(text)) return listener.close()
      more = events.length === PAGE
    }
    const set = this.#listeners.get(storyId) ?? new Set()
    this.#listeners.set(storyId, set.add(listener))
    void this.#deliver(storyId)
  }

  leave(storyId: string, listener: Listener): void {
    const set = this.#listeners.get(storyId)
    if (set?.delete(listener) && set.size === 0) this.#listeners.delete(storyId)
  }

  /** Ends every stream; pages come back by themselves and go on where they were. */
  close(): void {
    this.#closed = true
    for (const timer of this.#timers) clearInterval(timer)
    for (const set of this.#listeners.values()) for (const listener of set) listener.close()
    this.#listeners.clear()
  }

  #beat(): void {
    for (const [storyId, set] of this.#listeners)
      for (const listener of set) this.#send(storyId, listener, ': still here\n\n')
  }

  #send(storyId: string, listener: Listener, text: string): void {
    if (listener.write(text)) return
    this.leave(storyId, listener)
    listener.close()
  }

  /** One delivery a story at a time; a wake meanwhile makes it go round once more. */
  async #deliver(storyId: string): Promise<void> {
    const running = this.#busy.get(storyId)
    if (running) {
      running.again = true
      return
    }
    const turn = { again: true }
    this.#busy.set(storyId, turn)
    try {
      while (turn.again) {
        turn.again = false
        if (await this.#round(storyId)) turn.again = true
      }
    } catch (error) {
      this.#onError(error)
    } finally {
      this.#busy.delete(storyId)
    }
  }

  /** @returns whether there may be more to send */
  async #round(storyId: string): Promise<boolean> {
    const listeners = this.#listeners.get(storyId)
    if (!listeners) return false
    let least = Number.POSITIVE_INFINITY
    for (const listener of listeners) if (listener.last < least) least = listener.last
    const events = await this.#outbox.list(storyId, least, PAGE)
    if (events.length === 0) return false
    const comments = (await this.#outbox.position(storyId))?.comments ?? 0
    const texts = events.map((event) => ({ number: event.number, text: writeEvent(event, comments) }))
    for (const listener of [...listeners]) {
      const lacking = texts.filter((event) => event.number > listener.last)
      if (lacking[0] === undefined || lacking[0].number !== listener.last + 1) continue
      listener.last = texts.at(-1)!.number
      const text = lacking.map((event) => event.text).join('')
      if (text) this.#send(storyId, listener, text)
    }
    return events.length === PAGE
  }
}
