import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ownPath } from '../../src/http/answer.ts'
import { makeLimits, networkOf } from '../../src/http/limits.ts'
import { readForm, UnreadableBody } from '../../src/http/reading.ts'
import { sharedKey } from '../../src/http/shared-page.ts'
import { isProblem } from '../../src/problem.ts'

test.each([
  '/',
  '/desk',
  '/s/x?sort=newest#talk',
  '/s/x/c/y/more?reported=1',
  '/sign-in/popup?origin=https%3A%2F%2Fnews.example',
  '/search?q=%E7%AB%B9',
])('after a form one may go to %s', (path) => {
  expect(ownPath(path)).toBe(path)
})

test.each([
  ['/search?q=독도', '/search?q=%EB%8F%85%EB%8F%84'],
  ['/한글', '/%ED%95%9C%EA%B8%80'],
  ['/😀#é', '/%F0%9F%98%80#%C3%A9'],
  ['/s/x/../y', '/s/y'],
  ['/a\ud800b', '/a%EF%BF%BDb'],
])('a path of any script, %s, is written as a header takes it', (path, written) => {
  expect(ownPath(path)).toBe(written)
})

test.each([
  undefined,
  '',
  'desk',
  '//evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  'https://evil.example',
  'javascript:alert(1)',
  '/\t/evil.example',
  '/\n/evil.example',
  '\t//evil.example',
  '/ /evil.example',
  '/a\r\nSet-Cookie: x=y',
  '/a\0b',
  '/a\\b',
  ' /',
  '///evil.example',
  '/\u2028/evil',
  '/a\u2028b',
  '/.//evil.example',
  '/x/..//evil.example',
  '/a\u00a0b',
])('after a form nobody is sent to %j', (path) => {
  expect(ownPath(path)).toBe('/')
})

test('whatever is asked for, the browser stays here', () =>
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: fc.constantFrom('/', '\\', '\t', '\n', ' ', 'e', '.', ':', '@', '#', '?') }),
      ),
      (path) => {
        const own = ownPath(path)
        expect(new URL(own, 'https://talk.example/form').origin).toBe('https://talk.example')
        expect(own).toMatch(/^[!-~]+$/)
      },
    ),
    { numRuns: 1_000 },
  ))

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['::FFFF:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['2001:db8:1:2:ffff::9', '2001:db8:1:2::/64'],
  [undefined, ''],
])('the address %s is of the network %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})

test('all addresses of one household are one network, another household’s is another', () =>
  fc.assert(
    fc.property(fc.ipV6(), fc.nat({ max: 0xffff }), (address, last) => {
      const long = new URL(`http://[${address}]`).hostname.slice(1, -1)
      const network = networkOf(long)
      const parts = network.replace('::/64', '').split(':')
      if (long.startsWith('::ffff:')) return
      expect(parts).toHaveLength(4)
      expect(networkOf(`${parts.join(':')}:1:2:3:${last.toString(16)}`)).toBe(network)
      expect(
        networkOf(`${parts.slice(0, 3).join(':')}:${(Number.parseInt(parts[3]!, 16) ^ 1).toString(16)}::1`),
      ).not.toBe(network)
    }),
  ))

test('a limit counts by who, says when to come back, and can be switched off', async () => {
  const limits = makeLimits(true)
  for (let n = 0; n < 3; n++) expect(await limits.take('mail', 'ada@quay.example')).toBeUndefined()
  const refused = await limits.take('mail', 'ada@quay.example')
  expect(refused).toMatchObject({ problem: 'rate-limited', retryAfter: expect.any(Number) })
  expect(isProblem(refused) && refused.retryAfter! > 0 && refused.retryAfter! <= 900).toBe(true)
  expect(await limits.take('mail', 'bo@harbour.example')).toBeUndefined()
  const off = makeLimits(false)
  for (let n = 0; n < 10; n++) expect(await off.take('mail', 'ada@quay.example')).toBeUndefined()
})

test('a form is read as it was written', () =>
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme' })),
      (fields) => {
        expect(readForm(new URLSearchParams(fields).toString())).toEqual(fields)
      },
    ),
  ))

test.each([
  ['a=1&a=2', { a: '2' }],
  ['a', { a: '' }],
  ['=x', { '': 'x' }],
  ['a=b=c', { a: 'b=c' }],
  ['&&a=1&&', { a: '1' }],
  ['a=1+2%2B3', { a: '1 2+3' }],
  ['', {}],
])('the form %s is read', (text, fields) => {
  expect(readForm(text)).toEqual(fields)
})

test.each(['a=%', 'a=%zz', 'a=%C3', 'a=%ED%A0%80', '%FF=1'])('the form %s is refused', (text) => {
  expect(readForm(text)).toBeInstanceOf(UnreadableBody)
})

test('a field called __proto__ is a field', () => {
  const form = readForm('__proto__=x')
  expect(Object.keys(form)).toEqual(['__proto__'])
  expect(({} as Record<string, unknown>).x).toBeUndefined()
})

const site = { id: 'site', language: 'en', languages: [] }

test.each([
  ['a tracking parameter', '/s/a?utm_source=x', '/s/a'],
  ['a parameter nobody knows', '/s/a?sort=newest&cachebuster=7', '/s/a?sort=newest'],
  ['the order of parameters', '/s/a?after=1&sort=newest', '/s/a?sort=newest&after=1'],
  ['an empty parameter', '/s/a?sort=', '/s/a'],
  ['a language that we do not speak', '/s/a?lang=xx', '/s/a'],
  ['a second value', '/s/a?sort=newest&sort=oldest', '/s/a?sort=newest'],
])('%s makes no page of its own', (_, one, other) => {
  expect(sharedKey(site, one, undefined)).toBe(sharedKey(site, other, undefined))
})

test('pages that say different things have different keys', () => {
  const addresses = [
    '/s/a',
    '/s/b',
    '/s/a?sort=newest',
    '/s/a?sort=oldest',
    '/s/a?after=1',
    '/s/a?lang=ja',
    '/s/a?sort=newest&after=1',
    '/s/a?sort=newest%26after%3D1',
    '/fragment?story=a',
    '/fragment?url=a',
  ]
  expect(new Set(addresses.map((address) => sharedKey(site, address, undefined))).size).toBe(addresses.length)
  expect(sharedKey(site, '/s/a', 'ja')).toBe(sharedKey(site, '/s/a?lang=ja', 'ja'))
  expect(sharedKey({ ...site, id: 'other' }, '/s/a', 'ja')).not.toBe(sharedKey(site, '/s/a', 'ja'))
})
