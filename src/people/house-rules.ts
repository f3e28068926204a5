/** The house rules that somebody can break: the one list from which reports, the desk's decisions and its measures about
 *  people take their words. */
export const houseRules = [
  'personal-attack',
  'hate',
  'threat',
  'private-data',
  'false-allegation',
  'spam',
  'off-topic',
] as const

/** What a restriction can go by; it is said to whom it concerns, in their language. */
export const restrictionReasons = [...houseRules, 'illegal', 'other'] as const
