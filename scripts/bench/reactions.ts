/**
 * What a million users on one content cost: the CPU time of an add beside one on a content with a single user,
 * the memory of each user, and how long others wait while somebody pages through all of them.
 *
 * The users come from a file that is written first, as a node reads one at its start.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Database } from '../../node/storage/database.ts'
import { slotOf } from '../../shared/placement.ts'
import { median } from '../median.ts'
import { Generator } from './generator.ts'
import type { LatencySummary } from './latencies.ts'
import { requestText } from './request.ts'
import { cpuSecondsOf, metricOf, residentBytesOf, type Server } from './server.ts'
import { Stand, type StandOptions } from './stand.ts'
import { fine, whole } from './table.ts'

const USERS = 1_000_000
const PART = 1000
const CONNECTIONS = 32
const SECONDS = 3
const ROUNDS = 3
const NODE_ID = 'bench'
const CONTENTS = ['small', 'large'] as const

type Content = (typeof CONTENTS)[number]

export async function measureReactions(
  options: StandOptions,
  progress: (what: string) => void,
): Promise<string> {
  await using stand = await Stand.open(options)
  const folder = join(stand.folder, 'written')
  await mkdir(folder)
  fill(join(folder, `${NODE_ID}.db`), progress)
  progress('starting')
  const node = await stand.node({ NODE_ID, DATA_DIR: folder })
  const generator = new Generator(stand)
  const bytes = (await metricOf(node, 'larder_bytes')) / USERS
  const mib = (await residentBytesOf(node)) / 2 ** 20
  progress('adds')
  const adds = await measureAdds(node, generator)
  progress('paging')
  return [
    `${USERS} users on one content: ${whole(bytes)} bytes each count against MAX_BYTES`,
    `resident memory of the whole process: ${whole(mib)} MiB`,
    ...adds,
    ...(await measurePaging(node, generator)),
  ].join('\n')
}

/** A content with a million users, and one with a single user. */
function fill(path: string, progress: (what: string) => void): void {
  const database = new Database(path)
  const row = (content: Content, user: string) => ({
    table: 'presences' as const,
    key: [content, 'fire', user],
    cells: [slotOf(content), 1, null, 0],
  })
  database.write({ isFirst: true, isLast: false, dropped: [], rows: [row('small', 'Sam')] })
  for (let start = 0; start < USERS; start += PART) {
    if (start % 100_000 === 0) progress(`writing ${start} of ${USERS} users`)
    const rows = Array.from({ length: PART }, (_, index) => row('large', nameOf(start + index)))
    database.write({ isFirst: false, isLast: start + PART >= USERS, dropped: [], rows })
  }
  database.close()
}

function nameOf(index: number): string {
  return `user-${String(index).padStart(7, '0')}`
}

/** Each user in turn leaves and comes back, on either content; the two take turns. */
async function measureAdds(node: Server, generator: Generator): Promise<string[]> {
  const micros: Record<Content, number[]> = { small: [], large: [] }
  for (let round = 0; round < ROUNDS; round++) {
    for (const content of CONTENTS) micros[content].push(await cpuMicrosOf(content, node, generator))
  }
  return CONTENTS.map(
    (content) => `a reaction on the ${content} content: ${median(micros[content]).toFixed(1)} CPU us`,
  )
}

async function cpuMicrosOf(content: Content, node: Server, generator: Generator): Promise<number> {
  const requests = Array.from({ length: 200 }, (_, index) =>
    requestText({
      path: '/api/v1/reaction',
      body: {
        type: 'reaction',
        action: index % 2 === 0 ? 'remove' : 'add',
        content_id: content,
        user_id: content === 'small' ? 'Sam' : nameOf(Math.floor(index / 2) * 9973),
        reaction_type: 'fire',
      },
    }),
  )
  await generator.open({ ports: [node.port], requests, connections: CONNECTIONS })
  const before = await cpuSecondsOf([node])
  const { accepted, failed, problem } = await generator.closedLoop(SECONDS)
  const cpuSeconds = (await cpuSecondsOf([node])) - before
  await generator.close()
  if (failed > 0) throw new Error(`${failed} reactions failed: ${problem}`)
  return (cpuSeconds * 1e6) / accepted.count
}

/** The latency of reads with and without somebody who pages through everybody, again and again. */
async function measurePaging({ port }: Server, generator: Generator): Promise<string[]> {
  const requests = [requestText({ path: '/healthcheck' })]
  await generator.open({ ports: [port], requests, connections: 1 })
  const quiet = await generator.closedLoop(SECONDS)
  const paging = { pages: 0, isOver: false }
  const pager = page(port, paging)
  const busy = await generator.closedLoop(SECONDS)
  paging.isOver = true
  await pager
  await generator.close()
  const say = ({ p99, max }: LatencySummary) => `99th percentile ${fine(p99)} ms, longest ${fine(max)} ms`
  return [
    `paging, 1000 users a page: ${whole(paging.pages / SECONDS)} pages a second`,
    `others meanwhile: ${say(busy.accepted)}`,
    `without: ${say(quiet.accepted)}`,
  ]
}

async function page(port: number, paging: { pages: number; isOver: boolean }): Promise<void> {
  for (let cursor = ''; !paging.isOver; ) {
    const path = `/api/v1/reaction/users/large?limit=1000&cursor=${cursor}`
    const answer = await fetch(`http://127.0.0.1:${port}${path}`)
    const body = (await answer.json()) as { cursor?: string }
    paging.pages++
    cursor = body.cursor ?? ''
  }
}
