/** What the embed says before the server has said anything: all other words come with the server's HTML. A language
 *  that is missing here gets English. */
export const embedWords: Record<string, { offline: string; unreachable: string; retry: string }> = {
  ar: {
    offline: 'أنت غير متصل بالإنترنت. سيُحمَّل النقاش عند عودة الاتصال.',
    unreachable: 'تعذّر تحميل النقاش.',
    retry: 'إعادة المحاولة',
  },
  en: {
    offline: 'You are offline. The discussion is loaded when you are back.',
    unreachable: 'The discussion could not be loaded.',
    retry: 'Try again',
  },
  ja: {
    offline: 'オフラインです。接続が戻るとディスカッションを読み込みます。',
    unreachable: 'ディスカッションを読み込めませんでした。',
    retry: 'もう一度読み込む',
  },
  ko: {
    offline: '오프라인 상태입니다. 다시 연결되면 토론을 불러옵니다.',
    unreachable: '토론을 불러오지 못했습니다.',
    retry: '다시 시도',
  },
}
