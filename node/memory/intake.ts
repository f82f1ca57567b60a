/**
 * How what comes from other copies is taken in, where it may have been forgotten here: as gone.
 *
 * A slot knows up to when it has forgotten what is gone. What was written by then, and is unknown here, may have been
 * deleted and forgotten since: it comes from a copy that was away for too long. What that means each kind of entry
 * knows. And a response may be covered by a trace that says that all of its path were forgotten later.
 */
import { type Entry, isResponse, type SlotEntry } from '../entries/entry.ts'
import { verbsOf } from '../entries/kinds.ts'
import { buryRegister, ended, type Register } from '../entries/register.ts'
import { tracesOver } from '../entries/response.ts'
import { compareStamps } from '../entries/stamp.ts'
import type { SlotTable } from './slot-table.ts'

export interface Taking {
  readonly nowMs: number
  /** Whether it knows better than others what has been forgotten: only the owner does. */
  readonly isOwner: boolean
}

export class Intake {
  readonly #slots: SlotTable
  readonly #forgottenUntil = new Map<number, number>()

  constructor(slots: SlotTable) {
    this.#slots = slots
  }

  /** What was written at this time, and is gone, is remembered no more. */
  forget(slot: number, time: number): void {
    this.#forgottenUntil.set(slot, Math.max(time, this.#forgottenUntil.get(slot) ?? 0))
  }

  /** The slot is let go. */
  drop(slot: number): void {
    this.#forgottenUntil.delete(slot)
  }

  /** What has come from elsewhere, as it may be taken in. */
  sift({ slot, id, entry }: SlotEntry, { nowMs, isOwner }: Taking): Entry {
    const known = this.#slots.get(slot, id)?.entry
    const sameKind = known?.kind === entry.kind ? known : undefined
    const untilTime = isOwner ? (this.#forgottenUntil.get(slot) ?? -Infinity) : -Infinity
    const sifted = verbsOf(entry).sift(entry, sameKind, { untilTime, nowMs })
    return this.#isCovered(slot, id, sifted) ? ended(buryRegister(sifted), nowMs) : sifted
  }

  /** The responses that a trace covers. */
  coveredBy(slot: number, id: string, entry: Entry): { id: string; entry: Register }[] {
    if (!isResponse(id) || entry.kind !== 'register' || tracesOver(id).length > 0) return []
    return this.#slots.under(slot, `${id}\0`).flatMap((covered) => {
      const held = this.#slots.get(slot, covered)?.entry
      const isOlder = held?.kind === 'register' && compareStamps(held.stamp, entry.stamp) < 0
      return isOlder ? [{ id: covered, entry: buryRegister(held) }] : []
    })
  }

  #isCovered(slot: number, id: string, entry: Entry): entry is Register {
    if (!isResponse(id) || entry.kind !== 'register' || entry.value === undefined) return false
    return tracesOver(id).some((trace) => {
      const left = this.#slots.get(slot, trace)?.entry
      return left?.kind === 'register' && compareStamps(left.stamp, entry.stamp) > 0
    })
  }
}
