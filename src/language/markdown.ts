/**
 * The dialect readers write: emphasis, quotes, lists, code, links; every line break counts. Nothing a reader
 * writes is lost: what is not markup is shown as it stands, and so is markup nested too deep to follow.
 *
 * markdown-it with the preset "zero" and named rules, changed where CommonMark would lose or bend words:
 * - an ordered list starts at 1, as no start number is kept: "1986. What a year" stays a sentence;
 * - "* * *" and a lone "-" are no lists;
 * - a number out of order is kept: "1. … 3. …" answers points one and three;
 * - quotes nest eight deep, lists and emphasis four: deeper markup stays text or is ignored;
 * - code is fenced by backticks only: a line of ~~~ is a tone of voice in Korean and Japanese;
 * - a star within a word is a star: f*ck, 2*3*4;
 * - emphasis works beside CJK punctuation, where nobody puts spaces: **「これ」**は.
 */

import MarkdownIt, { type StateBlock, type StateCore, type StateInline, type Token } from 'markdown-it'
import { canonicalHref, displayAddress, findAddressEnd, misleads } from './links.ts'
import { stripHidden, stripHiddenFromLabel } from './text.ts'

/** Levels of markdown-it's block parser: a quote is one, a list two. */
const BLOCK_LEVELS = 8
const EMPHASIS_LEVELS = 4

const markdown = new MarkdownIt('zero', { breaks: true, maxNesting: BLOCK_LEVELS + 4 })
const RULES = [
  'blockquote',
  'list',
  'fence',
  'emphasis',
  'link',
  'autolink',
  'backticks',
  'newline',
  'escape',
  'entity',
]
markdown.enable(RULES)
markdown.normalizeLink = canonicalHref
markdown.normalizeLinkText = displayAddress
markdown.validateLink = (href) => href !== ''

/** Reader's text as markdown-it's tokens, safe to print: see above. */
export const parseMarkdown = (source: string): Token[] => markdown.parse(source, {})

/** The HTML of such tokens: not yet sanitized. */
export const printTokens = (tokens: Token[]): string => markdown.renderer.render(tokens, markdown.options)

// Only what must be: the sanitizer handles each character reference by itself, and the printer escapes the rest.
const escapeMarkup = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
markdown.renderer.rules.text = (tokens, i) => escapeMarkup(tokens[i]!.content)
markdown.renderer.rules.code_inline = (tokens, i) => `<code>${escapeMarkup(tokens[i]!.content)}</code>`
markdown.renderer.rules.fence = (tokens, i) => `<pre><code>${escapeMarkup(tokens[i]!.content)}</code></pre>\n`

type BlockRule = (state: StateBlock, startLine: number, endLine: number, silent: boolean) => boolean

/** The library exports its rules by name only through a ruler in which no other is enabled. */
function blockRule(name: string): BlockRule {
  const { ruler } = new MarkdownIt('zero').block
  ruler.enableOnly(name)
  return ruler.getRules('')[0]!
}

const quote = blockRule('blockquote')
const list = blockRule('list')
const fence = blockRule('fence')
const INTERRUPTS = { alt: ['paragraph', 'reference', 'blockquote', 'list'] }

markdown.block.ruler.at(
  'fence',
  (state, start, end, silent) => readLine(state, start).startsWith('`') && fence(state, start, end, silent),
  INTERRUPTS,
)
markdown.block.ruler.at(
  'blockquote',
  (state, start, end, silent) => state.level < BLOCK_LEVELS && quote(state, start, end, silent),
  INTERRUPTS,
)
markdown.block.ruler.at(
  'list',
  (state, start, end, silent) =>
    state.level < BLOCK_LEVELS &&
    (isNextItem(state, start) || beginsList(readLine(state, start))) &&
    list(state, start, end, silent),
  { alt: ['paragraph', 'reference', 'blockquote'] },
)

/** Asked while an item's paragraph is read: does this line, further out, end it? */
const isNextItem = (state: StateBlock, line: number) => state.sCount[line]! < state.blkIndent

const readLine = (state: StateBlock, line: number) =>
  state.src.slice(state.bMarks[line]! + state.tShift[line]!, state.eMarks[line]!)

const beginsList = (line: string) =>
  /^(?:[-*+]|0{0,8}1[.)])[ \t]+[^ \t]/.test(line) && !/^(?:[-*+][ \t]*)+$/.test(line)

const CJK =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff00-\uffef]/u
const PUNCTUATION = /[\p{P}\p{S}]/u
/** Of a script with spaces between its words. */
const WORD_CHARACTER =
  /^(?![\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}])[\p{L}\p{M}\p{N}]/u
const BLANK = /^\s?$/

/**
 * CommonMark's flanking rule asks for a space or punctuation between markup and a word, and takes 」 for
 * punctuation, so that **「これ」**は stays unmarked. Here CJK punctuation counts as a letter, and a CJK character
 * on the outer side will do for a space. (The rule of the "markdown-cjk-friendly" amendments.)
 */
