/**
 * Gives what is held of some slots to another member, a part at a time.
 *
 * Between two parts it rests for as long as the last one took, so that moving slots takes no more than half of what
 * either member can do; what commands wait for goes without a rest.
 */
import { type Clock, pause } from '../../../shared/clock.ts'
import type { Member } from '../../../shared/view.ts'
import type { Entry, EntryChange, SlotEntry } from '../../entries/entry.ts'
import { verbsOf } from '../../entries/kinds.ts'
import type { ClusterMetrics } from '../metrics.ts'
import { bytesOfEntries, type SlotAnswer, type SlotMessage } from '../wire/calls.ts'
import type { Standings } from './standings.ts'

const PART_BYTES = 256 * 2 ** 10
/** How long a part may be on its way. */
const PART_MAX_MS = 5000

/** What is held, as far as other members are concerned. */
export interface SlotStore {
  holds(slot: number): boolean
  digestOf(slot: number): string
  find(slot: number, id: string): Entry | undefined
  partsOf(slot: number): Iterable<EntryChange>
}

/** Whoever is given them. */
export interface Receiver {
  ask(message: Extract<SlotMessage, { type: 'give' }>, timeoutMs: number): Promise<readonly SlotAnswer[]>
}

export interface Sending {
  /** A command waits for it. */
  readonly isUrgent: boolean
  /** Which mirror it is for: it is all that there is of these slots, and whatever else the member has it is to let go. */
  readonly mirror?: string
  /** Only what this copy claims. */
  readonly isClaim?: boolean
}

export interface SlotSenderOptions {
  readonly clock: Clock
  readonly metrics: ClusterMetrics
  readonly store: SlotStore
  readonly standings: Standings
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
    { isUrgent, mirror, isClaim = false }: Sending,
  ): Promise<boolean> {
    const { clock, peers, metrics } = this.#options
    for (const entries of this.#parts(slots, isClaim)) {
      const startedAtMs = clock.now()
      const answers = await peers
        .of(member)
        .ask({ type: 'give', entries, ...(mirror && { mirror }) }, PART_MAX_MS)
      if (answers.includes('refused')) return false
      metrics.movedEntries.inc({ peer: member.id }, entries.length)
      if (!isUrgent) await pause(clock, clock.now() - startedAtMs)
    }
    return true
  }

  *#parts(slots: readonly number[], isClaim: boolean): Generator<SlotEntry[]> {
    let part: SlotEntry[] = []
    let bytes = 0
    for (const slot of slots) {
      for (const { id, entry: whole } of this.#options.store.partsOf(slot)) {
        const entry = isClaim ? this.#claimed(slot, whole) : whole
        if (entry === undefined) continue
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

  #claimed(slot: number, entry: Entry): Entry | undefined {
    const { alone } = this.#options.standings.of(slot)
    return alone && verbsOf(entry).claimed(entry, alone)
  }
}
