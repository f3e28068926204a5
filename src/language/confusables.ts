/**
 * Letters that look alike, so that "Раul" written with two Cyrillic letters is known for "Paul".
 *
 * A table of our own for the letters readers' names are written with, in the manner of UTS 39 section 4: each
 * character is replaced by the Latin letter (or kana) it may be taken for. Styled letters (fullwidth,
 * mathematical, circled) need no row: NFKC has undone them before. Accents are letters' own business and
 * stay, as UTS 39 has it: é is not e.
 */

/** Rows are "letter: look-alikes"; a row holds for the capital and the small letter alike. */
const BOTH_CASES = `
a: А Ⲁ
b: В Ь Ⲃ
c: С Ⲥ
d: Ԁ
e: Е Ⲉ
g: Ԍ
h: Н Һ Ⲏ
i: І Ⲓ
j: Ј
k: К Ⲕ
l: Լ
m: М Ⲙ
n: Ⲛ
o: О Օ Ⲟ 𐐄
p: Р Ⲣ
q: Ԛ
s: Ѕ
t: Т Ⲧ
u: Ս
v: Ѵ
w: Ԝ Ѡ
x: Х Ⲭ
y: У Ү Ⲩ
3: З Ӡ
4: Ч
ae: Æ
oe: Œ
`

/** Rows that hold for these shapes only: the other case looks different or there is none. */
const ONE_SHAPE = `
a: Α α ɑ ᴀ ꓮ
b: Β ʙ ꓐ
c: ᴄ ꓚ
d: ᴅ ꓓ ꓒ
e: Ε ε ᴇ ℮ ꓰ
f: ꜰ ꓝ
g: ɡ ɢ ց ꓖ
h: Η ʜ հ ꓧ
i: ι ı ɩ ɪ
I: Ι Ӏ ꓲ
j: ȷ ᴊ յ ꓙ
k: Κ κ ᴋ ĸ ꓗ
l: ӏ ǀ | ᅵ
L: ʟ ꓡ
m: Μ ᴍ ꓟ
n: Ν η ո ռ ɴ ꓠ
o: Ο ο ᴏ 〇 ○ ◯ ဝ ᄋ ꓳ
p: Ρ ρ ᴘ ꓑ
q: զ ꞯ
r: ʀ ꓣ
s: Տ ꜱ ꓢ
t: Τ τ ᴛ ꓔ
u: υ ᴜ ꓴ
v: ν ᴠ ꓦ
w: ᴡ ա ꓪ
x: Χ χ ꓫ
y: Υ γ ʏ ꓬ
z: Ζ ᴢ ꓜ
6: б
ロ: 口
カ: 力
ニ: 二
エ: 工
ト: 卜
タ: 夕
ハ: 八
ノ: 丿
オ: 才
ヘ: へ
ー: 一 ― ─ ᅳ
日: 曰
土: 士
未: 末
己: 已 巳
`

/** Cherokee capitals; the small letters are the same shapes, smaller. */
const CHEROKEE = `
a: Ꭺ
b: Ᏼ Ꮟ
c: Ꮯ
d: Ꭰ Ꮷ
e: Ꭼ
g: Ꮐ Ᏻ
h: Ꮋ Ꮒ
i: Ꭵ
j: Ꭻ
k: Ꮶ
L: Ꮮ
m: Ꮇ
p: Ꮲ
r: Ꭱ Ꮢ
s: Ꮥ Ꮪ
t: Ꭲ
v: Ꮩ
w: Ꮃ Ꮤ
y: Ꭹ Ꮍ
z: Ꮓ
4: Ꮞ
`

const LOOK_ALIKES = new Map([
  ...readRows(BOTH_CASES).flatMap(([letter, like]) => [
    [letter, like] as const,
    [letter.toLowerCase(), like] as const,
  ]),
  ...readRows(CHEROKEE).flatMap(([letter, like]) => [
    [letter, like] as const,
    [letter.toLowerCase(), like] as const,
  ]),
  ...readRows(ONE_SHAPE),
])

/** Greek letters like none of the Latin ones. A word with one of them is read as Greek. */
const GREEK_ONLY = /[ΓΔΘΛΞΠΣΦΨΩβδζθλμξπσςφψω]/
/** Small Latin letters that a Greek name may have been written with. */
const GREEK_FOR_LATIN: Record<string, string> = { v: 'ν', n: 'η', u: 'υ', y: 'γ', w: 'ω' }
const GREEK = /\p{Script=Greek}\p{M}*/gu

/**
 * The text in the letters it may be taken for. Keeps case where shapes depend on it: I stays apart from i,
 * as a capital I looks like l.
 * @param text compatibility-decomposed (NFKD), so that accents stand beside their letters
 */
export function mapLookAlikes(text: string): string {
  // Greek capitals and small letters resemble different Latin ones (Ν and ν: N and v). Recognisably Greek
  // names are compared as capitals, which bear no accents, so that case makes no difference; others by
  // what they look like.
  const shapes = GREEK_ONLY.test(text) ? capitalizeGreek(text) : text
  let mapped = ''
  for (const character of shapes) mapped += LOOK_ALIKES.get(character) ?? mapDigitOrBadge(character)
  return mapped
}

const capitalizeGreek = (text: string) =>
  text
    .replace(/[vnuyw]/g, (letter) => GREEK_FOR_LATIN[letter]!)
    .replace(GREEK, (letter) => letter.toUpperCase().replace('\u0301', ''))

function mapDigitOrBadge(character: string): string {
  const point = character.codePointAt(0)!
  if (point < 0x80) return character
  // Negative circled and squared letters, which NFKC leaves: 🅐, 🅰.
  if (point >= 0x1f150 && point <= 0x1f169) return String.fromCharCode(point - 0x1f150 + 97)
  if (point >= 0x1f170 && point <= 0x1f189) return String.fromCharCode(point - 0x1f170 + 97)
  return /\p{Nd}/u.test(character) ? String(digitValue(point)) : character
}

/** Decimal digits stand in runs of ten, from zero (Unicode Standard, section 4.6). */
function digitValue(point: number): number {
  let zero = point
  while (point - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--
  return point - zero
}

function readRows(table: string): [letter: string, like: string][] {
  return table
    .trim()
    .split('\n')
    .flatMap((row) => {
      const [like, letters] = row.split(': ') as [string, string]
      return letters.split(' ').map((letter): [string, string] => [letter, like])
    })
}
