import type { Passage } from './body.ts'
import type { ThreadState } from './gate.ts'

/** A story as its page and the API show it; unknown is null, never invented. */
export type Story = {
  id: string
  siteId: string
  external: string | null
  url: string | null
  section: string | null
  language: string | null
  title: string | null
  byline: string | null
  credit: string | null
  published: Date | null
  version: number
  state: ThreadState
  comments: number
  /** Number of the last event under the story: where a page's live updates go on. */
  event: number
}

export type StoryVersion = { number: number; createdAt: Date }

export type StoryWithPassages = Story & { passages: Passage[]; versions: StoryVersion[] }

/** A story in the API. Times are ISO 8601. */
export const describeStory = (story: StoryWithPassages) => ({
  id: story.id,
  external: story.external,
  title: story.title,
  byline: story.byline,
  credit: story.credit,
  published: story.published?.toISOString() ?? null,
  url: story.url,
  section: story.section,
  language: story.language,
  version: story.version,
  state: story.state.mode,
  stateReason: story.state.reason,
  stateSince: story.state.since?.toISOString() ?? null,
  closes: story.state.closes?.toISOString() ?? null,
  comments: story.comments,
  event: story.event,
  passages: story.passages,
})
