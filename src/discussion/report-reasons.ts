/** Why a reader may report a comment: the same words as the desk's reasons, plus "other" with a text. */
export const reportReasons = [
  'personal-attack',
  'hate',
  'threat',
  'private-data',
  'false-allegation',
  'spam',
  'off-topic',
  'other',
] as const
