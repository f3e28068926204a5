import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { COMMENT_MAX_BYTES } from '../../src/language/comment-html.ts'
import { hostileTexts } from './hostile-texts.ts'

// Not a stopwatch: a text twice as long as any that is taken takes a fraction of a second where work grows with
// its length, and minutes where it grows with the square. The process is there to be ended.
const LENGTH = 2 * COMMENT_MAX_BYTES
const PATIENCE = 30_000

const script = fileURLToPath(new URL('./hostile-worker.ts', import.meta.url))
const startWorker = () => fork(script, { execArgv: ['--import', 'tsx'] })
let worker = startWorker()
afterAll(() => void worker.kill())

test.each(hostileTexts.map(([name], shape) => [name, shape] as const))(
  'is read in linear time: %s',
  async (_, shape) => {
    worker.send({ shape, length: LENGTH })
    try {
      const [answered] = await once(worker, 'message', { signal: AbortSignal.timeout(PATIENCE) })
      expect(answered).toBe(shape)
    } catch (error) {
      worker.kill('SIGKILL')
      worker = startWorker()
      throw error
    }
  },
)
