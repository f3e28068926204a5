/** What somebody would like to hear of, and how soon: kept as JSON with the person, by kind. */
import { Type } from 'typebox'

export const notifyKinds = ['reply', 'answer', 'pick', 'decision', 'story', 'mention'] as const
export const notifyChoices = ['at-once', 'daily', 'off'] as const

export type NotifyKind = (typeof notifyKinds)[number]
export type NotifyChoice = (typeof notifyChoices)[number]
export type Notify = Record<NotifyKind, NotifyChoice>

/** Whoever has not chosen hears at once of what asks for an answer, and once a day of the rest. */
export const usualNotify: Notify = {
  reply: 'at-once',
  answer: 'at-once',
  pick: 'daily',
  decision: 'at-once',
  story: 'daily',
  mention: 'daily',
}

const choice = Type.Unsafe<NotifyChoice>({ type: 'string', pattern: `^(${notifyChoices.join('|')})$` })

/** All of them at once, as the form sends them. */
export const notifySchema = Type.Object(
  { reply: choice, answer: choice, pick: choice, decision: choice, story: choice, mention: choice },
  { additionalProperties: false },
)

const isChoice = (value: unknown): value is NotifyChoice => notifyChoices.some((one) => one === value)

/** What is not set, or was set to something this version does not know, is as usual. */
export const readNotify = (kept: Record<string, unknown>): Notify => {
  const read = { ...usualNotify }
  for (const kind of notifyKinds) {
    const value = kept[kind]
    if (isChoice(value)) read[kind] = value
  }
  return read
}
