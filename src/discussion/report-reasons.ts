/** The house rules that a comment can break: the one list from which reports and the desk's decisions take their words. */
export const houseRules = [
  'personal-attack',
  'hate',
  'threat',
  'private-data',
  'false-allegation',
  'spam',
  'off-topic',
] as const

/** Why a reader may report a comment: a house rule, or "other" with a text. */
export const reportReasons = [...houseRules, 'other'] as const
