/** Pages shared by all readers: rendered once, kept as bytes.
 *
 *  An entry is one page in one language with its ETag and, made on first wish, its compressed forms. A write under
 *  a story marks the entries that carry the story's tag stale, and nothing else. A stale entry is rendered anew by
 *  one flight, however many ask at once; it is kept until then, because with the database away an old page is
 *  better than none. Where the write took something out of sight, none is better: those entries go at once.
 *  A flight that a write overtakes answers those who asked before the write and nobody after, and is not kept.
 *  Only under a storm of writes, when every reader would find the page stale, may it be a moment old.
 *  Bounded by bytes; what was not asked for longest goes first. */
import { createHash } from 'node:crypto'
import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync, gzipSync } from 'node:zlib'

export type Encoding = 'br' | 'gzip' | 'identity'

export type SharedPage = {
  body: string
  type: string
  status: number
  /** Milliseconds since 1970 after which the page says something untrue (a discussion that closes by the clock). */
  expires: number | null
}

export type PageEntry = SharedPage & {
  key: string
  tags: string[]
  etag: string
  stale: boolean
  madeAt: number
  movedAt: number
  forms: Map<Encoding, Buffer>
  bytes: number
}

type Flight = { tags: string[]; overtaken: boolean; page: Promise<PageEntry> }

/** An entry is rendered anew after this long even when no write was heard of: it bounds how old a page can get when
 *  the hint of another process's write was lost. Milliseconds. */
const LONGEST_UNCHECKED = 30_000

/** Writes a second, and readers a second who find a page stale while others are already waiting for one: with both it
 *  is a storm, and a page may be this old (milliseconds). Nobody reads from one write to the next, and rendering for
 *  each would take the readers' time. Neither a busy evening nor one reader who asks again and again is a storm. */
const STORM_WRITES = 40
const STORM_READERS = 30
const STORM_AGE = 250

/** When many pages are asked for in a storm, rendering gets this much of each second and no more; a page may then be
 *  older, up to the second bound. Milliseconds. */
const STORM_RENDERING = 200
const STORM_LONGEST = 5_000

/** An entry asked for again is moved to the end of the queue for leaving at most this often. Milliseconds. */
const LEAST_BETWEEN_MOVES = 1_000

/** Bookkeeping of one entry beside its bytes, roughly: key, ETag, maps. */
const ENTRY_OVERHEAD = 1_024

/** What is counted by the second. */
class PerSecond {
  #second = 0
  #sum = 0
  #before = 0

  add(amount: number, now: number): void {
    this.#turn(now)
    this.#sum += amount
  }

  /** The sum of this second or of the last, whichever is more. */
  most(now: number): number {
    this.#turn(now)
    return Math.max(this.#sum, this.#before)
  }

  #turn(now: number): void {
    const second = Math.floor(now / 1_000)
    if (second === this.#second) return
    this.#before = second === this.#second + 1 ? this.#sum : 0
    this.#sum = 0
    this.#second = second
  }
}

export class PageCache {
  readonly #entries = new Map<string, PageEntry>()
  readonly #byTag = new Map<string, Set<PageEntry>>()
  readonly #flights = new Map<string, Flight>()
  readonly #writes = new PerSecond()
  readonly #crowd = new PerSecond()
  readonly #rendering = new PerSecond()
  readonly #mostBytes: number
  bytes = 0

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes
  }

