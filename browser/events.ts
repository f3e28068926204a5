/** What happens under a story, heard as it happens: each event once, in order, none missed, whatever lies between.
 *
 *  The server's events are numbered; an event counts when its number is above the last one that counted. They come by
 *  server-sent events. Some proxies hold those back, some cut them: when the stream says nothing at its beginning, or
 *  breaks again and again, or has not told what a plain request finds, plain requests take its place, and the stream is
 *  tried again later. While the page is hidden for long, nothing is asked; what happened meanwhile is asked for when
 *  it is seen again. */

export type StoryEvent = {
  number: number
  kind: 'comment.published' | 'comment.changed' | 'comment.hidden' | 'respect.changed' | 'story.changed'
  comment: string | null
  parent: string | null
  /** Whose words can be read now. */
  author: string | null
  /** Published comments of the story, after the event. */
  comments: number
}

/** All in milliseconds. */
const FIRST_WORD = 6_000
const POLL_EVERY = 10_000
const STREAM_AGAIN = 60_000
const FIRST_CHECK = 20_000
const LONGEST_CHECK = 300_000
const HIDDEN_FOR = 30_000

const MOST_BREAKS = 3
/** Events that the server sends in one answer. */
const PAGE = 500

/** @param url of the story's events
 *  @param after number of the last event that the page shows
 *  @returns how to stop */
export function follow(url: string, after: number, hear: (event: StoryEvent) => void): () => void {
  let last = after
  let stream: EventSource | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let hiding: ReturnType<typeof setTimeout> | undefined
  let breaks = 0
  let checkAfter = FIRST_CHECK
  let streamAt = 0
  /** Changes with each start and stop, so that an answer to an earlier question is known as such. */
  let turn = 0
  let asleep = false

  const wait = (delay: number, work: () => void) => {
    clearTimeout(timer)
    timer = setTimeout(work, delay)
  }

  const take = (event: StoryEvent): boolean => {
    if (event.number <= last) return false
    last = event.number
    hear(event)
    return true
  }

  const rest = () => {
    turn++
    clearTimeout(timer)
    stream?.close()
    stream = undefined
  }

  const listen = () => {
    rest()
    asleep = false
    breaks = 0
    stream = new EventSource(`${url}?after=${last}`)
    wait(FIRST_WORD, pollInstead)
    stream.addEventListener('hello', () => {
      breaks = 0
      wait(checkAfter, check)
    })
    stream.onmessage = ({ data }) => take(JSON.parse(data))
    stream.onerror = () => {
      if (++breaks > MOST_BREAKS || stream?.readyState === EventSource.CLOSED) pollInstead()
      else wait(FIRST_WORD, pollInstead)
    }
  }

  /** @returns whether there was something new; undefined when the server was not reached */
  const ask = async (): Promise<boolean | undefined> => {
    const asked = turn
    let news = false
    try {
      for (let before = -PAGE; last - before >= PAGE; ) {
        before = last
        const response = await fetch(`${url}?after=${last}`, {
          headers: { accept: 'application/json' },
          credentials: 'omit',
        })
        const { items, next } = (await response.json()) as { items: StoryEvent[]; next: number }
        if (asked !== turn) return news
        for (const event of items) if (take(event)) news = true
        last = Math.max(last, next)
      }
      return news
    } catch {
      return undefined
    }
  }

  const pollInstead = () => {
    rest()
    streamAt = Date.now() + STREAM_AGAIN
    void poll(false)
  }

  const poll = async (failedBefore: boolean) => {
    const asked = turn
    const failed = (await ask()) === undefined
    if (asked !== turn) return
    if (!failed && (failedBefore || Date.now() > streamAt)) listen()
    else wait(POLL_EVERY, () => void poll(failed))
  }

  /** Whether the stream told all there is; asked less and less often. */
  const check = async () => {
    const asked = turn
    const news = await ask()
    if (asked !== turn) return
    if (news) return pollInstead()
    checkAfter = Math.min(checkAfter * 2, LONGEST_CHECK)
    wait(checkAfter, check)
  }

  const look = () => {
    clearTimeout(hiding)
    if (document.visibilityState === 'hidden') hiding = setTimeout(sleep, HIDDEN_FOR)
    else if (asleep) listen()
  }

  const sleep = () => {
    rest()
    asleep = true
  }

  document.addEventListener('visibilitychange', look)
  addEventListener('pagehide', sleep)
  addEventListener('pageshow', look)
  listen()
  look()

  return () => {
    document.removeEventListener('visibilitychange', look)
    removeEventListener('pagehide', sleep)
    removeEventListener('pageshow', look)
    clearTimeout(hiding)
    rest()
  }
}
