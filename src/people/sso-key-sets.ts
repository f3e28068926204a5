/** Key sets that newsrooms publish (JWKS, RFC 7517), kept while they are good. A newsroom that is away must not shut its
 *  readers out, so the last set that was read stays; and a token with a made-up `kid` must not make us call the newsroom
 *  as often as somebody likes, so an unknown `kid` leads there once a minute at most. */

/** Milliseconds. */
const KEPT = 10 * 60_000
const AGAIN = 60_000

export type KeySets = {
  /** @returns the set as it was published; undefined when none could be read yet */
  read: (url: string, now: Date) => Promise<unknown>
  /** As `read`, for a `kid` that is not in the set. */
  readAgain: (url: string, now: Date) => Promise<unknown>
}

type Entry = { set: unknown; readAt: number; triedAt: number; arriving: Promise<void> | undefined }

/** @param fetchKeys reads JSON, guarded; it throws when there is none to be had */
export function makeKeySets(fetchKeys: (url: string) => Promise<unknown>): KeySets {
  const entries = new Map<string, Entry>()

  const entryOf = (url: string): Entry => {
    const known = entries.get(url)
    if (known) return known
    const entry = { set: undefined, readAt: -Infinity, triedAt: -Infinity, arriving: undefined }
    entries.set(url, entry)
    return entry
  }

  const refresh = async (url: string, entry: Entry, now: number) => {
    if (!entry.arriving && now - entry.triedAt < AGAIN) return
    entry.triedAt = entry.arriving ? entry.triedAt : now
    entry.arriving ??= fetchKeys(url)
      .then((set) => {
        entry.set = set
        entry.readAt = now
      })
      .catch(() => undefined)
      .finally(() => {
        entry.arriving = undefined
      })
    await entry.arriving
  }

  return {
    read: async (url, now) => {
      const entry = entryOf(url)
      if (now.getTime() - entry.readAt >= KEPT) await refresh(url, entry, now.getTime())
      return entry.set
    },
    readAgain: async (url, now) => {
      const entry = entryOf(url)
      await refresh(url, entry, now.getTime())
      return entry.set
    },
  }
}
