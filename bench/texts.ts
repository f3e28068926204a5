/** Comments as readers write them, in three languages, of 200 to 400 characters: invented people on an invented matter. */

export type TextLanguage = 'en' | 'ja' | 'ko'
export const textLanguages: readonly TextLanguage[] = ['en', 'ja', 'ko']

type Phrases = {
  who: string[]
  does: string[]
  what: string[]
  why: string[]
  joint: string
  end: string
  from: number
  to: number
}

const phrases: Record<TextLanguage, Phrases> = {
  en: {
    who: [
      'The harbour office',
      'My neighbour on the quay',
      'The council of Orrin',
      'Whoever drew this map',
      'The night ferry',
      'Every fisherman I know',
      'The minister',
      'Nobody in Calder',
      'The older treaty',
      'A reader above',
      'The survey of the reef',
      'Half of the island',
    ],
    does: [
      'has never explained',
      'still argues about',
      'cannot simply forget',
      'ought to publish',
      'quietly changed',
      'has paid twice for',
      'learned to live with',
      'is proud of',
      'took away',
      'misread',
      'defends',
    ],
    what: [
      'the winter timetable',
      'the line between the two bays',
      'what the pilots wrote in the log',
      'the price of a crossing',
      'the lighthouse on the northern rock',
      'the names on the old charts',
      'the promise made after the storm',
      'a licence for forty boats',
      'the graves behind the chapel',
      'the letter from the other side',
    ],
    why: [
      'because the water does not stop at a border',
      'and the figures in the annex say the opposite',
      'although both towns would gain from it',
      'which is why I would ask for the minutes',
      'as anyone who crosses in February knows',
      'and that is the whole quarrel in a nutshell',
      'while the herring goes where it likes',
      'so let us at least read it in full',
    ],
    joint: ' ',
    end: '.',
    from: 200,
    to: 400,
  },
  ja: {
    who: [
      '港の事務所は',
      '岸に住む隣人は',
      'オリンの議会は',
      'この地図を描いた人は',
      '夜の渡し船は',
      '知り合いの漁師はみな',
      '大臣は',
      'カルダーの誰もが',
      '古い条約は',
      '上の読者は',
      '島の半分は',
    ],
    does: [
      '一度も説明していない',
      'まだ議論している',
      '簡単には忘れられない',
      '公表すべきだと思う',
      '静かに変えてしまった',
      '二度も払わされた',
      '誤解している',
      '守ろうとしている',
    ],
    what: [
      '冬の時刻表を',
      '二つの湾の間の線を',
      '航海日誌に書かれたことを',
      '渡航の料金を',
      '北の岩の灯台を',
      '古い海図の地名を',
      '嵐のあとの約束を',
      '四十隻の漁業権を',
      '礼拝堂の裏の墓を',
      '向こう岸からの手紙を',
    ],
    why: [
      '海は国境で止まらないのだから',
      '付録の数字は反対のことを示している',
      '両方の町が得をするはずなのに',
      'だから議事録を読みたい',
      '二月に渡る人なら誰でも知っている',
      'それがこの争いのすべてだ',
      '鰊は好きな所へ行くのだが',
    ],
    joint: '、',
    end: '。',
    from: 200,
    to: 320,
  },
  ko: {
    who: [
      '항만 사무소는',
      '부두에 사는 이웃은',
      '오린 의회는',
      '이 지도를 그린 사람은',
      '밤 연락선은',
      '내가 아는 어부들은',
      '장관은',
      '칼더 사람 누구도',
      '옛 조약은',
      '위의 독자는',
      '섬의 절반은',
    ],
    does: [
      '한 번도 설명하지 않았다',
      '아직도 다투고 있다',
      '쉽게 잊을 수 없다',
      '공개해야 한다고 본다',
      '조용히 바꾸었다',
      '두 번이나 값을 치렀다',
      '잘못 읽었다',
      '지키려고 한다',
    ],
    what: [
      '겨울 시간표를',
      '두 만 사이의 경계선을',
      '항해 일지에 적힌 것을',
      '뱃삯을',
      '북쪽 바위의 등대를',
      '옛 해도의 이름을',
      '폭풍 뒤의 약속을',
      '마흔 척의 어업 허가를',
      '예배당 뒤의 무덤을',
      '건너편에서 온 편지를',
    ],
    why: [
      '바다는 국경에서 멈추지 않기 때문이다',
      '부록의 숫자는 정반대를 말한다',
      '두 마을 모두 이득을 볼 텐데',
      '그래서 회의록을 읽고 싶다',
      '이월에 건너 본 사람은 다 안다',
      '그것이 이 다툼의 전부다',
      '청어는 가고 싶은 곳으로 간다',
    ],
    joint: ' ',
    end: '.',
    from: 200,
    to: 380,
  },
}

const syllables = [
  'bar',
  'cal',
  'den',
  'dor',
  'fen',
  'gar',
  'hol',
  'kel',
  'lan',
  'mor',
  'nes',
  'or',
  'pel',
  'rin',
  'sal',
  'tor',
  'ul',
  'vas',
  'wen',
  'yar',
]

/** One of 8,000 places, so that the texts have a long tail of rare words as real ones do. */
function placeName(random: () => number): string {
  const name = pick(syllables, random) + pick(syllables, random) + pick(syllables, random)
  return name[0]!.toUpperCase() + name.slice(1)
}

const pick = <Item>(items: Item[], random: () => number): Item => items[Math.floor(random() * items.length)]!

/** @returns a text of `from` to `to` characters; one in eight has a list, a link or emphasis */
export function writeText(language: TextLanguage, random: () => number): string {
  const { who, does, what, why, joint, end, from, to } = phrases[language]
  const length = from + random() * (to - from - 90)
  let text = ''
  while (text.length < length) {
    const parts = [pick(who, random), pick(does, random), pick(what, random), pick(why, random)]
    if (language === 'ja' || language === 'ko') parts.splice(1, 2, parts[2]!, parts[1]!)
    if (random() < 0.3) parts.push(`(${placeName(random)})`)
    text += `${parts.join(joint)}${end}${random() < 0.2 ? '\n\n' : ' '}`
  }
  text = text.trim()
  const mark = random()
  if (mark < 0.04)
    return `${text} https://archive.example/${placeName(random).toLowerCase()}?page=${Math.floor(random() * 90)}`
  if (mark < 0.08) return `> ${pick(why, random)}\n\n${text}`
  return mark < 0.12 ? `*${pick(what, random)}* ${text}` : text
}
