/** How one comes in on a site: what its admin decides, kept as JSON in site.door. */
import { Type } from 'typebox'
import { Value } from 'typebox/value'

export const MOST_RENAME_DAYS = 365

const schema = Type.Object({
  /** Writing under a name only, without an account. */
  guests: Type.Union([Type.Literal('off'), Type.Literal('looked-at'), Type.Literal('open')]),
  passwords: Type.Boolean(),
  /** A reader's first comment waits for an editor. */
  firstLook: Type.Boolean(),
  disposableMail: Type.Union([Type.Literal('take'), Type.Literal('refuse')]),
  /** Staff work on the desk only after signing in with a passkey. */
  staffPasskey: Type.Boolean(),
  /** Days between two changes of a name. */
  renameDays: Type.Integer({ minimum: 0, maximum: MOST_RENAME_DAYS }),
  /** Initials beside names. */
  avatars: Type.Boolean(),
})

export type Door = Type.Static<typeof schema>

export const usualDoor: Door = {
  guests: 'off',
  passwords: false,
  firstLook: false,
  disposableMail: 'take',
  staffPasskey: false,
  renameDays: 30,
  avatars: false,
}

/** What is not set, or was set to something this version does not know, is as usual. */
export function readDoor(kept: Record<string, unknown>): Door {
  const known = Object.entries(kept).filter(
    ([name, value]) => name in schema.properties && Value.Check(schema.properties[name as keyof Door], value),
  )
  return { ...usualDoor, ...Object.fromEntries(known) }
}

export const doorSchema = schema
