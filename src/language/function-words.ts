/**
 * The small words by which languages in one script are told apart: articles, pronouns, prepositions, forms of
 * "to be". They make up a third to a half of any running text, and hardly one comment of a few lines does
 * without. Lists of our own; a word may stand in several. In NFC, lower case, cut at apostrophes and blanks.
 */
export const FUNCTION_WORDS: Record<string, string> = {
  en: `
    the of and to in is that it for was on are as with his they at be this from have or by not but what all
    were when your can there an which their if will about out many then them these so some her would make
    like him into has more no do my than who its now people been could should because you we our i she he
    how any just don isn didn doesn only other very does did why being such go get got going know think want
    let even well said much too still after before where may must while since against also am really same
    take never people right
  `,
  de: `
    der die das und ist nicht ein eine einen einem einer zu den dem des mit sich von auf für es im auch als
    an werden aus er hat dass sie nach wird bei noch nur sind war aber wie wenn kann man oder doch so ich
    wir ihr mich mir uns über vor mehr haben sein schon hier was jeder alle durch sondern unter jede kein
    keine zum zur gegen wäre weil dann mal habe bin ja nein
  `,
  nl: `
    de het een en van ik te dat die in is niet op aan met als voor zijn er maar om hem dan zou of wat mijn
    men dit zo door over ze bij ook tot je mij uit der daar haar naar heb hoe heeft hebben deze u want nog
    zal me zij nu geen omdat iets worden toch al veel meer doen moet kan werd wordt ieder eens waar niets
    wij ons onze jullie heel gewoon
  `,
  af: `
    die en van is het nie om te in wat vir dat met op een sy hulle ek ons aan as maar ook was hierdie sal
    kan moet word jy my hy oor deur nog wees daar baie so al geen elke elkeen sonder tot nou
  `,
  fr: `
    le la les de des du et est un une en que qui dans pour pas sur au aux ce cette ces il elle ils elles je
    tu nous vous on ne se son sa ses leur leurs par avec plus sont mais ou où comme si tout tous toute être
    avoir fait ont était c l d qu n s j m même aussi bien très donc sans peut faut entre après encore quand
    quoi rien moi
  `,
  es: `
    el la los las de del y en que es un una por con no para se lo su sus al como más pero este esta esto ese
    eso está están hay ha han fue ser son muy también ya todo todos toda sin sobre entre cuando porque qué
    quien yo tú nosotros me te le les nos mi si donde hasta desde nada así hace puede otra otro ni unos
  `,
  pt: `
    o a os as de do da dos das e em no na nos nas que é um uma por com não para se ao aos à como mais mas
    este esta isto isso está são foi ser tem têm muito também já todo todos toda sem sobre entre quando
    porque quem eu você nós me lhe seu sua seus suas pelo pela ou ele ela eles até só há num numa foram era
  `,
  gl: `
    o a os as de do da dos das e en no na nos nas que é un unha por con non para se ao aos á como máis pero
    este esta isto está son foi ser ten moi tamén xa todo todos toda sen sobre entre cando porque quen eu
    vostede seu súa pola polo ou el ela eles ata só hai nin calquera
  `,
  ca: `
    el la els les de del dels i en que és un una per amb no es al als com més però aquest aquesta això està
    són va ser hi ha molt també ja tot tots tota sense sobre entre quan perquè qui jo tu nosaltres em et li
    seu seva o on fins des pel pels ni ho han cap així què té l d s n m
  `,
  it: `
    il lo la i gli le di del della dei delle degli e è un una uno in che non per con si da dal dalla al alla
    ai alle nel nella sul sulla come più ma questo questa questi sono ha hanno era essere anche già tutto
    tutti senza su tra fra quando perché chi io tu noi mi ti ci vi se o dove fino suo sua loro ogni molto
    così cosa solo fatto c l d sia ho stato
  `,
  ro: `
    și în de la cu pe nu este un o din pentru care că mai sunt să a al ale au fi ca sau dar prin lui lor ei
    el ea această acest ce se fost între orice toate fără după când dacă noi voi eu te mă ne îi le îl cum
    doar foarte trebuie poate cei unei unui către dreptul si sa
  `,
  sv: `
    och att det i en jag hon som han på den med var sig för så till är men ett om hade de av icke mig du
    henne då sin nu har inte hans honom skulle hennes där min man ej vid kunde något från ut när efter upp
    vi dem vara vad över än dig kan sina här ha mot alla under någon eller allt mycket sedan ju denna själv
    detta åt utan varit hur ingen mitt ni bli blev oss dess blir vem bara också
  `,
  da: `
    alle ingen må enhver og i jeg det at en den til er som på de med han af for ikke der var mig sig men et
    har om vi min havde ham hun nu over da fra du ud sin dem os op man hans hvor eller hvad skal selv her
    vil blev kunne ind når være dog noget ville jo deres efter ned skulle denne end dette mit også under
    have dig anden hende mine alt meget sit sine vor mod disse hvis din nogle hos blive mange ad bliver uden
    kun mellem lige bare
  `,
  no: `
    alle ingen må enhver og i jeg det at en den til er som på de med han av for ikke der var meg seg men et
    har om vi min hadde ham hun nå over da fra du ut sin dem oss opp man hans hvor eller hva skal selv her
    vil ble kunne inn når være noe ville jo etter ned skulle denne enn dette mitt også under ha deg alt mye
    sitt sine mot disse hvis din noen hos bli mange blir uten mellom bare
  `,
  is: `
    og að í er á sem en það til við um hann með ekki var ég af fyrir hún þetta þá þeir eru því verið hefur
    eða mér sig þú ef svo upp út hans eiga hver skal þess hafa vera frá allir manna allra þeirra sér bara
    mjög þegar nú hvað eftir
  `,
  fi: `
    ja on ei se että en hän joka oli mutta ne ole niin kuin minä ovat sen kun sitä mitä jos tai vain nyt
    olla myös hänen oikeus jokaisella ihmisoikeuksien he me te olen sinä tämä tässä tätä mukaan kanssa sekä
    ilman kaikki mitään jokainen siitä vielä sitten jo voi pitää olisi eivät emme hyvin tämän niitä hänellä
    häntä hänet saa kuten sellainen kuka missä miksi näin koska joiden jonka
  `,
  et: `
    ja on ei et see ta ma kui oli mis ka nii siis aga oma või kes seda mida selle tema nad me te olen sa
    igal inimesel õigus ning peab iga peale ole veel juba kõik pole kus siin seal nende nagu ainult väga
    saab üle ega olla vastu tuleb inimene ilma keegi tähtsusetu mitte meie
  `,
  lv: `
    un ir no ka uz ar par lai tā kas to nav bet kā viņš es mēs jūs tas šo arī vai ja pie bija savu katram
    cilvēkam tiesības jebkuru nedrīkst pēc tikai ikvienam ikviens būt viņa kurš nekā visu jau tad vēl kad
    ļoti šis tiek vairs viņi tās mums
  `,
  lt: `
    ir kad į su yra kaip tai iš bet ne jis aš mes jūs tas to jo savo ar o už nuo apie po kiekvienas turi
    teisę žmogus būti gali arba visi jau tik prie dėl kai buvo labai mano čia nėra nei jei tačiau ji jų
    turėti žmogaus kurie bei
  `,
  pl: `
    i w nie na się że z do to jest jak o co ale po tak za od jego są przez dla przy być by już ich tylko był
    czy może ma lub oraz ja ty my wy on ona oni tym który która które każdy człowiek prawo jeśli bez nad pod
    tego tej te nas mnie mu jej jeszcze bardzo gdy więc sobie wszystko tu ani jako każda
  `,
  cs: `
    a v se na je že s z do o to i ale k jak za by si po jsem jsou jako pro od jeho není být nebo už jen
    která který které ve při až také co má mají když tak aby jej ten ta bude každý právo lidí než bez ani
    pouze ještě nic tím kde toho byl byla bylo mi mě nám vám ho u velmi všichni proti proč mezi
  `,
  sk: `
    a v sa na je že s z do o to i ale k ako za by si po som sú pre od jeho nie byť alebo už len ktorá ktorý
    ktoré vo pri až tiež čo má majú keď tak aby ho ten tá bude každý právo ľudí než bez ani iba ešte nič tým
    kde toho bol bola bolo mi mňa nám vám u veľmi všetci proti prečo medzi nikto
  `,
  sl: `
    in v je na se da za so ne z s pa po kot bi ki ali ni od do to tudi pri kar če že jih ga njegov biti ima
    vsakdo pravico lahko bil bila bilo sem smo ste si sta nihče med brez o ob kjer ko samo zelo vse vsi mora
    jaz ti mi vi on ona ker nas vam iz ta tega
  `,
  hr: `
    i u je na se da za su od s ne to što kao o po iz ali koji koja koje ili bi nije sam smo ste si sve će ga
    kako samo do biti bez ima svatko pravo svaki kad jer već može treba ovo taj nema pri njegov među mu mi
    vi oni još nisu šta gde gdje li ni kod zbog bilo vrlo ko tko
  `,
  hu: `
    a az és hogy nem is egy van ez de meg csak mint vagy ki ha már minden ezt azt volt lesz én te mi ők még
    el kell sem aki ami amely után nincs nagyon lehet kellene joga mindenkinek senki való által között
    szerint mert úgy így itt ott most mit miért sok jó lenne nekem hanem azok ezek személy
  `,
  sq: `
    të e në dhe i për me që një nga është së u se nuk do si por ka ose kjo ky janë duke kanë më çdo drejtë
    cilido pa mund ai ajo ne ju jam jemi pas kur këtë kësaj atë tij saj tyre vetëm shumë edhe gjitha nën
    deri kush asnjë ndaj
  `,
  tr: `
    ve bir bu da de için ile ne olan gibi daha çok o en kadar ben sen biz siz onlar var yok mi mı mu mü
    değil ama her şey olarak sonra göre ise hiç ya şu diye olduğu olur oldu kendi herkes hakkı hakkına veya
    bile sadece neden çünkü zaten artık şahsın haiz haizdir onun bana sana bunu bunun nasıl
  `,
  az: `
    və bir bu da də üçün ilə nə olan kimi daha çox o ən qədər mən sən biz siz onlar var yox deyil amma hər
    şey olaraq sonra görə isə heç ya öz hüququ malikdir yaxud insan olunmalıdır edilə tərəfindən belə çünki
    yalnız hamı niyə onun bunu necə bilər
  `,
  id: `
    boleh yang daripada tiada dan di dengan itu untuk dari tidak ini dalam akan pada juga ke karena ada saya
    mereka atau oleh adalah sebagai dapat bisa orang hak kita kami anda dia ia bahwa sudah lebih telah
    setiap tanpa seperti tetapi tapi hanya saja jika kalau belum secara serta berhak bukan apa banyak semua
    masih jangan sangat
  `,
  ms: `
    yang dan di dengan itu untuk dari daripada tidak ini dalam akan pada juga ke kerana ada saya mereka atau
    oleh adalah ialah sebagai dapat boleh orang hak kita kami anda dia bahawa sudah lebih telah setiap tanpa
    seperti tetapi hanya jika tiada secara serta berhak bukan apa semua masih jangan sangat
  `,
  vi: `
    của và là không có được cho một những các trong người này với để như đã thì mà tôi bạn anh chị em họ đó
    khi ở từ phải cũng rất nhưng vì nếu quyền mọi đều hay hoặc theo bị về sự nào lại ra đến còn chỉ nhiều
    vào do trên sẽ gì chúng ta
  `,
  tl: `
    ang ng sa na mga at ay ako ikaw siya kami tayo kayo sila hindi ito iyan iyon kung para may nang mayroon
    wala lang rin din ni si pa ba ko mo niya namin natin ninyo nila ating aking bawat tao karapatan dahil
    pero dapat walang kanyang sinuman pag nga naman po
  `,
  sw: `
    na ya wa kwa ni katika za la cha ana kuwa yake hii hiyo haki mtu kila si lakini au pia kama wake watu
    hata bila wote ili huo huu hili hayo yao kwamba asiwe mimi wewe sisi wao sana tu basi hapa alikuwa sio
    hakuna
  `,
  eu: `
    eta da ez bat dira du ere baina hau hori bere edo izan den dute duten egin dago behar ditu zen nire zuen
    dituen gizon eskubidea eskubide orok guztiek ala beste baino inor bada badu oso gero hemen zer nola gabe
    dugu ditugu naiz gara
  `,
  cy: `
    y yr a i yn o ar mae ac ei am nid yw ond hawl gan pawb neu wedi bod fel hyn hynny oedd ddim eu at fod na
    nad ni chi nhw fi ti un unrhyw sydd gyda rhag dim cael wrth mewn drwy iawn bydd pan beth
  `,
  ga: `
    an na agus is ar i le ag do go a bhí tá ní sé sí mar nach den leis faoi gach duine aige bith chun nó ach
    mé tú muid sibh siad seo sin féin atá bheith cad conas ceart gan dá as ó idir éigin
  `,
  mt: `
    il li u ta fil ma tal minn f bil jew għal kull dritt huwa hija wieħed lil ikun biex dan din għandu kif
    iżda aktar wara jekk dawn bniedem hu fuq mingħajr għall jista biss kollha jien inti aħna
  `,
  ru: `
    и в не на что я с он а как это по к но они мы она так его за из у же вы от бы для то все о было есть был
    была были быть мне меня если уже или их её ему когда только нет который которые ли до очень может этого
    тоже ещё вот чтобы где там почему потому каждый без при со во под ни ну да нас вас нам вам этот эта эти
    такой просто люди человек право сейчас
  `,
  uk: `
    і в не на що я з він а як це по до але вони ми вона так його за із у ж ви від б для то все про було є
    був була були бути мені мене якщо вже або їх її йому коли тільки немає який які чи дуже може цього також
    ще ось щоб де там чому бо тому кожен та має
  `,
  be: `
    і ў не на што я з ён а як гэта па да але яны мы яна так яго за у ж вы ад б для то усе усё пра было ёсць
    быў была былі быць мне мяне калі ужо або іх яе яму толькі няма які якія ці вельмі можа гэтага таксама
    яшчэ каб дзе там чаму бо кожны мае
  `,
  bg: `
    и в не на че аз с той а как това по към но те ние тя така го за от у вие ще бъде са е да се беше съм си
    ми ги им или ако вече когато само няма който които ли много може също още където защо защото всеки
    всички има при до със ни ви
  `,
  kk: `
    және мен бұл үшін бар емес деп болып ол да де әр адам құқығы немесе қандай барлық өз туралы бойынша
    керек тек өте жоқ болады еді сол осы ғана бірақ біз сіз олар
  `,
  sr: `
    и у не на да је се за су од с то што као о по из али који која које или би није сам смо сте си све ће га
    како само до бити без има свако право сваки кад јер већ може треба ово тај нема при његов међу му ми ви
    они још нису шта где ли ни код због било врло ко
  `,
  mk: `
    и во не на дека јас со тој а како ова по кон но тие ние таа така го за од вие ќе биде се е да беше сум
    си ми ги им или ако веќе кога само нема кој кои ли многу може исто уште каде зошто затоа секој сите има
    при до ја
  `,
  ar: `
    في من على إلى أن هذا هذه التي الذي لا ما كان عن مع هو هي كل بعد قبل أو ولا ثم قد لم لن إن كما بين حتى
    إذا نحن أنا هم ذلك تلك عند غير فقط لكن ليس هل أي منذ به له فيه عليه لكل وقد وهو كانت
  `,
  fa: `
    در از به که این را با است برای آن یک هم تا بر یا ما من او هر باید می شود شد کند بود اما اگر نیست هستند
    دارد همه خود چه پس بین نمی دیگر های ها حق چون ولی کرد شما آنها بی فقط کسی دارند خیلی هیچ
  `,
  ur: `
    کے میں کی ہے کا اور سے کو نے یہ پر کہ اس ہیں وہ نہیں بھی تو جو ایک کر ہو تھا تھی تھے گا گی ہر اپنے اپنی
    یا ان کسی لیے ہم میرا آپ کیا کوئی سب جس بہت اگر مگر شخص
  `,
  ps: `
    د په او چې دی کې ته له دا سره هر یو نه یې به هغه کړي شي دې څوک وي ده شوي باندې لري خپل ټول یا زه موږ
    تاسو خو
  `,
  ckb: `
    لە بە و کە ئەم بۆ ئەو هەر مافی هەموو یان دا خۆی نییە هەیە ئێمە من تۆ نە بێت دەبێت کەس لەو بەڵام وەک ئەوە
    لەگەڵ چی زۆر بوو
  `,
  hi: `
    के है में की और का को से यह नहीं पर ने कि हैं भी तो जो एक कर हो था थी थे गा गी हर अपने या उन किसी लिए हम
    मैं आप क्या कोई सब जिस बहुत अगर मगर इस वह उसे करने ये जाता होता लेकिन प्रत्येक व्यक्ति
  `,
  mr: `
    आहे आणि च्या या की ते तो ती हे व नाही असे मी आम्ही तुम्ही होते होता होती पण किंवा प्रत्येक साठी मध्ये
    करण्याचा काय कोणत्याही अधिकार आहेत त्या केले म्हणून तर मला सर्व त्यांच्या
  `,
  ne: `
    छ र को मा लाई छन् हो गर्न पनि यो त्यो हुन प्रत्येक व्यक्ति हुनेछ वा भने गर्ने कुनै सबै तथा अनि छैन गरेको
    म हामी तपाईं के तर भएको थियो आफ्नो अधिकार
  `,
}

