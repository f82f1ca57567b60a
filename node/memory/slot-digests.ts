/**
 * The digests of slots. Each is worked out when it is asked for, and from then on follows what changes until that was as
 * much as to work it out anew: so it costs nothing where nobody asks, and nowhere more than twice what it has to (the same
 * question as whether to rent or to buy: Karlin, Manasse, Rudolph and Sleator, Competitive Snoopy Caching, 1988). In a slot
 * with so much in it that to look through all of it takes long it follows every change.
 */
import { SLOTS } from '../../shared/placement.ts'
import { Digest } from '../entries/digest.ts'
import type { Entry } from '../entries/entry.ts'

/** So many are looked through in a millisecond or two. */
const LOOKED_THROUGH_MAX = 500
/** With so many it goes on following, or one that comes and goes would have all of them looked through each time. */
const FOLLOWED_MIN = LOOKED_THROUGH_MAX / 2

interface Placed {
  readonly slot: number
  readonly id: string
  readonly entry: Entry
}

interface Followed {
  readonly digest: Digest
  /** How many changes it is still to follow. */
  changesLeft: number
}

export class SlotDigests {
  readonly #all: (slot: number) => Iterable<{ readonly id: string; readonly entry: Entry }>
  readonly #counts = new Uint32Array(SLOTS)
  readonly #followed: (Followed | undefined)[] = new Array(SLOTS).fill(undefined)

  /** Of the entries that this tells, of a slot. */
  constructor(all: (slot: number) => Iterable<{ readonly id: string; readonly entry: Entry }>) {
    this.#all = all
  }

  of(slot: number): string {
    if (this.#counts[slot] === 0) return NOTHING
    const followed = this.#followed[slot] ?? this.#begin(slot)
    followed.changesLeft = this.#counts[slot] ?? 0
    return String(followed.digest)
  }

  /** It is there now. */
  add(placed: Placed): void {
    const count = this.#count(placed.slot, 1)
    if (count === LOOKED_THROUGH_MAX && this.#followed[placed.slot] === undefined) this.#begin(placed.slot)
    else this.#toggle(placed, count)
  }

  /** It is about to change, or to go. */
  takeOut(placed: Placed): void {
    const count = this.#count(placed.slot, -1)
    if (count === 0) this.#followed[placed.slot] = undefined
    else this.#toggle(placed, count)
  }

  #count(slot: number, more: number): number {
    const count = (this.#counts[slot] ?? 0) + more
    this.#counts[slot] = count
    return count
  }

  #toggle({ slot, id, entry }: Placed, count: number): void {
    const followed = this.#followed[slot]
    if (followed === undefined) return
    followed.changesLeft--
    if (followed.changesLeft < 0 && count < FOLLOWED_MIN) this.#followed[slot] = undefined
    else followed.digest.toggle(id, entry)
  }

  #begin(slot: number): Followed {
    const digest = new Digest()
    for (const { id, entry } of this.#all(slot)) digest.toggle(id, entry)
    const followed = { digest, changesLeft: 0 }
    this.#followed[slot] = followed
    return followed
  }
}

const NOTHING = String(new Digest())
