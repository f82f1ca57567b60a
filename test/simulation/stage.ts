/** One simulated cluster with its clients, and the promises that hold there at the moment. */
import type { Log } from '../../shared/log.ts'
import { Random } from '../durability/random.ts'
import { Client } from './clients.ts'
import { Fleet } from './fleet.ts'
import { type Kind, WEIGHTS } from './kinds.ts'
import { Ledger, type Rules } from './ledger.ts'
import type { Life } from './life.ts'
import type { Mutation } from './mutations.ts'
import type { Part } from './parts.ts'
import { World } from './world.ts'

export interface StageOptions {
  readonly seed: number
  /** One of these is drawn. */
  readonly kinds: readonly Kind[]
  readonly seconds: number
  /** Of these, each schedule has some; if it is but one, that one. */
  readonly parts: readonly Part[]
  readonly log: Log
  readonly mutation?: Mutation | undefined
  readonly tell?: ((line: string) => void) | undefined
}

/** What is lost with one copy: a member that is killed, or away. */
const NEED_COPIES: readonly Kind[] = ['failures', 'absence']
/** What is acknowledged there is on disk. */
const NEED_DISKS: readonly Kind[] = ['blackout', 'restarts', 'absence']
const LEASES_MS = [1000, 2000, 3000]
const INTERVALS_MS = [undefined, undefined, 0, 200, 1000]
/** How long it may take until all is at rest: a watch that was lost is given up after 35 s. */
const REST_MAX_MS = 90_000
const LOOK_MS = 250
const PARTS_STEP = 7919
/** Longer than a change waits for a replica. */
const QUIET_MS = 1500

export class Stage {
  readonly world: World
  readonly random: Random
  readonly ledger: Ledger
  readonly fleet: Fleet
  readonly clients: Client[]
  readonly kind: Kind
  readonly copies: number
  readonly leaseMs: number
  readonly durationMs: number
  readonly parts: ReadonlySet<Part>
  /** What goes on at the moment that nobody waits for. */
  readonly #underWay = new Set<Promise<void>>()
  readonly #wallStepMaxMs: number
  #sides: ReadonlyMap<number, readonly string[]> | undefined
  #isCalm = true
  #isSplit = false
  #hasLost = false
  #changes = 0

  constructor(options: StageOptions) {
    const { seed, seconds, log, mutation, tell } = options
    this.world = new World(seed, tell)
    this.random = this.world.random.fork()
    // From a stream of their own, so that a seed means the same with them and without.
    const drawing = new Random(seed * PARTS_STEP)
    const isOnlyOne = options.parts.length === 1
    this.parts = new Set(options.parts.filter(() => drawing.below(2) === 0 || isOnlyOne))
    const { world, random } = this
    this.ledger = new Ledger((what) => world.tell(what))
    this.kind = random.pick(options.kinds.flatMap((kind) => new Array<Kind>(WEIGHTS[kind]).fill(kind)))
    this.copies = random.between(NEED_COPIES.includes(this.kind) ? 2 : 1, 3)
    this.leaseMs = LEASES_MS[random.below(LEASES_MS.length)] ?? 1000
    this.durationMs = seconds * 1000
    const skewMaxMs = random.below(2) * random.below(400)
    this.#wallStepMaxMs = 2 * skewMaxMs
    const interval = INTERVALS_MS[random.below(INTERVALS_MS.length)]
    const syncIntervalMs = NEED_DISKS.includes(this.kind) ? 0 : interval
    const bytesMax = this.parts.has('full') ? random.between(40, 100) * 1024 : 2 ** 30
    const isUneven = this.parts.has('clocks')
    const { kind, parts, copies, leaseMs } = this
    const drawn = { copies, leaseMs, skewMaxMs, syncIntervalMs, bytesMax, isUneven }
    const onFault = (what: string) => this.ledger.find(what)
    world.tell(`seed ${seed}: ${kind}, with ${[...parts].join(', ')}, ${JSON.stringify(drawn)}`)
    const uplinks = kind === 'uplinks' ? 2 : 1
    this.fleet = new Fleet({ world, log, ...drawn, uplinks, mutation, onFault })
    for (let number = 0; number < 3; number++) this.ledger.sum(`c${number}`)
    const pauseMaxMs = random.between(50, 500)
    this.clients = Array.from({ length: random.between(2, 4) }, (_, number) =>
      this.#client(number, pauseMaxMs, drawing.fork()),
    )
  }

  get rules(): Rules {
    const isLossless = this.kind !== 'wild' && !this.#hasLost
    const isCalm = this.#isCalm && isLossless
    const mayMiss = this.parts.has('full')
    return {
      isCalm,
      changes: this.#changes,
      isSplit: this.#isSplit,
      isLossless,
      mayMiss,
      wallStepMaxMs: this.#wallStepMaxMs,
    }
  }

  /** From now on reads may be behind, until all is at rest again. */
  unsettle(): void {
    this.#isCalm = false
    this.#changes++
  }

  /** From now on anything may be lost. */
  lose(): void {
    this.#hasLost = true
    this.#changes++
  }

  /** The network is in two; each client reaches the members of one side only. */
  split(sides: readonly (readonly string[])[]): void {
    this.unsettle()
    this.#isSplit = true
    this.#sides = new Map(this.clients.map((_, number) => [number, sides[number % sides.length] ?? []]))
  }

  /** Only once all is whole again: those who were cut off may go by what they knew for a while. */
  rejoin(): void {
    this.#sides = undefined
    this.#isSplit = false
  }

  /** Goes on beside everything else. */
  aside(run: () => Promise<void>): void {
    const running = run().finally(() => this.#underWay.delete(running))
    this.#underWay.add(running)
  }

  /** Until nothing is under way, and all slots are whole again; what follows is judged in full. */
  async rest(): Promise<void> {
    await Promise.all(this.#underWay)
    const { world, fleet, ledger } = this
    const untilMs = world.nowMs + REST_MAX_MS
    // What was lost on its way is missed when its time is over, and not before.
    let leftMs = this.#isCalm ? 0 : QUIET_MS
    for (;;) {
      const { unrest } = fleet
      if (unrest === undefined && leftMs <= 0) break
      leftMs = unrest === undefined ? leftMs - LOOK_MS : this.#isCalm ? 0 : QUIET_MS
      if (world.nowMs > untilMs) {
        ledger.find(`not at rest after ${REST_MAX_MS / 1000} s: ${unrest}`)
        return
      }
      await world.pause(LOOK_MS)
    }
    world.tell('all is at rest')
    if (this.#isCalm) return
    this.#isCalm = true
    this.rejoin()
    this.#changes++
  }

  #client(number: number, pauseMaxMs: number, besides: Random): Client {
    const { world, ledger, parts } = this
    return new Client({
      world,
      ledger,
      parts,
      besides,
      random: world.random.fork(),
      number,
      pauseMaxMs,
      rules: () => this.rules,
      members: () => this.#reachedBy(number),
    })
  }

  #reachedBy(number: number): Life[] {
    const side = this.#sides?.get(number)
    return this.fleet.lives.filter(({ id }) => side === undefined || side.includes(id))
  }
}