/** Letters that few languages use. Each counts for its language, once, as half a word. */
export const TELLING_LETTERS: Record<string, string> = {
  de: 'ß ä ö ü',
  nl: 'ë',
  fr: 'ç œ è ê ë ù î ô',
  es: 'ñ',
  pt: 'ã õ ç ê ô',
  gl: 'ñ',
  ca: 'ç è ò',
  it: 'è ò ù',
  ro: 'ă ș ț î',
  sv: 'ä ö å',
  da: 'å ø æ',
  no: 'å ø æ',
  is: 'ö æ ð þ',
  fi: 'ä ö',
  et: 'ä ö ü õ š ž',
  lv: 'č š ž ū ā ē ī ķ ļ ņ',
  lt: 'ą ę č š ž ė į ų ū',
  pl: 'ł ż ś ń ą ę ć',
  cs: 'ř ě ů č š ž',
  sk: 'ä ľ ŕ ĺ ô č š ž',
  sl: 'č š ž',
  hr: 'č š ž ć đ',
  hu: 'ö ü ő ű',
  sq: 'ç ë',
  tr: 'ö ü ç ğ ı ş',
  az: 'ö ü ç ğ ı ş ə',
  vi: 'ê ă ô đ ơ ư ạ ế ộ ả ấ ợ ề ể ậ',
  tl: 'ñ',
  eu: 'ñ',
  cy: 'ê ŵ ŷ',
  mt: 'ż ħ ġ ċ',
  ru: 'ы э ё ъ щ',
  uk: 'і ї є ґ щ',
  be: 'ы э ё і ў',
  bg: 'ъ щ',
  kk: 'ы э і қ ұ ғ ә ң ө щ',
  sr: 'ј љ њ ћ ђ',
  mk: 'ј љ њ ќ ѓ ѕ',
  ar: 'ي ك ة أ إ ى',
  fa: 'گ چ پ ژ ی ک',
  ur: 'گ چ پ ے ں ٹ ڈ ڑ ہ ی ک',
  ps: 'چ پ ژ ی ک ي ې ۍ ښ ځ څ ټ ډ ړ',
  ckb: 'گ چ پ ژ ی ک ە ێ ۆ ڕ ڵ',
  mr: 'ळ ऱ',
}
