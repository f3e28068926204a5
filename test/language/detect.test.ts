import fc from 'fast-check'
import { expect, test } from 'vitest'
import { detectLanguage } from '../../src/language/detect.ts'

test.each([
  [
    'en',
    'The ferry has not been running for a week, and nobody at the harbour can say when it will be back.',
  ],
  ['en', "I don't think they're going to sign it, do you?"],
  ['de', 'Ich glaube nicht, dass die Fähre vor dem Winter wieder fährt, und das weiß jeder hier im Ort.'],
  ['nl', 'Ik geloof niet dat de veerboot voor de winter weer vaart, en dat weet iedereen hier in het dorp.'],
  ['fr', 'Je ne crois pas que le bateau reprenne avant l’hiver, et tout le monde le sait dans ce village.'],
  ['es', 'No creo que el barco vuelva antes del invierno, y eso lo sabe todo el mundo en este pueblo.'],
  ['pt', 'Não acredito que o barco volte antes do inverno, e isso toda a gente sabe nesta aldeia.'],
  ['it', 'Non credo che il traghetto riparta prima dell’inverno, e questo lo sanno tutti nel paese.'],
  ['sv', 'Jag tror inte att färjan går igen före vintern, och det vet alla som bor här i byn.'],
  [
    'da',
    'Jeg tror ikke, at færgen sejler igen før vinteren, og det ved alle, der bor her, men hvad skal vi gøre, og hvem tager sig af os nu?',
  ],
  [
    'no',
    'Jeg tror ikke at fergen går igjen før vinteren, og det vet alle som bor her, men hva skal vi gjøre, og hvem tar seg av oss nå?',
  ],
  ['fi', 'En usko että lautta kulkee enää ennen talvea, ja sen tietävät kaikki, jotka ovat täällä olleet.'],
  [
    'pl',
    'Nie wierzę, że prom wróci przed zimą, i każdy to wie, kto tu jest od lat, ale nikt tego nie powie.',
  ],
  [
    'cs',
    'Nevěřím, že se přívoz vrátí před zimou, a to ví každý, kdo je tu doma, ale nikdo o tom nemluví, protože už byl pryč.',
  ],
  ['hu', 'Nem hiszem, hogy a komp még a tél előtt újra jár, és ezt már mindenki tudja, aki itt él.'],
  ['ro', 'Nu cred că feribotul va mai circula înainte de iarnă, și asta o știu toți cei care sunt aici.'],
  [
    'tr',
    'Vapurun kıştan önce bir daha kalkacağını sanmıyorum ve bunu burada herkes biliyor ama kimse söylemiyor.',
  ],
  ['vi', 'Tôi không tin là phà sẽ chạy lại trước mùa đông, và mọi người ở đây đều biết điều đó.'],
  ['ru', 'Я не верю, что паром пойдёт до зимы, и это знают все, кто здесь живёт, только никто не говорит.'],
  ['uk', 'Я не вірю, що пором піде до зими, і це знають усі, хто тут живе, але ніхто про те не каже.'],
  ['bg', 'Не вярвам, че фериботът ще тръгне преди зимата, и това го знаят всички, които са тук.'],
  ['ar', 'لا أظن أن العبارة ستعود قبل الشتاء، وهذا ما يعرفه كل من في القرية، لكن لا أحد يتكلم.'],
  ['fa', 'فکر نمی کنم که قایق پیش از زمستان برگردد و این را همه می دانند، اما هیچ کس نمی گوید.'],
  ['ur', 'مجھے نہیں لگتا کہ کشتی سردی سے پہلے چلے گی اور یہ سب کو معلوم ہے لیکن کوئی نہیں کہتا۔'],
  ['hi', 'मुझे नहीं लगता कि नाव सर्दी से पहले चलेगी और यह सब को पता है, पर कोई नहीं कहता।'],
  ['ja', '冬の前に船が出るとは思わない。'],
  ['ja', 'はい'],
  ['ko', '겨울 전에 배가 다시 다닐 것 같지 않다.'],
  ['ko', '네네'],
  ['ko', 'ㅋㅋ 아니 SNS에서 봤는데 the court 어쩌고'],
  ['zh', '我不相信这艘船冬天以前会再开。'],
  ['zh', '我不相信這艘船冬天以前會再開。'],
  ['th', 'ฉันไม่คิดว่าเรือจะวิ่งก่อนฤดูหนาว'],
  ['el', 'Δεν νομίζω ότι το πλοίο θα φύγει'],
  ['he', 'אני לא חושב שהמעבורת תחזור'],
  ['ka', 'არა მგონია ბორანი დაბრუნდეს'],
])('%s: %s', (language, text) => expect(detectLanguage(text)).toBe(language))

test.each([
  ['nothing', ''],
  ['a word', 'No'],
  ['a few words', 'Vive la France'],
  ['a name', 'Maria Fernanda da Silva Pereira Montenegro'],
  ['keys struck at random', 'asdf qwer zxcv jkl uiop hjkl bnm dfgh'],
  ['an address', 'https://www.the-and-of.example/this/is/not/english-but-an-address'],
  ['numbers and marks', '12.3 % – 45 (67)!'],
  ['a single Greek letter', 'π'],
  ['a shrug', '¯\\_(ツ)_/¯'],
  ['ideographs that may be Chinese or Japanese', '首脳会談開催'],
  ['half English, half Russian', 'the ferry and the harbour нет парома и гавани нет'],
])('is not sure about %s', (_, text) => expect(detectLanguage(text)).toBeNull())

test('any text has one answer or none', () =>
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      expect(detectLanguage(text) ?? 'und').toMatch(/^[a-z]{2,3}$/)
    }),
  ))
