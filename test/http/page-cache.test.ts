import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chooseEncoding, PageCache, type SharedPage } from '../../src/http/page-cache.ts'

const page = (body: string, more: Partial<SharedPage> = {}): SharedPage => ({
  body,
  type: 'text/html',
  status: 200,
  expires: null,
  ...more,
})
const NEVER = () => false
const MB = 1024 * 1024

/** A page whose rendering is finished by hand. */
function heldPage() {
  let finish!: (page: SharedPage) => void
  let fail!: (error: Error) => void
  const rendered = new Promise<SharedPage>((resolve, reject) => {
    finish = resolve
    fail = reject
  })
  return { rendered, finish, fail }
}

const read = (
  cache: PageCache,
  render: () => Promise<SharedPage>,
  { key = '/s/a en', tags = ['a'], now = 0 } = {},
) => cache.get({ key, tags, now, render }, NEVER).then((entry) => cache.form(entry, 'identity').toString())

test('however many ask at once, a page is rendered once', async () => {
  const cache = new PageCache(MB)
  let times = 0
  const render = async () => page(`rendering ${++times}`)
  const bodies = await Promise.all(Array.from({ length: 50 }, () => read(cache, render)))
  expect(new Set(bodies)).toEqual(new Set(['rendering 1']))
  expect(cache.fresh('/s/a en', 0)).toBeDefined()
  expect(await read(cache, render)).toBe('rendering 1')
})

test('one who asks after a write does not get what was being rendered before it', async () => {
  const cache = new PageCache(MB)
  const [before, after] = [heldPage(), heldPage()]
  const early = read(cache, () => before.rendered)
  await Promise.resolve()
  cache.forget('a')
  const late = read(cache, () => after.rendered)
  after.finish(page('with the comment'))
  before.finish(page('without it'))
  expect(await late).toBe('with the comment')
  expect(await early).toBe('without it')
  expect(await read(cache, NEVER_RENDERED)).toBe('with the comment')
})

const NEVER_RENDERED = () => Promise.reject(new Error('It stood in the cache.'))

test('a page that a write overtook is not kept for the next', async () => {
  const cache = new PageCache(MB)
  const held = heldPage()
  const early = read(cache, () => held.rendered)
  await Promise.resolve()
  cache.forget('a')
  held.finish(page('old'))
  await early
  expect(cache.fresh('/s/a en', 0)).toBeUndefined()
  expect(await read(cache, async () => page('new'))).toBe('new')
})

test('whatever the order of writes, renderings and readers, none gets a page older than what was written when they asked', () =>
  fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(fc.boolean(), { maxLength: 18 }), async (scheduler, turns) => {
      const cache = new PageCache(MB)
      let written = 0
      const reads: Promise<void>[] = []
      const sequence = scheduler.scheduleSequence(
        turns.map((isWrite) => async () => {
          if (isWrite) {
            written++
            cache.forget('a')
            return
          }
          const least = written
          const render = async () => {
            const seen = written
            await scheduler.schedule(Promise.resolve())
            return page(String(seen))
          }
          reads.push(read(cache, render).then((body) => expect(Number(body)).toBeGreaterThanOrEqual(least)))
        }),
      )
      await scheduler.waitAll()
      await sequence.task
      await Promise.all(reads)
    }),
  ))

/** After each write two readers find the page stale while another waits for it. */
async function crowd(cache: PageCache, now: number, writes = 50): Promise<void> {
  for (let n = 0; n < writes; n++) {
    cache.forget('a', now)
    const held = heldPage()
    const reads = [1, 2, 3].map(() => read(cache, () => held.rendered, { now }))
    await Promise.resolve()
    held.finish(page('crowded'))
    await Promise.all(reads)
  }
}

test('when a crowd reads what is written all the time, a page may be a moment old, and no more', async () => {
  const cache = new PageCache(MB)
  await crowd(cache, 10_000)
  await read(cache, async () => page('new'), { now: 10_000 })
  cache.forget('a', 10_000)
  expect(cache.fresh('/s/a en', 10_100)).toBeDefined()
  expect(cache.fresh('/s/a en', 10_300)).toBeUndefined()
})

