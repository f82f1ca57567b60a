/**
 * What a million users on one content cost: the CPU time of an add beside one on a content with a single user,
 * the memory of each user, and how long others wait while somebody pages through all of them.
 *
 * The users come from a file that is written first, as a node reads one at its start.
 */
import { fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import autocannon from 'autocannon'
import { Database } from '../node/storage/database.ts'
import { slotOf } from '../shared/placement.ts'
import { median } from './median.ts'
import { ensureFree } from './ports.ts'
import { untilServing } from './readiness.ts'

const USERS = 1_000_000
const PART = 1000
const PORT = 4596
const SECONDS = 3
const ROUNDS = 3
const url = `http://127.0.0.1:${PORT}`

await ensureFree([PORT], undefined)
const folder = await mkdtemp(join(tmpdir(), 'larder-bench-'))
const settings = { PORT: String(PORT), DATA_DIR: folder, LOG_LEVEL: 'error' }
const entry = join(import.meta.dirname, '..', 'node', 'main.ts')
fill(join(folder, `127.0.0.1:${PORT}.db`))
const child = fork(entry, {
  env: { ...process.env, ...settings },
  stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
})
try {
  await untilServing([url], { apiKey: undefined, stopping: new AbortController().signal })
  console.log(`node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}\n`)
  const bytes = (await metric('larder_bytes')) / USERS
  console.log(`${USERS} users on one content: ${bytes.toFixed(0)} bytes each count against MAX_BYTES`)
  console.log(
    `resident memory of the whole process: ${mib(await metric('process_resident_memory_bytes'))} MiB`,
  )
  await measureAdds()
  await measurePaging()
} finally {
  child.kill('SIGKILL')
  await rm(folder, { recursive: true })
}

/** A content with a million users, and one with a single user. */
function fill(path: string): void {
  const database = new Database(path)
  const row = (content: string, user: string) => ({
    table: 'presences' as const,
    key: [content, 'fire', user],
    cells: [slotOf(content), 1, null, 0],
  })
  database.write({ isFirst: true, isLast: false, dropped: [], rows: [row('small', 'Sam')] })
  for (let start = 0; start < USERS; start += PART) {
    if (start % 100_000 === 0) process.stderr.write(`\rwriting ${start} of ${USERS} users`)
    const rows = Array.from({ length: PART }, (_, index) => row('large', nameOf(start + index)))
    database.write({ isFirst: false, isLast: start + PART >= USERS, dropped: [], rows })
  }
  database.close()
  process.stderr.write(`\r${' '.repeat(40)}\r`)
}

function nameOf(index: number): string {
  return `user-${String(index).padStart(7, '0')}`
}

/** Each user in turn leaves and comes back, on either content; the two take turns. */
async function measureAdds(): Promise<void> {
  const micros: Record<string, number[]> = { small: [], large: [] }
  for (let round = 0; round < ROUNDS; round++) {
    for (const [content, taken] of Object.entries(micros)) taken.push(await cpuMicrosOf(content))
  }
  for (const [content, taken] of Object.entries(micros)) {
    console.log(`a reaction on the ${content} content: ${median(taken).toFixed(1)} CPU us`)
  }
}

async function cpuMicrosOf(content: string): Promise<number> {
  const requests = Array.from({ length: 200 }, (_, index) => ({
    method: 'POST' as const,
    path: '/api/v1/reaction',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      type: 'reaction',
      action: index % 2 === 0 ? 'remove' : 'add',
      content_id: content,
      user_id: content === 'small' ? 'Sam' : nameOf(Math.floor(index / 2) * 9973),
      reaction_type: 'fire',
    }),
  }))
  const before = await metric('process_cpu_seconds_total')
  const { errors, non2xx, ...result } = await autocannon({
    url,
    connections: 32,
    duration: SECONDS,
    requests,
  })
  if (errors + non2xx > 0) throw new Error(`${errors + non2xx} reactions failed`)
  return (((await metric('process_cpu_seconds_total')) - before) * 1e6) / result['2xx']
}

/** The latency of reads with and without somebody who pages through everybody, again and again. */
async function measurePaging(): Promise<void> {
  const read = () => autocannon({ url: `${url}/healthcheck`, connections: 1, duration: SECONDS })
  const quiet = await read()
  const paging = { pages: 0, isOver: false }
  const pager = page(paging)
  const busy = await read()
  paging.isOver = true
  await pager
  const { p99, max } = busy.latency
  console.log(`paging, 1000 users a page: ${Math.round(paging.pages / SECONDS)} pages a second`)
  console.log(`others meanwhile: 99th percentile ${p99} ms, longest ${max} ms`)
  console.log(`without: 99th percentile ${quiet.latency.p99} ms, longest ${quiet.latency.max} ms`)
}

async function page(paging: { pages: number; isOver: boolean }): Promise<void> {
  for (let cursor = ''; !paging.isOver; ) {
    const answer = await fetch(`${url}/api/v1/reaction/users/large?limit=1000&cursor=${cursor}`)
    const body = (await answer.json()) as { cursor?: string }
    paging.pages++
    cursor = body.cursor ?? ''
  }
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1])
}

function mib(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0)
}
