import { expect, test } from 'vitest'
import { accessCookie, clearedCookies, readCookies, sessionCookie } from '../../src/people/cookies.ts'
import { readEmail, readName } from '../../src/people/person.ts'

test.each([
  ['ada@quill.example', 'ada@quill.example'],
  ['  Ada.Quill+news@Quill.Example ', 'ada.quill+news@quill.example'],
  ["o'brien@a-b.c-d.example", "o'brien@a-b.c-d.example"],
])('mail can be sent to “%s”', (typed, email) => expect(readEmail(typed)).toBe(email))

test.each([
  '',
  'ada',
  'ada@quill',
  '@quill.example',
  'ada@@quill.example',
  'ada quill@quill.example',
  'a..b@quill.example',
  '.a@quill.example',
  'ada@quill.example, eve@quill.example',
  'ada@quill.example\r\nBcc: eve@quill.example',
  'ada@quill.example\nx',
  '<ada@quill.example>',
  'Ada <ada@quill.example>',
  `${'a'.repeat(250)}@b.example`,
  `${'a.'.repeat(50_000)}@`,
  'ada@[127.0.0.1]',
  // The Kelvin sign, whose small letter is a k.
  'bar\u212a@quill.example',
])('“%s” is no address', (typed) =>
  expect(readEmail(typed)).toMatchObject({ problem: 'email-invalid', at: '/email' }),
)

test('a name is kept clean, with what it must not share', () => {
  const name = readName('  Ada   Quill ')
  expect(name).toEqual(readName('Ada Quill'))
  expect(name).toMatchObject({ name: 'Ada Quill', skeleton: expect.stringMatching(/./) })
})

test.each(['', '   ', '…', 'x'.repeat(41), 'a\u0000b'])('“%s” is no name', (typed) =>
  expect(readName(typed)).toMatchObject({ problem: 'name-invalid', at: '/name' }),
)

test('two names that look alike share a skeleton', () => {
  expect(readName('Аda Quill')).toMatchObject({
    skeleton: (readName('Ada Quill') as { skeleton: string }).skeleton,
  })
})

test.each([
  ['http://127.0.0.1:8080', 'detente', ''],
  ['https://talk.courier.example', '__Host-detente', '; Secure'],
])('at %s the cookies are called %s', (origin, name, secure) => {
  const rules = `HttpOnly; SameSite=Lax${secure}`
  expect(accessCookie(origin, 'a')).toBe(`${name}=a; Path=/; Max-Age=900; ${rules}`)
  expect(sessionCookie(origin, 's', 2592000)).toBe(`${name}-session=s; Path=/; Max-Age=2592000; ${rules}`)
  expect(clearedCookies(origin)).toEqual([
    `${name}=; Path=/; Max-Age=0; ${rules}`,
    `${name}-session=; Path=/; Max-Age=0; ${rules}`,
  ])
})

test.each([
  ['', {}],
  ['detente=a; detente-session=s', { access: 'a', session: 's' }],
  ['theme=dark;detente-session=s', { session: 's' }],
  ['detente=first; detente=second', { access: 'first' }],
  ['=x; ; detente; __Host-detente=a', {}],
])('of the cookies “%s” ours are found', (header, found) =>
  expect(readCookies(header, 'http://localhost')).toEqual({
    access: undefined,
    session: undefined,
    ...found,
  }),
)

test('on https only cookies that no neighbour can set are read', () =>
  expect(readCookies('detente=a; __Host-detente-session=s', 'https://talk.courier.example')).toEqual({
    access: undefined,
    session: 's',
  }))
