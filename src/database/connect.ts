/** Connections: one pool a process. Dates come back as Date, bigints as number (event numbers stay below 2^53). */
import type { Socket } from 'node:net'
import { CamelCasePlugin, type DatabaseConnection, Kysely, PostgresDialect, sql, Transaction } from 'kysely'
import pg from 'pg'
import { isProblem } from '../problem.ts'
import type { Tables } from './tables.ts'

pg.types.setTypeParser(pg.types.builtins.INT8, Number)

/** The database or a transaction in it: what every store function takes. */
export type Database = Kysely<Tables> | Transaction<Tables>

export type Connection =
  | { connectionString: string }
  | { host: string; port: number; user: string; database: string }

export type Pool = pg.Pool

/** Statements prepared on a connection at most; those after them are planned each time. */
const MOST_PREPARED = 400

/** Texts of statements and their names, the same on every connection. */
const prepared = new Map<string, string>()

/** Makes a connection prepare each statement it is given once: most of a short query's time is its planning.
 *  https://www.postgresql.org/docs/18/sql-prepare.html */
function prepareStatements(client: pg.PoolClient): void {
  const plain = client.query.bind(client) as (...given: unknown[]) => unknown
  const send = gatherSends(client)
  const query = (statement: unknown, values?: unknown, ...rest: unknown[]) => {
    send()
    const name = typeof statement === 'string' && Array.isArray(values) ? nameStatement(statement) : undefined
    return name ? plain({ name, text: statement, values }, ...rest) : plain(statement, values, ...rest)
  }
  client.query = query as typeof client.query
}

/** @returns what to call before a query: all queries of one turn of the event loop leave in one system call, which
 *  costs more than the query's own bytes do */
function gatherSends(client: pg.PoolClient): () => void {
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection
  let gathering = false
  return () => {
    if (gathering) return
    gathering = true
    stream.cork()
    process.nextTick(() => {
      gathering = false
      stream.uncork()
    })
  }
}

function nameStatement(text: string): string | undefined {
  if (!/^\s*(select|insert|update|delete|with)\b/i.test(text)) return undefined
  const known = prepared.get(text)
  if (known || prepared.size >= MOST_PREPARED) return known
  const name = `s${prepared.size}`
  prepared.set(text, name)
  return name
}

/** @param size connections at most. A lost connection is dropped from the pool, and the next query makes a new one. */
export function connect(
  connection: Connection,
  size: number,
  log: (error: Error) => void,
): { db: Kysely<Tables>; pool: Pool } {
  const pool = new pg.Pool({
    ...connection,
    max: size,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    statement_timeout: 15_000,
    query_timeout: 20_000,
    application_name: 'detente',
    // Queries that a transaction does not wait for one by one go out together (PostgreSQL's pipeline mode).
    pipeline: true,
  })
  pool.on('error', log)
  pool.on('connect', (client) => {
    prepareStatements(client)
    // A connection that breaks while it is in use says so twice: to its query, and here, where it must be heard.
    client.on('error', () => undefined)
  })
  const db = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool }),
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
  })
  return { db, pool }
}

/** A connection of its own for LISTEN. */
export const connectAlone = (connection: Connection): pg.Client =>
  new pg.Client({ ...connection, application_name: 'detente live', keepAlive: true })

/** What SECURITY.md promises of an acknowledged write is the server's doing: refuse one that does not sync.
 *  @returns the names of the settings that are off */
export async function readDurability(db: Database): Promise<string[]> {
  const { rows } = await sql<{ name: string; setting: string }>`
    select name, setting from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit')`.execute(
    db,
  )
  return rows.filter((row) => row.setting === 'off').map((row) => row.name)
}

/** Errors that say "the database is not there" or "cannot write now", not "the query is wrong": SQLSTATE classes
 *  08 (connection), 53 (disk full, too many connections), 57P (shutdown), 57014 (it took too long), 58 (I/O), and Node's own socket errors.
 *  https://www.postgresql.org/docs/18/errcodes-appendix.html */
export function isDatabaseDown(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? String(error.code) : ''
  if (
    /^(08...|53...|57P..|57014|58...|25006|ECONNREFUSED|ECONNRESET|ENOENT|EPIPE|ETIMEDOUT|EAGAIN)$/.test(code)
  )
    return true
  return /Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable/.test(
    error.message,
  )
}

/** Unique violation (SQLSTATE 23505): somebody else was quicker. */
export const isTaken = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === '23505'

/** Deadlock or serialization failure: the transaction may simply be tried again (SQLSTATE 40P01, 40001). */
const isRetryable = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === '40P01' || error.code === '40001')

/** Kysely asks for these to make a transaction and uses them only to open connections, which a transaction does not. */
const dialect = new PostgresDialect({
  pool: () => Promise.reject(new Error('A transaction has its connection.')),
})

/** The same transaction, whose statements do not wait for each other: Kysely sends the next one only when the one
 *  before has been answered, even under Promise.all; so sent, they go out together and are answered in their order. */
async function pipeline(tx: Transaction<Tables>): Promise<Transaction<Tables>> {
  const connection = await new Promise<DatabaseConnection>((resolve, reject) => {
    tx.getExecutor()
      .provideConnection(async (own) => resolve(own))
      .catch(reject)
  })
  const executor = tx.getExecutor().withConnectionProvider({ provideConnection: (use) => use(connection) })
  return new Transaction<Tables>({ config: { dialect }, dialect, driver: dialect.createDriver(), executor })
}

/** What makes a transaction of refused work roll back. */
class Refused {
  readonly outcome: unknown
  constructor(outcome: unknown) {
    this.outcome = outcome
  }
}

/** Runs `work` in one transaction; tries a deadlocked one again, three times at most. Work that is refused (its outcome
 *  is a Problem) has changed nothing: it is rolled back. */
export async function inTransaction<T>(
  db: Kysely<Tables>,
  work: (tx: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction().execute(async (tx) => {
        const outcome = await work(await pipeline(tx))
        if (isProblem(outcome)) throw new Refused(outcome)
        return outcome
      })
    } catch (error) {
      if (error instanceof Refused) return error.outcome as T
      if (attempt === 3 || !isRetryable(error)) throw error
    }
  }
}
