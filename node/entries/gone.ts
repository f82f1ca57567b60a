/** Who has gone from a content, the longest gone first: remembered for a while, so that no older copy brings them back. */
import { bytesOf, nameOf, type Presence } from './presence.ts'

export class Gone {
  readonly #byName = new Map<string, Presence>()
  /** How many of them each reaction has. */
  readonly #ofReaction = new Map<string, number>()
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  /** Who went first. */
  get longest(): Presence | undefined {
    return this.#byName.values().next().value
  }

  find(name: string): Presence | undefined {
    return this.#byName.get(name)
  }

  has(reaction: string): boolean {
    return this.#ofReaction.has(reaction)
  }

  add(presence: Presence): void {
    this.#byName.set(nameOf(presence.reaction, presence.user), presence)
    this.#count(presence, 1)
  }

  /** False where it is not here. */
  remove(presence: Presence): boolean {
    const isHere = this.#byName.delete(nameOf(presence.reaction, presence.user))
    if (isHere) this.#count(presence, -1)
    return isHere
  }

  [Symbol.iterator](): IterableIterator<Presence> {
    return this.#byName.values()
  }

  #count(presence: Presence, sign: 1 | -1): void {
    const { reaction } = presence
    this.#bytes += sign * bytesOf(presence)
    const count = (this.#ofReaction.get(reaction) ?? 0) + sign
    if (count === 0) this.#ofReaction.delete(reaction)
    else this.#ofReaction.set(reaction, count)
  }
}
