/** How much of each family is held, and what became of it. */
import type { MemberStatus } from '../../shared/view.ts'
import { type Entry, isTombstone } from '../entries/entry.ts'
import { FAMILIES, familyOf } from '../entries/families.ts'

/** Uplink shows them all. */
type Counted = keyof MemberStatus['entries']

export const COUNTED: readonly Counted[] = [
  ...Object.values(FAMILIES).map(({ census }) => census),
  'tombstones',
]

export interface Census extends Record<Counted, number> {
  /** Of all of them. */
  readonly bytes: number
  evictions: number
  /** The same by what had no room: all entries, with what lies beside them, or what is on the heap. */
  readonly evicted: Record<'max_bytes' | 'beside' | 'heap', number>
  expirations: number
}

export function emptyCensus(books: { readonly bytes: number }): Census {
  const none = Object.fromEntries(COUNTED.map((counted) => [counted, 0])) as Record<Counted, number>
  return {
    ...none,
    evictions: 0,
    evicted: { max_bytes: 0, beside: 0, heap: 0 },
    expirations: 0,
    get bytes() {
      return books.bytes
    },
  }
}

/** Whatever family it is of, a tombstone is one. */
export function countedAs({ id, entry }: { id: string; entry: Entry }): Counted {
  return isTombstone(entry) ? 'tombstones' : familyOf(id, entry).census
}
