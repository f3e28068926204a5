/** The product's own words in every language: one ICU MessageFormat file a language under messages/.
 *  A language is added by adding its file; a test compares each file with the source and with en.json. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { IntlMessageFormat } from 'intl-messageformat'
import type en from '../../messages/en.json'
import { packageRoot } from '../settings/settings.ts'

export type MessageKey = keyof typeof en
export type Values = Record<string, string | number>

/** Words and dates of one language, as the views take them. */
export type Wording = {
  language: string
  direction: 'ltr' | 'rtl'
  say: (key: MessageKey, values?: Values) => string
  /** "24 Nov 2026, 14:03" in the reader's language and the site's time zone. */
  date: (time: Date) => string
  /** "24 November 2026", without the hour. */
  day: (time: Date) => string
  number: (value: number) => string
  /** Parts beside each other, with the language's own comma. */
  list: (parts: string[]) => string
  /** One template a plural category, `#` standing for the number: for scripts that count on the page. */
  plural: (key: MessageKey, name: string) => Record<string, string>
}

const folder = join(packageRoot, 'messages')

/** Languages there is a file for, as BCP 47 tags. */
export const languages: readonly string[] = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.slice(0, -5))
  .sort()

const rightToLeft = /^(ar|fa|he|ur|ps|dv|yi|ckb|sd|ug)\b/

/** Writing direction of a language tag, by its usual script. */
export const directionOf = (language: string): 'ltr' | 'rtl' => (rightToLeft.test(language) ? 'rtl' : 'ltr')

const wordings = new Map<string, Wording>()

/** @param language one of `languages`; others get English
 *  @param timeZone IANA name */
export function wordingFor(language: string, timeZone = 'UTC'): Wording {
  const known = languages.includes(language) ? language : 'en'
  const key = `${known} ${timeZone}`
  let wording = wordings.get(key)
  if (!wording) {
    wording = makeWording(known, timeZone)
    wordings.set(key, wording)
  }
  return wording
}

function makeWording(language: string, timeZone: string): Wording {
  const texts = JSON.parse(readFileSync(join(folder, `${language}.json`), 'utf8')) as Record<string, string>
  const formats = new Map<string, IntlMessageFormat>()
  const clock = language === 'en' ? {} : ({ hourCycle: 'h23' } as const)
  const dates = new Intl.DateTimeFormat(language, {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone,
    ...clock,
  })
  const days = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone })
  const lists = new Intl.ListFormat(language, { type: 'unit', style: 'short' })
  const numbers = new Intl.NumberFormat(language)

  const say = (key: MessageKey, values?: Values): string => {
    const text = texts[key] ?? key
    if (!text.includes('{') && !text.includes("'")) return text
    let format = formats.get(key)
    if (!format) {
      format = new IntlMessageFormat(text, language, undefined, { ignoreTag: true })
      formats.set(key, format)
    }
    return format.format(values) as string
  }

  const plural = (key: MessageKey, name: string): Record<string, string> => {
    const rules = new Intl.PluralRules(language)
    const forms: Record<string, string> = {}
    for (let n = 1; n <= 120; n++) {
      const category = rules.select(n)
      forms[category] ??= say(key, { [name]: n }).replace(numbers.format(n), '#')
    }
    return forms
  }

  return {
    language,
    direction: directionOf(language),
    say,
    plural,
    date: (time) => dates.format(time),
    day: (time) => days.format(time),
    number: (value) => numbers.format(value),
    list: (parts) => lists.format(parts),
  }
}

/** The language for a page: the one asked for in the address, then the browser's (RFC 9110, 12.5.4), then the site's.
 *  @param offered the languages there are to choose from */
export function chooseLanguage(
  asked: string | undefined,
  acceptLanguage: string | undefined,
  fallback: string,
  offered: readonly string[] = languages,
): string {
  const known = asked && findLanguage(asked.toLowerCase(), offered)
  if (known) return known
  const wishes = (acceptLanguage ?? '')
    .slice(0, 200)
    .split(',')
    .map((part) => {
      const [tag = '', quality] = part.trim().split(';q=')
      return { tag: tag.toLowerCase(), quality: quality === undefined ? 1 : Number(quality) || 0 }
    })
    .filter((wish) => wish.quality > 0)
    .sort((a, b) => b.quality - a.quality)
  for (const { tag } of wishes) {
    const found = findLanguage(tag, offered)
    if (found) return found
  }
  return languages.includes(fallback) ? fallback : 'en'
}

/** Which of the languages a tag such as en-gb means. */
const findLanguage = (tag: string, offered: readonly string[]): string | undefined =>
  offered.find((language) => language === tag || tag.startsWith(`${language}-`))
