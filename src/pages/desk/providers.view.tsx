import type { App } from '../../context.ts'
import type { MessageKey, Wording } from '../../language/messages.ts'
import { callbackAddress, type Provider, type TypedProvider } from '../../people/provider.ts'
import type { Problem } from '../../problem.ts'
import { ProblemNote } from '../comment/comment.view.tsx'
import { renderDeskPage } from './queue.view.tsx'

export const providerFields = [
  'id',
  'kind',
  'name',
  'issuer',
  'authorizeUrl',
  'tokenUrl',
  'profileUrl',
  'clientId',
  'secret',
  'scopes',
  'fieldId',
  'fieldEmail',
  'fieldVerified',
  'fieldName',
] as const

export type TypedForm = TypedProvider & { id: string }

type Kind = Provider['kind']
type Field = Exclude<keyof TypedProvider, 'kind' | 'trusted'>

const label: Record<Field, MessageKey> = {
  name: 'desk-provider-name',
  issuer: 'desk-provider-issuer',
  authorizeUrl: 'desk-provider-authorize',
  tokenUrl: 'desk-provider-token',
  profileUrl: 'desk-provider-profile',
  clientId: 'desk-provider-client',
  secret: 'desk-provider-secret',
  scopes: 'desk-provider-scopes',
  fieldId: 'desk-provider-field-id',
  fieldEmail: 'desk-provider-field-email',
  fieldVerified: 'desk-provider-field-verified',
  fieldName: 'desk-provider-field-name',
}

const asked: Record<Kind, Field[]> = {
  oidc: ['name', 'issuer', 'clientId', 'secret', 'scopes'],
  oauth: [
    'name',
    'authorizeUrl',
    'tokenUrl',
    'profileUrl',
    'clientId',
    'secret',
    'scopes',
    'fieldId',
    'fieldEmail',
    'fieldVerified',
    'fieldName',
  ],
}
const usual: Record<Kind, Partial<Record<Field, string>>> = {
  oidc: { scopes: 'openid email profile' },
  oauth: { fieldId: 'id', fieldEmail: 'email', fieldName: 'name' },
}
const needed = new Set<Field>([
  'name',
  'issuer',
  'authorizeUrl',
  'tokenUrl',
  'profileUrl',
  'clientId',
  'fieldId',
])
const addresses = new Set<Field>(['issuer', 'authorizeUrl', 'tokenUrl', 'profileUrl'])

type Refused = { typed: TypedForm; problem: Problem }

export function renderProvidersPage(props: {
  app: App
  wording: Wording
  path: string
  providers: Provider[]
  /** What the provider added next will be called: a part of the address that it is told before. */
  nextId: string
  refused?: Refused
  /** `detail` null: it answers. */
  tried?: { id: string; detail: string | null }
}): string {
  const { app, wording, path, providers, refused, tried } = props
  const { say } = wording
  const id = refused?.typed.id || props.nextId
  return renderDeskPage(
    { app, wording, title: say('desk-providers-heading'), path },
    <>
      <h1>{say('desk-providers-heading')}</h1>
      <p>{say('desk-providers-note')}</p>
      {providers.length === 0 ? <p class="thread-empty">{say('desk-providers-none')}</p> : null}
      <ul class="desk-providers">
        {providers.map((provider) => (
          <li key={provider.id}>
            <ProviderLine
              {...{ app, wording, path, provider }}
              tried={tried?.id === provider.id ? tried : undefined}
            />
          </li>
        ))}
      </ul>
      {(['oidc', 'oauth'] as const).map((kind) => (
        <ProviderForm
          key={kind}
          {...{ app, wording, path, kind, id }}
          refused={refused?.typed.kind === kind ? refused : undefined}
        />
      ))}
    </>,
  )
}

