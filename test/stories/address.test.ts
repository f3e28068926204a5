import fc from 'fast-check'
import { expect, test } from 'vitest'
import { normaliseAddress } from '../../src/stories/address.ts'

const story = 'https://news.example/coast/ferry'

test.each([
  ['as it stands', 'https://news.example/coast/ferry'],
  ['by http', 'http://news.example/coast/ferry'],
  ['with a trailing slash', 'https://news.example/coast/ferry/'],
  ['with two slashes', 'https://news.example//coast//ferry'],
  ['with a fragment', 'https://news.example/coast/ferry#talk'],
  ['with an empty query', 'https://news.example/coast/ferry?'],
  ['with the port of its scheme', 'https://news.example:443/coast/ferry'],
  ['with the port of http', 'http://news.example:80/coast/ferry'],
  ['in capitals where they do not count', 'HTTPS://NEWS.example/coast/ferry'],
  ['with blanks around it', '  https://news.example/coast/ferry\n'],
  ['from a campaign', 'https://news.example/coast/ferry?utm_source=mail&utm_medium=x&UTM_Campaign=y'],
  [
    'from networks',
    'https://news.example/coast/ferry?fbclid=1&gclid=2&msclkid=3&igshid=4&mc_cid=5&mc_eid=6&_ga=7',
  ],
  [
    'from a share button',
    'https://news.example/coast/ferry?ref=top&share=1&cmpid=9&smid=a&at_medium=b&xtor=c',
  ],
  ['as an AMP page in front', 'https://news.example/amp/coast/ferry'],
  ['as an AMP page behind', 'https://news.example/coast/ferry/amp/'],
  ['as an AMP file', 'https://news.example/coast/ferry.amp'],
  ['as an AMP parameter', 'https://news.example/coast/ferry?amp=1&outputType=amp'],
  ['as the default file of its folder', 'https://news.example/coast/ferry/index.html'],
  ['as another default file', 'https://news.example/coast/ferry/default.aspx'],
])('the address %s is the same story’s', (_, address) => {
  expect(normaliseAddress(address)).toBe(story)
})

test.each([
  ['another host', 'https://www.news.example/coast/ferry'],
  ['another port', 'https://news.example:8443/coast/ferry'],
  ['another path', 'https://news.example/coast/ferry-2'],
  ['capitals in the path', 'https://news.example/coast/Ferry'],
  ['a page of its own', 'https://news.example/coast/ferry?page=2'],
  ['an id in the query', 'https://news.example/coast/ferry?id=7'],
  ['amp within a word', 'https://news.example/coast/ferry-amp'],
  ['a folder called amp in the middle', 'https://news.example/coast/amp/ferry'],
])('%s is another story', (_, address) => {
  expect(normaliseAddress(address)).toBeDefined()
  expect(normaliseAddress(address)).not.toBe(story)
})

test.each([
  ['of the query sorted', 'https://n.example/s?b=2&a=1', 'https://n.example/s?a=1&b=2'],
  ['of one name sorted by value', 'https://n.example/s?a=2&a=1', 'https://n.example/s?a=1&a=2'],
  ['of the query kept beside tracking', 'https://n.example/s?utm_source=x&id=7', 'https://n.example/s?id=7'],
  ['of a name beyond ASCII in Punycode', 'https://køb.example/s', 'https://xn--kb-lka.example/s'],
  ['of a path beyond ASCII escaped', 'https://n.example/竹島', 'https://n.example/%E7%AB%B9%E5%B3%B6'],
  ['of the front page', 'https://n.example', 'https://n.example/'],
  ['of AMP with html', 'https://n.example/a.amp.html', 'https://n.example/a.html'],
  ['of dots resolved', 'https://n.example/a/../b/./c', 'https://n.example/b/c'],
])('parts %s', (_, address, normal) => {
  expect(normaliseAddress(address)).toBe(normal)
})

test.each([
  '',
  'ferry',
  '/coast/ferry',
  'ftp://news.example/a',
  'javascript:alert(1)',
  'data:text/html,x',
  'mailto:a@b.example',
  'file:///etc/passwd',
  'https://',
  'https://user:pass@news.example/',
  'https://a b/',
  '//news.example/a',
])('"%s" is no address of a story', (address) => {
  expect(normaliseAddress(address)).toBeUndefined()
})

test('what is in normal form stays as it is', () =>
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (url) => {
      const normal = normaliseAddress(url)
      if (normal !== undefined) expect(normaliseAddress(normal)).toBe(normal)
    }),
    { numRuns: 500 },
  ))

test('tracking makes no difference, wherever it stands', () =>
  fc.assert(
    fc.property(
      fc.webUrl({ withQueryParameters: true }),
      fc.constantFrom('utm_id', 'fbclid', 'ref', 'at_x', 'amp'),
      (url, name) => {
        const tracked = new URL(url)
        tracked.searchParams.append(name, '1')
        expect(normaliseAddress(tracked.href)).toBe(normaliseAddress(url))
      },
    ),
  ))
