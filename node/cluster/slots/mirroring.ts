/**
 * Makes copies that may be old like those of a member that has all of the slot.
 *
 * What that member tells takes the place of what is known here, and what it has not told by the end is let go: it was
 * deleted, or was never acknowledged. Two things stay: what has come in from elsewhere since the copy was found to be old, as
 * it is newer, and what this copy alone may have (`standings.ts`).
 */
import { SLOTS } from '../../../shared/placement.ts'
import type { Turns } from '../../../shared/turns.ts'
import type { Member } from '../../../shared/view.ts'
import { type Change, type Entry, isNews, merge, type SlotEntry } from '../../entries/entry.ts'
import { verbsOf } from '../../entries/kinds.ts'
import type { Holdings } from './holdings.ts'
import type { SlotStore } from './sender.ts'
import type { Standings } from './standings.ts'

export interface MirroringOptions {
  readonly self: Pick<Member, 'incarnation'>
  readonly turns: Turns
  readonly store: SlotStore
  readonly standings: Standings
  readonly memory: {
    /** Lets go of what is known of a part of an entry, for these in its place. */
    supersede(part: SlotEntry, anew: readonly Entry[], note: (change: Change) => void): void
  }
  readonly keeper: { note(change: Change): void }
}

interface Mirror {
  /** Which time it is made: what was told for an earlier one is not for this one. */
  readonly name: string
  /** What was told, by id: which of those that an entry is made of. */
  readonly told: Map<string, Set<string>>
}

export class Mirroring {
  readonly #options: MirroringOptions
  readonly #mirrors = new Map<number, Mirror>()
  /** What has come from elsewhere, by slot and id. */
  readonly #late = new Map<number, Map<string, Entry>>()
  /** Watched slots of which nothing was here. */
  readonly #fresh = new Set<number>()
  #count = 0

  constructor(options: MirroringOptions) {
    this.#options = options
  }

  /** Names a mirror that this member asks for, or gives. */
  newName(): string {
    return `${this.#options.self.incarnation} ${++this.#count}`
  }

  /**
   * The slot is held, and not all of it is here. What is here by now may be old; what comes in from now on, until `cancel`, is
   * not, and is noted beside it, as whoever is mirrored may not know of it.
   */
  watch(slot: number): void {
    if (this.#late.has(slot) || this.#fresh.has(slot)) return
    if (this.#options.store.holds(slot)) this.#late.set(slot, new Map())
    else this.#fresh.add(slot)
  }

  /** Watches what is held, and not whole, as of a view. */
  install(holdings: Pick<Holdings, 'roleOf' | 'isComplete'>): void {
    for (let slot = 0; slot < SLOTS; slot++) {
      if (holdings.roleOf(slot) === 'none' || holdings.isComplete(slot)) this.cancel(slot)
      else this.watch(slot)
    }
  }

  /** Whether something was here when it was first watched. */
  isOld(slot: number): boolean {
    return this.#late.has(slot)
  }

  /** From now on, until `end` or `callOff`, it is noted too what is told for it. */
  begin(slot: number, name: string): void {
    this.#fresh.delete(slot)
    if (!this.#late.has(slot)) this.#late.set(slot, new Map())
    this.#mirrors.set(slot, { name, told: new Map() })
  }

  /** No more is told for it; there may be another. */
  callOff(slot: number): void {
    this.#mirrors.delete(slot)
  }

  /** The copy is not old any more. */
  cancel(slot: number): void {
    this.#mirrors.delete(slot)
    this.#late.delete(slot)
    this.#fresh.delete(slot)
  }

  /** A part of the slot, as the member that has all of it holds it; false where it is for no mirror that is made. */
  tell(part: SlotEntry, mirrorName: string): boolean {
    const { slot, id, entry } = part
    const mirror = this.#mirrors.get(slot)
    if (mirror?.name !== mirrorName) return false
    const names = mirror.told.get(id) ?? new Set()
    mirror.told.set(id, names)
    for (const name of verbsOf(entry).names(entry)) names.add(name)
    this.#supersede(part, [entry, ...this.#keptOf(part)])
    return true
  }

  /** What is merged from elsewhere. */
  note({ slot, id, entry }: SlotEntry): void {
    const late = this.#late.get(slot)
    if (late === undefined) return
    const known = late.get(id)
    late.set(id, known === undefined ? copyOf(entry) : merge(known, entry))
  }

  /** All was told: lets go of the rest. False when it was called off meanwhile. */
  async end(slot: number, mirrorName: string): Promise<boolean> {
    const mirror = this.#mirrors.get(slot)
    if (mirror?.name !== mirrorName) return false
    return await this.#options.turns.take('mirroring', this.#letGoOfRest(slot, mirror))
  }

  *#letGoOfRest(slot: number, mirror: Mirror): Generator<void, boolean> {
    for (const { id, entry } of this.#options.store.partsOf(slot)) {
      if (this.#mirrors.get(slot) !== mirror) return false
      const told = mirror.told.get(id)
      const untold = told === undefined ? entry : verbsOf(entry).except(entry, told)
      if (untold !== undefined) {
        const part = { slot, id, entry: untold }
        this.#supersede(part, this.#keptOf(part))
      }
      yield
    }
    if (this.#mirrors.get(slot) !== mirror) return false
    this.#mirrors.delete(slot)
    return true
  }

  /** Of what such a part is about: what is not measured by it. */
  #keptOf({ slot, id, entry: part }: SlotEntry): Entry[] {
    const { store, standings } = this.#options
    const { alone } = standings.of(slot)
    const known = store.find(slot, id)
    const { within } = verbsOf(part)
    const mine = alone && known && within(known, part)
    const newer = this.#late.get(slot)?.get(id)
    const kept = [mine && alone && verbsOf(mine).claimed(mine, alone), newer && within(newer, part)]
    return kept.filter((entry) => entry !== undefined)
  }

  #supersede(part: SlotEntry, anew: readonly Entry[]): void {
    const { store, memory, keeper } = this.#options
    const known = store.find(part.slot, part.id)
    const [only, ...others] = anew
    // Mostly it is what was known already, which need not be written again.
    if (known !== undefined && only !== undefined && others.length === 0 && isSame(known, part, only)) return
    memory.supersede(part, anew, (change) => keeper.note(change))
  }
}

function isSame(known: Entry, { entry: part }: SlotEntry, anew: Entry): boolean {
  const mine = verbsOf(part).within(known, part)
  return mine !== undefined && !isNews(mine, anew) && !isNews(anew, mine)
}

/** Merging builds on it. */
function copyOf(entry: Entry): Entry {
  return verbsOf(entry).within(entry, entry) ?? entry
}
