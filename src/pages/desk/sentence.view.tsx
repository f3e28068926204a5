import type { ComponentChildren } from 'preact'
import type { MessageKey, Wording } from '../../language/messages.ts'

/** A message whose values stand apart from its sentence (bdi): names and headlines may be of any script.
 *  @param values by the message's names; a text becomes a `bdi`, what is given as an element stays as it is */
export function Sentence(props: {
  wording: Wording
  words: MessageKey
  values: Record<string, ComponentChildren>
}) {
  const names = Object.keys(props.values)
  const marked = Object.fromEntries(names.map((name, n) => [name, `\uE000${n}\uE001`]))
  const parts = props.wording.say(props.words, marked).split(/\uE000(\d+)\uE001/)
  return (
    <>
      {parts.map((part, n) => {
        if (n % 2 === 0) return part
        const value = props.values[names[Number(part)]!]
        return typeof value === 'string' ? <bdi key={part}>{value}</bdi> : value
      })}
    </>
  )
}
