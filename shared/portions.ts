/** What many hold of something that there is a limit for, all of them together: beyond it whoever holds most loses it. */

export interface PortionsOptions<T> {
  readonly most: number
  /** Whoever held most of it: it does not count any more. */
  lose(one: T): void
}

export class Portions<T> {
  readonly #options: PortionsOptions<T>
  readonly #all = new Map<T, number>()
  #total = 0

  constructor(options: PortionsOptions<T>) {
    this.#options = options
  }

  get total(): number {
    return this.#total
  }

  /** From now on that is his. */
  set(one: T, amount: number): void {
    this.#total += amount - (this.#all.get(one) ?? 0)
    if (amount === 0) this.#all.delete(one)
    else this.#all.set(one, amount)
    const { most, lose } = this.#options
    while (this.#total > most) {
      const largest = this.#largest()
      if (largest === undefined) return
      this.set(largest, 0)
      lose(largest)
    }
  }

  #largest(): T | undefined {
    let largest: readonly [T, number] | undefined
    for (const portion of this.#all) if (portion[1] > (largest?.[1] ?? 0)) largest = portion
    return largest?.[0]
  }
}
