/** schema.org NewsArticle with its Comments (https://schema.org/Comment). What is not known is left out. */
import type { App } from '../../context.ts'
import type { Comment } from '../../discussion/comment.ts'
import type { Branch } from '../../discussion/thread.ts'
import { plainText } from '../../language/comment-html.ts'
import type { Wording } from '../../language/messages.ts'
import { shownName } from '../../people/shown-name.ts'
import type { StoryWithPassages } from '../../stories/story.ts'

export function describeArticle(
  app: App,
  { story, wording, branches }: { story: StoryWithPassages; wording: Wording; branches: Branch[] },
): object {
  const address = `${app.origin}/s/${story.id}`
  return drop({
    '@context': 'https://schema.org',
    '@type': 'NewsArticle',
    '@id': address,
    url: story.url ?? address,
    headline: story.title,
    author: story.byline ? { '@type': 'Person', name: story.byline } : null,
    creditText: story.credit,
    datePublished: story.published?.toISOString(),
    inLanguage: story.language,
    articleSection: story.section,
    publisher: { '@type': 'Organization', name: app.site.name, url: app.origin },
    commentCount: story.comments,
    comment: branches.flatMap((branch) => describeBranch({ address, wording }, branch)),
  })
}

type At = { address: string; wording: Wording }

const describeBranch = (at: At, branch: Branch): object[] => [
  ...(branch.comment.shown === 'text' ? [describe(at, branch.comment)] : []),
  ...branch.replies.flatMap((reply) => describeBranch(at, reply)),
]

function describe({ address, wording }: At, comment: Comment): object {
  return drop({
    '@type': 'Comment',
    '@id': `${address}/c/${comment.id}`,
    url: `${address}/c/${comment.id}`,
    parentItem: comment.parentId ? { '@id': `${address}/c/${comment.parentId}` } : null,
    author: { '@type': 'Person', name: comment.author && shownName(comment.author.name, wording) },
    dateCreated: comment.posted?.toISOString(),
    dateModified: comment.edited?.toISOString(),
    inLanguage: comment.language,
    text: plainText(comment.text),
    upvoteCount: comment.respect,
  })
}

const drop = (fields: Record<string, unknown>): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined))
