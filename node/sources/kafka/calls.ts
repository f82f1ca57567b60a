/** What is asked of Kafka, in the words of its library: connections, topics, where to begin, messages. */
import { isIP } from 'node:net'
import { Consumer, findErrorBy, type GroupAssignment, ListOffsetTimestamps } from '@platformatic/kafka'
import { type Clock, pause } from '../../../shared/clock.ts'
import type { KafkaSettings } from '../../kafka-settings.ts'
import type { Partition } from './listener-progress.ts'

/** A member not heard of for so long is dead; all have that long to join when the group changes. */
const SESSION_MAX_MS = 15_000
const HEARTBEAT_EVERY_MS = 500
/** Longer than any call takes that is answered. */
const CALL_MAX_MS = 20_000
const CALL_RETRY_MS = 100
/** How often a member asks whether the leader has settled where to begin. */
const BEGINNING_EVERY_MS = 100

/** The same for every partition that is fetched; -1: whoever leads it. */
const FETCH = { partitionMaxBytes: 2 ** 20, currentLeaderEpoch: -1, lastFetchedEpoch: -1 }
/** How long a broker waits for a message; also how long a partition that has room again may have to. */
const FETCH_WAIT_MS = 100

export function connect(options: KafkaSettings & { readonly clientId: string }): Consumer {
  const { brokers, groupId, clientId, sasl, ssl } = options
  // Brokers that share an address tell by the name which of them is meant; there is none in an IP address.
  const areNames = brokers.every((broker) => isIP(broker.replace(/:\d+$/, '').replace(/[[\]]/g, '')) === 0)
  return new Consumer({
    bootstrapBrokers: [...brokers],
    groupId,
    clientId,
    ...(sasl && { sasl: { ...sasl } }),
    ...(ssl && { tls: {}, tlsServerName: areNames }),
    autocommit: false,
    retries: 2,
    retryDelay: CALL_RETRY_MS,
    sessionTimeout: SESSION_MAX_MS,
    rebalanceTimeout: SESSION_MAX_MS,
    heartbeatInterval: HEARTBEAT_EVERY_MS,
    requestTimeout: CALL_MAX_MS,
  })
}

/** By topic and partition; nothing, or below 0, where there is none. */
export type Offsets = ReadonlyMap<string, readonly (bigint | undefined)[]>

interface Survey {
  /** How many partitions each topic has. */
  readonly counts: ReadonlyMap<string, number>
  /** Another one of the same name has another id. */
  readonly ids: ReadonlyMap<string, string>
  /** Why the others cannot be read: they are not there, or not for us. They keep nobody from the rest. */
  readonly reasons: ReadonlyMap<string, string>
  /** Where the partitions end. */
  readonly ends: Offsets
}

/** @throws when no broker answers. */
export async function survey(reader: Consumer, topics: readonly string[]): Promise<Survey> {
  const counts = new Map<string, number>()
  const ids = new Map<string, string>()
  const reasons = new Map<string, string>()
  for (const topic of topics) {
    try {
      const found = await reader.metadata({ topics: [topic], forceUpdate: true, retries: 0 })
      counts.set(topic, found.topics.get(topic)?.partitionsCount ?? 0)
      ids.set(topic, found.topics.get(topic)?.id ?? '')
    } catch (error) {
      // The library keeps no more than the text of an unknown topic.
      const isUnknown = error instanceof Error && error.message === `Unknown topic ${topic}.`
      if (!isUnknown && !isRefusal(error)) throw error
      reasons.set(topic, reasonOf(error))
    }
  }
  const ends = counts.size > 0 ? await reader.listOffsets({ topics: [...counts.keys()] }) : new Map()
  return { counts, ids, reasons, ends }
}

interface Join {
  readonly group: Consumer
  readonly counts: ReadonlyMap<string, number>
  readonly assignments: readonly GroupAssignment[]
  readonly isLeader: boolean
  /** Topics that were not there when they were first looked for. */
  readonly late: ReadonlySet<string>
}

