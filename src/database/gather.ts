/** Turns single calls into batches: while one batch is under way the next ones gather, so that writes that
 *  arrive together share a transaction and its fsync. An idle caller waits for nobody.
 *  (The same idea as PostgreSQL's commit_delay, without the delay.) */

type Waiting<In, Out> = { item: In; resolve: (out: Out) => void; reject: (error: unknown) => void }

/** @param work answers a batch in its order; when it throws, each item is tried alone, so that one bad item
 *  cannot spoil its neighbours
 *  @param most items in one batch */
export function gather<In, Out>(
  work: (items: In[]) => Promise<Out[]>,
  most = 64,
): (item: In) => Promise<Out> {
  const waiting: Waiting<In, Out>[] = []
  let busy = false

  const runAlone = async ({ item, resolve, reject }: Waiting<In, Out>) => {
    try {
      resolve((await work([item]))[0] as Out)
    } catch (error) {
      reject(error)
    }
  }

  const drain = async () => {
    busy = true
    while (waiting.length > 0) {
      // Those whose bytes have arrived already join in, rather than wait for a whole batch of one.
      await new Promise(setImmediate)
      const batch = waiting.splice(0, most)
      try {
        const answers = await work(batch.map((entry) => entry.item))
        batch.forEach((entry, n) => {
          entry.resolve(answers[n] as Out)
        })
      } catch (error) {
        if (batch.length === 1) batch[0]!.reject(error)
        else for (const entry of batch) await runAlone(entry)
      }
    }
    busy = false
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (!busy) void drain()
    })
}
