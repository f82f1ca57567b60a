/**
 * Reads topics of Kafka as a member of a group, at least once: an offset is committed only after that message
 * and all before it in its partition have been handled. What is under way when partitions change hands, or
 * when a process dies, comes again.
 *
 *     connect ─▶ join ─▶ positions ─▶ fetch ─▶ handle ─▶ commit …      failed ─▶ wait, connect
 *                  ▲                    │ the group changes            stop ───▶ finish, commit, leave
 *                  └────────────────────┘
 *
 * Where a partition begins. The leader of a new group begins with the next message, and commits that before
 * anybody reads, so that no crash moves it: what a cache holds has been fetched after that, so older messages
 * say nothing of it, and there may be days of them. Only what was cached before there was a group, or since
 * Kafka forgot one without members (after 7 days by default), is left to its time to live. What a group meets
 * later begins with its first message, because somebody may have written there before it was noticed.
 */
import type { Consumer, ConsumerGroupJoinPayload } from '@platformatic/kafka'
import { pause } from '../../../shared/clock.ts'
import { Trouble } from '../../../shared/trouble.ts'
import type { KafkaSettings } from '../../kafka-settings.ts'
import { commitHandled, connect, fetchInto, findBeginnings, isSame, reasonOf, survey } from './calls.ts'
import { type HandlerOptions, Partition, UnderWay } from './listener-progress.ts'

type Task = 'connect' | 'survey' | 'fetch' | 'commit' | 'heartbeat'

/** A partition with as many messages is not asked for more. */
const WAITING_MAX = 1000
const ROOM_WAIT_MS = 20
const COMMIT_EVERY_MS = 200
/** How often it looks for topics and partitions that are new. */
const SURVEY_EVERY_MS = 2000
/** Between two tries of the same call. */
const RETRY_MIN_MS = 100
const RETRY_MAX_MS = 2000
/** What it waits for at its end: handlers, then the broker. */
const DRAIN_MAX_MS = 5000
const LEAVE_MAX_MS = 2000

export interface ListenerOptions extends KafkaSettings, HandlerOptions {
  readonly clientId: string
  readonly topics: readonly string[]
}

/** One connection: its place in the group; and what reads, as a call that waits for messages holds up others. */
interface Session {
  readonly group: Consumer
  readonly reader: Consumer
  /** Fires when it is given up. */
  readonly signal: AbortSignal
}

export class Listener implements AsyncDisposable {
  readonly #options: ListenerOptions
  readonly #stopping = new AbortController()
  readonly #underWay: UnderWay
  /** Topics that were not there, or not the same: whatever is in them then is new. */
  readonly #late = new Set<string>()
  readonly #ids = new Map<string, string>()
  readonly #troubles = new Map<Task, string>([['connect', 'Kafka has not answered yet']])
  readonly #failing: Trouble
  /** Aborted when the partitions are somebody else's. */
  #reading = new AbortController()
  #run = Promise.resolve()

