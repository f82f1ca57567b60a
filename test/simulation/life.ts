/** One life of a member's process: the real member on a simulated host, network and disk. */
import { Registry } from 'prom-client'
import type { Restored } from '../../node/cluster/cluster-backend.ts'
import type { ClusterMetrics } from '../../node/cluster/metrics.ts'
import type { ExecuteOptions } from '../../node/engine.ts'
import type { Entry } from '../../node/entries/entry.ts'
import { StampClock, TICKS_PER_MS } from '../../node/entries/stamp.ts'
import { type ClusterMember, createMember } from '../../node/member.ts'
import { Recovery } from '../../node/storage/recovery.ts'
import { REMEMBERS_NOTHING, StoredStandings } from '../../node/storage/standings.ts'
import { KEEPS_NOTHING } from '../../node/storage/storage.ts'
import { WriteBehind } from '../../node/storage/write-behind.ts'
import type { Command, Reply } from '../../shared/command.ts'
import type { Log } from '../../shared/log.ts'
import { Turns } from '../../shared/turns.ts'
import type { Member } from '../../shared/view.ts'
import type { Random } from '../durability/random.ts'
import type { DiskFile } from './disk.ts'
import { forgedReply, passedOn } from './door.ts'
import { Host, type Wall } from './host.ts'
import type { Mutation } from './mutations.ts'
import type { Listener, Network } from './network.ts'
import type { FakeUplink } from './uplink.ts'
import { UplinkCaller } from './uplink-caller.ts'
import type { World } from './world.ts'

/** How long a request may take, as PEER_TIMEOUT_MS has it. */
export const WAIT_MAX_MS = 2000
/** A process that has left is still there for a while. */
const QUIET_MS = 500
/** Longer than it takes here until all who are to come back are. */
const WAIT_FOR_HOLDERS_MS = 30_000

export interface Surroundings {
  readonly world: World
  readonly network: Network
  readonly uplinks: readonly FakeUplink[]
  readonly metrics: ClusterMetrics
  readonly log: Log
  readonly mutation: Mutation | undefined
}

export interface LifeOptions extends Surroundings {
  readonly self: Member
  readonly random: Random
  readonly wall: Wall
  readonly bytesMax: number
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
  readonly #standings: StoredStandings | undefined
  readonly #turns: Turns
  readonly #stamps: StampClock
  #recovery: Recovery | undefined
  #leaving: Promise<number> | undefined

  constructor(options: LifeOptions) {
    const { self, random, disk, mutation, metrics, network } = options
    this.#options = options
    this.self = self
    this.host = new Host(options)
    this.#turns = shortTurns(this.host, random.fork())
    const log = options.log.child({ member: self.incarnation })
    if (disk !== undefined) {
      const times = disk.file.timesOn(this.host)
      const target = disk.file.writtenBy(this.host, times, random, mutation)
      const { intervalMs } = disk
      this.#writes = new WriteBehind({
        clock: this.host,
        turns: this.#turns,
        log,
        target,
        times,
        intervalMs,
        waitMaxMs: WAIT_MAX_MS,
      })
    }
    const writes = this.#writes
    this.#standings = writes && new StoredStandings(writes)
    this.#stamps = new StampClock(self.incarnation)
    this.calls = new UplinkCaller({ ...options, id: self.id, host: this.host })
    this.member = createMember({
      self,
      clock: this.host,
      turns: this.#turns,
      log,
      metrics,
      stamps: this.#stamps,
      uplink: this.calls,
      registry: new Registry(),
      storage: {
        keeper: writes ?? KEEPS_NOTHING,
        standings: this.#standings ?? REMEMBERS_NOTHING,
        notReady: undefined,
        open: async () => {},
        recover: (into) => this.#recover(into),
        cancelRecovery: () => this.#recovery?.cancel(),
        stop: async () => writes?.stop(),
      },
      shardLimit: 2,
      queueMax: 1000,
      bytesMax: options.bytesMax,
      bodyBytesMax: options.bytesMax,
      waitForHoldersMs: WAIT_FOR_HOLDERS_MS,
      requests: () => 0,
      connect: (other) => network.connect(this, other),
      inFrontOf: (shards) => shards,
      onView: () => {},
      onRejected: (error) => {
        options.world.tell(`${self.incarnation} is rejected: ${error.message}`)
        this.kill()
      },
    })
    // What the disk had is read in a moment; until then it answers others as somebody who has nothing.
    this.host.after(1 + random.below(40), () => void this.member.backend.start())
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

  get peers() {
    return this.member.peers
  }

  get slots() {
    return this.member.slots
  }

  get isLeaving(): boolean {
    return this.#leaving !== undefined
  }

  /** Whether a load balancer sends it requests. */
  get isReady(): boolean {
    return this.host.isRunning && !this.isLeaving && this.member.stay.notReady === undefined
  }

  /** What its door does with a command. */
  async execute(command: Command, options: ExecuteOptions): Promise<Reply> {
    const { mutation } = this.#options
    const forged = forgedReply(command, this.#options)
    return forged ?? (await this.member.router.execute(passedOn(command, mutation), options))
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
    const { backend } = this.member
    await backend.leave()
    await new Promise<void>((resolve) => void this.host.after(QUIET_MS, resolve))
    await backend.stop().catch(() => {}) // Of what is owed the caller hears.
    this.kill()
    return backend.owed
  }

  async #recover(into: Restored): Promise<void> {
    const { disk, log, mutation } = this.#options
    const [writes, standings] = [this.#writes, this.#standings]
    if (disk === undefined || writes === undefined || standings === undefined) return
    const { rows } = disk.file
    const read = async function* () {
      yield rows
    }
    this.#recovery = new Recovery({
      turns: this.#turns,
      disk: { open: async () => ({ rows: rows.length, adopted: 0, facts: {} }), read },
      clock: this.host,
      times: disk.file.timesOn(this.host),
      writes,
      standings,
      log,
    })
    await this.#recovery.run(mutation === 'date the disk anew' ? datedAnew(into) : into)
  }
}

/** Now and then anything comes between two steps of what is long in the world, where time stands still meanwhile. */
function shortTurns(host: Host, random: Random): Turns {
  let nowMs = 0
  return new Turns({
    now() {
      nowMs += random.below(2)
      return nowMs
    },
    afterTurn: (run) => void host.after(random.below(3), run),
    note() {},
  })
}

/** As if all of it had been written half an hour later. */
function datedAnew(into: Restored): Restored {
  const later = (entry: Entry): Entry => {
    if (entry.kind !== 'register') return entry
    const { time, origin } = entry.stamp
    return { ...entry, stamp: { time: time + 1_800_000 * TICKS_PER_MS, origin } }
  }
  const merge = (slot: number, id: string, entry: Entry) => into.memory.merge(slot, id, later(entry))
  return { ...into, memory: { merge } }
}
