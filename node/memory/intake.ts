/**
 * How what comes from other copies is taken in. A response may be covered by a trace that says that all of its path were
 * forgotten later. And one increment may have been counted by two members.
 */
import { counterIdOf, type Entry, type EntryChange, isResponse, type SlotEntry } from '../entries/entry.ts'
import { countedTwice } from '../entries/once.ts'
import { buryRegister, ended, type Register } from '../entries/register.ts'
import { isMark, isWhole, tracesOver } from '../entries/response.ts'
import { compareStamps } from '../entries/stamp.ts'
import type { SlotTable } from './slot-table.ts'

export class Intake {
  readonly #slots: SlotTable

  constructor(slots: SlotTable) {
    this.#slots = slots
  }

  /** What has come from elsewhere, as it may be taken in. */
  sift({ slot, id, entry }: SlotEntry, nowMs: number): Entry {
    return this.isCovered(slot, id, entry) ? ended(buryRegister(entry), nowMs) : entry
  }

  /** A response that was forgotten later. */
  isCovered(slot: number, id: string, entry: Entry): entry is Register {
    if (!isResponse(id) || entry.kind !== 'register' || entry.value === undefined) return false
    if (this.#slots.marks.covers(id, entry.value, entry.stamp)) return true
    return tracesOver(id, entry.value).some((trace) => {
      const left = this.#slots.get(slot, trace)?.entry
      return left?.kind === 'register' && compareStamps(left.stamp, entry.stamp) > 0
    })
  }

  /** The responses that a trace covers. One that is of all slots is no entry of any, and is noted for all of them. */
  coveredBy(slot: number, id: string, entry: Entry): EntryChange[] {
    if (!isResponse(id) || entry.kind !== 'register' || isWhole(id)) return []
    if (isMark(id)) this.#slots.marks.note(id, entry.stamp)
    const under = isMark(id) ? this.#wholeIn(slot) : [...this.#slots.responses.under(`${id}\0`)]
    return under.flatMap((covered) => {
      const held = this.#slots.get(slot, covered)?.entry
      if (held?.kind !== 'register' || held.value === undefined) return []
      const isOlder = compareStamps(held.stamp, entry.stamp) < 0
      return isOlder && tracesOver(covered, held.value).includes(id)
        ? [{ id: covered, entry: buryRegister(held) }]
        : []
    })
  }

  #wholeIn(slot: number): string[] {
    return [...this.#slots.of(slot)].flatMap(({ id }) => (isResponse(id) && isWhole(id) ? [id] : []))
  }

  /** Of an answer that is remembered, beside another one here: what takes the increment back that is not to count. */
  voidedBy(slot: number, id: string, entry: Entry): EntryChange[] {
    const known = this.#slots.get(slot, id)?.entry
    const counterId = counterIdOf(id)
    if (counterId === undefined || known?.kind !== 'register' || entry.kind !== 'register') return []
    const voided = countedTwice(known, entry)
    return voided === undefined ? [] : [{ id: counterId, entry: voided }]
  }
}
