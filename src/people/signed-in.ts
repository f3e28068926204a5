/** What signing in gives: an access token and a session's secret, for the two cookies. */
import type { App } from '../context.ts'
import type { Database } from '../database/connect.ts'
import type { Role, SessionWay } from '../database/tables.ts'
import type { People } from './people.ts'
import { beginSession, mostOf, sessionSeconds } from './sessions.ts'
import { mintToken } from './token.ts'

export type SignedIn = { access: string; session: string; seconds: number; personId: string }

export async function signIn(
  db: Database,
  app: App,
  people: Pick<People, 'tokenKey' | 'sessionKey'>,
  who: { personId: string; role: Role; way: SessionWay; isStrong: boolean; device: string | null },
  now: Date,
): Promise<SignedIn> {
  const { personId, isStrong, role, way } = who
  const { sessionId, secret } = await beginSession(db, people, who, now)
  const holder = { personId, siteId: app.site.id, sessionId, isStrong, origin: null, role: mostOf(way) }
  const { token } = await mintToken(people.tokenKey, holder, now)
  return { access: token, session: secret, seconds: sessionSeconds(role, way), personId }
}
