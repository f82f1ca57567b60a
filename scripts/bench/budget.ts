/** What is resident of a node beside what its books say, with small budgets, while everything is written, ended and deleted. */
import { Load } from './load.ts'
import { untilOver } from './pace.ts'
import { type RequestLine, requestText } from './request.ts'
import { metricOf, residentBytesOf, type Server } from './server.ts'
import { Stand, type StandOptions } from './stand.ts'
import { markdown, whole } from './table.ts'

const MIB = 2 ** 20
const BUDGETS_MIB = [8, 64, 512]
const CONNECTIONS = 16
const BATCH = 200
/** Some values have up to so many characters, so that they have no room in a record. */
const LONG_MAX = 3000
/** Most have up to so many for each mebibyte of the budget, so that a large one is filled too. */
const LENGTH_MAX_PER_MIB = 12
const PART_SECONDS = 1

export async function measureBudgets(
  options: StandOptions,
  { seconds, progress }: { seconds: number; progress(what: string): void },
): Promise<string> {
  const rows: string[][] = []
  for (const mib of BUDGETS_MIB) {
    await using stand = await Stand.open(options)
    const node = await stand.node({ MAX_BYTES: `${mib}MiB` })
    rows.push([`${mib}`, ...(await soak(node, mib, { seconds, progress }))])
  }
  const head = [
    'MAX_BYTES, MiB',
    'empty',
    'stored',
    'never evicted',
    'resident',
    'above empty / MAX_BYTES',
    'refused',
  ]
  return [
    `${seconds} s each of values, counters, records, reactions, ends and deletes, written behind; the most that was seen, in MiB`,
    '',
    markdown(head, rows, []),
  ].join('\n')
}

async function soak(
  node: Server,
  budgetMib: number,
  { seconds, progress }: { seconds: number; progress(what: string): void },
): Promise<string[]> {
  const empty = await residentBytesOf(node)
  let [index, stored, kept, resident] = [0, 0, 0, 0]
  const next = () => Buffer.from(requestText(requestOf(index++, budgetMib * LENGTH_MAX_PER_MIB)))
  const load = await Load.open({ ports: [node.port], connections: CONNECTIONS, next })
  for (let second = 0; second < seconds; second += PART_SECONDS) {
    progress(`${budgetMib} MiB: second ${second} of ${seconds}`)
    await load.play(untilOver(performance.now() + PART_SECONDS * 1000))
    stored = Math.max(stored, await metricOf(node, 'larder_bytes'))
    kept = Math.max(kept, await metricOf(node, 'larder_kept_bytes'))
    resident = Math.max(resident, await residentBytesOf(node))
  }
  load.close()
  const refused = await Promise.all(
    ['counter', 'reactions'].map((kind) => metricOf(node, `larder_memory_full_total{kind="${kind}"}`)),
  )
  const mib = [empty, stored, kept, resident].map((bytes) => whole(bytes / MIB))
  const factor = (resident - empty) / MIB / budgetMib
  return [...mib, factor.toFixed(2), refused.map(whole).join(' + ')]
}

/** Mostly batches; of each hundred requests a few more are reactions, and increments that are to count once. */
function requestOf(index: number, lengthMax: number): RequestLine {
  const turn = index % 100
  if (turn < 5) {
    const content = { type: 'reaction', content_id: `dish ${index % 5000}`, reaction_type: 'fire' }
    const action = index % 7 === 0 ? 'remove' : 'add'
    return { path: '/api/v1/reaction', body: { ...content, action, user_id: `user ${index}` } }
  }
  if (turn < 10) {
    const headers = { 'idempotency-key': `order ${index}` }
    return { path: `/api/v1/counters/orders-${index % 100}`, body: { by: '1' }, headers }
  }
  return {
    path: '/api/v1/batch',
    body: { ops: Array.from({ length: BATCH }, (_, at) => opOf(index * BATCH + at, lengthMax)) },
  }
}

function opOf(index: number, lengthMax: number): object {
  switch (index % 10) {
    case 0:
      return { op: 'delete', key: `dish:${index - 1001}` }
    case 1:
      return { op: 'set', key: `short:${index}`, data: index, ttl: 5 }
    case 2:
      return index % 100 === 2
        ? { op: 'increment', key: `count:${index}`, by: 1 }
        : { op: 'counter', key: `count:${index}` }
    default:
      return {
        op: 'set',
        key: `dish:${index}`,
        data: 'x'.repeat((index * 7919) % (index % 50 === 3 ? LONG_MAX : lengthMax)),
      }
  }
}
