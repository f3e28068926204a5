import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalHref, displayAddress, findAddressEnd, misleads } from '../../src/language/links.ts'

test.each([
  ['https://a.example', 'https://a.example/'],
  ['HTTP://A.Example/B?c=d#e', 'http://a.example/B?c=d#e'],
  ['https://bücher.example/ü', 'https://xn--bcher-kva.example/%C3%BC'],
  ['https://[2001:db8::1]/', 'https://[2001:db8::1]/'],
  ['https://a.example:8443/', 'https://a.example:8443/'],
  ['https://a.example/"<>\'', "https://a.example/%22%3C%3E'"],
  ['mailto:desk@a.example', 'mailto:desk@a.example'],
  ['mailto:desk@a.example?bcc=all@b.example&body=x', 'mailto:desk@a.example'],
])('readers may link to %s', (address, href) => expect(canonicalHref(address)).toBe(href))

test.each([
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'java\tscript:alert(1)',
  'java\nscript:alert(1)',
  ' javascript:alert(1)',
  '\u0001javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:msgbox(1)',
  'file:///etc/passwd',
  'ftp://a.example/',
  'blob:https://a.example/1',
  'view-source:https://a.example',
  '//a.example/',
  '/desk',
  'a.example',
  'https:a.example',
  'https:/\\a.example',
  'https:\\\\a.example',
  'https://user@a.example/',
  'https://user:secret@a.example/',
  'https://bank.example@evil.example/',
  'https://localhost/',
  'https://a..example/',
  'https://',
  'https://a.example:99999/',
  'https://a.exa\u00admple/',
  'https://a.example/\u202egpj.exe',
  'https://a.example/\u200b',
  'https://a.example/a b',
  `https://a.example/${'a'.repeat(2048)}`,
  'mailto:',
  'mailto:a@b.example,c@d.example',
  'mailto:"a b"@c.example',
  'mailto:a@b.example%0aBcc:c@d.example',
])('readers may not link to %j', (address) => expect(canonicalHref(address)).toBe(''))

test('an address that may be linked to stays the same when it is read again', () =>
  fc.assert(
    fc.property(
      fc.oneof(
        fc.webUrl({ withFragments: true, withQueryParameters: true }),
        fc.string({ unit: 'binary' }).map((s) => `https://a.example/${s}`),
      ),
      (address) => {
        const href = canonicalHref(address)
        expect(canonicalHref(href)).toBe(href)
        expect(href).toMatch(/^(?:https?:\/\/[\x21-\x7e]+|)$/)
      },
    ),
  ))

test.each([
  ['as typed', 'https://a.example/B_(c)?d=é', 'https://a.example/B_(c)?d=é'],
  ['the host in small letters', 'HTTPS://A.EXAMPLE/B', 'https://a.example/B'],
  ['a host of one script in that script', 'https://例え.jp/', 'https://例え.jp/'],
  ['Hangul and Hanja together', 'https://독도島.kr', 'https://독도島.kr'],
  ['accents', 'https://bücher.example/', 'https://bücher.example/'],
  ['a host of two scripts in punycode', 'https://pаypal.example/', 'https://xn--pypal-4ve.example/'],
  [
    'a Cyrillic word that passes for Latin in punycode',
    'https://аррӏе.example/',
    'https://xn--80ak6aa92e.example/',
  ],
  ['a Cyrillic word that does not in Cyrillic', 'https://пример.рф/', 'https://пример.рф/'],
  [
    'a kana that passes for a slash in punycode',
    'https://a.exampleノb.example/',
    'https://a.xn--exampleb-b44g.example/',
  ],
  ['mail without the scheme', 'mailto:desk@a.example?subject=x', 'desk@a.example'],
])('an address is shown: %s', (_, address, shown) => expect(displayAddress(address)).toBe(shown))

test.each([
  ['bank.example', 'https://evil.example/', true],
  ['www.bank.example', 'https://evil.example/', true],
  ['https://bank.example/login', 'https://evil.example/', true],
  ['go to https://bank.example/ now', 'https://evil.example/', true],
  ['ｂａｎｋ．ｅｘａｍｐｌｅ', 'https://evil.example/', true],
  ['bank。example', 'https://evil.example/', true],
  ['bаnk.example', 'https://bank.example/', true],
  ['bank.example', 'https://bank.example.evil.example/', true],
  ['desk@bank.example', 'mailto:evil@b.example', true],
  ['bank.example', 'mailto:evil@b.example', true],
  ['bank.example', 'https://bank.example/login', false],
  ['www.bank.example', 'https://bank.example/', false],
  ['https://bank.example/other', 'https://bank.example/', false],
  ['Desk@bank.example', 'mailto:desk@bank.example', false],
  ['the minutes', 'https://bank.example/', false],
  ['3.5 percent', 'https://bank.example/', false],
])('"%s" for %s misleads: %s', (words, href, expected) => expect(misleads(words, href)).toBe(expected))

test.each([
  ['https://a.example/b에서 봤다', 'https://a.example/b'],
  ['https://a.example/bを見た', 'https://a.example/b'],
  ['https://ja.example/wiki/日本 を', 'https://ja.example/wiki/日本'],
  ['https://a.example/b。次', 'https://a.example/b'],
  ['https://a.example/b）と', 'https://a.example/b'],
  ['https://a.example/b. Next', 'https://a.example/b'],
  ['https://a.example/b?!', 'https://a.example/b'],
  ['https://a.example/b), he', 'https://a.example/b'],
  ['https://a.example/b_(c)) he', 'https://a.example/b_(c)'],
  ['https://a.example/?ids[]=3] x', 'https://a.example/?ids[]=3'],
  ['https://a.example/b"c', 'https://a.example/b'],
  ['https://a.example/b\u200bc', 'https://a.example/b'],
  ['https://a.example/b😀 c', 'https://a.example/b😀'],
  ['https://a.example/b*', 'https://a.example/b'],
])('in running text an address ends where the sentence goes on: %s', (text, address) =>
  expect(text.slice(0, findAddressEnd(text, 'https://'.length, text.length))).toBe(address),
)
