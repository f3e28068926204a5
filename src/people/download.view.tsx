/** `me.html`: one file that opens from disk, without a script, a connection or anything beside it. */
import type { ComponentChildren, VNode } from 'preact'
import { renderToString } from 'preact-render-to-string'
import type { SanctionKind } from '../database/tables.ts'
import { directionOf, type MessageKey, type Wording } from '../language/messages.ts'
import type { Download, ListName, Lists } from './download.ts'
import type { OwnComment } from './download-store.ts'

/** Nothing is loaded, whatever may stand in it one day: from disk no server says so. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

const STYLE = `:root{color-scheme:light dark}body{max-inline-size:42rem;margin:2rem auto;padding-inline:1rem;font:1rem/1.6 Georgia,serif;overflow-wrap:anywhere}
h1,h2{line-height:1.25}h2{margin-block-start:3rem}article{border-block-start:1px solid #8886;padding-block:.75rem}
article p{margin-block:.25rem}header,dl,small,.none{font:.875rem/1.5 system-ui,sans-serif}blockquote{border-inline-start:3px solid #8886;margin-inline:0;padding-inline-start:1rem}
dt{font-weight:600}dd{margin-inline:0 0;margin-block-end:.5rem}.note{font-style:italic}pre{white-space:pre-wrap}`

type Told = { wording: Wording; base: string }

const titles = {
  waysIn: 'download-ways-in',
  sessions: 'download-sessions',
  names: 'download-names',
  sanctions: 'download-sanctions',
  follows: 'download-follows',
  mutes: 'download-mutes',
  reports: 'download-reports',
  ballots: 'download-ballots',
  comments: 'download-comments',
} as const satisfies Record<ListName, MessageKey>

const measures = {
  warn: 'download-sanction-warn',
  suspend: 'download-sanction-suspend',
  ban: 'download-sanction-ban',
  'look-first': 'download-sanction-look-first',
  mute: 'download-sanction-mute',
  lift: 'download-sanction-lift',
} as const satisfies Record<SanctionKind, MessageKey>

/** The file, in the reader's language. */
export async function* writeHtml(download: Download, wording: Wording): AsyncGenerator<string> {
  const { say } = wording
  const { site, lists } = download
  const title = say('download-file-title', { site: site.name })
  const head = (
    <>
      <meta charset="utf-8" />
      <meta http-equiv="Content-Security-Policy" content={POLICY} />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>{title}</title>
    </>
  )
  yield `<!doctype html>\n<html lang="${wording.language}" dir="${wording.direction}"><head>${renderToString(head)}<style>${STYLE}</style></head>\n<body>`
  yield renderToString(<Self download={download} wording={wording} title={title} />)
  const told = { wording, base: site.address }
  for (const name of Object.keys(lists) as ListName[]) yield* writeList(name, lists, told)
  yield '</body></html>\n'
}

async function* writeList<N extends ListName>(
  name: N,
  lists: Download['lists'],
  told: Told,
): AsyncGenerator<string> {
  yield `\n<section>${renderToString(<h2>{told.wording.say(titles[name])}</h2>)}`
  let isEmpty = true
  for await (const entry of lists[name] as AsyncIterable<Lists[N]>) {
    isEmpty = false
    yield `\n${renderToString(<article>{views[name](entry, told)}</article>)}`
  }
  if (isEmpty) yield renderToString(<p class="none">{told.wording.say('download-none')}</p>)
  yield '</section>'
}

function Self({ download, wording, title }: { download: Download; wording: Wording; title: string }) {
  const { say, date } = wording
  const { person, address, made } = download
  const yes = (key: MessageKey) => say(key)
  const lines: [MessageKey, ComponentChildren][] = [
    ['download-name', <bdi>{person.name || say('person-erased')}</bdi>],
    ['download-since', date(person.since)],
    ['download-role', say(`me-role-${person.role}`)],
    ['download-address', address ? <bdi>{address.address}</bdi> : say('download-none')],
    ['download-language', person.language ?? say('me-language-page')],
    [
      'download-notify',
      Object.entries(person.notify)
        .map(([what, when]) => `${what}: ${when}`)
        .join(', ') || say('download-usual'),
    ],
    ...(person.badge === null ? [] : [['download-badge', <bdi>{person.badge}</bdi>] as [MessageKey, VNode]]),
    ...(person.suspendedUntil === null
      ? []
      : [
          [
            'download-suspended',
            person.suspendedUntil instanceof Date ? date(person.suspendedUntil) : say('download-no-end'),
          ] as [MessageKey, string],
        ]),
    ...(person.looksFirst ? [['download-looks-first', yes('download-yes')] as [MessageKey, string]] : []),
    ...(person.isMuted ? [['download-muted', yes('download-yes')] as [MessageKey, string]] : []),
  ]
  return (
    <>
      <h1>{title}</h1>
      <p>{say('download-file-made', { date: date(made) })}</p>
      <dl>
        {lines.map(([key, value]) => (
          <>
            <dt>{say(key)}</dt>
            <dd>{value}</dd>
          </>
        ))}
      </dl>
    </>
  )
}

const linkTo = ({ base }: Told, story: string, comment?: string): string =>
  `${base}/s/${story}${comment === undefined ? '' : `/c/${comment}`}`

const Story = ({ told, story, title }: { told: Told; story: string; title: string | null }) => (
  <a href={linkTo(told, story)}>
    <bdi>{title ?? told.wording.say('story-untitled')}</bdi>
  </a>
)

