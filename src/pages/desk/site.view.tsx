import type { App, Gate } from '../../context.ts'
import { nameOfLanguage } from '../../http/layout.view.tsx'
import { offeredLanguages } from '../../http/wording.ts'
import { languages, type Wording } from '../../language/messages.ts'
import type { Problem } from '../../problem.ts'
import { ProblemNote } from '../comment/comment.view.tsx'
import { renderDeskPage } from './queue.view.tsx'
import { GateForm, type RefusedGate } from './stories.view.tsx'

type TypedSite = Record<'name' | 'language' | 'timeZone' | 'rules' | 'origins', string>

export function renderSitePage(props: {
  app: App
  wording: Wording
  sections: { name: string; gate: Gate | undefined }[]
  refused?: { typed: TypedSite; offered: string[]; problem: Problem }
  /** A gate that was refused: of a section, or of the site (no name). */
  gate?: RefusedGate & { of: string }
  key?: string
}): string {
  const { app, wording, sections, refused, gate } = props
  const { say } = wording
  const { site } = app
  const others = app.sites().filter((other) => other.site.id !== site.id)
  const values: TypedSite = refused?.typed ?? { ...site, origins: site.origins.join('\n') }
  const offered = offeredLanguages(refused ? { ...site, languages: refused.offered } : site)
  return renderDeskPage(
    { app, wording, title: say('desk-site-heading'), path: '/desk/site' },
    <>
      <h1>{say('desk-site-heading')}</h1>
      {refused ? <ProblemNote problem={refused.problem} wording={wording} /> : null}
      <form method="post" action="/desk/site" class="desk-form">
        <label>
          {say('desk-site-name')}{' '}
          <input name="name" required maxLength={100} value={values.name} dir="auto" />
        </label>
        <label>
          {say('desk-site-language')}{' '}
          <select name="language">
            {languages.map((language) => (
              <option key={language} value={language} lang={language} selected={language === values.language}>
                {nameOfLanguage(language)}
              </option>
            ))}
          </select>
        </label>
        <fieldset>
          <legend>{say('desk-site-languages')}</legend>
          <input type="hidden" name="offers" value="1" />
          {languages.map((language) => (
            <label key={language} class="choice">
              <input
                type="checkbox"
                name={`offer-${language}`}
                value="1"
                checked={offered.includes(language)}
              />{' '}
              <span lang={language}>{nameOfLanguage(language)}</span>
            </label>
          ))}
        </fieldset>
        <label>
          {say('desk-site-zone')} <input name="timeZone" required maxLength={60} value={values.timeZone} />
        </label>
        <label>
          {say('desk-site-rules')}{' '}
          <textarea name="rules" rows={3} maxLength={2000} dir="auto" value={values.rules} />
        </label>
        <label>
          {say('desk-site-origins')}{' '}
          <textarea name="origins" rows={3} maxLength={4000} dir="ltr" value={values.origins} />
        </label>
        <button type="submit" class="main">
          {say('desk-site-save')}
        </button>
      </form>
      <GateForm
        wording={wording}
        hidden={{ site: '1' }}
        gate={site}
        refused={gate?.of === '' ? gate : undefined}
        inherits={false}
      />
      {sections.length > 0 ? (
        <section aria-labelledby="sections">
          <h2 id="sections">{say('desk-site-sections')}</h2>
          {sections.map((section) => (
            <GateForm
              key={section.name}
              wording={wording}
              hidden={{ section: section.name }}
              gate={section.gate}
              refused={gate?.of === section.name ? gate : undefined}
              inherits
              heading={section.name}
            />
          ))}
        </section>
      ) : null}
      <section aria-labelledby="key">
        <h2 id="key">{say('desk-site-key-heading')}</h2>
        <p>{say('desk-site-key-note')}</p>
        {props.key ? (
          <p class="notice good" role="status">
            {say('desk-site-key-made')} <code>{props.key}</code>
          </p>
        ) : null}
        <form method="post" action="/desk/key">
          <button type="submit">{say('desk-site-key-make')}</button>
        </form>
      </section>
      <section aria-labelledby="where">
        <h2 id="where">{say('desk-site-where')}</h2>
        <p>
          {say('desk-site-address')} <bdi dir="ltr">{app.origin}</bdi>
        </p>
        {others.length > 0 ? (
          <>
            <p>{say('desk-site-others')}</p>
            <ul>
              {others.map((other) => (
                <li key={other.site.id}>
                  <bdi>{other.site.name}</bdi>{' '}
                  <a href={`${other.origin}/desk/site`} dir="ltr">
                    {other.origin}
                  </a>
                </li>
              ))}
            </ul>
          </>
        ) : null}
      </section>
      <section aria-labelledby="snippet">
        <h2 id="snippet">{say('desk-site-snippet')}</h2>
        <pre dir="ltr">
          <code>{`<detente-thread story="1234" src="${app.origin}">\n  <a href="${app.origin}/s/ext:1234">Read and join the discussion</a>\n</detente-thread>\n<script type="module" async src="${app.origin}/embed.js"></script>`}</code>
        </pre>
      </section>
    </>,
  )
}
