/**
 * The one renderer of readers' text: what is posted, edited, imported or written by staff becomes HTML here
 * and nowhere else.
 *
 * Three walls, each enough by itself (SECURITY.md, "Content pipeline"): markdown-it without HTML and with
 * link rules of our own; sanitize-html with a short list of tags; and a printer that knows no tag or attribute
 * but those it prints, and fails on anything else. Each block bears `dir`, so that an Arabic reply to an
 * English quote reads rightly; `lang` is on the comment's own element.
 *
 * Time is linear in the length of the source whatever its shape, and text with more marks than a person sets
 * is not parsed at all. Most comments have no markup and take a short way to the same HTML.
 */

import sanitizeHtml from 'sanitize-html'
import { cutGraphemes } from './graphemes.ts'
import { parseMarkdown, printTokens } from './markdown.ts'
import { stripHidden } from './text.ts'

/** Stored beside the HTML. Raise it when the same source gives other HTML, and old comments are rendered anew. */
export const COMMENT_RENDERER = 1

/** What a comment may hold. Check both before rendering: time and space are bounded by the bytes. */
export const COMMENT_MAX_GRAPHEMES = 10_000
export const COMMENT_MAX_BYTES = 40_000

/**
 * Safe HTML of a reader's text, made of p, br, em, strong, blockquote, code, pre, ul, ol, li, a[href]. '' for
 * a blank text.
 * @param source as `cleanText` gave it, at most COMMENT_MAX_BYTES long in UTF-8
 * @param language BCP 47 tag or null. In a right-to-left language a paragraph reads from the right though it
 *   begins with a foreign word, which dir="auto" would go by
 */
export function renderComment(source: string, language: string | null): string {
  const text = stripHidden(source)
  return hasMarkup(text) ? renderMarkup(text, language) : renderPlain(text, language)
}

/** The long way, for text that may have markup. Exported for the test that both ways meet. */
export function renderMarkup(text: string, language: string | null): string {
  return printSafely(sanitizeHtml(printTokens(parseMarkdown(text)), WALL), language)
}

/**
 * A reader's text without its markup: for excerpts, feeds, mail and JSON-LD. Paragraphs are two line breaks
 * apart; list items have a line each.
 */
export function plainText(source: string): string {
  const text = stripHidden(source)
  if (!hasMarkup(text))
    return paragraphsOf(text)
      .map((lines) => lines.join('\n'))
      .join('\n\n')
  let plain = ''
  for (const token of parseMarkdown(text)) {
    if (token.type === 'list_item_open' && token.info) plain += `${token.info}. `
    else if (token.type === 'fence') plain += `${token.content}\n`
    else if (/^(?:paragraph|blockquote|(?:bullet|ordered)_list)_close$/.test(token.type))
      plain += token.hidden ? '\n' : '\n\n'
    for (const inline of token.children ?? []) plain += inline.tag === 'br' ? '\n' : inline.content
  }
  return plain.replace(/\n{3,}/g, '\n\n').trim()
}

/** The beginning of a reader's text on one line, at most `max` graphemes with the "…" that shows it was cut. */
export function excerpt(source: string, max: number): string {
  const line = plainText(source).replace(/\s+/g, ' ')
  if (cutGraphemes(line, max) === line) return line
  const head = cutGraphemes(line, max - 1)
  // Back to the last blank, where there is one near: not within a word, unless the script has no blanks.
  const blank = line[head.length] === ' ' ? head.length : head.lastIndexOf(' ')
  return `${head.slice(0, blank > head.length - 24 && blank > 0 ? blank : head.length).trimEnd()}…`
}

