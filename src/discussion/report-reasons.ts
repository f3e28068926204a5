import { houseRules } from '../people/house-rules.ts'

/** Why a reader may report a comment: a house rule, or "other" with a text. */
export const reportReasons = [...houseRules, 'other'] as const
