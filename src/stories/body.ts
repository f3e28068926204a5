/** A story's body as paragraphs, and what stays of it when it is edited. */
import sanitizeHtml from 'sanitize-html'

export type Passage = { id: string; text: string }

const blocks =
  'address article aside blockquote dd div dl dt figcaption footer h1 h2 h3 h4 h5 h6 header hr li main ol p pre section table td th tr ul'.split(
    ' ',
  )
const blockTag = new RegExp(`</?(?:${blocks.join('|')})(?:\\s[^>]*)?/?>|(?:<br\\s*/?>\\s*){2,}`, 'gi')

/** Paragraphs of a CMS's HTML: block elements part them, two line breaks too; markup, scripts and captions of
 *  embedded things go, text stays. */
export function readParagraphs(html: string): string[] {
  const kept = sanitizeHtml(html, {
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
  return kept
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
}

/** sanitize-html escapes just these in text. */
const unescapeText = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&')

/** Passages of a new body. A paragraph that stood in any earlier version, letter for letter, keeps its id, also when
 *  it moved or comes back; the others get the next free numbers.
 *  @param known every passage the story ever had, oldest first */
export function keepPassages(known: Passage[], paragraphs: string[]): Passage[] {
  const free = new Map<string, string[]>()
  for (const { id, text } of known) free.set(text, [...(free.get(text) ?? []), id])
  let next = 1 + Math.max(0, ...known.map(({ id }) => Number(id.slice(1)) || 0))
  return paragraphs.map((text) => ({ id: free.get(text)?.shift() ?? `p${next++}`, text }))
}
