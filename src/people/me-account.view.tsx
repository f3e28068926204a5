/** The parts of the account's page that are this room's oldest: name, language, address, ways in, one's data. */

import { nameOfLanguage } from '../http/layout.view.tsx'
import { offeredLanguages } from '../http/wording.ts'
import { readAddress } from './identity-store.ts'
import { refusalOf, type Section } from './me-standing.ts'
import { listCredentials, readPreferences } from './me-store.ts'
import { NameField, Refusal } from './sign-in.view.tsx'
import { waysHere } from './ways-in.ts'

export const nameSection: Section = async (standing) => {
  const { wording, person } = standing
  const refused = refusalOf(standing, 'name')
  return (
    <section aria-labelledby="my-name">
      <h2 id="my-name">{wording.say('me-name')}</h2>
      <Refusal wording={wording} problem={refused?.problem} />
      <form class="me-name me-form" method="post" action="/me/name">
        <NameField wording={wording} value={refused?.typed ?? person.name} problem={refused?.problem} />
        <button type="submit">{wording.say('me-name-save')}</button>
      </form>
    </section>
  )
}

export const languageSection: Section = async ({ app, wording, person }) => {
  const { say } = wording
  const chosen = (await readPreferences(app.db, person.id))?.language ?? ''
  return (
    <section aria-labelledby="my-language">
      <h2 id="my-language">{say('me-language')}</h2>
      <form class="me-form" method="post" action="/me/language">
        <select name="language" aria-labelledby="my-language">
          <option value="">{say('me-language-page')}</option>
          {offeredLanguages(app.site).map((language) => (
            <option key={language} value={language} lang={language} selected={language === chosen}>
              {nameOfLanguage(language)}
            </option>
          ))}
        </select>
        <button type="submit">{say('me-save')}</button>
      </form>
    </section>
  )
}

export const addressSection: Section = async (standing) => {
  const { app, people, wording, person } = standing
  if (person.identityId === null) return null
  const { say } = wording
  const refused = refusalOf(standing, 'address')
  const kept = await readAddress(app.db, people.addresses, person.identityId)
  return (
    <section aria-labelledby="my-address">
      <h2 id="my-address">{say('me-address')}</h2>
      {kept === null ? (
        <p>{say('me-address-none')}</p>
      ) : (
        <p>
          <bdi>{kept.address}</bdi>{' '}
          <span class="hint">{say(kept.isProven ? 'me-address-private' : 'me-address-told')}</span>
        </p>
      )}
      <Refusal wording={wording} problem={refused?.problem} />
      <form class="me-form" method="post" action="/me/address">
        <div class="field">
          <label for="new-address">{say('me-address-new')}</label>
          <input
            id="new-address"
            name="email"
            type="email"
            dir="ltr"
            required
            maxLength={254}
            autocomplete="email"
            value={refused?.typed ?? ''}
            aria-invalid={refused ? 'true' : undefined}
            aria-describedby={refused ? 'refusal' : undefined}
          />
        </div>
        <button type="submit">{say('me-address-go')}</button>
      </form>
    </section>
  )
}

export const waysSection: Section = async (standing) => {
  const { app, wording, person } = standing
  const ways =
    person.identityId === null ? [] : await listCredentials(app.db, waysHere(app, person.identityId))
  if (ways.length === 0) return null
  const { say, date } = wording
  return (
    <section aria-labelledby="my-ways">
      <h2 id="my-ways">{say('me-ways')}</h2>
      <Refusal wording={wording} problem={refusalOf(standing, 'ways')?.problem} />
      <ul class="me-list">
        {ways.map(({ id, name, used }) => (
          <li key={id}>
            <p>
              {say('me-ways-sso', { name: name ?? '–' })}{' '}
              <span class="hint">{say('me-ways-used', { date: date(used) })}</span>
            </p>
            <form method="post" action="/me/ways/remove">
              <input type="hidden" name="way" value={id} />
              <button type="submit" aria-label={say('me-ways-remove-label', { name: name ?? '–' })}>
                {say('me-ways-remove')}
              </button>
            </form>
          </li>
        ))}
      </ul>
    </section>
  )
}

export const dataSection: Section = async ({ wording: { say } }) => (
  <section aria-labelledby="my-data">
    <h2 id="my-data">{say('me-data')}</h2>
    <ul>
      <li>
        <a href="/me/download">{say('me-download')}</a>
      </li>
      <li>
        <a href="/me/erase">{say('me-erase')}</a>
      </li>
    </ul>
  </section>
)
