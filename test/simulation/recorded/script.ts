/** A simulated cluster that is driven step by step: what happens is written down, and nothing of it drawn. */
import type { KeyCommand, Reply } from '../../../shared/command.ts'
import type { Log } from '../../../shared/log.ts'
import { slotOf } from '../../../shared/placement.ts'
import { rankMembers } from '../../../shared/placing.ts'
import { ask, type Result } from '../asking.ts'
import { Fleet } from '../fleet.ts'
import { Ledger } from '../ledger.ts'
import type { Life } from '../life.ts'
import { World } from '../world.ts'

export interface Scene {
  readonly copies: number
  readonly leaseMs: number
  /** `undefined`: nobody has a disk. */
  readonly syncIntervalMs?: number
}

export interface ScriptOptions {
  readonly log: Log
  readonly tell?: ((line: string) => void) | undefined
}

const REST_MAX_MS = 90_000
const LOOK_MS = 100
const PATIENCE_MS = 10_000

export class Script {
  readonly world: World
  readonly ledger: Ledger
  readonly fleet: Fleet

  constructor({ copies, leaseMs, syncIntervalMs }: Scene, { log, tell }: ScriptOptions) {
    this.world = new World(1, tell)
    const { world } = this
    this.ledger = new Ledger((what) => world.tell(what))
    const onFault = (what: string) => this.ledger.find(what)
    const still = { skewMaxMs: 0, isUneven: false, bytesMax: 2 ** 30, uplinks: 1, mutation: undefined }
    this.fleet = new Fleet({ world, log, copies, leaseMs, syncIntervalMs, ...still, onFault })
  }

  life(id: string): Life {
    const life = this.fleet.lives.find((other) => other.id === id)
    if (life === undefined) throw new Error(`${id} is not there`)
    return life
  }

  /** A key whose slot goes to these first, in this order, where the others are there too. */
  keyOf(first: readonly string[], others: readonly string[]): string {
    const ids = [...first, ...others]
    for (let number = 0; ; number++) {
      const key = `key${number}`
      const ranked = rankMembers(slotOf(key), ids).map((index) => ids[index])
      if (first.every((id, place) => ranked[place] === id)) return key
    }
  }

  pause(forMs: number): Promise<void> {
    return this.world.pause(forMs)
  }

  /** Until all is whole. */
  async rest(): Promise<void> {
    const untilMs = this.world.nowMs + REST_MAX_MS
    while (this.fleet.unrest !== undefined && this.world.nowMs < untilMs) await this.pause(LOOK_MS)
    if (this.fleet.unrest !== undefined) this.ledger.find(`not at rest: ${this.fleet.unrest}`)
  }

  ask(id: string, command: KeyCommand): Promise<Result> {
    return ask(this, this.life(id), command)
  }

  /** Asks until there is an answer: a refusal is one to be tried again. */
  async insist(id: string, command: KeyCommand): Promise<Reply> {
    const untilMs = this.world.nowMs + PATIENCE_MS
    while (this.world.nowMs < untilMs) {
      const result = await this.ask(id, command)
      if ('reply' in result) return result.reply
      await this.pause(LOOK_MS)
    }
    throw new Error(`${command.type} has no answer through ${id}`)
  }

  /** Through every member there is. */
  async totalIs(expected: number, key: string): Promise<void> {
    for (const { id } of this.fleet.lives) {
      const reply = await this.insist(id, { type: 'counter.get', key })
      const total = reply.type === 'total' ? reply.value : reply.type
      if (total !== `${expected}`)
        this.ledger.find(`${key} is ${total} through ${id}, and ${expected} was added`)
    }
  }
}