test('a crowd that reads a busy discussion gets what was written', async () => {
  const cache = new PageCache(MB)
  await crowd(cache, 10_000, 30)
  await read(cache, async () => page('new'), { now: 10_000 })
  cache.forget('a', 10_000)
  expect(cache.fresh('/s/a en', 10_001)).toBeUndefined()
})

test('one reader who asks again after each write gets what was written, however fast they are', async () => {
  const cache = new PageCache(MB)
  for (let n = 0; n < 500; n++) {
    expect(await read(cache, async () => page(String(n)), { now: 10_000 })).toBe(String(n))
    cache.forget('a', 10_000)
  }
})

test('in a storm over many pages, rendering takes a fifth of the time and the readers get the rest', async () => {
  const cache = new PageCache(MB)
  const slow = async () => {
    await new Promise((resolve) => setTimeout(resolve, 210))
    return page('slow')
  }
  const now = Date.now()
  await crowd(cache, now)
  await read(cache, slow, { now: now + 260 })
  cache.forget('a', now + 260)
  expect(cache.fresh('/s/a en', now + 900)).toBeDefined()
  expect(cache.fresh('/s/a en', now + 6_000)).toBeUndefined()
})

test('what was taken out of sight is gone at once, storm or no storm, and is nobody’s last resort', async () => {
  const cache = new PageCache(MB)
  const at = { now: 10_000 }
  await crowd(cache, 10_000)
  cache.forget('a', 10_000)
  await read(cache, async () => page('unspeakable'), { now: 10_600 })
  const held = heldPage()
  const other = read(cache, () => held.rendered, { ...at, key: '/s/a ja' })
  await Promise.resolve()
  cache.drop('a', 10_000)
  held.finish(page('unspeakable'))
  await other
  for (const key of ['/s/a en', '/s/a ja']) {
    expect(cache.fresh(key, 10_001)).toBeUndefined()
    expect(cache.old(key)).toBeUndefined()
  }
  expect(cache.bytes).toBe(0)
})

test('a write under one story leaves the pages of another', async () => {
  const cache = new PageCache(MB)
  for (const tag of ['a', 'b']) await read(cache, async () => page(tag), { key: `/s/${tag} en`, tags: [tag] })
  cache.forget('a')
  expect(cache.fresh('/s/a en', 0)).toBeUndefined()
  expect(cache.fresh('/s/b en', 0)).toBeDefined()
})

test('a change of a site leaves the pages of another', async () => {
  const cache = new PageCache(MB)
  for (const site of ['a', 'b']) await read(cache, async () => page(site), { key: `${site} /s/x en` })
  cache.forgetSite('a')
  expect(cache.fresh('a /s/x en', 0)).toBeUndefined()
  expect(cache.fresh('b /s/x en', 0)).toBeDefined()
})

test('with the database away the page as it was is better than none, and the next reader tries again', async () => {
  const cache = new PageCache(MB)
  await read(cache, async () => page('old'))
  cache.forget('a')
  const away = new Error('away')
  const ask = { key: '/s/a en', tags: ['a'], now: 0, render: () => Promise.reject(away) }
  expect(cache.form(await cache.get(ask, (error) => error === away), 'identity').toString()).toBe('old')
  await expect(cache.get(ask, NEVER)).rejects.toBe(away)
  await expect(cache.get({ ...ask, key: '/s/b en' }, () => true)).rejects.toBe(away)
  expect(await read(cache, async () => page('new'))).toBe('new')
})

test('a page that says something untrue after a time is not sent after it', async () => {
  const cache = new PageCache(MB)
  await read(cache, async () => page('open until 100', { expires: 100 }))
  expect(cache.fresh('/s/a en', 99)).toBeDefined()
  expect(cache.fresh('/s/a en', 100)).toBeUndefined()
})

