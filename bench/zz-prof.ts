import { Bench, makeFolder, quick } from './bench.ts'
import { startChild } from './child.ts'
import { listTargets } from './parts/reading.ts'
import { timeUncached, writeRequest } from './pages.ts'
import { measureWrites } from './parts/writing.ts'
import type { LoadReport } from './load.ts'
process.env.NODE_OPTIONS = '--import /tmp/bn/profiler.mjs'
const { folder, remove } = await makeFolder()
const bench = new Bench(quick, folder, (l) => console.error(l))
const what = process.argv[2]
try {
  await bench.fill('threads')
  delete process.env.NODE_OPTIONS
  const server = await bench.server()
  const targets = await listTargets(bench)
  const load = startChild('load')
  const read = (n: number, seconds: number) => load.ask<LoadReport>({ port: server.port, connections: 16, seconds, requests: [writeRequest(server.port, targets[n]!.path, 'br')] })
  const sig = async () => { process.kill(server.pid, 'SIGUSR2'); await new Promise((r) => setTimeout(r, 700)) }
  if (what === 'read') { await read(2, 2); await sig(); console.log((await read(2, 3)).rate); await sig() }
  if (what === 'anew') { for (let i = 0; i < 40; i++) await timeUncached(server, targets[2]!); await sig(); const t = []; for (let i = 0; i < 150; i++) t.push(await timeUncached(server, targets[2]!)); await sig(); console.log(t.sort((a, b) => a - b)[75]) }
  if (what === 'write') {
    const tokens = await bench.tokens(200)
    const stories = process.argv[3] === 'hot' ? [bench.written.hot] : bench.written.spread
    await measureWrites(server, load, { tokens, stories, seconds: 3 }); await sig()
    const r = await measureWrites(server, load, { tokens, stories, seconds: 4 }); await sig(); console.log(r.report.rate, r.report.p50, r.report.p99, r.cost)
  }
  await load.stop()
} finally { await bench.stop(); await remove() }
