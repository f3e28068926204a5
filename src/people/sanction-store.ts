/** The log of sanctions, which the database lets nobody change, and what of it stands on people's rows. */
import { sql } from 'kysely'
import type { Database } from '../database/connect.ts'
import type { Problem } from '../problem.ts'
import type { Person } from './person.ts'
import { type InForce, inForce, isBarred, refuseBarred, type Sanction, stateOf } from './sanction.ts'

export async function insertSanction(tx: Database, sanction: Sanction): Promise<void> {
  await tx.insertInto('sanction').values(sanction).execute()
}

const columns = [
  'sanction.id',
  'sanction.siteId',
  'sanction.personId',
  'sanction.kind',
  'sanction.lifts',
  'sanction.reason',
  'sanction.note',
  'sanction.until',
  'sanction.moderatorId',
  'sanction.decidedAt',
] as const

/** All that is about a person, oldest first: of their own, of all sites by way of their identity, and what came with an
 *  earlier name of theirs. A lift has the person of what it lifts. Indexes: person_identity by way of the sites, which are
 *  few, and sanction_person. */
const selectAbout = (db: Database, personId: string) =>
  db
    .with('self', (from) =>
      from
        .selectFrom('person')
        .select(['id', 'identityId', 'sanctionId', 'toldAt'])
        .where('id', '=', personId),
    )
    .with('other', (from) =>
      from
        .selectFrom('self')
        .crossJoin('site')
        .innerJoin('person', (join) =>
          join.onRef('person.siteId', '=', 'site.id').onRef('person.identityId', '=', 'self.identityId'),
        )
        .select(['person.id', 'person.sanctionId']),
    )
    .selectFrom('sanction')
    .where(
      sql<boolean>`sanction.person_id in (
          select id from self union select id from other union
          select barring.person_id from sanction barring
            where barring.id in (select sanction_id from self union select sanction_id from other))
        and (sanction.person_id = ${personId}
          or (select sanction_id from self) in (sanction.id, sanction.lifts)
          or sanction.site_id is null and exists (
            select from other
            where other.id = sanction.person_id or other.sanction_id in (sanction.id, sanction.lifts)))`,
    )
    .orderBy('sanction.id')

export const listAbout = (db: Database, personId: string): Promise<Sanction[]> =>
  selectAbout(db, personId).select(columns).execute()

/** How many measures are in force about somebody that they have not looked at yet. */
export async function countUntold(db: Database, personId: string, now: Date): Promise<number> {
  const about = await selectAbout(db, personId)
    .select(columns)
    .select((from) => from.selectFrom('self').select('toldAt').as('toldAt'))
    .execute()
  return inForce(about, now).filter(({ decidedAt, toldAt }) => toldAt === null || decidedAt > toldAt).length
}

/** They have looked at what was decided until `decidedAt`: no clock of ours, since a measure may be under way. */
export async function noteTold(db: Database, personId: string, decidedAt: Date): Promise<void> {
  await db
    .updateTable('person')
    .set({ toldAt: decidedAt })
    .where('id', '=', personId)
    .where((is) => is.or([is('toldAt', 'is', null), is('toldAt', '<', decidedAt)]))
    .execute()
}

export type NamedSanction = Sanction & { moderatorName: string | null }

export const listNamedAbout = (db: Database, personId: string): Promise<NamedSanction[]> =>
  selectAbout(db, personId)
    .leftJoin('person as moderator', 'moderator.id', 'sanction.moderatorId')
    .select(columns)
    .select('moderator.name as moderatorName')
    .execute()

export const readSanction = (db: Database, id: string): Promise<Sanction | undefined> =>
  db.selectFrom('sanction').select(columns).where('id', '=', id).executeTakeFirst()

/** Whom a sanction is about on one site: the person, or who has the same identity there.
 *  @returns the person's id */
export async function findSubject(
  db: Database,
  siteId: string,
  { id, siteId: of, personId }: Sanction,
): Promise<string | undefined> {
  const found = await db
    .selectFrom('person')
    .select('id')
    .where('siteId', '=', siteId)
    .where((when) =>
      when.or([
        when('id', '=', personId),
        when('sanctionId', '=', id),
        ...(of === null
          ? [
              when('identityId', '=', (from) =>
                from
                  .selectFrom('person as known')
                  .select('known.identityId')
                  .where('known.id', '=', personId),
              ),
            ]
          : []),
      ]),
    )
    .where('claim', '<>', 'erased')
    .executeTakeFirst()
  return found?.id
}

/** Who a person is on every site, their own among them, locked in id order.
 *  @param everywhere false: only they themselves */
export async function lockSubjects(
  tx: Database,
  person: Pick<Person, 'id' | 'identityId'>,
  everywhere: boolean,
): Promise<{ id: string; siteId: string; role: Person['role'] }[]> {
  const { id, identityId } = person
  return tx
    .selectFrom('person')
    .select(['id', 'siteId', 'role'])
    .where((when) =>
      everywhere && identityId !== null
        ? when.or([when('id', '=', id), when('identityId', '=', identityId)])
        : when('id', '=', id),
    )
    .orderBy('id')
    .forUpdate()
    .execute()
}

export async function setState(tx: Database, personId: string, state: Partial<InForce>): Promise<void> {
  await tx.updateTable('person').set(state).where('id', '=', personId).execute()
}

/** Somebody who comes to a site after they were banned on all of them is banned there as well. */
export async function followBans(tx: Database, personId: string, now: Date): Promise<void> {
  const { sanctionId, barredUntil } = stateOf(await listAbout(tx, personId), now)
  if (sanctionId !== null) await setState(tx, personId, { sanctionId, barredUntil })
}

/** Of people about to write, those who may not, and what they are told. It costs a query only where somebody is barred.
 *  @param people their rows as they are locked (`lockAuthors`) */
export async function listBarred(
  db: Database,
  people: Iterable<Person>,
  now: Date,
): Promise<Map<string, Problem>> {
  const barred = [...people].filter((person) => isBarred(person, now))
  if (barred.length === 0) return new Map()
  const ids = barred.flatMap(({ sanctionId }) => sanctionId ?? [])
  const found = await db
    .selectFrom('sanction')
    .select(columns)
    .where('id', 'in', [...ids, NONE])
    .execute()
  return new Map(
    barred.map((person) => {
      const sanction = found.find(({ id }) => id === person.sanctionId)
      const until = person.barredUntil instanceof Date ? person.barredUntil : null
      return [person.id, refuseBarred(sanction ?? { id: person.sanctionId ?? '', reason: 'other', until })]
    }),
  )
}

const NONE = '00000000-0000-0000-0000-000000000000'

/** Stories on whose pages something published of a person's stands. */
export async function listStoriesWith(db: Database, personId: string): Promise<string[]> {
  const found = await db
    .selectFrom('comment')
    .select('storyId')
    .distinct()
    .where('authorId', '=', personId)
    .where('status', '=', 'published')
    .execute()
  return found.map(({ storyId }) => storyId)
}

/** The measure with this number (its id's last twelve digits), for whom somebody on the site is told it.
 *  @returns the person's id */
export async function findByNumber(
  db: Database,
  siteId: string,
  number: string,
): Promise<string | undefined> {
  const sanction = await db
    .selectFrom('sanction')
    .select(columns)
    .where(sql<boolean>`right(sanction.id::text, 12) = ${number}`)
    .executeTakeFirst()
  return sanction && findSubject(db, siteId, sanction)
}
