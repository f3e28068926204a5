/**
 * Which addresses readers may link to, and how an address is shown so that nobody is led astray: what is
 * read must be where the link goes.
 */

import { domainToUnicode } from 'node:url'
import { mapLookAlikes } from './confusables.ts'

/** Longer ones are no addresses that people cite. */
const HREF_MAX_LENGTH = 2048

const SCHEME = /^(https?:\/\/|mailto:)/i
/** Control, invisible and white-space characters; in an address they only ever disguise. */
const DISGUISE = /[\s\p{C}\p{DI}\\]/u
const DOTTED_HOST = /^(?:[^.]+\.)+[^.]+\.?$/
const MAIL_ADDRESS = /^[\w.!#$&'*+/=?^`{|}~-]{1,64}@(?:[a-z0-9-]{1,63}\.){1,8}[a-z0-9-]{2,63}$/i

/** One script for a part of a host name; Japanese and Korean write with several. */
const ONE_SCRIPT = [
  ...['Latin', 'Cyrillic', 'Greek', 'Armenian', 'Georgian', 'Hebrew', 'Arabic', 'Thaana', 'Ethiopic', 'Thai'],
  ...[
    'Lao',
    'Khmer',
    'Myanmar',
    'Tibetan',
    'Devanagari',
    'Bengali',
    'Gurmukhi',
    'Gujarati',
    'Oriya',
    'Tamil',
  ],
  ...['Telugu', 'Kannada', 'Malayalam', 'Sinhala'],
].map((script) => new RegExp(`^[\\p{scx=${script}}\\p{M}0-9-]+$`, 'u'))
ONE_SCRIPT.push(
  /^[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}0-9-]+$/u,
  /^[\p{scx=Hangul}\p{scx=Han}0-9-]+$/u,
)
const LETTERS_ONLY = /^[\p{L}\p{M}0-9-]+$/u

/**
 * The address as it will stand in `href`, or '' when readers may not link to it.
 *
 * Allowed: http and https to a public-looking host (a dotted name or an address literal), and mailto with
 * one address. Refused: other schemes, a user name before the host, disguising characters.
 */
export function canonicalHref(address: string): string {
  if (address.length > HREF_MAX_LENGTH || DISGUISE.test(address) || !SCHEME.test(address)) return ''
  if (/^m/i.test(address)) return canonicalMail(address)
  const url = parseUrl(address)
  if (!url || url.username || url.password || url.href.length > HREF_MAX_LENGTH * 2) return ''
  return DOTTED_HOST.test(url.hostname) || url.hostname.startsWith('[') ? url.href : ''
}

/** Headers after `?` are dropped: a link must not write the letter. */
function canonicalMail(address: string): string {
  const to = address.slice('mailto:'.length).split('?')[0]!
  return MAIL_ADDRESS.test(to) ? `mailto:${to}` : ''
}

/**
 * The address as text: as typed, but with the host as it really is: in its own script, or in punycode
 * ("xn--…") where its letters are mixed from several scripts or pass for Latin ones.
 *
 * @param address one that `canonicalHref` accepts, or a bare mail address
 */
export function displayAddress(address: string): string {
  if (!/^https?:/i.test(address)) return address.replace(/^mailto:/i, '').split('?')[0]!
  const url = new URL(address)
  const typedRest = /^[a-z]+:\/\/[^/?#]*(.*)$/i.exec(address)![1]!
  return `${url.protocol}//${displayHost(url.hostname)}${url.port && `:${url.port}`}${typedRest}`
}

/** An ASCII host name in the letters it stands for, where these mislead nobody. */
function displayHost(host: string): string {
  if (!host.includes('xn--')) return host
  return host
    .split('.')
    .map((label) => {
      const shown = label.startsWith('xn--') ? domainToUnicode(label) : label
      return isPlain(shown) ? shown : label
    })
    .join('.')
}

/** After "highly restrictive" in UTS 39 section 5.2, and not a whole word that passes for Latin. */
function isPlain(label: string): boolean {
  if (/^[a-z0-9-]*$/.test(label)) return true
  const passesForLatin = /^[\x21-\x7e]*$/.test(mapLookAlikes(label.normalize('NFKD')))
  return !passesForLatin && LETTERS_ONLY.test(label) && ONE_SCRIPT.some((script) => script.test(label))
}

const HOST_IN_TEXT = /(?:https?:\/\/|www\.)[^\s/?#]+/gi
const WHOLE_TEXT_IS_ADDRESS = /^(?:https?:\/\/)?([^\s/?#@]+\.\p{L}{2,})(?::\d+)?(?:[/?#]\S*)?$/iu

/**
 * Do the words of a link name another place than the link leads to? `[bank.example](https://evil.example)`
 *
 * @param words the link's visible text
 * @param href as `canonicalHref` gave it
 */
export function misleads(words: string, href: string): boolean {
  const text = words.normalize('NFKC').replace(/[。｡]/g, '.').trim()
  if (/^[^\s@]+@[^\s@]+$/.test(text)) return `mailto:${text}`.toLowerCase() !== href.toLowerCase()
  const whole = WHOLE_TEXT_IS_ADDRESS.exec(text)?.[1]
  const named = whole ? [whole] : [...text.matchAll(HOST_IN_TEXT)].map(([host]) => host)
  if (named.length === 0) return false
  const target = href.startsWith('mailto:') ? '' : bareHost(href)
  return named.some((host) => bareHost(/^https?:\/\//i.test(host) ? host : `http://${host}`) !== target)
}

const bareHost = (address: string) => parseUrl(address)?.hostname.replace(/^www\.|\.$/g, '')

function parseUrl(address: string): URL | undefined {
  return URL.canParse(address) ? new URL(address) : undefined
}

/** Ends an address in running text: blanks, brackets and quotes of any script, invisible characters. */
const ENDS_ADDRESS =
  /[\s<>"`{}|\\^\p{C}\p{DI}\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65“”‘’«»…]/u
const CJK_LETTER = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u
/** Belong to the sentence when they stand last. */
const TRAILING = /[.,:;!?'*_~&]/
const CLOSES: Record<string, string> = { ')': '(', ']': '[' }

/**
 * Where an address that begins in running text ends. Looks at each character once.
 *
 * Not as linkify-it does it: Korean and Japanese go on right behind an address (https://a.example/b에서), so
 * an ideograph, kana or syllable directly behind a Latin letter or digit is the sentence's.
 *
 * @param start index just behind "://"
 */
export function findAddressEnd(text: string, start: number, max: number): number {
  const open: string[] = []
  let end = start
  while (end < max) {
    const character = text[end]!
    if (character in CLOSES && open.pop() !== CLOSES[character]) break
    if (character === '(' || character === '[') open.push(character)
    if (character > '~' && endsBefore(text, end, start)) break
    if (character <= '~' && ENDS_ADDRESS.test(character)) break
    end++
  }
  while (end > start && TRAILING.test(text[end - 1]!)) end--
  return end
}

function endsBefore(text: string, index: number, start: number): boolean {
  const character = String.fromCodePoint(text.codePointAt(index)!)
  // The second half of an astral character was judged with the first.
  if (/\p{Cs}/u.test(character)) return !/^\p{Cs}/u.test(text[index - 1] ?? '')
  if (ENDS_ADDRESS.test(character)) return true
  return index > start && CJK_LETTER.test(character) && /[a-z0-9]/i.test(text[index - 1]!)
}
