/**
 * Gives what is held of some slots to another member, a part at a time.
 *
 * Between two parts it rests for as long as the last one took, so that moving slots takes no more than half of what
 * either member can do; what commands wait for goes without a rest.
 */
import { type Clock, pause } from '../../../shared/clock.ts'
import type { Member } from '../../../shared/view.ts'
import type { EntryChange, SlotEntry } from '../../entries/entry.ts'
import type { ClusterMetrics } from '../metrics.ts'
import { bytesOfEntries, type SlotAnswer } from '../wire/calls.ts'

const PART_BYTES = 256 * 2 ** 10
/** How long a part may be on its way. */
const PART_MAX_MS = 5000

/** What is held, as far as other members are concerned. */
export interface SlotStore {
  holds(slot: number): boolean
  digestOf(slot: number): string
  partsOf(slot: number): Iterable<EntryChange>
}

/** Whoever is given them. */
export interface Receiver {
  ask(
    message: { type: 'give'; entries: readonly SlotEntry[] },
    timeoutMs: number,
  ): Promise<readonly SlotAnswer[]>
}

export interface SlotSenderOptions {
  readonly clock: Clock
  readonly metrics: ClusterMetrics
  readonly store: SlotStore
  readonly peers: { of(member: Member): Receiver }
}

export class SlotSender {
  readonly #options: SlotSenderOptions

  constructor(options: SlotSenderOptions) {
    this.#options = options
  }

  /** Whether it was all taken. @throws LarderError when the member does not answer. */
  async send(
    slots: readonly number[],
    member: Member,
    { isUrgent }: { isUrgent: boolean },
  ): Promise<boolean> {
    const { clock, peers, metrics } = this.#options
    for (const entries of this.#parts(slots)) {
      const startedAtMs = clock.now()
      const answers = await peers.of(member).ask({ type: 'give', entries }, PART_MAX_MS)
      if (answers.includes('refused')) return false
      metrics.movedEntries.inc({ peer: member.id }, entries.length)
      if (!isUrgent) await pause(clock, clock.now() - startedAtMs)
    }
    return true
  }

  *#parts(slots: readonly number[]): Generator<SlotEntry[]> {
    let part: SlotEntry[] = []
    let bytes = 0
    for (const slot of slots) {
      for (const { id, entry } of this.#options.store.partsOf(slot)) {
        part.push({ slot, id, entry })
        bytes += bytesOfEntries(part.slice(-1))
        if (bytes < PART_BYTES) continue
        yield part
        part = []
        bytes = 0
      }
    }
    if (part.length > 0) yield part
  }
}