/** Anything that could be markup. Rather too much than too little: it only costs the long way. */
const MARKS = /[*_`[<&\\\t]|:\/\/|^ *(?:>|[-+](?: |$)|\d{1,9}[.)](?: |$))/gm

/** Nobody sets more by hand. A text with more is shown as it stands: each costs up to 25 microseconds. */
const MARKS_MAX = 1000

function hasMarkup(text: string): boolean {
  MARKS.lastIndex = 0
  let marks = 0
  while (marks <= MARKS_MAX && MARKS.test(text)) marks++
  MARKS.lastIndex = 0
  return marks > 0 && marks <= MARKS_MAX
}

function renderPlain(text: string, language: string | null): string {
  return paragraphsOf(text)
    .map((lines) => lines.map(escapeText).join('<br>\n'))
    .map((html) => `<p dir="${textDirection(html, language)}">${html}</p>`)
    .join('\n')
}

/** Lines of each paragraph, without the spaces round them. */
function paragraphsOf(text: string): string[][] {
  const paragraphs: string[][] = [[]]
  for (const line of text.split('\n')) {
    const trimmed = trimSpaces(line)
    if (trimmed) paragraphs.at(-1)!.push(trimmed)
    else if (paragraphs.at(-1)!.length > 0) paragraphs.push([])
  }
  return paragraphs.filter((lines) => lines.length > 0)
}

/** Only U+0020: wider blanks, as those that begin a Japanese paragraph, are the writer's. */
function trimSpaces(line: string): string {
  let start = 0
  let end = line.length
  while (start < end && line[start] === ' ') start++
  while (end > start && line[end - 1] === ' ') end--
  return line.slice(start, end)
}

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escapeText = (text: string) => text.replace(/[&<>"']/g, (character) => ESCAPES[character]!)
/** For text that the sanitizer has escaped but for its quotation marks. */
const escapeQuotes = (html: string) => html.replace(/["']/g, (character) => ESCAPES[character]!)

const WALL: sanitizeHtml.IOptions = {
  allowedTags: ['p', 'br', 'em', 'strong', 'blockquote', 'code', 'pre', 'ul', 'ol', 'li', 'a'],
  allowedAttributes: { a: ['href'] },
  allowedSchemes: ['http', 'https', 'mailto'],
  allowProtocolRelative: false,
  disallowedTagsMode: 'discard',
  parseStyleAttributes: false,
}

const PIECE =
  /<(\/?)(p|br|em|strong|blockquote|code|pre|ul|ol|li|a)((?<=<a) href="[^"<>]*")?(?: \/)?>|[^<>]+/y
const CONTAINER = /^(?:blockquote|ul|ol|li)$/

/**
 * Prints what the sanitizer let through, with the attributes that are ours to set.
 *
 * A block of text gets dir="auto". A block of blocks cannot: "auto" passes over descendants that have a `dir`
 * themselves and would call every Arabic quotation left-to-right, so its direction is found here.
 */
function printSafely(html: string, language: string | null): string {
  const printed: string[] = []
  const undirected: number[] = []
  const open: number[] = []
  PIECE.lastIndex = 0
  while (PIECE.lastIndex < html.length) {
    const piece = PIECE.exec(html)
    if (!piece) throw new Error('The sanitizer let through what the printer does not know.')
    const [text, slash, tag, href] = piece
    if (tag === undefined) {
      printed.push(escapeQuotes(text))
      const direction = undirected.length > 0 ? firstDirection(text, language) : undefined
      if (direction) for (const at of undirected.splice(0)) printed[at] += ` dir="${direction}">`
    } else if (slash) {
      if (CONTAINER.test(tag) && open.pop() === undirected.at(-1) && undirected.length > 0) {
        printed[undirected.pop()!] += ' dir="auto">'
      }
      printed.push(`</${tag}>`)
    } else if (CONTAINER.test(tag)) {
      undirected.push(printed.length)
      open.push(printed.length)
      printed.push(`<${tag}`)
    } else if (tag === 'p') {
      const inside = html.slice(PIECE.lastIndex, html.indexOf('</p>', PIECE.lastIndex))
      printed.push(`<p dir="${textDirection(inside, language)}">`)
    } else if (tag === 'a') {
      if (!href) throw new Error('A link without an address reached the printer.')
      printed.push(`<a${escapeApostrophe(href)} rel="ugc nofollow noopener">`)
    } else {
      printed.push(`<${tag}${tag === 'pre' ? ' dir="auto"' : ''}>`)
    }
  }
  return printed.join('').trim()
}

const escapeApostrophe = (attribute: string) => attribute.replaceAll("'", '&#39;')

const FIRST_STRONG = /[\p{L}\u200e\u200f\u061c]/u
const RIGHT_TO_LEFT = /[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u
const RIGHT_TO_LEFT_LANGUAGES = new Set(['ar', 'fa', 'ur', 'he', 'yi', 'ps', 'sd', 'ug', 'ckb', 'dv'])

const textDirection = (html: string, language: string | null) =>
  language && RIGHT_TO_LEFT_LANGUAGES.has(language) && RIGHT_TO_LEFT.test(html) ? 'rtl' : 'auto'

/** Direction of the first letter (UAX 9, rule P2), with the same regard for the language. */
function firstDirection(html: string, language: string | null): 'ltr' | 'rtl' | undefined {
  if (textDirection(html, language) === 'rtl') return 'rtl'
  const letter = FIRST_STRONG.exec(html.replace(/&[a-z]+;/g, ' '))?.[0]
  if (!letter) return undefined
  return RIGHT_TO_LEFT.test(letter) ? 'rtl' : 'ltr'
}
