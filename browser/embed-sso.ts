/** The newsroom's word for who is signed in: by a function that its page gave, or a path of its own. Whatever goes wrong
 *  there, the reader is simply not signed in; the console says why, for whoever connects the two. */

/** @returns a token (JWT) of whoever is signed in at the newsroom; nothing when nobody is. `asked`: the reader pressed
 *  something for it, so that a page may be shown to sign in on */
export type AskNewsroom = (wish: { asked: boolean }) => Promise<unknown> | unknown

/** Milliseconds: for an answer, and for a reader who is shown where to sign in. */
const PATIENCE = 10_000
const SIGNING_IN = 300_000

export async function askNewsroom(
  ask: AskNewsroom | undefined,
  path: string | null,
  asked: boolean,
): Promise<string | undefined> {
  const limit = ask && asked ? SIGNING_IN : PATIENCE
  try {
    const answer = ask ? ask({ asked }) : fetchToken(path ?? '')
    return readToken(await Promise.race([answer, failAfter(limit)]))
  } catch (error) {
    console.warn('Detente: the newsroom’s sign-in failed.', error)
    return undefined
  }
}

const failAfter = (milliseconds: number) =>
  new Promise<never>((_, reject) =>
    setTimeout(() => reject(new Error(`no answer in ${milliseconds / 1000} s`)), milliseconds),
  )

/** Statuses by which a newsroom says that nobody is signed in. */
const NOBODY = [204, 401, 403]

/** The page's own origin only: its cookies say who is signed in, and are sent nowhere else. */
async function fetchToken(path: string): Promise<unknown> {
  const url = new URL(path, location.href)
  if (url.origin !== location.origin) throw new Error(`sso="${path}" leads to another origin`)
  const response = await fetch(url, { credentials: 'same-origin', cache: 'no-store' })
  if (NOBODY.includes(response.status)) return undefined
  if (!response.ok) throw new Error(`${url.pathname} answered ${response.status}`)
  const text = (await response.text()).trim()
  return text.startsWith('{') ? (JSON.parse(text) as { token?: unknown }).token : text
}

function readToken(answer: unknown): string | undefined {
  if (answer === undefined || answer === null || answer === '') return undefined
  if (typeof answer === 'string' && /^[\w-]+(\.[\w-]+){2}$/.test(answer)) return answer
  throw new Error('what came back is no token (JWT)')
}
