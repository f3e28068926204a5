import { avatarColour, initialsOf } from './avatar.ts'

/** Initials beside a name, which says the same: nothing to be read out. */
export const Avatar = ({ id, name }: { id: string; name: string }) => (
  <span class={`avatar avatar-${avatarColour(id)}`} aria-hidden="true">
    {initialsOf(name)}
  </span>
)
