/** Whom somebody does not want to read. */
import type { Database } from '../database/connect.ts'

export type Muted = { id: string; name: string; since: Date }

/** Whom one muted, the latest first. */
export const listMuted = (db: Database, personId: string): Promise<Muted[]> =>
  db
    .selectFrom('mute')
    .innerJoin('person', 'person.id', 'mute.mutedId')
    .select(['person.id', 'person.name', 'mute.mutedAt as since'])
    .where('mute.personId', '=', personId)
    .where('person.claim', '<>', 'erased')
    .orderBy('mute.mutedAt', 'desc')
    .orderBy('person.id')
    .execute()

export async function isMutedBy(db: Database, personId: string, mutedId: string): Promise<boolean> {
  const found = await db
    .selectFrom('mute')
    .select('mutedAt')
    .where('personId', '=', personId)
    .where('mutedId', '=', mutedId)
    .executeTakeFirst()
  return found !== undefined
}

export async function countMuted(db: Database, personId: string): Promise<number> {
  const { count } = await db
    .selectFrom('mute')
    .select((select) => select.fn.countAll<string>().as('count'))
    .where('personId', '=', personId)
    .executeTakeFirstOrThrow()
  return Number(count)
}

export async function insertMute(db: Database, personId: string, mutedId: string, now: Date): Promise<void> {
  await db
    .insertInto('mute')
    .values({ personId, mutedId, mutedAt: now })
    .onConflict((conflict) => conflict.columns(['personId', 'mutedId']).doNothing())
    .execute()
}

export async function deleteMute(db: Database, personId: string, mutedId: string): Promise<void> {
  await db.deleteFrom('mute').where('personId', '=', personId).where('mutedId', '=', mutedId).execute()
}
