import { afterAll, beforeAll, expect, test } from 'vitest'
import { addLanguage, keptLanguage } from '../../src/http/kept-language.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { linkIn, type Mailbox, startMailbox } from '../people/mailbox.ts'
import { Visitor } from '../people/visitor.ts'

let newsroom: Newsroom
let mailbox: Mailbox
let story: string
let comment: string
let member: Visitor
beforeAll(async () => {
  mailbox = await startMailbox()
  newsroom = await startNewsroom({ smtpUrl: mailbox.url })
  story = await newsroom.putStory('ferry')
  comment = await newsroom.comment(story, 'Ada', 'The ferry is <a href="/late"> late > early.')
  member = new Visitor(newsroom, mailbox)
  await member.signIn('ada@quill.example', 'Ada Quill')
})
afterAll(async () => {
  await newsroom?.close()
  await mailbox?.stop()
})

const english = { 'accept-language': 'en-GB,en' }

const get = (path: string, headers: Record<string, string> = english) =>
  newsroom.call('GET', path, { headers })

/** Paths that a page's links and forms lead to, without those that choose a language. A form that asks by address has its
 *  hidden `lang` with it. */
const pathsOf = (html: string): string[] =>
  [
    ...html.matchAll(
      /<(?:a|form)\s[^>]*(?:href|action)="(\/[^"]*)"[^>]*>(<input type="hidden" name="lang" value="ko"\/>)?/g,
    ),
  ]
    .filter(([tag]) => !tag.includes('hreflang'))
    .map(([, path = '', hidden = '']) => path.replaceAll('&amp;', '&') + (hidden && '?lang=ko'))

test.each([
  ['/s/a?lang=ko', 'en', 'en', 'ko'],
  ['/s/a?lang=ko-KR', 'en', 'en', 'ko'],
  ['/s/a?lang=ko', 'ko,en', 'en', undefined],
  ['/s/a?lang=ko', undefined, 'ko', undefined],
  ['/s/a?lang=xx', 'en', 'en', undefined],
  ['/s/a?lang=', 'en', 'en', undefined],
  ['/s/a', 'ko', 'en', undefined],
])('%s in a browser that wants %s on a site in %s keeps %s', (address, accept, site, kept) => {
  expect(keptLanguage(address, accept, { language: site, languages: [] })).toBe(kept)
})

test('a language that the site does not offer is not kept', () => {
  const site = { language: 'en', languages: ['en', 'ja'] }
  expect(keptLanguage('/s/a?lang=ko', 'en', site)).toBeUndefined()
  expect(keptLanguage('/s/a?lang=ja', 'en', site)).toBe('ja')
})

test.each([
  ['<a href="/">x</a>', '<a href="/?lang=ko">x</a>'],
  [
    '<a class="a > b" href="/s/1?sort=oldest#talk">',
    '<a class="a > b" href="/s/1?sort=oldest&amp;lang=ko#talk">',
  ],
  ['<a href="/s/1#c-1" hreflang="ja">', '<a href="/s/1?lang=ko#c-1" hreflang="ja">'],
  ['<form method="post" action="/s/1/comments">', '<form method="post" action="/s/1/comments?lang=ko">'],
  [
    '<form action="/search" class="x">',
    '<form action="/search" class="x"><input type="hidden" name="lang" value="ko"/>',
  ],
])('%s becomes %s', (before, after) => {
  expect(addLanguage(before, 'ko')).toBe(after)
})

test.each([
  '<a href="#talk">',
  '<a href="https://talk.example/s/1">',
  '<a href="//elsewhere.example/">',
  '<a href="/s/1?lang=ja">',
  '<a href="/s/1?sort=oldest&amp;lang=ja#talk">',
  '<link href="/page.css"/>',
  '<abbr href="/s/1">',
  '<p>&lt;a href="/s/1"></p>',
])('%s stays as it is', (html) => {
  expect(addLanguage(html, 'ko')).toBe(html)
})