/** The committed offsets, once every partition has one: the leader sees to that, and the others wait for it. */
export async function findBeginnings(join: Join, clock: Clock, signal: AbortSignal): Promise<Offsets> {
  const { group, counts, isLeader, late } = join
  const every = [...counts].map(([topic, count]) => ({ topic, partitions: [...Array(count).keys()] }))
  const wanted = isLeader ? every : [...join.assignments]
  while (wanted.length > 0 && !signal.aborted) {
    const offsets: Offsets = await group.listCommittedOffsets({ topics: wanted })
    const open = wanted.flatMap(({ topic, partitions }) =>
      partitions.flatMap((partition) =>
        (offsets.get(topic)?.[partition] ?? -1n) < 0n ? [{ topic, partition }] : [],
      ),
    )
    if (open.length === 0) return offsets
    if (isLeader) {
      const isNew = open.length === every.reduce((sum, { partitions }) => sum + partitions.length, 0)
      const topics = [...counts.keys()]
      const firsts: Offsets = await group.listOffsets({ topics, timestamp: ListOffsetTimestamps.EARLIEST })
      const nexts: Offsets = await group.listOffsets({ topics, timestamp: ListOffsetTimestamps.LATEST })
      const begins = open.map(({ topic, partition }) => {
        const offset = (isNew && !late.has(topic) ? nexts : firsts).get(topic)?.[partition] ?? 0n
        return { topic, partition, offset, leaderEpoch: -1 }
      })
      if (!signal.aborted) await group.commit({ offsets: begins })
    } else await pause(clock, BEGINNING_EVERY_MS, signal)
  }
  return new Map()
}

/**
 * Asks for what comes next in these partitions, and waits a little for it. Returns those that go on elsewhere:
 * what is no longer kept cannot be read, and of a log that was made anew all may be new.
 */
export async function fetchInto(
  reader: Consumer,
  partitions: readonly Partition[],
  signal: AbortSignal,
): Promise<readonly Partition[]> {
  reader.topics.trackAll(...partitions.map(({ topic }) => topic).filter((topic) => !reader.topics.has(topic)))
  const { topics } = await reader.metadata({ topics: [...reader.topics.current] })
  const leaderOf = ({ topic, index }: Partition) => topics.get(topic)?.partitions[index]?.leader ?? -1
  const idOf = ({ topic }: Partition) => topics.get(topic)?.id ?? ''
  const askLeader = async ([node, led]: [number, Partition[]]): Promise<void> => {
    const request = led.map((partition) => ({
      topicId: idOf(partition),
      partitions: [{ partition: partition.index, fetchOffset: partition.position, ...FETCH }],
    }))
    const { responses } = await reader.fetch({ node, topics: request, maxWaitTime: FETCH_WAIT_MS })
    for (const { topicId, partitions: answers } of signal.aborted ? [] : responses) {
      for (const answer of answers) {
        led.find((it) => it.index === answer.partitionIndex && idOf(it) === topicId)?.take(answer)
      }
    }
  }
  try {
    await Promise.all([...Map.groupBy(partitions, leaderOf)].map(askLeader))
    return []
  } catch (error) {
    if (error instanceof Error && findErrorBy(error, 'apiId', 'OFFSET_OUT_OF_RANGE'))
      return rewind(reader, partitions)
    reader.clearMetadata() // Another broker may lead them by now.
    throw error
  }
}

async function rewind(reader: Consumer, partitions: readonly Partition[]): Promise<readonly Partition[]> {
  const topics = [...new Set(partitions.map(({ topic }) => topic))]
  const firsts: Offsets = await reader.listOffsets({ topics, timestamp: ListOffsetTimestamps.EARLIEST })
  const ends: Offsets = await reader.listOffsets({ topics, timestamp: ListOffsetTimestamps.LATEST })
  const outside = partitions.filter(({ topic, index, position }) => {
    const first = firsts.get(topic)?.[index] ?? position
    return position < first || position > (ends.get(topic)?.[index] ?? position)
  })
  for (const partition of outside) {
    partition.position = firsts.get(partition.topic)?.[partition.index] ?? partition.position
  }
  return outside
}

/** Commits what has been handled since it did so last. */
export async function commitHandled(group: Consumer, partitions: readonly Partition[]): Promise<void> {
  const changes = partitions
    .map((partition) => ({ partition, offset: partition.handled }))
    .filter(({ partition, offset }) => offset !== partition.committed)
  if (changes.length === 0) return
  const offsets = changes.map(({ partition: { topic, index: partition }, offset }) => ({
    topic,
    partition,
    offset,
    leaderEpoch: -1,
  }))
  await group.commit({ offsets })
  for (const { partition, offset } of changes) partition.committed = offset
}

/** Whether a broker has answered, and said no. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && findErrorBy(error, 'code', 'PLT_KFK_PROTOCOL') !== null
}

/** What is behind the library's summaries, for people. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : reasonOf(error.cause)
}

/** Whether two surveys have found the same topics, of as many partitions. */
export function isSame(counts: ReadonlyMap<string, number>, others: ReadonlyMap<string, number>): boolean {
  return counts.size === others.size && [...counts].every(([topic, count]) => others.get(topic) === count)
}
