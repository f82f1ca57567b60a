/** What is told of entries that are no longer held, or of what of them is not: so that it does not come back from disk. */
import { isEither, partsOf } from '../entries/either.ts'
import type { Entry, SlotEntry } from '../entries/entry.ts'
import type { Kind } from '../entries/kinds.ts'
import type { Presence } from '../entries/presence.ts'

/** An entry, the part of this kind of one that has turned, or one presence of it. */
export interface Forgotten {
  readonly slot: number
  readonly id: string
  readonly kind: Exclude<Kind, 'turned'>
  readonly presence?: Presence
}

interface Place {
  readonly slot: number
  readonly id: string
}

/** All of an entry, as far as it was known. */
export function allOf({ slot, id }: Place, known: Entry): Forgotten[] {
  if (known.kind === 'reactions') return presencesOf({ slot, id }, [...known])
  if (known.kind === 'limit') return [{ slot, id, kind: known.kind }]
  return partsOf(known).map(({ kind }) => ({ slot, id, kind }))
}

export function presencesOf({ slot, id }: Place, presences: readonly Presence[]): Forgotten[] {
  return presences.map((presence) => ({ slot, id, kind: 'reactions', presence }))
}

/** What an entry is not any more, as it has turned. */
export function formerOf({ slot, id, entry }: SlotEntry, before: Entry): Forgotten[] {
  if (before.kind === entry.kind || !isEither(before) || !isEither(entry)) return []
  const kinds = partsOf(entry).map(({ kind }) => kind)
  return partsOf(before).flatMap(({ kind }) => (kinds.includes(kind) ? [] : [{ slot, id, kind }]))
}
