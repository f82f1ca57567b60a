/**
 * Looks at the registry again and again: what other uplinks have changed, and whose lease has lapsed.
 *
 * A member whose lease has lapsed is probed, beside the looks and beside the other probes, and dropped when it
 * does not answer and has not renewed meanwhile. While the store cannot be read, or a look takes long, members
 * may not have been able to renew: then the sightings start anew, and everybody gets a whole lease again.
 */
import { type Clock, pause } from '../shared/clock.ts'
import { toLarderError } from '../shared/errors.ts'
import type { Log } from '../shared/log.ts'
import type { Member } from '../shared/view.ts'
import type { Probes } from './probe.ts'
import type { Registrar } from './registrar.ts'
import { isSame, lapsed, memberOf, observe, type Sightings } from './registry.ts'
import type { RegistryStore } from './store.ts'

export interface LookoutOptions {
  readonly registrar: Registrar
  readonly store: RegistryStore
  readonly probes: Probes
  readonly clock: Clock
  readonly log: Log
  readonly leaseMs: number
}

const INTERVAL_MAX_MS = 250
/** A look that comes later than this part of a lease after the last one says nothing of the time between. */
const GAP_MAX = 0.5
/** Further members wait for a later look. */
const EXAMINATIONS_MAX = 16

export class Lookout implements AsyncDisposable {
  readonly #options: LookoutOptions
  readonly #stopping = new AbortController()
  readonly #examinations = new Map<string, Promise<void>>()
  readonly #running: Promise<void>
  #sightings: Sightings = new Map()
  #lookedAtMs = 0

  /** Resolves after the first look. */
  static async start(options: LookoutOptions): Promise<Lookout> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const lookout = new Lookout(options, resolve)
    await promise
    return lookout
  }

  private constructor(options: LookoutOptions, onFirstLook: () => void) {
    this.#options = options
    this.#running = this.#run(onFirstLook)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort()
    await this.#running
    await Promise.all(this.#examinations.values())
  }

  async #run(onFirstLook: () => void): Promise<void> {
    const { clock, leaseMs } = this.#options
    const intervalMs = Math.min(leaseMs / 10, INTERVAL_MAX_MS)
    while (!this.#stopping.signal.aborted) {
      await this.#look()
      onFirstLook()
      await pause(clock, intervalMs, this.#stopping.signal)
    }
  }

  async #look(): Promise<void> {
    try {
      for (const member of await this.#lapsed()) this.#startExamination(member)
    } catch (error) {
      this.#sightings = new Map()
      this.#complain(error)
    }
  }

  /** Reads the store, and answers whose lease has lapsed by now. */
  async #lapsed(): Promise<Member[]> {
    const { registrar, store, clock, leaseMs } = this.#options
    const registry = await registrar.refresh()
    const renewals = await store.renewals()
    const nowMs = clock.now()
    const isLate = nowMs - this.#lookedAtMs > leaseMs * GAP_MAX
    this.#sightings = observe(isLate ? new Map() : this.#sightings, { registry, renewals, nowMs })
    this.#lookedAtMs = nowMs
    const gone = [...renewals.keys()].filter((id) => memberOf(registry, id) === undefined)
    if (gone.length > 0) await store.forgetRenewals(gone)
    return lapsed(this.#sightings, registry, { nowMs, leaseMs })
  }

  #startExamination(member: Member): void {
    if (this.#examinations.size >= EXAMINATIONS_MAX || this.#examinations.has(member.id)) return
    const examination = this.#examine(member)
      .catch((error) => this.#complain(error))
      .finally(() => this.#examinations.delete(member.id))
    this.#examinations.set(member.id, examination)
  }

  async #examine(member: Member): Promise<void> {
    const { registrar, store, probes } = this.#options
    const outcome = await probes.look(member)
    if (outcome === 'here') return store.renew(member.id)
    const stillLapsed = await this.#lapsed() // It may have renewed while it was looked at.
    if (stillLapsed.some((other) => isSame(other, member))) await registrar.drop(member, outcome)
  }

  /** That the store is out of reach, it has said itself. */
  #complain(error: unknown): void {
    if (toLarderError(error).code !== 'NOT_READY') this.#options.log.error({ error }, 'a look failed')
  }
}
