/** What happens to a simulated cluster, one thing at a time or several at once. */
import type { Found } from './fleet.ts'
import type { Life } from './life.ts'
import type { Stage } from './stage.ts'

const IDS = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
const MEMBERS_MAX = 6
const FOUND: readonly Found[] = ['what it wrote', 'what it wrote', 'nothing', 'something old']

export class Events {
  readonly #stage: Stage

  constructor(stage: Stage) {
    this.#stage = stage
  }

  any<T>(things: readonly T[]): T | undefined {
    return things[this.#stage.random.below(things.length)]
  }

  #shuffled<T>(things: readonly T[]): T[] {
    const { random } = this.#stage
    return things
      .map((thing) => ({ thing, place: random.below(2 ** 30) }))
      .sort((one, other) => one.place - other.place)
      .map(({ thing }) => thing)
  }

  /** The cluster as it is at first. */
  begin(): void {
    const { random, fleet } = this.#stage
    for (const id of IDS.slice(0, random.between(3, 5))) fleet.start(id)
  }

  join(): void {
    const { fleet } = this.#stage
    const free = IDS.filter((id) => !fleet.isThere(id))
    if (fleet.lives.length >= MEMBERS_MAX) return
    const id = this.any(free)
    if (id !== undefined) fleet.start(id)
  }

  /** Some leave in good order, while enough stay. @returns how many. */
  leave(most: number): number {
    const { fleet, kind, copies } = this.#stage
    const needed = kind === 'failures' ? Math.max(2, copies) : 2
    const spare = fleet.staying.filter(({ isReady }) => isReady).length - needed
    const leaving = this.#shuffled(fleet.staying).slice(0, Math.max(0, Math.min(most, spare)))
    for (const life of leaving) this.#stage.aside(() => fleet.leave(life))
    return leaving.length
  }

  /** As an update of the software does it. */
  restart(): void {
    const { fleet, world, random, kind, copies } = this.#stage
    const needed = kind === 'failures' ? Math.max(2, copies) : 2
    const life = fleet.staying.length > needed ? this.any(fleet.staying) : undefined
    if (life === undefined) return
    this.#stage.aside(async () => {
      await fleet.leave(life)
      await world.pause(random.below(1000))
      if (!fleet.isThere(life.id)) fleet.start(life.id)
    })
  }

  kill(): void {
    const { fleet, random } = this.#stage
    const life = this.any(fleet.lives)
    if (life === undefined || fleet.lives.length < 2) return
    fleet.kill(life)
    if (random.below(3) > 0) this.#startAgain(life, this.any(FOUND) ?? 'nothing')
  }

  #startAgain({ id }: Life, found: Found): void {
    const { fleet, world, random } = this.#stage
    this.#stage.aside(async () => {
      await world.pause(random.below(2) === 0 ? random.below(100) : random.below(5000))
      if (!fleet.isThere(id)) fleet.start(id, found)
    })
  }

  /** As by SIGSTOP, shorter or longer than a lease. */
  stop(): void {
    const { fleet, world, random, leaseMs } = this.#stage
    const life = this.any(fleet.lives.filter(({ host }) => host.isRunning))
    if (life === undefined) return
    this.#stage.unsettle()
    fleet.stop(life)
    this.#stage.aside(async () => {
      await world.pause(random.below(2) === 0 ? random.below(leaseMs) : random.below(3 * leaseMs))
      fleet.continue(life)
    })
  }

  /** Two sides, uplink on one of them or on both; or one that is not heard, or does not hear. */
  partition(): void {
    const { fleet, world, random, leaseMs } = this.#stage
    const ids = this.#shuffled(fleet.lives.map(({ id }) => id))
    const some = ids.slice(0, random.between(1, Math.max(1, ids.length >> 1)))
    const others = ids.filter((id) => !some.includes(id))
    const ways = this.any(['both', 'both', 'out', 'in'] as const) ?? 'both'
    this.#stage.split([others, some])
    fleet.cutOff(
      some,
      random.below(3) === 0 ? others : [...others, ...fleet.uplinks.map(({ name }) => name)],
      ways,
    )
    this.#stage.aside(async () => {
      await world.pause(300 + random.below(3 * leaseMs))
      world.tell('the network is whole again')
      fleet.network.mend()
    })
  }

  /** Messages are lost, late, or come twice. */
  weather(): void {
    const { fleet, world, random } = this.#stage
    this.#stage.unsettle()
    const isLossy = random.below(2) === 0
    fleet.network.weather = {
      delayMaxMs: random.between(1, 60),
      lost: isLossy ? random.below(100) : 0,
      late: random.below(100),
      lateMaxMs: random.below(2500),
      repeated: random.below(200),
    }
    world.tell(`weather: ${JSON.stringify(fleet.network.weather)}`)
    this.#stage.aside(async () => {
      await world.pause(500 + random.below(4000))
      world.tell('the weather is calm again')
      fleet.network.weather = { ...fleet.network.weather, lost: 0, late: 0, repeated: 0, delayMaxMs: 3 }
    })
  }

  /** @returns whether somebody may start meanwhile. */
  uplinkTrouble(): boolean {
    const { fleet, world, random } = this.#stage
    const { network } = fleet
    const uplink = this.any(fleet.uplinks) ?? fleet.uplink
    const { name } = uplink
    if (!uplink.isUp || uplink.slowMs > 0) return true
    if (fleet.uplinks.length > 1 && random.below(4) === 0) {
      world.tell('the store of the uplinks is wiped')
      fleet.store.forget()
      return false
    }
    const dice = random.below(4)
    const some = this.#shuffled(fleet.lives.map(({ id }) => id)).slice(0, fleet.lives.length > 3 ? 2 : 1)
    if (dice === 0) uplink.slowMs = random.between(50, 900)
    else if (dice === 1) for (const id of some) fleet.cutOff([id], [name], 'both')
    else uplink.stop()
    world.tell(
      [`${name} is slow`, `${name} is cut off from ${some}`, `${name} is down`, `${name} is down`][dice] ??
        '',
    )
    this.#stage.aside(async () => {
      await world.pause(100 + random.below(dice === 1 ? 6000 : 3000))
      world.tell(`${name} is well again`)
      uplink.slowMs = 0
      if (dice === 1) network.mend()
      if (dice > 1) uplink.start({ isEmpty: dice === 2 })
    })
    // Whoever came first to an uplink that has forgotten everybody would for a moment be a cluster of its own.
    return dice !== 2
  }

  /** Everybody dies in the same moment, and starts again with what is on disk. */
  async blackout(): Promise<void> {
    const { fleet, world, random, clients } = this.#stage
    await this.#stage.rest()
    for (const client of clients) client.isPaused = true
    const ids = fleet.lives.map(({ id }) => id)
    for (const life of fleet.lives) fleet.kill(life)
    for (const id of ids) {
      await world.pause(random.below(600))
      fleet.start(id)
    }
    await this.#stage.rest()
    for (const client of clients) client.isPaused = false
  }
}
