/** Chance that can be had again: all numbers follow from one seed (mulberry32, by Tommy Ettinger). */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** At least 0, below the bound. */
  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound)
  }

  between(least: number, most: number): number {
    return least + this.below(most - least + 1)
  }

  /** @throws RangeError when there is nothing to choose from. */
  pick<T>(all: readonly T[]): T {
    const [picked] = all.slice(this.below(all.length))
    if (picked === undefined) throw new RangeError('there is nothing to choose from')
    return picked
  }

  shuffled<T>(all: readonly T[]): T[] {
    const rest = [...all]
    return all.flatMap(() => rest.splice(this.below(rest.length), 1))
  }

  /** Another one, whose numbers do not depend on how many are taken from this. */
  fork(): Random {
    return new Random(this.below(2 ** 31))
  }
}
