/** A story as a newsroom hands it in, checked and cleaned. */
import { isProblem, type Problem, refuse } from '../problem.ts'
import { normaliseAddress } from './address.ts'
import { readParagraphs } from './body.ts'
import { readLine } from './line.ts'
import type { StoryFields } from './store.ts'

/** `body` is paragraphs, or HTML that is reduced to them. Absent is unknown. */
export type StoryInput = {
  title: string | null
  body: string[] | string
  byline: string | null
  credit: string | null
  published: string | null
  url: string | null
  language: string | null
  section: string | null
}

export const MOST_PARAGRAPHS = 1_000
/** UTF-16 code units. */
export const LONGEST_PARAGRAPH = 20_000
/** Characters of a normalised address; PostgreSQL's index takes 2,704 bytes. */
const LONGEST_ADDRESS = 2_000

/** What is kept of a story, or the first thing that cannot be. */
export function readInput(
  external: string,
  input: StoryInput,
): { fields: StoryFields; paragraphs: string[] } | Problem {
  if (!/^\S(.*\S)?$/su.test(external) || /[\p{Cc}\p{Cs}]/u.test(external))
    return refuse('story-invalid', 'Expected an id of your own, without blanks around it.', {
      at: '/external',
    })
  if (external.includes(','))
    return refuse('story-invalid', 'An id of your own holds no comma: /counts takes ids parted by commas.', {
      at: '/external',
    })
  const title = readLine(input.title, '/title')
  if (isProblem(title)) return title
  const byline = readLine(input.byline, '/byline')
  if (isProblem(byline)) return byline
  const credit = readLine(input.credit, '/credit')
  if (isProblem(credit)) return credit
  const section = readLine(input.section, '/section')
  if (isProblem(section)) return section
  const publishedAt = readTime(input.published)
  if (isProblem(publishedAt)) return publishedAt
  const address = readAddress(input.url)
  if (isProblem(address)) return address
  const { language } = input
  if (language !== null && !/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(language))
    return refuse('story-invalid', 'Expected a language tag such as en or pt-BR.', { at: '/language' })
  const paragraphs = readBody(input.body)
  if (isProblem(paragraphs)) return paragraphs
  if (paragraphs.length === 0 && title === null)
    return refuse('story-invalid', 'It has neither a title nor a paragraph.', { at: '/body' })
  return {
    fields: { external, ...address, section, language, title, byline, credit, publishedAt },
    paragraphs,
  }
}

/** RFC 3339 (the profile of ISO 8601 for the internet), or a day, which begins at midnight UTC. Without a zone a time
 *  would be read in the server's own. */
const TIME =
  /^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2}))?$/i

function readTime(text: string | null): Date | null | Problem {
  if (text === null) return null
  const time = new Date(TIME.test(text) ? text : Number.NaN)
  // JavaScript takes the 31st of February for the 3rd of March; PostgreSQL knows no year 0.
  const isDay =
    !Number.isNaN(time.getTime()) && new Date(text.slice(0, 10)).toISOString().startsWith(text.slice(0, 10))
  if (isDay && time.getUTCFullYear() > 0) return time
  return refuse('story-invalid', 'Expected a day or a time with its zone, such as 2026-05-04T09:30:00Z.', {
    at: '/published',
  })
}

/** The address as it is shown, and in its normal form. */
function readAddress(text: string | null): { url: string | null; address: string | null } | Problem {
  if (text === null) return { url: null, address: null }
  const address = normaliseAddress(text)
  if (address === undefined)
    return refuse('story-invalid', 'Expected an address with http or https.', { at: '/url' })
  if (address.length > LONGEST_ADDRESS)
    return refuse(
      'story-invalid',
      `An address has at most ${LONGEST_ADDRESS} characters; this one has ${address.length}.`,
      { at: '/url' },
    )
  return { url: new URL(text).href, address }
}

function readBody(body: string[] | string): string[] | Problem {
  const isHtml = typeof body === 'string'
  const given = isHtml ? readParagraphs(body) : body
  if (!given)
    return refuse('story-invalid', 'The body’s elements stand too deep in one another (more than 512).', {
      at: '/body',
    })
  const paragraphs: string[] = []
  for (const [n, paragraph] of given.entries()) {
    const at = isHtml ? '/body' : `/body/${n}`
    const text = readLine(paragraph, at)
    if (isProblem(text)) return text
    if (text && text.length > LONGEST_PARAGRAPH)
      return refuse('story-invalid', `A paragraph has at most ${LONGEST_PARAGRAPH} characters.`, { at })
    if (text) paragraphs.push(text)
  }
  if (paragraphs.length <= MOST_PARAGRAPHS) return paragraphs
  const found = `this one has ${paragraphs.length}`
  return refuse('story-invalid', `A story has at most ${MOST_PARAGRAPHS} paragraphs; ${found}.`, {
    at: '/body',
  })
}
