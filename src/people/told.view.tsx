/** What somebody is told of a measure of the desk: on their own page, and before that to whoever takes it. */
import type { App } from '../context.ts'
import type { MessageKey, Wording } from '../language/messages.ts'
import type { Problem } from '../problem.ts'
import type { Section } from './me-standing.ts'
import { inForce, type Measure, type Sanction } from './sanction.ts'
import { listAbout, noteTold } from './sanction-store.ts'
import { toldNote } from './sanctions.ts'

type Told = Pick<Sanction, 'kind' | 'reason' | 'note' | 'until' | 'siteId'>

const sentence = ({ kind, siteId }: Told): MessageKey =>
  kind === 'ban' && siteId === null ? 'told-ban-everywhere' : `told-${kind as Measure}`

/** @param reason one of `restrictionReasons` */
export const nameRule = ({ say }: Wording, reason: string): string =>
  say(`reason-${reason}` as 'reason-other')

/** The message in whole: what, until when, why, what one can still do, and what to do if it is wrong.
 *  @param number of the measure, by which it is found again; null while it is not taken */
export function ToldView(props: {
  wording: Wording
  app: Pick<App, 'settings' | 'site'>
  told: Told
  number: string | null
}) {
  const { wording, app, told, number } = props
  const { say } = wording
  const note = toldNote(told)
  const [newsroom] = [...app.settings.origins, ...app.site.origins]
  return (
    <div class="told" lang={wording.language} dir={wording.direction}>
      <p>
        <b>{say(sentence(told), { date: told.until ? wording.date(told.until) : '' })}</b>
      </p>
      <p>{say('told-rule', { rule: nameRule(wording, told.reason) })}</p>
      {note === null ? null : (
        <blockquote>
          <p dir="auto">{note}</p>
        </blockquote>
      )}
      {told.kind === 'ban' || told.kind === 'suspend' ? <p>{say('told-still')}</p> : null}
      <p>
        {say('told-answer', { number: number ?? '–' })}{' '}
        {newsroom === undefined ? null : (
          <a href={newsroom} dir="ltr">
            {newsroom.replace(/^https?:\/\//, '')}
          </a>
        )}
      </p>
    </div>
  )
}

/** On /me: what is in force about somebody, and how they were warned. Once they looked at it on their own page, no other
 *  says that there is something to look at. */
export const restrictionsSection: Section = async ({ app, wording, person, actor }) => {
  const told = inForce(await listAbout(app.db, person.id), app.now())
  if (told.length === 0) return null
  const newest = Math.max(...told.map(({ decidedAt }) => decidedAt.getTime()))
  if (actor.via === 'cookie') await noteTold(app.db, person.id, new Date(newest))
  return (
    <section aria-labelledby="restrictions">
      <h2 id="restrictions" tabIndex={-1}>
        {wording.say('me-restrictions')}
      </h2>
      {told.map((sanction) => (
        <article class="notice bad" key={sanction.id}>
          <ToldView wording={wording} app={app} told={sanction} number={numberOf(sanction)} />
          <p class="comment-note">
            <time dateTime={sanction.decidedAt.toISOString()}>{wording.date(sanction.decidedAt)}</time>
          </p>
        </article>
      ))}
    </section>
  )
}

/** Wherever they read or write: that there is a measure which they have not looked at. What it is stands on their own
 *  page alone. The script says the same (browser/mine.ts).
 *  @param told how many */
export function MessageLine({ wording, told }: { wording: Wording; told: number }) {
  if (told === 0) return null
  return (
    <p class="notice message" role="status">
      <a href="/me#restrictions">{wording.say('told-message')}</a>
    </p>
  )
}

/** What somebody can write down or say on the telephone; the desk finds the measure by it. Its last digits are random. */
export const numberOf = ({ id }: Pick<Sanction, 'id'>): string => id.slice(-12)

/** Where somebody who is barred tried to write: until when and why, and where the rest is said. */
export function BarNote({
  wording,
  sanction,
}: {
  wording: Wording
  sanction: NonNullable<Problem['sanction']>
}) {
  const { say } = wording
  return (
    <p>
      {sanction.until === null
        ? say('barred-no-end')
        : say('barred-until', { date: wording.date(new Date(sanction.until)) })}{' '}
      {say('told-rule', { rule: nameRule(wording, sanction.reason) })}{' '}
      <a href="/me#restrictions">{say('barred-more')}</a>
    </p>
  )
}
