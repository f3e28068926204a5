/** Passwords that are guessed first. No list is shipped: the rules below, written here, find what such lists consist of
 *  from ten characters on: a well-known word with digits or signs around it, letters written as digits, the same again
 *  and again, a walk over the keyboard, the alphabet or the digits, a date, and what has to do with the person or the site.
 *  Longer lists are the operator's to add (DETENTE_BREACHED_PASSWORDS). */

const words = new Set(
  `abc abcd access account admin administrator afternoon amanda andrea andrew angel angels anthony apple april arsenal
  ashley asdf august austin autumn babygirl bailey banana barcelona baseball basketball batman beautiful blessed blink
  brandon brother bubbles butterfly buster cameron carlos carolina changeme charles charlie chelsea cheese chicken
  chocolate christian christmas computer cookie cowboys daniel danielle december default diamond dolphin dragon
  elizabeth eminem england facebook family february ferrari flower football forever france freedom friday friends
  fuckyou gabriel garfield george germany ginger golden google guest hannah happy harley heaven hello hellokitty
  helloworld hockey holiday hunter iloveu iloveyou internet january jasmine jennifer jessica jessie jesus joseph
  jordan joshua july june justin killer king kitten ladybug letmein liverpool login london love loveme lovely lover
  madrid maggie manchester march marina mario marseille master matrix matthew melissa mercedes metallica michael
  michelle midnight minecraft mommy monday money monica monkey monster morgan mother mustang myspace naruto nicholas
  nicole ninja november nothing october office orange pass passcode passphrase passport passw password passwort
  contrasena motdepasse senha parola wachtwoord haslo heslo salasana losenord kennwort patrick peanut pepper pokemon
  princess princesa purple qazwsx qwer qwert qwerty rachel rainbow ranger realmadrid rebecca remember richard robert
  ronaldo samantha samsung samuel saturday scooter secret secure security september server shadow silver simple smile
  snoopy soccer sophie spiderman spring spongebob starwars stephanie steven summer sunday sunflower sunshine superman
  superstar sweetheart sweety system taylor temp test teste tester testing thomas thunder thursday tigger tinkerbell
  tuesday trustno trustnoone unknown user username valentina vanessa victoria wednesday welcome welcometo whatever
  william windows winter winner yankees yellow zaq zxcvbnm mypassword thepassword yourpassword newpassword oldpassword
  correcthorsebatterystaple please letmeinnow ilovemyself iloveyouso lovelove`.split(/\s+/),
)

/** Rows and columns of keyboards (QWERTY, QWERTZ, AZERTY), the alphabet, the digits. */
const walks = [
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'qwertzuiop',
  'yxcvbnm',
  'azertyuiop',
  'qsdfghjklm',
  'wxcvbn',
  '1234567890',
  '0123456789',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p',
  'qazwsxedcrfvtgbyhnujmikolp',
  '1q2w3e4r5t6y7u8i9o0p',
  'q1w2e3r4t5y6u7i8o9p0',
  '147258369',
  '!@#$%^&*()',
  '!"#$%&/()=',
  'abcdefghijklmnopqrstuvwxyz',
].flatMap((walk) => [walk, [...walk].reverse().join('')])

/** What digits and signs are written for. */
const letters: Record<string, string> = {
  '0': 'o',
  '1': 'l',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '8': 'b',
  '9': 'g',
  '@': 'a',
  $: 's',
  '!': 'i',
  '+': 't',
}

/** @param own what somebody who knows the person would try: their name, their address, the site's name */
export function isCommon(password: string, own: string[]): boolean {
  const lower = password.toLowerCase()
  if (isRepeated(lower) || isWalked(lower) || isDate(lower)) return true
  const known = new Set([...words, ...own.flatMap(listParts)])
  const bare = lower.replaceAll(/[^\p{L}\p{N}]/gu, '')
  const digits = bare.replaceAll(/\P{N}/gu, '').length
  return (
    isBuiltOf(bare, known, Math.max(2, Math.min(digits, 6))) ||
    isBuiltOf(unmask(lower.replaceAll(/^\P{L}{1,8}|\P{L}{1,8}$/gu, '')), known, 1)
  )
}

/** The whole is a short piece again and again: aaaaaaaaaa, abcabcabcabc, 1212121212. */
const isRepeated = (lower: string): boolean =>
  /^(.{1,6}?)\1+.{0,2}$/su.test(lower) || new Set(lower).size <= 3

/** Pieces of walks, three characters or more each, and nothing else but a few signs. */
function isWalked(lower: string): boolean {
  let rest = lower
  let left = 0
  while (rest !== '') {
    let length = Math.min(rest.length, 36)
    while (length >= 3 && !walks.some((walk) => walk.includes(rest.slice(0, length)))) length -= 1
    if (length < 3) {
      left += 1
      length = 1
    }
    rest = rest.slice(length)
  }
  return left <= 2
}

/** 1987-05-23, 23.05.1987, 05/23/1987. */
const isDate = (lower: string): boolean =>
  /^(?:(?:19|20)\d\d\D?\d{1,2}\D?\d{1,2}|\d{1,2}\D?\d{1,2}\D?(?:19|20)\d\d)\D?$/.test(lower)

const unmask = (lower: string): string => [...lower].map((sign) => letters[sign] ?? sign).join('')

/** Known words side by side, and little else.
 *  @param most characters that no word covers */
function isBuiltOf(form: string, known: Set<string>, most: number): boolean {
  /** The fewest characters that no word covers, up to each place. */
  const uncovered = [0]
  for (let end = 1; end <= form.length; end++) {
    let least = uncovered[end - 1]! + 1
    for (let start = Math.max(0, end - 40); start <= end - 3; start++)
      if (known.has(form.slice(start, end))) least = Math.min(least, uncovered[start]!)
    uncovered.push(least)
  }
  const left = uncovered[form.length]!
  return left < form.length && left <= most
}

/** Words of a name or an address, and the whole without what stands between them. */
function listParts(text: string): string[] {
  const parts = text.toLowerCase().split(/[^\p{L}\p{N}]+/u)
  return [...parts, parts.join('')].filter((part) => part.length >= 3)
}