function ProviderLine(props: {
  app: App
  wording: Wording
  path: string
  provider: Provider
  tried: { detail: string | null } | undefined
}) {
  const { app, wording, path, provider, tried } = props
  const { say } = wording
  const { id, kind, name, issuer, authorizeUrl, isTrusted } = provider
  return (
    <section aria-labelledby={`provider-${id}`}>
      <h2 id={`provider-${id}`}>
        <bdi>{name}</bdi>
      </h2>
      {tried ? (
        <p class={`notice ${tried.detail === null ? 'good' : 'bad'}`} role="status">
          {say(tried.detail === null ? 'desk-provider-answers' : 'desk-provider-silent')}
          {tried.detail === null ? null : (
            <>
              {' '}
              <code lang="en" dir="ltr">
                {tried.detail}
              </code>
            </>
          )}
        </p>
      ) : null}
      <dl class="facts">
        <dt>{say(kind === 'oidc' ? 'desk-provider-issuer-is' : 'desk-provider-authorize')}</dt>
        <dd>
          <bdi dir="ltr">{issuer ?? authorizeUrl}</bdi>
        </dd>
        <dt>{say('desk-provider-callback')}</dt>
        <dd>
          <code dir="ltr">{callbackAddress(app.origin, id)}</code>
        </dd>
      </dl>
      <p>{say(isTrusted ? 'desk-provider-trusted' : 'desk-provider-told')}</p>
      {kind === 'oidc' ? (
        <form method="post" action={`${path}/${id}/try`}>
          <button type="submit">{say('desk-provider-try')}</button>
        </form>
      ) : null}
      <form method="post" action={`${path}/${id}/retire`}>
        <button type="submit">{say('desk-provider-retire')}</button>
      </form>
      <details>
        <summary>{say('desk-provider-secret-change')}</summary>
        <form method="post" action={`${path}/${id}/secret`} class="desk-form">
          <label for={`secret-${id}`}>
            {say('desk-provider-secret')}{' '}
            <input
              id={`secret-${id}`}
              name="secret"
              type="password"
              autocomplete="new-password"
              dir="ltr"
              maxLength={2000}
            />
          </label>
          <button type="submit">{say('desk-provider-secret-save')}</button>
        </form>
      </details>
    </section>
  )
}

function ProviderForm(props: {
  app: App
  wording: Wording
  path: string
  kind: Kind
  id: string
  refused: Refused | undefined
}) {
  const { app, wording, path, kind, id, refused } = props
  const { say } = wording
  return (
    <details open={refused !== undefined}>
      <summary>{say(kind === 'oidc' ? 'desk-provider-add-oidc' : 'desk-provider-add-oauth')}</summary>
      {refused ? <ProblemNote problem={refused.problem} wording={wording} /> : null}
      <p>
        {say('desk-provider-register')} <code dir="ltr">{callbackAddress(app.origin, id)}</code>
      </p>
      <form method="post" action={path} class="desk-form">
        <input type="hidden" name="id" value={id} />
        <input type="hidden" name="kind" value={kind} />
        {asked[kind].map((field) => (
          <label key={field} for={`${kind}-${field}`}>
            {say(label[field])}{' '}
            {field === 'secret' ? (
              <input
                id={`${kind}-${field}`}
                name={field}
                type="password"
                autocomplete="new-password"
                dir="ltr"
                maxLength={2000}
              />
            ) : (
              <input
                id={`${kind}-${field}`}
                name={field}
                autocomplete="off"
                inputMode={addresses.has(field) ? 'url' : undefined}
                dir={field === 'name' ? 'auto' : 'ltr'}
                required={needed.has(field)}
                maxLength={field === 'name' ? 60 : 500}
                value={refused?.typed[field] ?? usual[kind][field] ?? ''}
                aria-invalid={refused?.problem.at === `/${field}` ? 'true' : undefined}
              />
            )}
          </label>
        ))}
        <label class="choice">
          <input
            type="checkbox"
            name="trusted"
            value="yes"
            checked={refused ? refused.typed.trusted === 'yes' : kind === 'oidc'}
          />{' '}
          {say('desk-provider-trust')}
        </label>
        <button type="submit" class="main">
          {say('desk-provider-save')}
        </button>
      </form>
    </details>
  )
}
