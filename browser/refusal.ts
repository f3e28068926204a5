/** Why something was not done. `problem` is the last part of an RFC 9457 type, or what kept an answer from coming:
 *  `offline`, `unreachable`, `popup-blocked`, `popup-closed`. `sanction`: why, and until when (null: no end), nothing can
 *  be written. */
export type Refusal = { problem: string; detail: string; sanction?: { reason: string; until: string | null } }

export const isRefusal = (answer: object): answer is Refusal => 'problem' in answer
