/**
 * What others notice while a member has much to do besides: reads of other keys at a steady rate while very many values
 * of a few slots end together, and while these slots move. Beside the same members with nothing to do, in the same run.
 */
import { pause, systemClock } from '../../shared/clock.ts'
import { SLOTS } from '../../shared/placement.ts'
import { Phases, RATE } from './phases.ts'
import { ask, type Server, turnsOf } from './server.ts'
import { type Joined, Stand, type StandOptions } from './stand.ts'
import { markdown, whole } from './table.ts'

const MEMBERS = 3
const CONNECTIONS = 64
const BATCH = 1000
/** Integers that differ by the number of slots are in one slot. */
const CROWDED_SLOTS = 8
const WINDOW_SECONDS = 10
/** From the end of one phase to the beginning of the next. */
const REST_MS = 2000
/** The values that end live for twice as long as it has taken to store them, and this. */
const FILL_MORE_MS = 5000

export async function measureTurns(
  options: StandOptions,
  { entries, progress }: { entries: number; progress(what: string): void },
): Promise<string> {
  await using stand = await Stand.open({ ...options, cores: undefined })
  const members = await stand.members({ members: MEMBERS, copies: 2 })
  const phases = await Phases.begin(stand, members, {
    connections: CONNECTIONS,
    seconds: WINDOW_SECONDS,
    restMs: REST_MS,
    progress,
  })
  progress('filling')
  const startedAtMs = performance.now()
  await fill(members, entries)
  const fillMs = performance.now() - startedAtMs
  let joined: Joined | undefined
  await phases.measure('another member joins', async () => {
    joined = await stand.join()
  })
  await phases.measure('and leaves', async () => joined?.leave())
  progress('filling again')
  const endsAtMs = performance.now() + 2 * fillMs + FILL_MORE_MS
  await fill(members, entries, () => (endsAtMs - performance.now()) / 1000)
  if (performance.now() > endsAtMs)
    throw new Error('some ended too early: something else keeps the machine busy')
  await pause(systemClock, endsAtMs - performance.now() - REST_MS)
  await phases.measure('all of them end', async () => {})
  await phases.measure('nothing else any more', async () => {})
  return [
    `${MEMBERS} members, COPIES=2, ${entries} values in ${CROWDED_SLOTS} slots; ${RATE} GET a second of other keys, for ${WINDOW_SECONDS} s each`,
    '',
    phases.table(),
    '',
    await turnTable(members),
  ].join('\n')
}

async function fill(members: readonly Server[], entries: number, ttl?: () => number): Promise<void> {
  for (let start = 0; start < entries; start += BATCH) {
    const seconds = ttl?.()
    const ops = Array.from({ length: BATCH }, (_, index) => {
      const number = start + index
      const key = `${Math.floor(number / CROWDED_SLOTS) * SLOTS + (number % CROWDED_SLOTS)}`
      return { op: 'set', key, data: 1, ...(seconds !== undefined && { ttl: seconds }) }
    })
    const [first] = members
    if (first !== undefined) await ask(first, { path: '/api/v1/batch', body: { ops } })
  }
}

async function turnTable(members: readonly Server[]): Promise<string> {
  const rows: string[][] = []
  for (const member of members)
    for (const { work, turns, above } of await turnsOf(member))
      rows.push([member.name, work, whole(turns), whole(above)])
  return markdown(['member', 'turns of', 'in all', 'above 5 ms'], rows, [1])
}
