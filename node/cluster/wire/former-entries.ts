/**
 * What stands under a key in format 3, in which a value and a counter stood beside each other, the counter under an id of its
 * own: so whoever puts an end to the one says of the other that it is deleted. Nobody knew of limits.
 */
import { type Counter, emptied } from '../../entries/counter.ts'
import { idOf, isValueId, type SlotEntry } from '../../entries/entry.ts'
import { BASE } from '../../entries/folds.ts'
import type { Register } from '../../entries/register.ts'

const COUNTER_LETTER = 'c'

export function ofFormerId(id: string): string {
  return id.startsWith(COUNTER_LETTER) ? idOf.key(id.slice(1)) : id
}

function toFormerId(id: string): string {
  return `${COUNTER_LETTER}${id.slice(1)}`
}

/** All that is to be told of an entry. */
export function toFormerEntries(told: SlotEntry): SlotEntry[] {
  const { slot, id, entry } = told
  if (entry.kind === 'limit') return []
  if (!isValueId(id)) return [told]
  if (entry.kind === 'turned') {
    const { register } = entry
    const counter = emptied({}, { ...register.stamp, atMs: 0 })
    return [
      { slot, id, entry: register },
      { slot, id: toFormerId(id), entry: counter },
    ]
  }
  if (entry.kind !== 'counter') return [told]
  const counter = { slot, id: toFormerId(id), entry }
  const value = deletedBy(entry)
  return value === undefined ? [counter] : [{ slot, id, entry: value }, counter]
}

/** What is left of a value that a counter goes on from, or that is deleted with it. */
function deletedBy({ tallies, last }: Counter): Register | undefined {
  const isOver = BASE in tallies || Object.keys(tallies).length === 0
  return last && isOver ? { kind: 'register', stamp: last, endsAtMs: 0 } : undefined
}
