/** One life of a member's process: the real member on a simulated host, network and disk. */
import type { ClusterMetrics } from '../../node/cluster/metrics.ts'
import { timesOf } from '../../node/entries/entry.ts'
import { StampClock } from '../../node/entries/stamp.ts'
import { type ClusterMember, createMember } from '../../node/member.ts'
import { startSweeping } from '../../node/memory/sweeping.ts'
import { WriteBehind } from '../../node/storage/write-behind.ts'
import type { Log } from '../../shared/log.ts'
import type { Member } from '../../shared/view.ts'
import type { Random } from '../durability/random.ts'
import type { DiskFile } from './disk.ts'
import { Host } from './host.ts'
import type { Mutation } from './mutations.ts'
import type { Listener, Network } from './network.ts'
import type { FakeUplink } from './uplink.ts'
import { UplinkCaller } from './uplink-caller.ts'
import type { World } from './world.ts'

/** How long a request may take, as PEER_TIMEOUT_MS has it. */
export const WAIT_MAX_MS = 2000
/** A process that has left is still there for a while. */
const QUIET_MS = 500
const BYTES_MAX = 2 ** 30

export interface Surroundings {
  readonly world: World
  readonly network: Network
  readonly uplink: FakeUplink
  readonly metrics: ClusterMetrics
  readonly log: Log
  readonly mutation: Mutation | undefined
}

export interface LifeOptions extends Surroundings {
  readonly self: Member
  readonly random: Random
  readonly skewMs: number
  readonly disk: { readonly file: DiskFile; readonly intervalMs: number } | undefined
  /** Called once the process is gone, for whatever reason. */
  onEnd(): void
}

export class Life implements Listener {
  readonly self: Member
  readonly host: Host
  readonly member: ClusterMember
  readonly calls: UplinkCaller
  readonly #options: LifeOptions
  readonly #writes: WriteBehind | undefined
  readonly #stamps: StampClock
  #leaving: Promise<number> | undefined

  constructor(options: LifeOptions) {
    const { self, random, disk, mutation, metrics, network } = options
    this.#options = options
    this.self = self
    this.host = new Host(options)
    const log = options.log.child({ member: self.incarnation })
    if (disk !== undefined) {
      const target = disk.file.writtenBy(this.host, random, mutation)
      const { intervalMs } = disk
      this.#writes = new WriteBehind({ clock: this.host, log, target, intervalMs, waitMaxMs: WAIT_MAX_MS })
    }
    const writes = this.#writes
    this.#stamps = new StampClock(self.incarnation)
    this.calls = new UplinkCaller({ ...options, id: self.id, host: this.host })
    this.member = createMember({
      self,
      clock: this.host,
      log,
      metrics,
      stamps: this.#stamps,
      uplink: this.calls,
      keepers: writes === undefined ? [] : [writes],
      storage: {
        forget: (forgotten) => writes?.forget(forgotten),
        drop: (slots) => writes?.drop(slots),
      },
      shardLimit: 2,
      queueMax: 1000,
      bytesMax: BYTES_MAX,
      connect: (other) => network.connect(this, other),
      inFrontOf: (shards) => shards,
      onView: () => {},
      onRejected: (error) => {
        options.world.tell(`${self.incarnation} is rejected: ${error.message}`)
        this.kill()
      },
    })
    // What the disk had is read in a moment; until then it answers others as somebody who has nothing.
    this.host.after(1 + random.below(40), () => this.#begin())
  }

  get id(): string {
    return this.self.id
  }

  get incarnation(): string {
    return this.self.incarnation
  }

  get inbox() {
    return this.member.inbox
  }

  get slotInbox() {
    return this.member.slotInbox
  }

  get isLeaving(): boolean {
    return this.#leaving !== undefined
  }

  /** Whether a load balancer sends it requests. */
  get isReady(): boolean {
    return this.host.isRunning && !this.isLeaving && this.member.stay.notReady === undefined
  }

  kill(): void {
    if (this.host.isDead) return
    this.host.die()
    this.#options.onEnd()
  }

  /** Ends in good order. @returns how many slots nobody took. */
  leave(): Promise<number> {
    this.#leaving ??= this.#leave()
    return this.#leaving
  }

  async #leave(): Promise<number> {
    const owed = await this.member.stay.end()
    await new Promise<void>((resolve) => void this.host.after(QUIET_MS, resolve))
    await this.member.stop()
    await this.#writes?.stop()
    this.kill()
    return owed
  }

  #begin(): void {
    for (const { slot, id, entry } of this.#options.disk?.file.entries ?? []) {
      for (const stamp of timesOf(entry)) this.#stamps.witness(stamp)
      this.member.memory.merge(slot, id, entry)
    }
    startSweeping(this.member.memory, this.host)
    this.member.start()
  }
}
