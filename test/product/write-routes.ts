/** Every write route of the server with a body that it takes, for tests that send something else; and what a refusal
 *  has to look like. */
import { expect } from 'vitest'
import { problems } from '../../src/problem.ts'
import type { Answer, Newsroom } from '../newsroom.ts'

/** A write route, a body that it takes, and fields of it that may hold anything: they only say where to go next. */
export type Route = {
  method: string
  path: string
  body?: Record<string, unknown>
  free?: string[]
  form?: boolean
}

export const nobody = '01890000-0000-7000-8000-000000000000'
const secret = 'a'.repeat(43)
/** A browser's answer, as far as its form goes: bytes are refused later than their names. */
const passkeyAnswer = JSON.stringify({
  id: 'AAAA',
  rawId: 'AAAA',
  type: 'public-key',
  response: {
    clientDataJSON: 'AAAA',
    authenticatorData: 'AAAA',
    signature: 'AAAA',
    attestationObject: 'AAAA',
  },
})

export const routes: Route[] = [
  {
    method: 'POST',
    path: '/api/stories/:story/comments',
    body: {
      text: 'Low water is at four.',
      parent: null,
      kind: null,
      quotes: [{ passage: 'p1', exact: 'ferry' }],
    },
  },
  { method: 'PATCH', path: '/api/stories/:story/comments/:comment', body: { text: 'Low water is at five.' } },
  { method: 'DELETE', path: '/api/stories/:story/comments/:comment' },
  { method: 'PUT', path: '/api/stories/:story/comments/:comment/ballot', body: { value: 1 } },
  {
    method: 'POST',
    path: '/api/stories/:story/comments/:comment/reports',
    body: { reason: 'spam', text: 'It sells boats.' },
  },
  {
    method: 'POST',
    path: '/api/stories/:story/comments/:comment/decisions',
    body: { action: 'hold', reason: 'spam', note: 'The same boat again.' },
  },
  {
    method: 'PUT',
    path: '/api/stories/:story',
    body: {
      title: 'The ferry',
      body: ['It leaves at six.'],
      byline: 'Ines Marsh',
      credit: 'Sound Wire',
      published: '2026-05-04T09:30:00Z',
      url: null,
      language: 'en',
      section: 'Coast',
    },
  },
  { method: 'POST', path: '/api/session/code', body: { origin: 'https://news.example' } },
  { method: 'POST', path: '/api/session/exchange', body: { code: secret } },
  { method: 'POST', path: '/api/session/renew' },
  {
    method: 'POST',
    path: '/s/:story/comments',
    body: { text: 'Low water is at four.', parent: nobody },
    form: true,
  },
  { method: 'POST', path: '/s/:story/c/:comment/respect', form: true },
  {
    method: 'POST',
    path: '/s/:story/c/:comment/quote',
    body: { exact: 'Low water' },
    form: true,
    free: ['exact'],
  },
  { method: 'POST', path: '/s/:story/c/:comment/edit', body: { text: 'Low water is at five.' }, form: true },
  { method: 'POST', path: '/s/:story/c/:comment/delete', form: true },
  {
    method: 'POST',
    path: '/s/:story/c/:comment/report',
    body: { reason: 'spam', text: 'It sells boats.' },
    form: true,
  },
  {
    method: 'POST',
    path: '/desk/decide/:story/:comment',
    body: { action: 'hold', reason: 'spam', note: 'The same boat again.', to: '/desk' },
    form: true,
    free: ['to'],
  },
  {
    method: 'POST',
    path: '/sign-in',
    body: { email: 'ada@quay.example', to: '/' },
    form: true,
    free: ['to'],
  },
  {
    method: 'POST',
    path: '/sign-in/link',
    body: { token: secret, to: '/', name: 'Ada' },
    form: true,
    free: ['to', 'name'],
  },
  {
    method: 'POST',
    path: '/sign-in/invitation',
    body: { token: secret, name: 'Ada', email: '' },
    form: true,
  },
  {
    method: 'POST',
    path: '/sign-in/visit',
    body: { token: 'a.b.c', to: '/me' },
    form: true,
    free: ['to', 'token'],
  },
  { method: 'POST', path: '/sign-in/visit/go', body: { code: secret, to: '/me' }, form: true, free: ['to'] },
  { method: 'POST', path: '/sign-out', form: true },
  { method: 'POST', path: '/api/session/neighbour' },
  {
    method: 'POST',
    path: '/sign-in/code',
    body: { to: '/', ask: secret, code: '123456', email: 'ada@quay.example' },
    form: true,
    free: ['to', 'email', 'code'],
  },
  { method: 'POST', path: '/sign-in/provider/:provider', form: true },
  {
    method: 'POST',
    path: '/desk/people/providers',
    body: {
      id: nobody,
      kind: 'oidc',
      name: 'The Harbour Club',
      clientId: 'sound',
    },
    form: true,
  },
  { method: 'POST', path: '/desk/people/providers/:provider/retire', form: true },
  { method: 'POST', path: '/desk/people/providers/:provider/secret', body: { secret: 'ebb' }, form: true },
  { method: 'POST', path: '/desk/people/providers/:provider/try', form: true },
  { method: 'POST', path: '/desk/people/sso', body: { label: 'Courier', kind: 'make' }, form: true },
  { method: 'POST', path: '/desk/people/sso/:key/retire', form: true },
  { method: 'POST', path: '/desk/people/sso/check', body: { token: 'a.b.c' }, form: true, free: ['token'] },
  {
    method: 'POST',
    path: '/sign-in/password',
    body: { to: '/', email: 'ada@quay.example', password: 'blue lamp under the stairs' },
    form: true,
    free: ['to', 'password'],
  },
  { method: 'POST', path: '/sign-in/guest', body: { to: '/', name: 'Ada Sand' }, form: true, free: ['to'] },
  { method: 'POST', path: '/me/password', body: { password: 'blue lamp under the stairs' }, form: true },
  { method: 'POST', path: '/me/password/remove', body: { remove: 'yes' }, form: true },
  {
    method: 'POST',
    path: '/desk/people/door',
    body: { guests: 'off', renameDays: '30' },
    form: true,
  },
  {
    method: 'POST',
    path: '/desk/people/door/domains',
    body: { domain: 'mail.example', effect: 'refuse' },
    form: true,
  },
  { method: 'POST', path: '/me/name', body: { name: 'Ada Harbour' }, form: true },
  { method: 'POST', path: '/me/language', body: { language: 'ja' }, form: true },
  {
    method: 'POST',
    path: '/me/notify',
    body: { reply: 'off', answer: 'off', pick: 'off', decision: 'off', story: 'off', mention: 'off' },
    form: true,
  },
  { method: 'POST', path: '/me/address', body: { email: 'ada@harbour.example' }, form: true },
  { method: 'POST', path: '/me/address/confirm', body: { token: secret }, form: true },
  { method: 'POST', path: '/me/ways/remove', body: { way: nobody }, form: true },
  { method: 'POST', path: '/sign-in/passkey/begin', body: { for: 'sign-in' } },
  {
    method: 'POST',
    path: '/sign-in/passkey',
    body: { to: '/', response: passkeyAnswer },
    form: true,
    free: ['to'],
  },
  {
    method: 'POST',
    path: '/me/passkeys',
    body: { to: '/', response: passkeyAnswer },
    form: true,
    free: ['to'],
  },
  {
    method: 'POST',
    path: '/me/passkeys/rename',
    body: { passkey: nobody, name: 'The blue key' },
    form: true,
  },
  { method: 'POST', path: '/me/passkeys/remove', body: { passkey: nobody }, form: true },
  { method: 'POST', path: '/me/erase', body: { kind: 'anonymise', name: 'Nobody' }, form: true },
  { method: 'POST', path: '/me/claim', body: { person: nobody }, form: true },
  { method: 'POST', path: '/me/sessions/end', body: { session: nobody }, form: true },
  { method: 'POST', path: '/me/sessions/others', form: true },
  { method: 'POST', path: '/me/sessions/all', form: true },
  { method: 'POST', path: '/p/:person/mute', body: { to: '/' }, form: true, free: ['to'] },
  { method: 'POST', path: '/p/:person/unmute', body: { to: '/' }, form: true, free: ['to'] },
  { method: 'POST', path: '/s/:story/follow', form: true },
  { method: 'POST', path: '/s/:story/unfollow', body: { to: '/' }, form: true, free: ['to'] },
  { method: 'PUT', path: '/api/people/:person/mute' },
  { method: 'DELETE', path: '/api/people/:person/mute' },
  {
    method: 'POST',
    path: '/desk/stories/edit',
    body: {
      external: 'tide',
      title: 'The tide',
      body: 'It turns.',
      byline: '',
      credit: '',
      published: '',
      url: '',
      language: 'en',
      section: '',
    },
    form: true,
  },
  {
    method: 'POST',
    path: '/desk/gate',
    body: { mode: 'open', reason: 'Be kind.', days: '3', section: 'Coast' },
    form: true,
  },
  {
    method: 'POST',
    path: '/desk/site',
    body: { name: 'The Sound', language: 'en', timeZone: 'UTC', rules: 'Be kind.', origins: '' },
    form: true,
  },
  { method: 'POST', path: '/desk/key', form: true },
  { method: 'PUT', path: '/api/people/:person/role', body: { role: 'staff', badge: 'Coast desk' } },
  {
    method: 'POST',
    path: '/api/people/:person/sanctions',
    body: { kind: 'ban', reason: 'spam', note: 'The same boat again.', everywhere: false },
  },
  {
    method: 'POST',
    path: '/api/sanctions/:sanction/lift',
    body: { reason: 'mistake', note: 'It was another.' },
  },
  {
    method: 'POST',
    path: '/desk/people/:person/sanctions',
    body: { kind: 'suspend', reason: 'spam', days: '3', note: 'Boats.', step: 'take' },
    form: true,
  },
  {
    method: 'POST',
    path: '/desk/sanctions/:sanction/lift',
    body: { person: nobody, reason: 'mistake', note: 'It was another.' },
    form: true,
  },
  {
    method: 'POST',
    path: '/desk/people/:person/role',
    body: { role: 'staff', badge: 'Coast desk' },
    form: true,
  },
  {
    method: 'POST',
    path: '/desk/people/invitations',
    body: { role: 'staff', badge: 'Coast desk', hours: '24' },
    form: true,
  },
  { method: 'POST', path: '/desk/people/invitations/:invitation/revoke', form: true },
]
export const withBody = routes.filter((route) => route.body)