  constructor(options: ListenerOptions) {
    this.#options = options
    this.#failing = new Trouble(options.log, {
      begins: 'Kafka fails; trying again',
      ends: 'Kafka answers again',
    })
    this.#underWay = new UnderWay(options)
  }

  /** What keeps messages from being handled just now. */
  get trouble(): string | undefined {
    const { stuck } = this.#underWay
    const [trouble] = this.#troubles.values()
    return trouble ?? (stuck && `a message of ${stuck.topic} cannot be handled`)
  }

  /** Returns at once, and goes on trying for as long as it takes. */
  start(): void {
    this.#run = this.#keepListening()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort()
    await this.#run
  }

  async #keepListening(): Promise<void> {
    await this.#keep('connect', RETRY_MIN_MS, this.#stopping.signal, async () => {
      const given = new AbortController()
      const signal = AbortSignal.any([this.#stopping.signal, given.signal])
      const session = { group: connect(this.#options), reader: connect(this.#options), signal }
      try {
        await this.#listen(session)
      } finally {
        given.abort()
        await this.#leave(session)
      }
    })
  }

  /** Does it again and again: after a while, or sooner and then less and less often when it fails. */
  async #keep(task: Task, everyMs: number, signal: AbortSignal, act: () => Promise<void>): Promise<void> {
    let retryMs = RETRY_MIN_MS
    while (!signal.aborted) {
      try {
        await act()
        if (signal.aborted) return
        this.#heard(task)
        retryMs = RETRY_MIN_MS
        if (everyMs > 0) await pause(this.#options.clock, everyMs, signal)
      } catch (error) {
        if (signal.aborted) return
        this.#missed(task, error)
        await pause(this.#options.clock, retryMs, signal)
        retryMs = Math.min(2 * retryMs, RETRY_MAX_MS)
      }
    }
  }

  /**
   * Ends when it is to connect anew: without an error when there is something new to read. It stays a member
   * while Kafka is gone, because the others would have to wait for one that has not left.
   */
  async #listen(session: Session): Promise<void> {
    const { group, reader, signal } = session
    const { promise: ended, resolve: end, reject: fail } = Promise.withResolvers<void>()
    signal.addEventListener('abort', () => end())
    const counts = await this.#survey(reader)
    group.on('error', fail)
    group.on('consumer:heartbeat:error', ({ error }) => this.#missed('heartbeat', error))
    group.on('consumer:heartbeat:end', () => this.#heard('heartbeat'))
    group.on('consumer:group:rebalance', () => {
      this.#reading.abort()
      // As long as this still counts: who gets the partitions need not do it again.
      commitHandled(group, this.#underWay.partitions).catch((error) => this.#missed('commit', error))
    })
    group.on('consumer:group:join', (join) => {
      this.#reading.abort()
      this.#reading = new AbortController()
      const reading = AbortSignal.any([signal, this.#reading.signal])
      this.#read(session, join, counts, reading).catch((error) => {
        if (!reading.aborted) fail(error)
      })
    })
    group.topics.trackAll(...counts.keys())
    if (counts.size > 0) await Promise.race([ended, group.joinGroup({})])
    this.#heard('connect')
    const surveys = this.#keep('survey', SURVEY_EVERY_MS, signal, async () => {
      if (!isSame(await this.#survey(reader), counts)) end()
    })
    await Promise.race([ended, surveys])
  }

  /** Looks at all topics. One that is not there, or not for us, keeps nobody from the others. */
  async #survey(reader: Consumer): Promise<ReadonlyMap<string, number>> {
    const { counts, ids, reasons, ends } = await survey(reader, this.#options.topics)
    for (const [topic, reason] of reasons) {
      if (!this.#late.has(topic)) this.#options.log.warn({ topic, reason }, 'a topic cannot be read yet')
      this.#late.add(topic)
    }
    for (const [topic, id] of ids) {
      if ((this.#ids.get(topic) ?? id) !== id) this.#late.add(topic)
      this.#ids.set(topic, id)
    }
    for (const partition of this.#underWay.partitions) {
      partition.end = ends.get(partition.topic)?.[partition.index] ?? partition.end
      this.#underWay.measure(partition)
    }
    return counts
  }

  async #read(
    { group, reader }: Session,
    join: ConsumerGroupJoinPayload,
    counts: ReadonlyMap<string, number>,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, topics } = this.#options
    const { isLeader = false } = join
    const assignments = (join.assignments ?? []).filter(({ topic }) => topics.includes(topic))
    const where = { group, counts, assignments, isLeader, late: this.#late }
    const offsets = await findBeginnings(where, clock, signal)
    if (signal.aborted) return
    const partitions = assignments.flatMap(({ topic, partitions }) =>
      partitions.map((index) => new Partition(topic, index, offsets.get(topic)?.[index] ?? 0n)),
    )
    this.#underWay.follow(partitions, signal)
    await Promise.all([
      this.#keep('commit', COMMIT_EVERY_MS, signal, () => commitHandled(group, partitions)),
      this.#keep('fetch', 0, signal, () => this.#fetch(reader, partitions, signal)),
    ])
  }

  async #fetch(reader: Consumer, partitions: readonly Partition[], signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options
    const wanted = partitions.filter(({ waiting }) => waiting < WAITING_MAX)
    if (wanted.length === 0) return pause(clock, ROOM_WAIT_MS, signal)
    for (const { topic, index } of await fetchInto(reader, wanted, signal)) {
      log.warn({ topic, partition: index }, 'the next message is gone; going on with the first')
    }
    this.#underWay.pump()
  }

  /** Hands back the partitions. Whatever is not done in time comes again, with whoever gets them. */
  async #leave({ group, reader }: Session): Promise<void> {
    const { metrics, log } = this.#options
    this.#reading.abort()
    this.#troubles.clear()
    metrics.connected.set(0)
    if (this.#stopping.signal.aborted) await this.#within(DRAIN_MAX_MS, this.#underWay.drained())
    if (group.isActive()) await this.#within(LEAVE_MAX_MS, commitHandled(group, this.#underWay.partitions))
    // Without its topics: of one that has been deleted nothing is found, and it would not get as far as leaving.
    group.topics.clear()
    await this.#within(LEAVE_MAX_MS, Promise.resolve(group.leaveGroup(true)))
    const closed = Promise.all([group.close(true), reader.close(true)])
    closed.catch((error) => log.debug({ error }, 'a connection to Kafka did not close well'))
    await this.#within(LEAVE_MAX_MS, closed)
    this.#underWay.follow([], this.#reading.signal)
  }

  async #within(maxMs: number, work: Promise<unknown>): Promise<void> {
    const done = new AbortController()
    await Promise.race([work.catch(() => {}), pause(this.#options.clock, maxMs, done.signal)])
    done.abort()
  }

  #heard(task: Task): void {
    const { metrics } = this.#options
    this.#troubles.delete(task)
    if (this.#troubles.size > 0 || this.#stopping.signal.aborted) return
    metrics.connected.set(1)
    this.#failing.end()
  }

  #missed(task: Task, error: unknown): void {
    if (this.#stopping.signal.aborted) return
    const { metrics } = this.#options
    const reason = reasonOf(error)
    metrics.failures.inc()
    metrics.connected.set(0)
    this.#troubles.set(task, `Kafka fails, ${reason}`)
    this.#failing.begin({ call: task, error, reason })
  }
}
