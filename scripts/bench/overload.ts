/**
 * What becomes of a node that is asked for three times what it can do: requests come on a schedule, whether or not
 * those before them have been answered, and each counts from when it was due.
 */
import { Generator } from './generator.ts'
import { batches, gets, keys, posts, store } from './keys.ts'
import type { LoadReport } from './load.ts'
import { Stand, type StandOptions } from './stand.ts'
import { fine, markdown, whole } from './table.ts'

const KEYS = 10_000
const BATCH = 100
const CONNECTIONS = 64
/** In the open loop: more requests than these wait in the load generator. */
const CONNECTIONS_MAX = 1000
const WARM_UP_SECONDS = 2
/** An answer from afterwards is as before within this. */
const AS_BEFORE = 1.5
const SLOWER_MAX = 5
const LATE_MAX_MS = 1
/** Half of what it can do has to be answered as it comes; otherwise the machine had something else to do. */
const KEPT_UP = 0.95

const REQUESTS = {
  batch: () => batches('set', keys(KEYS), BATCH),
  post: () => posts(keys(KEYS)),
  get: () => gets(keys(KEYS)),
}

export type Kind = keyof typeof REQUESTS

interface Phase {
  readonly name: string
  readonly perSecond: number
  readonly report: LoadReport
}

/** @throws when there is no such kind. */
export function kindOf(text: string): Kind {
  if (Object.hasOwn(REQUESTS, text)) return text as Kind
  throw new Error(`${text}: not one of ${Object.keys(REQUESTS).join(', ')}`)
}

export async function measureOverload(
  options: StandOptions,
  { kind, seconds, progress }: { kind: Kind; seconds: number; progress(what: string): void },
): Promise<string> {
  await using stand = await Stand.open(options)
  const node = await stand.node()
  const generator = new Generator(stand)
  const requests = REQUESTS[kind]()
  if (kind === 'get') await store(keys(KEYS), [node])
  progress('capacity')
  await generator.open({ ports: [node.port], requests, connections: CONNECTIONS })
  await generator.closedLoop(Math.min(seconds, WARM_UP_SECONDS))
  const { accepted, seconds: taken, failed, problem } = await generator.closedLoop(seconds)
  await generator.close()
  if (accepted.count === 0 || failed > 0) throw new Error(`${failed} requests failed: ${problem}`)
  const capacity = accepted.count / taken
  await generator.open({ ports: [node.port], requests, connections: CONNECTIONS_MAX })
  const play = async (name: string, part: number): Promise<Phase> => {
    progress(name)
    const perSecond = capacity * part
    return { name, perSecond, report: await generator.openLoop(seconds, perSecond) }
  }
  const [before, over, after] = [
    await play('half', 0.5),
    await play('three times', 3),
    await play('half again', 0.5),
  ]
  return [
    `${kind} requests: ${whole(capacity)} a second over ${CONNECTIONS} connections, which is what it can do`,
    '',
    tableOf([before, over, after]),
    '',
    ...verdicts(before, over, after).map((line) => `- ${line}`),
  ].join('\n')
}

function tableOf(phases: readonly Phase[]): string {
  const head = ['of what it can do', 'asked / s', 'accepted / s', 'median ms', 'p99 ms']
  const rows = phases.map(({ name, perSecond, report }) => {
    const { accepted, refused, failed, seconds } = report
    return [
      name,
      whole(perSecond),
      whole(accepted.count / seconds),
      fine(accepted.p50),
      fine(accepted.p99),
      whole(refused.count / seconds),
      fine(refused.p50),
      fine(refused.p99),
      `${failed}`,
      seconds.toFixed(1),
    ]
  })
  return markdown([...head, 'refused / s', 'median ms', 'p99 ms', 'failed', 'all answered in s'], rows)
}

/** Exported for its test. */
export function verdicts(before: Phase, over: Phase, after: Phase): string[] {
  const { accepted, seconds } = before.report
  if (accepted.count / seconds < before.perSecond * KEPT_UP)
    return ['goal 9: cannot be judged, as half was too much already: measure again when the machine is quiet']
  const [calm, full, again] = [before, over, after].map(({ report }) => report.accepted.p50)
  const slower = (full ?? Number.NaN) / (calm ?? Number.NaN)
  const refusal = over.report.refused.p50 / (calm ?? Number.NaN)
  const kept = after.report.accepted.count / before.report.accepted.count
  const isAsBefore = (again ?? Number.NaN) <= (calm ?? Number.NaN) * AS_BEFORE && kept >= 1 / AS_BEFORE
  const met = (isMet: boolean) => (isMet ? 'met' : 'behind')
  const late = [before, after].filter(({ report }) => report.lateMs > LATE_MAX_MS)
  return [
    `goal 9: what is accepted at three times takes ${fine(slower)} times the median at half, <= ${SLOWER_MAX}: ${met(slower <= SLOWER_MAX)}`,
    over.report.refused.count > 0
      ? `goal 9: a refusal takes ${fine(refusal)} times that median, <= ${SLOWER_MAX}: ${met(refusal <= SLOWER_MAX)}`
      : 'goal 9: nothing was refused',
    `goal 9: afterwards the median is ${fine((again ?? Number.NaN) / (calm ?? Number.NaN))} times that before, <= ${AS_BEFORE}: ${met(isAsBefore)}`,
    ...[before, over, after].flatMap(({ name, report }) =>
      report.failed > 0 ? [`${name}: ${report.failed} failed (${report.problem})`] : [],
    ),
    ...late.map(({ name, report }) => `${name}: the load generator was ${fine(report.lateMs)} ms late`),
  ]
}
