/** Two traps for programs that fill in forms, and none for people: a field that nobody sees, and the time that a form was
 *  given out, since nobody reads and fills one in within a second. Whoever is caught is asked to press once more, with all
 *  they typed still there and a form that is new: a person may be caught (by a browser that fills in what it finds), and
 *  a puzzle is never asked. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { Type } from 'typebox'
import { type Problem, refuse } from '../problem.ts'

/** Milliseconds in which no one fills in a form. */
const TOO_SOON = 1_000

/** The fields as a form's schema has them. */
export const trapSchema = {
  homepage: Type.Optional(Type.String({ maxLength: 2_000 })),
  opened: Type.Optional(Type.String({ maxLength: 60 })),
}

type Trapped = { homepage?: string; opened?: string }

export type Trap = {
  /** What a form says of when it was given out. */
  stamp: (now: Date) => string
  /** @param needed whether the form always has a stamp: one on a page that all readers share has none */
  check: (form: Trapped, now: Date, needed: boolean) => Problem | undefined
}

/** @param isOn false: nobody is caught (the setting DETENTE_RATE_LIMITS) */
export function makeTrap(key: Uint8Array, isOn: boolean): Trap {
  const sign = (time: string) => createHmac('sha256', key).update(time).digest('base64url').slice(0, 22)
  const readAge = (stamp: string, now: Date): number | undefined => {
    const [time = '', mark = ''] = stamp.split('.')
    const [given, right] = [Buffer.from(mark), Buffer.from(sign(time))]
    if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined
    return now.getTime() - Number.parseInt(time, 36)
  }
  return {
    stamp: (now) => {
      const time = now.getTime().toString(36)
      return `${time}.${sign(time)}`
    },
    check: ({ homepage = '', opened }, now, needed) => {
      if (!isOn) return undefined
      const age = opened === undefined ? undefined : readAge(opened, now)
      const isStamped = opened === undefined ? !needed : age !== undefined && age >= TOO_SOON
      if (homepage === '' && isStamped) return undefined
      return refuse(
        'press-again',
        'That was quicker than a person can be. Please press the button once more.',
      )
    },
  }
}