  /** The page if it may be sent as it stands: no waiting, no database.
   *  @param key its site's id, a space, and what else tells it from others (`sharedKey`) */
  fresh(key: string, now: number): PageEntry | undefined {
    const entry = this.#entries.get(key)
    if (!entry || now - entry.madeAt > LONGEST_UNCHECKED) return undefined
    if (entry.expires !== null && now >= entry.expires) return undefined
    if (entry.stale) {
      if (now - entry.madeAt >= this.#readAge(now)) return undefined
      this.#crowd.add(1, now)
    }
    if (now - entry.movedAt >= LEAST_BETWEEN_MOVES) {
      entry.movedAt = now
      this.#entries.delete(key)
      this.#entries.set(key, entry)
    }
    return entry
  }

  /** The page, rendered if need be.
   *  @param mayBeOld whether an old copy may stand in for this failure of `render` */
  async get(
    page: { key: string; tags: string[]; now: number; render: () => Promise<SharedPage> },
    mayBeOld: (error: unknown) => boolean,
  ): Promise<PageEntry> {
    const fresh = this.fresh(page.key, page.now)
    if (fresh) return fresh
    if (this.#flights.size > 0) this.#crowd.add(1, page.now)
    try {
      return await (this.#flights.get(page.key) ?? this.#takeOff(page)).page
    } catch (error) {
      const old = this.#entries.get(page.key)
      if (old && mayBeOld(error)) return old
      throw error
    }
  }

  /** The page as it was last kept, however long ago and whatever was written since: for when the database is away. */
  old(key: string): PageEntry | undefined {
    return this.#entries.get(key)
  }

  /** After a write: what carries the tag is rendered anew when next asked for. */
  forget(tag: string, now = Date.now()): void {
    this.#writes.add(1, now)
    const stormy = this.#isStormy(now)
    for (const entry of this.#byTag.get(tag) ?? []) entry.stale = true
    for (const [key, flight] of this.#flights) {
      if (!flight.tags.includes(tag)) continue
      flight.overtaken = true
      if (!stormy) this.#flights.delete(key)
    }
  }

  /** After a write that took something out of sight: nobody is sent these pages again, in no storm and for no want of
   *  a database. */
  drop(tag: string, now = Date.now()): void {
    this.forget(tag, now)
    for (const [key, flight] of this.#flights) if (flight.tags.includes(tag)) this.#flights.delete(key)
    for (const entry of [...(this.#byTag.get(tag) ?? [])]) this.#drop(entry)
  }

  /** How old a stale page may be and still be sent. Milliseconds: 0 but in a storm. */
  #readAge(now: number): number {
    if (!this.#isStormy(now)) return 0
    return this.#rendering.most(now) >= STORM_RENDERING ? STORM_LONGEST : STORM_AGE
  }

  #isStormy(now: number): boolean {
    return this.#writes.most(now) >= STORM_WRITES && this.#crowd.most(now) >= STORM_READERS
  }

  /** After a change that every page of a site shows: its name, its rules, its gates. Pages of other sites stay. */
  forgetSite(siteId: string): void {
    const own = `${siteId} `
    for (const [key, entry] of this.#entries) if (key.startsWith(own)) entry.stale = true
    for (const [key, flight] of this.#flights) {
      if (!key.startsWith(own)) continue
      flight.overtaken = true
      this.#flights.delete(key)
    }
  }

  #takeOff(page: { key: string; tags: string[]; now: number; render: () => Promise<SharedPage> }): Flight {
    const land = async (): Promise<PageEntry> => {
      try {
        const began = Date.now()
        const made = await page.render()
        const landed = Date.now()
        this.#rendering.add(landed - began, landed)
        const identity = Buffer.from(made.body)
        const entry: PageEntry = {
          ...made,
          body: '',
          key: page.key,
          tags: page.tags,
          etag: `"${createHash('sha256').update(identity).digest('base64url').slice(0, 22)}"`,
          stale: flight.overtaken,
          madeAt: page.now,
          movedAt: page.now,
          forms: new Map([['identity', identity]]),
          bytes: identity.length + ENTRY_OVERHEAD,
        }
        if (made.status === 200 && this.#flights.get(page.key) === flight) this.#keep(entry)
        return entry
      } finally {
        if (this.#flights.get(page.key) === flight) this.#flights.delete(page.key)
      }
    }
    const flight: Flight = { tags: page.tags, overtaken: false, page: Promise.resolve().then(land) }
    this.#flights.set(page.key, flight)
    return flight
  }

  #keep(entry: PageEntry): void {
    this.#drop(this.#entries.get(entry.key))
    this.#entries.set(entry.key, entry)
    this.bytes += entry.bytes
    for (const tag of entry.tags) {
      const tagged = this.#byTag.get(tag) ?? new Set()
      this.#byTag.set(tag, tagged.add(entry))
    }
    this.#shrink()
  }

  #shrink(): void {
    for (const oldest of this.#entries.values()) {
      if (this.bytes <= this.#mostBytes) break
      this.#drop(oldest)
    }
  }

  #drop(entry: PageEntry | undefined): void {
    if (!entry || !this.#entries.delete(entry.key)) return
    this.bytes -= entry.bytes
    for (const tag of entry.tags) {
      const tagged = this.#byTag.get(tag)
      tagged?.delete(entry)
      if (tagged?.size === 0) this.#byTag.delete(tag)
    }
  }

  /** The page's bytes in an encoding; compressed once, then kept with the entry. The plain form, ten times as large,
   *  makes room for the first compressed one, and is unpacked again for the few who ask for it. */
  form(entry: PageEntry, encoding: Encoding): Buffer {
    const made = entry.forms.get(encoding)
    if (made) return made
    const plain = entry.forms.get('identity') ?? unpack(entry.forms)
    const form = encoding === 'identity' ? plain : compress(plain, encoding)
    const isKept = this.#entries.get(entry.key) === entry
    const before = isKept ? entry.bytes : 0
    if (entry.forms.size === 1 && entry.forms.delete('identity')) entry.bytes -= plain.length
    entry.forms.set(encoding, form)
    entry.bytes += form.length
    if (isKept) {
      this.bytes += entry.bytes - before
      this.#shrink()
    }
    return form
  }
}

const unpack = (forms: Map<Encoding, Buffer>): Buffer => {
  const brotli = forms.get('br')
  return brotli ? brotliDecompressSync(brotli) : gunzipSync(forms.get('gzip') as Buffer)
}

/** Brotli 5 and gzip 6: within a tenth of the best size at a fraction of the time, for pages rendered anew often. */
export function compress(body: Buffer, encoding: Encoding): Buffer {
  if (encoding === 'br')
    return brotliCompressSync(body, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_SIZE_HINT]: body.length },
    })
  return encoding === 'gzip' ? gzipSync(body, { level: 6 }) : body
}

/** What of ours the client accepts (RFC 9110, 12.5.3). `*` and weights other than 0 are not told apart. */
export function chooseEncoding(header: string | undefined): Encoding {
  if (!header) return 'identity'
  const known = encodings.get(header)
  if (known) return known
  const encoding = readEncoding(header)
  if (encodings.size >= 1_000) encodings.clear()
  encodings.set(header, encoding)
  return encoding
}

/** What was chosen before: browsers have few such headers. */
const encodings = new Map<string, Encoding>()

function readEncoding(header: string): Encoding {
  if (/\bbr\b(?!;q=0(\.0*)?(,|$))/.test(header)) return 'br'
  return /\bgzip\b(?!;q=0(\.0*)?(,|$))/.test(header) ? 'gzip' : 'identity'
}
