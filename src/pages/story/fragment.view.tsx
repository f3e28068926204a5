/** The discussion as a piece of HTML: what a newsroom's page includes, and what the embed puts into its shadow. */
import { renderToString } from 'preact-render-to-string'
import type { App } from '../../context.ts'
import type { Comment } from '../../discussion/comment.ts'
import { BranchItem } from '../../discussion/comment.view.tsx'
import { Thread, type ThreadPage } from '../../discussion/thread.view.tsx'
import type { Wording } from '../../language/messages.ts'
import type { StoryWithPassages } from '../../stories/story.ts'
import { placeOf } from './story.view.tsx'

type Common = { app: App; wording: Wording; story: StoryWithPassages }

/** Complete without script and without style; all its addresses are absolute. */
export function renderFragment({ app, wording, story, page }: Common & { page: ThreadPage }): string {
  return renderToString(
    <div class="detente" lang={wording.language} dir={wording.direction}>
      <Thread page={page} place={placeOf(app, { story, wording }, app.origin)} rules={app.site.rules} />
    </div>,
  )
}

export function renderUnknownStory(wording: Wording): string {
  return renderToString(
    <div class="detente" lang={wording.language} dir={wording.direction}>
      <p class="thread-empty unknown-story">{wording.say('embed-unknown')}</p>
    </div>,
  )
}

/** Comments as list items, without their replies, for a page that is open. */
export function renderItems(props: {
  app: App
  story: StoryWithPassages
  comments: Comment[]
  wording: Wording
  base: string
}): string {
  const place = placeOf(props.app, props, props.base)
  return props.comments
    .map((comment) =>
      renderToString(<BranchItem place={place} branch={{ comment, replies: [], more: 0 }} level={0} />),
    )
    .join('')
}
