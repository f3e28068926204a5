import { sql } from 'kysely'
import type { Database } from '../database/connect.ts'

/** Of each author: their sealed mail address, and whether anybody has read a comment of theirs. */
export type Entrants = Map<string, { addressSealed: Buffer | null; isRead: boolean }>

/** Index: comment_author.
 *  @param exceptId a comment that does not count, since it is the one that is looked at */
export async function listEntrants(
  tx: Database,
  authorIds: string[],
  exceptId: string | null,
): Promise<Entrants> {
  const { rows } = await sql<{ id: string; addressSealed: Buffer | null; isRead: boolean }>`
    select person.id, identity.address_sealed, exists (
      select from comment where author_id = person.id and status = 'published' and comment.id is distinct from ${exceptId}::uuid
    ) as is_read from person left join identity on identity.id = person.identity_id
    where person.id = any(${authorIds}::uuid[])`.execute(tx)
  return new Map(rows.map(({ id, ...entrant }) => [id, entrant]))
}
