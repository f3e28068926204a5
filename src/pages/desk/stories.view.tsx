import type { App, Gate } from '../../context.ts'
import type { MessageKey, Wording } from '../../language/messages.ts'
import type { Problem } from '../../problem.ts'
import type { Story, StoryWithPassages } from '../../stories/story.ts'
import { ProblemNote } from '../comment/comment.view.tsx'
import { nameStory } from '../story/story.view.tsx'
import type { Refused } from './form.ts'
import { renderDeskPage } from './queue.view.tsx'

export function renderStoriesPage({
  app,
  wording,
  stories,
  next,
}: {
  app: App
  wording: Wording
  stories: Story[]
  next: string | null
}): string {
  const { say, date } = wording
  return renderDeskPage(
    { app, wording, title: say('desk-stories-heading'), path: '/desk/stories' },
    <>
      <h1>{say('desk-stories-heading')}</h1>
      <p>
        <a class="button" href="/desk/stories/edit">
          {say('desk-story-new')}
        </a>
      </p>
      <ol class="desk-list">
        {stories.map((story) => (
          <li key={story.id}>
            <a href={`/s/${story.id}`}>
              <bdi>{nameStory(story, wording)}</bdi>
            </a>{' '}
            <span>{story.published ? date(story.published) : say('story-published-unknown')}</span>{' '}
            <span>{say('comment-count', { n: story.comments })}</span>{' '}
            <span>{say(`desk-gate-${story.state.mode}`)}</span>{' '}
            <a href={`/desk/stories/edit?story=${story.id}`}>{say('desk-story-edit')}</a>
          </li>
        ))}
      </ol>
      {next ? (
        <p class="pages">
          <a class="next" href={`/desk/stories?after=${next}`}>
            {say('home-more')}
          </a>
        </p>
      ) : null}
    </>,
  )
}

export type TypedStory = {
  story?: string
  external: string
  title?: string
  body: string
  byline?: string
  credit?: string
  published?: string
  url?: string
  language?: string
  section?: string
}

const typedFrom = (story: StoryWithPassages): TypedStory => ({
  story: story.id,
  external: story.external ?? '',
  title: story.title ?? '',
  body: story.passages.map((passage) => passage.text).join('\n\n'),
  byline: story.byline ?? '',
  credit: story.credit ?? '',
  published: story.published?.toISOString() ?? '',
  url: story.url ?? '',
  language: story.language ?? '',
  section: story.section ?? '',
})

/** Fields of one line, and their characters at most. */
const longest = {
  title: 500,
  byline: 500,
  credit: 500,
  published: 40,
  url: 2_000,
  language: 35,
  section: 100,
} as const
export const storyLines = Object.keys(longest) as (keyof typeof longest)[]

export function renderStoryForm(props: {
  app: App
  wording: Wording
  story: StoryWithPassages | undefined
  /** The story's own gate, not what section and site make of it. */
  gate: Gate | undefined
  typed: TypedStory | undefined
  problem: Problem | undefined
  refusedGate: RefusedGate | undefined
}): string {
  const { app, wording, story, gate, typed, problem } = props
  const { say } = wording
  const values: TypedStory = typed ?? (story ? typedFrom(story) : { external: '', body: '' })
  return renderDeskPage(
    { app, wording, title: say(story ? 'desk-story-edit' : 'desk-story-new'), path: '/desk/stories/edit' },
    <>
      <h1>{say(story ? 'desk-story-edit' : 'desk-story-new')}</h1>
      {problem ? <ProblemNote problem={problem} wording={wording} /> : null}
      <form method="post" action="/desk/stories/edit" class="desk-form">
        <p>{say('desk-story-unknown')}</p>
        {values.story ? <input type="hidden" name="story" value={values.story} /> : null}
        <label>
          {say('desk-story-external')}{' '}
          <input
            name="external"
            required
            maxLength={200}
            value={values.external}
            readOnly={Boolean(story?.external)}
            dir="auto"
          />
        </label>
        {storyLines.map((name) => (
          <label key={name}>
            {say(`desk-story-${name}`)}{' '}
            <input name={name} value={values[name] ?? ''} maxLength={longest[name]} dir="auto" />
          </label>
        ))}
        <label>
          {say('desk-story-body')} <textarea name="body" rows={16} required dir="auto" value={values.body} />
        </label>
        <button type="submit" class="main">
          {say('desk-story-save')}
        </button>
      </form>
      {story && gate ? (
        <GateForm
          wording={wording}
          hidden={{ story: story.id }}
          gate={gate}
          refused={props.refusedGate}
          inherits
        />
      ) : null}
    </>,
  )
}

/** A gate's form that was refused: what was typed, and why. */
export type RefusedGate = Refused<'mode' | 'reason' | 'days'>

/** Who may write: for a story, a section, the site. */
export function GateForm(props: {
  wording: Wording
  hidden: Record<string, string>
  gate: Pick<Gate, 'mode' | 'modeReason' | 'closeAfterDays'> | undefined
  refused: RefusedGate | undefined
  inherits: boolean
  heading?: string
}) {
  const { wording, hidden, gate, refused, inherits } = props
  const { say } = wording
  const modes = ['open', 'premoderated', 'closed', 'off'] as const
  const Heading = props.heading ? 'h3' : 'h2'
  const values = refused?.typed ?? {
    mode: gate?.mode ?? '',
    reason: gate?.modeReason ?? '',
    days: String(gate?.closeAfterDays ?? ''),
  }
  const words = refused && gateRefusals[refused.problem.at ?? '']
  return (
    <form method="post" action="/desk/gate" class="desk-form gate-form">
      <Heading>{props.heading ? <bdi>{props.heading}</bdi> : say('desk-gate-heading')}</Heading>
      {refused ? (
        <ProblemNote problem={refused.problem} wording={wording}>
          {words ? <p>{say(words)}</p> : null}
        </ProblemNote>
      ) : null}
      {Object.entries(hidden).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      <label>
        {say('desk-gate-mode')}{' '}
        <select name="mode">
          {inherits ? <option value="">{say('desk-gate-inherit')}</option> : null}
          {modes.map((mode) => (
            <option key={mode} value={mode} selected={mode === values.mode}>
              {say(`desk-gate-${mode}`)}
            </option>
          ))}
        </select>
      </label>
      <label>
        {say('desk-gate-reason')} <input name="reason" value={values.reason} maxLength={500} dir="auto" />
      </label>
      <label>
        {say('desk-gate-days')}{' '}
        <input name="days" inputMode="numeric" pattern="[1-9]\d{0,3}" maxLength={4} value={values.days} />
      </label>
      <button type="submit">{say('desk-gate-save')}</button>
    </form>
  )
}

const gateRefusals: Record<string, MessageKey> = {
  '/reason': 'desk-gate-reason-alone',
  '/days': 'desk-gate-days-wrong',
}
