/** Who is engaged with a content and ends by himself: found by name, by the time, and by who ends last of a reaction. */
import sortedBtree from 'sorted-btree'
import { byEnd, nameOf, type Presence } from './presence.ts'

const BTree = sortedBtree.default

export class Ending {
  readonly #byName = new Map<string, Presence>()
  readonly #byEnd = new BTree<Presence, undefined>(undefined, byEnd)
  /** How many of them each reaction has. */
  readonly #ofReaction = new Map<string, number>()

  /** Who ends first. */
  get first(): Presence | undefined {
    return this.#byEnd.minKey()
  }

  find(name: string): Presence | undefined {
    return this.#byName.get(name)
  }

  countOf(reaction: string): number {
    return this.#ofReaction.get(reaction) ?? 0
  }

  /** Who ends last of those who show it. */
  lastOf(reaction: string): Presence | undefined {
    for (const [presence] of this.#byEnd.entriesReversed())
      if (presence.reaction === reaction) return presence
    return undefined
  }

  add(presence: Presence): void {
    const { reaction, user } = presence
    this.#byName.set(nameOf(reaction, user), presence)
    this.#byEnd.set(presence, undefined)
    this.#ofReaction.set(reaction, this.countOf(reaction) + 1)
  }

  /** Does nothing where it is not here. */
  remove(presence: Presence): void {
    const { reaction, user } = presence
    if (!this.#byName.delete(nameOf(reaction, user))) return
    this.#byEnd.delete(presence)
    const count = this.countOf(reaction) - 1
    if (count === 0) this.#ofReaction.delete(reaction)
    else this.#ofReaction.set(reaction, count)
  }
}
