/**
 * The way to the engine: one connection to a Redis or Valkey, or one to each primary of a cluster of them. Commands of one turn
 * travel together (`turn.ts`). Nothing waits for longer than its deadline, no more wait than may, and none is sent again once it may have
 * been carried out: whoever asked is told.
 */
import { Cluster, type Redis } from 'ioredis'
import type { Clock, Timer } from '../../shared/clock.ts'
import { LarderError } from '../../shared/errors.ts'
import type { EngineSettings } from '../engine-settings.ts'
import type { Parts } from './answer.ts'
import { clusterOf, redisOf } from './clients.ts'
import { engineError, LATE } from './errors.ts'
import { feedsOf } from './feeds.ts'
import { type Health, healthOf, primaryAt } from './health.ts'
import { Noting } from './noting.ts'
import { hashSlotOf, placeIn, slotIn, UNNOTED } from './places.ts'
import { type Argument, isSingle, SCRIPTS, type ScriptName } from './scripts.ts'
import { type Call, errorIn, partsOf, type SingleCall, Turn } from './turn.ts'

/** As long as replicas are waited for, other commands to their primary wait behind that. */
const REPLICAS_MAX_MS = 200

export interface ConnectionOptions extends EngineSettings {
  readonly clock: Clock
  /** Told of each command that has failed. */
  readonly failed: (error: LarderError) => void
  /** Commands that may be under way, and what is in them. */
  readonly waitingMax: number
  readonly waitingBytesMax: number
}

/** Of a server that has all slots. */
const ONLY_FEED = placeIn(0, 'feed')
/** As `read.lua` has them. */
const FIELDS = ['s', 't', 'b', 'c', 'e']
const TICKS_PER_MICROSECOND = 1.024

export class Connection {
  readonly client: Redis | Cluster
  readonly #options: ConnectionOptions
  readonly #turn = new Turn((calls) => this.#carryOutTogether(calls))
  readonly #noting: Noting
  #waiting = 0
  #waitingBytes = 0

  constructor(options: ConnectionOptions, isCluster: boolean) {
    this.#options = options
    this.client = isCluster ? clusterOf(options) : redisOf(options)
    for (const { name, ...script } of Object.values(SCRIPTS)) this.client.defineCommand(name, script)
    this.#noting = new Noting({
      ...options,
      ownerOf: (slot) => this.ownerOf(slot),
      onUnnoted: () => void this.client.publish(UNNOTED, '').catch((error) => this.#failed(error)),
    })
    this.client.on('refresh', () => this.#noting.refresh())
    this.client.on('error', () => {}) // Each command fails with what there is to say.
  }

  /** How many commands are under way. */
  get waiting(): number {
    return this.#waiting
  }

  /** The address of the primary that has a slot of Larder. */
  ownerOf(slot: number): string {
    const { host, port } = this.#options.addresses[0] ?? { host: '', port: 0 }
    if (!(this.client instanceof Cluster)) return `${host}:${port}`
    return this.client.slots[hashSlotOf(slot)]?.[0] ?? ''
  }

  /** The streams of what is changed, and who has them. */
  get feeds(): ReadonlyMap<string, string> {
    return feedsOf((slot) => this.ownerOf(slot))
  }

  ownerOfFeed(feed: string): string {
    return this.ownerOf(slotIn(feed))
  }

  /** Whether one server has all slots. */
  get isOnePlace(): boolean {
    return !(this.client instanceof Cluster)
  }

  /** Slots that one script can be about, in their order. */
  together(slots: readonly number[]): readonly (readonly number[])[] {
    return this.client instanceof Cluster ? [...Map.groupBy(slots, hashSlotOf).values()] : [slots]
  }

  /** How many slots are best asked about at a time. */
  get slotsAtOnce(): number {
    return this.client instanceof Cluster ? 128 : 256
  }

  /** Runs a script; texts in its answer are bytes. @throws LarderError as a rejection. */
  run(script: ScriptName, parts: readonly Argument[], deadlineAtMs: number): Promise<unknown> {
    const { waitingMax, waitingBytesMax } = this.#options
    if (this.#waiting >= waitingMax || this.#waitingBytes >= waitingBytesMax)
      return Promise.reject(
        this.#failed(new LarderError('OVERLOADED', 'Too much is on its way to the engine already.')),
      )
    const call = {
      script,
      parts,
      bytes: bytesIn(parts),
      deadlineAtMs,
      answer: Promise.withResolvers<unknown>(),
      isLate: false,
    }
    this.#waiting++
    this.#waitingBytes += call.bytes
    if (this.isOnePlace && isOfSingle(call)) this.#turn.add(call)
    else this.#carryOut([call], this.#send(script, parts))
    return call.answer.promise
  }

  #carryOutTogether(calls: readonly SingleCall[]): void {
    const [first, ...others] = calls
    if (first === undefined) return
    if (others.length === 0) this.#carryOut(calls, this.#send(first.script, first.parts))
    else this.#carryOut(calls, this.#send('many', partsOf(calls)), (told, at) => (told as Parts)[at])
  }

