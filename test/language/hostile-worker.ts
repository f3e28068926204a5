/** Runs the room's functions over a hostile text in a process of its own, so that a test can end it. */

import { excerpt, renderComment, renderMarkup } from '../../src/language/comment-html.ts'
import { detectLanguage } from '../../src/language/detect.ts'
import { countGraphemes, exceedsGraphemes } from '../../src/language/graphemes.ts'
import { cleanName, nameSkeleton } from '../../src/language/names.ts'
import { searchTerms } from '../../src/language/search-terms.ts'
import { splitSentences } from '../../src/language/sentences.ts'
import { cleanText } from '../../src/language/text.ts'
import { hostileTexts } from './hostile-texts.ts'

const uses: ((text: string) => unknown)[] = [
  (text) => renderComment(text, null),
  (text) => renderMarkup(text, 'ar'),
  (text) => excerpt(text, 200),
  cleanText,
  countGraphemes,
  (text) => exceedsGraphemes(text, 10_000),
  (text) => splitSentences(text, 'en'),
  detectLanguage,
  searchTerms,
  cleanName,
  (text) => nameSkeleton(text.slice(0, 1000)),
]

process.on('message', ({ shape, length }: { shape: number; length: number }) => {
  const text = hostileTexts[shape]![1](length)
  for (const use of uses) use(text)
  process.send?.(shape)
})
