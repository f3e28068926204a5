import type { Wording } from '../language/messages.ts'

/** The two fields of a trap (trap.ts): out of sight, out of the way of the keyboard, and unheard. Where there are no styles,
 *  the label says what to do.
 *  @param opened a stamp; a page that all readers share has none */
export function TrapFields({ wording, opened }: { wording: Wording; opened?: string | undefined }) {
  return (
    <>
      <div class="trap" aria-hidden="true">
        <label>
          {wording.say('trap-empty')} <input name="homepage" tabIndex={-1} autocomplete="off" />
        </label>
      </div>
      {opened === undefined ? null : <input type="hidden" name="opened" value={opened} />}
    </>
  )
}