test.each([
  '/',
  '/s/STORY',
  '/s/STORY/c/COMMENT',
  '/s/STORY/c/COMMENT/more',
  '/search?q=ferry',
  '/rules',
  '/me',
  '/sign-in?to=/me',
  '/nothing-here',
])('every link and form of %s keeps Korean when it was asked for in Korean', async (place) => {
  const path = place.replace('STORY', story).replace('COMMENT', comment)
  const address = `${path}${path.includes('?') ? '&' : '?'}lang=ko`
  const page = await (await member.get(address, { ...english, accept: 'text/html' })).text()
  expect(page).toContain('<html lang="ko"')
  const paths = pathsOf(page)
  expect(paths.length).toBeGreaterThan(3)
  expect(paths.filter((to) => !/[?&]lang=ko(?:#|$)/.test(to))).toEqual([])
})

test('without a language in the address, or with the browser’s own, no link names one', async () => {
  for (const path of [`/s/${story}`, `/s/${story}?lang=en`, '/search?q=ferry&lang=en']) {
    const page = await get(path)
    expect(page.text).toContain('<html lang="en"')
    expect(pathsOf(page.text).filter((to) => to.includes('lang='))).toEqual([])
  }
})

test('what readers wrote stays what they wrote', async () => {
  const { text } = await get(`/s/${story}?lang=ko`)
  expect(text).toContain('&lt;a href=&quot;/late&quot;&gt; late &gt; early.')
})

test('a page in a chosen language is a page of its own, and each stays what it was', async () => {
  const chosen = await get(`/s/${story}?lang=ko`)
  const negotiated = await get(`/s/${story}`, { 'accept-language': 'ko' })
  const both = await get(`/s/${story}?lang=ko`, { 'accept-language': 'ko' })
  expect(chosen.headers.get('etag')).not.toBe(negotiated.headers.get('etag'))
  expect(both.text).toBe(negotiated.text)
  for (const page of [chosen, negotiated, both]) {
    expect(page.headers.get('vary')).toBe('Accept-Encoding, Accept-Language, Origin')
    expect(page.headers.getSetCookie()).toEqual([])
  }
  expect((await get(`/s/${story}?lang=ko`)).text).toBe(chosen.text)
  const again = await get(`/s/${story}?lang=ko`, { ...english, 'if-none-match': chosen.headers.get('etag')! })
  expect(again.status).toBe(304)
})

test('a newsroom’s page has a language of its own: a fragment’s links keep none', async () => {
  const fragment = await get(`/fragment?story=${story}&lang=ko`)
  const negotiated = await get(`/fragment?story=${story}`, { 'accept-language': 'ko' })
  expect(fragment.text).toBe(negotiated.text)
})

test('comments that reach an open page lead on in its language', async () => {
  const items = await get(`/fragment/items?story=${story}&ids=${comment}&lang=ko`)
  expect(items.text).toContain(`/s/${story}/c/${comment}?lang=ko`)
  const embedded = await get(`/fragment/items?story=${story}&ids=${comment}&lang=ko&base=1`)
  expect(embedded.text).not.toContain('lang=ko')
})

test('after a form, and on the way to sign in, the language is still there', async () => {
  const fields = { text: '배가 늦었습니다.' }
  const posted = await member.post(`/s/${story}/comments?lang=ko`, fields, english)
  expect([posted.status, posted.headers.get('location')]).toEqual([
    303,
    expect.stringMatching(/\?lang=ko#c-/),
  ])
  const plain = await member.post(`/s/${story}/comments`, { text: '내일도 늦을까요?' }, english)
  expect([plain.status, plain.headers.get('location')]).toEqual([303, expect.not.stringContaining('lang=')])
  const stranger = await get('/me?lang=ko')
  expect(stranger.headers.get('location')).toMatch(/^\/sign-in\?.*&lang=ko$/)
})

test('a text that is refused comes back on a page in the same language, whose form keeps it', async () => {
  const page = await member.post(
    `/s/${story}/comments?lang=ko`,
    { text: ' ' },
    { ...english, accept: 'text/html' },
  )
  const html = await page.text()
  expect(page.status).toBe(422)
  expect(html).toContain('<html lang="ko"')
  expect(html).toContain(`action="/s/${story}/comments?lang=ko"`)
})

test('signing in speaks the chosen language: form, mail, link and the way back', async () => {
  const visitor = new Visitor(newsroom, mailbox)
  const asked = await (await visitor.get(`/sign-in?to=/s/${story}&lang=ko`, english)).text()
  expect(asked).toContain('action="/sign-in?lang=ko"')
  const fields = { email: 'min@quill.example', to: `/s/${story}` }
  const sent = await (await visitor.post('/sign-in?lang=ko', fields, english)).text()
  expect(sent).toContain('<html lang="ko"')
  const link = linkIn(mailbox.mails.at(-1))
  expect(link.searchParams.get('lang')).toBe('ko')
  const confirm = await (await visitor.get(link.pathname + link.search, english)).text()
  expect(confirm).toContain('action="/sign-in/link?lang=ko"')
  const opened = await visitor.post(
    '/sign-in/link?lang=ko',
    { token: link.searchParams.get('token')!, to: `/s/${story}`, name: '민지' },
    english,
  )
  expect([opened.status, opened.headers.get('location')]).toEqual([303, `/s/${story}?lang=ko`])
})