class ReaderStateInline extends MarkdownIt.StateInline {
  override scanDelims(start: number, canSplitWord: boolean) {
    const marker = this.src[start]!
    let end = start
    while (end < this.posMax && this.src[end] === marker) end++
    const last = characterBefore(this.src, start)
    const next = end < this.posMax ? characterAt(this.src, end) : ''
    if (WORD_CHARACTER.test(last) && WORD_CHARACTER.test(next)) {
      return { can_open: false, can_close: false, length: end - start }
    }
    const lastIsPunctuation = PUNCTUATION.test(last)
    const nextIsPunctuation = PUNCTUATION.test(next)
    const opens =
      !BLANK.test(next) &&
      (!nextIsPunctuation || CJK.test(next) || BLANK.test(last) || lastIsPunctuation || CJK.test(last))
    const closes =
      !BLANK.test(last) &&
      (!lastIsPunctuation || CJK.test(last) || BLANK.test(next) || nextIsPunctuation || CJK.test(next))
    return {
      can_open: opens && (canSplitWord || !closes || lastIsPunctuation),
      can_close: closes && (canSplitWord || !opens || nextIsPunctuation),
      length: end - start,
    }
  }
}
markdown.inline.State = ReaderStateInline

function characterAt(text: string, index: number): string {
  return String.fromCodePoint(text.codePointAt(index)!)
}

function characterBefore(text: string, index: number): string {
  const low = text.charCodeAt(index - 1)
  return low >= 0xdc00 && low <= 0xdfff ? text.slice(index - 2, index) : text.slice(index - 1, index)
}

/** Links http and https addresses in running text. In place of linkify-it: see `findAddressEnd`. */
function bareAddress(state: StateInline, silent: boolean): boolean {
  if (state.linkLevel > 0 || !state.src.startsWith('://', state.pos)) return false
  // Not behind a backslash, which has taken the h with it.
  const scheme = /(?<![a-z0-9\\])https?$/i.exec(state.src.slice(Math.max(0, state.pos - 6), state.pos))?.[0]
  if (!scheme) return false
  const end = findAddressEnd(state.src, state.pos + 3, state.posMax)
  const address = scheme + state.src.slice(state.pos, end)
  const href = canonicalHref(address)
  if (!silent && href) {
    state.pending = state.pending.slice(0, -scheme.length)
    const open = state.push('link_open', 'a', 1)
    open.attrs = [['href', href]]
    open.info = 'auto'
    state.push('text', '', 0).content = displayAddress(address)
    state.push('link_close', 'a', -1).info = 'auto'
  } else if (!silent) {
    // No address after all: passed over whole, so that none of it is looked at again.
    state.pending += state.src.slice(state.pos, end)
  }
  state.pos = end
  return true
}
markdown.inline.ruler.before('linkify', 'bare_address', bareAddress)

markdown.core.ruler.push('plain_dealing', (state: StateCore) => {
  keepNumbers(state)
  for (const token of state.tokens) {
    // A word behind ``` names the code's language; more words are text that began too early.
    if (token.type === 'fence' && /\S\s+\S/.test(token.info))
      token.content = `${token.info.trim()}\n${token.content}`
    if (token.children) token.children = limitEmphasis(dealPlainly(token.children, state))
  }
})

/** Lists are printed numbered 1, 2, 3. An item that was given another number begins with it. */
function keepNumbers(state: StateCore) {
  const counts: number[] = []
  for (const [i, token] of state.tokens.entries()) {
    if (token.type === 'ordered_list_open') counts.push(0)
    else if (token.type === 'ordered_list_close') counts.pop()
    else if (token.type === 'list_item_open' && token.info) {
      const count = counts.pop()! + 1
      counts.push(count)
      // "1. 1. 1." is a way to leave the counting to the page.
      if (Number(token.info) !== count && Number(token.info) !== 1) {
        const number = new state.Token('text', '', 0)
        number.content = `${token.info}${token.markup} `
        state.tokens[i + 2]?.children?.unshift(number)
      }
      token.info = String(count)
    }
  }
}

/** Links say where they lead, and no invisible character comes back by way of `&#8238;`. */
function dealPlainly(tokens: Token[], state: StateCore): Token[] {
  const dealt: Token[] = []
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!
    if (token.type === 'link_open') {
      const start = i
      while (tokens[i]!.type !== 'link_close') i++
      dealt.push(...dealWithLink(tokens.slice(start, i + 1), state))
    } else {
      token.content = stripHidden(token.content)
      dealt.push(token)
    }
  }
  return dealt
}

/** @param link its tokens, from `link_open` to `link_close` */
function dealWithLink(link: Token[], state: StateCore): Token[] {
  const [open, ...inner] = link as [Token, ...Token[]]
  const close = inner.pop()!
  const href = open.attrGet('href')
  for (const token of inner) token.content = stripHiddenFromLabel(token.content)
  if (typeof href !== 'string' || href === '') return inner
  open.attrs = [['href', href]]
  const words = inner.map((token) => (token.tag === 'br' ? ' ' : token.content)).join('')
  if (open.info === 'auto' || (words.trim() !== '' && !misleads(words, href))) return link
  const text = new state.Token('text', '', 0)
  text.content = displayAddress(href)
  return [open, text, close]
}

function limitEmphasis(tokens: Token[]): Token[] {
  let depth = 0
  return tokens.filter((token) => {
    if (!/^(?:em|strong)_/.test(token.type)) return true
    return token.nesting === 1 ? ++depth <= EMPHASIS_LEVELS : depth-- <= EMPHASIS_LEVELS
  })
}
