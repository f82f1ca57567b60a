/**
 * All keys of a cluster, listed a page at a time and then forgotten: what a page costs, how long it takes, and what others
 * notice meanwhile: reads of other keys at a steady rate. Beside the same members with nothing to do, in the same run.
 */
import { DATA, keys } from './keys.ts'
import { Phases, RATE } from './phases.ts'
import { ask, cpuSecondsOf, type Server } from './server.ts'
import { Stand, type StandOptions } from './stand.ts'
import { fine, whole } from './table.ts'

const MEMBERS = 3
const CONNECTIONS = 32
const BATCH = 1000
const PAGE = 1000
const PREFIX = 'dish:'

interface Listed {
  readonly pages: number
  readonly keys: number
  readonly cpuMsPage: number
  readonly msPage: number
}

export async function measureManyKeys(
  options: StandOptions,
  { count, seconds, progress }: { count: number; seconds: number; progress(what: string): void },
): Promise<string> {
  await using stand = await Stand.open({ ...options, cores: undefined })
  const members = await stand.members({ members: MEMBERS, copies: 2 })
  const [first] = members
  if (first === undefined) throw new RangeError('there are no members')
  progress(`storing ${count} keys`)
  await fill(first, count)
  progress('listing')
  const alone = await list(members)
  const phases = await Phases.begin(stand, members, {
    connections: CONNECTIONS,
    seconds,
    restMs: 0,
    progress,
  })
  const endsAtMs = performance.now() + seconds * 1000
  await phases.measure('somebody lists all keys', async () => {
    while (performance.now() < endsAtMs) await list(members, endsAtMs)
  })
  const startedAtMs = performance.now()
  let cleared = { deleted: 0, ms: 0 }
  await phases.measure('and forgets them', async () => {
    cleared = { deleted: await clear(first), ms: performance.now() - startedAtMs }
  })
  return [
    `${MEMBERS} members, COPIES=2, ${count} keys; ${RATE} GET a second of others, for ${seconds} s each`,
    '',
    `${alone.keys} keys in ${alone.pages} pages, of all members and with nothing else: ${fine(alone.cpuMsPage)} ms of CPU a page, ${fine(alone.msPage)} ms until it is there`,
    `${cleared.deleted} keys are forgotten after ${whole(cleared.ms)} ms`,
    '',
    phases.table(),
  ].join('\n')
}

/** @throws when one of them is refused. */
async function fill(server: Server, count: number): Promise<void> {
  const all = keys(count, 'dish')
  for (let start = 0; start < count; start += BATCH) {
    const ops = all.slice(start, start + BATCH).map((key) => ({ op: 'set', key, data: DATA }))
    const answer = await ask(server, { path: '/api/v1/batch', body: { ops } })
    const refused = /{[^{}]*"status":(?!200)[^{}]*/.exec(answer)
    if (refused !== null) throw new Error(`not all are stored: ${refused[0]}`)
  }
}

async function list(members: readonly Server[], untilMs = Number.POSITIVE_INFINITY): Promise<Listed> {
  const [beganAtMs, before] = [performance.now(), await cpuSecondsOf(members)]
  let [pages, count, cursor] = [0, 0, '']
  do {
    const { port = 0 } = members[pages % members.length] ?? {}
    // Compressed it would cost more than all else.
    const answer = await fetch(
      `http://127.0.0.1:${port}/api/v1/kv?prefix=${PREFIX}&limit=${PAGE}&cursor=${cursor}`,
      { headers: { 'accept-encoding': 'identity' } },
    )
    const page = (await answer.json()) as { keys: unknown[]; cursor?: string }
    if (!answer.ok) throw new Error(`port ${port} answered ${answer.status}: ${JSON.stringify(page)}`)
    pages++
    count += page.keys.length
    cursor = page.cursor ?? ''
  } while (cursor !== '' && performance.now() < untilMs)
  const cpuMs = ((await cpuSecondsOf(members)) - before) * 1000
  return { pages, keys: count, cpuMsPage: cpuMs / pages, msPage: (performance.now() - beganAtMs) / pages }
}

async function clear({ port }: Server): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/kv?prefix=${PREFIX}`, { method: 'DELETE' })
  const body = (await answer.json()) as { deleted: number }
  if (!answer.ok) throw new Error(`port ${port} answered ${answer.status}: ${JSON.stringify(body)}`)
  return body.deleted
}
