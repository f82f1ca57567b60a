/** All processes of a simulated cluster: who runs where, who is stopped, who is cut off from whom. */
import { Registry } from 'prom-client'
import { createClusterMetrics } from '../../node/cluster/metrics.ts'
import { FORMATS } from '../../node/cluster/wire/calls.ts'
import { markOf } from '../../shared/incarnation.ts'
import type { Log } from '../../shared/log.ts'
import { SLOTS } from '../../shared/placement.ts'
import type { Random } from '../durability/random.ts'
import { DiskFile } from './disk.ts'
import type { Wall } from './host.ts'
import { Life } from './life.ts'
import type { Mutation } from './mutations.ts'
import { CALM, Network } from './network.ts'
import { FakeUplink, UPLINK } from './uplink.ts'
import { UplinkStore } from './uplink-store.ts'
import type { World } from './world.ts'

export interface FleetOptions {
  readonly world: World
  readonly log: Log
  readonly copies: number
  readonly leaseMs: number
  readonly skewMaxMs: number
  /** `undefined`: nobody has a disk. */
  readonly syncIntervalMs: number | undefined
  readonly bytesMax: number
  /** Whether the wall clocks of hosts are hours apart; beyond that, lives differ by the skew. */
  readonly isUneven: boolean
  /** How many of them share a store. */
  readonly uplinks: number
  readonly mutation: Mutation | undefined
  onFault(what: string): void
}

const HOUR_MS = 3_600_000

/** What a process finds on its disk when it starts. */
export type Found = 'what it wrote' | 'nothing' | 'something old'

export class Fleet {
  readonly network: Network
  readonly store: UplinkStore
  /** In the order in which members ask them. */
  readonly uplinks: readonly FakeUplink[]
  readonly uplink: FakeUplink
  readonly metrics = createClusterMetrics(new Registry())
  readonly #options: FleetOptions
  readonly #random: Random
  readonly #lives = new Map<string, Life>()
  readonly #files = new Map<string, DiskFile>()
  readonly #oldFiles = new Map<string, DiskFile>()
  readonly #walls = new Map<string, Wall>()
  #born = 0
  /** Slots that members took with them because nobody took them over. */
  owed = 0

  constructor(options: FleetOptions) {
    const { world, mutation, onFault, leaseMs, copies, uplinks } = options
    this.#options = options
    this.#random = world.random.fork()
    const listenerAt = (url: string) => this.#lives.get(url.slice('http://'.length))
    this.network = new Network({ world, random: world.random.fork(), mutation, listenerAt, onFault })
    const random = world.random.fork()
    this.store = new UplinkStore(world, copies)
    const shared = { world, random, network: this.network, store: this.store, leaseMs, listenerAt }
    this.uplink = new FakeUplink({ ...shared, name: UPLINK })
    const others = Array.from({ length: uplinks - 1 }, (_, number) => `${UPLINK}-${number + 2}`)
    const storeOf = () => (mutation === 'part the uplinks' ? new UplinkStore(world, copies) : this.store)
    const next = others.map((name) => new FakeUplink({ ...shared, name, store: storeOf() }))
    this.uplinks = [this.uplink, ...next]
  }