/** Where the routes' names point to, and who asks. */
export type Place = { news: Newsroom; admin: string; story: string; comment: string }

/** A story and a comment for the routes, and somebody with all rights. */
export async function makePlace(news: Newsroom): Promise<Place> {
  const admin = await news.tokenOf('Ines Marsh', 'admin')
  const story = await news.putStory('ferry')
  return { news, admin, story, comment: await news.comment(story, 'Ines Marsh', 'Low water is at three.') }
}

export const fill = (path: string, { story, comment }: { story: string; comment: string }) =>
  path
    .replace(':story', story)
    .replace(':comment', comment)
    .replace(/:(person|sanction|invitation)/, nobody)

/** A request with all rights, so that what is refused is refused for its content. */
export async function send(
  place: Place,
  route: Route,
  body: unknown,
  {
    path,
    type = 'application/json',
    headers = {},
  }: { path?: string; type?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const isPut = route.path === '/api/stories/:story'
  const address = path ?? fill(route.path, isPut ? { ...place, story: 'ext:ferry' } : place)
  return place.news.call(route.method, address, {
    token: isPut ? place.news.siteKey : place.admin,
    ...(body === undefined ? {} : { body }),
    headers: { ...(body === undefined ? {} : { 'content-type': type }), ...headers },
  })
}

/** RFC 9457 on the API, for scripts, and wherever no page was asked for; a page where a form's own refusal is one. */
export function expectRefusal(answer: Answer, what: string, mayBePage = false): void {
  expect(answer.status, `${what}: ${answer.text.slice(0, 300)}`).toBeGreaterThanOrEqual(400)
  expect(answer.status, `${what}: ${answer.text.slice(0, 300)}`).toBeLessThan(500)
  const type = answer.headers.get('content-type')
  if (mayBePage && type?.startsWith('text/html')) return
  expect(type, what).toBe('application/problem+json; charset=utf-8')
  expectProblem(answer, what)
}

export function expectProblem(answer: Answer, what: string): void {
  const problem = answer.json<{ type: string; title: string; status: number; detail: string; at?: string }>()
  const name = problem.type.replace('/problems/', '') as keyof typeof problems
  expect(problems[name], what).toMatchObject({ status: problem.status, title: problem.title })
  expect(problem.status, what).toBe(answer.status)
  expect(problem.detail.length, what).toBeGreaterThan(5)
  expect(JSON.stringify(problem), what).not.toMatch(/\\n\s+at |node_modules|violates|syntax for type/)
}
