/** Sessions. The cookie's secret names its session and a generation, under a MAC whose key is outside the database: it is
 *  made anew at each renewal. The generation before is good for a minute more, because two tabs may renew at once; one
 *  older than that was copied, so the whole session ends: for the thief and for the one who was robbed, who then signs
 *  in again (RFC 9700, 4.14.2). */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { App } from '../context.ts'
import type { Database } from '../database/connect.ts'
import { newId } from '../database/ids.ts'
import type { Role, SessionWay } from '../database/tables.ts'
import { can } from './can.ts'
import { writeEnded } from './ended-store.ts'
import { later } from './one-time.ts'
import type { People } from './people.ts'

export const SESSION_DAYS = 30
/** Who may decide about others signs in each working day. */
const DESK_HOURS = 12
/** Seconds that the secret before the last renewal is still good for. */
const GRACE_SECONDS = 60
/** A session is said to be used when this long has passed since it was said last. Seconds. */
const SEEN_EVERY = 60

/** `role`: the most that counts in it; null: the person's own. */
export type Session = { sessionId: string; personId: string; isStrong: boolean; role: Role | null }

/** A session by the newsroom's word, on our own pages: for looking after one's things there. */
const VISIT_SECONDS = 3600

export const sessionSeconds = (role: Role, way?: SessionWay): number => {
  if (way === 'sso') return VISIT_SECONDS
  return can(role, 'desk.open') ? DESK_HOURS * 3600 : SESSION_DAYS * 24 * 3600
}

/** A newsroom's page holds a token that says who is there; what a script on that page could take must not open the desk. */
export const mostOf = (way: SessionWay): Role | null => (way === 'sso' ? 'reader' : null)

/** Whoever has become one of the desk keeps no session that outlasts a working day from now. */
export async function shortenSessions(tx: Database, personId: string, role: Role, now: Date): Promise<void> {
  const expiresAt = later(now, sessionSeconds(role))
  await tx
    .updateTable('session')
    .set({ expiresAt })
    .where('personId', '=', personId)
    .where('expiresAt', '>', expiresAt)
    .execute()
}

type Beginning = {
  personId: string
  role: Role
  way: SessionWay
  isStrong: boolean
  device: string | null
  origin?: string
}

/** A new session, never an old one under a new name: what a browser held before signing in is good for nothing after. */
export async function beginSession(
  db: Database,
  people: Pick<People, 'sessionKey'>,
  { personId, role, way, isStrong, device, origin }: Beginning,
  now: Date,
): Promise<{ sessionId: string; secret: string }> {
  const sessionId = newId(now.getTime())
  await db
    .insertInto('session')
    .values({
      id: sessionId,
      personId,
      way,
      isStrong,
      device,
      origin: origin ?? null,
      rotatedAt: now,
      createdAt: now,
      seenAt: now,
      expiresAt: later(now, sessionSeconds(role, way)),
    })
    .execute()
  return { sessionId, secret: writeSecret(people.sessionKey, sessionId, 1) }
}

/** Renews a session by its secret.
 *  @returns the session and its next secret (undefined within the minute in which another tab renewed it); undefined
 *  when the secret is nobody's, has ended, or was used twice */
export async function renewSession(
  app: App,
  people: People,
  secret: string,
): Promise<(Session & { secret: string | undefined }) | undefined> {
  const read = readSecretOf(people.sessionKey, secret)
  if (!read) return undefined
  const now = app.now()
  const renewed = await app.db
    .updateTable('session')
    .from('person')
    .whereRef('person.id', '=', 'session.personId')
    .where('session.id', '=', read.sessionId)
    .where('session.generation', '=', read.generation)
    .where('session.expiresAt', '>', now)
    .where('person.siteId', '=', app.site.id)
    .set({ generation: read.generation + 1, rotatedAt: now, seenAt: now })
    .returning(['session.personId', 'session.isStrong', 'session.way'])
    .executeTakeFirst()
  if (renewed) {
    const next = writeSecret(people.sessionKey, read.sessionId, read.generation + 1)
    return { ...asSession(read.sessionId, renewed), secret: next }
  }
  const live = await findLive(app, read.sessionId)
  if (!live) return undefined
  const isLate = now.getTime() - live.rotatedAt.getTime() > GRACE_SECONDS * 1000
  if (live.generation === read.generation + 1 && !isLate)
    return { ...asSession(read.sessionId, live), secret: undefined }
  app.log.warn({ session: read.sessionId }, 'a session’s secret was used twice: the session is ended')
  await endSession(app, people, read.sessionId)
  return undefined
}

type Row = { personId: string; isStrong: boolean; way: SessionWay }

const asSession = (sessionId: string, { personId, isStrong, way }: Row): Session => ({
  sessionId,
  personId,
  isStrong,
  role: mostOf(way),
})

