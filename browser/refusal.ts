/** Why something was not done. `problem` is the last part of an RFC 9457 type, or what kept an answer from coming:
 *  `offline`, `unreachable`, `popup-blocked`, `popup-closed`. */
export type Refusal = { problem: string; detail: string }

export const isRefusal = (answer: object): answer is Refusal => 'problem' in answer
