/** Hears of what other processes committed: LISTEN on a connection of its own, made again when it is lost. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import type { App } from '../context.ts'

const AGAIN_AFTER = 1_000

/** @param open a new connection, not yet connected
 *  @param onSite something was changed on a site
 *  @returns how to stop */
export function hear(
  app: App,
  open: () => Client,
  onSite: (siteId: string) => Promise<void>,
): () => Promise<void> {
  let stopped = false
  let client: Client | undefined

  const listen = async () => {
    while (!stopped) {
      try {
        client = open()
        const lost = new Promise<void>((resolve) => {
          client!.on('error', () => resolve())
          client!.on('end', () => resolve())
        })
        client.on('notification', ({ payload }) => {
          const [storyId, last, hides] = payload?.split(' ') ?? []
          if (storyId === 'site' && last) void onSite(last)
          else if (storyId && hides) app.live.hide(storyId)
          else if (storyId) app.live.wake(storyId)
        })
        await client.connect()
        await client.query('listen detente')
        await lost
      } catch (error) {
        if (!stopped) app.log.debug({ err: error }, 'not hearing of other processes for now')
      }
      if (!stopped) await sleep(AGAIN_AFTER, undefined, { ref: false })
    }
  }
  void listen()

  return async () => {
    stopped = true
    await client?.end().catch(() => undefined)
  }
}
