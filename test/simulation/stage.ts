/** One simulated cluster with its clients, and the promises that hold there at the moment. */
import type { Log } from '../../shared/log.ts'
import type { Random } from '../durability/random.ts'
import { Client } from './clients.ts'
import { Fleet } from './fleet.ts'
import { KINDS, type Kind } from './kinds.ts'
import { Ledger, type Rules } from './ledger.ts'
import type { Life } from './life.ts'
import type { Mutation } from './mutations.ts'
import { World } from './world.ts'

export interface StageOptions {
  readonly seed: number
  readonly kind?: Kind | undefined
  readonly seconds: number
  readonly log: Log
  readonly mutation?: Mutation | undefined
  readonly tell?: ((line: string) => void) | undefined
}

const LEASES_MS = [1000, 2000, 3000]
const INTERVALS_MS = [undefined, undefined, 0, 200, 1000]
/** How long it may take until all is at rest: a watch that was lost is given up after 35 s. */
const REST_MAX_MS = 90_000
const LOOK_MS = 250
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
  /** What goes on at the moment that nobody waits for. */
  readonly #underWay = new Set<Promise<void>>()
  #sides: ReadonlyMap<number, readonly string[]> | undefined
  #isCalm = true
  #isSplit = false
  #changes = 0

  constructor(options: StageOptions) {
    const { seed, seconds, log, mutation, tell } = options
    this.world = new World(seed, tell)
    this.random = this.world.random.fork()
    const { world, random } = this
    this.ledger = new Ledger((what) => world.tell(what))
    const drawn = KINDS[[0, 0, 0, 1, 1, 1, 1, 2, 3, 3][random.below(10)] ?? 0] ?? 'wild'
    this.kind = options.kind ?? drawn
    this.copies = this.kind === 'failures' ? random.between(2, 3) : random.between(1, 3)
    this.leaseMs = LEASES_MS[random.below(LEASES_MS.length)] ?? 1000
    this.durationMs = seconds * 1000
    const skewMaxMs = random.below(2) * random.below(400)
    const interval = INTERVALS_MS[random.below(INTERVALS_MS.length)]
    const syncIntervalMs = this.kind === 'blackout' ? 0 : interval
    const { copies, leaseMs } = this
    const onFault = (what: string) => this.ledger.find(what)
    world.tell(
      `seed ${seed}: ${this.kind}, ${JSON.stringify({ copies, leaseMs, skewMaxMs, syncIntervalMs })}`,
    )
    this.fleet = new Fleet({ world, log, copies, leaseMs, skewMaxMs, syncIntervalMs, mutation, onFault })
    for (let number = 0; number < 3; number++) this.ledger.sum(`c${number}`)
    const pauseMaxMs = random.between(50, 500)
    this.clients = Array.from({ length: random.between(2, 4) }, (_, number) =>
      this.#client(number, pauseMaxMs),
    )
  }

  get rules(): Rules {
    const isLossless = this.kind !== 'wild'
    return { isCalm: this.#isCalm && isLossless, changes: this.#changes, isSplit: this.#isSplit, isLossless }
  }

  /** From now on reads may be behind, until all is at rest again. */
  unsettle(): void {
    this.#isCalm = false
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

  #client(number: number, pauseMaxMs: number): Client {
    const { world, ledger } = this
    return new Client({
      world,
      ledger,
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
