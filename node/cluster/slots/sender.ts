/**
 * Gives what is held of some slots to another member, a part at a time.
 *
 * Between two parts it rests for as long as the last one took, so that moving slots takes no more than half of what
 * either member can do; what commands wait for goes without a rest.
 */
import { type Clock, pause } from '../../../shared/clock.ts'
import type { Log } from '../../../shared/log.ts'
import type { Turns } from '../../../shared/turns.ts'
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
  /** Works out the digests of slots: to ask for them takes no time then. */
  digest(slots: Iterable<number>): Iterator<void, void>
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
  readonly turns: Turns
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
    const { clock, turns } = this.#options
    const all = this.#all(slots, isClaim)
    for (;;) {
      const entries = await turns.take('hand-off', nextPart(all))
      if (entries.length === 0) return true
      const startedAtMs = clock.now()
      if (!(await this.#give({ type: 'give', entries, ...(mirror && { mirror }) }, member))) return false
      if (!isUrgent) await pause(clock, clock.now() - startedAtMs)
    }
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

  /** `undefined` for what is not meant: to pass over it takes time as well. */
  *#all(slots: readonly number[], isClaim: boolean): Generator<SlotEntry | undefined, void> {
    for (const slot of slots) {
      for (const { id, entry: whole } of this.#options.store.partsOf(slot)) {
        const entry = isClaim ? this.#claimed(slot, whole) : whole
        yield entry && { slot, id, entry }
      }
    }
  }

  #claimed(slot: number, entry: Entry): Entry | undefined {
    const { alone } = this.#options.standings.of(slot)
    return alone && verbsOf(entry).claimed(entry, alone)
  }
}

/** As many as travel together; none once there are no more. */
function* nextPart(all: Iterator<SlotEntry | undefined, void>): Generator<void, SlotEntry[]> {
  const part: SlotEntry[] = []
  let bytes = 0
  for (let next = all.next(); !next.done; next = all.next()) {
    if (next.value !== undefined) bytes += bytesOfEntries([next.value])
    if (next.value !== undefined) part.push(next.value)
    if (bytes >= PART_BYTES) break
    yield
  }
  return part
}
