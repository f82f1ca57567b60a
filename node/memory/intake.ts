/**
 * How what comes from other copies is taken in. A response may be covered by a trace that says that all of its path were
 * forgotten later. And one increment may have been counted by two members.
 */
import { counterIdOf, type Entry, type EntryChange, isResponse, type SlotEntry } from '../entries/entry.ts'
import { countedTwice } from '../entries/once.ts'
import { buryRegister, ended, type Register } from '../entries/register.ts'
import { tracesOver } from '../entries/response.ts'
import { compareStamps } from '../entries/stamp.ts'
import type { SlotTable } from './slot-table.ts'

export class Intake {
  readonly #slots: SlotTable

  constructor(slots: SlotTable) {
    this.#slots = slots
  }

  /** What has come from elsewhere, as it may be taken in. */
  sift({ slot, id, entry }: SlotEntry, nowMs: number): Entry {
    return this.#isCovered(slot, id, entry) ? ended(buryRegister(entry), nowMs) : entry
  }

  /** The responses that a trace covers. */
  coveredBy(slot: number, id: string, entry: Entry): EntryChange[] {
    if (!isResponse(id) || entry.kind !== 'register' || tracesOver(id).length > 0) return []
    return [...this.#slots.responses.under(`${id}\0`)].flatMap((covered) => {
      const held = this.#slots.get(slot, covered)?.entry
      const isOlder = held?.kind === 'register' && compareStamps(held.stamp, entry.stamp) < 0
      return isOlder ? [{ id: covered, entry: buryRegister(held) }] : []
    })
  }

  /** Of an answer that is remembered, beside another one here: what takes the increment back that is not to count. */
  voidedBy(slot: number, id: string, entry: Entry): EntryChange[] {
    const known = this.#slots.get(slot, id)?.entry
    const counterId = counterIdOf(id)
    if (counterId === undefined || known?.kind !== 'register' || entry.kind !== 'register') return []
    const voided = countedTwice(known, entry)
    return voided === undefined ? [] : [{ id: counterId, entry: voided }]
  }

  #isCovered(slot: number, id: string, entry: Entry): entry is Register {
    if (!isResponse(id) || entry.kind !== 'register' || entry.value === undefined) return false
    return tracesOver(id).some((trace) => {
      const left = this.#slots.get(slot, trace)?.entry
      return left?.kind === 'register' && compareStamps(left.stamp, entry.stamp) > 0
    })
  }
}
