/** Shards whose commits can be held back, for tests of them alone. */
import { pino } from 'pino'
import { wrongOwner } from '../../../node/engine.ts'
import type { Change, SlotEntry } from '../../../node/entries/entry.ts'
import { StampClock } from '../../../node/entries/stamp.ts'
import { Memory } from '../../../node/memory/memory.ts'
import { Shards } from '../../../node/shard/shards.ts'
import type { Command, Reply } from '../../../shared/command.ts'
import { FakeClock } from '../../support/clock.ts'
import { momentAt } from '../../support/moment.ts'
import { unlimitedTurns } from '../../support/turns.ts'

export class Bench {
  readonly committed: Change[][] = []
  readonly clock = new FakeClock()
  readonly shards: Shards
  readonly memory: Memory
  readonly stamps = new StampClock('a')
  /** Slots that another member owns. */
  readonly lost = new Set<number>()
  /** What went to the other holders: the ids of each command, batch by batch. */
  readonly copied: string[][][] = []
  arriving: Promise<void> = Promise.resolve()
  isArriving = false
  copying: Promise<void> = Promise.resolve()
  #held: Promise<void> | undefined
  #release = () => {}
  #isHeld = (_changes: readonly Change[]) => false

  constructor({ queueMax = 100, bytesMax = 1_000_000, turns = unlimitedTurns() } = {}) {
    this.memory = new Memory(bytesMax)
    this.shards = new Shards({
      clock: this.clock,
      turns,
      log: pino({ level: 'silent' }),
      self: 'a',
      shardLimit: 4,
      queueMax,
      memory: this.memory,
      holdings: this,
      replication: this,
      stamps: this.stamps,
      moment: () => momentAt(this.clock.now(), this.stamps),
      keeper: {
        refusalOf() {
          return undefined
        },
        note() {},
        saved: async (changes) => {
          if (this.#isHeld(changes)) await this.#held
          this.committed.push([...changes])
          return new Set()
        },
      },
    })
  }

  isHere(slot: number): boolean {
    return !this.lost.has(slot) && !this.isArriving
  }

  owns(slot: number): boolean {
    return !this.lost.has(slot)
  }

  async arrival(slot: number): Promise<void> {
    if (this.lost.has(slot)) throw wrongOwner()
    await this.arriving
  }

  async arrivals(): Promise<void> {
    await this.arriving
  }

  async merged(changes: readonly (readonly SlotEntry[])[]): Promise<void> {
    this.copied.push(changes.map((group) => group.map(({ id }) => id)))
    await this.copying
  }

  execute(command: Command, deadlineAtMs = Infinity): Promise<Reply> {
    return Promise.try(() => this.shards.execute(command, { deadlineAtMs }))
  }

  hold(isHeld: (changes: readonly Change[]) => boolean): void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#held = promise
    this.#release = resolve
    this.#isHeld = isHeld
  }

  release(): void {
    this.#release()
  }
}
