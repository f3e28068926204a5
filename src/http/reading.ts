/** How requests are read: strict UTF-8, JSON and forms into plain values, checked by their TypeBox schema. Types are
 *  never bent to fit in a body (5 is not "5"); addresses are text, so there numbers are read as numbers. */
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'
import type { Server } from './fastify.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/** Bytes of a form at most: each byte of a text may be written as three (%E7%AB%B9), and a text of the length that the
 *  API takes must not be lost for that. */
const MOST_FORM = 3 * 64 * 1024

export class UnreadableBody extends Error {
  readonly statusCode = 400
  readonly code = 'DETENTE_BODY_UNREADABLE'
}

export function readBodies(server: Server): void {
  const parseJson = server.getDefaultJsonParser('error', 'error')
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const text = decode(body as Buffer)
    if (text instanceof Error) return done(text, undefined)
    parseJson(request, text, done)
  })
  server.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'buffer', bodyLimit: MOST_FORM },
    (_request, body, done) => {
      const text = decode(body as Buffer)
      const form = text instanceof Error ? text : readForm(text)
      if (form instanceof Error) done(form, undefined)
      else done(null, form)
    },
  )
}

function decode(body: Buffer): string | UnreadableBody {
  try {
    return utf8.decode(body)
  } catch {
    return new UnreadableBody(`The body is not UTF-8 (first bad byte after ${countValid(body)} bytes).`)
  }
}

/** How many bytes come before the first that cannot be UTF-8. */
function countValid(body: Buffer): number {
  let low = 0
  let high = body.length
  const stream = (end: number) =>
    new TextDecoder('utf-8', { fatal: true }).decode(body.subarray(0, end), { stream: true })
  while (low < high) {
    const middle = (low + high + 1) >> 1
    try {
      stream(middle)
      low = middle
    } catch {
      high = middle - 1
    }
  }
  return low
}

/** application/x-www-form-urlencoded (WHATWG URL, 5.1), but a broken escape is refused instead of replaced. A name
 *  given twice: the last one counts, as with a checkbox behind its hidden default. */
export function readForm(text: string): Record<string, string> | UnreadableBody {
  const fields = new Map<string, string>()
  for (const pair of text.split('&')) {
    if (!pair) continue
    const equals = pair.indexOf('=')
    const [name, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)]
    try {
      fields.set(unescapePart(name), unescapePart(value))
    } catch {
      return new UnreadableBody(`The form's field ${name.slice(0, 40)} is not UTF-8.`)
    }
  }
  return Object.fromEntries(fields)
}

const unescapePart = (part: string): string => decodeURIComponent(part.replaceAll('+', ' '))

/** Fastify's validator, by TypeBox alone: what is checked at run time is what the compiler believes. */
export function compileCheck(schema: TSchema, part: string | undefined) {
  const check = Compile(schema)
  const isAddress = part === 'querystring' || part === 'params'
  return (data: unknown) => {
    const value = isAddress ? Value.Convert(schema, data) : data
    if (check.Check(value)) return { value }
    return { error: check.Errors(value).map(nameError) }
  }
}

type CheckError = ReturnType<ReturnType<typeof Compile>['Errors']>[number]

/** Says which field: an unknown one by its own name, a missing one by the name it should have. */
function nameError(error: CheckError) {
  const params = error.params as Record<string, unknown>
  const named = (list: unknown) =>
    Array.isArray(list) ? `${error.instancePath}/${String(list[0])}` : error.instancePath
  if (error.keyword === 'boolean') return { ...error, message: 'is not a field of this request' }
  if (error.keyword === 'required')
    return { ...error, instancePath: named(params.requiredProperties), message: 'is missing' }
  return error
}
