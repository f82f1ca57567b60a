/**
 * The keys of a slot in an order that is the same on all members, and that no change of other keys changes: whoever has seen
 * all up to a place goes on behind it, on whichever member.
 *
 * It is the order of the hashes by which values lie packed, so that nothing has to be sorted but what lies together, however
 * much there is in the slot. Where hashes are the same, a longer one decides.
 */
import { createHash } from 'node:crypto'
import type { KeyPlace } from '../../shared/many-keys.ts'
import { idOf } from '../entries/entry.ts'
import { type Listed, listedUnder } from '../entries/listed.ts'
import type { Moment } from '../entries/verbs.ts'
import { PLACES, placeOf } from './packed/values.ts'
import type { SlotTable } from './slot-table.ts'

export interface KeyHere {
  readonly key: string
  readonly place: KeyPlace
  /** What is read there. */
  readonly listed: Listed
  readonly isCounter: boolean
}

/** Some keys that follow each other, as they are now. */
export interface KeyPart {
  readonly keys: readonly KeyHere[]
  /** How many were looked at for that. */
  readonly looked: number
  /** All up to there was looked at. */
  readonly upTo: KeyPlace
}

interface Hashed {
  readonly at: number
  readonly id: string
}

interface Ordered extends Hashed {
  readonly tie?: string
}

type Slots = Pick<SlotTable, 'find' | 'holdsKeys' | 'keysFrom' | 'holdsUnpacked' | 'unpackedIdsOf'>

export interface KeysWanted extends Pick<Moment, 'nowMs'> {
  /** Also those that are sets. */
  readonly hasSets?: boolean
}

/** Sets lie in no order, and are sorted: so many are looked at in one step. */
const SORTED_AT_ONCE = 1000

export class SlotKeys {
  readonly #slots: Slots

  constructor(slots: Slots) {
    this.#slots = slots
  }

  /** Whether there may be any. */
  holds(slot: number, { hasSets = false } = {}): boolean {
    return this.#slots.holdsKeys(slot) || (hasSets && this.#slots.holdsUnpacked(slot))
  }

  /** Those that begin so, behind a place. A part is to be used before the next one is asked for. */
  *of(slot: number, prefix: string, wanted: KeysWanted, after?: KeyPlace): Generator<KeyPart> {
    const begin = idOf.key(prefix)
    const find = (id: string) => this.#slots.find(slot, id)
    const first = after === undefined ? 0 : after.at + (after.tie === undefined ? 1 : 0)
    const sets = wanted.hasSets === true ? yield* this.#setsOf(slot, first, after) : []
    for (let from = first; from < PLACES; ) {
      const { ids, next } = this.#slots.keysFrom(slot, from)
      const all = withSets(
        ids,
        sets.filter(({ at }) => at >= from && at < next),
      )
      const keys = inOrder(all).flatMap((one): KeyHere[] => {
        const { at, id, tie } = one
        if (!id.startsWith(begin) || hasSeen(after, one)) return []
        const key = id.slice(1)
        const entry = find(id)
        const listed = listedUnder(key, (other) => (other === id ? entry : find(other)), wanted)
        if (listed === undefined) return []
        const place = tie === undefined ? { slot, at } : { slot, at, tie }
        return [{ key, place, listed, isCounter: entry?.kind === 'counter' }]
      })
      yield { keys, looked: all.length, upTo: { slot, at: next - 1 } }
      from = next
    }
  }

  /** Contents, each by the place that a value of its name would have, so that a key stays where it is whatever it becomes. */
  *#setsOf(slot: number, first: number, after: KeyPlace | undefined): Generator<KeyPart, Hashed[]> {
    const found: Hashed[] = []
    let looked = 0
    for (const one of this.#slots.unpackedIdsOf(slot)) {
      if (++looked % SORTED_AT_ONCE === 0)
        yield { keys: [], looked: SORTED_AT_ONCE, upTo: after ?? { slot, at: -1 } }
      if (!one.startsWith(CONTENTS)) continue
      const id = idOf.key(one.slice(1))
      const at = placeOf(slot, id)
      if (at >= first) found.push({ at, id })
    }
    return found
  }
}

const CONTENTS = idOf.reactions('')

/** A key that is both is met once. */
function withSets(ids: readonly Hashed[], sets: readonly Hashed[]): readonly Hashed[] {
  if (sets.length === 0) return ids
  const known = new Set(ids.map(({ id }) => id))
  return [...ids, ...sets.filter(({ id }) => !known.has(id))]
}

/** Whether whoever has seen all up to that place has seen this one, be it that it is alone there by now. */
function hasSeen(after: KeyPlace | undefined, { at, id, tie }: Ordered): boolean {
  return after?.tie !== undefined && at === after.at && (tie ?? tieOf(id)) <= after.tie
}

/** Ties are rare, and only then it is worked out who comes first. */
function inOrder(ids: readonly Hashed[]): readonly Ordered[] {
  const sorted = [...ids].sort((a, b) => a.at - b.at)
  const isTied = sorted.some(({ at }, index) => sorted[index + 1]?.at === at)
  if (!isTied) return sorted
  const isAlone = (at: number, index: number) => sorted[index - 1]?.at !== at && sorted[index + 1]?.at !== at
  return sorted
    .map((one, index): Ordered => (isAlone(one.at, index) ? { ...one } : { ...one, tie: tieOf(one.id) }))
    .sort((a, b) => a.at - b.at || ((a.tie ?? '') < (b.tie ?? '') ? -1 : 1))
}

function tieOf(id: string): string {
  return createHash('sha256').update(id).digest('base64url').slice(0, TIE_LENGTH)
}

/** Of six bits each. */
const TIE_LENGTH = 16
