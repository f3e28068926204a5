/** Everything Detente can refuse, in one table: a stable type, the HTTP status, a title.
 *  Actions return a `Problem`; only `http/answer.ts` turns one into RFC 9457 `application/problem+json`.
 *  A type, once released, keeps its meaning: clients and the pages' messages go by it. */
export const problems = {
  'body-invalid': { status: 422, title: 'Something in the request is not as it should be' },
  'body-malformed': { status: 400, title: 'The request could not be read' },
  'body-too-large': { status: 413, title: 'The request is too large' },
  'media-type-unsupported': { status: 415, title: 'This content type is not understood here' },
  'text-empty': { status: 422, title: 'There is no text' },
  'text-too-long': { status: 422, title: 'The text is too long' },
  'text-invalid': { status: 422, title: 'The text holds characters that cannot be kept' },
  'name-invalid': { status: 422, title: 'This name cannot be used' },
  'name-taken': { status: 409, title: 'This name is too much like another’s' },
  'name-reserved': { status: 422, title: 'This name would pass for the newsroom' },
  'name-too-soon': { status: 429, title: 'The name was changed a short while ago' },
  'email-invalid': { status: 422, title: 'This is not an e-mail address' },
  'email-taken': { status: 409, title: 'This address belongs to someone here' },
  'mail-refused': { status: 422, title: 'Addresses of this mail service are not taken here' },
  'mail-not-sent': { status: 503, title: 'The mail could not be sent' },
  'link-expired': { status: 410, title: 'This link has been used or is too old' },
  'code-wrong': { status: 422, title: 'This is not the code' },
  'password-weak': { status: 422, title: 'This password is too easy to guess' },
  'password-wrong': { status: 403, title: 'The address and the password do not go together' },
  'press-again': { status: 422, title: 'Please press the button once more' },
  'guests-off': { status: 403, title: 'Guests cannot write here' },
  'sign-in-refused': { status: 403, title: 'This sign-in cannot be accepted' },
  suspended: { status: 403, title: 'You cannot write here at present' },
  'last-admin': { status: 409, title: 'A site needs an admin' },
  'last-way': { status: 409, title: 'It is your only way in' },
  'way-taken': { status: 409, title: 'This way in is another’s' },
  'passkey-needed': { status: 403, title: 'A passkey is needed for this' },
  'passkey-refused': { status: 403, title: 'This passkey could not be checked' },
  'passkey-expired': { status: 410, title: 'The passkey came too late' },
  'passkey-unknown': { status: 403, title: 'This passkey is not known here' },
  'sign-in-again': { status: 403, title: 'Please sign in again first' },
  'person-unknown': { status: 404, title: 'There is nobody here by that name' },
  'sign-in-needed': { status: 401, title: 'Please sign in' },
  'not-allowed': { status: 403, title: 'This is not yours to do' },
  'origin-foreign': { status: 403, title: 'The request came from another site' },
  'key-unknown': { status: 401, title: 'The site key is missing or unknown' },
  'not-found': { status: 404, title: 'There is nothing here' },
  'method-unknown': { status: 405, title: 'This cannot be done here' },
  'story-unknown': { status: 404, title: 'This story is not known' },
  'story-invalid': { status: 422, title: 'This story cannot be kept as it is' },
  'story-taken': { status: 409, title: 'Another story already has this address' },
  'comment-unknown': { status: 404, title: 'This comment is not here' },
  'parent-unknown': { status: 422, title: 'The comment replied to is not in this thread' },
  'quote-unknown': { status: 422, title: 'The quoted words are not where they were said to be' },
  'discussion-closed': { status: 409, title: 'This discussion is closed' },
  'edit-over': { status: 409, title: 'The time for editing has passed' },
  'status-conflict': { status: 409, title: 'The comment is no longer in that state' },
  'reason-missing': { status: 422, title: 'A restriction needs a reason' },
  'key-reused': { status: 422, title: 'This Idempotency-Key was used for another request' },
  'rate-limited': { status: 429, title: 'Too many at once' },
  'not-saved': { status: 503, title: 'Not saved: the database cannot be reached' },
  busy: { status: 503, title: 'Too busy right now' },
  'import-refused': { status: 422, title: 'This could not be imported' },
  'undo-refused': { status: 409, title: 'This import cannot be taken back' },
  'batch-unknown': { status: 404, title: 'There is no such batch' },
  bug: { status: 500, title: 'Something went wrong here' },
} as const

export type ProblemType = keyof typeof problems

/** A refusal as a value. `at` names the field (a JSON pointer, RFC 6901); `retryAfter` is in seconds; `sanction` is what
 *  bars whoever is refused, its end as ISO 8601, null where it has none. */
export type Problem = {
  problem: ProblemType
  detail: string
  at?: string
  retryAfter?: number
  sanction?: { id: string; reason: string; until: string | null }
}

export const refuse = (
  problem: ProblemType,
  detail: string,
  more: { at?: string; retryAfter?: number } = {},
): Problem => ({
  problem,
  detail,
  ...more,
})

export const isProblem = (value: unknown): value is Problem =>
  typeof value === 'object' && value !== null && 'problem' in value && 'detail' in value

/** A refusal in one line, for a terminal or a log. */
export const describeProblemLine = ({ problem, detail, at }: Problem): string =>
  `${problems[problem].title}${at ? ` (${at})` : ''}: ${detail}`
