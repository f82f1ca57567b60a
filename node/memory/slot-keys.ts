/**
 * The keys of a slot in an order that is the same on all members, and that no change of other keys changes: whoever has seen
 * all up to a place goes on behind it, on whichever member.
 *
 * It is the order of the hashes by which values lie packed, so that nothing has to be sorted but what lies together, however
 * much there is in the slot. Where hashes are the same, a longer one decides.
 */
import { createHash } from 'node:crypto'
import type { KeyPlace } from '../../shared/many-keys.ts'
import { isEither } from '../entries/either.ts'
import { idOf } from '../entries/entry.ts'
import type { Present } from '../entries/register.ts'
import { valueUnder } from '../entries/turning.ts'
import type { Moment } from '../entries/verbs.ts'
import { PLACES } from './packed/values.ts'
import type { SlotTable } from './slot-table.ts'

export interface KeyHere {
  readonly key: string
  readonly place: KeyPlace
  /** What is read there. */
  readonly register: Present
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

type Slots = Pick<SlotTable, 'find' | 'holdsKeys' | 'keysFrom'>

export class SlotKeys {
  readonly #slots: Slots

  constructor(slots: Slots) {
    this.#slots = slots
  }

  /** Whether there may be any. */
  holds(slot: number): boolean {
    return this.#slots.holdsKeys(slot)
  }

  /** Those that begin so, behind a place. A part is to be used before the next one is asked for. */
  *of(slot: number, prefix: string, moment: Pick<Moment, 'nowMs'>, after?: KeyPlace): Generator<KeyPart> {
    const begin = idOf.key(prefix)
    for (let from = after === undefined ? 0 : after.at + (after.tie === undefined ? 1 : 0); from < PLACES; ) {
      const { ids, next } = this.#slots.keysFrom(slot, from)
      const keys = inOrder(ids).flatMap((one): KeyHere[] => {
        const { at, id, tie } = one
        if (!id.startsWith(begin) || hasSeen(after, one)) return []
        const entry = this.#slots.find(slot, id)
        const register = entry !== undefined && isEither(entry) ? valueUnder(entry, moment) : undefined
        if (register === undefined) return []
        const place = tie === undefined ? { slot, at } : { slot, at, tie }
        return [{ key: id.slice(1), place, register, isCounter: entry?.kind === 'counter' }]
      })
      yield { keys, looked: ids.length, upTo: { slot, at: next - 1 } }
      from = next
    }
  }
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
