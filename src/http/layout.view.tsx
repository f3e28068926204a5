/** The shell of every page: head, the newspaper's name, the foot. */
import type { ComponentChildren, VNode } from 'preact'
import { renderToString } from 'preact-render-to-string'
import type { MessageKey, Wording } from '../language/messages.ts'
import { type AssetName, assetPath } from './assets.ts'
import { offeredLanguages, type Speaking } from './wording.ts'

export type Shell = {
  wording: Wording
  site: { name: string } & Speaking
  title: string
  /** The page's own path with its parameters, without `lang`. */
  path: string
  canonical?: string
  description?: string
  noIndex?: boolean
  scripts?: AssetName[]
  /** schema.org, as a value. */
  data?: object
  head?: VNode
  /** Dense pages of the desk have no measure. */
  wide?: boolean
}

/** A whole HTML document. */
export function renderPage(shell: Shell, children: ComponentChildren): string {
  return `<!doctype html>${renderToString(<Document shell={shell}>{children}</Document>)}`
}

function Document({ shell, children }: { shell: Shell; children: ComponentChildren }) {
  const { wording, site } = shell
  const { say } = wording
  return (
    <html lang={wording.language} dir={wording.direction} class="detente">
      <head>
        <meta charset="utf-8" />
        <title>{shell.title === site.name ? site.name : `${shell.title} · ${site.name}`}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        {shell.description ? <meta name="description" content={shell.description} /> : null}
        {shell.noIndex ? <meta name="robots" content="noindex" /> : null}
        {shell.canonical ? <link rel="canonical" href={shell.canonical} /> : null}
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href={assetPath('page.css')} />
        {shell.scripts?.map((name) => (
          <script type="module" src={assetPath(name)} key={name} />
        ))}
        {shell.head}
        {/* JSON in a page: `<` is written \u003c, so that no text can end the element. */}
        {shell.data ? (
          <script
            type="application/ld+json"
            dangerouslySetInnerHTML={{ __html: JSON.stringify(shell.data).replaceAll('<', '\\u003c') }}
          />
        ) : null}
      </head>
      <body class={shell.wide ? 'wide' : undefined}>
        <a class="skip" href="#main">
          {say('skip')}
        </a>
        <header class="masthead">
          <a class="masthead-name" href="/">
            <bdi>{site.name}</bdi>
          </a>
          <nav aria-label={say('nav')}>
            <a href="/search">{say('search')}</a>
            <a href="/me">{say('me')}</a>
          </nav>
        </header>
        <main id="main">{children}</main>
        <footer class="foot">
          <nav aria-label={say('language')}>
            <ul>
              {offeredLanguages(site).map((language) => (
                <li key={language}>
                  <a
                    href={withLanguage(shell.path, language)}
                    lang={language}
                    hreflang={language}
                    aria-current={language === wording.language ? 'true' : undefined}
                  >
                    {nameOfLanguage(language)}
                  </a>
                </li>
              ))}
            </ul>
          </nav>
          <p>
            <a href="/rules">{say('rules' satisfies MessageKey)}</a>
          </p>
        </footer>
      </body>
    </html>
  )
}

const withLanguage = (path: string, language: string): string =>
  `${path}${path.includes('?') ? '&' : '?'}lang=${language}`

const names = new Map<string, string>()

/** A language's name for itself. */
export function nameOfLanguage(language: string): string {
  let name = names.get(language)
  if (!name) {
    name = new Intl.DisplayNames(language, { type: 'language' }).of(language) ?? language
    names.set(language, name)
  }
  return name
}