test('a page is looked at again after half a minute, whatever was heard of it', async () => {
  const cache = new PageCache(MB)
  await read(cache, async () => page('once'))
  expect(cache.fresh('/s/a en', 30_000)).toBeDefined()
  expect(cache.fresh('/s/a en', 30_001)).toBeUndefined()
})

test('what is not there is not kept', async () => {
  const cache = new PageCache(MB)
  await read(cache, async () => page('gone', { status: 404 }))
  expect(cache.fresh('/s/a en', 0)).toBeUndefined()
  expect(cache.bytes).toBe(0)
})

test('the cache holds no more bytes than it may, compressed forms included', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          key: fc.integer({ min: 0, max: 20 }),
          size: fc.integer({ min: 0, max: 30_000 }),
          form: fc.constantFrom('br', 'gzip', 'identity'),
        }),
        { maxLength: 40 },
      ),
      async (asked) => {
        const cache = new PageCache(50_000)
        for (const { key, size, form } of asked) {
          const entry = await cache.get(
            { key: String(key), tags: [String(key % 3)], now: 0, render: async () => page(noise(size)) },
            NEVER,
          )
          cache.form(entry, form)
          expect(cache.bytes).toBeLessThanOrEqual(50_000)
        }
        for (const tag of ['0', '1', '2']) cache.drop(tag)
        expect(cache.bytes).toBe(0)
      },
    ),
    { numRuns: 40 },
  ))

/** Text that does not compress well. */
const noise = (size: number): string =>
  Array.from({ length: size }, (_, n) => String.fromCharCode(33 + ((n * 7919 + ((n * n) % 8191)) % 90))).join(
    '',
  )

test('of what does not fit, what was not asked for longest goes', async () => {
  const cache = new PageCache(10_000)
  for (const key of ['1', '2', '3']) await read(cache, async () => page('x'.repeat(2_000)), { key })
  expect(cache.fresh('1', 2_000)).toBeDefined()
  await read(cache, async () => page('x'.repeat(2_000)), { key: '4' })
  expect(['1', '2', '3', '4'].filter((key) => cache.old(key))).toEqual(['1', '3', '4'])
})

test.each([
  [undefined, 'identity'],
  ['', 'identity'],
  ['gzip, deflate, br, zstd', 'br'],
  ['gzip, deflate', 'gzip'],
  ['br;q=1.0, gzip;q=0.5', 'br'],
  ['br;q=0, gzip', 'gzip'],
  ['br;q=0.0,gzip;q=0', 'identity'],
  ['deflate', 'identity'],
  ['brotli, x-gzipped', 'identity'],
])('who accepts %s is sent %s', (header, encoding) => {
  expect(chooseEncoding(header)).toBe(encoding)
})

test('a page is the same in every encoding, in whatever order they are asked for, and its bytes are counted right', async () => {
  const orders = [
    ['br', 'identity', 'gzip'],
    ['gzip', 'identity', 'br'],
    ['identity', 'br', 'identity'],
    ['br', 'gzip', 'identity'],
  ] as const
  for (const order of orders) {
    const cache = new PageCache(MB)
    const body = `${noise(3_000)}日韓`
    const entry = await cache.get(
      { key: '/s/a en', tags: ['a'], now: 0, render: async () => page(body) },
      NEVER,
    )
    for (const encoding of order) {
      const bytes = cache.form(entry, encoding)
      const plain =
        encoding === 'br' ? brotliDecompressSync(bytes) : encoding === 'gzip' ? gunzipSync(bytes) : bytes
      expect(plain.toString()).toBe(body)
      expect(cache.bytes).toBe(entry.bytes)
    }
    const kept = [...entry.forms.values()].reduce((sum, form) => sum + form.length, 0)
    expect(entry.bytes - kept).toBe(1_024)
    cache.drop('a')
    expect(cache.bytes).toBe(0)
  }
})
