/** schema.org NewsArticle with its Comments (https://schema.org/Comment). What is not known is left out. */
import type { App } from '../../context.ts'
import type { Comment } from '../../discussion/comment.ts'
import type { Branch } from '../../discussion/thread.ts'
import { plainText } from '../../language/comment-html.ts'
import type { StoryWithPassages } from '../../stories/story.ts'

export function describeArticle(app: App, story: StoryWithPassages, branches: Branch[]): object {
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
    comment: branches.flatMap((branch) => describeBranch(address, branch)),
  })
}

const describeBranch = (address: string, branch: Branch): object[] => [
  ...(branch.comment.shown === 'text' ? [describe(address, branch.comment)] : []),
  ...branch.replies.flatMap((reply) => describeBranch(address, reply)),
]

function describe(address: string, comment: Comment): object {
  return drop({
    '@type': 'Comment',
    '@id': `${address}/c/${comment.id}`,
    url: `${address}/c/${comment.id}`,
    parentItem: comment.parentId ? { '@id': `${address}/c/${comment.parentId}` } : null,
    author: { '@type': 'Person', name: comment.author?.name },
    dateCreated: comment.posted?.toISOString(),
    dateModified: comment.edited?.toISOString(),
    inLanguage: comment.language,
    text: plainText(comment.text),
    upvoteCount: comment.respect,
  })
}

const drop = (fields: Record<string, unknown>): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined))