  #carryOut(
    calls: readonly Call[],
    sent: Promise<unknown>,
    partOf: (told: unknown, at: number) => unknown = (told) => told,
  ): void {
    const timers = this.#timersOf(calls)
    // Also what nobody waits for any more is still on its way until then.
    const settle = (settleOne: (call: Call, at: number) => void) => {
      for (const timer of timers) timer.cancel()
      for (const [at, call] of calls.entries()) {
        this.#waiting--
        this.#waitingBytes -= call.bytes
        if (!call.isLate) settleOne(call, at)
      }
    }
    sent.then(
      (told) =>
        settle(({ answer }, at) => {
          const one = partOf(told, at)
          const error = errorIn(one)
          if (error === undefined) answer.resolve(one)
          else answer.reject(this.#failed(error))
        }),
      (error) => settle(({ answer }) => answer.reject(this.#failed(error))),
    )
  }

  /** One for all that have the same deadline, as those of a batch have. */
  #timersOf(calls: readonly Call[]): Timer[] {
    const { clock } = this.#options
    return [...Map.groupBy(calls, ({ deadlineAtMs }) => deadlineAtMs)]
      .filter(([deadlineAtMs]) => deadlineAtMs < Infinity)
      .map(([deadlineAtMs, late]) =>
        clock.after(deadlineAtMs - clock.now(), () => {
          for (const call of late) {
            call.isLate = true
            call.answer.reject(this.#failed(new LarderError('UNREACHABLE', LATE)))
          }
        }),
      )
  }

  #send(script: ScriptName | 'many', parts: readonly Argument[]): Promise<unknown> {
    if (script === 'read') return this.client.hmgetBuffer(String(parts[0]), ...FIELDS)
    const { name } = SCRIPTS[script]
    const run: unknown = Reflect.get(this.client, `${name}Buffer`)
    if (typeof run !== 'function') throw new TypeError(`${name} is no command`)
    // As a list: of very many arguments a call could not be made.
    return run.call(this.client, [...parts, this.isOnePlace ? ONLY_FEED : this.#noting.feedFor(parts)])
  }

  #failed(thrown: unknown): LarderError {
    const error = engineError(thrown)
    this.#options.failed(error)
    return error
  }

  #inTime(sent: Promise<unknown>, deadlineAtMs: number): Promise<unknown> {
    if (deadlineAtMs === Infinity) return sent
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const { clock } = this.#options
    const timer = clock.after(deadlineAtMs - clock.now(), () => reject(new LarderError('UNREACHABLE', LATE)))
    const settle =
      <T>(use: (value: T) => void) =>
      (value: T) => {
        timer.cancel()
        use(value)
      }
    sent.then(settle(resolve), settle(reject))
    return promise
  }

  /** How many replicas of the primary that has this slot have all that was written by this connection, of so many, in time. */
  async replicasOf(slot: number, wanted: number, deadlineAtMs: number): Promise<number> {
    const primary = primaryAt(this.client, this.ownerOf(slot))
    const leftMs = Math.floor(Math.min(REPLICAS_MAX_MS, deadlineAtMs - this.#options.clock.now()))
    if (primary === undefined || leftMs <= 0) return 0
    return Number(await this.#inTime(primary.wait(wanted, leftMs), deadlineAtMs).catch(() => 0))
  }

  /** The latest time by the clocks of the primaries, as in stamps. */
  async time(): Promise<number> {
    const primaries = this.client instanceof Cluster ? this.client.nodes('master') : [this.client]
    const times = await Promise.all(primaries.map((one) => one.time())).catch((error) => {
      throw engineError(error)
    })
    return Math.max(
      ...times.map(([seconds, micros]) => (Number(seconds) * 1e6 + Number(micros)) * TICKS_PER_MICROSECOND),
    )
  }

  /** Whether it answers now, and which of its primaries do not. */
  async health(deadlineAtMs: number): Promise<Health> {
    const { client } = this
    const { clock } = this.#options
    const addresses =
      client instanceof Cluster ? client.slots.map((all) => all?.[0] ?? '') : [this.ownerOf(0)]
    return await healthOf(client, new Set(addresses), { clock, timeoutMs: deadlineAtMs - clock.now() })
  }

  close(): void {
    this.#noting.close()
    this.client.disconnect()
  }
}

function isOfSingle(call: Call): call is SingleCall {
  return isSingle(call.script)
}

function bytesIn(parts: readonly Argument[]): number {
  let bytes = 0
  for (const part of parts) if (typeof part !== 'number') bytes += part.length
  return bytes
}
