import { pino } from 'pino'
import { Registry } from 'prom-client'
import { createClusterMetrics } from '../../node/cluster/metrics.ts'
import { refusalOf } from '../../node/cluster/peers/refusal.ts'
import { type Sending, SlotSender } from '../../node/cluster/slots/sender.ts'
import { Standings } from '../../node/cluster/slots/standings.ts'
import type { SlotAnswer } from '../../node/cluster/wire/slots.ts'
import type { SlotEntry } from '../../node/entries/entry.ts'
import { Memory } from '../../node/memory/memory.ts'
import { pause } from '../../shared/clock.ts'
import { FakeClock } from './clock.ts'
import { valueIn } from './entries.ts'
import { forgetful } from './slot-shelf.ts'
import { unlimitedTurns } from './turns.ts'
import { memberOf } from './views.ts'

export const SLOT = 7
const receiver = memberOf('b')

/** A sender, and the member that it gives to. */
export class SenderBench {
  readonly clock = new FakeClock()
  readonly memory = new Memory(Infinity)
  readonly standings = new Standings(forgetful)
  readonly parts: (readonly SlotEntry[])[] = []
  readonly mirrors: (string | undefined)[] = []
  readonly askedAtMs: number[] = []
  timeoutMs = 0
  /** How long the member takes for a part. */
  partMs = 0
  answer: () => SlotAnswer = () => 'merged'
  readonly #metrics = createClusterMetrics(new Registry())
  readonly #sender = new SlotSender({
    clock: this.clock,
    turns: unlimitedTurns(),
    metrics: this.#metrics,
    log: pino({ level: 'silent' }),
    store: this.memory.slots,
    standings: this.standings,
    peers: {
      of: () => ({
        ask: ({ entries, mirror }, timeoutMs) => {
          this.mirrors.push(mirror)
          return this.#take(entries, timeoutMs)
        },
      }),
    },
  })
  readonly #startedAtMs = this.clock.now()

  hold(entries: readonly SlotEntry[]): void {
    for (const { slot, id, entry } of entries) this.memory.merge(slot, id, entry)
  }

  send(slots: readonly number[], how: Partial<Sending> = {}): Promise<boolean> {
    return this.#sender.send(slots, receiver, { isUrgent: false, ...how })
  }

  get sizes(): number[] {
    return this.parts.map(({ length }) => length)
  }

  async moved(): Promise<unknown> {
    const { values } = await this.#metrics.movedEntries.get()
    return values.map(({ labels, value }) => [labels.peer, value])
  }

  /** Ids that the member answers, and does not take. */
  readonly poison = new Set<string>()

  get setAside() {
    return this.#sender.setAside
  }

  async aside(): Promise<unknown> {
    const { values } = await this.#metrics.asideEntries.get()
    return values.map(({ labels, value }) => [labels.peer, value])
  }

  async #take(entries: readonly SlotEntry[], timeoutMs: number): Promise<readonly SlotAnswer[]> {
    if (entries.some(({ id }) => this.poison.has(id)))
      throw refusalOf('b', { status: 500, body: Buffer.from('{}') })
    if (entries.length === 0) return [this.answer()] // It asks whether anything is taken.
    this.timeoutMs = timeoutMs
    this.parts.push(entries)
    this.askedAtMs.push(this.clock.now() - this.#startedAtMs)
    if (this.partMs > 0) await pause(this.clock, this.partMs)
    return [this.answer()]
  }
}

export function values(slot: number, count: number, body = '"x"'): SlotEntry[] {
  return Array.from({ length: count }, (_, index) => valueIn(slot, `key${index}`, { body }))
}
