/** Invitations that nobody has accepted yet. Of the link only a hash is kept: an invitation can be taken back, but not
 *  shown again. */
import { sql } from 'kysely'
import type { Database } from '../database/connect.ts'
import type { Invitation } from './invitation.ts'

/** `id` is the hash of the link's token. */
export type OpenInvitation = Pick<Invitation, 'role' | 'badge' | 'isFirst'> & { id: string; expires: Date }

const PREFIX = 'invitation:'

/** Those that end first, first. */
export async function listInvitations(db: Database, siteId: string, now: Date): Promise<OpenInvitation[]> {
  const rows = await db
    .selectFrom('once')
    .select(['key', 'value', 'expiresAt as expires'])
    .where('key', 'like', `${PREFIX}%`)
    .where(sql<boolean>`value::jsonb ->> 'siteId' = ${siteId}`)
    .where('expiresAt', '>', now)
    .orderBy('expiresAt')
    .limit(200)
    .execute()
  return rows.map(({ key, value, expires }) => {
    const { role, badge, isFirst } = JSON.parse(value) as Invitation
    return { id: key.slice(PREFIX.length), role, badge, isFirst, expires }
  })
}

/** @returns whether there was such a one on the site */
export async function deleteInvitation(db: Database, siteId: string, id: string): Promise<boolean> {
  const gone = await db
    .deleteFrom('once')
    .where('key', '=', PREFIX + id)
    .where(sql<boolean>`value::jsonb ->> 'siteId' = ${siteId}`)
    .returning('key')
    .executeTakeFirst()
  return gone !== undefined
}
