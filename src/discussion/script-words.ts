/** Words that the script on a page needs, in the page's language: it brings none of its own. `#` stands for the number
 *  or name that the script puts in. */
import type { Wording } from '../language/messages.ts'
import { restrictionReasons } from '../people/house-rules.ts'
import type { ProblemType } from '../problem.ts'

/** Refusals that a reader may meet on an open page; of any other the answer's own words are shown. */
const met: ProblemType[] = [
  'text-empty',
  'text-too-long',
  'text-invalid',
  'parent-unknown',
  'quote-unknown',
  'comment-unknown',
  'discussion-closed',
  'sign-in-needed',
  'sign-in-refused',
  'guests-off',
  'suspended',
  'not-allowed',
  'rate-limited',
  'not-saved',
  'busy',
  'bug',
]

function gatherWords({ say, plural }: Wording) {
  return {
    count: plural('comment-count-live', 'n'),
    news: plural('news', 'n'),
    muted: say('comment-muted'),
    mutedCount: plural('thread-muted', 'n'),
    left: plural('composer-count', 'n'),
    over: plural('composer-over', 'n'),
    respect: say('comment-respect-label', { n: '#' }),
    replyTo: say('composer-reply-label', { name: '#' }),
    reply: say('composer-reply'),
    cancel: say('composer-cancel'),
    quote: say('comment-quote-words'),
    unquoted: say('composer-post-unquoted'),
    copied: say('comment-copied'),
    edit: say('more-edit-heading'),
    withdraw: say('more-delete-heading'),
    draft: say('composer-draft'),
    preview: say('preview-note'),
    posted: say('composer-posted'),
    waiting: say('composer-waiting'),
    held: say('own-held', { rule: '#' }),
    rules: Object.fromEntries(restrictionReasons.map((rule) => [rule, say(`reason-${rule}`)])) as Record<
      string,
      string
    >,
    barredUntil: say('barred-until', { date: '#' }),
    barredNoEnd: say('barred-no-end'),
    barredRule: say('told-rule', { rule: '#' }),
    barredMore: say('barred-more'),
    told: say('told-message'),
    undo: say('composer-undo'),
    undone: say('composer-undone'),
    kept: say('composer-failed'),
    signIn: say('compose-sign-in'),
    signInWindow: say('composer-sign-in-window'),
    elsewhere: say('composer-elsewhere'),
    problems: {
      offline: say('composer-offline'),
      unreachable: say('composer-unreachable'),
      'popup-blocked': say('composer-popup-blocked'),
      'popup-closed': say('composer-popup-closed'),
      ...Object.fromEntries(met.map((type) => [type, say(`problem-${type}`)])),
    } as Record<string, string>,
    keys: {
      heading: say('keys-heading'),
      note: say('keys-note'),
      on: say('keys-on'),
      close: say('keys-close'),
      /** In the order of the list that `?` shows. */
      list: {
        j: say('keys-next'),
        k: say('keys-previous'),
        u: say('keys-parent'),
        r: say('keys-reply'),
        q: say('keys-quote'),
        o: say('keys-open'),
        '?': say('keys-help'),
      },
    },
  }
}

export type ScriptWords = ReturnType<typeof gatherWords>

const gathered = new WeakMap<Wording, string>()

/** As JSON, for `data-words`; made once a language, since plurals are found by trying numbers. */
export function scriptWords(wording: Wording): string {
  const known = gathered.get(wording)
  if (known !== undefined) return known
  const words = JSON.stringify(gatherWords(wording))
  gathered.set(wording, words)
  return words
}
