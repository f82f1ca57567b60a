/**
 * Looks at the registry again and again: what other uplinks have changed, who has not renewed for long, and whom most of
 * those that are there do not reach.
 *
 *     last renewal ──────────────────────▶ looked at ──────────────▶ a lease later: dropped, unless it has
 *                                          (beside the other looks)  renewed meanwhile, or anybody reaches it
 *
 * The looking begins so much before the lease has lapsed that its deadline is over by then: who is gone is out of
 * the view after one lease.
 */
import { type Clock, pause } from '../shared/clock.ts'
import { toLarderError } from '../shared/errors.ts'
import type { Log } from '../shared/log.ts'
import type { Member } from '../shared/view.ts'
import type { Observations } from './observations.ts'
import type { Poll } from './poll.ts'
import { isReached, type Probes } from './probe.ts'
import type { Reachability } from './reachability.ts'
import type { Registrar } from './registrar.ts'
import { isSame, memberOf, quiet, type Registry, seenAt } from './registry.ts'
import type { RegistryStore } from './store.ts'

export interface LookoutOptions {
  readonly registrar: Registrar
  readonly store: RegistryStore
  readonly probes: Probes
  readonly poll: Poll
  readonly reachability: Reachability
  readonly observations: Observations
  readonly clock: Clock
  readonly log: Log
  readonly leaseMs: number
  /** How long a probe takes at most. */
  readonly probeMaxMs: number
}

const INTERVAL_MAX_MS = 250
/** Further members wait for a later look. */
const EXAMINATIONS_MAX = 64

export class Lookout implements AsyncDisposable {
  readonly #options: LookoutOptions
  readonly #intervalMs: number
  readonly #stopping = new AbortController()
  readonly #examinations = new Map<string, Promise<void>>()
  readonly #running: Promise<void>

  /** Resolves after the first look. */
  static async start(options: LookoutOptions): Promise<Lookout> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const lookout = new Lookout(options, resolve)
    await promise
    return lookout
  }

  private constructor(options: LookoutOptions, onFirstLook: () => void) {
    this.#options = options
    this.#intervalMs = Math.min(options.leaseMs / 10, INTERVAL_MAX_MS)
    this.#running = this.#run(onFirstLook)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort()
    await this.#running
    await Promise.all(this.#examinations.values())
  }

  async #run(onFirstLook: () => void): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await this.#look()
      onFirstLook()
      await pause(this.#options.clock, this.#intervalMs, this.#stopping.signal)
    }
  }

  async #look(): Promise<void> {
    const { observations, leaseMs, probeMaxMs } = this.#options
    // This look may come an interval after the moment at which the probe has to begin.
    const forMs = leaseMs - probeMaxMs - this.#intervalMs
    try {
      const { registry, nowMs } = await this.#read()
      for (const member of quiet(observations.sightings, registry, { nowMs, forMs })) {
        this.#start(member, () => this.#examine(member, registry))
      }
      await this.#weigh(registry, nowMs)
    } catch (error) {
      observations.forget()
      this.#complain(error)
    }
  }

  async #read(): Promise<{ registry: Registry; nowMs: number }> {
    const { registrar, store, observations, clock } = this.#options
    const registry = await registrar.refresh()
    const renewals = await store.renewals()
    const nowMs = clock.now()
    observations.note({ registry, renewals, nowMs })
    const gone = [...renewals.keys()].filter((id) => memberOf(registry, id) === undefined)
    if (gone.length > 0) await store.forget(gone)
    return { registry, nowMs }
  }

  /** Whom most do not reach, though it renews. */
  async #weigh(registry: Registry, nowMs: number): Promise<void> {
    const { registrar, store, observations, reachability, leaseMs } = this.#options
    const quietOnes = new Set(quiet(observations.sightings, registry, { nowMs, forMs: leaseMs }))
    const there = registry.members.filter((member) => !quietOnes.has(member))
    const reports = await store.reports()
    const { unseen, leftOut } = reachability.weigh({ registry, there, reports, nowMs })
    for (const member of unseen) this.#start(member, () => this.#see(member, there))
    if (leftOut !== undefined) await registrar.leaveOut(leftOut.member, leftOut.reason)
  }

  async #see(member: Member, there: readonly Member[]): Promise<void> {
    const { poll, reachability, clock } = this.#options
    const others = there.filter(({ id }) => id !== member.id)
    const isReached = await poll.isReached(member, others)
    reachability.note(member, { isReached, atMs: clock.now() })
  }

  #start(member: Member, run: () => Promise<void>): void {
    if (this.#examinations.size >= EXAMINATIONS_MAX || this.#examinations.has(member.id)) return
    const examination = run()
      .catch((error) => this.#complain(error))
      .finally(() => this.#examinations.delete(member.id))
    this.#examinations.set(member.id, examination)
  }

  async #examine(member: Member, before: Registry): Promise<void> {
    const { registrar, probes, observations, clock, leaseMs } = this.#options
    const lapsesAtMs = (seenAt(observations.sightings, member) ?? clock.now()) + leaseMs
    const finding = await probes.look(member, before)
    if (isReached(finding)) return registrar.keep(member, finding)
    while (clock.now() < lapsesAtMs) {
      // A timer may be a moment early.
      await pause(clock, Math.ceil(lapsesAtMs - clock.now()), this.#stopping.signal)
      if (this.#stopping.signal.aborted) return
    }
    const { registry, nowMs } = await this.#read() // It may have renewed meanwhile.
    const lapsed = quiet(observations.sightings, registry, { nowMs, forMs: leaseMs })
    if (lapsed.some((other) => isSame(other, member))) await registrar.drop(member, finding)
  }

  /** That the store is out of reach, it has said itself. */
  #complain(error: unknown): void {
    if (toLarderError(error).code !== 'NOT_READY') this.#options.log.error({ error }, 'a look failed')
  }
}