const findLive = (app: App, id: string) =>
  app.db
    .selectFrom('session')
    .innerJoin('person', 'person.id', 'session.personId')
    .select(['session.personId', 'session.isStrong', 'session.way'])
    .select(['session.generation', 'session.rotatedAt'])
    .where('session.id', '=', id)
    .where('session.expiresAt', '>', app.now())
    .where('person.siteId', '=', app.site.id)
    .executeTakeFirst()

/** The session if it has not ended; said to be used now. */
export async function seeSession(app: App, id: string): Promise<Session | undefined> {
  const live = await findLive(app, id)
  if (!live) return undefined
  const now = app.now()
  await app.db
    .updateTable('session')
    .set({ seenAt: now })
    .where('id', '=', id)
    .where('seenAt', '<', later(now, -SEEN_EVERY))
    .execute()
  return asSession(id, live)
}

/** When and how a person's session was begun; undefined when it has ended. */
export const readBeginning = (
  db: Database,
  sessionId: string,
  personId: string,
): Promise<{ createdAt: Date; way: SessionWay } | undefined> =>
  db
    .selectFrom('session')
    .select(['createdAt', 'way'])
    .where('id', '=', sessionId)
    .where('personId', '=', personId)
    .executeTakeFirst()

/** Which session a secret names, whether it has ended or not. */
export const sessionOf = (people: Pick<People, 'sessionKey'>, secret: string): string | undefined =>
  readSecretOf(people.sessionKey, secret)?.sessionId

/** Ends a session: its secrets at once, its access tokens within a second in every process.
 *  @param personId only if it is this person's
 *  @returns whether there was one */
export async function endSession(
  app: App,
  people: People,
  id: string,
  personId: string | null = null,
): Promise<boolean> {
  const ended = await app.db.transaction().execute(async (tx) => {
    let query = tx.deleteFrom('session').where('id', '=', id)
    if (personId !== null) query = query.where('personId', '=', personId)
    const gone = await query.returning('id').executeTakeFirst()
    if (gone) await writeEnded(tx, [id])
    return gone !== undefined
  })
  if (ended) people.ended.add([id])
  return ended
}

/** Ends a person's sessions in the transaction that has a reason to; `people.ended.add` what it answers, after it.
 *  @param except the one session that stays
 *  @returns the sessions' ids */
export async function endSessionsOf(
  tx: Database,
  personId: string,
  except: string | null = null,
): Promise<string[]> {
  let query = tx.deleteFrom('session').where('personId', '=', personId)
  if (except !== null) query = query.where('id', '<>', except)
  const ids = (await query.returning('id').execute()).map(({ id }) => id)
  await writeEnded(tx, ids)
  return ids
}

export type SessionLine = {
  id: string
  way: SessionWay
  device: string | null
  origin: string | null
  created: Date
  seen: Date
}

/** A person's sessions, the one used last first. */
export const listSessions = (db: Database, personId: string, now: Date): Promise<SessionLine[]> =>
  db
    .selectFrom('session')
    .select(['id', 'way', 'device', 'origin', 'createdAt as created', 'seenAt as seen'])
    .where('personId', '=', personId)
    .where('expiresAt', '>', now)
    .orderBy('seenAt', 'desc')
    .limit(200)
    .execute()

/** A chore of the server's. */
export async function forgetExpired(db: Database, now: Date): Promise<void> {
  await db.deleteFrom('session').where('expiresAt', '<', now).execute()
}

/* The secret: 16 bytes session, 4 bytes generation, 32 bytes MAC, as base64url */

const ID = 16
const GENERATION = 4
const MAC = 32

function writeSecret(key: Uint8Array, sessionId: string, generation: number): string {
  const head = Buffer.alloc(ID + GENERATION)
  head.write(sessionId.replaceAll('-', ''), 'hex')
  head.writeUInt32BE(generation, ID)
  return Buffer.concat([head, macOf(key, head)]).toString('base64url')
}

function readSecretOf(
  key: Uint8Array,
  secret: string,
): { sessionId: string; generation: number } | undefined {
  if (!/^[\w-]{70}$/.test(secret)) return undefined
  const bytes = Buffer.from(secret, 'base64url')
  if (bytes.length !== ID + GENERATION + MAC) return undefined
  const head = bytes.subarray(0, ID + GENERATION)
  if (!timingSafeEqual(macOf(key, head), bytes.subarray(ID + GENERATION))) return undefined
  const hex = head.toString('hex', 0, ID)
  const sessionId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  return { sessionId, generation: head.readUInt32BE(ID) }
}

const macOf = (key: Uint8Array, head: Buffer): Buffer => createHmac('sha256', key).update(head).digest()
