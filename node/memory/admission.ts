/**
 * What an owner may take in. What is never given up, were it alone larger than the budget, is refused, and so is a value that
 * would have to be given up at once. Copies ask nobody: what was acknowledged is held, also beyond the budget, and then
 * their member refuses as an owner.
 */
import { type Entry, type EntryChange, growthOf, isEvictable, registerOf } from '../entries/entry.ts'
import type { Books } from './books.ts'
import { bytesOfEntry, isPacked, overheadOf } from './bytes.ts'
import type { SlotTable } from './slot-table.ts'
import type { Victims } from './victims.ts'

/** What cannot be taken in, in words. */
export type Refused = 'kept' | 'value'

/** What a change takes beyond its key and its body, at the most: nearly all are so far below the budget that they need no weighing. */
const OVERHEAD_MAX = 64 * 2 ** 10

export interface AdmissionOptions {
  readonly books: Books
  readonly victims: Victims
  readonly slots: SlotTable
}

export class Admission {
  readonly #options: AdmissionOptions

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  /** Why the changes of a command cannot be taken in, together; `undefined` where they can. */
  refusalOf(slot: number, changes: readonly EntryChange[]): Refused | undefined {
    const { books } = this.#options
    let [packed, onHeap] = [0, 0]
    for (const { id, entry } of changes) {
      if (isEvictable(id, entry)) {
        if (!this.#wouldStay(slot, id, entry)) return 'value'
        continue
      }
      const growth = this.#growth(slot, id, entry)
      if (isPacked(id, entry)) packed += growth
      else onHeap += growth
    }
    const mayKeep =
      books.mayKeep(onHeap, { isOnHeap: true }) && books.mayKeep(packed + onHeap, { isOnHeap: false })
    return mayKeep ? undefined : 'kept'
  }

  /** What is gone is given up first, and nobody misses it. */
  #wouldStay(slot: number, id: string, entry: Entry): boolean {
    const { books, slots, victims } = this.#options
    const value = registerOf(entry)?.value
    if (value === undefined) return true
    const { room } = books
    if (4 * (value.body.length + id.length) + OVERHEAD_MAX <= room - books.bytes) return true
    const known = slots.find(slot, id)
    const isThere = known?.kind === 'register' && known.value !== undefined
    const bytes = { now: bytesOfEntry(id, entry), before: isThere ? bytesOfEntry(id, known) : 0 }
    return victims.wouldStay(id, bytes, room - books.keptBytes)
  }

  #growth(slot: number, id: string, entry: Entry): number {
    const known = this.#options.slots.find(slot, id)
    if (known?.kind === entry.kind) return growthOf(known, entry)
    const growth = growthOf(undefined, entry)
    // A content from which somebody has gone, and in which nobody was, is only remembered for a while.
    if (entry.kind === 'reactions' && growth <= 0) return growth
    return isPacked(id, entry) ? bytesOfEntry(id, entry) : growth + overheadOf(id)
  }
}
