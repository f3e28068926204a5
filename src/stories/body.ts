/** A story's body as paragraphs, and what stays of it when it is edited. */
import sanitizeHtml from 'sanitize-html'

export type Passage = { id: string; text: string }

const blocks =
  'address article aside blockquote dd div dl dt figcaption footer h1 h2 h3 h4 h5 h6 header hr li main ol p pre section table td th tr ul'.split(
    ' ',
  )
const blockTag = new RegExp(`</?(?:${blocks.join('|')})(?:\\s[^>]*)?/?>|(?:<br\\s*/?>\\s*){2,}`, 'gi')

/** Elements inside one another at most, as in browsers' own parsers (Blink's and WebKit's maximumHTMLParserDOMTreeDepth).
 *  Reading takes a time that grows with depth times length, so that a body of nothing but opened tags would hold up
 *  everyone for minutes. What HTML closes unsaid (p, li, td, …) does not nest. */
const DEEPEST = 512

/** Elements at which the reading changes between HTML and XML. htmlparser2 remembers the change until the element's own
 *  closing tag, also when the element has ended without one, so these are counted in the same way. */
const changing = new Set('annotation-xml desc foreignobject math mi mn mo ms mtext svg title'.split(' '))

class TooDeep extends Error {}

/** Paragraphs of a CMS's HTML: block elements part them, two line breaks too; markup, scripts and captions of
 *  embedded things go, text stays.
 *  @returns undefined when elements stand in one another more than 512 deep */
export function readParagraphs(html: string): string[] | undefined {
  try {
    return splitBlocks(keepBlocks(html))
  } catch (error) {
    if (error instanceof TooDeep) return undefined
    throw error
  }
}

/** @throws TooDeep as soon as it is met, before what lies deeper is read */
function keepBlocks(html: string): string {
  let depth = 0
  let changes = 0
  return sanitizeHtml(html, {
    onOpenTag: (name) => {
      depth++
      if (changing.has(name)) changes++
      if (depth > DEEPEST || changes > DEEPEST) throw new TooDeep()
    },
    onCloseTag: (name, isImplied) => {
      depth--
      if (changing.has(name) && !isImplied) changes--
    },
    allowedTags: [...blocks, 'br'],
    allowedAttributes: {},
    nonTextTags: [
      'script',
      'style',
      'textarea',
      'option',
      'noscript',
      'iframe',
      'template',
      'svg',
      'math',
      'title',
    ],
  })
}

const splitBlocks = (kept: string): string[] =>
  kept
    .split(blockTag)
    .map((part) =>
      unescapeText(
        (part ?? '')
          .replace(/<br\s*\/?>/gi, ' ')
          .replace(/\s+/g, ' ')
          .trim(),
      ),
    )
    .filter((text) => text !== '')

/** sanitize-html escapes just these in text. */
const unescapeText = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&')

/** Passages of a new body. A paragraph that stood in any earlier version, letter for letter, keeps its id, also when
 *  it moved or comes back; the others get the next free numbers.
 *  @param known every passage the story ever had, oldest first */
export function keepPassages(known: Passage[], paragraphs: string[]): Passage[] {
  const free = new Map<string, string[]>()
  let next = 1
  for (const { id, text } of known) {
    const ids = free.get(text)
    if (ids) ids.push(id)
    else free.set(text, [id])
    next = Math.max(next, 1 + (Number(id.slice(1)) || 0))
  }
  return paragraphs.map((text) => ({ id: free.get(text)?.shift() ?? `p${next++}`, text }))
}
