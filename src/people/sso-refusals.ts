/** Every way in which a newsroom's token is refused: a stable name, and what the newsroom does about it. What was wrong
 *  with the one token is said beside it. docs/guides/sso.md has the same list. */
export const ssoRefusals = {
  'token-form': 'A token is three parts of base64url with dots between them: header, claims, signature.',
  'token-long': 'A token has 8,192 characters at most: leave out claims that are not asked for.',
  'header-refused':
    'The header says `alg`, `typ` (JWT) and, if you like, `kid`. A token cannot bring its own key or change the rules.',
  'algorithm-other': 'Sign with the algorithm that the key is set to; `none` is no signature.',
  'kid-unknown': 'Give the key this `kid` on the desk, or leave `kid` out: then the keys are tried in turn.',
  'key-missing': 'Add a key on the desk (Newsroom sign-in), or set `DETENTE_SSO_SECRET`.',
  'key-unusable': 'Replace the key on the desk: the message says what is wrong with it.',
  'keys-unreachable': 'See that your JWKS address answers, by https, with a list of public keys.',
  'signature-wrong': 'Compare the secret or public key on the desk with the one that you sign with.',
  'issuer-wrong': 'Set `iss` to what the key says on the desk, letter by letter.',
  'audience-wrong': 'Set `aud` to what the key says on the desk, letter by letter.',
  'time-missing': '`iat` and `exp` are both needed, as numbers of seconds since 1970.',
  expired: 'Make the token when the page asks for it; if it is fresh, set your server’s clock.',
  'not-yet': 'Set your server’s clock: it is ahead by more than a minute.',
  'life-too-long': 'Let `exp` be 24 hours after `iat` at most; five minutes are enough.',
  'claim-invalid': 'Correct the claim that the message names.',
  replayed: 'Make a new token, with a new `jti`, each time the page asks for one.',
} as const

export type SsoRefusalName = keyof typeof ssoRefusals

export type SsoRefusal = { refused: SsoRefusalName; why: string }

export const refuseSso = (refused: SsoRefusalName, why: string): SsoRefusal => ({ refused, why })

export const isSsoRefusal = (value: unknown): value is SsoRefusal =>
  typeof value === 'object' && value !== null && 'refused' in value