const rule = (wording: Wording, code: string | null): string =>
  wording.say(`reason-${code ?? 'other'}` as 'reason-other')

const views: { [N in ListName]: (entry: Lists[N], told: Told) => ComponentChildren } = {
  waysIn: ({ way, name, created, used }, { wording: { say, date, list } }) => (
    <p>
      {list([
        say(`me-way-${way}`),
        ...(name === null ? [] : [name]),
        ...(created === null ? [] : [say('download-made', { date: date(created) })]),
        ...(used === null ? [] : [say('me-ways-used', { date: date(used) })]),
      ])}
    </p>
  ),
  sessions: ({ way, device, origin, created, seen }, { wording: { say, date, list } }) => (
    <p>
      {list([
        device ?? say('me-sessions-unknown'),
        say(`me-way-${way}`),
        ...(origin === null ? [] : [say('me-sessions-in', { origin })]),
        say('me-sessions-since', { date: date(created) }),
        say('me-sessions-seen', { date: date(seen) }),
      ])}
    </p>
  ),
  names: ({ name, until }, { wording: { say, date } }) => (
    <p>
      <bdi>{name}</bdi> · {say('download-until', { date: date(until) })}
    </p>
  ),
  sanctions: ({ kind, rule: code, until, everywhere, decided }, { wording }) => (
    <>
      <p>
        {wording.say(measures[kind])} · {wording.say('download-desk', { date: wording.date(decided) })}
      </p>
      <p>{wording.say('download-rule', { rule: rule(wording, code) })}</p>
      {until === null ? null : <p>{wording.say('download-until', { date: wording.date(until) })}</p>}
      {everywhere ? <p>{wording.say('download-everywhere')}</p> : null}
    </>
  ),
  follows: ({ story, title, since }, told) => (
    <p>
      <Story told={told} story={story} title={title} /> ·{' '}
      {told.wording.say('me-sessions-since', { date: told.wording.date(since) })}
    </p>
  ),
  mutes: ({ name, since }, { wording: { say, date } }) => (
    <p>
      <bdi>{name || say('person-erased')}</bdi> · {say('me-sessions-since', { date: date(since) })}
    </p>
  ),
  reports: ({ story, comment, rule: code, text, reported, settled }, told) => (
    <>
      <p>
        <a href={linkTo(told, story, comment)}>{told.wording.say('download-comment')}</a> ·{' '}
        {told.wording.date(reported)} · {rule(told.wording, code)}
        {settled === null
          ? null
          : ` · ${told.wording.say('download-settled', { date: told.wording.date(settled) })}`}
      </p>
      {text === '' ? null : <p dir="auto">{text}</p>}
    </>
  ),
  ballots: ({ story, comment, value, cast }, told) => (
    <p>
      <a href={linkTo(told, story, comment)}>{told.wording.say('download-comment')}</a> ·{' '}
      {told.wording.say(
        value === 1 ? 'download-ballot-yes' : value === 0 ? 'download-ballot-no' : 'download-ballot-unsure',
      )}{' '}
      · {told.wording.date(cast)}
    </p>
  ),
  comments: (comment, told) => <Comment comment={comment} told={told} />,
}

function Comment({ comment, told }: { comment: OwnComment; told: Told }) {
  const { wording } = told
  const { say, date } = wording
  const { status, quotes, revisions, decisions } = comment
  return (
    <>
      <header>
        <p>
          <Story told={told} story={comment.story} title={comment.title} />
        </p>
        <p>
          <a href={linkTo(told, comment.story, comment.id)}>{date(comment.posted ?? comment.received)}</a>
          {status === 'published' ? null : ` · ${say(`me-status-${status}` as 'me-status-held')}`}
          {comment.rule === null ? null : ` · ${say('download-rule', { rule: rule(wording, comment.rule) })}`}
          {comment.kind === null ? null : ` · ${say(`kind-${comment.kind}`)}`}
          {comment.edited === null ? null : ` · ${say('download-edited', { date: date(comment.edited) })}`}
          {` · ${say('download-answers', { respect: comment.respect, replies: comment.replies })}`}
        </p>
        {comment.replyTo === null ? null : (
          <p>
            <a href={linkTo(told, comment.story, comment.replyTo)}>{say('download-reply')}</a>
          </p>
        )}
      </header>
      {quotes.map(({ exact }, n) =>
        exact ? (
          <blockquote key={n} dir="auto">
            {exact}
          </blockquote>
        ) : null,
      )}
      <Words html={comment.html} language={comment.language} />
      {revisions.map(({ number, html, written }) => (
        <details key={number}>
          <summary>
            {say('download-revision', { date: written ? date(written) : say('download-unknown') })}
          </summary>
          <Words html={html} language={comment.language} />
        </details>
      ))}
      {decisions.map(({ action, rule: code, decided }, n) => (
        <p class="note" key={n}>
          {say(decisionWords[action], { date: date(decided), rule: rule(wording, code) })}
        </p>
      ))}
      {comment.networkDay === null ? null : (
        <p>
          <small>{say('download-network', { day: comment.networkDay })}</small>
        </p>
      )}
    </>
  )
}

const decisionWords = {
  remove: 'me-told-removed',
  hold: 'me-told-held',
  restore: 'me-told-restored',
  approve: 'me-told-approved',
} as const

/** Rendered from the person's own words by the one renderer, when they were written. */
const Words = ({ html, language }: { html: string; language: string | null }) => (
  <div
    {...(language ? { lang: language, dir: directionOf(language) } : { dir: 'auto' as const })}
    dangerouslySetInnerHTML={{ __html: html }}
  />
)
