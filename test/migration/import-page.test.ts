import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { importPage } from '../../src/migration/import-page.ts'
import type { PagePlan, PageReport } from '../../src/migration/page-plan.ts'
import { planPage } from '../../src/migration/page-plan.ts'
import { parsePlainPage } from '../../src/migration/plain-page.ts'
import { readTextFile } from '../../src/migration/text-file.ts'
import { undoBatch } from '../../src/migration/undo.ts'
import { isProblem } from '../../src/problem.ts'
import { type Newsroom, startNewsroom } from '../newsroom.ts'
import { copiedPage, hasRealPage, planOf, realPage } from './copied-page.ts'

describe('what a page becomes', () => {
  test('its lines are all accounted for', () => {
    const { report } = planOf(copiedPage)
    expect(report).toMatchObject({ batch: null, dryRun: true, unit: 'lines', stories: [], file: 'page.txt' })
    expect(report).toMatchObject({ read: 12, kept: 12, held: 0, skipped: 0, merged: 0, reasons: [] })
    expect(report).toMatchObject({ paragraphs: 3, credit: '© NORDSUND', people: 2 })
    expect(report).toMatchObject({ comments: 3, commentParagraphs: 6, links: 2 })
  })

  test('no line is lost, whatever they are', () => {
    const line = fc.oneof(
      fc.constantFrom(...copiedPage, '© Nordsund Press. All rights reserved.', '\u3164', 'x'.repeat(10_001)),
      fc.string(),
    )
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const page = parsePlainPage([...copiedPage, ...lines], new Map())
        if ('message' in page) return
        const plan = planPage(page, 'page.txt', { url: null, title: null, published: null })
        if ('message' in plan) return
        const { read, kept, held, skipped, merged, reasons } = plan.report
        expect(read).toBe(page.lines.length)
        expect(kept + held + skipped + merged).toBe(read)
        expect(reasons.reduce((sum, { count }) => sum + count, 0)).toBe(held + skipped + merged)
      }),
    )
  })

  test('what the page has not, and nobody told, is unknown', () => {
    const { fields, report } = planOf(copiedPage)
    expect(fields).toMatchObject({
      title: null,
      byline: null,
      publishedAt: null,
      url: null,
      address: null,
      external: null,
    })
    expect(fields).toMatchObject({ credit: '© NORDSUND', language: 'en' })
    expect(report.unknown).toEqual(['headline', 'byline', 'date', 'address', 'times of comments', 'votes'])
  })

  test('what somebody told is known', () => {
    const published = new Date('2026-05-04T09:30:00Z')
    const { fields, report } = planOf(copiedPage, {
      url: 'http://courier.example/ferry/?utm_source=x',
      title: ' No  ferry ',
      published,
    })
    expect(fields).toMatchObject({
      title: 'No ferry',
      publishedAt: published,
      address: 'https://courier.example/ferry',
    })
    expect(report.unknown).toEqual(['byline', 'times of comments', 'votes'])
  })

  test('a comment that can’t be kept is skipped with its name, and said to be', () => {
    const long = [
      ...copiedPage.slice(0, 6),
      'harbour_rat7',
      'word '.repeat(2_001),
      'No treaty has been broken here.',
      ...copiedPage.slice(10),
    ]
    const plan = planOf(long)
    expect(plan.report).toMatchObject({
      read: 11,
      kept: 8,
      skipped: 3,
      comments: 2,
      people: 1,
      commentParagraphs: 3,
    })
    expect(plan.report.reasons).toEqual([{ reason: 'The text is too long', count: 3, where: 'lines 7–9' }])
    expect(plan.people).toEqual(['Tove B. Lind'])
    expect(plan.lines.filter(({ label }) => label === 'skip').map(({ line }) => line)).toEqual([7, 8, 9])
  })

  test('lines that were labelled skip are told, neighbours together', () => {
    const { report } = planOf(copiedPage, { labels: '1=skip,5=skip,8=skip,9=skip' })
    expect(report).toMatchObject({ read: 12, kept: 8, skipped: 4, paragraphs: 2, links: 0 })
    expect(report.reasons).toEqual([{ reason: 'labelled by hand', count: 4, where: 'lines 1, 5, 8–9' }])
  })

  test.each([
    ['other line breaks and blank lines', copiedPage.flatMap((line) => ['', `  ${line}\t`]), {}],
    ['another file name', copiedPage, { file: 'copy of page.txt' }],
    ['another label', copiedPage, { labels: '6=skip' }],
    ['composed and decomposed letters', copiedPage.map((line) => line.normalize('NFD')), {}],
  ])('the same text is the same source: %s', (_, lines, options) => {
    expect(planOf(lines, options).source).toBe(planOf(copiedPage).source)
  })

  test('another text is another source', () => {
    expect(planOf(copiedPage.with(4, 'Who counts?')).source).not.toBe(planOf(copiedPage).source)
  })

  test.each([
    [
      'a paragraph without end',
      ['First.', 'x'.repeat(20_001), ...copiedPage],
      '2: a paragraph of 20001 characters',
    ],
    [
      'paragraphs without end',
      [...Array(1_001).fill('On it went.'), ...copiedPage],
      '1001: a story of more than 1000 paragraphs',
    ],
    ['nothing to see', ['\u3164', ...copiedPage.slice(3)], '1: nothing of the story can be seen'],
  ])('a story is refused rather than cut short: %s', (_, lines, message) => {
    expect(() => planOf(lines, { labels: lines.length < 12 ? '2=name' : '' })).toThrow(message)
  })
})

