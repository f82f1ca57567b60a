/**
 * Gives what is held of some slots to another member, a part at a time.
 *
 * Between two parts it rests for as long as the last one took, so that moving slots takes no more than half of what
 * either member can do; what commands wait for goes without a rest.
 */
import { type Clock, pause } from '../../../shared/clock.ts'
import type { Log } from '../../../shared/log.ts'
import type { Member } from '../../../shared/view.ts'
import type { Entry, EntryChange, SlotEntry } from '../../entries/entry.ts'
import { verbsOf } from '../../entries/kinds.ts'
import type { ClusterMetrics } from '../metrics.ts'
import { reasonNotTaken } from '../peers/peers.ts'
import { bytesOfEntries, type SlotAnswer, type SlotMessage } from '../wire/calls.ts'
import { SetAside } from './set-aside.ts'
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

type Part = Extract<SlotMessage, { type: 'give' }>

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
  readonly log: Log
  readonly metrics: ClusterMetrics
  readonly store: SlotStore
  readonly standings: Standings
  readonly peers: { of(member: Member): Receiver }
}

export class SlotSender {
  readonly #options: SlotSenderOptions
  /** What those who answer do not take. */
  readonly setAside: SetAside

  constructor(options: SlotSenderOptions) {
    this.#options = options
    this.setAside = new SetAside(options)
  }

  /**
   * Whether the member takes them; what of them it cannot take is set aside (`set-aside.ts`).
   * @throws LarderError when the member does not answer.
   */
  async send(
    slots: readonly number[],
    member: Member,
    { isUrgent, mirror, isClaim = false }: Sending,
  ): Promise<boolean> {
    const { clock } = this.#options
    for (const entries of this.#parts(slots, isClaim)) {
      const startedAtMs = clock.now()
      if (!(await this.#give({ type: 'give', entries, ...(mirror && { mirror }) }, member))) return false
      if (!isUrgent) await pause(clock, clock.now() - startedAtMs)
    }
    return true
  }

  async #give(part: Part, member: Member): Promise<boolean> {
    const { peers, metrics } = this.#options
    const { entries } = part
    try {
      const answers = await peers.of(member).ask(part, PART_MAX_MS)
      if (answers.includes('refused')) return false
      metrics.movedEntries.inc({ peer: member.id }, entries.length)
      this.setAside.taken(member, entries)
      return true
    } catch (error) {
      const reason = reasonNotTaken(error)
      if (reason === undefined) throw error
      return await this.#giveApart(part, member, reason)
    }
  }

  /** It was not taken together: half by half, until it is known what it is that is not taken. */
  async #giveApart(part: Part, member: Member, reason: string): Promise<boolean> {
    const { peers } = this.#options
    const { entries } = part
    // Who takes nothing at all has not refused these.
    await peers.of(member).ask({ type: 'give', entries: [] }, PART_MAX_MS)
    const [only, ...others] = entries
    if (only !== undefined && others.length === 0) {
      this.setAside.add(member, only, reason)
      return true
    }
    const middle = entries.length >> 1
    for (const half of [entries.slice(0, middle), entries.slice(middle)])
      if (!(await this.#give({ ...part, entries: half }, member))) return false
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
