/**
 * The registry as it is kept, the count of every member's renewals, and whom members do not reach.
 *
 * `larder:view` is the registry as JSON. It changes by compare-and-swap, so that no uplink overwrites what
 * another has done. `larder:renewals` is a hash, member id ▸ count: a renewal is one increment, and
 * leaves the view alone. The two need not agree at every moment: a count that is missing, or lost, reads as
 * a change, and a change is a renewal. `larder:reports` is a hash, member id ▸ JSON, of those who have something
 * to tell: members may renew at several uplinks, and each uplink counts what all of them say.
 *
 * A command that gets no good answer is NOT_READY for whoever asked. Losing the store and having it back are
 * logged once each.
 */
import type { Redis } from 'ioredis'
import type { Counter } from 'prom-client'
import { z } from 'zod'
import { type Clock, pause } from '../shared/clock.ts'
import { LarderError, messageOf } from '../shared/errors.ts'
import type { Log } from '../shared/log.ts'
import { Gone, View } from '../shared/view.ts'
import { Past } from './past.ts'
import { COMMAND_MAX_MS } from './redis.ts'
import { EMPTY, type Registry } from './registry.ts'
import { Report, type Reports } from './votes.ts'

/** What to make of the registry. Pure, as it may run again on what another uplink has made of it meanwhile. */
export type Step = (registry: Registry) => Registry

export interface StoreOptions {
  readonly redis: Redis
  readonly clock: Clock
  readonly log: Log
  readonly errors: Counter
}

const VIEW_KEY = 'larder:view'
const RENEWALS_KEY = 'larder:renewals'
const REPORTS_KEY = 'larder:reports'
/** KEYS: the view. ARGV: the view as it was read, empty for none; the view to be. Answers 1 when it was swapped. */
const SWAP = `
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1`
/** Only other uplinks compete, and each time one of them got its turn. */
const SWAPS_MAX = 20

/** The former version kept the members alone: of what it does not say, nothing is known. */
const StoredRegistry = View.pick({ epoch: true, members: true, forked: true }).extend({
  copies: z.int().min(0).default(EMPTY.copies),
  past: Past.optional(),
  gone: Gone.optional(),
})

export class RegistryStore implements AsyncDisposable {
  readonly #redis: Redis
  readonly #clock: Clock
  readonly #log: Log
  readonly #errors: Counter
  #trouble: string | undefined
  #connectionError: Error | undefined
  #read: { text: string; registry: Registry } = { text: '', registry: EMPTY }
  /** As they were last read or written. */
  #reports = new Map<string, string>()
  #steps: Step[] = []
  #next: Promise<Registry> | undefined
  #underway: Promise<unknown> = Promise.resolve()

  constructor({ redis, clock, log, errors }: StoreOptions) {
    this.#redis = redis
    this.#clock = clock
    this.#log = log
    this.#errors = errors
    redis.on('ready', () => {
      this.#connectionError = undefined
    })
    redis.on('error', (error: Error) => {
      this.#connectionError = error
    })
  }

  /** Connects. It waits for that only so long: an uplink starts without its Redis too, and goes on trying. */
  async open(): Promise<void> {
    const settled = new AbortController()
    void this.#redis
      .connect()
      .catch((error: unknown) => this.#lose(error))
      .finally(() => settled.abort())
    await pause(this.#clock, COMMAND_MAX_MS, settled.signal)
  }

  /** Why the store cannot be used now, if so. */
  get trouble(): string | undefined {
    return this.#trouble
  }

  async read(): Promise<Registry> {
    return (await this.#load()).registry
  }

  /**
   * Carries out the step, and answers with what was made of it. Steps that come while one is under way go
   * together, as the next: members that start at once do not compete with each other.
   */
  change(step: Step): Promise<Registry> {
    this.#steps.push(step)
    this.#next ??= this.#underway.then(() => this.#carryOut())
    return this.#next
  }

  async renew(id: string): Promise<void> {
    await this.#ask(() => this.#redis.hincrby(RENEWALS_KEY, id, 1))
  }

  async renewals(): Promise<ReadonlyMap<string, number>> {
    const counts = await this.#ask(() => this.#redis.hgetall(RENEWALS_KEY))
    return new Map(Object.entries(counts).map(([id, count]) => [id, Number(count)]))
  }

  /** What a member has told with its renewal; `undefined`: nothing. */
  async report(id: string, report: Report | undefined): Promise<void> {
    const text = report && JSON.stringify(report)
    if (this.#reports.get(id) === text) return
    if (text === undefined) await this.#ask(() => this.#redis.hdel(REPORTS_KEY, id))
    else await this.#ask(() => this.#redis.hset(REPORTS_KEY, id, text))
    if (text === undefined) this.#reports.delete(id)
    else this.#reports.set(id, text)
  }

  async reports(): Promise<Reports> {
    const texts = await this.#ask(() => this.#redis.hgetall(REPORTS_KEY))
    this.#reports = new Map(Object.entries(texts))
    const parsed = [...this.#reports].map(([id, text]) => [id, Report.parse(JSON.parse(text))] as const)
    return new Map(parsed)
  }

  /** These are no members any more. */
  async forget(ids: readonly string[]): Promise<void> {
    await this.#ask(async () => {
      await this.#redis.hdel(RENEWALS_KEY, ...ids)
      await this.#redis.hdel(REPORTS_KEY, ...ids)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#redis.disconnect()
  }

  #carryOut(): Promise<Registry> {
    const steps = this.#steps
    this.#steps = []
    this.#next = undefined
    const changed = this.#swap((registry) => steps.reduce((made, step) => step(made), registry))
    this.#underway = Promise.allSettled([changed])
    return changed
  }

  async #swap(step: Step): Promise<Registry> {
    for (let attempt = 0; attempt < SWAPS_MAX; attempt++) {
      const { text, registry } = await this.#load()
      const made = step(registry)
      if (made === registry) return registry
      const swapped = await this.#ask(() => this.#redis.eval(SWAP, 1, VIEW_KEY, text, JSON.stringify(made)))
      if (swapped === 1) return made
    }
    throw new LarderError('OVERLOADED', 'Other uplinks change the registry faster than this one can follow.')
  }

  #load(): Promise<{ text: string; registry: Registry }> {
    return this.#ask(async () => {
      const text = (await this.#redis.get(VIEW_KEY)) ?? ''
      if (text === this.#read.text) return this.#read
      this.#read = { text, registry: text === '' ? EMPTY : StoredRegistry.parse(JSON.parse(text)) }
      return this.#read
    })
  }

  async #ask<T>(question: () => Promise<T>): Promise<T> {
    try {
      const answer = await question()
      this.#recover()
      return answer
    } catch (cause) {
      throw this.#lose(cause)
    }
  }

  #recover(): void {
    if (this.#trouble === undefined) return
    this.#trouble = undefined
    this.#log.info('the store of the registry answers')
  }

  #lose(cause: unknown): LarderError {
    this.#errors.inc()
    // Without a connection a command fails for want of one; why there is none is what helps.
    const error = this.#connectionError ?? cause
    if (this.#trouble === undefined) this.#log.warn({ error }, 'the store of the registry is lost')
    const reason = messageOf(error)
    this.#trouble = `The store of the registry is out of reach: ${reason}.`
    return new LarderError('NOT_READY', this.#trouble, { cause })
  }
}
