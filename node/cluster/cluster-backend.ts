/** A member of a cluster as a backend: in which order it begins, leaves and ends. */
import { LarderError } from '../../shared/errors.ts'
import type { Route } from '../../shared/http/route.ts'
import type { LastView } from '../../shared/view.ts'
import type { Backend, Overdue } from '../backend.ts'
import type { Engine } from '../engine.ts'
import type { Entry } from '../entries/entry.ts'
import type { StampClock } from '../entries/stamp.ts'
import type { Standing } from '../entries/standing.ts'
import type { Watching } from '../watching.ts'
import type { Members } from './members/members.ts'
import type { Slots } from './slots/slots.ts'
import type { Stay } from './stay.ts'

/** Where what was stored goes. */
export interface Restored {
  readonly memory: { merge(slot: number, id: string, entry: Entry): void }
  /** Later writes must be later than all of it. */
  readonly stamps: Pick<StampClock, 'witness' | 'next'>
  readonly slots: {
    restore(standing: Standing): void
    /** The latest view by which all was here that should be. */
    remember(last: LastView): void
  }
}

/** What of a member outlives its process. */
export interface Recoverable {
  /** Why requests should go elsewhere: it is still being read, or the disk does not keep up. */
  readonly notReady: string | undefined
  open(): Promise<void>
  /** Resolves once everything is read, or called off. */
  recover(into: Restored): Promise<void>
  cancelRecovery(): void
  stop(): Promise<void>
}

export interface ClusterBackendOptions extends Restored {
  readonly engine: Engine
  readonly routes: readonly Route[]
  /** Without, there is nobody else to look after. */
  readonly uplink: object | undefined
  readonly members: Members
  readonly slots: Slots
  readonly peers: AsyncDisposable
  readonly stay: Stay
  readonly storage: Recoverable
  /** What looks for entries that have ended. */
  readonly sweeping: { start(): void; stop(): void }
  /** What it tells of changes, to the others, and to those who watch here. */
  readonly source: { start(): void; stop(): void }
  readonly feed: Watching & { end(): void }
  /** What the page is told. */
  readonly showing: { end(): void }
}

export class ClusterBackend implements Backend {
  readonly #options: ClusterBackendOptions
  #started: Promise<void> = Promise.resolve()
  #isLeaving = false
  #owed = 0

  constructor(options: ClusterBackendOptions) {
    this.#options = options
  }

  get engine(): Engine {
    return this.#options.engine
  }

  get isOnePlace(): boolean {
    return this.#options.uplink === undefined
  }

  /** One at the least, where there is anybody else. */
  get copiesElsewhere(): number {
    return this.isOnePlace ? 0 : 1
  }

  get watching(): Watching {
    return this.#options.feed
  }

  get routes(): readonly Route[] {
    return this.#options.routes
  }

  get notReady(): string | undefined {
    const { storage, stay } = this.#options
    return storage.notReady ?? stay.notReady
  }

  get waitingFor(): readonly string[] {
    return this.#options.slots.outstanding.waiting.members
  }

  get overdue(): readonly Overdue[] {
    return this.#options.slots.outstanding.overdue
  }

  /** Slots that nobody could be found to take when it left. */
  get owed(): number {
    return this.#owed
  }

  open(): Promise<void> {
    return this.#options.storage.open()
  }

  /** Joins once all that it had is back. */
  async start(): Promise<void> {
    const { members, slots, uplink, storage, sweeping, source } = this.#options
    sweeping.start()
    source.start()
    const recovered = storage.recover(this.#options)
    this.#started = recovered.catch(() => {})
    await recovered
    if (this.#isLeaving) return
    members.start()
    if (uplink !== undefined) slots.start()
  }

  /** Hands over its slots, then leaves the view. */
  async leave(): Promise<void> {
    this.#isLeaving = true
    this.#options.storage.cancelRecovery()
    await this.#started
    this.#owed = await this.#options.stay.end()
    this.#options.feed.end()
    this.#options.showing.end()
  }

  async stop(): Promise<void> {
    const { members, slots, peers, storage, sweeping, source, feed } = this.#options
    sweeping.stop()
    feed.end()
    source.stop()
    members.stop()
    slots.stop()
    await peers[Symbol.asyncDispose]()
    await storage.stop()
    if (this.#owed > 0)
      throw new LarderError('NOT_SAVED', `${this.#owed} slots were not handed over in time.`)
  }
}