describe('in a newsroom', () => {
  let newsroom: Newsroom
  beforeAll(async () => {
    newsroom = await startNewsroom()
  })
  afterAll(() => newsroom.close())
  afterEach(async () => {
    const { db } = newsroom.app
    for (const table of ['story', 'person', 'batch'] as const) await db.deleteFrom(table).execute()
  })

  const bring = async (plan: PagePlan): Promise<PageReport> => {
    const report = await importPage(newsroom.app, plan)
    if (isProblem(report)) throw new Error(report.detail)
    return report
  }

  /** Rows of all that an import writes. */
  const countRows = async () => {
    const { db } = newsroom.app
    const tables = ['batch', 'story', 'storyVersion', 'passage', 'person', 'comment', 'event'] as const
    const counts = tables.map((table) =>
      db
        .selectFrom(table)
        .select(({ fn }) => fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow(),
    )
    return (await Promise.all(counts)).map(({ n }) => n)
  }

  test('story, people and comments stand as on the page, and what is unknown is null', async () => {
    const report = await bring(planOf(copiedPage))
    const { db } = newsroom.app
    const story = await db.selectFrom('story').selectAll().executeTakeFirstOrThrow()
    expect(report).toMatchObject({ dryRun: false, stories: [story.id], kept: 12 })
    expect(story).toMatchObject({
      title: null,
      byline: null,
      publishedAt: null,
      url: null,
      credit: '© NORDSUND',
      language: 'en',
      comments: 3,
      version: 1,
      batchId: report.batch,
    })
    expect(
      (await db.selectFrom('passage').select(['id', 'text']).orderBy('id').execute()).map(({ text }) => text),
    ).toEqual([copiedPage[0], copiedPage[1], 'Both sides will meet again after the herring season.'])
    const people = await db.selectFrom('person').selectAll().orderBy('id').execute()
    expect(people.map(({ name, claim, role, identityId }) => [name, claim, role, identityId])).toEqual([
      ['Tove B. Lind', 'unclaimed', 'reader', null],
      ['harbour_rat7', 'unclaimed', 'reader', null],
    ])
    const comments = await db.selectFrom('comment').selectAll().orderBy('id').execute()
    expect(
      comments.map(({ authorId, text }) => [people.find(({ id }) => id === authorId)?.name, text]),
    ).toEqual([
      ['Tove B. Lind', `${copiedPage[4]}\n\n${copiedPage[5]}`],
      ['harbour_rat7', copiedPage.slice(7, 10).join('\n\n')],
      ['Tove B. Lind', copiedPage[11]],
    ])
    for (const comment of comments)
      expect(comment).toMatchObject({
        status: 'published',
        postedAt: null,
        editedAt: null,
        parentId: null,
        respect: 0,
        batchId: report.batch,
      })
    expect(comments[1]?.html).toContain(
      '<a href="https://dues.sundmark.example/tariff" rel="ugc nofollow noopener"',
    )
    expect(comments[2]?.html).toContain('<em>otherwise</em>')
    expect((await db.selectFrom('batch').selectAll().executeTakeFirstOrThrow()).report).toEqual(report)
  })

  test('readers read it and find it', async () => {
    const [storyId] = (await bring(planOf(copiedPage))).stories
    const page = await newsroom.call('GET', `/s/${storyId}`)
    expect(page.status).toBe(200)
    for (const words of ['harbour_rat7', 'Who is counting that?', '© NORDSUND'])
      expect(page.text).toContain(words)
    const { items } = (await newsroom.call('GET', `/api/stories/${storyId}/comments`)).json<{
      items: { created: unknown; author: { claimed: boolean } }[]
    }>()
    expect(items.map(({ created, author }) => [created, author.claimed])).toEqual(
      Array(3).fill([null, false]),
    )
    expect((await newsroom.call('GET', '/search?q=sister+april')).text).toContain('My aunt')
  })

  test('a second run adds nothing, and says in which batch it all is', async () => {
    const first = await bring(planOf(copiedPage))
    const rows = await countRows()
    const again = await bring(planOf([...copiedPage, '', ''], { file: 'copy.txt', title: 'No ferry' }))
    expect(again).toMatchObject({
      batch: first.batch,
      stories: first.stories,
      read: 12,
      kept: 0,
      skipped: 12,
      dryRun: false,
    })
    expect(again.reasons).toEqual([
      { reason: `already imported in batch ${first.batch}`, count: 12, where: 'lines 1–12' },
    ])
    expect(await countRows()).toEqual(rows)
  })

  test('two who import the same at once import it once', async () => {
    const reports = await Promise.all([bring(planOf(copiedPage)), bring(planOf(copiedPage))])
    expect(reports.map(({ kept }) => kept).sort()).toEqual([0, 12])
    expect(new Set(reports.map(({ batch }) => batch)).size).toBe(1)
    expect((await countRows())[0]).toBe(1)
  })

  test('what was undone can be imported again', async () => {
    const first = await bring(planOf(copiedPage))
    expect(isProblem(await undoBatch(newsroom.app, first.batch!))).toBe(false)
    const second = await bring(planOf(copiedPage))
    expect(second).toMatchObject({ kept: 12 })
    expect(second.batch).not.toBe(first.batch)
  })

  test('comments are never merged into a story that is here, nor by its title', async () => {
    const url = 'https://courier.example/ferry'
    const first = await bring(planOf(copiedPage, { url, title: 'No ferry' }))
    const rows = await countRows()
    const other = copiedPage.with(4, 'My uncle, too.')
    const refused = await importPage(
      newsroom.app,
      planOf(other, { url: `${url}/?utm_medium=mail`, title: 'No ferry' }),
    )
    expect(refused).toMatchObject({ problem: 'import-refused' })
    expect(isProblem(refused) && refused.detail).toContain(first.stories[0])
    expect(await countRows()).toEqual(rows)
    await bring(planOf(other, { url: 'https://other.example/ferry', title: 'No ferry' }))
    expect((await countRows())[1]).toBe(2)
  })

  test('of two pages that come with one address at once, one is refused whole', async () => {
    const url = 'https://courier.example/ferry'
    const pages = ['My uncle, too.', 'My cousin, too.', 'My niece, too.'].map((line) =>
      planOf(copiedPage.with(4, line), { url }),
    )
    const outcomes = await Promise.all(pages.map((plan) => importPage(newsroom.app, plan)))
    expect(outcomes.filter(isProblem).map(({ problem }) => problem)).toEqual([
      'import-refused',
      'import-refused',
    ])
    expect(await countRows()).toEqual([1, 1, 1, 3, 2, 3, 1])
  })

  test('a failure half-way leaves nothing', async () => {
    const { db } = newsroom.app
    await sql`create function fail() returns trigger language plpgsql as $$ begin raise exception 'disk on fire'; end $$`.execute(
      db,
    )
    await sql`create trigger fail before insert on event for each row execute function fail()`.execute(db)
    await expect(importPage(newsroom.app, planOf(copiedPage))).rejects.toThrow('disk on fire')
    expect(await countRows()).toEqual([0, 0, 0, 0, 0, 0, 0])
    await sql`drop function fail() cascade`.execute(db)
  })

  test.skipIf(!hasRealPage)(
    `a real page comes whole, twice is once, and goes again${hasRealPage ? '' : ' (skipped: no ../shared/data)'}`,
    async () => {
      const file = await readTextFile(realPage)
      if ('message' in file) throw new Error(file.message)
      const empty = await countRows()
      const report = await bring(planOf(file.lines))
      expect(report).toMatchObject({
        read: 35,
        kept: 35,
        paragraphs: 11,
        credit: '© KYODO',
        people: 6,
        comments: 6,
        commentParagraphs: 18,
        links: 2,
      })
      expect(report.unknown).toEqual(['headline', 'byline', 'date', 'address', 'times of comments', 'votes'])
      const { db } = newsroom.app
      const story = await db.selectFrom('story').selectAll().executeTakeFirstOrThrow()
      expect(story).toMatchObject({
        title: null,
        byline: null,
        publishedAt: null,
        url: null,
        comments: 6,
        language: 'en',
      })
      const html = (await db.selectFrom('comment').select('html').execute())
        .map((comment) => comment.html)
        .join('')
      expect(html.match(/<a href="https:/g)).toHaveLength(2)
      expect((await newsroom.call('GET', `/s/${story.id}`)).status).toBe(200)

      const rows = await countRows()
      expect(await bring(planOf(file.lines))).toMatchObject({ kept: 0, skipped: 35 })
      expect(await countRows()).toEqual(rows)
      expect(await undoBatch(newsroom.app, report.batch!)).toMatchObject({
        stories: 1,
        comments: 6,
        people: 6,
        stayed: [],
      })
      expect((await countRows()).slice(1)).toEqual(empty.slice(1))
      expect((await newsroom.call('GET', `/s/${story.id}`)).status).toBe(404)
    },
  )
})
