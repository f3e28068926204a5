import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { IntlMessageFormat } from 'intl-messageformat'
import { describe, expect, test } from 'vitest'
import type {
  CommentKind,
  CommentStatus,
  DecisionAction,
  Mode,
  Role,
  SessionWay,
} from '../../src/database/tables.ts'
import { reportReasons } from '../../src/discussion/report-reasons.ts'
import { chooseLanguage, directionOf, languages, wordingFor } from '../../src/language/messages.ts'
import { reasons } from '../../src/moderation/decision.ts'
import { notifyChoices, notifyKinds } from '../../src/people/notify.ts'
import type { FlowRefusal } from '../../src/people/provider-flow.ts'
import { liftReasons, measures } from '../../src/people/sanction.ts'
import { keyKinds } from '../../src/people/sso-settings.ts'
import { problems } from '../../src/problem.ts'
import type { Door } from '../../src/settings/door.ts'
import { packageRoot } from '../../src/settings/settings.ts'

const read = (language: string) =>
  JSON.parse(readFileSync(join(packageRoot, 'messages', `${language}.json`), 'utf8')) as Record<
    string,
    string
  >
const english = read('en')

const sources = ['src', 'browser']
  .flatMap((folder) => readdirSync(join(packageRoot, folder), { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
  .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
  .join('\n')

/** All values of a union of words: the compiler asks for each. */
const namesOf = <Name extends string>(names: Record<Name, true>) => Object.keys(names) as Name[]

const roles = namesOf<Role>({ reader: true, staff: true, moderator: true, editor: true, admin: true })
const actions = namesOf<DecisionAction>({ approve: true, hold: true, remove: true, restore: true })
const readersStatuses = namesOf<Exclude<CommentStatus, 'missing'>>({
  published: true,
  pending: true,
  held: true,
  removed: true,
  withdrawn: true,
})
const waysIn = namesOf<SessionWay>({
  mail: true,
  passkey: true,
  password: true,
  provider: true,
  sso: true,
  invitation: true,
  guest: true,
})

/** Keys that are put together, as `say(`reason-${reason}`)` does: what may follow each beginning. */
const composed: Record<string, readonly string[]> = {
  'badge-': roles.filter((role) => role !== 'reader'),
  'desk-action-': actions,
  'desk-done-': actions,
  'desk-door-effect-': ['refuse', 'look-first'],
  'desk-door-guests-': namesOf<Door['guests']>({ off: true, 'looked-at': true, open: true }),
  'desk-gate-': namesOf<Mode>({ open: true, premoderated: true, closed: true, off: true }),
  'desk-lift-': liftReasons,
  'desk-measure-': [...measures, 'lift'],
  'desk-people-': ['guest', 'unclaimed'],
  'desk-sso-': ['label', 'kid', 'issuer', 'audience'],
  'desk-sso-kind-': keyKinds,
  'desk-status-': [...readersStatuses, 'missing'],
  'desk-story-': ['title', 'byline', 'credit', 'published', 'url', 'language', 'section'],
  'kind-': namesOf<CommentKind>({
    claim: true,
    question: true,
    experience: true,
    correction: true,
    'about-coverage': true,
  }),
  'me-notify-': [...notifyKinds, ...notifyChoices],
  'me-role-': roles,
  'me-status-': readersStatuses,
  'me-told-': ['removed', 'held', 'restored', 'approved'],
  'me-way-': waysIn,
  /** What pages say of a refusal: a title and a sentence. */
  'problem-': Object.keys(problems).flatMap((name) => [name, `${name}-text`]),
  'sign-in-provider-refused-': namesOf<FlowRefusal['refused']>({
    declined: true,
    down: true,
    elsewhere: true,
    setup: true,
    stale: true,
    taken: true,
    unsure: true,
  }),
  'told-': measures,
  'reason-': [...new Set([...reasons, ...reportReasons])],
}

const composedKeys = Object.entries(composed).flatMap(([beginning, ends]) =>
  ends.map((end) => beginning + end),
)

/** Beginnings of keys in a template. Ids are put together in the same way, as `c-${id}`: no key begins so. */
const composedInSources = [...sources.matchAll(/(say\()?`([a-z]+(?:-[a-z]+)*-)\$\{/g)]
  .filter(([, said, beginning]) => said || Object.keys(english).some((key) => key.startsWith(`${beginning}`)))
  .map(([, , beginning]) => `${beginning}`)

/** The names in {…} of a message, and in its plurals. */
function readPlaceholders(text: string): string[] {
  const names = new Set<string>()
  const walk = (parts: unknown[]): void => {
    for (const part of parts as {
      type: number
      value?: string
      options?: Record<string, { value: unknown[] }>
    }[]) {
      if (part.type !== 0 && part.type !== 7 && part.value) names.add(part.value)
      for (const option of Object.values(part.options ?? {})) walk(option.value)
    }
  }
  walk(new IntlMessageFormat(text, 'en', undefined, { ignoreTag: true }).getAst())
  return [...names].sort()
}

describe.each(languages)('%s', (language) => {
  const texts = read(language)

  test('has every message, and none that English lacks', () => {
    expect(Object.keys(texts).sort()).toEqual(Object.keys(english).sort())
  })

  test('says the same things: each message takes the same values', () => {
    const wrong = Object.keys(english).filter(
      (key) => String(readPlaceholders(texts[key] ?? '')) !== String(readPlaceholders(english[key] ?? '')),
    )
    expect(wrong).toEqual([])
  })

  test('has no empty message, and none with a straight apostrophe, which ICU reads as a sign', () => {
    expect(Object.entries(texts).filter(([, text]) => text.trim() === '' || text.includes("'"))).toEqual([])
  })
})

test('no message is there for nothing', () => {
  const unused = Object.keys(english).filter(
    (key) => !sources.includes(`'${key}'`) && !sources.includes(`"${key}"`) && !composedKeys.includes(key),
  )
  expect(unused).toEqual([])
})

test('every key that is put together is known here, and has words', () => {
  expect([...new Set(composedInSources)].sort()).toEqual(Object.keys(composed).sort())
  expect(composedKeys.filter((key) => !(key in english))).toEqual([])
})

test('there is no refusal that nothing refuses with', () => {
  const refusing = sources.replace(/export const problems = \{.*?\} as const/s, '')
  expect(Object.keys(problems).filter((name) => !refusing.includes(`'${name}'`))).toEqual([])
})

test('English, Japanese and Korean are there', () => {
  expect(languages).toEqual(expect.arrayContaining(['en', 'ja', 'ko']))
})

test.each([
  ['ko', 'ja,en', 'en', 'ko'],
  [undefined, 'ja-JP,ja;q=0.9,en;q=0.8', 'en', 'ja'],
  [undefined, 'xx;q=1,ko;q=0.3,en;q=0.2', 'en', 'ko'],
  [undefined, 'en;q=0,ko', 'en', 'ko'],
  ['xx', undefined, 'ja', 'ja'],
  ['__proto__', '*', 'xx', 'en'],
])(
  'the language of a page asked for as %s by a browser that wants %s on a site in %s is %s',
  (asked, accept, site, chosen) => {
    expect(chooseLanguage(asked, accept, site)).toBe(chosen)
  },
)

test('plurals are counted by the language’s own rules', () => {
  expect(wordingFor('en').say('comment-count', { n: 1 })).toBe('1 comment')
  expect(wordingFor('en').say('comment-count', { n: 2 })).toBe('2 comments')
  expect(wordingFor('en').plural('news', 'n')).toMatchObject({
    one: expect.stringContaining('#'),
    other: expect.stringContaining('#'),
  })
})

test('a date is said in the reader’s language and the site’s time zone', () => {
  const time = new Date('2026-05-04T20:30:00Z')
  expect(wordingFor('ja', 'Asia/Tokyo').date(time)).toContain('2026/05/05')
  expect(wordingFor('en', 'UTC').date(time)).toContain('May 4, 2026')
})

test('Arabic is written from right to left', () => {
  expect([directionOf('ar'), directionOf('fa-IR'), directionOf('ja')]).toEqual(['rtl', 'rtl', 'ltr'])
})
