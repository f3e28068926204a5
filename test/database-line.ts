/** A line to the tests' PostgreSQL that can be cut: how a server meets a database that is away, without taking it away
 *  from the other tests. */
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type DatabaseLine<C> = {
  /** What to connect to in place of the database itself. */
  connection: C
  /** Everyone hears that it is gone, in the middle of whatever they do. */
  cut: () => Promise<void>
  mend: () => Promise<void>
  close: () => Promise<void>
}

export async function layLine<C extends { host: string; port: number }>(far: C): Promise<DatabaseLine<C>> {
  const folder = await mkdtemp(join(tmpdir(), 'detente-line-'))
  const ends = new Set<Socket>()
  const splice = (near: Socket) => {
    const away = connect(join(far.host, `.s.PGSQL.${far.port}`))
    for (const [one, other] of [
      [near, away],
      [away, near],
    ] as const) {
      ends.add(one)
      one.pipe(other)
      one.on('error', () => undefined)
      one.on('close', () => {
        ends.delete(one)
        other.destroy()
      })
    }
  }
  let server: Server | undefined
  const mend = () =>
    new Promise<void>((resolve) => {
      server = createServer(splice).listen(join(folder, `.s.PGSQL.${far.port}`), resolve)
    })
  const cut = async () => {
    const closed = new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)))
    for (const end of ends) end.destroy()
    await closed
    server = undefined
  }
  await mend()
  return {
    connection: { ...far, host: folder },
    cut,
    mend,
    close: async () => {
      await cut()
      await rm(folder, { recursive: true })
    },
  }
}