  /** Every process that is there. */
  get lives(): Life[] {
    return [...this.#lives.values()]
  }

  /** Those that run, and are not about to go. */
  get staying(): Life[] {
    return this.lives.filter(({ host, isLeaving }) => host.isRunning && !isLeaving)
  }

  isThere(id: string): boolean {
    return this.#lives.has(id)
  }

  start(id: string, found: Found = 'what it wrote'): void {
    const { world, log, bytesMax, mutation, syncIntervalMs } = this.#options
    if (this.isThere(id)) throw new Error(`${id} runs already`)
    const number = ++this.#born
    const random = this.#random.fork()
    world.tell(`start ${id}-${number}, with ${found} on its disk`)
    const life = new Life({
      world,
      log,
      network: this.network,
      uplinks: this.uplinks,
      metrics: this.metrics,
      mutation,
      random,
      self: { id, url: `http://${id}`, incarnation: `${markOf(id)}-${id}-${number}`, formats: [...FORMATS] },
      wall: this.#wallOf(id, random),
      bytesMax,
      disk:
        syncIntervalMs === undefined
          ? undefined
          : { file: this.#file(id, found), intervalMs: syncIntervalMs },
      onEnd: () => {
        if (this.#lives.get(id) === life) this.#lives.delete(id)
      },
    })
    this.#lives.set(id, life)
  }

  kill(life: Life): void {
    this.#options.world.tell(`kill ${life.incarnation}`)
    life.kill()
  }

  async leave(life: Life): Promise<void> {
    const { world } = this.#options
    world.tell(`${life.incarnation} leaves`)
    const death = Promise.withResolvers<number>()
    life.host.onDeath(() => death.resolve(0))
    const owed = await Promise.race([life.leave(), death.promise])
    world.tell(`${life.incarnation} has left${owed > 0 ? `, with ${owed} slots that nobody took` : ''}`)
    this.owed += owed
  }

  stop(life: Life): void {
    this.#options.world.tell(`stop ${life.incarnation}`)
    life.host.stop()
  }

  continue(life: Life): void {
    this.#options.world.tell(`continue ${life.incarnation}`)
    life.host.continue()
  }

  /** Cuts these members, and uplink where it is among them, off from all others; one way only, or both. */
  cutOff(ids: readonly string[], others: readonly string[], ways: 'out' | 'in' | 'both'): void {
    this.#options.world.tell(`cut ${ids.join(', ')} off from ${others.join(', ')}: ${ways}`)
    for (const id of ids)
      for (const other of others) {
        if (ways !== 'in') this.network.cut(id, other)
        if (ways !== 'out') this.network.cut(other, id)
      }
  }

  /** Whatever is broken, and can be, is mended. */
  heal(): void {
    this.#options.world.tell('everything heals')
    this.network.weather = CALM
    this.network.mend()
    for (const uplink of this.uplinks) {
      uplink.slowMs = 0
      if (!uplink.isUp) uplink.start({ isEmpty: false })
    }
    for (const life of this.lives) if (!life.host.isRunning) this.continue(life)
  }

  /** What keeps it from being at rest; `undefined` once it is. */
  get unrest(): string | undefined {
    const { epoch, members } = this.store.view
    const { lives } = this
    const isKnown = ({ incarnation }: Life) => members.some((member) => member.incarnation === incarnation)
    const isRegistered = members.length === lives.length && lives.every(isKnown)
    if (!isRegistered) return `uplink knows ${members.map(({ incarnation }) => incarnation)}`
    for (const life of lives) {
      if (!life.host.isRunning) return `${life.incarnation} is stopped`
      if (life.isLeaving) return `${life.incarnation} is leaving`
      const { members: views, memory } = life.member
      const { holdings, doubts } = life.member.slots
      if (views.placed?.epoch !== epoch) return `${life.incarnation} is at epoch ${views.placed?.epoch}`
      const { arriving } = holdings.counts
      if (arriving > 0) return `${arriving} slots arrive at ${life.incarnation}`
      for (let slot = 0; slot < SLOTS; slot++) {
        const role = holdings.roleOf(slot)
        if (role === 'owner' && !doubts.isSafe(slot))
          return `slot ${slot} of ${life.incarnation} is not safe: ${this.#doubted(life, slot)}`
        if (role === 'none' && memory.slots.holds(slot)) return this.#kept(life, slot)
      }
      const { slots } = doubts.short
      if (slots > 0 && lives.length >= this.#options.copies)
        return `${slots} slots of ${life.incarnation} are short`
    }
    return undefined
  }

  /** Why somebody still has a slot that is not its own. */
  #kept({ incarnation, member }: Life, slot: number): string {
    const owner = this.#lives.get(member.members.placed?.ownerOf(slot)?.id ?? '')
    const isThere = owner?.member.slots.holdings.isOwn(slot) === true
    const told =
      owner === undefined ? 'who is gone' : isThere ? this.#doubted(owner, slot) : 'who has not all of it'
    return `${incarnation} holds slot ${slot} of ${owner?.incarnation}: ${told}`
  }

  #doubted({ member: { slots, members } }: Life, slot: number): string {
    const holders = members.placed?.holdersOf(slot).map(({ incarnation }) => incarnation)
    const doubted = this.lives.filter(({ incarnation }) => slots.doubts.doubtsOf(incarnation).has(slot))
    return `${doubted.map(({ incarnation }) => incarnation)} may lack something, and ${holders} hold it`
  }

  /** Keeps what a disk holds now, to be found again much later. */
  backUp(): void {
    for (const [id, file] of this.#files) this.#oldFiles.set(id, file.copy())
  }

  #wallOf(id: string, random: Random): Wall {
    const { skewMaxMs, isUneven } = this.#options
    const skewMs = random.between(-skewMaxMs, skewMaxMs)
    if (!isUneven) return { offsetMs: skewMs, drift: 0 }
    const known = this.#walls.get(id)
    if (known !== undefined) return known
    const mostMs = random.below(4) === 0 ? 10 * HOUR_MS : HOUR_MS
    const wall = { offsetMs: random.between(-mostMs, mostMs), drift: random.between(-500, 500) / 1_000_000 }
    this.#walls.set(id, wall)
    return wall
  }

  #file(id: string, found: Found): DiskFile {
    const old = this.#oldFiles.get(id)
    const file = found === 'something old' && old ? old.copy() : this.#files.get(id)
    const used = found === 'nothing' || file === undefined ? new DiskFile() : file
    this.#files.set(id, used)
    return used
  }
}
